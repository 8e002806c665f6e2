/* deferred.h - answers that wait until what they rest on is committed.
 *
 * The answer is filled in with success; if the leadership ends before the log is committed, fail()
 * writes the error over it. One request may concern several partitions: its answer waits for all.
 */
#ifndef ODRADEK_GROUPS_DEFERRED_H
#define ODRADEK_GROUPS_DEFERRED_H

#include "groups/coordinator_private.h"

struct deferred;

/* `index`: which part of the request (a group) the error is of. */
typedef void deferred_fail(struct group_call *call, void *answer, int32_t index, enum kerr err);

/* Waits for nothing yet; at most parts_max calls of deferred_wait() follow, and deferred_end(). */
struct deferred *deferred_begin(struct group_call *call, void *answer, int32_t parts_max,
                                deferred_fail *fail);

/* For all that is in the partition's log now. */
void deferred_wait(struct deferred *d, struct group_partition *p, int32_t index);

/* No more parts: call->done() follows, maybe before this returns. */
void deferred_end(struct deferred *d);

/* The same; parts that still wait after timeout_ms fail with `err`. */
void deferred_end_within(struct deferred *d, struct group_coordinator *c, int64_t timeout_ms,
                         enum kerr err);

/* All three, for a request of one part. */
void deferred_answer(struct group_partition *p, struct group_call *call, void *answer,
                     deferred_fail *fail);

#endif
