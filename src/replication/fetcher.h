/* fetcher.h - fetches from one leader for all the partitions here that follow it.
 *
 *     +--> ask for every partition from its LEO --> wait (replica.fetch.wait.max.ms) --+
 *     +---- truncate where logs diverge, append, follow the high watermark <-----------+
 *
 * (1) One Fetch is under way at a time, so answers come in the order of the questions. A partition
 *     that is added meanwhile comes along with the next one.
 * (2) An answer counts only for a partition that still follows this leader in the same leader epoch
 *     and still ends where it did when it asked (KAFKA-7786).
 * (3) A partition for which the leader answers with an error rests, shortly at first, and twice as
 *     long each time up to replica.fetch.backoff.ms (Kafka: that long at once); when the leader
 *     cannot be reached all rest. One whose log is offline is not asked for any more.
 * (4) A Fetch asks from our LEO, after a flush where flush.messages asks for one: asking for n
 *     tells the leader that all below is as safe as that.
 * (5) An answer has room for so many bytes only, and the leader fills it in the order of the
 *     question. So a partition that got some goes to the end of the next question.
 *
 * A Fetch carries replica id and broker epoch (version 15, KIP-903), and of each partition its
 * leader epoch and the newest epoch of its log (KIP-320, KIP-595): so the leader tells where logs
 * part, without a second request. Source: Kafka's ReplicaFetcherThread, AbstractFetcherThread. */
#ifndef ODRADEK_REPLICATION_FETCHER_H
#define ODRADEK_REPLICATION_FETCHER_H

#include "replication/replica.h"
#include "wire/fetch.h"
#include "wire/rpc.h"

struct fetcher;

struct fetcher_config {
        const struct replica_host *host;
        struct rpc_sender *sender;
        int32_t leader;              /* node id of the broker asked */
        int64_t wait_max_ms;         /* replica.fetch.wait.max.ms */
        int32_t min_bytes;           /* replica.fetch.min.bytes */
        int32_t partition_max_bytes; /* replica.fetch.max.bytes */
        int32_t response_max_bytes;  /* replica.fetch.response.max.bytes */
        int64_t backoff_ms;          /* replica.fetch.backoff.ms */
        int64_t request_timeout_ms;  /* replica.socket.timeout.ms */
        /* The replica of that name that is here now, or NULL. */
        struct replica *(*find)(void *context, const struct uuid *topic_id, int32_t partition);
        /* A partition's log or high watermark has moved. When the high watermark fell or the log
         * start rose, the checkpoints must be written before this returns: else a crash brings the
         * one back, over records that come next, or records that were deleted. */
        void (*on_moved)(void *context, struct replica *r, bool must_checkpoint);
        void *context;
};

/* Copies the configuration. Never NULL. */
struct fetcher *fetcher_new(const struct fetcher_config *config);

/* An answer still under way is not heard any more: the sender must have forgotten it, or be gone.
 */
void fetcher_free(struct fetcher *f);

/* The replica follows this leader from now on (it is a FOLLOWER of it), under this name; once only.
 */
void fetcher_add(struct fetcher *f, struct replica *r, const struct uuid *topic_id,
                 int32_t partition);
/* Not any more; nothing when it does not. */
void fetcher_remove(struct fetcher *f, const struct replica *r);

/* Sends the next Fetch if none is under way and some partition is ready. Returns when to call again
 * (mono_ms) at the latest. */
int64_t fetcher_run(struct fetcher *f);

#endif
