/* WriteTxnMarkers: a transaction coordinator has decided, and here is what its partitions are told.
 * DescribeProducers: who writes to a partition, and which transactions are open there. */
#include "broker/state.h"
#include "wire/describe_producers.h"
#include "wire/write_txn_markers.h"

enum { MARKERS_TIMEOUT_MS = 30000 };

/* One marker for one partition. */
struct marker {
        const struct write_txn_markers_marker *in;
        struct str topic;
        struct write_txn_markers_partition_response *out;
        int64_t committed_at; /* wait for this offset */
        int32_t leader_epoch; /* in which it was appended */
        bool waiting;
};

struct markers_wait {
        struct write_txn_markers_request request;
        struct write_txn_markers_response answer;
        struct marker *markers;
        int32_t count;
};

/* Flattens one marker's topics. */
static void list_partitions(struct request *r, const struct write_txn_markers_marker *in,
                            struct write_txn_markers_marker_response *out)
{
        struct markers_wait *wait = r->state;
        out->producer_id = in->producer_id;
        reply_array(r, &out->topics, in->topics.count);
        for (int32_t t = 0; t < in->topics.count; t++) {
                const struct write_txn_markers_topic *topic = &in->topics.items[t];
                struct write_txn_markers_topic_response *answer = &out->topics.items[t];
                answer->name = topic->name;
                reply_array(r, &answer->partitions, topic->partitions.count);
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        answer->partitions.items[i].index = topic->partitions.items[i];
                        wait->markers[wait->count++] =
                                (struct marker){.in = in,
                                                .topic = topic->name,
                                                .out = &answer->partitions.items[i]};
                }
        }
}

static void list_markers(struct request *r)
{
        struct markers_wait *wait = r->state;
        int32_t count = wait->request.markers.count, room = 0;
        for (int32_t m = 0; m < count; m++) {
                const struct write_txn_markers_marker *in = &wait->request.markers.items[m];
                for (int32_t t = 0; t < in->topics.count; t++)
                        room += in->topics.items[t].partitions.count;
        }
        wait->markers = request_alloc(r, (size_t)room * sizeof *wait->markers);
        reply_array(r, &wait->answer.markers, count);
        for (int32_t m = 0; m < count; m++)
                list_partitions(r, &wait->request.markers.items[m], &wait->answer.markers.items[m]);
}

/* Offsets that a group has committed in the transaction count from now on, or vanish. */
static enum kerr append(struct broker *b, struct marker *m)
{
        enum kerr err;
        struct hosted_partition *p = hosted_find(b, m->topic, m->out->index, &err);
        if (!p)
                return err;
        struct buffer batch = {0};
        struct log_append done;
        producer_state_marker(m->in->producer_id, m->in->producer_epoch, m->in->coordinator_epoch,
                              m->in->transaction_result, b->world->wall_ms(b->world), &batch);
        err = replica_append(&p->replica, buffer_span(&batch), true, APPEND_COORDINATOR, &done,
                             &m->committed_at);
        buffer_deinit(&batch);
        m->leader_epoch = p->replica.assignment.leader_epoch;
        if (!err && str_equal_c(m->topic, OFFSETS_TOPIC_NAME))
                groups_complete_txn(b->groups, p->index, m->in->producer_id,
                                    m->in->transaction_result);
        return err;
}

static bool try_complete(struct delayed *d, bool late)
{
        struct request *r = heap_owner(d, struct request, delayed);
        struct markers_wait *wait = r->state;
        bool waiting = false;
        for (int32_t i = 0; i < wait->count; i++) {
                struct marker *m = &wait->markers[i];
                bool done = false;
                enum kerr err;
                if (!m->waiting)
                        continue;
                struct hosted_partition *p = hosted_find(r->broker, m->topic, m->out->index, &err);
                if (p)
                        err = replica_committed(&p->replica, m->leader_epoch, m->committed_at,
                                                &done);
                if (!err && !done && late)
                        err = KERR_REQUEST_TIMED_OUT;
                m->out->error_code = errors_to_wire(err);
                m->waiting = !err && !done;
                waiting |= m->waiting;
        }
        if (waiting)
                return false;
        struct serde out = request_answer(r);
        serde_write_txn_markers_response(&out, &wait->answer);
        request_finish(r, &out);
        return true;
}

static void wait_for_commit(struct request *r)
{
        struct markers_wait *wait = r->state;
        struct broker *b = r->broker;
        struct watch_list **lists = request_alloc(r, (size_t)wait->count * sizeof(void *));
        int32_t count = 0;
        enum kerr err;
        for (int32_t i = 0; i < wait->count; i++) {
                const struct marker *m = &wait->markers[i];
                if (m->waiting)
                        lists[count++] = &hosted_find(b, m->topic, m->out->index, &err)->hw_waiters;
        }
        purgatory_add(&b->purgatory, &r->delayed, b->world->mono_ms(b->world) + MARKERS_TIMEOUT_MS,
                      lists, count);
}

void handle_write_txn_markers(struct request *r)
{
        struct markers_wait *wait = r->state = request_alloc(r, sizeof *wait);
        serde_write_txn_markers_request(&r->in, &wait->request);
        if (!request_is_sound(r))
                return;
        list_markers(r);
        for (int32_t i = 0; i < wait->count; i++) {
                struct marker *m = &wait->markers[i];
                enum kerr err = append(r->broker, m);
                m->out->error_code = errors_to_wire(err);
                m->waiting = !err;
        }
        r->delayed.try_complete = try_complete;
        if (!try_complete(&r->delayed, false))
                wait_for_commit(r);
}

/* --- DescribeProducers --- */

struct producers_writer {
        struct describe_producers_partition_response *out;
        int32_t room;
};

static void count_producer(void *context, const struct producer_entry *e)
{
        (void)e;
        ((struct producers_writer *)context)->room++;
}

static void add_producer(void *context, const struct producer_entry *e)
{
        struct producers_writer *w = context;
        w->out->active_producers.items[w->out->active_producers.count++] =
                (struct describe_producers_producer){
                        .producer_id = e->producer_id,
                        .producer_epoch = e->epoch,
                        .last_sequence =
                                e->batch_count ? e->batches[e->batch_count - 1].last_sequence : -1,
                        .last_timestamp_ms = e->last_timestamp_ms,
                        .coordinator_epoch = e->coordinator_epoch,
                        .current_txn_start_offset = e->txn_first_offset,
                };
}

static void describe_partition(struct request *r, struct str topic, int32_t index,
                               struct describe_producers_partition_response *out)
{
        enum kerr err;
        struct producers_writer w = {.out = out};
        struct hosted_partition *p = hosted_find(r->broker, topic, index, &err);
        if (p)
                err = replica_check_leader(&p->replica, -1);
        *out = (struct describe_producers_partition_response){
                .index = index,
                .error_code = errors_to_wire(err),
                .error_message = err ? str_of(kerr_text(err)) : STR_NULL,
        };
        if (err)
                return;
        producer_state_each(p->producers, count_producer, &w);
        reply_array(r, &out->active_producers, w.room);
        out->active_producers.count = 0;
        producer_state_each(p->producers, add_producer, &w);
}

void handle_describe_producers(struct request *r)
{
        struct describe_producers_request in = {0};
        struct describe_producers_response answer = {0};
        serde_describe_producers_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        reply_array(r, &answer.topics, in.topics.count);
        for (int32_t t = 0; t < in.topics.count; t++) {
                const struct describe_producers_topic *topic = &in.topics.items[t];
                struct describe_producers_topic_response *out = &answer.topics.items[t];
                out->name = topic->name;
                reply_array(r, &out->partitions, topic->partitions.count);
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        describe_partition(r, topic->name, topic->partitions.items[i],
                                           &out->partitions.items[i]);
        }
        struct serde out = request_answer(r);
        serde_describe_producers_response(&out, &answer);
        request_finish(r, &out);
}
