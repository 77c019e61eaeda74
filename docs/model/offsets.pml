/* Real offsets: transaction markers, group commits, T(c) there and back. Protocol 3.5-3.8 and 4.
 *
 * One partition per side, one group, one move and one rollback, nobody crashes (move.pml and
 * takeover.pml have that). A log is a list of entries: the number of a data record (1..), a marker
 * (its end of transaction), or an aborted record. An offset is an index, so that markers shift the
 * copy against its original. The application may write in a transaction, whose end needs a marker of
 * its own; the mirror always does: record, stored offset and marker appear in that order or with the
 * marker last (4.3). A reader is read_committed: it stops at the first record of an open transaction.
 * EXACT: the group reads every record once, in order, on whichever side it is.
 *
 * What is run (tools/check_model.py reads these lines): how it must end | switches | what it shows
 * holds         |                                  | one move and one rollback: every record read once, every copy made once
 * fails REACHED | -DREACH_ROLLED_BACK              | the rollback ends with a record that was written on the target
 * fails STUCK   | -DNO_INIT_TRANSACTIONS           | a hung transaction of the unit is not cleared: F is never stable
 * fails EXACT_T | -DT_BEFORE_STOP                  | T before stop: the marker of the last transaction is still to come
 * fails STUCK   | -DD_IS_F                         | the mirror awaited up to F instead of D: markers are never copied
 * fails STUCK   | -DF_IS_LSO                       | F read while a transaction is open
 * fails S2      | -DPATCH_T                        | reverse armed with T instead of T-1
 * fails S2      | -DPATCH_ZERO                     | T = 0: reverse armed with 0 instead of no entry
 * fails EXACT   | -DSAME_NUMBER                    | group's offset taken over as a number
 * fails EXACT   | -DNO_GROUP_FENCE                 | group's offset read before the group is fenced
 * fails EXACT   | -DBACK_BY_DIFFERENCE             | way back: c - T + F, as if copies had no markers
 */
#ifndef WRITES
#define WRITES 2        /* records per stay on a side, at most */
#endif
hidden byte S2, EXACT, EXACT_T, REACHED;
#define check(holds, name) assert((holds) || name)

#define ROOM 16
#define NOTX 15
#define MARK 100
#define ABORTED 50
#define is_data(x) ((x) > 0 && (x) < ABORTED)
#define at(s, i) log[(s) * ROOM + (i)]
#define lso(s) (tx[s] == NOTX -> hw[s] : tx[s])

byte log[32], hw[2], tx[2], held[2];     /* held: data records that count on a side */
byte nack, wleft = WRITES;                /* acknowledged records; what the application may still write */
bit appSide, appUp = 1, hung, opened;
byte pos, seen; bit readSide, readUp = 1;
/* mirrors: 0 forward (reads source), 1 reverse; next offset to read; the one after the last stored */
byte mpos[2], mdone[2], mst[2]; bit mrun[2];
byte failures = 1; bit dead, ended;

inline append(s, x) { at(s, hw[s]) = x; hw[s]++ }
/* data records in [from, to) */
inline count(s, from, to, res) {
  res = 0; i = from;
  do :: i < to -> if :: is_data(at(s, i)) -> res++ :: else fi; i++ :: else -> break od
}
/* the offset of data record number k (from 0) at or after from, else otherwise */
inline place(s, from, k, otherwise, res) {
  i = from; n = k; res = otherwise;
  do
  :: i < hw[s] && is_data(at(s, i)) && n == 0 -> res = i; break
  :: i < hw[s] && is_data(at(s, i)) && n > 0 -> n--; i++
  :: i < hw[s] && !is_data(at(s, i)) -> i++
  :: i >= hw[s] -> break
  od
}

active proctype application() {
end:
  do
  :: atomic { appUp && tx[appSide] == NOTX && wleft > 0 -> wleft--; check(held[appSide] == nack, S2);
       nack++; held[appSide]++; append(appSide, nack) }
  :: atomic { appUp && tx[appSide] == NOTX && wleft > 0 -> wleft--; tx[appSide] = hw[appSide];
       append(appSide, held[appSide] + 1); hung = 1; opened = appSide }
  /* a commit is answered also under DENY and after the pod is gone; only then it is acknowledged */
  :: atomic { hung && !dead -> check(held[opened] == nack, S2); nack++; held[opened]++;
       append(opened, MARK); tx[opened] = NOTX; hung = 0 }
  od
}

active proctype reader() {
end:
  do
  :: atomic { readUp && pos < lso(readSide) ->
       if
       :: is_data(at(readSide, pos)) -> check(at(readSide, pos) == seen + 1, EXACT); seen++
       :: else
       fi; pos++ }
  od
}

active proctype mirrors() {
end:
  do
#define MIRROR(d, from, to) \
  :: atomic { mrun[d] && mst[d] == 0 && mpos[d] < lso(from) -> \
       if \
       :: is_data(at(from, mpos[d])) -> check(at(from, mpos[d]) == held[to] + 1, S2); \
          tx[to] = hw[to]; append(to, at(from, mpos[d])); mst[d] = 1 \
       :: else -> mpos[d]++ \
       fi } \
  :: atomic { mst[d] == 1 -> mpos[d]++; mdone[d] = mpos[d]; mst[d] = 2 } \
  :: atomic { mst[d] == 2 -> append(to, MARK); tx[to] = NOTX; held[to]++; mst[d] = 0 } \
  /* a generation fails with its transaction open: the next one aborts it and copies again */ \
  :: atomic { mst[d] == 1 && failures > 0 -> failures--; at(to, tx[to]) = ABORTED; append(to, MARK); tx[to] = NOTX; mst[d] = 0 }
  MIRROR(0, 0, 1)
  MIRROR(1, 1, 0)
  od
}

active proctype operator() {
  byte i, n, k, F, D, T, c, F1, T1, to; bit L;
  d_step { tx[0] = NOTX; tx[1] = NOTX; mrun[0] = 1 }
  do
  :: atomic { appUp = 0; if :: dead = hung :: skip fi }                                         /* Drain, Fence: nothing new is written */
#ifdef NO_GROUP_FENCE
     atomic { c = pos } atomic { readUp = 0 }
#else
     atomic { readUp = 0; c = pos }                                   /* groups Empty and denied, then read */
#endif
#if !defined(NO_INIT_TRANSACTIONS) && !defined(F_IS_LSO)
     if                                                               /* a hung transaction of the unit */
     :: atomic { hung -> at(L, tx[L]) = ABORTED; append(L, MARK); tx[L] = NOTX; hung = 0; dead = 0 }
     :: atomic { !hung -> skip }
     fi;
#endif
#ifdef F_IS_LSO
     d_step { F = lso(L); D = F;
#else
     d_step { tx[L] == NOTX && mst[1 - L] == 0 -> F = hw[L]; D = F;                     /* HW == LSO */
#endif
       do :: D > 0 && !is_data(at(L, D - 1)) -> D-- :: else -> break od }
#ifdef D_IS_F
     D = F;
#endif
#ifdef NO_INIT_TRANSACTIONS
     atomic { !hung -> skip }
#endif
     mdone[L] >= D || D <= T1;                                        /* CatchUp: C >= D */
#ifdef T_BEFORE_STOP
     atomic { T = hw[1 - L] }
     atomic { mrun[L] = 0; mst[L] == 0 }
#else
     atomic { mrun[L] = 0; mst[L] == 0 && tx[1 - L] == NOTX -> T = hw[1 - L] }   /* stopped, fenced; HW == LSO */
#endif
     d_step {                                                         /* TranslateOffsets */
       if
       :: !L -> count(L, 0, c, k); place(1 - L, 0, k, T, to)
#ifdef BACK_BY_DIFFERENCE
       :: L -> to = c - T1 + F1
#else
       :: L && c >= T1 -> count(L, T1, c, k); place(1 - L, F1, k, T, to)
       :: L && c < T1 -> count(L, 0, c, k); place(1 - L, 0, k, F1, to)
#endif
       fi;
#ifdef SAME_NUMBER
       to = c;
#endif
     }
     d_step {                                                         /* ArmReverse: stored T-1, or no entry */
#if defined(PATCH_T)
       mpos[1 - L] = T + 1;
#elif defined(PATCH_ZERO)
       mpos[1 - L] = (T == 0 -> 1 : T);
#else
       mpos[1 - L] = T;
#endif
       mdone[1 - L] = mpos[1 - L] }
     d_step { check(hw[1 - L] == T && tx[1 - L] == NOTX, EXACT_T);   /* the last look */
#ifndef F_IS_LSO
       check(hw[L] == F, EXACT_T);
#endif
       F1 = F; T1 = T; L = 1 - L; mrun[L] = 1; c = 0; k = 0;
       appSide = L; appUp = 1; readSide = L; readUp = 1; pos = to; to = 0; wleft = WRITES }
     if :: atomic { L == 0 -> break } :: atomic { L == 1 } fi
  od;
  atomic { wleft == 0 && tx[0] == NOTX && tx[1] == NOTX && seen == nack && held[0] == nack && held[1] == nack -> ended = 1;
#ifdef REACH_ROLLED_BACK
    check(nack < 3, REACHED);
#endif
  }
}
