/* Unit tests of src/replication/isr.c and replica_set.c: who is in sync, and who says so. */
#include "replica_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* A leader on node 0 in leader epoch 5 with `batches` batches of one record. */
static void lead_with(struct replica_fixture *x, const char *isr, int batches)
{
        int64_t at;
        replicas_init(x);
        assign_all(x, assignment(1, 5, 1, isr));
        for (int i = 0; i < batches; i++)
                assert_int_equal(lead_append(x, 0, 1, false, &at), KERR_NONE);
}

static void append(struct replica_fixture *x)
{
        int64_t at;
        assert_int_equal(lead_append(x, 0, 1, false, &at), KERR_NONE);
}

static void expect_proposal(struct replica_fixture *x, const char *isr)
{
        struct replica *r = replica_of(x, 0);
        struct replica_set expected = set_of(isr);
        assert_true(isr_propose(r));
        assert_true(replica_set_equal(&r->proposal.isr, &expected));
        assert_int_equal(r->proposal.leader_epoch, r->assignment.leader_epoch);
        assert_int_equal(r->proposal.partition_epoch, r->assignment.partition_epoch);
        assert_false(isr_propose(r)); /* one at a time */
        assert_true(isr_must_send(r));
}

/* --- leaving --- */

/* Goal: a follower that has not caught up for longer than replica.lag.time.max.ms goes, and one
 * that has all stays however long nothing happens. Method: the clock goes on; one follower fetches.
 */
static void slow_followers_leave(void **state)
{
        (void)state;
        struct replica_fixture x;
        lead_with(&x, "123", 0);
        struct replica *r = replica_of(&x, 0);
        node_fetched(&x, 0, 1, 0);
        node_fetched(&x, 0, 2, 0);
        x.f.mono_ms += 10 * LAG_MS;
        assert_false(isr_propose(r));
        assert_int_equal(isr_next_ms(r), INT64_MAX);

        node_fetched(&x, 0, 1, 0);
        node_fetched(&x, 0, 2, 0);
        append(&x);
        node_fetched(&x, 0, 1, 1);
        assert_int_equal(isr_next_ms(r), x.f.mono_ms + LAG_MS + 1);
        x.f.mono_ms += LAG_MS;
        assert_false(isr_propose(r));
        x.f.mono_ms++;
        assert_int_equal(isr_next_ms(r), x.f.mono_ms);
        expect_proposal(&x, "12");
        assert_int_equal(isr_next_ms(r), INT64_MAX);
        replicas_deinit(&x);
}

/* Goal: one that is always a little behind is in sync as long as it gets, at each fetch, what there
 * was at the one before. Method: a steady stream of appends; then the follower falls behind. */
static void keeping_up_is_enough(void **state)
{
        (void)state;
        struct replica_fixture x;
        lead_with(&x, "12", 1);
        struct replica *r = replica_of(&x, 0);
        for (int i = 0; i < 20; i++) {
                node_fetched(&x, 0, 1, end_of(&x, 0) - 1);
                x.f.mono_ms += LAG_MS / 2;
                append(&x);
                assert_false(isr_propose(r));
        }
        int64_t stuck = end_of(&x, 0) - 1;
        for (int i = 0; i < 3; i++) {
                node_fetched(&x, 0, 1, stuck);
                x.f.mono_ms += LAG_MS / 2;
                append(&x);
        }
        expect_proposal(&x, "1");
        replicas_deinit(&x);
}

/* Goal: a new leader gives all of the ISR a full time to be heard of. Method: followers that never
 * fetch. */
static void a_new_leader_is_patient(void **state)
{
        (void)state;
        struct replica_fixture x;
        lead_with(&x, "12", 1);
        struct replica *r = replica_of(&x, 0);
        assert_int_equal(isr_next_ms(r), x.f.mono_ms + LAG_MS + 1);
        x.f.mono_ms += LAG_MS;
        assert_false(isr_propose(r));
        x.f.mono_ms++;
        expect_proposal(&x, "1");
        assert_int_equal(r->proposal.broker_epochs[0], 100);
        replicas_deinit(&x);
}

/* --- joining --- */

/* Goal: to join, a follower must have reached the high watermark and the start of the leader's
 * epoch (KAFKA-7128). Method: a new leader whose high watermark is behind; a follower between the
 * two; with the bug it joins. */
static void joining_needs_the_epoch_start(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                struct replica_fixture x;
                lead_with(&x, "12", 5);
                if (bug)
                        put_back(&x, ZOO_JOIN_BEFORE_EPOCH_START);
                node_fetched(&x, 0, 1, 5);
                for (int i = 0; i < 5; i++)
                        append(&x);
                assign_all(&x, assignment(1, 6, 2, "12"));
                assert_int_equal(hw_of(&x, 0), 5);
                struct replica *r = replica_of(&x, 0);
                node_fetched(&x, 0, 2, 4);
                assert_false(isr_propose(r));
                node_fetched(&x, 0, 2, 5);
                assert_int_equal(isr_propose(r), bug);
                if (!bug) {
                        node_fetched(&x, 0, 2, 10);
                        expect_proposal(&x, "123");
                        assert_int_equal(r->proposal.broker_epochs[2], 102);
                        assert_int_equal(r->proposal.broker_epochs[1], -1); /* not heard of yet */
                }
                replicas_deinit(&x);
        }
}

/* Goal: only a living broker joins, in the life in which it fetched (KIP-841, KIP-903). Method: it
 * is fenced; it registers anew, which the metadata knows before its first fetch. With the bug, what
 * it had before is believed. */
static void joining_needs_a_living_broker(void **state)
{
        (void)state;
        struct replica_fixture x;
        lead_with(&x, "12", 5);
        struct replica *r = replica_of(&x, 0);
        x.fenced[2] = true;
        node_fetched(&x, 0, 2, 5);
        assert_false(isr_propose(r));
        x.fenced[2] = false;
        x.broker_epochs[2] = 300;
        assert_false(isr_propose(r));
        put_back(&x, ZOO_REMEMBERED_LEO);
        expect_proposal(&x, "123");
        assert_int_equal(r->proposal.broker_epochs[2], -1);
        replicas_deinit(&x);
}

/* Goal: a follower that is gone does not come and go while too few are in sync for the high
 * watermark to leave it behind. Method: min 2; it stops fetching at the high watermark. */
static void the_dead_do_not_come_back(void **state)
{
        (void)state;
        struct replica_fixture x;
        lead_with(&x, "12", 5);
        struct replica *r = replica_of(&x, 0);
        struct replica_assignment a = assignment(1, 5, 2, "12");
        a.min_isr = 2;
        assign_all(&x, a);
        node_fetched(&x, 0, 1, 5);
        append(&x);
        x.f.mono_ms += LAG_MS + 1;
        expect_proposal(&x, "1");
        a.partition_epoch = 3;
        a.isr = set_of("1");
        assign_all(&x, a);
        assert_int_equal(hw_of(&x, 0), 5);
        assert_false(isr_propose(r));
        assert_int_equal(isr_next_ms(r), INT64_MAX);
        node_fetched(&x, 0, 1, 5); /* it lives */
        expect_proposal(&x, "12");
        a.partition_epoch = 4;
        a.isr = set_of("12");
        assign_all(&x, a);
        assert_false(isr_propose(r)); /* and has time to show that it keeps up */
        assert_int_equal(isr_next_ms(r), x.f.mono_ms + LAG_MS + 1);
        replicas_deinit(&x);
}

/* --- whom the high watermark waits for --- */

/* Goal: it waits for confirmed and proposed members alike until the controller has spoken
 * (KIP-497). Method: one goes while another comes; with the bug, the one who goes is let down. */
static void the_maximal_isr_counts(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                struct replica_fixture x;
                lead_with(&x, "12", 5);
                if (bug)
                        put_back(&x, ZOO_HW_ON_PROPOSED_ISR);
                x.f.mono_ms += LAG_MS + 1;
                node_fetched(&x, 0, 2, 5);
                expect_proposal(&x, "13");
                struct replica_set all = set_of(bug ? "13" : "123");
                struct replica_set maximal = isr_maximal(replica_of(&x, 0));
                assert_true(replica_set_equal(&maximal, &all));
                append(&x);
                node_fetched(&x, 0, 1, 3);
                assert_int_equal(hw_of(&x, 0), bug ? 5 : 3);
                struct replica_set isr = set_of("13");
                assert_int_equal(isr_confirmed(replica_of(&x, 0), 5, 2, &isr), !bug);
                assert_int_equal(hw_of(&x, 0), 5);
                replicas_deinit(&x);
        }
}

/* Goal: a follower that keeps up outside of the ISR is waited for, so that it can reach the high
 * watermark; one that may not join, or is slow, is not. Method: an ISR of the leader alone. */
static void those_who_come_are_waited_for(void **state)
{
        (void)state;
        struct replica_fixture x;
        lead_with(&x, "1", 5);
        struct replica *r = replica_of(&x, 0);
        x.fenced[1] = true; /* so that it does not join */
        node_fetched(&x, 0, 1, 5);
        assert_int_equal(hw_of(&x, 0), 5);
        x.fenced[1] = false;
        append(&x);
        assert_int_equal(hw_of(&x, 0), 5);
        assert_int_equal(isr_next_ms(r), x.f.mono_ms + LAG_MS + 1);
        x.f.mono_ms += LAG_MS + 1;
        assert_true(replica_advance(r));
        assert_int_equal(hw_of(&x, 0), 6);
        node_fetched(&x, 0, 1, 6);
        x.fenced[1] = true;
        append(&x);
        assert_int_equal(hw_of(&x, 0), 7);
        replicas_deinit(&x);
}

/* --- what becomes of a proposal --- */

/* Goal: a proposal ends only with the word of someone who knows. Method: each error, looking at
 * whether it is dropped or sent again. */
static void what_a_refusal_means(void **state)
{
        (void)state;
        static const struct {
                enum kerr err;
                bool dropped;
        } cases[] = {
                {KERR_INELIGIBLE_REPLICA, true},   {KERR_OPERATION_NOT_ATTEMPTED, true},
                {KERR_FENCED_LEADER_EPOCH, false}, {KERR_INVALID_UPDATE_VERSION, false},
                {KERR_NEW_LEADER_ELECTED, false},  {KERR_UNKNOWN_TOPIC_ID, false},
                {KERR_NOT_CONTROLLER, false},      {KERR_REQUEST_TIMED_OUT, false},
                {KERR_CONNECTION_FAILED, false},   {KERR_STALE_BROKER_EPOCH, false},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct replica_fixture x;
                lead_with(&x, "1", 5);
                struct replica *r = replica_of(&x, 0);
                node_fetched(&x, 0, 1, 5);
                expect_proposal(&x, "12");
                assert_false(isr_refused(r, cases[i].err)); /* not this one: it is not sent yet */
                assert_int_equal(r->isr_state, ISR_UNSENT);
                isr_sent(r);
                append(&x);
                x.fenced[1] = true;
                bool dropped = cases[i].dropped;
                assert_int_equal(isr_refused(r, cases[i].err), dropped);
                assert_int_equal(r->isr_state, dropped ? ISR_SETTLED : ISR_SENT);
                assert_int_equal(hw_of(&x, 0), dropped ? 6 : 5);
                assert_int_equal(isr_waits_for(r, 2), !dropped);
                assert_false(isr_must_send(r));
                x.f.mono_ms = isr_next_ms(r);
                assert_int_equal(isr_must_send(r), !dropped);

                assign_all(&x, assignment(1, 5, 2, "1"));
                assert_int_equal(r->isr_state, ISR_SETTLED);
                assert_int_equal(hw_of(&x, 0), 6);
                replicas_deinit(&x);
        }
}

/* Goal: a proposal that was sent twice and refused may still be taken, when the first copy arrives
 * late. Method: the high watermark waits for its members, until a proposal that changes nobody has
 * brought a newer partition epoch. */
static void copies_may_still_arrive(void **state)
{
        (void)state;
        struct replica_fixture x;
        lead_with(&x, "1", 5);
        struct replica *r = replica_of(&x, 0);
        node_fetched(&x, 0, 1, 5);
        expect_proposal(&x, "12");
        isr_sent(r);
        isr_sent(r);
        x.fenced[1] = true;
        append(&x);
        assert_false(isr_refused(r, KERR_INELIGIBLE_REPLICA));
        assert_int_equal(r->isr_state, ISR_SETTLED);
        assert_true(isr_waits_for(r, 2));
        x.f.mono_ms = isr_next_ms(r);
        expect_proposal(&x, "1");
        isr_sent(r);
        struct replica_set isr = set_of("1");
        assert_true(isr_confirmed(r, 5, 2, &isr));
        assert_false(isr_waits_for(r, 2));
        assert_int_equal(hw_of(&x, 0), 6);
        assert_false(isr_propose(r));
        replicas_deinit(&x);
}

/* Goal: after a refusal the leader does not ask again at once. Method: the clock. */
static void a_refusal_makes_a_pause(void **state)
{
        (void)state;
        struct replica_fixture x;
        lead_with(&x, "1", 5);
        struct replica *r = replica_of(&x, 0);
        node_fetched(&x, 0, 1, 5);
        expect_proposal(&x, "12");
        isr_sent(r);
        isr_refused(r, KERR_INELIGIBLE_REPLICA);
        assert_false(isr_propose(r));
        int64_t next_ms = isr_next_ms(r);
        assert_true(next_ms > x.f.mono_ms && next_ms < x.f.mono_ms + LAG_MS);
        x.f.mono_ms = next_ms;
        expect_proposal(&x, "12");
        replicas_deinit(&x);
}

/* Goal: what is sent again vouches for the life in which the follower was seen. Method: it restarts
 * and fetches between two sendings. */
static void what_is_sent_again_is_unchanged(void **state)
{
        (void)state;
        struct replica_fixture x;
        lead_with(&x, "1", 5);
        struct replica *r = replica_of(&x, 0);
        node_fetched(&x, 0, 1, 5);
        expect_proposal(&x, "12");
        isr_sent(r);
        x.nodes[1].host.broker_epoch = x.broker_epochs[1] = 300;
        node_fetched(&x, 0, 1, 0);
        assert_true(isr_must_send(r));
        assert_int_equal(r->proposal.broker_epochs[1], 101);
        replicas_deinit(&x);
}

/* Goal: the controller's answer may come before the metadata log says the same, or after, or from
 * an earlier epoch. Method: all three. */
static void answers_and_the_metadata_log(void **state)
{
        (void)state;
        struct replica_fixture x;
        lead_with(&x, "1", 5);
        struct replica *r = replica_of(&x, 0);
        struct replica_set isr = set_of("12");
        node_fetched(&x, 0, 1, 5);
        expect_proposal(&x, "12");
        isr_sent(r);
        assert_false(isr_confirmed(r, 4, 7, &isr));
        assert_int_equal(r->isr_state, ISR_SENT);
        isr_confirmed(r, 5, 2, &isr);
        assert_int_equal(r->isr_state, ISR_SETTLED);
        assert_int_equal(r->assignment.isr.count, 2);
        struct replica_assignment same = assignment(1, 5, 2, "12");
        assert_false(replica_apply(r, &same));

        node_fetched(&x, 0, 2, 5);
        expect_proposal(&x, "123");
        struct replica_assignment newer = assignment(1, 5, 3, "12"); /* another change */
        replica_apply(r, &newer);
        assert_int_equal(r->isr_state, ISR_SETTLED);
        isr_confirmed(r, 5, 3, &isr); /* nothing new */
        assert_int_equal(r->isr_state, ISR_SETTLED);
        expect_proposal(&x, "123");
        assert_int_equal(r->proposal.partition_epoch, 3);
        isr_refused(r, KERR_INELIGIBLE_REPLICA); /* the answer to the one before */
        assert_int_equal(r->isr_state, ISR_UNSENT);
        isr_sent(r);
        isr_confirmed(r, 5, 3, &isr); /* a controller for which that was no change */
        assert_int_equal(r->isr_state, ISR_SETTLED);
        replicas_deinit(&x);
}

/* Goal: a broker can sleep until isr_next_ms() and misses nothing, and never spins. Method: random
 * fetches, appends and time; whenever the time has come, something is done about it; before,
 * nothing can be done without an event. */
static void next_ms_is_neither_late_nor_early(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct rng rng;
        int proposals = 0;
        rng_init(&rng, 5);
        lead_with(&x, "123", 1);
        struct replica *r = replica_of(&x, 0);
        struct replica_assignment a = assignment(1, 5, 1, "123");
        for (int i = 0; i < 4000; i++) {
                int who = (int)rng_between(&rng, 1, 2);
                switch (rng_between(&rng, 0, 3)) {
                case 0: append(&x); break;
                case 1: node_fetched(&x, 0, who, end_of(&x, 0) - rng_chance(&rng, 1, 3)); break;
                case 2: x.fenced[who] = rng_chance(&rng, 1, 4); break;
                default:
                        if (isr_next_ms(r) == INT64_MAX)
                                break;
                        x.f.mono_ms = isr_next_ms(r) - 1;
                        assert_false(isr_propose(r));
                        assert_false(replica_advance(r));
                        x.f.mono_ms++;
                }
                replica_advance(r);
                if (isr_propose(r)) {
                        proposals++;
                        isr_sent(r);
                        if (rng_chance(&rng, 1, 3)) {
                                isr_refused(r, KERR_INELIGIBLE_REPLICA);
                        } else {
                                a.partition_epoch++;
                                isr_confirmed(r, 5, a.partition_epoch, &r->proposal.isr);
                        }
                }
                replica_advance(r);
                isr_propose(r);
                if (r->isr_state == ISR_UNSENT) {
                        isr_sent(r);
                        isr_refused(r, KERR_INELIGIBLE_REPLICA);
                }
                assert_true(isr_next_ms(r) > x.f.mono_ms);
        }
        assert_true(proposals > 100);
        replicas_deinit(&x);
}

/* --- sets --- */

/* Goal: a replica_set is a set that keeps its order. Method: each function at its edges. */
static void sets(void **state)
{
        (void)state;
        struct replica_set a = set_of("31"), b = set_of("13");
        assert_true(replica_set_equal(&a, &b));
        replica_set_add(&a, 1);
        assert_int_equal(a.count, 2);
        replica_set_add(&a, 2);
        assert_false(replica_set_equal(&a, &b));
        assert_false(replica_set_equal(&b, &a));
        replica_set_remove(&a, 3);
        replica_set_remove(&a, 9);
        assert_int_equal(a.ids[0], 1);
        assert_int_equal(a.ids[1], 2);
        assert_int_equal(a.count, 2);
        assert_false(replica_set_has(&a, 3));

        int32_t ids[REPLICAS_MAX + 1];
        for (int32_t i = 0; i <= REPLICAS_MAX; i++)
                ids[i] = i;
        assert_true(replica_set_from(&a, ids, REPLICAS_MAX));
        assert_int_equal(a.count, REPLICAS_MAX);
        assert_false(replica_set_from(&a, ids, REPLICAS_MAX + 1));
        ids[1] = 0;
        assert_false(replica_set_from(&a, ids, 3));
        assert_true(replica_set_from(&a, ids, 0));
        assert_int_equal(a.count, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(slow_followers_leave),
                cmocka_unit_test(keeping_up_is_enough),
                cmocka_unit_test(a_new_leader_is_patient),
                cmocka_unit_test(joining_needs_the_epoch_start),
                cmocka_unit_test(joining_needs_a_living_broker),
                cmocka_unit_test(the_dead_do_not_come_back),
                cmocka_unit_test(the_maximal_isr_counts),
                cmocka_unit_test(those_who_come_are_waited_for),
                cmocka_unit_test(what_a_refusal_means),
                cmocka_unit_test(copies_may_still_arrive),
                cmocka_unit_test(a_refusal_makes_a_pause),
                cmocka_unit_test(what_is_sent_again_is_unchanged),
                cmocka_unit_test(answers_and_the_metadata_log),
                cmocka_unit_test(next_ms_is_neither_late_nor_early),
                cmocka_unit_test(sets),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
