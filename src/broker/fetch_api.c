/* Fetch: find where the bytes lie, and wait while there are too few of them. The bytes themselves
 * are never read here: the answer names parts of segment files, and the world sends those. */
#include "broker/state.h"
#include "wire/fetch.h"

static int64_t bytes_limit(struct request *r, const struct fetch_request *in)
{
        int64_t most = config_number(r->broker->config, CONFIG_FETCH_MAX_BYTES);
        return in->max_bytes < most ? in->max_bytes : most;
}

/* Fills in one partition's answer; returns how many record bytes it has. */
static int64_t read_partition(struct request *r, struct str topic, const struct fetch_partition *in,
                              int64_t room, bool at_least_one, struct fetch_partition_response *out)
{
        enum kerr err;
        *out = (struct fetch_partition_response){.index = in->index,
                                                 .high_watermark = -1,
                                                 .last_stable_offset = -1,
                                                 .log_start_offset = -1,
                                                 .preferred_read_replica = -1,
                                                 .records.bytes = {(const uint8_t *)"", 0}};
        struct hosted_partition *p = hosted_find(r->broker, topic, in->index, &err);
        if (p)
                err = replica_check_epoch(&p->replica, in->current_leader_epoch);
        if (!err) {
                int64_t size_max = in->max_bytes < room ? in->max_bytes : room;
                out->high_watermark = p->replica.high_watermark;
                out->last_stable_offset = p->replica.high_watermark;
                out->log_start_offset = partition_log_start(p->replica.log);
                err = replica_read(&p->replica, in->fetch_offset,
                                   (int32_t)(size_max > 0 ? size_max : 0), at_least_one,
                                   &out->records.extent);
        }
        out->error_code = errors_to_wire(err);
        return err ? 0 : out->records.extent.length;
}

/* Reads all partitions anew. True when the answer need not wait: enough bytes, or an error that the
 * client should hear of. */
static bool read_all(struct request *r, const struct fetch_request *in, struct fetch_response *out)
{
        int64_t limit = bytes_limit(r, in), total = 0;
        bool failed = false;
        for (int32_t t = 0; t < in->topics.count; t++) {
                const struct fetch_topic *topic = &in->topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        struct fetch_partition_response *o =
                                &out->topics.items[t].partitions.items[i];
                        total += read_partition(r, topic->name, &topic->partitions.items[i],
                                                limit - total, total == 0, o);
                        failed |= o->error_code != KERR_NONE;
                }
        }
        return failed || total >= in->min_bytes;
}

struct fetch_wait {
        struct fetch_request request;
        struct fetch_response answer;
};

static void answer(struct request *r)
{
        struct fetch_wait *wait = r->state;
        bool committed_only = wait->request.isolation_level == READ_COMMITTED;
        for (int32_t t = 0; t < wait->answer.topics.count; t++) {
                struct fetch_topic_response *topic = &wait->answer.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        topic->partitions.items[i].aborted_transactions.count =
                                committed_only ? 0 : -1;
        }
        struct serde out = request_answer(r);
        serde_fetch_response(&out, &wait->answer);
        request_finish(r, &out);
}

static bool try_complete(struct delayed *d, bool late)
{
        struct request *r = heap_owner(d, struct request, delayed);
        struct fetch_wait *wait = r->state;
        bool ready = read_all(r, &wait->request, &wait->answer);
        if (ready || late)
                answer(r);
        return ready || late;
}

static void wait_for_bytes(struct request *r)
{
        struct fetch_wait *wait = r->state;
        int32_t count = 0, room = 0;
        for (int32_t t = 0; t < wait->request.topics.count; t++)
                room += wait->request.topics.items[t].partitions.count;
        struct watch_list **lists = request_alloc(r, (size_t)room * sizeof(void *));
        for (int32_t t = 0; t < wait->request.topics.count; t++) {
                struct fetch_topic *topic = &wait->request.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        enum kerr err;
                        lists[count++] = &hosted_find(r->broker, topic->name,
                                                      topic->partitions.items[i].index, &err)
                                                  ->waiters;
                }
        }
        int64_t now_ms = r->broker->world->mono_ms(r->broker->world);
        r->delayed.try_complete = try_complete;
        purgatory_add(&r->broker->purgatory, &r->delayed, now_ms + wait->request.max_wait_ms, lists,
                      count);
}

void handle_fetch(struct request *r)
{
        struct fetch_wait *wait = r->state = request_alloc(r, sizeof *wait);
        serde_fetch_request(&r->in, &wait->request);
        if (!request_is_sound(r))
                return;
        /* Sessions (KIP-227) are not kept: session id 0 in a full answer says so, and a client that
         * goes on with a session it never got hears that there is none. */
        if (wait->request.session_id != 0 && wait->request.session_epoch > 0) {
                wait->answer.error_code = KERR_FETCH_SESSION_ID_NOT_FOUND;
                answer(r);
                return;
        }
        reply_array(r, &wait->answer.topics, wait->request.topics.count);
        for (int32_t t = 0; t < wait->request.topics.count; t++) {
                struct fetch_topic *topic = &wait->request.topics.items[t];
                wait->answer.topics.items[t].name = topic->name;
                reply_array(r, &wait->answer.topics.items[t].partitions, topic->partitions.count);
        }
        if (read_all(r, &wait->request, &wait->answer) || wait->request.max_wait_ms <= 0)
                answer(r);
        else
                wait_for_bytes(r);
}
