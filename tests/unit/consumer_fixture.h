/* consumer_fixture.h - a consumer in a group whose coordinator (broker 2) is the test itself.
 *
 * What happens is noted as text: "t-0@5=value " for a record, "assigned:t-0,t-1 ", "revoked:t-0 ",
 * "lost:t-0 ", "refused:NAME ", "error@5:NAME "; and by the test's side of the coordinator "join ",
 * "sync ", "commit[m1/3]:t-0@5 " (member, generation, offsets), "leave[m1] ". */
#ifndef ODRADEK_TESTS_CONSUMER_FIXTURE_H
#define ODRADEK_TESTS_CONSUMER_FIXTURE_H

#include "script_world.h"

#include "client/consumer.h"
#include "client/group_metadata.h"
#include "wire/consumer_protocol.h"
#include "wire/find_coordinator.h"
#include "wire/heartbeat.h"
#include "wire/join_group.h"
#include "wire/leave_group.h"
#include "wire/offset_commit.h"
#include "wire/offset_fetch.h"
#include "wire/sync_group.h"

#include <stdio.h>

struct group_fixture {
        struct script_world *w;
        struct consumer *consumer;
        struct buffer said;
        bool commit_in_revoked;
        int64_t commit_offset;   /* in on_revoked, of t-0; 0: the positions */
        int32_t committed_epoch; /* what the group knows with its offsets; 0: nothing */
        /* of the last JoinGroup */
        char member_id[64], instance_id[64], protocol[64], topics[64], owned[64];
        int32_t owned_generation;
        struct span subscription; /* in the world's arena */
};

static inline void say_partitions(struct group_fixture *f, const char *what,
                                  const struct consumer_partition *list, int32_t count)
{
        buffer_printf(&f->said, "%s:", what);
        for (int32_t i = 0; i < count; i++)
                buffer_printf(&f->said, "%s%s-%d", i ? "," : "", list[i].topic, list[i].partition);
        buffer_printf(&f->said, " ");
}

static inline void note_assigned(void *context, const struct consumer_partition *list,
                                 int32_t count)
{
        say_partitions(context, "assigned", list, count);
}

static inline void note_committed(void *context, enum kerr err)
{
        struct group_fixture *f = context;
        buffer_printf(&f->said, "committed:%s ", kerr_name(err));
}

static inline void note_revoked(void *context, const struct consumer_partition *list, int32_t count,
                                enum revocation how)
{
        struct group_fixture *f = context;
        say_partitions(f, how == LOST ? "lost" : "revoked", list, count);
        struct consumer_offset offset = {"t", 0, f->commit_offset, -1};
        if (f->commit_in_revoked)
                consumer_commit(f->consumer, f->commit_offset ? &offset : NULL, 1, note_committed,
                                f);
}

static inline void note_refused(void *context, enum kerr err)
{
        struct group_fixture *f = context;
        buffer_printf(&f->said, "refused:%s ", kerr_name(err));
}

static inline void note_group_record(void *context, const struct consumer_record *r)
{
        struct group_fixture *f = context;
        buffer_printf(&f->said, "%s-%d@%d=%.*s ", r->topic, r->partition, (int)r->offset,
                      (int)r->value.size, (const char *)r->value.data);
}

static inline void note_group_error(void *context, const char *topic, int32_t partition,
                                    int64_t offset, enum kerr err)
{
        struct group_fixture *f = context;
        (void)topic;
        (void)partition;
        buffer_printf(&f->said, "error@%d:%s ", (int)offset, kerr_name(err));
}

static inline struct consumer_config group_config(void)
{
        struct consumer_config config = consumer_config_default();
        config.group_id = "g";
        config.enable_auto_commit = false;
        config.auto_offset_reset = OFFSET_RESET_EARLIEST;
        return config;
}

static inline void group_open(struct group_fixture *f, const struct consumer_config *config)
{
        struct consumer_config with = *config;
        memset(f, 0, sizeof *f);
        f->w = script_open(NULL);
        with.on_record = note_group_record;
        with.on_error = note_group_error;
        with.on_assigned = note_assigned;
        with.on_revoked = note_revoked;
        with.on_group_error = note_refused;
        with.context = f;
        f->consumer = consumer_open(f->w->client, &with);
}

static inline void group_subscribe(struct group_fixture *f, const char *topic)
{
        assert_int_equal(consumer_subscribe(f->consumer, &topic, 1), KERR_NONE);
        script_pump(f->w);
}

static inline void group_close(struct group_fixture *f)
{
        consumer_close(f->consumer);
        script_close(f->w);
        buffer_deinit(&f->said);
}

/* What was said since the last call. */
static inline void expect_said(struct group_fixture *f, const char *text)
{
        buffer_append(&f->said, "", 1);
        assert_string_equal(f->said.data, text);
        buffer_clear(&f->said);
}

/* --- the coordinator's side --- */

static inline int32_t count_requests(struct group_fixture *f, int16_t api_key)
{
        int32_t count = 0;
        script_pump(f->w);
        for (int32_t i = 0; i < f->w->inbox_count; i++)
                count += f->w->inbox[i].header.api_key == api_key;
        return count;
}

static inline struct script_request take_request(struct group_fixture *f, int16_t api_key)
{
        script_pump(f->w);
        for (int32_t i = 0; i < f->w->inbox_count; i++) {
                if (f->w->inbox[i].header.api_key == api_key)
                        return script_remove(f->w, i);
        }
        fail_msg("no request of API %d", api_key);
        return (struct script_request){0};
}

#define GROUP_WRITER(name)                                              \
        static inline void group_write_##name(struct serde *s, void *m) \
        {                                                               \
                serde_##name##_response(s, m);                          \
        }
GROUP_WRITER(find_coordinator)
GROUP_WRITER(join_group)
GROUP_WRITER(sync_group)
GROUP_WRITER(heartbeat)
GROUP_WRITER(leave_group)
GROUP_WRITER(offset_commit)
GROUP_WRITER(offset_fetch)

static inline void answer_find(struct group_fixture *f, enum kerr err, int32_t node)
{
        struct script_request r = take_request(f, API_FIND_COORDINATOR);
        struct find_coordinator_coordinator found = {.node_id = err ? -1 : node,
                                                     .host = str_of("broker"),
                                                     .port = SCRIPT_PORT + node,
                                                     .error_code = (int16_t)err,
                                                     .error_message = STR_NULL};
        struct find_coordinator_response m = {.coordinators = {&found, 1}};
        script_reply(f->w, &r, -1, group_write_find_coordinator, &m);
        script_pump(f->w);
}

static inline void read_join(struct group_fixture *f, struct script_request *r)
{
        struct join_group_request m = {.group_instance_id = STR_NULL};
        serde_join_group_request(&r->body, &m);
        assert_int_equal(r->body.err, KERR_NONE);
        assert_true(str_equal_c(m.group_id, "g"));
        assert_true(str_equal_c(m.protocol_type, "consumer"));
        assert_int_equal(m.protocols.count, 1);
        str_copy(m.member_id, f->member_id, sizeof f->member_id);
        str_copy(m.group_instance_id, f->instance_id, sizeof f->instance_id);
        str_copy(m.protocols.items[0].name, f->protocol, sizeof f->protocol);
        struct span bytes = m.protocols.items[0].metadata;
        uint8_t *copy = arena_alloc(&f->w->arena, bytes.size);
        memcpy(copy, bytes.data, bytes.size);
        f->subscription = span_of(copy, bytes.size);
        struct serde s = serde_reader(f->subscription, 0, false, &f->w->arena);
        struct consumer_protocol_subscription subscription = {0};
        serde_consumer_protocol_subscription(&s, &subscription);
        assert_int_equal(s.err, KERR_NONE);
        struct buffer topics = {0}, owned = {0};
        for (int32_t i = 0; i < subscription.topics.count; i++)
                buffer_printf(&topics, "%.*s ", subscription.topics.items[i].size,
                              subscription.topics.items[i].data);
        for (int32_t i = 0; i < subscription.owned_partitions.count; i++) {
                const struct consumer_protocol_topic *t = &subscription.owned_partitions.items[i];
                for (int32_t k = 0; k < t->partitions.count; k++)
                        buffer_printf(&owned, "%.*s-%d ", t->name.size, t->name.data,
                                      t->partitions.items[k]);
        }
        str_copy((struct str){(char *)topics.data, (int32_t)topics.size}, f->topics,
                 sizeof f->topics);
        str_copy((struct str){(char *)owned.data, (int32_t)owned.size}, f->owned, sizeof f->owned);
        f->owned_generation = subscription.generation_id;
        buffer_deinit(&topics);
        buffer_deinit(&owned);
}

/* Answers a JoinGroup for member `id`; `leader` says whether it leads, and then it is the only
 * member. */
static inline void answer_join(struct group_fixture *f, enum kerr err, const char *id,
                               int32_t generation, bool leader)
{
        struct script_request r = take_request(f, API_JOIN_GROUP);
        read_join(f, &r);
        buffer_printf(&f->said, "join ");
        struct join_group_member member = {.member_id = str_of(id),
                                           .group_instance_id = STR_NULL,
                                           .metadata = f->subscription};
        struct join_group_response m = {.error_code = (int16_t)err,
                                        .generation_id = err ? -1 : generation,
                                        .protocol_type = str_of("consumer"),
                                        .protocol_name = str_of(err ? "" : f->protocol),
                                        .leader = str_of(leader ? id : "other"),
                                        .member_id = str_of(id)};
        if (leader && !err) {
                m.members.items = &member;
                m.members.count = 1;
        }
        script_reply(f->w, &r, -1, group_write_join_group, &m);
        script_pump(f->w);
}

/* Writes an assignment of partitions of t; `user_data` is what the leader says besides. */
static inline struct span write_assignment(struct group_fixture *f, const int32_t *partitions,
                                           int32_t count, const char *user_data)
{
        struct consumer_protocol_topic topic = {.name = str_of("t")};
        topic.partitions.items = (int32_t *)(uintptr_t)partitions;
        topic.partitions.count = count;
        struct consumer_protocol_assignment m = {
                .topics = {&topic, count > 0}, .user_data = span_of(user_data, strlen(user_data))};
        struct packet *packet = packet_new(&f->w->world);
        struct serde s = serde_writer(packet, 0, false);
        serde_consumer_protocol_assignment(&s, &m);
        size_t size = packet->memory.size - PACKET_LENGTH_BYTES;
        uint8_t *copy = arena_alloc(&f->w->arena, size);
        memcpy(copy, packet->memory.data + PACKET_LENGTH_BYTES, size);
        packet_free(packet);
        return span_of(copy, size);
}

/* Answers a SyncGroup with these partitions of t ("" for none, "02" for 0 and 2; "02!" when the
 * group waits for others that it had), or "plan": what the leader says about itself. */
static inline void answer_sync(struct group_fixture *f, enum kerr err, const char *partitions)
{
        struct script_request r = take_request(f, API_SYNC_GROUP);
        struct sync_group_request asked = {0};
        serde_sync_group_request(&r.body, &asked);
        assert_int_equal(r.body.err, KERR_NONE);
        buffer_printf(&f->said, "sync ");
        struct sync_group_response m = {
                .error_code = (int16_t)err, .protocol_type = STR_NULL, .protocol_name = STR_NULL};
        int32_t list[SCRIPT_PARTITIONS * 2], count = 0;
        if (!err && strcmp(partitions, "plan") == 0) {
                assert_int_equal(asked.assignments.count, 1);
                m.assignment = asked.assignments.items[0].assignment;
        } else if (!err) {
                const char *at = partitions;
                for (; *at && *at != '!'; at++)
                        list[count++] = *at - '0';
                m.assignment = write_assignment(f, list, count, *at ? "gives up" : "");
        }
        script_reply(f->w, &r, -1, group_write_sync_group, &m);
        script_pump(f->w);
}

static inline void answer_heartbeat(struct group_fixture *f, enum kerr err)
{
        struct script_request r = take_request(f, API_HEARTBEAT);
        struct heartbeat_response m = {.error_code = (int16_t)err};
        script_reply(f->w, &r, -1, group_write_heartbeat, &m);
        script_pump(f->w);
}

static inline void answer_leave(struct group_fixture *f, enum kerr err)
{
        struct script_request r = take_request(f, API_LEAVE_GROUP);
        struct leave_group_request asked = {0};
        serde_leave_group_request(&r.body, &asked);
        assert_int_equal(asked.members.count, 1);
        buffer_printf(&f->said, "leave[%.*s] ", asked.members.items[0].member_id.size,
                      asked.members.items[0].member_id.data);
        struct leave_group_member_response member = {.member_id = asked.members.items[0].member_id,
                                                     .group_instance_id = STR_NULL,
                                                     .error_code = (int16_t)err};
        struct leave_group_response m = {.members = {&member, 1}};
        script_reply(f->w, &r, -1, group_write_leave_group, &m);
        script_pump(f->w);
}

static inline void answer_commit(struct group_fixture *f, enum kerr err)
{
        struct script_request r = take_request(f, API_OFFSET_COMMIT);
        struct offset_commit_request asked = {0};
        struct offset_commit_topic_response topics[4] = {0};
        struct offset_commit_partition_response partitions[4][8] = {0};
        struct offset_commit_response m = {.topics = {topics, 0}};
        serde_offset_commit_request(&r.body, &asked);
        buffer_printf(&f->said, "commit[%.*s/%d]:", asked.member_id.size, asked.member_id.data,
                      asked.generation_id);
        for (int32_t t = 0; t < asked.topics.count; t++) {
                const struct offset_commit_topic *topic = &asked.topics.items[t];
                struct offset_commit_topic_response *answer = &topics[m.topics.count++];
                answer->name = topic->name;
                answer->partitions.items = partitions[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        const struct offset_commit_partition *p = &topic->partitions.items[i];
                        answer->partitions.items[answer->partitions.count++] =
                                (struct offset_commit_partition_response){p->index, (int16_t)err};
                        buffer_printf(&f->said, "%s%.*s-%d@%d", t + i ? "," : "", topic->name.size,
                                      topic->name.data, p->index, (int)p->committed_offset);
                }
        }
        buffer_printf(&f->said, " ");
        script_reply(f->w, &r, -1, group_write_offset_commit, &m);
        script_pump(f->w);
}

/* Answers an OffsetFetch with `offset` for each partition asked for. */
static inline void answer_offsets(struct group_fixture *f, enum kerr err, int64_t offset)
{
        struct script_request r = take_request(f, API_OFFSET_FETCH);
        struct offset_fetch_request asked = {0};
        struct offset_fetch_topic_response topics[4] = {0};
        struct offset_fetch_partition_response partitions[4][8] = {0};
        serde_offset_fetch_request(&r.body, &asked);
        assert_int_equal(asked.groups.count, 1);
        assert_true(asked.require_stable);
        const struct offset_fetch_group *group = &asked.groups.items[0];
        struct offset_fetch_group_response answer = {.group_id = group->group_id,
                                                     .topics = {topics, group->topics.count}};
        for (int32_t t = 0; t < group->topics.count; t++) {
                topics[t].name = group->topics.items[t].name;
                topics[t].partitions.items = partitions[t];
                topics[t].partitions.count = group->topics.items[t].partitions.count;
                for (int32_t i = 0; i < topics[t].partitions.count; i++)
                        partitions[t][i] = (struct offset_fetch_partition_response){
                                .index = group->topics.items[t].partitions.items[i],
                                .committed_offset = err ? -1 : offset,
                                .committed_leader_epoch =
                                        f->committed_epoch ? f->committed_epoch : -1,
                                .metadata = STR_NULL,
                                .error_code = (int16_t)err};
        }
        struct offset_fetch_response m = {.groups = {&answer, 1}};
        script_reply(f->w, &r, -1, group_write_offset_fetch, &m);
        script_pump(f->w);
}

/* A member "m1" of generation 3 that reads these partitions of t, from offset 0 on. */
static inline void join_as_m1(struct group_fixture *f, const char *partitions)
{
        group_subscribe(f, "t");
        answer_find(f, KERR_NONE, 2);
        answer_join(f, KERR_MEMBER_ID_REQUIRED, "m1", -1, false);
        answer_join(f, KERR_NONE, "m1", 3, false);
        answer_sync(f, KERR_NONE, partitions);
        answer_offsets(f, KERR_NONE, 0);
        buffer_clear(&f->said);
}

/* Answers the oldest Fetch, about all its partitions: the first gets the bytes. */
static inline void group_write_fetch(struct serde *s, void *m)
{
        serde_fetch_response(s, m);
}

static inline void answer_group_fetch(struct group_fixture *f, int64_t high_watermark,
                                      struct span bytes,
                                      const struct fetch_aborted_transaction *aborted,
                                      int32_t aborted_count)
{
        struct script_request r = take_request(f, API_FETCH);
        struct fetch_request asked = {0};
        struct fetch_topic_response topic = {0};
        struct fetch_partition_response partitions[8] = {0};
        serde_fetch_request(&r.body, &asked);
        assert_int_equal(asked.topics.count, 1);
        topic.name = asked.topics.items[0].name;
        topic.partitions.items = partitions;
        topic.partitions.count = asked.topics.items[0].partitions.count;
        for (int32_t i = 0; i < topic.partitions.count; i++) {
                partitions[i] = (struct fetch_partition_response){
                        .index = asked.topics.items[0].partitions.items[i].index,
                        .high_watermark = high_watermark,
                        .last_stable_offset = high_watermark,
                        .preferred_read_replica = -1,
                        .records.bytes = i == 0 ? bytes : span_of("", 0)};
                if (i > 0)
                        continue;
                partitions[i].aborted_transactions.items =
                        (struct fetch_aborted_transaction *)(uintptr_t)aborted;
                partitions[i].aborted_transactions.count = aborted_count;
        }
        struct fetch_response m = {.topics = {&topic, 1}};
        script_reply(f->w, &r, -1, group_write_fetch, &m);
        script_pump(f->w);
}

/* A batch of leader epoch 5 at `base_offset` with one-letter records. */
static inline void add_letters(struct buffer *log, int64_t base_offset, const char *letters)
{
        struct batch_builder b;
        batch_builder_init(&b);
        b.header.leader_epoch = 5;
        for (; *letters; letters++) {
                struct record r = {.timestamp = 9, .value = span_of(letters, 1)};
                batch_builder_add(&b, &r, NULL, 0);
        }
        size_t start = log->size;
        assert_int_equal(batch_builder_finish(&b, 0, log), KERR_NONE);
        store_be64(log->data + start, (uint64_t)base_offset); /* outside the CRC */
        batch_builder_deinit(&b);
}

#endif
