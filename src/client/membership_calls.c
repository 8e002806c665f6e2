#include "client/membership_private.h"

#include "wire/heartbeat.h"
#include "wire/leave_group.h"

#include <stdlib.h>

enum { JOIN_LAPSE_MS = 5000 }; /* how much longer than the rebalance a JoinGroup may take */

static int64_t min_ms(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

static struct world *world_of(const struct membership *m)
{
        return client_world(m->config.client);
}

static int64_t now_of(const struct membership *m)
{
        return world_of(m)->mono_ms(world_of(m));
}

/* --- requests --- */

static bool send_call(struct membership *m, struct call *call, struct client_request request,
                      int64_t *next_ms)
{
        enum kerr err = coordinator_node(m->config.coordinator, &request.node);
        if (err && !error_is_retriable(err))
                membership_refuse(m, err);
        *next_ms = min_ms(*next_ms, coordinator_due_ms(m->config.coordinator));
        if (err)
                return false;
        request.node |= NODE_COORDINATOR;
        *call = (struct call){.in_flight = true, .generation = m->generation};
        request.owner = m->config.owner;
        request.context = m;
        client_send(m->config.client, &request);
        return true;
}

/* Ends a call; false when its answer is of no interest. */
static bool end_call(struct membership *m, struct call *call)
{
        call->in_flight = false;
        client_wake(m->config.client);
        return !call->forgotten;
}

static struct str instance_id(const struct membership *m)
{
        return str_of(m->config.group_instance_id);
}

static int16_t version_min(const struct membership *m, int16_t of_static_members)
{
        return m->config.group_instance_id ? of_static_members : 0;
}

/* --- JoinGroup --- */

static void write_join(struct serde *s, void *context)
{
        struct membership *m = context;
        struct arena arena;
        arena_init(&arena, OWNED_BYTES_MAX);
        struct assigned_partition *owned =
                arena_alloc(&arena, ((size_t)m->owned_count + 1) * sizeof *owned);
        struct subscription subscription = {.assignor = m->config.assignor,
                                            .topics = m->topics,
                                            .topic_count = m->topic_count,
                                            .owned = owned,
                                            .generation = m->owned_generation};
        if (!owned)
                abort();
        for (int32_t i = 0; i < m->owned_count; i++) {
                if (membership_subscribes(m, m->owned[i].topic))
                        owned[subscription.owned_count++] = m->owned[i];
        }
        struct join_group_protocol protocol = {
                str_of(assignor_name(m->config.assignor)),
                subscription_write(&subscription, world_of(m), &arena)};
        struct join_group_request request = {.group_id = str_of(m->config.coordinator->key),
                                             .session_timeout_ms = m->config.session_timeout_ms,
                                             .rebalance_timeout_ms = m->config.max_poll_interval_ms,
                                             .member_id = str_of(m->member_id),
                                             .group_instance_id = instance_id(m),
                                             .protocol_type = str_of("consumer"),
                                             .protocols = {&protocol, 1},
                                             .reason = STR_NULL};
        serde_join_group_request(s, &request);
        arena_deinit(&arena);
        m->rejoin_wanted = false;
}

static void take_joined(struct membership *m, const struct join_group_response *joined)
{
        membership_set_id(m, joined->member_id);
        m->generation = joined->generation_id;
        m->heartbeat_after_ms = now_of(m) + m->config.heartbeat_interval_ms;
        membership_plan_free(m->plan);
        m->plan = NULL;
        m->assignments = NULL;
        m->assignment_count = 0;
        if (str_equal(joined->leader, joined->member_id))
                m->plan = membership_plan_new(m->config.assignor, m->config.client, joined);
        m->state = SYNCING;
}

static void on_joined(void *context, const struct client_response *response)
{
        struct membership *m = context;
        struct join_group_response joined = {0};
        enum kerr err = response->err;
        if (!end_call(m, &m->join))
                return;
        if (!err) {
                serde_join_group_response(response->body, &joined);
                err = response->body->err ? response->body->err : (enum kerr)joined.error_code;
        }
        if (err == KERR_MEMBER_ID_REQUIRED)
                membership_set_id(m, joined.member_id);
        else if (err)
                membership_fail(m, err);
        else
                take_joined(m, &joined);
}

void membership_send_join(struct membership *m, int64_t *next_ms)
{
        int64_t longest = (int64_t)m->config.max_poll_interval_ms + JOIN_LAPSE_MS;
        send_call(m, &m->join,
                  (struct client_request){.api_key = API_JOIN_GROUP,
                                          .version_min = version_min(m, 5),
                                          .timeout_ms = longest < m->config.request_timeout_ms
                                                                ? m->config.request_timeout_ms
                                                                : longest,
                                          .write = write_join,
                                          .on_response = on_joined},
                  next_ms);
}

/* --- SyncGroup --- */

static void write_sync(struct serde *s, void *context)
{
        struct membership *m = context;
        struct sync_group_request request = {.group_id = str_of(m->config.coordinator->key),
                                             .generation_id = m->sync.generation,
                                             .member_id = str_of(m->member_id),
                                             .group_instance_id = instance_id(m),
                                             .protocol_type = str_of("consumer"),
                                             .protocol_name =
                                                     str_of(assignor_name(m->config.assignor)),
                                             .assignments = {m->assignments, m->assignment_count}};
        serde_sync_group_request(s, &request);
}

/* The group may not have heard yet that we subscribe to something else. */
static void drop_unsubscribed(struct membership *m)
{
        int32_t kept = 0;
        for (int32_t i = 0; i < m->owned_count; i++) {
                if (membership_subscribes(m, m->owned[i].topic))
                        m->owned[kept++] = m->owned[i];
        }
        m->owned_count = kept;
}

static void take_synced(struct membership *m, struct span assignment)
{
        struct member_assignment ours;
        membership_forget_owned(m);
        enum kerr err = assignment_read(assignment, &m->owned_memory, &ours);
        if (err) {
                membership_refuse(m, err);
                return;
        }
        m->owned = ours.partitions;
        m->owned_count = ours.count;
        m->owned_generation = m->generation;
        m->state = STABLE;
        drop_unsubscribed(m);
        bool gave_up = m->config.on_assignment(m->config.context, m->owned, m->owned_count);
        /* What our life before had to give up is free since then: let the group know. */
        m->rejoin_wanted |= gave_up || ours.gives_up;
}

static void on_synced(void *context, const struct client_response *response)
{
        struct membership *m = context;
        struct sync_group_response synced = {0};
        enum kerr err = response->err;
        if (!end_call(m, &m->sync))
                return;
        if (!err) {
                serde_sync_group_response(response->body, &synced);
                err = response->body->err ? response->body->err : (enum kerr)synced.error_code;
        }
        if (err)
                membership_fail(m, err);
        else
                take_synced(m, synced.assignment);
}

void membership_send_sync(struct membership *m, int64_t *next_ms)
{
        if (m->plan && !m->assignments) {
                if (!membership_plan_is_ready(m->plan))
                        return; /* we are run when metadata come */
                m->assignments = membership_plan_assign(m->plan, &m->assignment_count);
        }
        send_call(m, &m->sync,
                  (struct client_request){.api_key = API_SYNC_GROUP,
                                          .version_min = version_min(m, 3),
                                          .timeout_ms = m->config.request_timeout_ms,
                                          .write = write_sync,
                                          .on_response = on_synced},
                  next_ms);
}

/* --- Heartbeat --- */

static void write_heartbeat(struct serde *s, void *context)
{
        struct membership *m = context;
        struct heartbeat_request request = {.group_id = str_of(m->config.coordinator->key),
                                            .generation_id = m->heartbeat.generation,
                                            .member_id = str_of(m->member_id),
                                            .group_instance_id = instance_id(m)};
        serde_heartbeat_request(s, &request);
}

static void on_heartbeat(void *context, const struct client_response *response)
{
        struct membership *m = context;
        struct heartbeat_response answer = {0};
        enum kerr err = response->err;
        end_call(m, &m->heartbeat);
        if (!err) {
                serde_heartbeat_response(response->body, &answer);
                err = response->body->err ? response->body->err : (enum kerr)answer.error_code;
        }
        if (!err || !membership_is_current(m, m->heartbeat.generation))
                return;
        if (coordinator_is_doubtful(err))
                coordinator_doubt(m->config.coordinator);
        bool told_already = err == KERR_REBALANCE_IN_PROGRESS && m->state == PREPARING;
        if (error_is_retriable(err))
                m->heartbeat_after_ms = now_of(m) + m->config.retry_backoff_ms;
        else if (!told_already)
                membership_fail(m, err);
}

void membership_send_heartbeat(struct membership *m, int64_t now_ms, int64_t *next_ms)
{
        if (m->generation < 0 || m->heartbeat.in_flight || m->join.in_flight || m->sync.in_flight)
                return;
        if (now_ms < m->heartbeat_after_ms) {
                *next_ms = min_ms(*next_ms, m->heartbeat_after_ms);
                return;
        }
        /* A silent coordinator is given up while another one still knows us. */
        int64_t timeout_ms = min_ms(m->config.request_timeout_ms, m->config.session_timeout_ms);
        if (send_call(m, &m->heartbeat,
                      (struct client_request){.api_key = API_HEARTBEAT,
                                              .version_min = version_min(m, 3),
                                              .timeout_ms = timeout_ms,
                                              .write = write_heartbeat,
                                              .on_response = on_heartbeat},
                      next_ms))
                m->heartbeat_after_ms = now_ms + m->config.heartbeat_interval_ms;
}

/* --- LeaveGroup --- */

static void write_leave(struct serde *s, void *context)
{
        struct membership *m = context;
        struct leave_group_member member = {.member_id = str_of(m->member_id),
                                            .group_instance_id = STR_NULL,
                                            .reason = STR_NULL};
        struct leave_group_request request = {.group_id = str_of(m->config.coordinator->key),
                                              .members = {&member, 1}};
        serde_leave_group_request(s, &request);
}

/* Whatever the answer is, we are out: by our word or by the end of our session. */
static void on_left(void *context, const struct client_response *response)
{
        struct membership *m = context;
        (void)response;
        if (end_call(m, &m->leave))
                membership_be_out(m);
}

void membership_send_leave(struct membership *m, int64_t *next_ms)
{
        send_call(m, &m->leave,
                  (struct client_request){.api_key = API_LEAVE_GROUP,
                                          .timeout_ms = m->leave_deadline_ms - now_of(m),
                                          .write = write_leave,
                                          .on_response = on_left},
                  next_ms);
}
