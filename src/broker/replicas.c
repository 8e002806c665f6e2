/* Replication of all partitions of this broker: one fetcher for each leader that is followed, one
 * AlterPartition at a time for all that are led. */
#include "broker/state.h"

#include <stdlib.h>

enum { RETRY_MS = 50 }; /* of an AlterPartition that nobody has answered */

static int64_t earlier(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

void replicas_touch(struct broker *b, struct hosted_partition *p)
{
        if (p->touched)
                return;
        p->touched = true;
        p->next_touched = b->touched;
        b->touched = p;
}

/* --- following --- */

static void on_moved(void *broker, struct replica *r, bool must_checkpoint)
{
        struct broker *b = broker;
        replicas_touch(b, partition_log_owner(r->log));
        if (must_checkpoint && log_dir_checkpoint(b->logs))
                world_log(b->world, WORLD_ERROR, "%s: its marks cannot be written down",
                          partition_log_directory(r->log));
}

static struct replica *find_replica(void *broker, const struct uuid *topic_id, int32_t partition)
{
        enum kerr err;
        struct hosted_partition *p = hosted_find_by_id(broker, topic_id, partition, &err);
        return p ? &p->replica : NULL;
}

static struct fetcher *fetcher_of(struct broker *b, int32_t leader)
{
        const struct config *c = b->config;
        struct leader_link *link;
        HASH_FIND(hh, b->leaders, &leader, sizeof leader, link);
        if (link)
                return link->fetcher;
        link = calloc(1, sizeof *link);
        if (!link)
                abort();
        link->leader = leader;
        link->fetcher = fetcher_new(&(struct fetcher_config){
                .host = &b->replica_host,
                .sender = links_sender(b->links, LANE_REPLICATION),
                .leader = leader,
                .wait_max_ms = config_number(c, CONFIG_REPLICA_FETCH_WAIT_MS),
                .min_bytes = (int32_t)config_number(c, CONFIG_REPLICA_FETCH_MIN_BYTES),
                .partition_max_bytes = (int32_t)config_number(c, CONFIG_REPLICA_FETCH_BYTES),
                .response_max_bytes = (int32_t)config_number(c, CONFIG_REPLICA_RESPONSE_BYTES),
                .backoff_ms = config_number(c, CONFIG_REPLICA_BACKOFF_MS),
                .request_timeout_ms = config_number(c, CONFIG_REPLICA_TIMEOUT_MS),
                .find = find_replica,
                .on_moved = on_moved,
                .context = b,
        });
        HASH_ADD(hh, b->leaders, leader, sizeof link->leader, link);
        return link->fetcher;
}

void replicas_follow(struct broker *b, struct hosted_partition *p)
{
        struct fetcher *fetcher = NULL;
        if (p->replica.role == REPLICA_FOLLOWER)
                fetcher = fetcher_of(b, p->replica.assignment.leader);
        if (p->fetcher == fetcher)
                return;
        if (p->fetcher)
                fetcher_remove(p->fetcher, &p->replica);
        if (fetcher)
                fetcher_add(fetcher, &p->replica, &p->topic->id, p->index);
        p->fetcher = fetcher;
}

void replicas_forget(struct broker *b, struct hosted_partition *p)
{
        if (p->fetcher)
                fetcher_remove(p->fetcher, &p->replica);
        struct hosted_partition **at = &b->touched;
        while (*at && *at != p)
                at = &(*at)->next_touched;
        if (*at)
                *at = p->next_touched;
}

/* --- AlterPartition --- */

/* For struct replica_host. */
static bool may_join(void *broker, int32_t id, int64_t broker_epoch)
{
        const struct image_broker *other = image_broker(&((struct broker *)broker)->image, id);
        return other && (broker_epoch == -1 || other->epoch == broker_epoch) && !other->fenced &&
               !other->in_shutdown;
}

/* The same: a leader's log has grown. */
static void on_append(void *broker, struct replica *r)
{
        replicas_touch(broker, partition_log_owner(r->log));
}

void replicas_init(struct broker *b)
{
        b->next_isr_scan_ms = INT64_MAX;
        b->replica_host = (struct replica_host){
                .world = b->world,
                .id = b->node_id,
                .broker_epoch = -1,
                .lag_time_max_ms = config_number(b->config, CONFIG_REPLICA_LAG_MS),
                .may_join = may_join,
                .on_append = on_append,
                .context = b,
        };
}

/* How many proposals are to be sent; hands each to `each` unless that is NULL. */
static int32_t each_to_send(struct broker *b,
                            void (*each)(void *context, struct hosted_partition *p), void *context)
{
        int32_t count = 0;
        for (struct hosted_topic *topic = b->topics; topic; topic = topic->hh.next) {
                for (int32_t i = 0; i < topic->partition_count; i++) {
                        struct hosted_partition *p = topic->partitions[i];
                        if (!p || !p->replica.log || !isr_must_send(&p->replica))
                                continue;
                        count++;
                        if (each)
                                each(context, p);
                }
        }
        return count;
}

struct alter_writer {
        struct arena arena;
        struct alter_partition_request request;
};

static void *allocate(struct arena *arena, size_t size)
{
        void *memory = arena_alloc(arena, size);
        if (!memory)
                abort();
        return memory;
}

/* One topic entry for each partition: simple, and allowed. */
static void add_proposal(void *context, struct hosted_partition *p)
{
        struct alter_writer *w = context;
        const struct isr_proposal *proposal = &p->replica.proposal;
        struct alter_partition_topic *topic = &w->request.topics.items[w->request.topics.count++];
        topic->topic_id = p->topic->id;
        topic->partitions.count = 1;
        topic->partitions.items = allocate(&w->arena, sizeof *topic->partitions.items);
        struct alter_partition_partition *out = topic->partitions.items;
        *out = (struct alter_partition_partition){.index = p->index,
                                                  .leader_epoch = proposal->leader_epoch,
                                                  .partition_epoch = proposal->partition_epoch};
        out->new_isr.count = proposal->isr.count;
        out->new_isr.items =
                allocate(&w->arena, (size_t)proposal->isr.count * sizeof *out->new_isr.items);
        for (int32_t i = 0; i < proposal->isr.count; i++)
                out->new_isr.items[i] = (struct alter_partition_broker){proposal->isr.ids[i],
                                                                        proposal->broker_epochs[i]};
        isr_sent(&p->replica);
}

static void write_alter_partition(void *broker, struct serde *out)
{
        struct broker *b = broker;
        struct alter_writer w = {
                .request = {.broker_id = b->node_id, .broker_epoch = b->replica_host.broker_epoch}};
        size_t count = (size_t)each_to_send(b, NULL, NULL);
        arena_init(&w.arena, SIZE_MAX);
        w.request.topics.items = allocate(&w.arena, (count + 1) * sizeof *w.request.topics.items);
        each_to_send(b, add_proposal, &w);
        serde_alter_partition_request(out, &w.request);
        arena_deinit(&w.arena);
}

/* What the controller has said about one proposal. */
static void settle_proposal(struct broker *b, const struct uuid *topic_id,
                            const struct alter_partition_partition_response *in)
{
        enum kerr err = KERR_NONE;
        struct replica_set isr;
        struct hosted_partition *p = hosted_find_by_id(b, topic_id, in->index, &err);
        if (!p)
                return;
        if (in->error_code)
                isr_refused(&p->replica, (enum kerr)in->error_code);
        else if (replica_set_from(&isr, in->isr.items, in->isr.count))
                isr_confirmed(&p->replica, in->leader_epoch, in->partition_epoch, &isr);
        replicas_touch(b, p);
}

static void on_altered(void *broker, enum kerr err, struct serde *body)
{
        struct broker *b = broker;
        struct alter_partition_response answer = {0};
        b->altering = false;
        b->must_alter = true; /* those not answered for, or refused in doubt */
        if (!err) {
                serde_alter_partition_response(body, &answer);
                err = body->err ? body->err : (enum kerr)answer.error_code;
        }
        for (int32_t t = 0; !err && t < answer.topics.count; t++) {
                struct alter_partition_topic_response *topic = &answer.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        settle_proposal(b, &topic->topic_id, &topic->partitions.items[i]);
        }
        if (err)
                b->alter_after_ms = b->world->mono_ms(b->world) + RETRY_MS;
}

/* One request at a time. */
static int64_t send_proposals(struct broker *b, int64_t now_ms)
{
        int32_t controller = metadata_controller(b);
        struct rpc_sender *sender = links_sender(b->links, LANE_CONTROLLER);
        /* Without a controller this runs again when the quorum tells of one. */
        if (!b->must_alter || b->altering || controller < 0)
                return INT64_MAX;
        b->must_alter = each_to_send(b, NULL, NULL) > 0;
        if (!b->must_alter)
                return INT64_MAX;
        if (now_ms < b->alter_after_ms)
                return b->alter_after_ms;
        b->altering = true;
        sender->send(sender, &(struct rpc){.node = controller,
                                           .api_key = API_ALTER_PARTITION,
                                           .version = api_find(API_ALTER_PARTITION)->max,
                                           .timeout_ms = config_number(
                                                   b->config, CONFIG_QUORUM_REQUEST_TIMEOUT_MS),
                                           .write = write_alter_partition,
                                           .on_answer = on_altered,
                                           .context = b});
        return INT64_MAX;
}

/* --- all together --- */

static void touch_all(struct broker *b)
{
        for (struct hosted_topic *topic = b->topics; topic; topic = topic->hh.next) {
                for (int32_t i = 0; i < topic->partition_count; i++) {
                        struct hosted_partition *p = topic->partitions[i];
                        if (p && p->replica.role == REPLICA_LEADER)
                                replicas_touch(b, p);
                }
        }
}

static void wake(struct broker *b, struct hosted_partition *p)
{
        const struct replica *r = &p->replica;
        int64_t safe_end = replica_safe_end(r), end = partition_log_end(r->log);
        int64_t low_watermark = replica_low_watermark(r);
        if (r->high_watermark != p->woken_high_watermark && r->role == REPLICA_LEADER)
                b->must_run_again |= topic_is_internal(str_of(p->topic->name));
        if (r->high_watermark != p->woken_high_watermark || safe_end != p->woken_safe_end ||
            low_watermark != p->woken_low_watermark || partition_log_is_offline(r->log))
                purgatory_check(&p->hw_waiters);
        if (end != p->woken_end)
                purgatory_check(&p->end_waiters);
        p->woken_high_watermark = r->high_watermark;
        p->woken_low_watermark = low_watermark;
        p->woken_safe_end = safe_end;
        p->woken_end = end;
}

/* Those whose log, followers or assignment may have changed. */
static void look_at_touched(struct broker *b)
{
        struct hosted_partition *next;
        struct hosted_partition *p = b->touched;
        b->touched = NULL;
        for (; p; p = next) {
                next = p->next_touched;
                p->touched = false;
                isr_propose(&p->replica);
                replica_advance(&p->replica);
                b->next_isr_scan_ms = earlier(b->next_isr_scan_ms, isr_next_ms(&p->replica));
                b->must_alter |= isr_must_send(&p->replica);
                wake(b, p);
                if (p->woken_safe_end < p->woken_end && !partition_log_is_offline(p->replica.log))
                        replicas_touch(b, p); /* its flush is not due yet */
        }
}

int64_t replicas_run(struct broker *b)
{
        int64_t now_ms = b->world->mono_ms(b->world);
        if (now_ms >= b->next_isr_scan_ms) {
                b->next_isr_scan_ms = INT64_MAX;
                touch_all(b);
        }
        look_at_touched(b);
        int64_t next_ms = earlier(b->next_isr_scan_ms, send_proposals(b, now_ms));
        for (struct leader_link *link = b->leaders; link; link = link->hh.next)
                next_ms = earlier(next_ms, fetcher_run(link->fetcher));
        return next_ms;
}

bool replicas_have_failed(const struct broker *b)
{
        for (struct hosted_topic *topic = b->topics; topic; topic = topic->hh.next) {
                for (int32_t i = 0; i < topic->partition_count; i++) {
                        const struct hosted_partition *p = topic->partitions[i];
                        if (p && (!p->replica.log || partition_log_is_offline(p->replica.log)))
                                return true;
                }
        }
        return false;
}

void replicas_free(struct broker *b)
{
        struct leader_link *link, *next;
        HASH_ITER (hh, b->leaders, link, next) {
                HASH_DEL(b->leaders, link);
                fetcher_free(link->fetcher);
                free(link);
        }
}
