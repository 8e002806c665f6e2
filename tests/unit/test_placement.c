/* Where the replicas of new partitions go. */
#include "cluster/placement.h"
#include "fake_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void add_broker(struct image *image, int32_t id, bool fenced, bool in_shutdown)
{
        struct register_broker_endpoint endpoint = {.host = str_of("h"), .port = 1};
        struct metadata_record r = {.type = METADATA_REGISTER_BROKER,
                                    .register_broker = {.broker_id = id,
                                                        .endpoints = {&endpoint, 1},
                                                        .rack = STR_NULL,
                                                        .fenced = fenced,
                                                        .in_controlled_shutdown = in_shutdown}};
        assert_int_equal(image_apply(image, &r), KERR_NONE);
}

/* Goal:   in each round every broker leads one partition and holds as many as any other; no broker
 *         that is fenced or shuts down gets one; no partition has a broker twice.
 * Method: five brokers and two that are out; three rounds with three replicas each. */
static void replicas_are_spread(void **state)
{
        (void)state;
        struct fake_world world;
        struct image image = {0};
        struct placement placement;
        fake_world_init(&world);
        for (int32_t id = 10; id < 15; id++)
                add_broker(&image, id, false, false);
        add_broker(&image, 15, true, false);
        add_broker(&image, 16, false, true);
        placement_init(&placement, &world.world, &image);
        assert_int_equal(placement.count, 5);
        for (int round = 0; round < 3; round++) {
                int leads[20] = {0}, holds[20] = {0};
                for (int i = 0; i < 5; i++) {
                        struct replica_set set = placement_next(&placement, 3);
                        assert_int_equal(set.count, 3);
                        leads[set.ids[0]]++;
                        for (int k = 0; k < 3; k++)
                                holds[set.ids[k]]++;
                }
                for (int32_t id = 10; id < 15; id++) {
                        assert_int_equal(leads[id], 1);
                        assert_int_equal(holds[id], 3);
                }
        }
        placement_deinit(&placement);
        image_deinit(&image);
        fake_world_deinit(&world);
}

/* Goal:   a round's order, and so the first leader, is drawn by lot.
 * Method: place one partition 100 times over four brokers: each leads in some of them. */
static void the_start_is_random(void **state)
{
        (void)state;
        struct fake_world world;
        struct image image = {0};
        int leads[4] = {0};
        fake_world_init(&world);
        for (int32_t id = 0; id < 4; id++)
                add_broker(&image, id, false, false);
        for (int i = 0; i < 100; i++) {
                struct placement placement;
                placement_init(&placement, &world.world, &image);
                leads[placement_next(&placement, 1).ids[0]]++;
                placement_deinit(&placement);
        }
        for (int id = 0; id < 4; id++)
                assert_in_range(leads[id], 10, 45);
        image_deinit(&image);
        fake_world_deinit(&world);
}

/* Goal:   replicas named by hand must be registered (though they may be fenced), once each, and
 *         some.
 * Method: one good list; an empty one, a repetition, a stranger, too many. */
static void lists_by_hand_are_checked(void **state)
{
        (void)state;
        struct image image = {0};
        struct replica_set set;
        int32_t many[REPLICAS_MAX + 1];
        char why[100];
        for (int32_t id = 0; id <= REPLICAS_MAX; id++) {
                add_broker(&image, id, id == 1, false);
                many[id] = id;
        }
        assert_int_equal(placement_read(&image, (int32_t[]){2, 1}, 2, &set, why, sizeof why),
                         KERR_NONE);
        assert_int_equal(set.ids[0], 2);
        assert_int_equal(set.count, 2);
        enum kerr bad = KERR_INVALID_REPLICA_ASSIGNMENT;
        assert_int_equal(placement_read(&image, NULL, 0, &set, why, sizeof why), bad);
        assert_int_equal(placement_read(&image, (int32_t[]){2, 2}, 2, &set, why, sizeof why), bad);
        assert_int_equal(placement_read(&image, many, REPLICAS_MAX + 1, &set, why, sizeof why),
                         bad);
        assert_int_equal(placement_read(&image, (int32_t[]){2, 99}, 2, &set, why, sizeof why), bad);
        assert_string_equal(why, "No broker 99 is registered.");
        image_deinit(&image);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(replicas_are_spread),
                cmocka_unit_test(the_start_is_random),
                cmocka_unit_test(lists_by_hand_are_checked),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
