/* Who may act, and what is decided: entry = shard + status, the Lease, two operators, a cluster that
 * does not answer. Protocol 1.7, 2, 3.5, 3.9 and the first half of 3.12; one topic, one direction.
 *
 * A tick is: read status and facts together; then, one operation each, an entry (wait, shard, status)
 * or an act (register, send). The other operator, the brokers and the writers may do anything in
 * between. `holder` has the Lease; whoever lost it goes on from where it slept, and is stopped only by
 * its own look at the Lease. An act may stay in flight (fly) after its sender gave it up. The bound of
 * protocol 2.5 (Lease + request timeout) is the moment when nothing is in flight any more: to wait for
 * the bound is to wait for fly == NONE. Mirrors are abstract (move.pml has them): forward copies while
 * `mirror`. Writers write to every side that is open, so both open is S1 and S6 at once.
 *
 * What is run (tools/check_model.py reads these lines): how it must end | switches | what it shows
 * holds          | -DFLIES=2                           | two operators, 2 changes of the Lease, 2 acts in flight, 2 attempts
 * holds          | -DRESTORES=1 -DATTEMPTS=1           | an older status is restored once
 * holds          | -DDOWNS=1                           | the target does not answer for a while
 * fails REACHED  | -DREACH_MOVED_AFTER_VOID            | a switch is voided, the second attempt moves
 * fails STUCK    | -DACT_BEFORE_ENTRY                  | act before entry (status and register disagree: nobody may go on)
 * fails S1_S6    | -DNO_LAST_LOOK -DATTEMPTS=1 -DFOREIGN_L=1 | no last look, nor one before the lift
 * fails STUCK    | -DNO_LEASE_CHECK -DFLIES=0          | the second operator wakes late and acts without looking at the Lease
 * fails STUCK    | -DNO_VERSION -DFLIES=0              | status written without the version that was read
 * fails STUCK    | -DUNNAMED_COUNTS -DFLIES=0          | a shard that status does not name is taken for decided
 * fails S1_S6    | -DFACTS_BEFORE_SILENCE -DRESTORES=1 -DATTEMPTS=1 | F decided from facts that were read before the bound had passed
 * holds          | -DDENY_AT_ONCE                      | as built: the DENY is sent at once, the F entry waits for the bound
 * fails S1_S6    | -DNO_WAIT_FOR_SILENCE               | DENY, F and Switch entries do not wait for the bound
 * fails S1_S6    | -DNO_WAIT_AFTER_VOID                | entering DENY re-created while its unanswered deletion may still happen
 * fails STUCK    | -DNO_WAIT_BEFORE_LIFT               | fence lifted while its unanswered creation may still happen
 * fails STUCK    | -DNO_REGISTER_CHECK -DRESTORES=1 -DATTEMPTS=1 -DFLIES=0 | status restored by one entry: only the register shows the lift
 * fails STUCK    | -DDOWN_FOREVER -DFLIES=0            | 3.12 to the letter: no side writable while the target is down
 * holds          | -DO1 -DDOWN_FOREVER                 | ADR 8: leaving side first while the target does not answer
 * holds          | -DO1 -DDOWNS=1 -DFLIES=2            | ... and when it answers again
 * holds          | -DO1 -DDOWNS=1 -DRESTORES=1 -DATTEMPTS=1 | ... with an older status restored
 * holds          | -DO1 -DFOREIGN_E=1                  | ... somebody removes a DENY on a target that answers
 * fails S1_S6    | -DO1 -DDOWNS=1 -DO1_DESPITE_SWITCH  | ... but not after a Switch entry
 * fails S1_S6    | -DO1 -DDOWNS=1 -DNO_WAIT_AFTER_VOID | ... nor if a voided switch did not wait for its lift
 * fails S1_S6    | -DO1 -DDOWNS=1 -DFOREIGN_E=1        | ... its price: a DENY removed by somebody while the target is down
 * fails S1_S6    | -DO1 -DO1_ALWAYS -DFOREIGN_E=1      | ... which it would also have while the target answers
 */
#ifndef ATTEMPTS
#define ATTEMPTS 2
#endif
#ifndef CHANGES
#define CHANGES 2       /* times that the Lease changes its holder */
#endif
#ifndef FLIES
#define FLIES 1         /* acts that stay in flight without an answer */
#endif
#ifndef WRITES
#define WRITES 2
#endif
#ifndef DOWNS
#ifdef DOWN_FOREVER
#define DOWNS 1
#else
#define DOWNS 0
#endif
#endif
#ifndef RESTORES
#define RESTORES 0
#endif
#ifndef FOREIGN_L
#define FOREIGN_L 0     /* times that somebody removes our DENY on the leaving side, before the lift */
#endif
#ifndef FOREIGN_E
#define FOREIGN_E 0     /* the same on the entering side, inside the critical section */
#endif

/* The name of a property stands in its assertion, so that a failure says what was broken. */
hidden byte S2, S6, S1_S6, REACHED;
#define check(holds, name) assert((holds) || name)

#define L 0
#define E 1
/* what status names */
#define IDLE 0
#define FENCING 1
#define FENCED 2
#define CAUGHT 3
#define SWITCH 4
#define DONE 5
#define BACKOUT 6
#define VOID 7
/* whom the register names */
#define LEAVING 0
#define NOBODY 1
#define ENTERING 2
/* acts */
#define NONE 0
#define HOLD_L 10
#define LIFT_L 11
#define HOLD_E 12
#define LIFT_E 13
#define STOP 14
#define RESUME 15
#define COPY_BACK 16
/* where an operator is in its tick */
#define READ 0
#define WAITING 1
#define SHARD 2
#define STATUS 3
#define REGISTER 4
#define SEND 5

byte st, prev1, prev2, jF, jT;            /* status, the two entries before it, their vectors */
byte shard;                               /* newest shard that status does not name */
byte attempts = ATTEMPTS, restored;
byte reg;                                 /* register: who has authority */
bit denySet[2], denyEff[2];               /* applications' DENY per side: as listed, as enforced */
bit mirror = 1, odd, down, voided;
byte lg[2], nack, writes = WRITES;
byte fly, flies = FLIES, changes = CHANGES, downs = DOWNS, restores = RESTORES;
byte foreignL = FOREIGN_L, foreignE = FOREIGN_E;
bit holder, stale[2], ended;
byte pc[2], dec[2], val[2];

#ifdef NO_LEASE_CHECK
#define leased(i) true
#else
#define leased(i) (holder == i)
#endif
#ifdef NO_WAIT_FOR_SILENCE
#define silence true
#else
#define silence (fly == NONE)
#endif
/* 2.5: what the F and Switch entries are decided from is read when the bound has passed already */
#ifdef FACTS_BEFORE_SILENCE
#define quiet true
#else
#define quiet silence
#endif
/* 3.5: no DENY before an unanswered deletion of it is over; the F entry waits for it as well */
#if defined(NO_WAIT_FOR_SILENCE) || defined(DENY_AT_ONCE)
#define unfenced_over true
#else
#define unfenced_over (fly != LIFT_L)
#endif
#ifdef NO_WAIT_AFTER_VOID
#define lift_over true
#else
#define lift_over (fly != LIFT_E)
#endif
#ifdef NO_WAIT_BEFORE_LIFT
#define hold_over true
#else
#define hold_over (fly != HOLD_L)
#endif
/* 2.2: a named chain that goes on beyond status, or a register that knows more than the journal */
#ifdef NO_REGISTER_CHECK
#define lost (restored >= 2)
#else
#define lost (restored >= 2 || (reg == ENTERING && (st <= CAUGHT || st == BACKOUT)) \
  || (reg == LEAVING && st >= FENCED && st <= SWITCH))
#endif
#define unchanged (denySet[L] && !odd && !mirror && lg[L] == jF && lg[E] == jT)
#define closed(s) (denySet[s] && denyEff[s])
#define open(s) (!denySet[s] && !denyEff[s])
/* 3.12: is the entering side proven closed, or need it not be proven yet? */
#ifdef O1
#ifdef O1_DESPITE_SWITCH
#define unswitched (st == BACKOUT || st == VOID)
#else
#define unswitched (st == BACKOUT && reg != ENTERING)
#endif
#ifdef O1_ALWAYS
#define entering_rests unswitched
#else
#define entering_rests (unswitched && down)
#endif
#else
#define entering_rests false
#endif
#define entering_shut (!down && closed(E) && (st == BACKOUT || lift_over))

#define decide(i, what, v, next) dec[i] = what; val[i] = v; stale[i] = 0; pc[i] = next
#define ENTRY(i, what, v) decide(i, what, v, WAITING)
#define ACT(i, what) decide(i, what, 0, REGISTER)

inline effect(what) {
  if
  :: what == HOLD_L -> denySet[L] = 1
  :: what == LIFT_L -> denySet[L] = 0
  :: what == HOLD_E -> denySet[E] = 1
  :: what == LIFT_E -> denySet[E] = 0
  :: what == STOP -> mirror = 0
  :: what == RESUME -> mirror = 1
  :: what == COPY_BACK -> lg[L] = lg[E]   /* the mirrored pipeline of 3.12, entered from a back-out */
  :: else
  fi
}

proctype operator(bit i) {
end:
  do
#define TICK(at) atomic { pc[i] == READ && holder == i && !ended && !lost && st == at
  :: TICK(IDLE) && attempts > 0 -> ENTRY(i, FENCING, 0) }
  :: TICK(FENCING) && !denySet[L] && unfenced_over -> ACT(i, HOLD_L) }
  :: TICK(FENCING) && closed(L) && quiet -> ENTRY(i, FENCED, lg[L]) }
  :: TICK(FENCED) && !down && mirror && lg[E] >= jF -> ACT(i, STOP) }
  :: TICK(FENCED) && !down && !mirror && lg[L] == jF -> ENTRY(i, CAUGHT, lg[E]) }
#ifdef NO_LAST_LOOK
  :: TICK(CAUGHT) && !down -> ENTRY(i, SWITCH, 0) }
  :: TICK(SWITCH) && !down && denySet[E] -> ACT(i, LIFT_E) }
#else
#ifdef ACT_BEFORE_ENTRY
  :: TICK(CAUGHT) && !down && unchanged && denySet[E] -> ACT(i, LIFT_E) }
  :: TICK(CAUGHT) && !down && unchanged && !denySet[E] -> ENTRY(i, SWITCH, 0) }
#else
  :: TICK(CAUGHT) && !down && unchanged && denySet[E] && quiet -> ENTRY(i, SWITCH, 0) }
#endif
  :: TICK(SWITCH) && !down && denySet[E] && unchanged -> ACT(i, LIFT_E) }
  :: TICK(SWITCH) && !down && denySet[E] && !unchanged -> ENTRY(i, VOID, 0) }
#endif
  :: TICK(SWITCH) && !down && open(E) -> ENTRY(i, DONE, 0) }
  /* pause, abort, budget, any failure before the Switch entry */
  :: atomic { pc[i] == READ && holder == i && !ended && !lost && st >= FENCING && st <= CAUGHT -> ENTRY(i, BACKOUT, 0) }
#define BACK atomic { pc[i] == READ && holder == i && !ended && !lost && (st == BACKOUT || st == VOID)
  :: BACK && !down && !denySet[E] && (st == BACKOUT || lift_over) -> ACT(i, HOLD_E) }
  :: BACK && entering_shut && st == VOID && closed(L) && lg[E] != jT && lg[L] != lg[E] -> ACT(i, COPY_BACK) }
  :: BACK && ((entering_shut && (st == BACKOUT || lg[E] == jT || lg[L] == lg[E])) || entering_rests) && denySet[L] && hold_over -> ACT(i, LIFT_L) }
  :: BACK && entering_shut && open(L) && !mirror -> ACT(i, RESUME) }
  :: BACK && entering_shut && open(L) && hold_over && mirror -> odd = 0; ENTRY(i, IDLE, 0) }

  /* an entry: F and Switch wait for the bound; shard; status by a versioned write */
  :: atomic { pc[i] == WAITING && (silence || (dec[i] != FENCED && dec[i] != SWITCH)) -> pc[i] = SHARD }
  :: atomic { pc[i] == SHARD -> if :: leased(i) -> shard = dec[i]; pc[i] = STATUS :: else -> pc[i] = READ fi }
  :: atomic { pc[i] == STATUS ->
       if
#ifndef NO_VERSION
       :: stale[i]
#else
       :: false
#endif
       :: else -> prev2 = prev1; prev1 = st; st = dec[i]; shard = NONE; restored = 0; stale[1-i] = 1;
          if
          :: st == FENCING -> attempts--; jF = 0; jT = 0
          :: st == FENCED -> jF = val[i]
          :: st == CAUGHT -> jT = val[i]
          :: st == VOID -> voided = 1
          :: else
          fi
       fi; pc[i] = READ; dec[i] = NONE; val[i] = 0 }
  /* an act: the register first, then the Lease, then the request */
  :: atomic { pc[i] == REGISTER ->
       if :: !leased(i) -> pc[i] = READ; dec[i] = NONE
          :: else -> if :: dec[i] == LIFT_E -> reg = ENTERING
                        :: dec[i] == HOLD_L -> reg = NOBODY
                        :: dec[i] == LIFT_L -> reg = LEAVING
                        :: else fi;
                     pc[i] = SEND fi }
  :: atomic { pc[i] == SEND ->
       if
       :: !leased(i)
       :: leased(i) -> effect(dec[i])
       :: leased(i) && flies > 0 && fly == NONE && dec[i] < STOP -> flies--; fly = dec[i]
       fi; pc[i] = READ; dec[i] = NONE }
#ifdef UNNAMED_COUNTS
  :: atomic { pc[i] == READ && holder == i && !ended && shard == SWITCH -> st = SWITCH; shard = NONE; stale[1-i] = 1 }
#endif
  /* at rest: in flight nothing, one side open */
  :: atomic { pc[i] == READ && holder == i && !ended && !lost && fly == NONE && st == IDLE && attempts == 0 && open(L) && closed(E) && lg[L] == nack -> ended = 1 }
  :: atomic { pc[i] == READ && holder == i && !ended && fly == NONE && st == DONE && open(E) && closed(L) && lg[E] == nack -> ended = 1;
#ifdef REACH_MOVED_AFTER_VOID
       check(!voided, REACHED);
#endif
       }
  /* StatusLost holds; a target that never answers again: the source is open, or Switch was decided */
  :: atomic { pc[i] == READ && holder == i && !ended && lost && RESTORES > 0 -> ended = 1 }
#ifdef DOWN_FOREVER
  :: atomic { pc[i] == READ && holder == i && !ended && down && fly == NONE && (open(L) || st == SWITCH || st == VOID || st == DONE) -> ended = 1 }
#endif
  od
}

proctype world() {
end:
  do
  :: atomic { denyEff[0] != denySet[0] -> denyEff[0] = denySet[0]; check(denyEff[0] || denyEff[1], S1_S6) }
  :: atomic { denyEff[1] != denySet[1] -> denyEff[1] = denySet[1]; check(denyEff[0] || denyEff[1], S1_S6) }
  :: atomic { writes > 0 && !denyEff[0] -> writes--; check(lg[0] == nack, S2); nack++; lg[0]++ }
  :: atomic { writes > 0 && !denyEff[1] && (!FOREIGN_E || st == SWITCH || st == DONE) -> writes--; check(lg[1] == nack, S2); nack++; lg[1]++ }
  :: atomic { mirror && !down && lg[1] < lg[0] -> lg[1]++ }
  :: atomic { fly != NONE -> effect(fly); fly = NONE }
  :: atomic { changes > 0 && !ended -> changes--; holder = 1 - holder; pc[holder] = READ; dec[holder] = NONE }
  /* a pod comes back: the last look must see it; whatever it was, the back-out ends it */
  :: atomic { !odd && st == SWITCH && denySet[E] && !voided -> odd = 1 }
  :: atomic { downs > 0 && !down && !ended -> downs--; down = 1 }
#ifndef DOWN_FOREVER
  :: atomic { down -> down = 0 }
#endif
  /* an older status comes back, from a backup or by somebody's replace */
  :: atomic { restores > 0 && !ended && st != IDLE && prev1 != IDLE -> restores--; restored = 1;
       st = prev1; stale[0] = 1; stale[1] = 1;
       if :: prev2 != IDLE -> st = prev2; restored = 2 :: skip fi }
  :: atomic { foreignL > 0 && (st == FENCED || st == CAUGHT) && denySet[L] && !mirror -> foreignL--; denySet[L] = 0 }
  :: atomic { foreignE > 0 && closed(E) && closed(L) && st >= FENCING && st <= CAUGHT -> foreignE--; denySet[E] = 0 }
  od
}

active proctype judge() {
  atomic { denySet[E] = 1; denyEff[E] = 1; run operator(0); run operator(1); run world() }
  ended                                   /* nobody can go on and this is not reached: STUCK */
}
