#include "client/membership_private.h"

#include <stdlib.h>
#include <string.h>

static int64_t min_ms(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

static int64_t now_of(const struct membership *m)
{
        struct world *world = client_world(m->config.client);
        return world->mono_ms(world);
}

static char *copy_of(struct str s)
{
        char *copy = calloc((size_t)s.size + 1, 1);
        if (!copy)
                abort();
        memcpy(copy, s.data ? s.data : "", (size_t)s.size);
        return copy;
}

void membership_set_id(struct membership *m, struct str id)
{
        char *copy = copy_of(id);
        free(m->member_id);
        m->member_id = copy;
}

void membership_forget_owned(struct membership *m)
{
        arena_deinit(&m->owned_memory);
        m->owned = NULL;
        m->owned_count = 0;
        m->owned_generation = -1;
}

bool membership_is_current(const struct membership *m, int32_t generation)
{
        return generation >= 0 && generation == m->generation &&
               (m->state == PREPARING || m->state == SYNCING || m->state == STABLE);
}

/* --- from state to state --- */

static void forget_calls(struct membership *m)
{
        m->join.forgotten = m->sync.forgotten = true;
}

static void begin_join(struct membership *m)
{
        forget_calls(m);
        m->rejoin_wanted = false;
        m->state = PREPARING;
        m->config.on_prepare(m->config.context, false);
        client_wake(m->config.client);
}

static void join_later(struct membership *m)
{
        m->retry_after_ms = now_of(m) + m->config.retry_backoff_ms;
        begin_join(m);
}

/* The coordinator has given what we had to others. */
static void lose_identity(struct membership *m, enum kerr err)
{
        world_log(client_world(m->config.client), WORLD_WARN, "group %s: no member any more: %s",
                  m->config.coordinator->key, kerr_text(err));
        if (err != KERR_ILLEGAL_GENERATION)
                membership_set_id(m, str_of(""));
        m->generation = -1;
        if (m->config.assignor == ASSIGNOR_COOPERATIVE_STICKY)
                membership_forget_owned(m);
        m->config.on_lost(m->config.context);
}

void membership_refuse(struct membership *m, enum kerr err)
{
        membership_subscribe(m, NULL, 0);
        forget_calls(m);
        m->state = OUT;
        lose_identity(m, err);
        m->config.on_refused(m->config.context, err);
}

void membership_fail(struct membership *m, enum kerr err)
{
        if (m->state == LEAVING)
                return;
        if (coordinator_is_doubtful(err))
                coordinator_doubt(m->config.coordinator);
        if (err == KERR_REBALANCE_IN_PROGRESS && m->state != JOINING) {
                begin_join(m);
        } else if (err == KERR_UNKNOWN_MEMBER_ID || err == KERR_ILLEGAL_GENERATION) {
                lose_identity(m, err);
                join_later(m);
        } else if (error_is_retriable(err) || err == KERR_REBALANCE_IN_PROGRESS) {
                join_later(m);
        } else {
                membership_refuse(m, err);
        }
}

void membership_be_out(struct membership *m)
{
        membership_set_id(m, str_of(""));
        m->generation = -1;
        membership_forget_owned(m);
        m->state = OUT;
}

static void begin_leave(struct membership *m, int64_t now_ms)
{
        forget_calls(m);
        m->state = LEAVING;
        m->leave_deadline_ms = now_ms + m->config.request_timeout_ms;
}

/* KIP-62, Kafka's pollTimeoutExpired(). A program that may hang commits nothing on the way out. */
static void leave_silent_program(struct membership *m, int64_t now_ms)
{
        world_log(client_world(m->config.client), WORLD_WARN,
                  "group %s: the program was silent for max.poll.interval.ms, leaving",
                  m->config.coordinator->key);
        begin_leave(m, now_ms);
        m->heartbeat_after_ms = m->leave_deadline_ms; /* none any more */
        m->config.on_lost(m->config.context);
}

static void leave(struct membership *m, int64_t now_ms, int64_t *next_ms)
{
        /* A static member keeps its place until its session ends: it will be back (KIP-345). */
        bool silently = m->config.group_instance_id || !m->member_id[0];
        bool settled = m->config.is_settled(m->config.context);
        if (now_ms >= m->leave_deadline_ms || (settled && silently)) {
                m->leave.forgotten = true;
                membership_be_out(m);
                return;
        }
        *next_ms = min_ms(*next_ms, m->leave_deadline_ms);
        if (settled && !m->leave.in_flight)
                membership_send_leave(m, next_ms);
}

/* --- for the owner --- */

struct membership *membership_new(const struct membership_config *config)
{
        struct membership *m = calloc(1, sizeof *m);
        if (!m)
                abort();
        m->config = *config;
        m->generation = m->owned_generation = -1;
        arena_init(&m->owned_memory, OWNED_BYTES_MAX);
        membership_set_id(m, str_of(""));
        return m;
}

static void free_topics(struct membership *m)
{
        for (int32_t i = 0; i < m->topic_count; i++)
                free((char *)(uintptr_t)m->topics[i].data);
        free(m->topics);
}

void membership_free(struct membership *m)
{
        free_topics(m);
        membership_plan_free(m->plan);
        arena_deinit(&m->owned_memory);
        free(m->member_id);
        free(m);
}

bool membership_subscribes(const struct membership *m, struct str topic)
{
        for (int32_t i = 0; i < m->topic_count; i++) {
                if (str_equal(m->topics[i], topic))
                        return true;
        }
        return false;
}

void membership_subscribe(struct membership *m, const char *const *topics, int32_t count)
{
        struct str *copies = calloc((size_t)count + 1, sizeof *copies);
        bool changes = count != m->topic_count;
        if (!copies)
                abort();
        for (int32_t i = 0; i < count; i++) {
                struct str name = str_of(topics[i]);
                changes |= !membership_subscribes(m, name);
                copies[i] = (struct str){copy_of(name), name.size};
        }
        free_topics(m);
        m->topics = copies;
        m->topic_count = count;
        m->rejoin_wanted = count > 0 && (changes || m->rejoin_wanted);
        m->polled_ms = now_of(m);
        client_wake(m->config.client);
}

void membership_polled(struct membership *m)
{
        bool has_left = m->state == OUT || m->state == LEAVING;
        m->polled_ms = now_of(m);
        if (!has_left || m->topic_count == 0 || m->rejoin_wanted)
                return;
        m->rejoin_wanted = true;
        client_wake(m->config.client);
}

void membership_take_error(struct membership *m, enum kerr err, int32_t generation)
{
        bool about_us = err == KERR_UNKNOWN_MEMBER_ID || err == KERR_ILLEGAL_GENERATION ||
                        err == KERR_FENCED_INSTANCE_ID;
        if (err == KERR_REBALANCE_IN_PROGRESS && m->state == STABLE)
                about_us = true;
        if (about_us && membership_is_current(m, generation))
                membership_fail(m, err);
}

int64_t membership_run(struct membership *m, int64_t now_ms)
{
        int64_t next_ms = INT64_MAX;
        if (m->topic_count == 0 && m->state != OUT && m->state != LEAVING) {
                begin_leave(m, now_ms);
                m->config.on_prepare(m->config.context, true);
        }
        if (m->state == STABLE && now_ms - m->polled_ms >= m->config.max_poll_interval_ms)
                leave_silent_program(m, now_ms);
        if (m->state == STABLE && m->plan && membership_plan_is_outdated(m->plan))
                m->rejoin_wanted = true;
        if (m->rejoin_wanted && (m->state == OUT || m->state == STABLE))
                begin_join(m);
        if (m->state == PREPARING && m->config.is_settled(m->config.context))
                m->state = JOINING;
        if (m->state == JOINING && now_ms < m->retry_after_ms)
                next_ms = m->retry_after_ms;
        else if (m->state == JOINING && !m->join.in_flight)
                membership_send_join(m, &next_ms);
        if (m->state == SYNCING && !m->sync.in_flight)
                membership_send_sync(m, &next_ms);
        if (m->state == LEAVING)
                leave(m, now_ms, &next_ms);
        membership_send_heartbeat(m, now_ms, &next_ms);
        return next_ms;
}

bool membership_who(const struct membership *m, struct group_metadata *who)
{
        *who = (struct group_metadata){.group_id = m->config.coordinator->key,
                                       .member_id = m->member_id,
                                       .group_instance_id = m->config.group_instance_id,
                                       .generation = m->generation};
        return m->generation >= 0;
}

bool membership_is_out(const struct membership *m)
{
        return m->state == OUT && m->topic_count == 0;
}

bool membership_waits_for_plan(const struct membership *m, int32_t generation)
{
        return m->state == SYNCING && generation == m->generation;
}
