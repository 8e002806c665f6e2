/* The rules of elections: one partition, some brokers that live. */
#include "base/rng.h"
#include "cluster/election.h"
#include "cluster/reassignment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Bit b set: broker b is active. */
static bool in_bits(const void *context, int32_t broker)
{
        return *(const uint32_t *)context >> broker & 1;
}

static struct electorate electorate(const uint32_t *active)
{
        return (struct electorate){
                .is_active = in_bits, .context = active, .min_isr = 2, .lost_broker = -1};
}

static struct replica_set set(int32_t count, int32_t a, int32_t b, int32_t c)
{
        return (struct replica_set){{a, b, c}, count};
}

/* On 1, 2 and 3, led by 1. */
static struct image_partition led_by_1(struct replica_set isr)
{
        return (struct image_partition){
                .replicas = set(3, 1, 2, 3), .isr = isr, .leader = 1, .leader_epoch = 5};
}

/* Settles `p` on what it is. */
static void settle(struct image_partition *p, const struct electorate *e)
{
        struct image_partition wanted = *p;
        election_settle(p, &wanted, e);
        *p = wanted;
}

#define assert_set(actual, count, a, b, c)                                  \
        do {                                                                \
                struct replica_set expected_ = set((count), (a), (b), (c)); \
                assert_true(replica_set_equal(&(actual), &expected_));      \
        } while (0)

/* Goal:   the leader stays while it lives; then the first replica in the ISR that lives follows.
 * Method: all live; then not the leader; then not the one in the middle either. */
static void a_leader_comes_from_the_isr(void **state)
{
        (void)state;
        uint32_t active = 1u << 1 | 1u << 2 | 1u << 3;
        struct electorate e = electorate(&active);
        struct image_partition p = led_by_1(set(3, 3, 1, 2));
        settle(&p, &e);
        assert_int_equal(p.leader, 1);
        active = 1u << 2 | 1u << 3;
        settle(&p, &e);
        assert_int_equal(p.leader, 2);
        assert_set(p.isr, 2, 2, 3, 0);
        assert_int_equal(p.elr.count, 0); /* two are enough */
        active = 1u << 3;
        settle(&p, &e);
        assert_int_equal(p.leader, 3);
        assert_set(p.isr, 1, 3, 0, 0);
        assert_set(p.elr, 1, 2, 0, 0); /* not 1, which left while two stayed */
}

/* Goal:   the ISR empties into the ELR, whose first member to live leads alone; the rest of the
 *         ELR stays while the ISR is too small, and goes when it is large enough.
 * Method: let all die, then 3 come back, then ask for 3 and 1 in the ISR. */
static void the_elr_remembers_and_elects(void **state)
{
        (void)state;
        uint32_t active = 0;
        struct electorate e = electorate(&active);
        struct image_partition p = led_by_1(set(2, 1, 3, 0));
        settle(&p, &e);
        assert_int_equal(p.leader, -1);
        assert_int_equal(p.isr.count, 0);
        assert_set(p.elr, 2, 1, 3, 0);
        assert_set(p.last_known_elr, 1, 1, 0, 0);
        active = 1u << 2; /* it was in neither */
        settle(&p, &e);
        assert_int_equal(p.leader, -1);
        active = 1u << 2 | 1u << 3;
        settle(&p, &e);
        assert_int_equal(p.leader, 3);
        assert_set(p.isr, 1, 3, 0, 0);
        assert_set(p.elr, 1, 1, 0, 0);
        assert_int_equal(p.last_known_elr.count, 0);
        struct image_partition wanted = p;
        wanted.isr = set(2, 3, 2, 0);
        election_settle(&p, &wanted, &e);
        assert_int_equal(wanted.elr.count, 0);
        assert_int_equal(wanted.leader, 3);
}

/* Goal:   a member of the ISR that lives comes before one of the ELR that does.
 * Method: min.insync.replicas 3, ISR {1,3}, ELR {2}; 1 dies. */
static void the_isr_comes_before_the_elr(void **state)
{
        (void)state;
        uint32_t active = 1u << 2 | 1u << 3;
        struct electorate e = electorate(&active);
        e.min_isr = 3;
        struct image_partition p = led_by_1(set(2, 1, 3, 0));
        p.elr = set(1, 2, 0, 0);
        settle(&p, &e);
        assert_int_equal(p.leader, 3);
        assert_set(p.isr, 1, 3, 0, 0);
        assert_set(p.elr, 2, 1, 2, 0);
}

/* Goal:   who lost bytes is in neither set; when nobody is, the last known leader leads again,
 *         though not while somebody eligible may come back.
 * Method: 1 was last; 3, and then 1 lose bytes; 1 returns. */
static void who_lost_bytes_is_not_eligible(void **state)
{
        (void)state;
        uint32_t active = 0;
        struct electorate e = electorate(&active);
        struct image_partition p = led_by_1(set(2, 1, 3, 0));
        settle(&p, &e);
        e.lost_broker = 1;
        settle(&p, &e);
        assert_set(p.elr, 1, 3, 0, 0);
        e.lost_broker = -1;
        active = 1u << 1 | 1u << 2;
        settle(&p, &e);
        assert_int_equal(p.leader, -1); /* 3 has all, so they wait for it */
        active = 1u << 2;
        e.lost_broker = 3;
        settle(&p, &e);
        assert_int_equal(p.elr.count, 0);
        assert_int_equal(p.leader, -1);
        e.lost_broker = -1;
        active = 1u << 1 | 1u << 2;
        settle(&p, &e);
        assert_int_equal(p.leader, 1);
        assert_set(p.isr, 1, 1, 0, 0);
        assert_int_equal(p.last_known_elr.count, 0);
}

/* Goal:   an unclean election takes any replica that lives, and only where it is allowed.
 * Method: only 2 lives, which was not in sync. */
static void unclean_elections_are_a_choice(void **state)
{
        (void)state;
        uint32_t active = 1u << 2;
        struct electorate e = electorate(&active);
        struct image_partition p = led_by_1(set(1, 1, 0, 0));
        settle(&p, &e);
        assert_int_equal(p.leader, -1);
        e.unclean = true;
        settle(&p, &e);
        assert_int_equal(p.leader, 2);
        assert_set(p.isr, 1, 2, 0, 0);
        assert_int_equal(p.elr.count, 0);
}

/* Goal:   a record tells what differs and nothing else, and none is made when nothing does; the
 *         leader epoch rises with a leader, and when a replica goes.
 * Method: the same state; another leader; another order of the ISR; one replica less. */
static void records_tell_the_difference(void **state)
{
        (void)state;
        struct uuid id = {{7}};
        struct metadata_record r;
        struct image_partition now = led_by_1(set(2, 1, 2, 0)), wanted = now;
        wanted.isr = set(2, 2, 1, 0);
        assert_false(election_change(&now, &wanted, &id, 4, &r));
        wanted.leader = 2;
        assert_true(election_change(&now, &wanted, &id, 4, &r));
        assert_int_equal(r.partition_change.index, 4);
        assert_int_equal(r.partition_change.leader, 2);
        assert_int_equal(r.partition_change.isr.count, -1);
        assert_int_equal(r.partition_change.replicas.count, -1);
        wanted = now;
        wanted.replicas = set(3, 2, 1, 3);
        assert_true(election_change(&now, &wanted, &id, 4, &r));
        assert_int_equal(r.partition_change.leader, PARTITION_CHANGE_SAME_LEADER);
        wanted.replicas = set(2, 2, 1, 0);
        assert_true(election_change(&now, &wanted, &id, 4, &r));
        assert_int_equal(r.partition_change.leader, 1);
        assert_int_equal(r.partition_change.replicas.count, 2);
}

static struct replica_set some_of(struct rng *rng, const struct replica_set *from)
{
        struct replica_set some = {.count = 0};
        for (int32_t i = 0; i < from->count; i++) {
                if (rng_chance(rng, 1, 2))
                        replica_set_add(&some, from->ids[i]);
        }
        return some;
}

static void assert_rules(const struct image_partition *p, uint32_t active, int32_t min_isr)
{
        int32_t enough = min_isr < p->replicas.count ? min_isr : p->replicas.count;
        for (int32_t i = 0; i < p->isr.count; i++) {
                assert_true(in_bits(&active, p->isr.ids[i]));
                assert_true(replica_set_has(&p->replicas, p->isr.ids[i]));
                assert_false(replica_set_has(&p->elr, p->isr.ids[i]));
        }
        for (int32_t i = 0; i < p->elr.count; i++)
                assert_true(replica_set_has(&p->replicas, p->elr.ids[i]));
        assert_int_equal(p->leader < 0, p->isr.count == 0);
        if (p->leader >= 0)
                assert_true(replica_set_has(&p->isr, p->leader));
        if (p->isr.count >= enough)
                assert_int_equal(p->elr.count, 0);
        assert_int_equal(p->last_known_elr.count > 0, p->leader < 0);
}

/* Goal:   the numbered rules of election.h hold after any history, and settling again changes
 *         nothing.
 * Method: 20,000 random steps: brokers come and go, lose bytes, ISRs and reassignments are asked
 *         for. */
static void the_rules_always_hold(void **state)
{
        (void)state;
        struct rng rng;
        rng_init(&rng, 42);
        struct image_partition p = led_by_1(set(3, 1, 2, 3));
        uint32_t active = ~0u;
        for (int step = 0; step < 20000; step++) {
                struct electorate e = electorate(&active);
                struct image_partition wanted = p;
                active ^= 1u << rng_between(&rng, 0, 5);
                e.min_isr = (int32_t)rng_between(&rng, 1, 3);
                e.unclean = rng_chance(&rng, 1, 50);
                if (rng_chance(&rng, 1, 4)) {
                        e.lost_broker = (int32_t)rng_between(&rng, 0, 5);
                        active &= ~(1u << e.lost_broker); /* it is about to register */
                }
                if (rng_chance(&rng, 1, 3) && p.leader >= 0) {
                        wanted.isr = some_of(&rng, &p.replicas);
                        replica_set_add(&wanted.isr, p.leader);
                }
                if (rng_chance(&rng, 1, 20)) {
                        struct replica_set all = {{5, 4, 3, 2, 1, 0}, 6};
                        struct replica_set target = some_of(&rng, &all);
                        replica_set_add(&target, (int32_t)rng_between(&rng, 0, 5));
                        assert_true(reassignment_begin(&wanted, &target));
                }
                election_settle(&p, &wanted, &e);
                assert_rules(&wanted, active, e.min_isr);
                assert_false(replica_set_has(&wanted.elr, e.lost_broker));
                struct image_partition again = wanted;
                struct metadata_record record;
                election_settle(&wanted, &again, &e);
                assert_false(election_change(&wanted, &again, &(struct uuid){{1}}, 0, &record));
                p = wanted;
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_leader_comes_from_the_isr),
                cmocka_unit_test(the_elr_remembers_and_elects),
                cmocka_unit_test(the_isr_comes_before_the_elr),
                cmocka_unit_test(who_lost_bytes_is_not_eligible),
                cmocka_unit_test(unclean_elections_are_a_choice),
                cmocka_unit_test(records_tell_the_difference),
                cmocka_unit_test(the_rules_always_hold),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
