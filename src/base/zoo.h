/* zoo.h - the names of the historic bugs that can be put back on purpose, as a set of bits.
 *
 * Each switch is one `if` at the one decision its bug is about. The world hands the set to whoever
 * runs in it; the real program leaves every bit clear. What a bug does, where it comes from and the
 * scenario that shows it are told in sim/zoo.c: nothing here may know about the simulator. */
#ifndef ODRADEK_BASE_ZOO_H
#define ODRADEK_BASE_ZOO_H

#include <stdbool.h>
#include <stdint.h>

/* X(identifier, name on the command line) */
#define ZOO_LIST(X)                                                     \
        X(NO_DIR_SYNC, "no-dir-sync")                                   \
        X(TORN_TAIL_KEPT, "torn-tail-kept")                             \
        X(STALE_CLEAN_MARKER, "stale-clean-marker")                     \
        X(UNSYNCED_CHECKPOINT, "unsynced-checkpoint")                   \
        X(TRUSTS_INDEX, "trusts-index")                                 \
        X(APPEND_AFTER_ERROR, "append-after-error")                     \
        X(TRUNCATE_TO_HW, "truncate-to-hw")                             \
        X(IGNORE_DIVERGENCE, "ignore-divergence")                       \
        X(ONE_EPOCH_ANSWER, "one-epoch-answer")                         \
        X(JOIN_BEFORE_EPOCH_START, "join-before-epoch-start")           \
        X(REMEMBERED_LEO, "remembered-leo")                             \
        X(STALE_BROKER_EPOCH, "stale-broker-epoch")                     \
        X(HW_ON_PROPOSED_ISR, "hw-on-proposed-isr")                     \
        X(STALE_ALTER_PARTITION, "stale-alter-partition")               \
        X(LAST_REPLICA_STANDING, "last-replica-standing")               \
        X(HW_UNDER_MIN_ISR, "hw-under-min-isr")                         \
        X(ACK_ON_APPEND, "ack-on-append")                               \
        X(READS_PAST_HW, "reads-past-hw")                               \
        X(HW_FORGOTTEN, "hw-forgotten")                                 \
        X(END_OFFSET_BACK, "end-offset-back")                           \
        X(LATE_FETCH_ANSWER, "late-fetch-answer")                       \
        X(VOTE_FORGOTTEN, "vote-forgotten")                             \
        X(ANSWERS_BEFORE_FLUSH, "answers-before-flush")                 \
        X(VOTES_FOR_SHORTER_LOG, "votes-for-shorter-log")               \
        X(NEVER_RESIGNS, "never-resigns")                               \
        X(ACTS_ON_UNCOMMITTED_METADATA, "acts-on-uncommitted-metadata") \
        X(FORGETS_PRODUCERS, "forgets-producers")                       \
        X(STATE_BEFORE_APPEND, "state-before-append")                   \
        X(EARLY_DUPLICATE_ACK, "early-duplicate-ack")                   \
        X(UNKNOWN_IS_FAILURE, "unknown-is-failure")                     \
        X(REORDER_IN_FLIGHT, "reorder-in-flight")                       \
        X(ZOMBIE_NOT_FENCED, "zombie-not-fenced")                       \
        X(PAST_LSO, "past-lso")                                         \
        X(LATE_WRITE, "late-write")                                     \
        X(MARKERS_BEFORE_PREPARE, "markers-before-prepare")             \
        X(FORGETS_PREPARED, "forgets-prepared")                         \
        X(OFFSETS_LEAK, "offsets-leak")                                 \
        X(OLD_GENERATION_COMMITS, "old-generation-commits")             \
        X(ANSWERS_BEFORE_LOAD, "answers-before-load")                   \
        X(COMMIT_ACKED_EARLY, "commit-acked-early")                     \
        X(EXPIRES_LIVE_OFFSETS, "expires-live-offsets")                 \
        X(BUFFERED_AFTER_REVOKE, "buffered-after-revoke")               \
        X(CLEANS_PAST_HW, "cleans-past-hw")                             \
        X(SWAP_ORDER, "swap-order")

enum zoo_bug {
#define ZOO_ENUM(id, name) ZOO_##id,
        ZOO_LIST(ZOO_ENUM)
#undef ZOO_ENUM
                ZOO_BUGS
};

struct zoo {
        uint64_t bits; /* bit b set: bug b is put back */
};

static inline bool zoo_has(struct zoo zoo, enum zoo_bug bug)
{
        return zoo.bits >> bug & 1;
}

/* "no-dir-sync" and so on. Static storage. */
const char *zoo_name(enum zoo_bug bug);

/* The bug of that name, or ZOO_BUGS when there is none. */
enum zoo_bug zoo_find(const char *name);

#endif
