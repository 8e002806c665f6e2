#include "cluster/quorum_private.h"

enum { FETCH_BYTES = 8 << 20, SNAPSHOT_PIECE_BYTES = 1 << 20, FETCH_VERSION = 15 };

static int64_t now_ms(const struct quorum *q)
{
        return q->config.world->mono_ms(q->config.world);
}

/* --- questions --- */

static void write_fetch(void *context, struct serde *out)
{
        const struct quorum_call *call = context;
        const struct quorum_config *config = &call->q->config;
        struct fetch_partition p = {
                .current_leader_epoch = call->epoch,
                .fetch_offset = call->end_offset,
                .last_fetched_epoch = call->last_epoch,
                .log_start_offset = partition_log_start(config->log),
                .max_bytes = FETCH_BYTES,
        };
        struct fetch_topic topic = {.topic_id = metadata_topic_id, .partitions = {&p, 1}};
        struct fetch_request request = {
                .cluster_id = STR_NULL,
                .replica_id = config->node_id,
                .replica_epoch = -1,
                .max_wait_ms = (int32_t)config->fetch_wait_max_ms,
                .min_bytes = 1,
                .max_bytes = FETCH_BYTES,
                .session_epoch = -1,
                .topics = {&topic, 1},
                .rack_id = str_of(""),
        };
        serde_fetch_request(out, &request);
}

static void write_fetch_snapshot(void *context, struct serde *out)
{
        const struct quorum_call *call = context;
        struct fetch_snapshot_partition p = {0, call->epoch, call->snapshot, call->position};
        struct fetch_snapshot_topic topic = {str_of(METADATA_TOPIC_NAME), {&p, 1}};
        struct fetch_snapshot_request request = {
                STR_NULL, call->q->config.node_id, SNAPSHOT_PIECE_BYTES, {&topic, 1}};
        serde_fetch_snapshot_request(out, &request);
}

/* Where nobody is known to lead, the voters are asked in turn; -1: there is no other. */
static int32_t whom_to_ask(struct quorum *q)
{
        if (q->role == QUORUM_FOLLOWER)
                return q->leader;
        for (int32_t i = 0; i < q->config.voter_count; i++) {
                q->own->asked = (q->own->asked + 1) % q->config.voter_count;
                if (q->config.voters[q->own->asked].id != q->config.node_id)
                        return q->config.voters[q->own->asked].id;
        }
        return -1;
}

static void on_fetch_answer(void *context, enum kerr err, struct serde *body);
static void on_snapshot_answer(void *context, enum kerr err, struct serde *body);

int64_t quorum_send_fetch(struct quorum *q)
{
        struct quorum_private *own = q->own;
        bool asks = q->role == QUORUM_UNATTACHED || q->role == QUORUM_FOLLOWER;
        if (own->fetch || !asks)
                return INT64_MAX;
        if (now_ms(q) < own->fetch_after_ms)
                return own->fetch_after_ms;
        struct quorum_call call = {.q = q, .node = whom_to_ask(q), .epoch = q->epoch};
        if (call.node < 0)
                return INT64_MAX;
        int64_t timeout_ms = q->config.request_timeout_ms + q->config.fetch_wait_max_ms;
        if (own->download.file) {
                call.api_key = API_FETCH_SNAPSHOT;
                call.snapshot = own->download.id;
                call.position = own->download.position;
                own->fetch =
                        quorum_call(&call, 0, timeout_ms, write_fetch_snapshot, on_snapshot_answer);
        } else {
                call.api_key = API_FETCH;
                quorum_log_end(q, &call.last_epoch, &call.end_offset);
                own->fetch =
                        quorum_call(&call, FETCH_VERSION, timeout_ms, write_fetch, on_fetch_answer);
        }
        return INT64_MAX;
}

/* --- answers --- */

/* Ends the call. True when it is the one that we wait for. */
static bool take_call(struct quorum_call *under_way, struct quorum_call *call)
{
        struct quorum_private *own = under_way->q->own;
        bool counts = own->fetch == under_way;
        if (counts)
                own->fetch = NULL;
        *call = quorum_call_end(under_way);
        return counts && !own->has_failed;
}

/* Hears who leads. True when that is still the one we asked, in the epoch we asked in. */
static bool is_from_leader(struct quorum *q, const struct quorum_call *call, bool says_leader,
                           struct fetch_current_leader who)
{
        if (says_leader)
                quorum_hear(q, who.leader_id, who.leader_epoch);
        return q->role == QUORUM_FOLLOWER && q->leader == call->node && q->epoch == call->epoch;
}

/* After an answer: a good one keeps the leader in office. After a bad one we rest, unless we have
 * learnt of another leader meanwhile. */
static void go_on(struct quorum *q, const struct quorum_call *call, bool is_good)
{
        if (is_good) {
                q->own->deadline_ms = now_ms(q) + q->config.fetch_timeout_ms;
                return;
        }
        if (q->role == QUORUM_FOLLOWER && (q->leader != call->node || q->epoch != call->epoch))
                return;
        /* An observer hears of a new leader only by asking around. */
        if (q->role == QUORUM_FOLLOWER && !quorum_is_voter(q))
                quorum_unattach(q);
        q->own->fetch_after_ms = now_ms(q) + RETRY_MS;
}

static void raise_high_watermark(struct quorum *q, int64_t to)
{
        int64_t end_offset = partition_log_end(q->config.log);
        if (to > end_offset)
                to = end_offset;
        if (to > q->high_watermark)
                q->high_watermark = to;
}

static bool truncate(struct quorum *q, const struct fetch_diverging_epoch *d)
{
        struct partition_log *log = q->config.log;
        int64_t end_offset = leader_epochs_common_end(partition_log_epochs(log), d->epoch,
                                                      d->end_offset, partition_log_end(log));
        if (end_offset < q->high_watermark) { /* KAFKA-12460 */
                world_log(q->config.world, WORLD_ERROR,
                          "quorum: leader %d of epoch %d lacks what is committed: its log parts "
                          "from ours at %lld, our high watermark is %lld",
                          q->leader, q->epoch, (long long)end_offset, (long long)q->high_watermark);
                quorum_fail(q, "following", KERR_UNKNOWN_SERVER_ERROR);
                return false;
        }
        world_log(q->config.world, WORLD_INFO, "quorum: cuts the log from %lld to %lld",
                  (long long)partition_log_end(log), (long long)end_offset);
        enum kerr err = partition_log_truncate(log, end_offset);
        if (err)
                quorum_fail(q, "cutting the log", err);
        q->own->safe_end = partition_log_end(log);
        return !err;
}

/* --- snapshots --- */

void quorum_drop_download(struct quorum *q)
{
        if (q->own->download.file)
                q->config.world->close(q->config.world, q->own->download.file);
        q->own->download = (struct quorum_download){0};
}

static bool begin_download(struct quorum *q, struct fetch_snapshot_id id)
{
        struct world *w = q->config.world;
        struct quorum_download *d = &q->own->download;
        if (id.epoch < 0 || id.end_offset < q->high_watermark)
                return false;
        const char *directory = partition_log_directory(q->config.log);
        enum kerr err = w->open(w, snapshot_part_path(directory, id).text, WORLD_CREATE, &d->file);
        if (err) {
                d->file = NULL;
                quorum_fail(q, "making a snapshot file", err);
                return false;
        }
        d->id = id;
        return true;
}

/* The snapshot gets its name first: a crash then finds a log that is too short, and cuts it itself
 * (quorum_open()). */
static bool finish_download(struct quorum *q)
{
        struct partition_log *log = q->config.log;
        const char *directory = partition_log_directory(log);
        struct quorum_download d = q->own->download;
        q->own->download = (struct quorum_download){0};
        enum kerr err = snapshot_publish(q->config.world, directory, d.id, d.file);
        if (!err)
                err = partition_log_restart_at(log, d.id.end_offset);
        if (!err)
                err = snapshot_tidy(q->config.world, directory, &q->own->snapshots);
        if (err) {
                quorum_fail(q, "taking over a snapshot", err);
                return false;
        }
        world_log(q->config.world, WORLD_INFO, "quorum: begins anew with a snapshot at %lld",
                  (long long)d.id.end_offset);
        q->own->safe_end = d.id.end_offset;
        raise_high_watermark(q, d.id.end_offset);
        return true;
}

static bool take_piece(struct quorum *q, const struct fetch_snapshot_partition_response *p)
{
        struct quorum_download *d = &q->own->download;
        struct span bytes = p->records.bytes;
        if (p->error_code || p->position != d->position || bytes.size == 0)
                return false;
        enum kerr err = q->config.world->append(q->config.world, d->file, &bytes, 1);
        if (err) {
                quorum_fail(q, "writing a snapshot", err);
                return false;
        }
        d->position += (int64_t)bytes.size;
        return d->position < p->size || finish_download(q);
}

static void on_snapshot_answer(void *context, enum kerr err, struct serde *body)
{
        struct quorum *q = ((struct quorum_call *)context)->q;
        struct quorum_call call;
        if (!take_call(context, &call))
                return;
        struct fetch_snapshot_response m = {0};
        if (!err)
                serde_fetch_snapshot_response(body, &m);
        const struct fetch_snapshot_partition_response *p =
                err || body->err || m.error_code ? NULL : QUORUM_PARTITION(&m);
        bool is_good = p && is_from_leader(q, &call, p->has_current_leader, p->current_leader) &&
                       take_piece(q, p);
        /* Asks by Fetch again, and hears what to do. */
        if (!is_good)
                quorum_drop_download(q);
        go_on(q, &call, is_good);
}

/* --- Fetch --- */

static bool append(struct quorum *q, const struct fetch_partition_response *p)
{
        struct span batches = p->records.bytes;
        struct log_append done;
        enum kerr err = KERR_NONE;
        if (batches.size > 0)
                err = partition_log_append_as_follower(q->config.log, batches, &done);
        if (err == KERR_KAFKA_STORAGE_ERROR)
                quorum_fail(q, "appending", err);
        else if (err)
                world_log(q->config.world, WORLD_WARN,
                          "quorum: what leader %d sent for offset %lld is refused: %s", q->leader,
                          (long long)partition_log_end(q->config.log), kerr_text(err));
        else
                raise_high_watermark(q, p->high_watermark);
        return !err;
}

static bool take_answer(struct quorum *q, const struct fetch_partition_response *p)
{
        if (p->error_code)
                return false;
        if (p->has_diverging_epoch)
                return truncate(q, &p->diverging_epoch);
        if (p->has_snapshot_id)
                return begin_download(q, p->snapshot_id);
        return append(q, p);
}

static void on_fetch_answer(void *context, enum kerr err, struct serde *body)
{
        struct quorum *q = ((struct quorum_call *)context)->q;
        struct quorum_call call;
        if (!take_call(context, &call))
                return;
        struct fetch_response m = {0};
        if (!err)
                serde_fetch_response(body, &m);
        bool is_whole = !err && !body->err && !m.error_code && m.topics.count == 1 &&
                        m.topics.items[0].partitions.count == 1;
        const struct fetch_partition_response *p =
                is_whole ? m.topics.items[0].partitions.items : NULL;
        bool is_good = p && is_from_leader(q, &call, p->has_current_leader, p->current_leader) &&
                       take_answer(q, p);
        if (p && p->has_current_leader && p->current_leader.leader_id < 0)
                quorum_hear_of_no_leader(q, call.node);
        go_on(q, &call, is_good);
}
