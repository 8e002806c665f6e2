#include "client/consumer_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* --- partitions --- */

struct partition *consumer_find(const struct consumer *c, struct str topic, int32_t index)
{
        for (int32_t i = 0; i < c->partition_count; i++) {
                struct partition *p = c->partitions[i];
                if (!p->revoked && p->index == index && str_equal_c(topic, p->topic))
                        return p;
        }
        return NULL;
}

struct partition *consumer_add(struct consumer *c, struct str topic, int32_t index)
{
        struct partition *p = calloc(1, sizeof *p);
        size_t count = (size_t)c->partition_count + 1;
        c->partitions = realloc(c->partitions, count * sizeof *c->partitions);
        if (!p || !c->partitions)
                abort();
        *p = (struct partition){.topic = strndup(topic.data, (size_t)topic.size),
                                .index = index,
                                .high_watermark = -1,
                                .log_start = -1,
                                .position = {-1, -1},
                                .validated_epoch = -1,
                                .committed = -1,
                                .end_told = -1};
        if (!p->topic)
                abort();
        c->partitions[c->partition_count++] = p;
        return p;
}

static void free_partition(struct partition *p)
{
        free(p->topic);
        free(p);
}

void consumer_move(struct consumer *c, struct partition *p, struct start start)
{
        p->moves++;
        p->start = start;
        p->state = start.kind == START_OFFSET ? FETCHING : RESETTING;
        p->position.offset = start.kind == START_OFFSET ? start.value : -1;
        p->position.leader_epoch = p->validated_epoch = -1;
        p->end_told = -1;
        p->retry_after_ms = 0;
        p->err = KERR_NONE;
        client_wake(c->client);
}

void consumer_stop(struct consumer *c, struct partition *p, int64_t offset, enum kerr err)
{
        p->state = STOPPED;
        p->err = err;
        if (c->config.on_error)
                c->config.on_error(c->config.context, p->topic, p->index, offset, err);
}

bool consumer_move_to_reset(struct consumer *c, struct partition *p)
{
        bool earliest = c->config.auto_offset_reset == OFFSET_RESET_EARLIEST;
        if (c->config.auto_offset_reset == OFFSET_RESET_NONE)
                return false;
        consumer_move(c, p, (struct start){.kind = earliest ? START_EARLIEST : START_LATEST});
        return true;
}

/* Never in silence, whatever follows. */
void consumer_reset(struct consumer *c, struct partition *p)
{
        int64_t offset = p->position.offset;
        if (!consumer_move_to_reset(c, p)) {
                consumer_stop(c, p, offset, KERR_OFFSET_OUT_OF_RANGE);
                return;
        }
        world_log(c->world, WORLD_WARN, "%s-%d: offset %lld is out of range, going on at the %s",
                  p->topic, p->index, (long long)offset,
                  p->start.kind == START_EARLIEST ? "start" : "end");
        if (c->config.on_error)
                c->config.on_error(c->config.context, p->topic, p->index, offset,
                                   KERR_OFFSET_OUT_OF_RANGE);
}

void consumer_note_retry(struct consumer *c, struct partition *p, enum kerr err)
{
        if (err != p->err)
                world_log(c->world, WORLD_WARN, "%s-%d: %s, trying again", p->topic, p->index,
                          kerr_text(err));
        p->err = err;
}

void consumer_take_error(struct consumer *c, struct partition *p, enum kerr err)
{
        if (err == KERR_OFFSET_OUT_OF_RANGE) {
                consumer_reset(c, p);
        } else if (err == KERR_CORRUPT_MESSAGE || !error_is_retriable(err)) {
                /* A log that is corrupt at the broker stays so. */
                consumer_stop(c, p, p->position.offset, err);
        } else {
                consumer_note_retry(c, p, err);
                p->retry_after_ms = consumer_now(c) + c->config.retry_backoff_ms;
                client_doubt_leader(c->client, p->topic, p->index);
        }
}

bool consumer_owns(const struct consumer *c, const struct partition *p)
{
        /* KAFKA-7096: what was fetched before a revocation must not be used after it. */
        if (zoo_has(c->world->zoo, ZOO_BUFFERED_AFTER_REVOKE))
                return true;
        return !p->revoked;
}

void consumer_drop_revoked(struct consumer *c)
{
        int32_t kept = 0;
        for (int32_t i = 0; i < c->partition_count; i++) {
                struct partition *p = c->partitions[i];
                bool is_done = !consumer_owns(c, p) || p->committed == p->position.offset;
                if (p->revoked && !p->asked && is_done)
                        free_partition(p);
                else
                        c->partitions[kept++] = p;
        }
        c->partition_count = kept;
}

/* --- life --- */

static int64_t run(struct service *service, int64_t now_ms)
{
        struct consumer *c = (struct consumer *)service;
        int64_t group_ms = c->group_id ? consumer_run_group(c, now_ms) : INT64_MAX;
        int64_t fetch_ms = consumer_run_fetches(c, now_ms);
        return group_ms < fetch_ms ? group_ms : fetch_ms;
}

struct consumer_config consumer_config_default(void)
{
        return (struct consumer_config){.fetch_min_bytes = 1,
                                        .fetch_max_wait_ms = 500,
                                        .fetch_max_bytes = 50 << 20,
                                        .max_partition_fetch_bytes = 1 << 20,
                                        .isolation_level = READ_UNCOMMITTED,
                                        .check_crcs = true,
                                        .auto_offset_reset = OFFSET_RESET_LATEST,
                                        .request_timeout_ms = 30000,
                                        .retry_backoff_ms = 100,
                                        .assignor = ASSIGNOR_RANGE,
                                        .session_timeout_ms = 45000,
                                        .heartbeat_interval_ms = 3000,
                                        .max_poll_interval_ms = 300000,
                                        .enable_auto_commit = true,
                                        .auto_commit_interval_ms = 5000};
}

struct consumer *consumer_open(struct client *client, const struct consumer_config *config)
{
        assert(config->on_record);
        struct consumer *c = calloc(1, sizeof *c);
        if (!c)
                abort();
        c->service.run = run;
        c->client = client;
        c->world = client_world(client);
        c->config = *config;
        c->has_left = true;
        if (config->group_id)
                consumer_open_group(c);
        client_attach(client, &c->service);
        return c;
}

void consumer_close(struct consumer *c)
{
        client_detach(c->client, &c->service);
        struct question *q, *next;
        DL_FOREACH_SAFE (c->questions, q, next)
                consumer_end_question(q);
        for (int32_t i = 0; i < c->partition_count; i++)
                free_partition(c->partitions[i]);
        if (c->group_id)
                consumer_close_group(c);
        free(c->partitions);
        free(c);
}

/* --- for callers --- */

void consumer_assign(struct consumer *c, const char *topic, int32_t partition, struct start start)
{
        struct partition *p = consumer_find(c, str_of(topic), partition);
        if (!p)
                p = consumer_add(c, str_of(topic), partition);
        p->paused = false;
        consumer_move(c, p, start);
}

enum kerr consumer_seek(struct consumer *c, const char *topic, int32_t partition,
                        struct start start)
{
        struct partition *p = consumer_find(c, str_of(topic), partition);
        if (!p)
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        consumer_move(c, p, start);
        return KERR_NONE;
}

enum kerr consumer_pause(struct consumer *c, const char *topic, int32_t partition)
{
        struct partition *p = consumer_find(c, str_of(topic), partition);
        if (!p)
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        p->paused = true;
        p->moves++;
        return KERR_NONE;
}

enum kerr consumer_resume(struct consumer *c, const char *topic, int32_t partition)
{
        struct partition *p = consumer_find(c, str_of(topic), partition);
        if (!p)
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        p->paused = false;
        client_wake(c->client);
        return KERR_NONE;
}

enum kerr consumer_position(const struct consumer *c, const char *topic, int32_t partition,
                            struct consumer_position *position)
{
        const struct partition *p = consumer_find(c, str_of(topic), partition);
        if (!p)
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        *position = (struct consumer_position){p->position.offset, p->high_watermark, p->log_start};
        return KERR_NONE;
}
