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
        assert_int_equal(p->replicas[0], 3);
        assert_int_equal(p->isr_count, 1);
        assert_null(image_partition(&image, str_of("a"), 2));
        assert_null(image_partition(&image, str_of("b"), 0));

        struct metadata_record change = {.type = METADATA_PARTITION_CHANGE,
                                         .partition_change = {.index = 1,
                                                              .topic_id = id_a,
                                                              .isr.count = -1,
                                                              .leader = 1,
                                                              .replicas.count = -1}};
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
        assert_int_equal(HASH_COUNT(image.topics), 1);
        image_deinit(&image);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_history_is_folded),
                cmocka_unit_test(misfits_are_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
