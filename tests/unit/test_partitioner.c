#include "base/rng.h"
#include "client/partitioner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct span text(const char *s)
{
        return span_of(s, strlen(s));
}

/* Goal: keys go where the Java client puts them.
 * Method: the values of Kafka's own UtilsTest. */
static void hash_is_that_of_java(void **state)
{
        (void)state;
        assert_int_equal(murmur2(text("21")), -973932308);
        assert_int_equal(murmur2(text("foobar")), -790332482);
        assert_int_equal(murmur2(text("a-little-bit-long-string")), -985981536);
        assert_int_equal(murmur2(text("a-little-bit-longer-string")), -1486304829);
        assert_int_equal(murmur2(text("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")),
                         -58897971);
        assert_int_equal(murmur2(text("abc")), 479470107);
}

/* Goal: a negative hash still gives a partition, and an empty key has a place of its own.
 * Method: "21" hashes below zero; its lower 31 bits are 1173551340. */
static void key_has_a_partition(void **state)
{
        (void)state;
        assert_int_equal(partition_of_key(text("21"), 1), 0);
        assert_int_equal(partition_of_key(text("21"), 7), 1173551340 % 7);
        assert_int_equal(partition_of_key(text("21"), 100), 40);
        int32_t of_empty = partition_of_key(text(""), 1000);
        assert_in_range(of_empty, 0, 999);
        assert_int_equal(partition_of_key(text(""), 1000), of_empty);
}

struct random_world {
        struct world world;
        struct rng rng;
};

static uint64_t random_u64(struct world *w)
{
        return rng_u64(&((struct random_world *)w)->rng);
}

/* Goal: the sticky partitioner never chooses the same partition twice running, and every one in
 * time; with one partition it has no choice.
 * Method: a thousand choices among four. */
static void sticky_moves_on(void **state)
{
        (void)state;
        struct random_world w = {.world.random_u64 = random_u64};
        rng_init(&w.rng, 3);
        struct partitioner p;
        partitioner_init(&p, PARTITIONER_STICKY);
        int32_t seen[4] = {0}, previous = -1;
        for (int i = 0; i < 1000; i++) {
                int32_t chosen = partitioner_next(&p, &w.world, 4);
                assert_in_range(chosen, 0, 3);
                assert_int_not_equal(chosen, previous);
                previous = chosen;
                seen[chosen]++;
        }
        for (int i = 0; i < 4; i++)
                assert_in_range(seen[i], 150, 350);
        partitioner_init(&p, PARTITIONER_STICKY);
        assert_int_equal(partitioner_next(&p, &w.world, 1), 0);
        assert_int_equal(partitioner_next(&p, &w.world, 1), 0);
}

/* Goal: round robin takes the partitions in turn.
 * Method: twice around three. */
static void round_robin_takes_turns(void **state)
{
        (void)state;
        struct partitioner p;
        partitioner_init(&p, PARTITIONER_ROUND_ROBIN);
        for (int32_t i = 0; i < 6; i++)
                assert_int_equal(partitioner_next(&p, NULL, 3), i % 3);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hash_is_that_of_java),
                cmocka_unit_test(key_has_a_partition),
                cmocka_unit_test(sticky_moves_on),
                cmocka_unit_test(round_robin_takes_turns),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
