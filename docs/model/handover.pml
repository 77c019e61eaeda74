/* Two units take their topics out of one bulk mirror, one after the other: protocol 5.1-5.4.
 *
 * Topic u belongs to unit u; the bulk mirror (giver, connector 0) lists both at first, connector 1+u
 * (the receiver) lists topic u only. `kept` is a third topic that stays with the giver; without it
 * the giver is deleted at the end (5.4). A log is its length; a copy asserts that it goes on where
 * the destination ends. A connector without a stored key begins at 0 (auto.offset.reset=earliest).
 * Adversaries: a crash between any two operations, a reply lost after its act, an act that happens
 * after its sender gave it up (fly: stop excepted, which is sent again), a zombie of the giver with
 * one record to commit, somebody who PUTs the bulk mirror's former config back (FOREIGN).
 *
 * What is run (tools/check_model.py reads these lines): how it must end | switches | what it shows
 * holds               | -DCRASHES=2 -DLOST=1           | two hand-overs, 2 crashes, 1 reply lost, 1 act that happens late
 * holds               | -DKEPT=0                       | ... from a giver that keeps nothing
 * holds               | -DFOREIGN=1 -DFLIES=0          | ... somebody puts the former config back
 * fails REACHED       | -DREACH_BOTH                   | both units get their mirror
 * fails S2            | -DNO_NULL_PATCH                | no null-PATCH of the giver
 * fails ONE_CONNECTOR | -DNO_LIST_CHECK -DFOREIGN=1    | resume without the list check
 * fails ONE_CONNECTOR | -DPATCH_WAIT_ONLY              | 5.3 to the letter: waits for unanswered PATCHes, not for a config PUT
 * fails ONE_CONNECTOR | -DNO_WAIT                      | resume without waiting for an unanswered PATCH
 * fails S2            | -DNO_SECOND_LOOK               | giver's offsets not read again before its keys are nulled
 * fails STUCK         | -DPATCH_AGAIN                  | a receiver that has run is PATCHed again from the same entry
 * fails S2            | -DACT_BEFORE_ENTRY             | receiver given its offsets before they are an entry
 * fails STUCK         | -DSTOP_ONCE                    | stop not sent again when a late resume undid it
 */
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef LOST
#define LOST 0
#endif
#ifndef FLIES
#define FLIES 1
#endif
#ifndef FOREIGN
#define FOREIGN 0
#endif
#ifndef KEPT
#define KEPT 1
#endif
#ifndef WRITES
#define WRITES 2        /* records per topic */
#endif

hidden byte S2, ONE_CONNECTOR, REACHED;
#define check(holds, name) assert((holds) || name)

#define STOPPED 0
#define RUN 1
#define STOPPING 2
#define ABSENT 3
/* acts that may happen late */
#define NONE 0
#define RESUME 1
#define PATCH 2         /* of the receiver */
#define PUT 3           /* of the giver's config; flyV: topics that it lists */
#define NULLS 4         /* of the giver's keys of the topic */

byte src[2], dst[2];
byte cst[3], offG[2], offR[2];
bit gives[2], zombie, zt; byte zp, zombies = 1;
/* journal */
byte j, u, hC;
#define BEGAN 1
#define OFFSETS 2
/* operator, volatile */
byte pc; byte keeps;
byte crashes = CRASHES, lost = LOST, flies = FLIES, foreign = FOREIGN;
byte fly, flyK, flyV, flyU; bit ended;

#define R (1 + u)
#define GIVER_RESTS (cst[0] == STOPPED || cst[0] == ABSENT)
#define ran (cst[R] == RUN || cst[R] == STOPPING || (cst[R] == STOPPED && offR[u] > hC))
#if defined(NO_WAIT)
#define over true
#elif defined(PATCH_WAIT_ONLY)
#define over (fly != PATCH && fly != NULLS)
#else
#define over (fly == NONE || fly == RESUME) /* a PATCH or PUT without an answer can no longer happen */
#endif
#ifdef NO_LIST_CHECK
#define alone true
#else
#define alone (!gives[u])                /* as read from Connect: no other mirror lists the topic */
#endif

inline effect(what, k, v, t) {
  if
  :: what == RESUME && cst[k] != ABSENT -> cst[k] = RUN; if :: k == 0 -> zombie = 0 :: else fi
  :: what == PATCH && cst[1 + t] != ABSENT -> offR[t] = v
  :: what == PUT && cst[0] != ABSENT -> gives[0] = v & 1; gives[1] = (v >> 1) & 1
  :: what == NULLS && cst[0] == STOPPED -> offG[t] = 0; zombie = 0   /* a PATCH fences */
  :: else
  fi
}
/* an act: answered; or its reply is lost after it happened; or it happens after its sender gave up */
#define ACT(what, k, v, next) if :: effect(what, k, v, u); pc = next \
  :: lost > 0 -> lost--; effect(what, k, v, u) \
  :: flies > 0 -> flies--; fly = what; flyK = k; flyV = v; flyU = u fi

inline restart() {
  
  if :: u == 2 -> pc = 20 :: u < 2 && j == 0 -> pc = 0 :: u < 2 && j == BEGAN -> pc = 1 :: u < 2 && j == OFFSETS -> pc = 4 fi
}

active proctype operator() {
  d_step { gives[0] = 1; gives[1] = 1; cst[0] = RUN; cst[1] = ABSENT; cst[2] = ABSENT }
  do
  :: atomic { crashes > 0 && !ended -> crashes--; restart() }
  :: atomic { pc == 0 && u < 2 -> j = BEGAN; pc = 1 }
  :: atomic { pc == 1 && cst[0] == RUN -> cst[0] = STOPPING; pc = 2 }
  :: atomic { pc == 1 && cst[0] != RUN -> pc = 2 }
#ifndef STOP_ONCE
  :: atomic { pc >= 2 && pc <= 7 && cst[0] == RUN && (j == BEGAN || !ran) -> cst[0] = STOPPING;
       if :: pc == 3 -> pc = 2 :: else fi }
#endif
  :: atomic { pc == 2 && cst[0] == STOPPED ->
#ifndef NO_NULL_PATCH
       zombie = 0;
#endif
       pc = 3 }
#ifdef ACT_BEFORE_ENTRY
  :: atomic { pc == 3 && cst[0] == STOPPED -> hC = offG[u]; cst[R] = STOPPED; offR[u] = hC; gives[u] = 0; offG[u] = 0; pc = 30 }
  :: atomic { pc == 30 -> j = OFFSETS; pc = 4 }
#else
  :: atomic { pc == 3 && cst[0] == STOPPED -> hC = offG[u]; j = OFFSETS; pc = 4 }
#endif
  /* receiver: created STOPPED, PATCH, GET equal; never again once it has run */
#ifdef PATCH_AGAIN
  :: atomic { pc == 4 && cst[R] == RUN -> ACT(PATCH, R, hC, 5) }
#else
  :: atomic { pc == 4 && ran -> pc = 8 }
#endif
  :: atomic { pc == 4 && cst[R] == ABSENT -> cst[R] = STOPPED; offR[u] = 0 }
  :: atomic { pc == 4 && cst[R] == STOPPED && offR[u] != hC && !ran -> ACT(PATCH, R, hC, 5) }
  :: atomic { pc == 4 && cst[R] == STOPPED && offR[u] == hC -> pc = 5 }
  /* giver: config without the topic, read back; then its key */
#if !KEPT
  :: atomic { pc == 5 && cst[0] == STOPPED && gives[u] && !gives[1 - u] && (offG[u] == 0 || offG[u] == hC) ->
       cst[0] = ABSENT; gives[u] = 0; offG[u] = 0; zombie = 0; pc = 7 }     /* 5.4: an absent list means all */
  :: atomic { pc == 5 && cst[0] == STOPPED && gives[u] && !gives[1 - u] && offG[u] != 0 && offG[u] != hC -> pc = 21 }
#endif
  :: atomic { pc == 5 && cst[0] == STOPPED && gives[u] && (KEPT || gives[1 - u]) ->
       keeps = (u == 0 -> gives[1] << 1 : gives[0]); ACT(PUT, 0, keeps, 6) }
  :: atomic { pc == 5 && !gives[u] && cst[0] != ABSENT -> pc = 6 }
  :: atomic { pc == 5 && cst[0] == ABSENT -> pc = 7 }
  :: atomic { pc == 6 && gives[u] && cst[0] == STOPPED -> pc = 5 }
#ifdef NO_SECOND_LOOK
  :: atomic { pc == 6 && !gives[u] && cst[0] == STOPPED -> ACT(NULLS, 0, 0, 7) }
#else
  :: atomic { pc == 6 && !gives[u] && cst[0] == STOPPED && offG[u] != 0 && offG[u] != hC -> pc = 21 }
  :: atomic { pc == 6 && !gives[u] && cst[0] == STOPPED && (offG[u] == 0 || offG[u] == hC) -> ACT(NULLS, 0, 0, 7) }
#endif
  /* once more, then resume: receiver, giver */
  :: atomic { pc == 7 && ran -> pc = 8 }
  :: atomic { pc == 7 && !ran && over && GIVER_RESTS && offR[u] != hC -> pc = 4 }
  :: atomic { pc == 7 && !ran && over && GIVER_RESTS && !alone -> pc = 5 }
  :: atomic { pc == 7 && !ran && over && GIVER_RESTS && offR[u] == hC && alone && offG[u] == 0 -> ACT(RESUME, R, 0, 8) }
  :: atomic { pc == 7 && !ran && over && GIVER_RESTS && offR[u] == hC && alone && offG[u] != 0 -> pc = 6 }
  :: atomic { pc == 8 && cst[R] == STOPPED && !ran -> pc = 7 }
  :: atomic { pc == 8 && cst[R] == RUN && (cst[0] == RUN || cst[0] == ABSENT) -> pc = 9 }
  :: atomic { pc == 8 && cst[R] == RUN && cst[0] == STOPPED && over && alone -> ACT(RESUME, 0, 0, 9) }
  :: atomic { pc == 8 && cst[R] == RUN && cst[0] == STOPPED && over && !alone -> pc = 21 }
  :: atomic { pc == 9 -> j = 0; hC = 0; u++; if :: u == 2 -> pc = 20 :: else -> pc = 0 fi }
  :: atomic { pc == 20 && dst[0] == WRITES && dst[1] == WRITES && fly == NONE -> ended = 1; pc = 22;
#ifdef REACH_BOTH
       check(false, REACHED);
#endif
     }
  :: atomic { pc == 21 -> ended = 1; pc = 22 }           /* held: rests, nothing is touched, somebody must look */
  :: atomic { pc == 22 -> break }
  od
}

active proctype world() {
end:
  do
  :: atomic { src[0] < WRITES -> src[0]++ }
  :: atomic { src[1] < WRITES -> src[1]++ }
  :: atomic { fly != NONE -> effect(fly, flyK, flyV, flyU); fly = NONE; flyK = 0; flyV = 0; flyU = 0 }
  /* the bulk mirror's former config, put back by somebody while it is stopped */
  :: atomic { foreign > 0 && j == OFFSETS && cst[0] == STOPPED && !ran -> foreign--; gives[u] = 1 }
#define RUNNING(k) (cst[k] == RUN || cst[k] == STOPPING)
#define DOUBLE(t) (RUNNING(0) && gives[t] && RUNNING(1 + t))
#define COPY(t) \
  :: atomic { RUNNING(0) && gives[t] && offG[t] < src[t] -> check(!DOUBLE(t), ONE_CONNECTOR); \
       check(offG[t] == dst[t], S2); dst[t]++; offG[t]++ } \
  :: atomic { RUNNING(1 + t) && offR[t] < src[t] -> check(!DOUBLE(t), ONE_CONNECTOR); \
       check(offR[t] == dst[t], S2); dst[t]++; offR[t]++ } \
  :: atomic { zombie && zt == t && zp < src[t] -> check(zp == dst[t], S2); dst[t]++; offG[t] = zp + 1; zombie = 0 }
  COPY(0)
  COPY(1)
  :: atomic { cst[0] == STOPPING -> cst[0] = STOPPED;
       if :: skip
          :: zombies > 0 && gives[0] -> zombies--; zombie = 1; zt = 0; zp = offG[0]
          :: zombies > 0 && gives[1] -> zombies--; zombie = 1; zt = 1; zp = offG[1] fi }
  od
}
