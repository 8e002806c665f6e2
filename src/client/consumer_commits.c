#include "client/consumer_private.h"
#include "wire/offset_commit.h"
#include "wire/offset_fetch.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { OFFSET_FETCH_STABLE = 7 }; /* the version that knows require_stable */

/* One OffsetCommit or OffsetFetch, until it has succeeded, failed for good, or its time is up.
 * Commits go out one after the other, so that a retry never overtakes a later one. */
struct operation {
        struct consumer *consumer;
        bool is_commit, in_flight;
        bool unknown;                    /* an attempt may have been done all the same */
        struct consumer_offset *offsets; /* those of a topic side by side; topics are ours */
        int32_t count;
        char *member_id; /* of a commit: who we were when it was asked for */
        int32_t generation;
        int64_t deadline_ms, retry_after_ms;
        consumer_committed *on_committed;
        consumer_fetched_offsets *on_fetched;
        void *context;
        struct operation *prev, *next;
};

static char *copy_text(const char *text)
{
        char *copy = strdup(text);
        if (!copy)
                abort();
        return copy;
}

/* --- the list --- */

static struct operation *new_operation(struct consumer *c, bool is_commit, int32_t count)
{
        struct operation *o = calloc(1, sizeof *o);
        struct group_metadata who;
        if (!o)
                abort();
        bool is_member = membership_who(c->membership, &who);
        *o = (struct operation){.consumer = c,
                                .is_commit = is_commit,
                                .offsets = calloc((size_t)count + 1, sizeof *o->offsets),
                                .member_id = copy_text(is_member ? who.member_id : ""),
                                .generation = who.generation,
                                .deadline_ms = consumer_now(c) + c->config.request_timeout_ms};
        if (!o->offsets)
                abort();
        DL_APPEND(c->operations, o);
        client_wake(c->client);
        return o;
}

/* Behind the others of its topic: the messages list partitions by topic. */
static void add_offset(struct operation *o, struct consumer_offset offset)
{
        int32_t at = o->count;
        for (int32_t i = 0; i < o->count; i++) {
                if (strcmp(o->offsets[i].topic, offset.topic) == 0)
                        at = i + 1;
        }
        memmove(o->offsets + at + 1, o->offsets + at, (size_t)(o->count - at) * sizeof *o->offsets);
        o->offsets[at] = offset;
        o->offsets[at].topic = copy_text(offset.topic);
        o->count++;
}

static void free_operation(struct operation *o)
{
        for (int32_t i = 0; i < o->count; i++)
                free((char *)(uintptr_t)o->offsets[i].topic);
        free(o->offsets);
        free(o->member_id);
        free(o);
}

void consumer_free_operations(struct consumer *c)
{
        struct operation *o, *next;
        DL_FOREACH_SAFE (c->operations, o, next)
                free_operation(o);
}

bool consumer_is_committing(const struct consumer *c)
{
        const struct operation *o;
        DL_FOREACH (c->operations, o) {
                if (o->is_commit)
                        return true;
        }
        return false;
}

static void note_committed(struct consumer *c, const struct operation *o)
{
        for (int32_t i = 0; i < o->count; i++) {
                for (int32_t k = 0; k < c->partition_count; k++) {
                        struct partition *p = c->partitions[k];
                        if (p->index == o->offsets[i].partition &&
                            strcmp(p->topic, o->offsets[i].topic) == 0)
                                p->committed = o->offsets[i].offset;
                }
        }
}

static void end_operation(struct operation *o, enum kerr err)
{
        struct consumer *c = o->consumer;
        enum kerr told = err && o->unknown ? KERR_CONNECTION_FAILED : err;
        DL_DELETE(c->operations, o);
        client_wake(c->client);
        if (o->is_commit && !err)
                note_committed(c, o);
        if (o->on_committed)
                o->on_committed(o->context, told);
        if (o->on_fetched)
                o->on_fetched(o->context, err, o->offsets, o->count);
        if (o->is_commit)
                membership_take_error(c->membership, err, o->generation);
        free_operation(o);
}

/* --- one attempt --- */

static void take_result(struct operation *o, enum kerr err, bool sent)
{
        struct consumer *c = o->consumer;
        o->in_flight = false;
        if (!error_is_retriable(err) && err != KERR_UNSTABLE_OFFSET_COMMIT) {
                end_operation(o, err);
                return;
        }
        if (coordinator_is_doubtful(err))
                coordinator_doubt(&c->coordinator);
        o->unknown |= o->is_commit && sent && err != KERR_COORDINATOR_LOAD_IN_PROGRESS;
        o->retry_after_ms = consumer_now(c) + c->config.retry_backoff_ms;
        client_wake(c->client);
}

static void write_commit(struct serde *s, void *context)
{
        const struct operation *o = context;
        size_t count = (size_t)o->count;
        struct offset_commit_topic *topics = calloc(count + 1, sizeof *topics);
        struct offset_commit_partition *partitions = calloc(count + 1, sizeof *partitions);
        if (!topics || !partitions)
                abort();
        struct offset_commit_request m = {
                .group_id = str_of(o->consumer->group_id),
                .generation_id = o->generation,
                .member_id = str_of(o->member_id),
                .group_instance_id =
                        str_of(o->generation < 0 ? NULL : o->consumer->group_instance_id),
                .retention_time_ms = -1};
        m.topics.items = topics;
        for (size_t i = 0; i < count; i++) {
                const struct consumer_offset *offset = &o->offsets[i];
                partitions[i] = (struct offset_commit_partition){.index = offset->partition,
                                                                 .committed_offset = offset->offset,
                                                                 .committed_leader_epoch =
                                                                         offset->leader_epoch,
                                                                 .commit_timestamp_ms = -1,
                                                                 .committed_metadata = str_of("")};
                if (i == 0 || strcmp(offset->topic, o->offsets[i - 1].topic) != 0) {
                        topics[m.topics.count].name = str_of(offset->topic);
                        topics[m.topics.count++].partitions.items = &partitions[i];
                }
                topics[m.topics.count - 1].partitions.count++;
        }
        serde_offset_commit_request(s, &m);
        free(topics);
        free(partitions);
}

/* One that stays says more than one that passes. */
static void worse(enum kerr *err, int16_t error_code)
{
        if (error_code && (!*err || error_is_retriable(*err)))
                *err = (enum kerr)error_code;
}

static void on_commit_answer(void *context, const struct client_response *response)
{
        struct offset_commit_response m = {0};
        enum kerr err = response->err;
        if (!err) {
                serde_offset_commit_response(response->body, &m);
                err = response->body->err;
        }
        for (int32_t t = 0; t < m.topics.count; t++) {
                for (int32_t i = 0; i < m.topics.items[t].partitions.count; i++)
                        worse(&err, m.topics.items[t].partitions.items[i].error_code);
        }
        take_result(context, err, response->sent);
}

static void write_fetch(struct serde *s, void *context)
{
        const struct operation *o = context;
        size_t count = (size_t)o->count;
        struct offset_fetch_topic *topics = calloc(count + 1, sizeof *topics);
        int32_t *partitions = calloc(count + 1, sizeof *partitions);
        if (!topics || !partitions)
                abort();
        struct offset_fetch_group group = {.group_id = str_of(o->consumer->group_id),
                                           .member_id = STR_NULL,
                                           .member_epoch = -1};
        group.topics.items = topics;
        for (size_t i = 0; i < count; i++) {
                partitions[i] = o->offsets[i].partition;
                if (i == 0 || strcmp(o->offsets[i].topic, o->offsets[i - 1].topic) != 0) {
                        topics[group.topics.count].name = str_of(o->offsets[i].topic);
                        topics[group.topics.count++].partitions.items = &partitions[i];
                }
                topics[group.topics.count - 1].partitions.count++;
        }
        struct offset_fetch_request m = {.groups = {&group, 1}, .require_stable = true};
        serde_offset_fetch_request(s, &m);
        free(topics);
        free(partitions);
}

static struct consumer_offset *find_offset(struct operation *o, struct str topic, int32_t partition)
{
        for (int32_t i = 0; i < o->count; i++) {
                if (o->offsets[i].partition == partition && str_equal_c(topic, o->offsets[i].topic))
                        return &o->offsets[i];
        }
        return NULL;
}

static void take_fetched_topic(struct operation *o, const struct offset_fetch_topic_response *topic,
                               enum kerr *err)
{
        for (int32_t i = 0; i < topic->partitions.count; i++) {
                const struct offset_fetch_partition_response *p = &topic->partitions.items[i];
                struct consumer_offset *into = find_offset(o, topic->name, p->index);
                worse(err, p->error_code);
                if (!into)
                        continue;
                into->offset = p->committed_offset;
                into->leader_epoch = p->committed_leader_epoch;
        }
}

static void on_fetch_answer(void *context, const struct client_response *response)
{
        struct operation *o = context;
        struct offset_fetch_response m = {0};
        enum kerr err = response->err;
        if (!err) {
                serde_offset_fetch_response(response->body, &m);
                err = response->body->err;
        }
        for (int32_t g = 0; !err && g < m.groups.count; g++) {
                const struct offset_fetch_group_response *group = &m.groups.items[g];
                worse(&err, group->error_code);
                for (int32_t t = 0; t < group->topics.count; t++)
                        take_fetched_topic(o, &group->topics.items[t], &err);
        }
        take_result(o, err, response->sent);
}

static int64_t try_operation(struct operation *o, int64_t now_ms)
{
        struct consumer *c = o->consumer;
        struct client_request request = {
                .owner = &c->service,
                .api_key = o->is_commit ? API_OFFSET_COMMIT : API_OFFSET_FETCH,
                .version_min = o->is_commit ? 0 : OFFSET_FETCH_STABLE,
                .timeout_ms = o->deadline_ms - now_ms,
                .write = o->is_commit ? write_commit : write_fetch,
                .on_response = o->is_commit ? on_commit_answer : on_fetch_answer,
                .context = o};
        if (now_ms >= o->deadline_ms) {
                o->unknown = false;
                end_operation(o, KERR_TIMED_OUT_LOCALLY);
                return INT64_MAX;
        }
        if (now_ms < o->retry_after_ms)
                return o->retry_after_ms < o->deadline_ms ? o->retry_after_ms : o->deadline_ms;
        /* Without a generation the coordinator would take it for a tool that sets offsets, and an
         * empty group would obey: a member that was replaced says nothing (Kafka's
         * CommitFailedException). */
        if (o->is_commit && o->generation < 0 && !membership_is_out(c->membership)) {
                end_operation(o, KERR_UNKNOWN_MEMBER_ID);
                return INT64_MAX;
        }
        if (o->is_commit && membership_waits_for_plan(c->membership, o->generation))
                return o->deadline_ms;
        enum kerr err = coordinator_node(&c->coordinator, &request.node);
        if (err && !error_is_retriable(err)) {
                end_operation(o, err);
                return INT64_MAX;
        }
        if (err) {
                int64_t due_ms = coordinator_due_ms(&c->coordinator);
                return due_ms < o->deadline_ms ? due_ms : o->deadline_ms;
        }
        request.node |= NODE_COORDINATOR;
        o->in_flight = true;
        client_send(c->client, &request);
        return INT64_MAX;
}

/* --- auto-commit --- */

/* Adds the positions that are known; `only_new`: and not committed. */
static int32_t count_positions(const struct consumer *c, bool only_new, struct operation *o)
{
        int32_t count = 0;
        for (int32_t i = 0; i < c->partition_count; i++) {
                const struct partition *p = c->partitions[i];
                int64_t offset = p->position.offset;
                if (!consumer_owns(c, p) || offset < 0 || (only_new && offset == p->committed))
                        continue;
                count++;
                if (o)
                        add_offset(o, (struct consumer_offset){p->topic, p->index, offset,
                                                               p->position.leader_epoch});
        }
        return count;
}

static void on_auto_committed(void *context, enum kerr err)
{
        struct consumer *c = context;
        c->auto_committing = false;
        if (err)
                world_log(c->world, WORLD_WARN, "group %s: auto-commit failed: %s", c->group_id,
                          kerr_text(err));
}

void consumer_auto_commit(struct consumer *c)
{
        int32_t count = c->config.enable_auto_commit ? count_positions(c, true, NULL) : 0;
        if (count == 0)
                return;
        struct operation *o = new_operation(c, true, count);
        count_positions(c, true, o);
        o->on_committed = on_auto_committed;
        o->context = c;
        c->auto_committing = true;
}

/* --- for others --- */

int64_t consumer_run_commits(struct consumer *c, int64_t now_ms)
{
        int64_t next_ms = INT64_MAX;
        bool commit_waits = false;
        struct operation *o, *next;
        if (c->config.enable_auto_commit && now_ms >= c->auto_commit_due_ms) {
                c->auto_commit_due_ms = now_ms + c->config.auto_commit_interval_ms;
                if (!c->auto_committing)
                        consumer_auto_commit(c);
        }
        if (c->config.enable_auto_commit && c->partition_count > 0)
                next_ms = c->auto_commit_due_ms;
        DL_FOREACH_SAFE (c->operations, o, next) {
                bool must_wait = o->is_commit && commit_waits;
                commit_waits |= o->is_commit;
                if (o->in_flight || must_wait)
                        continue;
                int64_t due_ms = try_operation(o, now_ms);
                next_ms = due_ms < next_ms ? due_ms : next_ms;
        }
        return next_ms;
}

enum kerr consumer_commit(struct consumer *c, const struct consumer_offset *offsets, int32_t count,
                          consumer_committed *on_done, void *context)
{
        if (!c->group_id)
                return KERR_INVALID_GROUP_ID;
        int32_t all = offsets ? count : count_positions(c, false, NULL);
        struct operation *o = new_operation(c, true, all);
        for (int32_t i = 0; offsets && i < count; i++)
                add_offset(o, offsets[i]);
        if (!offsets)
                count_positions(c, false, o);
        o->on_committed = on_done;
        o->context = context;
        return KERR_NONE;
}

enum kerr consumer_fetch_offsets(struct consumer *c, const struct consumer_partition *partitions,
                                 int32_t count, consumer_fetched_offsets *on_done, void *context)
{
        if (!c->group_id)
                return KERR_INVALID_GROUP_ID;
        struct operation *o = new_operation(c, false, count);
        for (int32_t i = 0; i < count; i++)
                add_offset(o, (struct consumer_offset){partitions[i].topic, partitions[i].partition,
                                                       -1, -1});
        o->on_fetched = on_done;
        o->context = context;
        return KERR_NONE;
}
