#include "replication/fetcher.h"

#include <assert.h>
#include <stdlib.h>
#include <uthash.h>

enum { FETCH_VERSION = 15, FIRST_REST_PART = 64 /* of replica.fetch.backoff.ms */ };

/* One partition that follows the leader. */
struct follow {
        struct replica *replica;
        struct uuid topic_id;
        int32_t partition;
        int64_t rest_ms, rest_until_ms;
        bool asked; /* in the Fetch under way, with: */
        int32_t asked_epoch;
        int64_t asked_offset;
        UT_hash_handle hh;
};

struct fetcher {
        struct fetcher_config config;
        struct follow *follows; /* by replica, in the order in which they are asked for */
        bool under_way;
        int64_t rest_until_ms;

        /* What is asked, as it was when it was asked. */
        struct fetch_request request;
        struct fetch_partition *partitions;
        int32_t capacity; /* of partitions and of request.topics */
};

struct fetcher *fetcher_new(const struct fetcher_config *config)
{
        struct fetcher *f = calloc(1, sizeof *f);
        if (!f)
                abort();
        f->config = *config;
        return f;
}

void fetcher_free(struct fetcher *f)
{
        struct follow *e, *next;
        HASH_ITER (hh, f->follows, e, next) {
                HASH_DEL(f->follows, e);
                free(e);
        }
        free(f->request.topics.items);
        free(f->partitions);
        free(f);
}

static struct follow *find_follow(struct fetcher *f, const struct replica *r)
{
        struct follow *e;
        HASH_FIND_PTR(f->follows, &r, e);
        return e;
}

void fetcher_add(struct fetcher *f, struct replica *r, const struct uuid *topic_id,
                 int32_t partition)
{
        assert(!find_follow(f, r));
        struct follow *e = calloc(1, sizeof *e);
        if (!e)
                abort();
        *e = (struct follow){.replica = r, .topic_id = *topic_id, .partition = partition};
        HASH_ADD_PTR(f->follows, replica, e);
}

void fetcher_remove(struct fetcher *f, const struct replica *r)
{
        struct follow *e = find_follow(f, r);
        if (e)
                HASH_DEL(f->follows, e);
        free(e);
}

static int64_t now_of(const struct fetcher *f)
{
        return f->config.host->world->mono_ms(f->config.host->world);
}

/* --- asking --- */

static bool follows_leader(const struct fetcher *f, const struct replica *r)
{
        return r->role == REPLICA_FOLLOWER && r->assignment.leader == f->config.leader;
}

/* True when all that is appended is as safe as flush.messages asks. */
static bool make_safe(struct replica *r)
{
        if (replica_safe_end(r) < partition_log_end(r->log))
                partition_log_flush(r->log);
        return !partition_log_is_offline(r->log);
}

static void reserve(struct fetcher *f, int32_t count)
{
        struct fetch_request *m = &f->request;
        if (count <= f->capacity)
                return;
        f->capacity = 2 * count;
        size_t capacity = (size_t)f->capacity;
        f->partitions = realloc(f->partitions, capacity * sizeof *f->partitions);
        m->topics.items = realloc(m->topics.items, capacity * sizeof *m->topics.items);
        if (!f->partitions || !m->topics.items)
                abort();
}

/* Partitions of one topic that follow one another share an entry of the question. */
static void ask(struct fetcher *f, struct follow *e, int32_t *count)
{
        struct fetch_request *m = &f->request;
        const struct replica *r = e->replica;
        struct fetch_topic *topic =
                m->topics.count > 0 ? &m->topics.items[m->topics.count - 1] : NULL;
        e->asked = true;
        e->asked_epoch = r->assignment.leader_epoch;
        e->asked_offset = partition_log_end(r->log);
        if (!topic || !uuid_equal(&topic->topic_id, &e->topic_id)) {
                topic = &m->topics.items[m->topics.count++];
                *topic = (struct fetch_topic){.topic_id = e->topic_id};
                topic->partitions.items = &f->partitions[*count];
        }
        topic->partitions.count++;
        f->partitions[(*count)++] = (struct fetch_partition){
                .index = e->partition,
                .current_leader_epoch = e->asked_epoch,
                .fetch_offset = e->asked_offset,
                .last_fetched_epoch = partition_log_last_epoch(r->log),
                .log_start_offset = partition_log_start(r->log),
                .max_bytes = f->config.partition_max_bytes,
        };
}

/* Puts the question together; the count of its topics is 0 when there is nothing to ask. Returns
 * when the next partition has rested enough. */
static int64_t build_request(struct fetcher *f, int64_t now_ms)
{
        const struct fetcher_config *c = &f->config;
        int64_t next_ms = INT64_MAX;
        int32_t count = 0;
        reserve(f, (int32_t)HASH_COUNT(f->follows));
        f->request = (struct fetch_request){
                .cluster_id = STR_NULL,
                .replica_id = c->host->id,
                .replica_epoch = c->host->broker_epoch,
                .max_wait_ms = (int32_t)c->wait_max_ms,
                .min_bytes = c->min_bytes,
                .max_bytes = c->response_max_bytes,
                .session_epoch = -1,
                .topics.items = f->request.topics.items,
                .rack_id = str_of(""),
        };
        for (struct follow *e = f->follows; e; e = e->hh.next) {
                e->asked = false;
                if (!follows_leader(f, e->replica) || partition_log_is_offline(e->replica->log))
                        continue;
                if (now_ms < e->rest_until_ms)
                        next_ms = e->rest_until_ms < next_ms ? e->rest_until_ms : next_ms;
                else if (make_safe(e->replica))
                        ask(f, e, &count);
        }
        return next_ms;
}

static void write_request(void *fetcher, struct serde *out)
{
        serde_fetch_request(out, &((struct fetcher *)fetcher)->request);
}

static void on_answer(void *fetcher, enum kerr err, struct serde *body);

int64_t fetcher_run(struct fetcher *f)
{
        int64_t now_ms = now_of(f);
        if (f->under_way)
                return INT64_MAX;
        if (now_ms < f->rest_until_ms)
                return f->rest_until_ms;
        int64_t next_ms = build_request(f, now_ms);
        if (f->request.topics.count == 0)
                return next_ms;
        f->under_way = true;
        f->config.sender->send(f->config.sender,
                               &(struct rpc){.node = f->config.leader,
                                             .api_key = API_FETCH,
                                             .version = FETCH_VERSION,
                                             .timeout_ms = f->config.request_timeout_ms,
                                             .write = write_request,
                                             .on_answer = on_answer,
                                             .context = f});
        return INT64_MAX;
}

/* --- hearing --- */

/* The leader does not have the offset that we asked for, and did not say that our logs diverge. So
 * either its log begins behind the end of ours; or ours is empty, and lies beyond the end of a
 * leader that was elected uncleanly; or it cannot compare. In the last case what it knows to be
 * committed is kept: its log holds that. Careful: who empties a log here for nothing loses what
 * this replica was kept for (KAFKA-2143). */
static enum kerr out_of_range(struct replica *r, const struct fetch_partition_response *in)
{
        int64_t start = partition_log_start(r->log), end = partition_log_end(r->log);
        if (in->log_start_offset < 0 || in->high_watermark < 0)
                return KERR_OFFSET_OUT_OF_RANGE; /* it does not say enough to decide */
        if (in->log_start_offset > end || start == end)
                return replica_restart_at(r, in->log_start_offset);
        if (in->high_watermark < end)
                return replica_truncate(r, r->assignment.leader_epoch, in->high_watermark);
        return KERR_OFFSET_OUT_OF_RANGE;
}

/* Brings what the leader said into our log. The high watermark in an answer that says where logs
 * diverge is not taken: what we have below it may not be what is committed (KAFKA-14704). */
static enum kerr take(struct replica *r, const struct fetch_partition_response *in)
{
        if (in->error_code == KERR_OFFSET_OUT_OF_RANGE)
                return out_of_range(r, in);
        if (in->error_code)
                return (enum kerr)in->error_code;
        if (in->has_diverging_epoch)
                return replica_truncate(r, in->diverging_epoch.epoch,
                                        in->diverging_epoch.end_offset);
        return replica_append_fetched(r, in->records.bytes, in->high_watermark,
                                      in->log_start_offset);
}

/* Takes it, and tells what it did. */
static enum kerr take_and_tell(struct fetcher *f, struct replica *r,
                               const struct fetch_partition_response *in)
{
        int64_t end = partition_log_end(r->log), high_watermark = r->high_watermark;
        int64_t start = partition_log_start(r->log);
        enum kerr err = take(r, in);
        /* An empty log may have begun anew inside (see make_room()): lower, and then where it was.
         */
        bool start_moved = partition_log_start(r->log) != start || (start == end && start > 0);
        if (partition_log_end(r->log) != end || r->high_watermark != high_watermark || start_moved)
                f->config.on_moved(f->config.context, r,
                                   r->high_watermark < high_watermark || start_moved);
        if (err)
                world_log(r->host->world, in->error_code ? WORLD_DEBUG : WORLD_WARN,
                          "%s: nothing fetched from broker %d: %s", partition_log_directory(r->log),
                          (int)f->config.leader, kerr_text(err));
        return err;
}

/* A leader that was made one a moment ago may not know it yet. */
static void rest(struct fetcher *f, struct follow *e)
{
        int64_t longest_ms = f->config.backoff_ms;
        e->rest_ms = e->rest_ms > 0 ? 2 * e->rest_ms : longest_ms / FIRST_REST_PART + 1;
        if (e->rest_ms > longest_ms)
                e->rest_ms = longest_ms;
        e->rest_until_ms = now_of(f) + e->rest_ms;
}

static void on_partition(struct fetcher *f, const struct uuid *topic_id,
                         const struct fetch_partition_response *in)
{
        struct replica *r = f->config.find(f->config.context, topic_id, in->index);
        if (!r || r->role != REPLICA_FOLLOWER)
                return;
        struct follow *e = find_follow(f, r);
        bool is_late = !e || !e->asked || !follows_leader(f, r) ||
                       r->assignment.leader_epoch != e->asked_epoch ||
                       partition_log_end(r->log) != e->asked_offset;
        if (is_late && !zoo_has(r->host->world->zoo, ZOO_LATE_FETCH_ANSWER)) /* KAFKA-7786 */
                return;
        enum kerr err = take_and_tell(f, r, in);
        if (!e)
                return;
        e->asked = false;
        if (err)
                rest(f, e);
        else
                e->rest_ms = 0;
        if (in->records.bytes.size > 0) {
                HASH_DEL(f->follows, e);
                HASH_ADD_PTR(f->follows, replica, e);
        }
}

static void on_answer(void *fetcher, enum kerr err, struct serde *body)
{
        struct fetcher *f = fetcher;
        struct fetch_response answer = {0};
        f->under_way = false;
        if (!err) {
                serde_fetch_response(body, &answer);
                err = body->err ? body->err : (enum kerr)answer.error_code;
        }
        if (err) {
                world_log(f->config.host->world, WORLD_INFO, "fetching from broker %d failed: %s",
                          (int)f->config.leader, kerr_text(err));
                f->rest_until_ms = now_of(f) + f->config.backoff_ms;
                return;
        }
        for (int32_t t = 0; t < answer.topics.count; t++) {
                const struct fetch_topic_response *topic = &answer.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        on_partition(f, &topic->topic_id, &topic->partitions.items[i]);
        }
}
