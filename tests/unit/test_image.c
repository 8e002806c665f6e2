/* The image is a fold of metadata records; records that do not fit are refused. */
#include "cluster/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const struct uuid id_a = {{1}}, id_b = {{2}};

static enum kerr topic(struct image *image, const char *name, struct uuid id)
{
        return image_apply(image, &(struct metadata_record){.type = METADATA_TOPIC,
                                                            .topic = {str_of(name), id}});
}

static enum kerr partition(struct image *image, struct uuid id, int32_t index)
{
        int32_t brokers[] = {3, 1};
        return image_apply(image, &(struct metadata_record){.type = METADATA_PARTITION,
                                                            .partition = {.index = index,
                                                                          .topic_id = id,
                                                                          .replicas = {brokers, 2},
                                                                          .isr = {brokers, 1},
                                                                          .leader = 3,
                                                                          .leader_epoch = 7}});
}

static enum kerr setting(struct image *image, const char *name, const char *key, const char *value)
{
        return image_apply(image, &(struct metadata_record){
                                          .type = METADATA_CONFIG,
                                          .config = {2, str_of(name), str_of(key), str_of(value)}});
}

static enum kerr broker(struct image *image, int32_t id, int64_t epoch, const char *host)
{
        struct register_broker_endpoint endpoint = {.host = str_of(host), .port = 9092};
        return image_apply(image,
                           &(struct metadata_record){
                                   .type = METADATA_REGISTER_BROKER,
                                   .register_broker = {.broker_id = id,
                                                       .incarnation_id = id_b,
                                                       .broker_epoch = epoch,
                                                       .endpoints = {&endpoint, host != NULL},
                                                       .rack = STR_NULL,
                                                       .fenced = true}});
}

static enum kerr change_broker(struct image *image, int32_t id, int64_t epoch, int8_t fenced,
                               int8_t in_shutdown)
{
        return image_apply(image,
                           &(struct metadata_record){
                                   .type = METADATA_BROKER_REGISTRATION_CHANGE,
                                   .broker_registration_change = {id, epoch, fenced, in_shutdown}});
}

/* Goal:   topics, partitions and settings come, change and go, found by name and by id.
 * Method: apply a short history and look after each step. */
static void a_history_is_folded(void **state)
{
        (void)state;
        struct image image = {0};
        assert_int_equal(topic(&image, "a", id_a), KERR_NONE);
        assert_int_equal(topic(&image, "b", id_b), KERR_NONE);
        assert_int_equal(partition(&image, id_a, 0), KERR_NONE);
        assert_int_equal(partition(&image, id_a, 1), KERR_NONE);
        struct image_partition *p = image_partition(&image, str_of("a"), 1);
        assert_int_equal(p->replicas.ids[0], 3);
        assert_int_equal(p->isr.count, 1);
        assert_null(image_partition(&image, str_of("a"), 2));
        assert_null(image_partition(&image, str_of("b"), 0));

        struct metadata_record change = {.type = METADATA_PARTITION_CHANGE,
                                         .partition_change = partition_change_of(&id_a, 1)};
        change.partition_change.leader = 1;
        assert_int_equal(image_apply(&image, &change), KERR_NONE);
        assert_int_equal(p->leader, 1);
        assert_int_equal(p->leader_epoch, 8);
        assert_int_equal(p->partition_epoch, 1);
        change.partition_change.leader = PARTITION_CHANGE_SAME_LEADER;
        assert_int_equal(image_apply(&image, &change), KERR_NONE);
        assert_int_equal(p->leader_epoch, 8);
        assert_int_equal(p->partition_epoch, 2);

        assert_int_equal(setting(&image, "a", "k", "1"), KERR_NONE);
        assert_int_equal(setting(&image, "a", "l", "2"), KERR_NONE);
        assert_int_equal(setting(&image, "a", "k", "3"), KERR_NONE);
        struct image_topic *a = image_topic(&image, str_of("a"));
        assert_int_equal(a->setting_count, 2);
        assert_string_equal(a->settings[1].value, "3");
        assert_int_equal(setting(&image, "a", "l", NULL), KERR_NONE);
        assert_int_equal(a->setting_count, 1);

        struct metadata_record gone = {.type = METADATA_REMOVE_TOPIC, .remove_topic = {id_a}};
        assert_int_equal(image_apply(&image, &gone), KERR_NONE);
        assert_null(image_topic(&image, str_of("a")));
        assert_null(image_topic_by_id(&image, &id_a));
        assert_ptr_equal(image_topic_by_id(&image, &id_b), image_topic(&image, str_of("b")));
        image_deinit(&image);
}

/* Goal:   records that do not fit what came before are MALFORMED and change nothing.
 * Method: a second topic of one name, partitions out of turn, unknown topics. */
static void misfits_are_refused(void **state)
{
        (void)state;
        struct image image = {0};
        assert_int_equal(topic(&image, "a", id_a), KERR_NONE);
        assert_int_equal(topic(&image, "a", id_b), KERR_MALFORMED);
        assert_int_equal(partition(&image, id_a, 1), KERR_MALFORMED);
        assert_int_equal(partition(&image, id_b, 0), KERR_MALFORMED);
        assert_int_equal(setting(&image, "b", "k", "v"), KERR_MALFORMED);
        struct metadata_record gone = {.type = METADATA_REMOVE_TOPIC, .remove_topic = {id_b}};
        assert_int_equal(image_apply(&image, &gone), KERR_MALFORMED);
        char name[400];
        snprintf(name, sizeof name, "%0399d", 7);
        assert_int_equal(topic(&image, name, id_b), KERR_MALFORMED);
        assert_int_equal(topic(&image, "b", id_a), KERR_MALFORMED); /* an id twice */
        assert_int_equal(broker(&image, 1, 5, NULL), KERR_MALFORMED);
        assert_int_equal(broker(&image, 1, 5, name), KERR_MALFORMED);
        assert_int_equal(broker(&image, 1, 5, "h"), KERR_NONE);
        assert_int_equal(change_broker(&image, 1, 4, BROKER_FENCED, BROKER_SAME), KERR_MALFORMED);
        assert_int_equal(change_broker(&image, 2, 5, BROKER_FENCED, BROKER_SAME), KERR_MALFORMED);
        assert_int_equal(HASH_COUNT(image.topics), 1);
        image_deinit(&image);
        assert_null(image.topics);
        assert_null(image.topics_by_id);
        assert_null(image.brokers);
}

/* Goal:   partitions with lists that cannot be are refused, and the partition stays as it was.
 * Method: too many replicas; one twice; a list that may not be left out. */
static void bad_lists_change_nothing(void **state)
{
        (void)state;
        struct image image = {0};
        int32_t many[REPLICAS_MAX + 1], twice[] = {1, 1};
        for (int32_t i = 0; i <= REPLICAS_MAX; i++)
                many[i] = i;
        topic(&image, "a", id_a);
        struct metadata_record bad = {
                .type = METADATA_PARTITION,
                .partition = {.topic_id = id_a, .replicas = {many, REPLICAS_MAX + 1}}};
        assert_int_equal(image_apply(&image, &bad), KERR_MALFORMED);
        bad.partition.replicas = (struct broker_ids){NULL, -1};
        assert_int_equal(image_apply(&image, &bad), KERR_MALFORMED);
        assert_int_equal(partition(&image, id_a, 0), KERR_NONE);
        struct metadata_record change = {.type = METADATA_PARTITION_CHANGE,
                                         .partition_change = partition_change_of(&id_a, 0)};
        change.partition_change.isr = (struct broker_ids){many, 2};
        change.partition_change.elr = (struct broker_ids){twice, 2};
        assert_int_equal(image_apply(&image, &change), KERR_MALFORMED);
        struct image_partition *p = image_partition(&image, str_of("a"), 0);
        assert_int_equal(p->isr.count, 1);
        assert_int_equal(p->partition_epoch, 0);
        image_deinit(&image);
}

/* Goal:   brokers come, change, come again in their old place, and go.
 * Method: the life of two brokers. */
static void brokers_are_kept(void **state)
{
        (void)state;
        struct image image = {0};
        assert_int_equal(broker(&image, 7, 10, "seven"), KERR_NONE);
        assert_int_equal(broker(&image, 3, 11, "three"), KERR_NONE);
        struct image_broker *b = image_broker(&image, 7);
        assert_true(b->fenced);
        assert_int_equal(change_broker(&image, 7, 10, BROKER_UNFENCED, BROKER_SAME), KERR_NONE);
        assert_false(b->fenced);
        assert_int_equal(change_broker(&image, 7, 10, BROKER_SAME, BROKER_IN_SHUTDOWN), KERR_NONE);
        assert_true(b->in_shutdown);
        assert_false(b->fenced);
        assert_int_equal(broker(&image, 7, 20, "elsewhere"), KERR_NONE);
        assert_ptr_equal(image.brokers, b); /* still the first */
        assert_int_equal(b->epoch, 20);
        assert_string_equal(b->host, "elsewhere");
        assert_false(b->in_shutdown);
        struct metadata_record gone = {.type = METADATA_UNREGISTER_BROKER,
                                       .unregister_broker = {3, 10}};
        assert_int_equal(image_apply(&image, &gone), KERR_MALFORMED); /* another life of it */
        gone.unregister_broker.broker_epoch = 11;
        assert_int_equal(image_apply(&image, &gone), KERR_NONE);
        assert_null(image_broker(&image, 3));
        image_deinit(&image);
}

static void copy_record(void *to, const struct metadata_record *record)
{
        assert_int_equal(image_apply(to, record), KERR_NONE);
}

/* Goal:   the records of an image make the same image again, in the same order.
 * Method: an image with everything in it, copied; every field that a snapshot must keep is looked
 *         at. */
static void an_image_can_be_rebuilt(void **state)
{
        (void)state;
        struct image from = {0}, image = {0};
        int32_t ids[] = {4, 5, 6};
        broker(&from, 9, 1, "nine");
        broker(&from, 2, 2, "two");
        change_broker(&from, 2, 2, BROKER_UNFENCED, BROKER_IN_SHUTDOWN);
        topic(&from, "z", id_b);
        topic(&from, "a", id_a);
        partition(&from, id_a, 0);
        struct metadata_record change = {.type = METADATA_PARTITION_CHANGE,
                                         .partition_change = partition_change_of(&id_a, 0)};
        change.partition_change.elr = (struct broker_ids){ids, 1};
        change.partition_change.last_known_elr = (struct broker_ids){ids, 2};
        change.partition_change.adding_replicas = (struct broker_ids){ids + 1, 1};
        change.partition_change.removing_replicas = (struct broker_ids){ids + 1, 2};
        image_apply(&from, &change);
        setting(&from, "a", "k", "1");
        image_apply(&from, &(struct metadata_record){.type = METADATA_PRODUCER_IDS,
                                                     .producer_ids = {1, 1, 3000}});
        image_each_record(&from, copy_record, &image);

        assert_int_equal(image.brokers->id, 9);
        struct image_broker *two = image_broker(&image, 2);
        assert_int_equal(two->epoch, 2);
        assert_int_equal(two->port, 9092);
        assert_string_equal(two->host, "two");
        assert_memory_equal(&two->incarnation, &id_b, sizeof id_b);
        assert_false(two->fenced);
        assert_true(two->in_shutdown);
        assert_string_equal(image.topics->name, "z");
        struct image_topic *a = image_topic_by_id(&image, &id_a);
        assert_string_equal(image_setting(a, "k"), "1");
        assert_null(image_setting(a, "l"));
        assert_memory_equal(&a->partitions[0], &image_topic_by_id(&from, &id_a)->partitions[0],
                            sizeof a->partitions[0]);
        assert_int_equal(a->partitions[0].partition_epoch, 1);
        assert_int_equal(image.next_producer_id, 3000);
        image_deinit(&from);
        image_deinit(&image);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_history_is_folded),      cmocka_unit_test(misfits_are_refused),
                cmocka_unit_test(bad_lists_change_nothing), cmocka_unit_test(brokers_are_kept),
                cmocka_unit_test(an_image_can_be_rebuilt),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
