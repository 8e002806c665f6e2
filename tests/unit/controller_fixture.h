/* controller_fixture.h - a controller over a log that commits when the test says so, and short ways
 * to ask it things. */
#ifndef ODRADEK_TESTS_CONTROLLER_FIXTURE_H
#define ODRADEK_TESTS_CONTROLLER_FIXTURE_H

#include "cluster/controller.h"
#include "cluster/metadata_log.h"
#include "fake_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SESSION_MS = 9000, WHY_TEXT_BYTES = 300 };

struct fake_store {
        struct metadata_store store; /* first */
        struct world *world;
        int64_t end;
        bool refuses;
        struct image replayed; /* the fold of all that was appended */
};

static inline enum kerr replay(void *image, const struct metadata_record *record)
{
        return image_apply(image, record);
}

static inline enum kerr fake_append(struct metadata_store *store, struct batch_builder *change,
                                    int64_t *end_offset)
{
        struct fake_store *s = (struct fake_store *)store;
        struct buffer bytes = {0};
        struct batch_header last;
        if (s->refuses)
                return KERR_NOT_CONTROLLER;
        *end_offset = s->end += change->header.records_count;
        assert_int_equal(batch_builder_finish(change, 0, &bytes), KERR_NONE);
        assert_int_equal(metadata_log_read_batches(s->world, buffer_span(&bytes), replay,
                                                   &s->replayed, &last),
                         KERR_NONE);
        buffer_deinit(&bytes);
        return KERR_NONE;
}

static inline int64_t fake_next_offset(struct metadata_store *store)
{
        return ((struct fake_store *)store)->end;
}

struct fixture {
        struct fake_world world;
        struct fake_store store;
        struct controller controller;
        struct arena arena; /* of answers */
        char why[WHY_TEXT_BYTES];
        int done;           /* how many submits have ended */
        enum kerr done_err; /* how the last one did */
};

/* An active controller that knows no broker; min.insync.replicas is 2. */
static inline void fixture_init(struct fixture *f)
{
        *f = (struct fixture){.store = {.store = {fake_append, fake_next_offset}, .end = 100}};
        fake_world_init(&f->world);
        f->store.world = &f->world.world;
        arena_init(&f->arena, SIZE_MAX);
        controller_init(&f->controller,
                        &(struct controller_config){.world = &f->world.world,
                                                    .store = &f->store.store,
                                                    .node_id = 9,
                                                    .session_timeout_ms = SESSION_MS,
                                                    .min_isr = 2});
        controller_activate(&f->controller, &f->store.replayed);
}

static inline void put_text(void *to, const struct metadata_record *record)
{
        struct fixture *f = ((void **)to)[0];
        struct batch_builder *batch = ((void **)to)[1];
        metadata_log_add(&f->world.world, batch, record);
}

/* The records of an image, as bytes. */
static inline void image_bytes(struct fixture *f, const struct image *image, struct buffer *into)
{
        struct batch_builder batch;
        batch_builder_init(&batch);
        image_each_record(image, put_text, (void *[]){f, &batch});
        buffer_append(into, batch.records.data, batch.records.size);
        batch_builder_deinit(&batch);
}

static inline bool images_equal(struct fixture *f, const struct image *a, const struct image *b)
{
        struct buffer x = {0}, y = {0};
        image_bytes(f, a, &x);
        image_bytes(f, b, &y);
        bool equal = x.size == y.size && (x.size == 0 || memcmp(x.data, y.data, x.size) == 0);
        buffer_deinit(&x);
        buffer_deinit(&y);
        return equal;
}

/* What was submitted and what the controller believes must be the same. */
static inline void fixture_deinit(struct fixture *f)
{
        if (f->controller.active) {
                controller_submit(&f->controller, NULL, NULL);
                assert_true(images_equal(f, &f->controller.image, &f->store.replayed));
        }
        controller_deinit(&f->controller);
        image_deinit(&f->store.replayed);
        arena_deinit(&f->arena);
        fake_world_deinit(&f->world);
}

static inline void on_done(void *context, enum kerr err)
{
        struct fixture *f = context;
        f->done++;
        f->done_err = err;
}

/* How many records the change would have. */
static inline int32_t pending(const struct fixture *f)
{
        return f->controller.batch.header.records_count;
}

static inline void submit(struct fixture *f)
{
        controller_submit(&f->controller, on_done, f);
}

static inline struct broker_registration_response register_life(struct fixture *f, int32_t id,
                                                                uint8_t life, int64_t previous)
{
        struct broker_registration_listener listener = {
                .name = str_of("PLAINTEXT"), .host = str_of("127.0.0.1"), .port = 9092};
        struct broker_registration_request in = {
                .broker_id = id,
                .incarnation_id = {{(uint8_t)id, life}},
                .listeners = {&listener, 1},
                .rack = STR_NULL,
                .previous_broker_epoch = previous,
        };
        struct broker_registration_response out;
        controller_register_broker(&f->controller, &in, &out);
        submit(f);
        return out;
}

static inline struct broker_heartbeat_response beat(struct fixture *f, int32_t id, int64_t epoch,
                                                    int64_t applied, bool want_shut_down)
{
        struct broker_heartbeat_request in = {.broker_id = id,
                                              .broker_epoch = epoch,
                                              .current_metadata_offset = applied,
                                              .want_shut_down = want_shut_down};
        struct broker_heartbeat_response out;
        controller_heartbeat(&f->controller, &in, &out);
        submit(f);
        return out;
}

static inline int64_t epoch_of(const struct fixture *f, int32_t id)
{
        return image_broker(&f->controller.image, id)->epoch;
}

/* A heartbeat of one that has applied everything. */
static inline void lives(struct fixture *f, int32_t id)
{
        struct broker_heartbeat_response out =
                beat(f, id, epoch_of(f, id), f->store.end - 1, false);
        assert_int_equal(out.error_code, KERR_NONE);
        assert_false(out.is_fenced);
}

/* Brokers 1 … count, registered and unfenced. */
static inline void start_brokers(struct fixture *f, int32_t count)
{
        for (int32_t id = 1; id <= count; id++) {
                assert_int_equal(register_life(f, id, 1, -1).error_code, KERR_NONE);
                lives(f, id);
        }
}

/* The session of `id` ends, those of 1 … count go on. */
static inline void lose(struct fixture *f, int32_t id, int32_t count)
{
        f->world.mono_ms += SESSION_MS - 1;
        for (int32_t other = 1; other <= count; other++) {
                if (other != id && !image_broker(&f->controller.image, other)->fenced)
                        lives(f, other);
        }
        f->world.mono_ms += 1;
        controller_run(&f->controller);
        assert_true(image_broker(&f->controller.image, id)->fenced);
}

/* A topic "t" of one partition on the brokers named, all in sync. */
static inline struct image_partition *make_topic(struct fixture *f, int32_t *ids, int32_t count)
{
        struct create_topics_assignment assignment = {0, {ids, count}};
        struct new_topic topic = {.name = str_of("t"),
                                  .partition_count = 1,
                                  .assignments = &assignment,
                                  .assignment_count = 1};
        assert_int_equal(controller_create_topic(&f->controller, &topic, f->why, sizeof f->why),
                         KERR_NONE);
        submit(f);
        return image_partition(&f->controller.image, str_of("t"), 0);
}

static inline void assert_ids(const struct replica_set *set, int32_t count, ...)
{
        va_list ids;
        assert_int_equal(set->count, count);
        va_start(ids, count);
        for (int32_t i = 0; i < count; i++)
                assert_int_equal(set->ids[i], va_arg(ids, int));
        va_end(ids);
}

/* AlterPartition of t-0 by `leader`, with the epochs in force; `epochs` NULL: of the members too.
 * The epochs can be spoilt by the deltas. */
static inline enum kerr alter_isr(struct fixture *f, int32_t leader, const int32_t *isr,
                                  const int64_t *epochs, int32_t count, int32_t leader_epoch_delta,
                                  int32_t partition_epoch_delta)
{
        struct image_topic *topic = image_topic(&f->controller.image, str_of("t"));
        struct image_partition *p = &topic->partitions[0];
        struct alter_partition_broker members[REPLICAS_MAX + 1] = {{0}};
        for (int32_t i = 0; i < count; i++)
                members[i] = (struct alter_partition_broker){isr[i], epochs ? epochs[i]
                                                                            : epoch_of(f, isr[i])};
        struct alter_partition_partition partition = {
                .index = 0,
                .leader_epoch = p->leader_epoch + leader_epoch_delta,
                .new_isr = {members, count},
                .partition_epoch = p->partition_epoch + partition_epoch_delta};
        struct alter_partition_topic asked = {topic->id, {&partition, 1}};
        struct alter_partition_request in = {leader, epoch_of(f, leader), {&asked, 1}};
        struct alter_partition_response out;
        controller_alter_partition(&f->controller, &in, &f->arena, &out);
        if (out.error_code)
                return (enum kerr)out.error_code;
        struct alter_partition_partition_response *answer =
                &out.topics.items[0].partitions.items[0];
        if (!answer->error_code) {
                assert_int_equal(answer->leader_id, p->leader);
                assert_int_equal(answer->leader_epoch, p->leader_epoch);
                assert_int_equal(answer->partition_epoch, p->partition_epoch);
                assert_int_equal(answer->isr.count, p->isr.count);
        }
        return (enum kerr)answer->error_code;
}

#endif
