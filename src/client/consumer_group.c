#include "client/consumer_private.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static char *copy_text(const char *text)
{
        char *copy = strdup(text);
        if (!copy)
                abort();
        return copy;
}

/* --- partitions come and go --- */

typedef bool keeps_partition(const struct consumer *c, const struct partition *p,
                             const void *context);

/* Gives up the partitions that `keeps` does not want to keep (NULL: all). Returns how many. */
static int32_t revoke(struct consumer *c, keeps_partition *keeps, const void *context,
                      enum revocation how)
{
        size_t count = (size_t)c->partition_count;
        struct partition **going = calloc(count + 1, sizeof *going);
        struct consumer_partition *list = calloc(count + 1, sizeof *list);
        int32_t gone = 0;
        if (!going || !list)
                abort();
        for (size_t i = 0; i < count; i++) {
                struct partition *p = c->partitions[i];
                if (p->revoked || (keeps && keeps(c, p, context)))
                        continue;
                list[gone] = (struct consumer_partition){p->topic, p->index};
                going[gone++] = p;
        }
        if (gone > 0 && how == REVOKED)
                consumer_auto_commit(c);
        if (gone > 0 && c->config.on_revoked)
                c->config.on_revoked(c->config.context, list, gone, how);
        for (int32_t i = 0; i < gone; i++) {
                going[i]->revoked = true;
                if (!consumer_owns(c, going[i]))
                        going[i]->moves++;
        }
        free(going);
        free(list);
        return gone;
}

/* --- what membership.c decides --- */

static bool is_subscribed(const struct consumer *c, const struct partition *p, const void *context)
{
        (void)context;
        return membership_subscribes(c->membership, str_of(p->topic));
}

static void on_prepare(void *context, bool leaving)
{
        struct consumer *c = context;
        bool keeps = c->config.assignor == ASSIGNOR_COOPERATIVE_STICKY && !leaving;
        revoke(c, keeps ? is_subscribed : NULL, NULL, REVOKED);
}

static bool is_settled(void *context)
{
        return !consumer_is_committing(context);
}

struct assignment {
        const struct assigned_partition *partitions;
        int32_t count;
};

static bool is_assigned(const struct consumer *c, const struct partition *p, const void *context)
{
        const struct assignment *a = context;
        (void)c;
        for (int32_t i = 0; i < a->count; i++) {
                if (a->partitions[i].partition == p->index &&
                    str_equal_c(a->partitions[i].topic, p->topic))
                        return true;
        }
        return false;
}

static bool on_assignment(void *context, const struct assigned_partition *partitions, int32_t count)
{
        struct consumer *c = context;
        struct assignment assignment = {partitions, count};
        struct consumer_partition *added = calloc((size_t)count + 1, sizeof *added);
        int32_t added_count = 0;
        if (!added)
                abort();
        bool gave_up = revoke(c, is_assigned, &assignment, REVOKED) > 0;
        for (int32_t i = 0; i < count; i++) {
                const struct assigned_partition *a = &partitions[i];
                if (consumer_find(c, a->topic, a->partition))
                        continue;
                const struct partition *p = consumer_add(c, a->topic, a->partition);
                added[added_count++] = (struct consumer_partition){p->topic, p->index};
        }
        if (c->config.on_assigned)
                c->config.on_assigned(c->config.context, added, added_count);
        free(added);
        return gave_up;
}

static void on_lost(void *context)
{
        revoke(context, NULL, NULL, LOST);
}

static void on_refused(void *context, enum kerr err)
{
        struct consumer *c = context;
        if (c->config.on_group_error)
                c->config.on_group_error(c->config.context, err);
}

/* --- where to begin --- */

static void place(struct consumer *c, struct partition *p, const struct consumer_offset *offset)
{
        if (offset->offset >= 0) {
                consumer_move(c, p, (struct start){START_OFFSET, offset->offset});
                p->position.leader_epoch = offset->leader_epoch;
                p->committed = offset->offset;
        } else if (!consumer_move_to_reset(c, p)) {
                consumer_stop(c, p, -1, KERR_OFFSET_OUT_OF_RANGE);
        }
}

static void on_offsets(void *context, enum kerr err, const struct consumer_offset *offsets,
                       int32_t count)
{
        struct question *q = context;
        for (int32_t i = 0; i < count; i++) {
                struct partition *p = consumer_answered(&q->items[i]);
                if (!p)
                        continue;
                if (!err)
                        place(q->consumer, p, &offsets[i]);
                else if (!error_is_retriable(err))
                        consumer_stop(q->consumer, p, -1, err);
        }
        consumer_end_question(q);
}

/* Asks for the committed offsets of what is newly assigned. */
static void ask_for_offsets(struct consumer *c)
{
        struct question *q = NULL;
        for (int32_t i = 0; i < c->partition_count; i++) {
                struct partition *p = c->partitions[i];
                if (p->state != UNPLACED || p->asked || p->revoked)
                        continue;
                if (!q)
                        q = consumer_question(c, API_OFFSET_FETCH, -1);
                consumer_put(q, p, -1);
        }
        if (!q)
                return;
        q->filling = false;
        struct consumer_partition *list = calloc((size_t)q->count, sizeof *list);
        if (!list)
                abort();
        for (int32_t i = 0; i < q->count; i++)
                list[i] = (struct consumer_partition){q->items[i].partition->topic,
                                                      q->items[i].partition->index};
        consumer_fetch_offsets(c, list, q->count, on_offsets, q);
        free(list);
}

/* --- life --- */

void consumer_open_group(struct consumer *c)
{
        const struct consumer_config *config = &c->config;
        c->group_id = copy_text(config->group_id);
        if (config->group_instance_id)
                c->group_instance_id = copy_text(config->group_instance_id);
        coordinator_finder_init(&c->coordinator, c->client, &c->service, COORDINATOR_GROUP,
                                c->group_id, config->request_timeout_ms, config->retry_backoff_ms);
        c->membership = membership_new(
                &(struct membership_config){.client = c->client,
                                            .owner = &c->service,
                                            .coordinator = &c->coordinator,
                                            .group_instance_id = c->group_instance_id,
                                            .assignor = config->assignor,
                                            .session_timeout_ms = config->session_timeout_ms,
                                            .heartbeat_interval_ms = config->heartbeat_interval_ms,
                                            .max_poll_interval_ms = config->max_poll_interval_ms,
                                            .request_timeout_ms = config->request_timeout_ms,
                                            .retry_backoff_ms = config->retry_backoff_ms,
                                            .context = c,
                                            .on_prepare = on_prepare,
                                            .is_settled = is_settled,
                                            .on_assignment = on_assignment,
                                            .on_lost = on_lost,
                                            .on_refused = on_refused});
        c->auto_commit_due_ms = consumer_now(c) + config->auto_commit_interval_ms;
}

void consumer_close_group(struct consumer *c)
{
        consumer_free_operations(c);
        membership_free(c->membership);
        coordinator_finder_deinit(&c->coordinator);
        free(c->group_id);
        free(c->group_instance_id);
}

/* A simple consumer has nobody to tell, but may have something to commit. */
static void run_leave(struct consumer *c, int64_t now_ms, int64_t *next_ms)
{
        bool is_out = membership_is_out(c->membership) && !c->operations;
        if (is_out || now_ms >= c->leave_deadline_ms) {
                c->leaving = false;
                c->has_left = true;
        } else if (c->leave_deadline_ms < *next_ms) {
                *next_ms = c->leave_deadline_ms;
        }
}

int64_t consumer_run_group(struct consumer *c, int64_t now_ms)
{
        int64_t next_ms = membership_run(c->membership, now_ms);
        ask_for_offsets(c);
        int64_t commits_ms = consumer_run_commits(c, now_ms);
        next_ms = commits_ms < next_ms ? commits_ms : next_ms;
        if (c->leaving)
                run_leave(c, now_ms, &next_ms);
        return next_ms;
}

/* --- for callers --- */

enum kerr consumer_subscribe(struct consumer *c, const char *const *topics, int32_t count)
{
        if (!c->group_id)
                return KERR_INVALID_GROUP_ID;
        if (count == 0) {
                consumer_leave(c);
                return KERR_NONE;
        }
        c->leaving = c->has_left = false;
        membership_subscribe(c->membership, topics, count);
        return KERR_NONE;
}

void consumer_polled(struct consumer *c)
{
        if (c->group_id)
                membership_polled(c->membership);
}

bool consumer_group_metadata(const struct consumer *c, struct group_metadata *metadata)
{
        return c->membership && membership_who(c->membership, metadata);
}

void consumer_leave(struct consumer *c)
{
        if (!c->group_id || c->leaving)
                return;
        if (membership_is_out(c->membership))
                consumer_auto_commit(c); /* else the revocation does */
        c->leaving = true;
        c->has_left = false;
        c->leave_deadline_ms = consumer_now(c) + c->config.request_timeout_ms;
        membership_subscribe(c->membership, NULL, 0);
}

bool consumer_has_left(const struct consumer *c)
{
        return c->has_left;
}
