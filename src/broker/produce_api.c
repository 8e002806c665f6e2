/* Produce: check, append, and answer when what acks asks for is true. */
#include "broker/state.h"
#include "log/compression.h"
#include "log/recompress.h"
#include "wire/produce.h"

#include <string.h>

/* One partition's append that has not been acknowledged yet. */
struct pending {
        int64_t committed_at; /* wait for this offset; 0: done or failed */
        int32_t leader_epoch; /* in which it was appended */
};

struct produce_wait {
        struct produce_request request;
        struct produce_response answer;
        struct pending **pending; /* [topic][partition] */
};

static struct str error_message(enum kerr err)
{
        return err ? str_of(kerr_text(err)) : STR_NULL;
}

static void fail(struct produce_partition_response *out, enum kerr err)
{
        out->error_code = errors_to_wire(err);
        out->base_offset = -1;
        out->log_append_time_ms = -1;
        out->log_start_offset = -1;
        out->error_message = error_message(err);
}

/* Most topics keep the producer's codec, and then the bytes are not touched. */
static enum kerr in_topics_codec(struct request *r, const struct hosted_partition *p,
                                 struct span *batches, struct buffer *repacked)
{
        const char *type = config_string(&p->topic->config, CONFIG_COMPRESSION_TYPE);
        if (strcmp(type, "producer") == 0)
                return KERR_NONE;
        enum compression codec = compression_find(type);
        if (codec == COMPRESSION_CODECS)
                codec = COMPRESSION_NONE; /* "uncompressed" */
        size_t most = (size_t)config_number(r->broker->config, CONFIG_SOCKET_REQUEST_MAX_BYTES);
        enum kerr err = recompress(*batches, codec, most, repacked);
        *batches = buffer_span(repacked);
        return err;
}

/* True when what acks asks for is there: with acks=all the in-sync replicas have it, else our own
 * log has, as safe as flush.messages asks. */
static enum kerr is_acknowledged(const struct hosted_partition *p, int16_t acks,
                                 const struct pending *pending, bool *done)
{
        if (acks == -1)
                return replica_committed(&p->replica, pending->leader_epoch, pending->committed_at,
                                         done);
        *done = replica_safe_end(&p->replica) >= pending->committed_at;
        return !*done && partition_log_is_offline(p->replica.log) ? KERR_KAFKA_STORAGE_ERROR
                                                                  : KERR_NONE;
}

/* Appends to one partition. */
static void append(struct request *r, struct str topic, const struct produce_partition *in,
                   struct produce_partition_response *out, struct pending *pending)
{
        struct produce_wait *wait = r->state;
        enum kerr err;
        struct log_append done;
        out->index = in->index;
        struct hosted_partition *p = hosted_find(r->broker, topic, in->index, &err);
        if (p)
                err = topic_is_internal(topic) ? KERR_INVALID_TOPIC_EXCEPTION
                                               : verify_error(r, topic, in->index);
        if (err) {
                fail(out, err);
                return;
        }
        struct buffer repacked = {0};
        struct span batches = in->records.bytes;
        err = in_topics_codec(r, p, &batches, &repacked);
        if (!err)
                err = replica_append(&p->replica, batches, wait->request.acks == -1, APPEND_CLIENT,
                                     &done, &pending->committed_at);
        buffer_deinit(&repacked);
        if (err) {
                fail(out, err);
                return;
        }
        pending->leader_epoch = p->replica.assignment.leader_epoch;
        out->base_offset = done.base_offset;
        out->log_append_time_ms = done.log_append_time_ms;
        out->log_start_offset = partition_log_start(p->replica.log);
        out->error_message = STR_NULL;
}

/* Looks at every partition that is still waited for; true when none is left. */
static bool settle(struct request *r, bool late)
{
        struct produce_wait *wait = r->state;
        bool waiting = false;
        for (int32_t t = 0; t < wait->request.topics.count; t++) {
                struct produce_topic *topic = &wait->request.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        struct pending *pending = &wait->pending[t][i];
                        struct produce_partition_response *out =
                                &wait->answer.topics.items[t].partitions.items[i];
                        bool done = false;
                        enum kerr err;
                        if (pending->committed_at == 0)
                                continue;
                        struct hosted_partition *p =
                                hosted_find(r->broker, topic->name, out->index, &err);
                        if (p)
                                err = is_acknowledged(p, wait->request.acks, pending, &done);
                        if (!err && !done && late)
                                err = KERR_REQUEST_TIMED_OUT;
                        if (err)
                                fail(out, err);
                        if (err || done)
                                pending->committed_at = 0;
                        else
                                waiting = true;
                }
        }
        return !waiting;
}

static void answer(struct request *r)
{
        struct produce_wait *wait = r->state;
        struct serde out = request_answer(r);
        serde_produce_response(&out, &wait->answer);
        request_finish(r, &out);
}

static bool try_complete(struct delayed *d, bool late)
{
        struct request *r = heap_owner(d, struct request, delayed);
        if (!settle(r, late))
                return false;
        answer(r);
        return true;
}

static void wait_for_commit(struct request *r)
{
        struct produce_wait *wait = r->state;
        int32_t count = 0, room = 0;
        for (int32_t t = 0; t < wait->request.topics.count; t++)
                room += wait->request.topics.items[t].partitions.count;
        struct watch_list **lists = request_alloc(r, (size_t)room * sizeof(void *));
        for (int32_t t = 0; t < wait->request.topics.count; t++) {
                struct produce_topic *topic = &wait->request.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        enum kerr err;
                        if (wait->pending[t][i].committed_at > 0)
                                lists[count++] =
                                        &hosted_find(r->broker, topic->name,
                                                     topic->partitions.items[i].index, &err)
                                                 ->hw_waiters;
                }
        }
        int64_t now_ms = r->broker->world->mono_ms(r->broker->world);
        int32_t timeout_ms = wait->request.timeout_ms > 0 ? wait->request.timeout_ms : 0;
        r->delayed.try_complete = try_complete;
        purgatory_add(&r->broker->purgatory, &r->delayed, now_ms + timeout_ms, lists, count);
}

/* With acks=0 the client hears nothing, so an error ends its connection: it will look again. */
static void finish_unacknowledged(struct request *r)
{
        struct produce_wait *wait = r->state;
        for (int32_t t = 0; t < wait->answer.topics.count; t++) {
                struct produce_topic_response *topic = &wait->answer.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        int16_t code = topic->partitions.items[i].error_code;
                        if (code) {
                                peer_refuse(r->broker, r->peer, kerr_text(code));
                                return;
                        }
                }
        }
        request_finish_silently(r);
}

static void append_all(struct request *r)
{
        struct produce_wait *wait = r->state;
        int16_t acks = wait->request.acks;
        bool acks_are_valid = acks >= -1 && acks <= 1;
        int32_t topics = wait->request.topics.count;
        reply_array(r, &wait->answer.topics, topics);
        wait->pending = request_alloc(r, (size_t)topics * sizeof(void *));
        for (int32_t t = 0; t < topics; t++) {
                struct produce_topic *in = &wait->request.topics.items[t];
                struct produce_topic_response *out = &wait->answer.topics.items[t];
                out->name = in->name;
                reply_array(r, &out->partitions, in->partitions.count);
                wait->pending[t] =
                        request_alloc(r, (size_t)in->partitions.count * sizeof(struct pending));
                for (int32_t i = 0; i < in->partitions.count; i++) {
                        struct produce_partition_response *o = &out->partitions.items[i];
                        if (acks_are_valid) {
                                append(r, in->name, &in->partitions.items[i], o,
                                       &wait->pending[t][i]);
                        } else {
                                o->index = in->partitions.items[i].index;
                                fail(o, KERR_INVALID_REQUIRED_ACKS);
                        }
                }
        }
        if (acks == 0)
                finish_unacknowledged(r);
        else if (settle(r, false))
                answer(r);
        else
                wait_for_commit(r);
}

void handle_produce(struct request *r)
{
        struct produce_wait *wait = r->state = request_alloc(r, sizeof *wait);
        serde_produce_request(&r->in, &wait->request);
        if (request_is_sound(r) && !verify_must_wait(r, &wait->request, append_all))
                append_all(r);
}
