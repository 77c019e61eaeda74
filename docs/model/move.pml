/* One unit moves there, back, and there again: protocol 1-3 and 5.3. One topic, one partition.
 *
 * Records are numbered by acknowledgement. As long as the protocol holds, the log of either side is
 * a prefix of 1..nack, so a log is only its length (lg); every append asserts that it keeps this:
 *   application write on s : lg[s] == nack      (else an acknowledged record is missing there)
 *   copy by a mirror       : position == lg[d]  (smaller: copied twice; larger: one skipped)
 * Adversaries: crashes between any two operations, a reply lost after its act, zombies of each
 * mirror that may commit one record late, a straggler with the application's principal, ACLs listed
 * and enforced at different times, pods that start with the old Secret; and, one at a time, a resume
 * (LATE), a PATCH of offsets (LATEPATCH), a deletion of a DENY (LATELIFT) without an answer that
 * happens later, and somebody who removes our DENY before the last look (FOREIGN).
 *
 * What is run (tools/check_model.py reads these lines): how it must end | switches | what it shows
 * holds                     | -DCRASHES=2 -DLOST=1                     | move, back-out, rollback, second move; 2 crashes, 1 reply lost
 * holds                     | -DATTEMPTS=1 -DCRASHES=1 -DLOST=0 -DLATE=1 | a resume that happens late
 * holds                     | -DATTEMPTS=1 -DCRASHES=1 -DLOST=0 -DLATEPATCH=1 | a PATCH of offsets that happens late
 * holds                     | -DCRASHES=0 -DLOST=0 -DLATELIFT=1 | a deletion of a DENY that happens late
 * holds                     | -DATTEMPTS=1 -DCRASHES=1 -DLOST=0 -DFOREIGN=1 | a DENY of ours removed by somebody before the last look
 * ends                      | -DATTEMPTS=1 -DCRASHES=1 -DLOST=1 | no endless run: every path comes to its end
 * fails REACHED             | -DREACH_MOVED_TWICE                      | the model gets as far as the second move
 * fails REACHED             | -DREACH_BACKED_OUT_AFTER_T               | ... and backs out after T was taken
 * fails S2                  | -DNO_NULL_PATCH_HANDOVER                 | no null-PATCH of the giver
 * fails ONE_DIRECTION       | -DNO_NULL_PATCH -DDENY_NOT_PROVEN        | no null-PATCH in CatchUp, where the mirror's DENY is not proven either
 * fails S2                  | -DT_BEFORE_CATCHUP                       | T before the mirror has copied to D
 * fails S1_S6               | -DFENCE_NOT_PROVEN                       | fence not read back
 * fails S1_S6               | -DACT_BEFORE_ENTRY                       | act before entry (lift, then Switch entry)
 * fails S6                  | -DNO_LAST_LOOK -DFOREIGN=1 -DLOST=0      | no last look
 * fails S2                  | -DREVERSE_RESUMED_BEFORE_PATCH           | reverse resumed before its offsets are T-1
 * fails ONE_DIRECTION       | -DBO_FORWARD_FIRST                       | back-out frees forward before reverse is stopped
 * fails S2                  | -DVERDICT_NOT_JOURNALLED                 | which back-out it is decided again after a restart
 * fails S6                  | -DRUNNING_MEANS_ARMED -DLATE=1           | RUNNING taken for armed
 * fails ONE_DIRECTION       | -DNO_MIRROR_DENY -DLATE=1                | stopped mirror not denied
 * fails ONE_DIRECTION       | -DDENY_NOT_PROVEN -DLATE=1               | mirror's DENY not proven before the next act
 * fails STUCK               | -DSTOP_ONCE -DLATE=1 -DLOST=0            | stop not sent again when a late resume undid it
 * fails S2                  | -DNO_90S -DLATEPATCH=1 -DLOST=0          | resume without waiting for an unanswered PATCH
 * fails S2                  | -DCRASH_FORGETS_90S -DLATEPATCH=1 -DLOST=0 | ... forgotten by a restart
 * fails S2                  | -DGET_BEFORE_WAIT -DLATEPATCH=1 -DLOST=0 | stored offsets not read again after the wait
 * fails S1_S6               | -DNO_WAIT_BEFORE_FENCE -DLATELIFT=1 -DLOST=0 | DENY before an unanswered deletion of it is over
 */
#ifndef APPW
#define APPW 2          /* records written by the application */
#endif
#ifndef STRAG
#define STRAG 1         /* records written by the straggler */
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef LOST
#define LOST 1          /* replies lost although the act took effect */
#endif
#ifndef ZOMB
#define ZOMB 1          /* zombie generations per connector */
#endif
#ifndef ATTEMPTS
#define ATTEMPTS 2
#endif
#ifndef FOREIGN
#define FOREIGN 0       /* times that somebody else removes our DENY on the leaving side before the last look */
#endif
#ifndef LATE
#define LATE 0          /* PUT resume whose answer is lost and that takes effect later */
#endif
#ifndef LATEPATCH
#define LATEPATCH 0     /* PATCH of offsets whose answer is lost and that takes effect later */
#endif
#ifndef LATELIFT
#define LATELIFT 0      /* deletion of a DENY whose answer is lost and that takes effect later */
#endif
#define NOVAL 9

/* The name of a property stands in its assertion, so that a failure says what was broken. */
hidden byte S2, S6, S1_S6, ONE_DIRECTION, ONE_CONNECTOR, REACHED;
#define check(holds, name) assert((holds) || name)
/* Reachability is shown by an assertion that must fail. */
#if defined(REACH_MOVED_TWICE)
#define REACHED_END check(!(L == 1 && rollbacks == 0), REACHED)
#else
#define REACHED_END skip
#endif
#if defined(REACH_BACKED_OUT_AFTER_T)
#define REACHED_BACK_OUT check(jT == NOVAL, REACHED)
#else
#define REACHED_BACK_OUT skip
#endif

/* connectors: 0 bulk forward, 1 forward of the unit, 2 reverse of the unit */
#define DIR(k) ((k) == 2)                 /* 0: source->target, 1: target->source; = side read */
#define OUT (1 + L)                       /* mirror L -> E */
#define BACK (2 - L)                      /* mirror E -> L */
#define E (1 - L)
#define STOPPED 0
#define RUN 1
#define STOPPING 2

byte lg[2], nack, wleft = APPW, sleft = STRAG;
bit denySet[2], denyEff[2];               /* applications' DENY Write per side: as listed, as enforced */
bit mdenSet[2], mdenEff[2];               /* mirrors' DENY per direction (on the side where it ends) */
byte cst[3], off[3], zomb[3], zpos[3], zleft[3]; bit lists[3];
bit binding, prevb, replicas = 1, pod, podside;
/* journal */
byte j; bit L; byte jF = NOVAL, jT = NOVAL, jC = NOVAL, hC = NOVAL;
byte attempts = ATTEMPTS, rollbacks = 1;
/* operator, volatile */
byte pc, v = NOVAL, tv = NOVAL;
byte crashes = CRASHES, lost = LOST, foreign = FOREIGN, late = LATE, lateK = NOVAL, lateP = LATEPATCH, latePK = NOVAL, latePV;
byte lateD = LATELIFT, lateS = NOVAL;
bit known;                                /* volatile: this operator saw that a PATCH went unanswered */
#ifdef NO_90S
#define waited(k) true
#else
#ifdef CRASH_FORGETS_90S
#define waited(k) (!known || latePK != k)
#else
#define waited(k) (latePK != k)
#endif
#endif
bit ended;

#define J_HO 0
#define J_HC 1
#define J_IDLE 2
#define J_DRAIN 3
#define J_FENCE 4
#define J_F 5
#define J_T 6
#define J_SW 7
#define J_BO 8
#define J_BOP 9

#define H1 1
#define H2 2
#define H3 3
#define H4 4
#define H5 5
#define H6 6
#define H7 7
#define H8 8
#define H9 9
#define IDLE 10
#define D1 11
#define D2 12
#define SE1 13
#define SE2 14
#define F1 15
#define F2 16
#define F3 17
#define F4 18
#define C1 19
#define C2 20
#define C3 21
#define C4 22
#define C5 23
#define C6 24
#define C7 25
#define A1 26
#define A2 27
#define A3 28
#define A4 29
#define A5 30
#define LOOK 31
#define SWJ 32
#define W1 33
#define W2 34
#define W3 35
#define R1 36
#define R2 37
#define R3 38
#define B1 40
#define B2 41
#define B3 42
#define B4 43
#define B5 44
#define B6 45
#define B7 46
#define B8 47
#define END 50

/* an act: reply seen, or lost after it took effect (then it is sent again) */
#define ACT(eff, nxt) if :: eff; pc = nxt :: lost > 0 -> lost--; eff fi
/* an entry: written and named by status in one step (protocol 2.1; the pair itself is not modelled) */
#define ENTRY(x, nxt) j = x; pc = nxt

#define fence(k) zomb[k] = 0
#define resume(k) cst[k] = RUN; zomb[k] = 0        /* a new generation fences the old one */
#define stop(k) if :: cst[k] == RUN -> cst[k] = STOPPING :: else fi
#define patch(k, x) off[k] = x; zomb[k] = 0        /* a PATCH fences too */

#define PATCHACT(k, x, nxt) if :: patch(k, x); pc = nxt :: lost > 0 -> lost--; patch(k, x) \
  :: lateP > 0 -> lateP--; latePK = k; latePV = x; known = 1 fi

#define LIFT(s, nxt) if :: denySet[s] = 0; pc = nxt :: lost > 0 -> lost--; denySet[s] = 0 \
  :: lateD > 0 -> lateD--; lateS = s fi
#ifdef NO_WAIT_BEFORE_FENCE
#define lift_over true
#else
#define lift_over (lateS == NOVAL)         /* no DENY before an unanswered deletion of it can no longer happen */
#endif

#define able(k) ((cst[k] != STOPPED && lists[k] && !mdenEff[DIR(k)]) || zomb[k] == 2 || (zomb[k] == 1 && !mdenEff[DIR(k)]))

inline restart() {
  v = NOVAL; tv = NOVAL; known = 0;
  if
  :: j == J_HO -> pc = H1
  :: j == J_HC -> pc = H4
  :: j == J_IDLE -> pc = IDLE
  :: j == J_DRAIN -> pc = D1
  :: j == J_FENCE -> pc = F1
  :: j == J_F -> pc = C1
  :: j == J_T -> pc = A1
  :: j == J_SW -> pc = W1
  :: j == J_BO -> pc = B1
  :: j == J_BOP -> pc = B5
  fi
}

active proctype operator() {
  d_step {
    denySet[1] = 1; denyEff[1] = 1;        /* 3.1, proven before any ALLOW */
    mdenSet[1] = 1; mdenEff[1] = 1;
    lists[0] = 1; cst[0] = RUN; lists[1] = 1; lists[2] = 1;
    zleft[0] = ZOMB; zleft[1] = ZOMB; zleft[2] = ZOMB;
    j = J_HO; pc = H1
  }
  do
  :: atomic { crashes > 0 && pc != END -> crashes--; restart() }

  /* 5.3 hand-over, bulk (0) -> unit (1); "giver keeps other topics" */
  :: atomic { pc == H1 -> ACT(stop(0), H2) }
#ifdef NO_NULL_PATCH_HANDOVER
  :: atomic { pc == H2 && cst[0] == STOPPED -> pc = H3 }
#else
  :: atomic { pc == H2 && cst[0] == STOPPED -> ACT(fence(0), H3) }
#endif
  :: atomic { pc == H3 -> hC = off[0]; ENTRY(J_HC, H4) }
  :: atomic { pc == H4 ->                               /* "a receiver that has run is never PATCHed again" */
       if :: cst[1] == RUN -> pc = H8
          :: else -> PATCHACT(1, hC, H5) fi }
  :: atomic { pc == H5 && off[1] == hC -> ACT(lists[0] = 0, H6) }
  :: atomic { pc == H6 && lists[0] == 0 -> ACT(off[0] = 0, H7) }
  :: atomic { pc == H7 && cst[1] == RUN -> pc = H8 }                /* reply lost: it has run, offsets may have moved */
  :: atomic { pc == H7 && waited(1) && cst[1] != RUN && cst[0] == STOPPED && off[1] == hC -> ACT(resume(1), H8) }
  :: atomic { pc == H8 -> ACT(resume(0), H9) }
  :: atomic { pc == H9 -> hC = NOVAL; ENTRY(J_IDLE, IDLE) }

  /* idle: begin a move, or rest */
  :: atomic { pc == IDLE && L == 0 && attempts > 0 -> attempts--; jF = NOVAL; jT = NOVAL; jC = NOVAL; ENTRY(J_DRAIN, D1) }
  :: atomic { pc == IDLE && L == 1 && rollbacks > 0 -> rollbacks--; jF = NOVAL; jT = NOVAL; jC = NOVAL; ENTRY(J_DRAIN, D1) }
  :: atomic { pc == IDLE && pod && podside == binding && denyEff[L] == denySet[L] && mdenEff[L] == mdenSet[L] && lg[L] == nack && lg[E] == nack && wleft == 0 -> pc = END; ended = 1;
              REACHED_END;
              check(!denyEff[L] && denyEff[E] && binding == L && cst[OUT] == RUN && !mdenEff[L], S6) }

  /* 3.3 Drain, 3.4 Settle */
  :: atomic { pc == D1 -> ACT(replicas = 0, D2) }
  :: atomic { pc == D2 && !pod -> pc = SE1 }
  :: atomic { pc == SE1 -> v = lg[L]; pc = SE2 }
  :: atomic { pc == SE2 ->
       if :: v == lg[L] -> v = NOVAL;
#ifdef ACT_BEFORE_ENTRY_FENCE
             denySet[L] = 1; pc = 60
#else
             ENTRY(J_FENCE, F1)
#endif
          :: else -> v = NOVAL; ENTRY(J_BO, B1) fi }
#ifdef ACT_BEFORE_ENTRY_FENCE
  :: atomic { pc == 60 -> ENTRY(J_FENCE, F1) }
#endif
  /* 3.5 Fence */
  :: atomic { pc == F1 && lift_over -> ACT(denySet[L] = 1, F2) }
  :: atomic { pc == F2 && denySet[L] -> pc = F3 }                   /* read back */
#ifdef FENCE_NOT_PROVEN
  :: atomic { pc == F3 -> pc = F4 }
#else
  :: atomic { pc == F3 && denyEff[L] -> pc = F4 }                   /* proven at the leader */
#endif
  :: atomic { pc == F4 -> jF = lg[L]; ENTRY(J_F, C1) }
  /* 3.6 CatchUp */
#ifdef T_BEFORE_CATCHUP
  :: atomic { pc == C1 && tv == NOVAL -> tv = lg[E] }
  :: atomic { pc == C1 && tv != NOVAL && off[OUT] >= jF -> pc = C2 }
#else
#ifdef T_BEFORE_STOP
  :: atomic { pc == C1 && off[OUT] >= jF -> tv = lg[E]; pc = C2 }
#else
  :: atomic { pc == C1 && off[OUT] >= jF -> pc = C2 }
#endif
#endif
  :: atomic { pc == C2 -> ACT(stop(OUT), C3) }
#ifndef STOP_ONCE
  :: atomic { pc == C3 && cst[OUT] == RUN -> stop(OUT) }
  :: atomic { pc == B2 && cst[BACK] == RUN -> stop(BACK) }
#endif
#ifdef NO_NULL_PATCH
  :: atomic { pc == C3 && cst[OUT] == STOPPED -> pc = C4 }
#else
  :: atomic { pc == C3 && cst[OUT] == STOPPED -> ACT(fence(OUT), C4) }
#endif
#ifdef NO_MIRROR_DENY
  :: atomic { pc == C4 -> pc = C5 }
#else
  :: atomic { pc == C4 -> ACT(mdenSet[L] = 1, C5) }
#endif
#if defined(NO_MIRROR_DENY) || defined(DENY_NOT_PROVEN)
  :: atomic { pc == C5 ->
#else
  :: atomic { pc == C5 && mdenEff[L] ->
#endif
       if :: off[OUT] == jF -> pc = C6
          :: else -> ENTRY(J_BO, B1) fi }
#if defined(T_BEFORE_STOP) || defined(T_BEFORE_CATCHUP)
  :: atomic { pc == C6 -> pc = C7 }
#else
  :: atomic { pc == C6 && zomb[OUT] != 2 -> tv = lg[E]; pc = C7 }   /* LSO == HW */
#endif
  :: atomic { pc == C7 ->
       if :: lg[L] == jF -> jT = tv; jC = jF; tv = NOVAL; ENTRY(J_T, A1)
          :: else -> tv = NOVAL; ENTRY(J_BO, B1) fi }
  /* 3.8 ArmReverse */
#ifdef REVERSE_FREED_BEFORE_PATCH
  :: atomic { pc == A1 -> ACT(mdenSet[E] = 0, A2) }
  :: atomic { pc == A2 && !mdenEff[E] && !(cst[BACK] == STOPPING && off[BACK] != jT) ->
       if :: cst[BACK] != STOPPED && off[BACK] == jT -> pc = A5
          :: cst[BACK] == RUN && off[BACK] != jT -> cst[BACK] = STOPPING
          :: cst[BACK] == STOPPED -> PATCHACT(BACK, jT, A5) fi }
#else
#ifdef REVERSE_RESUMED_BEFORE_PATCH
  :: atomic { pc == A1 -> ACT(mdenSet[E] = 0, A2) }
  :: atomic { pc == A2 && !mdenEff[E] -> ACT(resume(BACK), A3) }
  :: atomic { pc == A3 -> ACT(stop(BACK), A4) }
  :: atomic { pc == A4 && cst[BACK] == STOPPED -> ACT(patch(BACK, jT), A5) }
#else
#ifdef RUNNING_MEANS_ARMED
  :: atomic { pc == A1 ->
       if :: cst[BACK] == RUN -> pc = LOOK
          :: else -> PATCHACT(BACK, jT, A2) fi }
#else
  :: atomic { pc == A1 && !(cst[BACK] == STOPPING && off[BACK] != jT) ->   /* restarted in this step: offsets decide, not the state */
       if :: cst[BACK] != STOPPED && off[BACK] == jT -> pc = A3
          :: cst[BACK] == RUN && off[BACK] != jT -> cst[BACK] = STOPPING
          :: cst[BACK] == STOPPED -> PATCHACT(BACK, jT, A2) fi }
#endif
  :: atomic { pc == A2 ->
       if :: off[BACK] == jT -> pc = A3 :: else -> pc = A1 fi }
  :: atomic { pc == A3 -> ACT(mdenSet[E] = 0, A4) }
  :: atomic { pc == A4 && !mdenEff[E] -> pc = A5 }
#endif
#endif
#ifdef GET_BEFORE_WAIT
#define stale false
#else
#define stale (off[BACK] != jT)                          /* GET equal again after the wait, directly before resume */
#endif
  :: atomic { pc == A5 && waited(BACK) && stale -> pc = A1 }
  :: atomic { pc == A5 && waited(BACK) && !stale -> if :: resume(BACK); pc = LOOK
                             :: lost > 0 -> lost--; resume(BACK)
                             :: late > 0 -> late--; lateK = BACK fi }
  /* 3.9 Switch */
#ifdef NO_LAST_LOOK
  :: atomic { pc == LOOK -> pc = SWJ }
#else
  :: atomic { pc == LOOK ->
       if :: !pod && !replicas && denySet[L] && denySet[E] && cst[OUT] == STOPPED && off[OUT] == jC && lg[L] == jF && lg[E] == jT -> pc = SWJ
          :: else -> ENTRY(J_BO, B1) fi }
#endif
#ifdef ACT_BEFORE_ENTRY
  :: atomic { pc == SWJ -> denySet[E] = 0; pc = 61 }
  :: atomic { pc == 61 -> ENTRY(J_SW, W1) }
#else
  :: atomic { pc == SWJ -> ENTRY(J_SW, W1) }
#endif
  :: atomic { pc == W1 -> LIFT(E, W2) }
#ifdef LIFT_NOT_PROVEN
  :: atomic { pc == W2 -> pc = W3 }
#else
  :: atomic { pc == W2 && !denyEff[E] -> pc = W3 }
#endif
  :: atomic { pc == W3 -> if :: binding != E -> prevb = binding; binding = E :: else fi; pc = R1 }
  /* 3.10 Resume */
  :: atomic { pc == R1 -> ACT(replicas = 1, R2) }
  :: atomic { pc == R2 && pod && podside == binding -> pc = R3 }
  :: atomic { pc == R3 -> L = 1 - L; jF = NOVAL; jT = NOVAL; jC = NOVAL; ENTRY(J_IDLE, IDLE) }

  /* 3.12 Back-out: pause, abort, budget, any failure, before the Switch entry */
  :: atomic { pc >= D1 && pc <= SWJ -> v = NOVAL; tv = NOVAL; ENTRY(J_BO, B1) }
#ifdef BO_FORWARD_FIRST
  :: atomic { pc == B1 -> mdenSet[L] = 0; resume(OUT); pc = 62 }
  :: atomic { pc == 62 -> ACT(stop(BACK), B2) }
#else
  :: atomic { pc == B1 -> ACT(stop(BACK), B2) }
#endif
#ifdef NO_NULL_PATCH
  :: atomic { pc == B2 && cst[BACK] == STOPPED -> pc = B3 }
#else
  :: atomic { pc == B2 && cst[BACK] == STOPPED -> ACT(fence(BACK), B3) }
#endif
  :: atomic { pc == B3 -> ACT(mdenSet[E] = 1, B4) }
#ifdef DENY_NOT_PROVEN
#define proven(d) true
#else
#define proven(d) mdenEff[d]
#endif
  :: atomic { pc == B4 && proven(E) -> REACHED_BACK_OUT; check(jT == NOVAL || lg[E] == jT, S2);       /* no record beyond T, else mirrored pipeline */
#ifdef VERDICT_NOT_JOURNALLED
       pc = B5 }
#else
       ENTRY(J_BOP, B5) }                                           /* the verdict is an entry: from here forward copies beyond T */
#endif
  :: atomic { pc == B5 -> ACT(mdenSet[L] = 0, B6) }
  :: atomic { pc == B6 && waited(OUT) -> if :: resume(OUT); pc = B7
                             :: lost > 0 -> lost--; resume(OUT)
                             :: late > 0 -> late--; lateK = OUT fi }
  :: atomic { pc == B7 -> LIFT(L, B8) }
  :: atomic { pc == B8 -> if :: replicas = 1; jF = NOVAL; jT = NOVAL; jC = NOVAL; ENTRY(J_IDLE, IDLE)
                             :: lost > 0 -> lost--; replicas = 1 fi }
  :: atomic { pc == END -> break }
  od
}

active proctype world() {
  pc > 0;
end:
  do
  /* broker: an ACL takes effect some time after it is written */
  :: atomic { denyEff[0] != denySet[0] -> denyEff[0] = denySet[0] }
  :: atomic { denyEff[1] != denySet[1] -> denyEff[1] = denySet[1] }
  :: atomic { mdenEff[0] != mdenSet[0] -> mdenEff[0] = mdenSet[0] }
  :: atomic { mdenEff[1] != mdenSet[1] -> mdenEff[1] = mdenSet[1] }
  /* kubelet: a pod may start with the old Secret, and is restarted with the new one */
  :: atomic { replicas && !pod -> pod = 1; if :: podside = binding :: podside = prevb fi }
  :: atomic { replicas && pod && podside != binding -> podside = binding; prevb = binding }
  :: atomic { !replicas && pod -> pod = 0 }
  /* application and straggler (same principals, so the DENY holds for both) */
  :: atomic { pod && wleft > 0 && !denyEff[podside] -> wleft--; check(lg[podside] == nack, S2); nack++; lg[podside]++ }
  :: atomic { sleft > 0 && !denyEff[0] -> sleft--; check(lg[0] == nack, S2); nack++; lg[0]++ }
  :: atomic { sleft > 0 && !denyEff[1] -> sleft--; check(lg[1] == nack, S2); nack++; lg[1]++ }
  /* somebody else's tool removes our DENY on the leaving side, not after the last look */
  :: atomic { foreign > 0 && j >= J_FENCE && j <= J_T && pc < LOOK && denySet[L] && denyEff[L] -> foreign--; denySet[L] = 0; denyEff[L] = 0 }
  /* a resume that nobody heard of any more */
  :: atomic { lateK != NOVAL -> cst[lateK] = RUN; zomb[lateK] = 0; lateK = NOVAL }
  :: atomic { lateS != NOVAL -> denySet[lateS] = 0; lateS = NOVAL }
  :: atomic { latePK != NOVAL -> off[latePK] = latePV; zomb[latePK] = 0; latePK = NOVAL }
  /* mirrors: one transaction = one record and its offset */
#define MIRROR(K, S) \
  :: atomic { cst[K] != STOPPED && lists[K] && off[K] < lg[S] && !mdenEff[S] -> \
       check(off[K] == lg[1-S], S2); lg[1-S]++; off[K]++ } \
  :: atomic { cst[K] == STOPPING -> cst[K] = STOPPED; \
       if :: zomb[K] = 0 :: zleft[K] > 0 && lists[K] -> zleft[K]--; zomb[K] = 1; zpos[K] = off[K] fi } \
  :: atomic { zomb[K] == 1 && zpos[K] < lg[S] && !mdenEff[S] -> zomb[K] = 2 } \
  :: atomic { zomb[K] == 2 -> check(zpos[K] == lg[1-S], S2); lg[1-S]++; off[K] = zpos[K] + 1; zomb[K] = 0; zpos[K] = 0 }
  MIRROR(0, 0)
  MIRROR(1, 0)
  MIRROR(2, 1)
  od
}

/* S1/S6 and "never both mirrors able to append" at every state */
active proctype monitor() {
  pc > 0;
end:
  do
  :: atomic { !denyEff[0] && !denyEff[1] && !FOREIGN -> check(false, S1_S6) }
  :: atomic { (able(0) || able(1)) && able(2) -> check(false, ONE_DIRECTION) }
  :: atomic { cst[0] == RUN && lists[0] && cst[1] == RUN && lists[1] -> check(false, ONE_CONNECTOR) }
  od
}
