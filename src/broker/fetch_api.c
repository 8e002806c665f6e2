/* Fetch: find where the bytes lie, and wait while there are too few of them. The bytes themselves
 * are never read here: the answer names parts of segment files, and the world sends those.
 *
 * Consumers, followers of a partition and followers of the metadata log all ask it. A follower's
 * Fetch also tells the leader how far its log goes: everything below the offset it asks for. */
#include "broker/state.h"

struct fetch_wait {
        struct fetch_request request;
        struct fetch_response answer;
        int64_t known_high_watermark; /* of the metadata log, when the Fetch came */
        bool noted;                   /* what it tells of the follower */
};

static int64_t bytes_limit(struct request *r, const struct fetch_request *in)
{
        int64_t most = config_number(r->broker->config, CONFIG_FETCH_MAX_BYTES);
        return in->max_bytes < most ? in->max_bytes : most;
}

static bool is_metadata(struct request *r, const struct fetch_topic *topic)
{
        return r->header.api_version >= 13 ? uuid_equal(&topic->topic_id, &metadata_topic_id)
                                           : str_equal_c(topic->name, METADATA_TOPIC_NAME);
}

static struct hosted_partition *find(struct request *r, const struct fetch_topic *topic,
                                     int32_t index, enum kerr *err)
{
        return r->header.api_version >= 13
                       ? hosted_find_by_id(r->broker, &topic->topic_id, index, err)
                       : hosted_find(r->broker, topic->name, index, err);
}

/* A follower has all below the offset that it asks for. */
static enum kerr note_follower(struct request *r, struct hosted_partition *p,
                               const struct fetch_partition *in)
{
        struct broker *b = r->broker;
        const struct fetch_wait *wait = r->state;
        enum kerr err = KERR_NONE;
        if (wait->noted)
                return err;
        replica_fetched(&p->replica, wait->request.replica_id, wait->request.replica_epoch,
                        in->fetch_offset, in->log_start_offset, &err);
        replicas_touch(b, p);
        return err;
}

static enum replica_reader reader_of(const struct fetch_wait *wait)
{
        if (wait->request.replica_id >= 0)
                return READER_FOLLOWER;
        return wait->request.isolation_level == READ_COMMITTED ? READER_COMMITTED
                                                               : READER_UNCOMMITTED;
}

struct aborted_writer {
        struct fetch_partition_response *out;
        int32_t room;
};

static void count_aborted(void *context, const struct aborted_txn *t)
{
        (void)t;
        ((struct aborted_writer *)context)->room++;
}

static void add_aborted(void *context, const struct aborted_txn *t)
{
        struct fetch_partition_response *out = ((struct aborted_writer *)context)->out;
        out->aborted_transactions.items[out->aborted_transactions.count++] =
                (struct fetch_aborted_transaction){t->producer_id, t->first_offset};
}

/* The reader gets their records too, and leaves them out. Those that only begin behind the bytes do
 * no harm. */
static void list_aborted(struct request *r, const struct partition_log *log, int64_t from,
                         struct fetch_partition_response *out)
{
        struct aborted_writer w = {.out = out};
        if (out->records.extent.length == 0)
                return;
        partition_log_each_aborted(log, from, out->last_stable_offset, count_aborted, &w);
        reply_array(r, &out->aborted_transactions, w.room);
        out->aborted_transactions.count = 0;
        partition_log_each_aborted(log, from, out->last_stable_offset, add_aborted, &w);
}

static enum kerr read_hosted(struct request *r, struct hosted_partition *p,
                             const struct fetch_partition *in, int32_t size_max, bool at_least_one,
                             struct fetch_partition_response *out)
{
        const struct fetch_wait *wait = r->state;
        enum replica_reader reader = reader_of(wait);
        bool is_follower = reader == READER_FOLLOWER;
        struct replica *replica = &p->replica;
        out->high_watermark = replica->high_watermark;
        out->log_start_offset = partition_log_start(replica->log);
        if (is_follower &&
            replica_diverges(replica, in->last_fetched_epoch, in->fetch_offset,
                             &out->diverging_epoch.epoch, &out->diverging_epoch.end_offset)) {
                out->has_diverging_epoch = true;
                return KERR_NONE;
        }
        enum kerr err = replica_read(replica, in->fetch_offset, reader, size_max, at_least_one,
                                     &out->records.extent);
        if (!err && is_follower)
                err = note_follower(r, p, in);
        out->high_watermark = replica->high_watermark;
        out->last_stable_offset = replica_last_stable_offset(replica);
        if (!err && reader == READER_COMMITTED)
                list_aborted(r, replica->log, in->fetch_offset, out);
        return err;
}

/* Fills in one partition's answer; true when it need not wait, whatever its bytes. */
static bool read_partition(struct request *r, const struct fetch_topic *topic,
                           const struct fetch_partition *in, int64_t room, bool at_least_one,
                           struct fetch_partition_response *out)
{
        const struct fetch_wait *wait = r->state;
        int64_t size_max = in->max_bytes < room ? in->max_bytes : room;
        int32_t size = (int32_t)(size_max > 0 ? size_max : 0);
        enum kerr err;
        *out = (struct fetch_partition_response){.index = in->index,
                                                 .high_watermark = -1,
                                                 .last_stable_offset = -1,
                                                 .log_start_offset = -1,
                                                 .preferred_read_replica = -1,
                                                 .records.bytes = {(const uint8_t *)"", 0}};
        if (is_metadata(r, topic))
                return quorum_handle_fetch(&r->broker->quorum, wait->request.replica_id, in, size,
                                           wait->known_high_watermark, out);
        struct hosted_partition *p = find(r, topic, in->index, &err);
        if (p)
                err = replica_check_leader(&p->replica, in->current_leader_epoch);
        if (!err)
                err = read_hosted(r, p, in, size, at_least_one, out);
        if (err)
                out->records.extent.length = 0;
        out->error_code = errors_to_wire(err);
        return err || out->has_diverging_epoch;
}

/* Reads all partitions anew. True when the answer need not wait: enough bytes, or something that
 * the asker should hear of. */
static bool read_all(struct request *r)
{
        struct fetch_wait *wait = r->state;
        const struct fetch_request *in = &wait->request;
        int64_t limit = bytes_limit(r, in), total = 0;
        bool ready = false;
        for (int32_t t = 0; t < in->topics.count; t++) {
                const struct fetch_topic *topic = &in->topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        struct fetch_partition_response *o =
                                &wait->answer.topics.items[t].partitions.items[i];
                        ready |= read_partition(r, topic, &topic->partitions.items[i],
                                                limit - total, total == 0, o);
                        total += o->records.extent.length;
                }
        }
        wait->noted = true;
        return ready || total >= in->min_bytes;
}

static void answer(struct request *r)
{
        struct fetch_wait *wait = r->state;
        for (int32_t t = 0; t < wait->answer.topics.count; t++) {
                struct fetch_topic_response *topic = &wait->answer.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        if (wait->request.isolation_level != READ_COMMITTED)
                                topic->partitions.items[i].aborted_transactions.count = -1;
                }
        }
        struct serde out = request_answer(r);
        serde_fetch_response(&out, &wait->answer);
        request_finish(r, &out);
}

static bool try_complete(struct delayed *d, bool late)
{
        struct request *r = heap_owner(d, struct request, delayed);
        bool ready = read_all(r);
        if (ready || late)
                answer(r);
        return ready || late;
}

/* Followers wait for the log to grow, consumers for the high watermark. */
static struct watch_list *waiters_of(struct request *r, const struct fetch_topic *topic,
                                     int32_t index)
{
        const struct fetch_wait *wait = r->state;
        enum kerr err;
        if (is_metadata(r, topic))
                return &r->broker->metadata_waiters;
        struct hosted_partition *p = find(r, topic, index, &err);
        return wait->request.replica_id >= 0 ? &p->end_waiters : &p->hw_waiters;
}

static void wait_for_bytes(struct request *r)
{
        struct fetch_wait *wait = r->state;
        int32_t count = 0, room = 0;
        bool follows_logs = false;
        for (int32_t t = 0; t < wait->request.topics.count; t++)
                room += wait->request.topics.items[t].partitions.count;
        struct watch_list **lists = request_alloc(r, (size_t)(room + 1) * sizeof(void *));
        for (int32_t t = 0; t < wait->request.topics.count; t++) {
                const struct fetch_topic *topic = &wait->request.topics.items[t];
                follows_logs |= reader_of(wait) == READER_FOLLOWER && !is_metadata(r, topic);
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        lists[count++] = waiters_of(r, topic, topic->partitions.items[i].index);
        }
        if (follows_logs)
                lists[count++] = &r->broker->follower_fetches;
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
        wait->known_high_watermark = r->broker->quorum.high_watermark;
        reply_array(r, &wait->answer.topics, wait->request.topics.count);
        for (int32_t t = 0; t < wait->request.topics.count; t++) {
                struct fetch_topic *topic = &wait->request.topics.items[t];
                wait->answer.topics.items[t].name = topic->name;
                wait->answer.topics.items[t].topic_id = topic->topic_id;
                reply_array(r, &wait->answer.topics.items[t].partitions, topic->partitions.count);
        }
        if (read_all(r) || wait->request.max_wait_ms <= 0)
                answer(r);
        else
                wait_for_bytes(r);
}
