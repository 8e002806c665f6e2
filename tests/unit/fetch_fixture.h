/* fetch_fixture.h - the way from a fetcher to a leader and back, in steps that a test takes one by
 * one: the fetcher asks, the leader reads its log and answers, the answer arrives (or never). */
#ifndef ODRADEK_TESTS_FETCH_FIXTURE_H
#define ODRADEK_TESTS_FETCH_FIXTURE_H

#include "replica_fixture.h"
#include "replication/fetcher.h"

struct fetch_link {
        struct rpc_sender sender; /* first */
        struct replica_fixture *x;
        struct fetcher *fetcher;
        bool asked; /* `rpc` is under way */
        struct rpc rpc;
        struct arena arena;     /* of the question */
        struct packet *frame;   /* the question */
        struct fetch_request m; /* points into the frame */
        struct packet *answer;  /* of the leader; NULL: none yet */
        int questions;
        int partition_node[NODES]; /* whose replica is meant by partition 0, 1, 2 */
        int moves, falls;          /* what on_moved() was told */
};

static inline struct uuid link_topic(void)
{
        return (struct uuid){{7, 7, 7}};
}

static inline void link_send(struct rpc_sender *sender, const struct rpc *rpc)
{
        struct fetch_link *l = (struct fetch_link *)sender;
        if (l->asked)
                abort(); /* one at a time */
        l->asked = true;
        l->rpc = *rpc;
        l->questions++;
        l->frame = packet_new(&l->x->f.world);
        struct serde out = serde_writer(l->frame, rpc->version, true);
        rpc->write(rpc->context, &out);
        struct span bytes = span_of(l->frame->memory.data + PACKET_LENGTH_BYTES,
                                    l->frame->memory.size - PACKET_LENGTH_BYTES);
        struct serde in = serde_reader(bytes, rpc->version, true, &l->arena);
        serde_fetch_request(&in, &l->m);
        if (in.err || in.at != in.end)
                abort();
}

static inline struct replica *link_find(void *context, const struct uuid *topic_id,
                                        int32_t partition)
{
        struct fetch_link *l = context;
        struct uuid topic = link_topic();
        if (!uuid_equal(topic_id, &topic) || partition < 0 || partition >= NODES ||
            l->partition_node[partition] < 0)
                return NULL;
        return replica_of(l->x, l->partition_node[partition]);
}

static inline void link_moved(void *context, struct replica *r, bool high_watermark_fell)
{
        struct fetch_link *l = context;
        (void)r;
        l->moves++;
        l->falls += high_watermark_fell;
}

/* From node `follower` to node `leader`; partition 0 is the replica on `follower`. */
static inline void link_open(struct fetch_link *l, struct replica_fixture *x, int follower,
                             int leader)
{
        *l = (struct fetch_link){
                .sender.send = link_send, .x = x, .partition_node = {follower, -1, -1}};
        arena_init(&l->arena, 1 << 20);
        l->fetcher = fetcher_new(&(struct fetcher_config){.host = &x->nodes[follower].host,
                                                          .sender = &l->sender,
                                                          .leader = leader + 1,
                                                          .wait_max_ms = 500,
                                                          .min_bytes = 1,
                                                          .partition_max_bytes = 250,
                                                          .response_max_bytes = 1000,
                                                          .backoff_ms = 100,
                                                          .request_timeout_ms = 3000,
                                                          .find = link_find,
                                                          .on_moved = link_moved,
                                                          .context = l});
}

/* What is under way is forgotten. */
static inline void link_drop(struct fetch_link *l)
{
        packet_free(l->frame);
        packet_free(l->answer);
        l->frame = l->answer = NULL;
        arena_deinit(&l->arena);
        l->asked = false;
}

static inline void link_close(struct fetch_link *l)
{
        link_drop(l);
        fetcher_free(l->fetcher);
}

static inline void link_follow(struct fetch_link *l, int32_t partition)
{
        struct uuid topic = link_topic();
        fetcher_add(l->fetcher, replica_of(l->x, l->partition_node[partition]), &topic, partition);
}

/* The leader's part, as a broker plays it. */
static inline void serve_partition(struct fetch_link *l, struct replica *leader,
                                   const struct fetch_partition *in,
                                   struct fetch_partition_response *out, struct buffer *bytes)
{
        struct extent at;
        *out = (struct fetch_partition_response){.index = in->index,
                                                 .high_watermark = -1,
                                                 .log_start_offset = -1,
                                                 .preferred_read_replica = -1,
                                                 .aborted_transactions.count = -1,
                                                 .records.bytes = span_of("", 0)};
        enum kerr err = replica_check_leader(leader, in->current_leader_epoch);
        if (!err) {
                out->log_start_offset = partition_log_start(leader->log);
                out->has_diverging_epoch = replica_diverges(
                        leader, in->last_fetched_epoch, in->fetch_offset,
                        &out->diverging_epoch.epoch, &out->diverging_epoch.end_offset);
                if (!out->has_diverging_epoch)
                        err = replica_read(leader, in->fetch_offset, READER_FOLLOWER, in->max_bytes,
                                           true, &at);
                if (!err && !out->has_diverging_epoch) {
                        replica_fetched(leader, l->m.replica_id, l->m.replica_epoch,
                                        in->fetch_offset, in->log_start_offset, &err);
                        read_extent(l->x, &at, bytes);
                        out->records.bytes = buffer_span(bytes);
                }
                out->high_watermark = leader->high_watermark;
        }
        out->error_code = (int16_t)err;
}

static inline void link_answer(struct fetch_link *l, struct fetch_response *response)
{
        l->answer = packet_new(&l->x->f.world);
        struct serde out = serde_writer(l->answer, l->rpc.version, true);
        serde_fetch_response(&out, response);
}

/* Node `leader` reads the question and makes the answer, which stays on the wire. */
static inline void link_serve(struct fetch_link *l, int leader)
{
        struct fetch_response response = {.topics.count = l->m.topics.count};
        struct fetch_topic_response topics[NODES];
        struct fetch_partition_response partitions[NODES];
        struct buffer bytes[NODES] = {0};
        int count = 0;
        response.topics.items = topics;
        for (int32_t t = 0; t < l->m.topics.count; t++) {
                struct fetch_topic *topic = &l->m.topics.items[t];
                topics[t] = (struct fetch_topic_response){.topic_id = topic->topic_id};
                topics[t].partitions.items = &partitions[count];
                topics[t].partitions.count = topic->partitions.count;
                for (int32_t i = 0; i < topic->partitions.count; i++, count++)
                        serve_partition(l, replica_of(l->x, leader), &topic->partitions.items[i],
                                        &partitions[count], &bytes[count]);
        }
        link_answer(l, &response);
        while (count > 0)
                buffer_deinit(&bytes[--count]);
}

/* The answer arrives, or `err` instead of it. */
static inline void link_deliver(struct fetch_link *l, enum kerr err)
{
        struct packet *answer = l->answer;
        struct arena arena;
        struct serde in = {0};
        arena_init(&arena, 1 << 20);
        l->answer = NULL;
        if (!err)
                in = serde_reader(span_of(answer->memory.data + PACKET_LENGTH_BYTES,
                                          answer->memory.size - PACKET_LENGTH_BYTES),
                                  l->rpc.version, true, &arena);
        link_drop(l);
        l->rpc.on_answer(l->rpc.context, err, err ? NULL : &in);
        packet_free(answer);
        arena_deinit(&arena);
}

/* One whole round. False when the fetcher has nothing to ask. */
static inline bool link_round(struct fetch_link *l, int leader)
{
        fetcher_run(l->fetcher);
        if (!l->asked)
                return false;
        link_serve(l, leader);
        link_deliver(l, KERR_NONE);
        return true;
}

#endif
