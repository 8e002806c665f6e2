/* group_fixture.h - a group coordinator over one partition of a real replicated log, and calls as
 * clients make them. Every group lives in partition 0. Include cmocka first. */
#ifndef ODRADEK_TESTS_GROUP_FIXTURE_H
#define ODRADEK_TESTS_GROUP_FIXTURE_H

#include "groups/coordinator.h"
#include "replica_fixture.h"
#include "wire/consumer_protocol.h"
#include "wire/control_records.h"

#include <stdio.h>

enum {
        SESSION_MS = 10000,
        REBALANCE_MS = 30000,
        DELAY_MS = 3000,
        RETENTION_MS = 1000000,
        CHECK_MS = 600000,
};

struct group_fixture {
        struct replica_fixture x;
        struct group_coordinator_config config;
        struct group_coordinator *c;
        int32_t partition; /* that commits and fetches of offsets are about */
};

/* Node 0 leads; `isr` says whom commits wait for ("1": nobody else). */
static inline void groups_init(struct group_fixture *f, const char *isr)
{
        replicas_init(&f->x);
        f->partition = 0;
        f->config = (struct group_coordinator_config){
                .world = &f->x.f.world,
                .partitions = 1,
                .session_timeout_min_ms = 6000,
                .session_timeout_max_ms = 1800000,
                .initial_rebalance_delay_ms = DELAY_MS,
                .group_max_size = INT32_MAX,
                .offset_metadata_max_bytes = 100,
                .offsets_retention_ms = RETENTION_MS,
                .retention_check_ms = CHECK_MS,
        };
        f->c = group_coordinator_new(&f->config);
        assign_all(&f->x, assignment(1, 1, 1, isr));
        group_coordinator_lead(f->c, 0, replica_of(&f->x, 0));
        group_coordinator_run(f->c);
}

static inline void groups_deinit(struct group_fixture *f)
{
        group_coordinator_free(f->c);
        replicas_deinit(&f->x);
}

/* A coordinator with another configuration takes over from the log. */
static inline void groups_reload(struct group_fixture *f)
{
        group_coordinator_free(f->c);
        f->c = group_coordinator_new(&f->config);
        group_coordinator_lead(f->c, 0, replica_of(&f->x, 0));
        while (group_coordinator_run(f->c) <= f->x.f.mono_ms)
                ;
}

static inline void groups_pass(struct group_fixture *f, int64_t ms)
{
        f->x.f.mono_ms += ms;
        f->x.f.wall_ms += ms;
        group_coordinator_run(f->c);
}

/* --- calls --- */

struct ask {
        struct group_call call; /* first */
        struct arena arena;
        int done;
        union {
                struct join_group_request join;
                struct sync_group_request sync;
                struct heartbeat_request heartbeat;
                struct leave_group_request leave;
                struct offset_commit_request commit;
                struct txn_offset_commit_request txn;
                struct offset_fetch_request fetch;
                struct offset_delete_request delete_offsets;
                struct list_groups_request list;
                struct describe_groups_request describe;
                struct delete_groups_request delete_groups;
        } in;
        union {
                struct join_group_response join;
                struct sync_group_response sync;
                struct heartbeat_response heartbeat;
                struct leave_group_response leave;
                struct offset_commit_response commit;
                struct txn_offset_commit_response txn;
                struct offset_fetch_response fetch;
                struct offset_delete_response delete_offsets;
                struct list_groups_response list;
                struct describe_groups_response describe;
                struct delete_groups_response delete_groups;
        } out;
        /* What the requests above point at. */
        struct join_group_protocol protocols[2];
        struct leave_group_member leaving;
        struct offset_commit_partition partition;
        struct offset_commit_topic topic;
        struct offset_fetch_group group;
        struct offset_fetch_topic asked_topic;
        struct offset_delete_topic deleted_topic;
        int32_t asked_partition;
        struct str group_id;
};

static inline void ask_done(struct group_call *call)
{
        ((struct ask *)(void *)call)->done++;
}

static inline void ask_begin(struct ask *a, int16_t version)
{
        memset(a, 0, sizeof *a);
        arena_init(&a->arena, SIZE_MAX);
        a->call = (struct group_call){.done = ask_done,
                                      .arena = &a->arena,
                                      .version = version,
                                      .client_id = str_of("client"),
                                      .client_host = str_of("/127.0.0.1")};
}

static inline void ask_end(struct ask *a)
{
        group_call_forget(&a->call);
        arena_deinit(&a->arena);
}

/* Who asks: "" for no member id, NULL for no instance id. */
struct who {
        const char *group, *member, *instance;
        int32_t generation;
};

/* A subscription of "orders". Borrowed from a static table of bytes. */
static inline struct span subscription_to_orders(void)
{
        static const uint8_t bytes[] = {0,   0,   0,   0,   0,   1, 0, 6, 'o',
                                        'r', 'd', 'e', 'r', 's', 0, 0, 0, 0};
        return span_of(bytes, sizeof bytes);
}

/* `protocols`: one letter a protocol, the preferred one first. */
static inline void ask_join(struct group_fixture *f, struct ask *a, int16_t version, struct who who,
                            const char *protocols)
{
        ask_begin(a, version);
        a->in.join = (struct join_group_request){
                .group_id = str_of(who.group),
                .session_timeout_ms = SESSION_MS,
                .rebalance_timeout_ms = REBALANCE_MS,
                .member_id = str_of(who.member),
                .group_instance_id = str_of(who.instance),
                .protocol_type = str_of("consumer"),
                .protocols = {a->protocols, (int32_t)strlen(protocols)},
                .reason = STR_NULL,
        };
        for (int i = 0; protocols[i]; i++)
                a->protocols[i] =
                        (struct join_group_protocol){{&protocols[i], 1}, subscription_to_orders()};
        groups_join(f->c, &a->in.join, &a->out.join, &a->call);
}

/* The member's id as a C string, until the ask ends. */
static inline const char *joined_id(struct ask *a)
{
        struct str id = a->out.join.member_id;
        char *text = arena_alloc(&a->arena, (size_t)id.size + 1);
        str_copy(id, text, (size_t)id.size + 1);
        return text;
}

static inline void ask_sync(struct group_fixture *f, struct ask *a, struct who who,
                            struct sync_group_assignment *assignments, int32_t count)
{
        ask_begin(a, 3);
        a->in.sync = (struct sync_group_request){.group_id = str_of(who.group),
                                                 .generation_id = who.generation,
                                                 .member_id = str_of(who.member),
                                                 .group_instance_id = str_of(who.instance),
                                                 .protocol_type = STR_NULL,
                                                 .protocol_name = STR_NULL,
                                                 .assignments = {assignments, count}};
        groups_sync(f->c, &a->in.sync, &a->out.sync, &a->call);
}

static inline int heartbeat_of(struct group_fixture *f, struct who who)
{
        struct ask a;
        ask_begin(&a, 3);
        a.in.heartbeat = (struct heartbeat_request){str_of(who.group), who.generation,
                                                    str_of(who.member), str_of(who.instance)};
        groups_heartbeat(f->c, &a.in.heartbeat, &a.out.heartbeat, &a.call);
        assert_int_equal(a.done, 1);
        ask_end(&a);
        return a.out.heartbeat.error_code;
}

static inline void ask_leave(struct group_fixture *f, struct ask *a, struct who who)
{
        ask_begin(a, 3);
        a->leaving =
                (struct leave_group_member){str_of(who.member), str_of(who.instance), STR_NULL};
        a->in.leave = (struct leave_group_request){str_of(who.group), {&a->leaving, 1}};
        groups_leave(f->c, &a->in.leave, &a->out.leave, &a->call);
}

static inline int leave_of(struct group_fixture *f, struct who who)
{
        struct ask a;
        ask_leave(f, &a, who);
        assert_int_equal(a.done, 1);
        int err = a.out.leave.error_code ? a.out.leave.error_code
                                         : a.out.leave.members.items[0].error_code;
        ask_end(&a);
        return err;
}

static inline void ask_commit(struct group_fixture *f, struct ask *a, struct who who,
                              const char *topic, int64_t offset)
{
        ask_begin(a, 7);
        a->partition = (struct offset_commit_partition){.index = f->partition,
                                                        .committed_offset = offset,
                                                        .committed_leader_epoch = 4,
                                                        .commit_timestamp_ms = -1,
                                                        .committed_metadata = str_of("m")};
        a->topic = (struct offset_commit_topic){str_of(topic), {&a->partition, 1}};
        a->in.commit = (struct offset_commit_request){.group_id = str_of(who.group),
                                                      .generation_id = who.generation,
                                                      .member_id = str_of(who.member),
                                                      .group_instance_id = str_of(who.instance),
                                                      .retention_time_ms = -1,
                                                      .topics = {&a->topic, 1}};
        groups_commit(f->c, &a->in.commit, &a->out.commit, &a->call);
}

static inline int commit_code(const struct ask *a)
{
        return a->out.commit.topics.items[0].partitions.items[0].error_code;
}

static inline int commit_of(struct group_fixture *f, struct who who, const char *topic,
                            int64_t offset)
{
        struct ask a;
        ask_commit(f, &a, who, topic, offset);
        assert_int_equal(a.done, 1);
        int err = commit_code(&a);
        ask_end(&a);
        return err;
}

static inline void ask_txn_commit(struct group_fixture *f, struct ask *a, struct who who,
                                  int64_t producer_id, const char *topic, int64_t offset)
{
        ask_begin(a, 3);
        a->partition = (struct offset_commit_partition){.index = f->partition,
                                                        .committed_offset = offset,
                                                        .committed_leader_epoch = -1,
                                                        .commit_timestamp_ms = -1,
                                                        .committed_metadata = STR_NULL};
        a->topic = (struct offset_commit_topic){str_of(topic), {&a->partition, 1}};
        a->in.txn = (struct txn_offset_commit_request){.transactional_id = str_of("t"),
                                                       .group_id = str_of(who.group),
                                                       .producer_id = producer_id,
                                                       .producer_epoch = 2,
                                                       .generation_id = who.generation,
                                                       .member_id = str_of(who.member),
                                                       .group_instance_id = str_of(who.instance),
                                                       .topics = {&a->topic, 1}};
        groups_txn_commit(f->c, &a->in.txn, &a->out.txn, &a->call);
}

static inline int txn_commit_of(struct group_fixture *f, struct who who, int64_t producer_id,
                                const char *topic, int64_t offset)
{
        struct ask a;
        ask_txn_commit(f, &a, who, producer_id, topic, offset);
        assert_int_equal(a.done, 1);
        int err = a.out.txn.topics.items[0].partitions.items[0].error_code;
        ask_end(&a);
        return err;
}

/* The producer's marker, as the transaction coordinator writes it. */
static inline void end_txn(struct group_fixture *f, int64_t producer_id, bool commits)
{
        struct batch_builder b;
        struct buffer batch = {0};
        struct log_append done;
        int64_t at;
        uint8_t key[4] = {0, 0, 0, commits ? CONTROL_COMMIT : CONTROL_ABORT};
        batch_builder_init(&b);
        b.header.attributes |= BATCH_CONTROL | BATCH_TRANSACTIONAL;
        b.header.producer_id = producer_id;
        b.header.producer_epoch = 2;
        batch_builder_add(&b, &(struct record){.key = span_of(key, 4), .value = span_of(key, 4)},
                          NULL, 0);
        assert_int_equal(batch_builder_finish(&b, 0, &batch), KERR_NONE);
        batch_builder_deinit(&b);
        assert_int_equal(replica_append(replica_of(&f->x, 0), buffer_span(&batch), true,
                                        APPEND_COORDINATOR, &done, &at),
                         KERR_NONE);
        buffer_deinit(&batch);
        groups_complete_txn(f->c, 0, producer_id, commits);
}

/* `topic` NULL: all there is. */
static inline void ask_fetch(struct group_fixture *f, struct ask *a, const char *group,
                             const char *topic, bool require_stable)
{
        ask_begin(a, 7);
        a->asked_partition = f->partition;
        a->asked_topic = (struct offset_fetch_topic){str_of(topic), {&a->asked_partition, 1}};
        a->group.group_id = str_of(group);
        a->group.topics.items = &a->asked_topic;
        a->group.topics.count = topic ? 1 : -1;
        a->in.fetch.groups.items = &a->group;
        a->in.fetch.groups.count = 1;
        a->in.fetch.require_stable = require_stable;
        groups_fetch(f->c, &a->in.fetch, &a->out.fetch, &a->call);
}

/* The offset, or minus 100 minus the error. */
static inline int64_t fetched(const struct ask *a)
{
        const struct offset_fetch_group_response *g = &a->out.fetch.groups.items[0];
        if (g->error_code)
                return -100 - g->error_code;
        const struct offset_fetch_partition_response *p = &g->topics.items[0].partitions.items[0];
        return p->error_code ? -100 - p->error_code : p->committed_offset;
}

static inline int64_t fetch_of(struct group_fixture *f, const char *group, const char *topic,
                               bool require_stable)
{
        struct ask a;
        ask_fetch(f, &a, group, topic, require_stable);
        assert_int_equal(a.done, 1);
        int64_t offset = fetched(&a);
        ask_end(&a);
        return offset;
}

/* The state's name and the number of members, as "Stable 3"; of 24 bytes. */
static inline const char *described(struct group_fixture *f, const char *group, char *into)
{
        struct ask a;
        ask_begin(&a, 4);
        a.group_id = str_of(group);
        a.in.describe.groups.items = &a.group_id;
        a.in.describe.groups.count = 1;
        groups_describe(f->c, &a.in.describe, &a.out.describe, &a.call);
        assert_int_equal(a.done, 1);
        const struct describe_groups_group *g = &a.out.describe.groups.items[0];
        assert_int_equal(g->error_code, KERR_NONE);
        snprintf(into, 24, "%.*s %d", (int)g->group_state.size, g->group_state.data,
                 (int)g->members.count);
        ask_end(&a);
        return into;
}

#define expect_group(f, group, text)                                       \
        do {                                                               \
                char is_[24];                                              \
                assert_string_equal(described((f), (group), is_), (text)); \
        } while (0)

static inline int delete_of(struct group_fixture *f, const char *group)
{
        struct ask a;
        ask_begin(&a, 1);
        a.group_id = str_of(group);
        a.in.delete_groups.groups.items = &a.group_id;
        a.in.delete_groups.groups.count = 1;
        groups_delete(f->c, &a.in.delete_groups, &a.out.delete_groups, &a.call);
        assert_int_equal(a.done, 1);
        int err = a.out.delete_groups.results.items[0].error_code;
        ask_end(&a);
        return err;
}

/* Partition 0; the error of the group or of the partition. */
static inline int delete_offset_of(struct group_fixture *f, const char *group, const char *topic)
{
        struct ask a;
        ask_begin(&a, 0);
        a.deleted_topic = (struct offset_delete_topic){str_of(topic), {&a.asked_partition, 1}};
        a.in.delete_offsets.group_id = str_of(group);
        a.in.delete_offsets.topics.items = &a.deleted_topic;
        a.in.delete_offsets.topics.count = 1;
        groups_delete_offsets(f->c, &a.in.delete_offsets, &a.out.delete_offsets, &a.call);
        assert_int_equal(a.done, 1);
        const struct offset_delete_response *out = &a.out.delete_offsets;
        int err = out->error_code ? out->error_code
                                  : out->topics.items[0].partitions.items[0].error_code;
        ask_end(&a);
        return err;
}

/* --- whole groups --- */

/* One member of a stable group, made the long way: id, then join. */
struct crew {
        struct ask asks[4];
        char ids[4][80];
        int32_t count, generation;
};

static inline void crew_join(struct group_fixture *f, struct crew *c, const char *group,
                             int32_t count)
{
        c->count = count;
        for (int32_t i = 0; i < count; i++) {
                struct ask first;
                ask_join(f, &first, 5, (struct who){group, "", NULL, 0}, "r");
                assert_int_equal(first.out.join.error_code, KERR_MEMBER_ID_REQUIRED);
                assert_true(str_copy(first.out.join.member_id, c->ids[i], sizeof c->ids[i]));
                ask_end(&first);
                ask_join(f, &c->asks[i], 5, (struct who){group, c->ids[i], NULL, 0}, "r");
        }
}

/* All that joined have heard of the generation. */
static inline void crew_joined(struct crew *c)
{
        for (int32_t i = 0; i < c->count; i++) {
                assert_int_equal(c->asks[i].done, 1);
                assert_int_equal(c->asks[i].out.join.error_code, KERR_NONE);
                c->generation = c->asks[i].out.join.generation_id;
                ask_end(&c->asks[i]);
        }
}

/* The first leads; each is assigned its own id. */
static inline void crew_sync(struct group_fixture *f, struct crew *c, const char *group)
{
        struct sync_group_assignment parts[4];
        for (int32_t i = 0; i < c->count; i++)
                parts[i] = (struct sync_group_assignment){str_of(c->ids[i]),
                                                          span_of(c->ids[i], strlen(c->ids[i]))};
        for (int32_t i = c->count - 1; i >= 0; i--)
                ask_sync(f, &c->asks[i], (struct who){group, c->ids[i], NULL, c->generation}, parts,
                         i == 0 ? c->count : 0);
        for (int32_t i = 0; i < c->count; i++) {
                struct span got = c->asks[i].out.sync.assignment;
                assert_int_equal(c->asks[i].done, 1);
                assert_int_equal(c->asks[i].out.sync.error_code, KERR_NONE);
                assert_int_equal(got.size, strlen(c->ids[i]));
                assert_memory_equal(got.data, c->ids[i], got.size);
                ask_end(&c->asks[i]);
        }
}

static inline void crew_make(struct group_fixture *f, struct crew *c, const char *group,
                             int32_t count)
{
        crew_join(f, c, group, count);
        groups_pass(f, DELAY_MS);
        groups_pass(f, DELAY_MS);
        crew_joined(c);
        crew_sync(f, c, group);
}

static inline struct who crew_who(const struct crew *c, const char *group, int32_t i)
{
        return (struct who){group, c->ids[i], NULL, c->generation};
}

#endif
