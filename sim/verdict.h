/* verdict.h - what a run has shown: which guarantees held, and the first record that broke one.
 *
 * A guarantee is what a user was promised ("nothing lost"). An anomaly is one way of breaking it
 * ("vanished read"), as the papers name them. Each finding is of one anomaly and either breaks a
 * promise or does not: losing unsynced records in a power cut, say, was never ruled out. A checker
 * that cries wolf is useless, so the two are counted apart.
 *
 * Sources of the anomalies' names: Adya (1999); Jepsen's Kafka tests. */
#ifndef ODRADEK_SIM_VERDICT_H
#define ODRADEK_SIM_VERDICT_H

#include "base/bytes.h"

/* X(ID, "as expected", "its opposite") */
#define GUARANTEE_LIST(X)                                                         \
        X(NOTHING_LOST, "nothing lost", "something lost")                         \
        X(NO_PHANTOM, "no phantom", "a phantom")                                  \
        X(OFFSETS_UNIQUE, "one record per offset", "offset used twice")           \
        X(NO_DUPLICATE, "no duplicate", "a duplicate")                            \
        X(ORDER_KEPT, "order kept", "order broken")                               \
        X(MARKS_KEPT, "marks never go back", "a mark went back")                  \
        X(LOG_WELL_FORMED, "log well formed", "log malformed")                    \
        X(SYNCED_DURABLE, "synced is durable", "synced was lost")                 \
        X(ONE_LEADER, "one leader", "two leaders")                                \
        X(REPLICAS_AGREE, "replicas agree", "replicas disagree")                  \
        X(COMMITTED_COMPLETE, "committed is complete", "committed is incomplete") \
        X(METADATA_AGREES, "metadata agrees", "metadata disagrees")               \
        X(NO_ABORTED_READ, "no aborted reads", "an aborted read")                 \
        X(ATOMIC, "transactions are atomic", "a torn transaction")                \
        X(COMMITS_KEPT, "committed offsets kept", "a committed offset went back") \
        X(NOTHING_SKIPPED, "nothing skipped by groups", "something skipped")      \
        X(NOTHING_TWICE, "nothing done twice", "something done twice")            \
        X(ONE_OWNER, "one owner", "two owners")                                   \
        X(SEQUENCES_DENSE, "sequences are dense", "sequences are not dense")      \
        X(KEYS_KEPT, "last values kept", "a last value was not kept")             \
        X(CONVERGES, "all converges", "something diverges")                       \
        X(ALL_ENDS, "all ends", "stuck")

enum guarantee {
#define GUARANTEE_ENUM(ID, name, opposite) GUARANTEE_##ID,
        GUARANTEE_LIST(GUARANTEE_ENUM)
#undef GUARANTEE_ENUM
                GUARANTEES
};

/* X(ID, "name", the guarantee it breaks). In this order a run's first finding is told: what clients
 * suffer before what only the simulator sees. */
#define ANOMALY_LIST(X)                                                          \
        X(LOST_WRITE, "lost write", NOTHING_LOST)                                \
        X(VANISHED_READ, "vanished read", NOTHING_LOST)                          \
        X(UNSEEN, "unseen", NOTHING_LOST)                                        \
        X(PHANTOM_READ, "phantom read", NO_PHANTOM)                              \
        X(FAILED_READ, "read of a failed send", NO_PHANTOM)                      \
        X(ABORTED_READ, "aborted read", NO_ABORTED_READ)                         \
        X(DIRTY_READ, "dirty read", NO_ABORTED_READ)                             \
        X(TORN_TRANSACTION, "torn transaction", ATOMIC)                          \
        X(CYCLE, "cycle (G1c)", ATOMIC)                                          \
        X(OFFSET_WENT_BACK, "committed offset went back", COMMITS_KEPT)          \
        X(GROUP_SKIP, "group skip", NOTHING_SKIPPED)                             \
        X(INPUT_LOST, "input without output", NOTHING_SKIPPED)                   \
        X(GROUP_DOUBLE, "group double", NOTHING_TWICE)                           \
        X(INPUT_DOUBLED, "input with two outputs", NOTHING_TWICE)                \
        X(KEY_LOST, "last value of a key lost", KEYS_KEPT)                       \
        X(KEY_RESURRECTED, "resurrected key", KEYS_KEPT)                         \
        X(INCONSISTENT_OFFSET, "inconsistent offset", OFFSETS_UNIQUE)            \
        X(DUPLICATE, "duplicate", NO_DUPLICATE)                                  \
        X(NONMONOTONIC_SEND, "nonmonotonic send", ORDER_KEPT)                    \
        X(NONMONOTONIC_POLL, "nonmonotonic poll", ORDER_KEPT)                    \
        X(POLL_SKIP, "poll skip", ORDER_KEPT)                                    \
        X(INTERNAL_NONMONOTONIC_POLL, "internal nonmonotonic poll", ORDER_KEPT)  \
        X(INTERNAL_POLL_SKIP, "internal poll skip", ORDER_KEPT)                  \
        X(END_WENT_BACK, "end offset went back", MARKS_KEPT)                     \
        X(START_WENT_BACK, "log start went back", MARKS_KEPT)                    \
        X(MARKS_DISORDERED, "marks out of order (I5)", MARKS_KEPT)               \
        X(HW_FELL, "high watermark fell (I5)", MARKS_KEPT)                       \
        X(LSO_FELL, "last stable offset fell (I5)", MARKS_KEPT)                  \
        X(MALFORMED_LOG, "malformed log (I8)", LOG_WELL_FORMED)                  \
        X(SYNCED_LOST, "synced lost (I9)", SYNCED_DURABLE)                       \
        X(TWO_LEADERS, "two leaders (I6)", ONE_LEADER)                           \
        X(TWO_VOTES, "two votes (I6)", ONE_LEADER)                               \
        X(EPOCH_FELL, "epoch fell (I6)", ONE_LEADER)                             \
        X(LOGS_DIFFER, "logs differ (I1)", REPLICAS_AGREE)                       \
        X(LEADER_INCOMPLETE, "leader incomplete (I2)", COMMITTED_COMPLETE)       \
        X(CANDIDATE_INCOMPLETE, "candidate incomplete (I3)", COMMITTED_COMPLETE) \
        X(QUORUMS_APART, "quorums do not nest (I4)", COMMITTED_COMPLETE)         \
        X(METADATA_DIFFERS, "metadata differs (I7)", METADATA_AGREES)            \
        X(APPLIED_UNCOMMITTED, "applied uncommitted (I7)", METADATA_AGREES)      \
        X(TWO_OWNERS, "two owners (I10)", ONE_OWNER)                             \
        X(FOREIGN_COMMIT, "commit of a stranger (I10)", ONE_OWNER)               \
        X(SEQUENCE_GAP, "sequence gap (I11)", SEQUENCES_DENSE)                   \
        X(SEQUENCE_REPEATED, "sequence repeated (I11)", SEQUENCES_DENSE)         \
        X(NOT_CONVERGED, "not converged (I12)", CONVERGES)                       \
        X(STUCK, "stuck", ALL_ENDS)

enum anomaly {
#define ANOMALY_ENUM(ID, name, guarantee) ANOMALY_##ID,
        ANOMALY_LIST(ANOMALY_ENUM)
#undef ANOMALY_ENUM
                ANOMALIES
};

enum { FINDING_BYTES = 240 };

struct tally {
        int64_t broken, unpromised;
        /* Of the first finding of either kind; "" when there is none. */
        char first_broken[FINDING_BYTES], first_unpromised[FINDING_BYTES];
};

/* Zero-initialise. Needs no end. */
struct verdict {
        struct tally tallies[ANOMALIES];
};

const char *guarantee_name(enum guarantee g);
const char *guarantee_opposite(enum guarantee g);
const char *anomaly_name(enum anomaly a);
enum guarantee anomaly_guarantee(enum anomaly a);

/* Counts one finding; its words are kept when it is the first of its kind. */
void verdict_add(struct verdict *v, enum anomaly a, bool promised, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* All findings against a guarantee. */
void verdict_count(const struct verdict *v, enum guarantee g, int64_t *broken, int64_t *unpromised);

/* The first broken promise, "lost write: …", in the order of the list above; false and "" when all
 * were kept. */
bool verdict_first(const struct verdict *v, char into[FINDING_BYTES]);

/* "kept"; or "BROKEN, 2 found, first: lost write: …"; or the same with "not promised". */
void verdict_print_one(const struct verdict *v, enum guarantee g, struct buffer *into);

#endif
