/* The invariants over hand-made states: each is broken once, and its innocent twin is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
/* cmocka needs the first three above first. */
#include <cmocka.h>

#include "tests/unit/invariants_fixture.h"

/* Goal: a life in good order breaks nothing. Method: write, commit, move the leader, truncate what
 * was not committed, write again, converge. */
static void good_life(void **state)
{
        (void)state;
        struct cluster_state *s = begin_with_two();
        append(s, 1, 1, 102); /* not copied */
        elect(s, 2, 2, 1 << 2 | 1 << 3);
        lead(s, 2, 2, 1 << 2 | 1 << 3);
        follow(s, 3, 2);
        append(s, 2, 2, 200);
        append(s, 3, 2, 200);
        commit(s, 2, 3);
        commit(s, 3, 3);
        follow(s, 1, 2);
        truncate(s, 1, 2);
        append(s, 1, 2, 200);
        commit(s, 1, 3);
        lead(s, 2, 2, ALL); /* proposes */
        elect(s, 2, 2, ALL);
        invariants_check_end(s->v);
        expect_nothing(s);
}

/* I1. Goal: a replica whose record below its high watermark is not the committed one is found, and
 * one that differs above it is not. Method: the CRC of a follower's last record differs. */
static void logs_differ(void **state)
{
        (void)state;
        struct cluster_state *s = begin();
        append(s, 1, 1, 100);
        append(s, 2, 1, 100);
        elect(s, 1, 1, 1 << 1 | 1 << 2);
        lead(s, 1, 1, 1 << 1 | 1 << 2);
        append(s, 3, 1, 999);
        commit(s, 1, 1);
        commit(s, 2, 1);
        expect_nothing(s);

        s = begin();
        append(s, 1, 1, 100);
        append(s, 2, 1, 100);
        append(s, 3, 1, 999);
        elect(s, 1, 1, 1 << 1 | 1 << 2);
        lead(s, 1, 1, 1 << 1 | 1 << 2);
        commit(s, 1, 1);
        commit(s, 3, 1);
        expect(s, ANOMALY_LOGS_DIFFER, 1);
}

/* I2. Goal: a new leader must have all that is committed, and all that was acknowledged with
 * acks=all, with the right content. Method: it lacks one; has another; the ack was too early. */
static void leader_incomplete(void **state)
{
        (void)state;
        struct cluster_state *s = begin_with_two();
        elect(s, 1, 1, 1 << 1 | 1 << 2);
        lead(s, 1, 1, 1 << 1 | 1 << 2);
        truncate(s, 3, 1);
        lead(s, 3, 2, 1 << 3);
        elect(s, 3, 2, 1 << 3);
        expect(s, ANOMALY_LEADER_INCOMPLETE, 1);

        s = begin_with_two();
        elect(s, 1, 1, 1 << 1 | 1 << 2);
        lead(s, 1, 1, 1 << 1 | 1 << 2);
        truncate(s, 3, 1);
        append(s, 3, 1, 999);
        lead(s, 3, 2, 1 << 3);
        elect(s, 3, 2, 1 << 3);
        expect(s, ANOMALY_LEADER_INCOMPLETE, 1);

        s = begin_with_two();
        s->h.partitions[0].acked_end = 3;
        elect(s, 2, 2, 1 << 2 | 1 << 3);
        lead(s, 2, 2, 1 << 2 | 1 << 3);
        expect(s, ANOMALY_LEADER_INCOMPLETE, 1);
}

/* I2. Goal: a leader of an older epoch may lack what a newer one has committed. Method: it does. */
static void old_leader_may_lack(void **state)
{
        (void)state;
        struct cluster_state *s = begin_with_two();
        elect(s, 2, 2, 1 << 2 | 1 << 3);
        lead(s, 2, 2, 1 << 2 | 1 << 3);
        follow(s, 3, 2);
        append(s, 2, 2, 200);
        append(s, 3, 2, 200);
        commit(s, 2, 3);
        append(s, 1, 1, 102);
        expect_nothing(s);
}

/* I3. Goal: a member of ISR or ELR that lacks what is committed is found when it loses it, when the
 * leader commits without it, and when it joins; one that is down, or that has lost bytes in a power
 * cut, is let off until it joins anew. Method: each of these. */
static void candidate_incomplete(void **state)
{
        (void)state;
        struct cluster_state *s = begin_with_two();
        truncate(s, 3, 1);
        expect(s, ANOMALY_CANDIDATE_INCOMPLETE, 1);

        s = begin_with_two(); /* waits for two, and there are three */
        lead(s, 1, 1, ALL);
        append(s, 1, 1, 102);
        append(s, 2, 1, 102);
        commit(s, 1, 3);
        expect(s, ANOMALY_CANDIDATE_INCOMPLETE, 1);

        s = begin_with_two();
        elect(s, 1, 1, 1 << 1 | 1 << 2);
        lead(s, 1, 1, 1 << 1 | 1 << 2);
        truncate(s, 3, 1);
        lead(s, 1, 1, ALL);
        s->newest.elr = 1 << 3;
        elect(s, 1, 1, 1 << 1 | 1 << 2);
        expect(s, ANOMALY_CANDIDATE_INCOMPLETE, 1);

        s = begin_with_two();
        invariants_ended(s->v, 3);
        append(s, 1, 1, 102);
        append(s, 2, 1, 102);
        commit(s, 1, 3);
        expect_nothing(s);

        s = begin_with_two();
        invariants_ended(s->v, 3);
        invariants_lost(s->v, 3, 0, LOSS_UNSYNCED);
        invariants_started(s->v, 3);
        truncate(s, 3, 0);
        expect_nothing(s);

        s = begin_with_two();
        invariants_ended(s->v, 3);
        invariants_lost(s->v, 3, 0, LOSS_UNSYNCED);
        invariants_started(s->v, 3);
        invariants_registered(s->v, 3);
        truncate(s, 3, 0);
        elect(s, 1, 1, 1 << 1 | 1 << 2);
        elect(s, 1, 1, ALL);
        expect(s, ANOMALY_CANDIDATE_INCOMPLETE, 1);
}

/* I4. Goal: the leader waits for whom the controller may elect. Method: it leaves one out whom the
 * controller counts in; it waits for one more than that; the one is in the ELR. */
static void quorums_apart(void **state)
{
        (void)state;
        struct cluster_state *s = begin();
        lead(s, 1, 1, 1 << 1 | 1 << 2);
        expect(s, ANOMALY_QUORUMS_APART, 1);

        s = begin();
        elect(s, 1, 1, 1 << 1 | 1 << 2);
        s->replicas[1].isr = 1 << 1 | 1 << 2;
        s->replicas[1].maximal_isr = ALL;
        see(s, 1);
        expect_nothing(s);

        s = begin();
        lead(s, 1, 1, ALL);
        s->newest.elr = 1 << 3;
        elect(s, 1, 1, 1 << 1);
        expect_nothing(s); /* it waits for all three */

        s = begin();
        elect(s, 1, 1, 1 << 1 | 1 << 2);
        lead(s, 1, 1, 1 << 1 | 1 << 2);
        s->newest.elr = 1 << 3;
        elect(s, 1, 1, 1 << 1);
        expect(s, ANOMALY_QUORUMS_APART, 1);

        s = begin(); /* it knows that it is alone: its high watermark stands still */
        s->newest.elr = 1 << 3;
        elect(s, 1, 1, 1 << 1);
        lead(s, 1, 1, 1 << 1);
        expect_nothing(s);
}

/* I5. Goal: marks are in order, and a leader's high watermark does not fall. Method: each order
 * broken; a fall in the same epoch, and in another. */
static void marks(void **state)
{
        (void)state;
        struct cluster_state *s = begin_with_two();
        s->replicas[2].high_watermark = 3;
        see(s, 2);
        expect(s, ANOMALY_MARKS_DISORDERED, 1);

        s = begin();
        append(s, 2, 1, 100);
        s->replicas[2].log_start = 1;
        see(s, 2);
        expect(s, ANOMALY_MARKS_DISORDERED, 1);

        s = begin_with_two();
        commit(s, 1, 1);
        expect(s, ANOMALY_HW_FELL, 1);

        s = begin_with_two();
        commit(s, 2, 1);
        elect(s, 2, 2, ALL);
        lead(s, 2, 2, ALL);
        expect_nothing(s);
}

/* I5. Goal: a high watermark inside a batch is found. Method: a batch of two records. */
static void inside_a_batch(void **state)
{
        (void)state;
        struct cluster_state *s = begin();
        batches_add(&s->logs[1],
                    &(struct seen_batch){.last_offset = 1, .leader_epoch = 1, .crc = 100});
        elect(s, 1, 1, 1 << 1);
        lead(s, 1, 1, 1 << 1);
        s->replicas[1].log_end = 2;
        commit(s, 1, 1);
        expect(s, ANOMALY_MARKS_DISORDERED, 1);
}

/* I6. Goal: no two brokers lead in one epoch, and a broker's epoch does not fall while it lives.
 * Method: both; the epoch also over a restart, where it may. */
static void epochs(void **state)
{
        (void)state;
        struct cluster_state *s = begin();
        lead(s, 2, 1, ALL);
        expect(s, ANOMALY_TWO_LEADERS, 1);

        s = begin();
        follow(s, 2, 3);
        follow(s, 2, 2);
        expect(s, ANOMALY_EPOCH_FELL, 1);

        s = begin();
        follow(s, 2, 3);
        invariants_ended(s->v, 2);
        invariants_started(s->v, 2);
        follow(s, 2, 2);
        expect_nothing(s);
}

/* Goal: when the last member of ISR and ELR loses bytes, nothing is promised, and nothing is looked
 * for; not while another is left, nor where the records were synced first. Method: both are cut one
 * after the other. */
static void beyond_the_promise(void **state)
{
        (void)state;
        struct cluster_state *s = begin_with_two();
        elect(s, 1, 1, 1 << 1 | 1 << 2);
        lead(s, 1, 1, 1 << 1 | 1 << 2);
        invariants_lost(s->v, 1, 0, LOSS_UNSYNCED);
        assert_int_equal(s->h.partitions[0].beyond_ns, 0);
        invariants_lost(s->v, 2, 0, LOSS_UNSYNCED);
        assert_int_equal(s->h.partitions[0].beyond_ns, s->now_ns);
        truncate(s, 1, 0);
        truncate(s, 2, 0);
        expect_nothing(s);

        s = begin_with_two(); /* 1 has lost nothing, but who would know? */
        elect(s, 1, 1, 1 << 1 | 1 << 2);
        lead(s, 1, 1, 1 << 1 | 1 << 2);
        invariants_lost(s->v, 1, 0, LOSS_CLAIMED);
        assert_int_equal(s->h.partitions[0].beyond_ns, 0);
        invariants_lost(s->v, 2, 0, LOSS_UNSYNCED);
        assert_int_equal(s->h.partitions[0].beyond_ns, s->now_ns);
        expect_nothing(s);

        s = begin_with_two();
        s->h.partitions[0].sync_first = true;
        for (int32_t id = 1; id <= BROKERS; id++)
                invariants_lost(s->v, id, 0, LOSS_UNSYNCED);
        assert_int_equal(s->h.partitions[0].beyond_ns, 0);
        for (int32_t id = 1; id <= BROKERS; id++)
                invariants_lost(s->v, id, 0, LOSS_ALL);
        assert_int_equal(s->h.partitions[0].beyond_ns, s->now_ns);
        expect_nothing(s);
}

/* Goal: an unclean election ends the promise where it is allowed; an election of the last known
 * leader, when ISR and ELR are empty, is none. Method: both, and who has led is noted. */
static void unclean_election(void **state)
{
        (void)state;
        struct cluster_state *s = begin_with_two();
        s->h.partitions[0].unclean = true;
        elect(s, 1, 1, 1 << 1);
        assert_false(s->h.partitions[0].leader_moved);
        elect(s, 2, 2, 1 << 2);
        assert_int_equal(s->h.partitions[0].beyond_ns, s->now_ns);
        assert_true(s->h.partitions[0].leader_moved);
        expect_nothing(s);

        s = begin_with_two();
        s->h.partitions[0].unclean = true;
        s->newest.last_known = 1 << 1;
        elect(s, -1, 2, 0);
        elect(s, 1, 3, 1 << 1);
        assert_int_equal(s->h.partitions[0].beyond_ns, 0);
        expect_nothing(s);
}

/* I12. Goal: the end is no end while a replica is out of sync, shorter, behind with its high
 * watermark, different or not there. Method: each in turn. */
static void convergence(void **state)
{
        (void)state;
        char why[FINDING_BYTES];
        for (int fault = 0; fault < 6; fault++) {
                struct cluster_state *s = begin_with_two();
                if (fault == 1)
                        elect(s, 1, 1, 1 << 1 | 1 << 2);
                if (fault == 2)
                        append(s, 1, 1, 102);
                if (fault == 3)
                        commit(s, 3, 1);
                if (fault == 4)
                        s->logs[3].items[1].crc = 999; /* behind the back of I1 */
                if (fault == 5)
                        invariants_ended(s->v, 3);
                assert_int_equal(invariants_have_converged(s->v, why), fault == 0 || fault == 4);
                invariants_check_end(s->v);
                expect(s, ANOMALY_NOT_CONVERGED, fault > 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_life),
                cmocka_unit_test(logs_differ),
                cmocka_unit_test(leader_incomplete),
                cmocka_unit_test(old_leader_may_lack),
                cmocka_unit_test(candidate_incomplete),
                cmocka_unit_test(quorums_apart),
                cmocka_unit_test(marks),
                cmocka_unit_test(inside_a_batch),
                cmocka_unit_test(epochs),
                cmocka_unit_test(beyond_the_promise),
                cmocka_unit_test(unclean_election),
                cmocka_unit_test(convergence),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
