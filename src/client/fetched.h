/* fetched.h - the records in the bytes that a Fetch brought.
 *
 * The bytes are batches one behind the other. The first may begin below the offset asked for,
 * because brokers look for batches, not for records; the last may be cut, because they count bytes;
 * control batches (the marks of transactions) carry nothing for applications; compacted logs have
 * gaps. The walk hides all that and nothing else: what does not follow the format is an error.
 *
 * For read_committed the broker adds a list: these producers had, from these offsets on, a
 * transaction that was aborted. Batches of a producer between such an offset and its next ABORT
 * marker are hidden too.
 *
 * Source: Kafka's CompletedFetch; KIP-74 (the first batch always comes whole), KIP-98. */
#ifndef ODRADEK_CLIENT_FETCHED_H
#define ODRADEK_CLIENT_FETCHED_H

#include "log/batch.h"
#include "wire/fetch.h"

/* Takes one record; false ends the walk. May change what `position` points at only if it does. */
typedef bool fetched_take(void *context, const struct batch_header *batch,
                          const struct record *record);

struct fetched_position {
        int64_t offset;       /* of the next record */
        int32_t leader_epoch; /* of the batch before it, shown or not; -1: unknown */
};

struct fetched {
        struct span bytes;
        bool check_crcs;
        /* In any order; none for read_uncommitted. */
        const struct fetch_aborted_transaction *aborted;
        int32_t aborted_count;
};

/* Calls `take` for each record at or above *position, which it sets behind the record before each
 * call and behind each batch after it. Errors, with *bad_offset: CORRUPT_MESSAGE (CRC, format,
 * offsets that do not rise), MESSAGE_TOO_LARGE (even the first batch is cut, or it unpacks beyond
 * any reason), UNSUPPORTED_FOR_MESSAGE_FORMAT, UNSUPPORTED_COMPRESSION_TYPE. */
enum kerr fetched_walk(const struct fetched *fetched, struct fetched_position *position,
                       fetched_take *take, void *context, int64_t *bad_offset);

#endif
