/* Tests of how a quorum starts: who stands before the election time-out, and who must not. */
#include "quorum_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct quorum_cluster cluster, *const c = &cluster;

static void start(int voters, uint64_t seed)
{
        cluster_init(c, voters, 0, seed, (struct zoo){0});
}

static void stop(void)
{
        assert_string_equal(c->broken, "");
        cluster_deinit(c);
}

/* Runs until some node may write; returns it. */
static int elect(void)
{
        for (int i = 0; i < 200 && leader_of(c) < 0; i++)
                run_for(c, 100);
        assert_true(leader_of(c) >= 0);
        return leader_of(c);
}

/* How long every new voter takes to ask all others once, and to stand then. */
static int64_t first_election_ms(int voters)
{
        const int64_t answers_ms = 100;
        return (voters - 1) * (int64_t)RETRY_MS + ELECTION_MS / 10 + answers_ms;
}

/* Goal:   voters that all are new, and voters that all start again with their votes on disk, wait
 *         for no election time-out: when each has told the others that it knows no leader, one
 *         stands. Chance keeps them apart: nearly never all three vote for themselves.
 * Method: 50 seeds, three and five voters; count those whose first candidate wins in that time. */
static void first_election(void **state)
{
        (void)state;
        enum { FIRST_SEEDS = 50 };
        for (int voters = 3; voters <= 5; voters += 2) {
                int new_ones = 0, restarted = 0;
                for (uint64_t seed = 1; seed <= FIRST_SEEDS; seed++) {
                        start(voters, seed);
                        run_for(c, first_election_ms(voters));
                        new_ones += leader_of(c) >= 0;
                        int32_t epoch = c->nodes[elect()].q.epoch;
                        for (int i = 0; i < voters; i++)
                                take_down(c, i);
                        for (int i = 0; i < voters; i++)
                                boot(c, i);
                        run_for(c, first_election_ms(voters));
                        restarted += leader_of(c) >= 0 && c->nodes[leader_of(c)].q.epoch > epoch;
                        stop();
                }
                assert_in_range(new_ones, FIRST_SEEDS - 2, FIRST_SEEDS);
                assert_in_range(restarted, FIRST_SEEDS - 2, FIRST_SEEDS);
        }
}

/* Goal:   voters that start again find the leader there is, and do not depose it: one of three, and
 *         both at once, though those two are a majority that knows no leader.
 * Method: take followers down, boot them; the epoch must stay. */
static void restart_joins(void **state)
{
        (void)state;
        for (uint64_t seed = 1; seed <= 50; seed++) {
                start(3, seed);
                int leader = elect(), one = (leader + 1) % 3, other = (leader + 2) % 3;
                int32_t epoch = c->nodes[leader].q.epoch;
                run_for(c, 1000);
                for (int both = 0; both < 2; both++) {
                        take_down(c, one);
                        if (both)
                                take_down(c, other);
                        boot(c, one);
                        if (both)
                                boot(c, other);
                        run_for(c, FETCH_MS);
                        assert_int_equal(leader_of(c), leader);
                        for (int i = 0; i < 3; i++) {
                                assert_int_equal(c->nodes[i].q.epoch, epoch);
                                assert_int_equal(c->nodes[i].q.leader, leader + 1);
                        }
                }
                stop();
        }
}

/* Goal:   a new voter whom not every other one answers waits for the election time-out, and stands
 *         no more than once in each.
 * Method: cut it off from the start; or let one of three be down, so that the two others are a
 *         majority, but the third might lead. */
static void new_and_alone(void **state)
{
        (void)state;
        for (int alone = 0; alone < 2; alone++) {
                start(3, 1);
                if (alone)
                        isolate(c, 0);
                else
                        take_down(c, 1);
                run_for(c, ELECTION_MS - 1);
                assert_int_equal(c->nodes[0].q.epoch, 0);
                run_for(c, 10 * ELECTION_MS);
                assert_in_range(c->nodes[0].q.epoch, 1, 10);
                stop();
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(first_election),
                cmocka_unit_test(restart_joins),
                cmocka_unit_test(new_and_alone),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
