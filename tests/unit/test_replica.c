/* Unit tests of src/replication/replica.c: one replica as leader and as follower. */
#include "replica_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void expect_committed(struct replica_fixture *x, int n, int32_t epoch, int64_t at,
                             enum kerr expected, bool expected_done)
{
        bool done;
        assert_int_equal(replica_committed(replica_of(x, n), epoch, at, &done), expected);
        assert_int_equal(done, expected_done);
}

static void append(struct replica_fixture *x, int n, int32_t records)
{
        int64_t at;
        assert_int_equal(lead_append(x, n, records, false, &at), KERR_NONE);
        assert_int_equal(at, end_of(x, n));
}

/* --- roles and epochs --- */

/* Goal: the metadata decides who leads, and requests of another leader epoch are refused. Method:
 * the codes of all three roles, before and after an election. */
static void roles_and_epochs(void **state)
{
        (void)state;
        struct replica_fixture x;
        replicas_init(&x);
        struct replica *r = replica_of(&x, 0);
        assert_int_equal(replica_check_leader(r, -1), KERR_NOT_LEADER_OR_FOLLOWER);
        assert_int_equal(replica_check_leader(r, 3), KERR_UNKNOWN_LEADER_EPOCH);

        struct replica_assignment a = assignment(1, 5, 9, "123");
        assert_true(replica_apply(r, &a));
        assert_int_equal(r->role, REPLICA_LEADER);
        assert_int_equal(replica_check_leader(r, -1), KERR_NONE);
        assert_int_equal(replica_check_leader(r, 5), KERR_NONE);
        assert_int_equal(replica_check_leader(r, 4), KERR_FENCED_LEADER_EPOCH);
        assert_int_equal(replica_check_leader(r, 6), KERR_UNKNOWN_LEADER_EPOCH);

        a = assignment(2, 6, 10, "12");
        assert_true(replica_apply(r, &a));
        assert_int_equal(r->role, REPLICA_FOLLOWER);
        assert_int_equal(replica_check_leader(r, 6), KERR_NOT_LEADER_OR_FOLLOWER);
        assert_int_equal(replica_check_leader(r, 5), KERR_FENCED_LEADER_EPOCH);

        a = assignment(-1, 7, 11, "12");
        assert_true(replica_apply(r, &a));
        assert_int_equal(r->role, REPLICA_IDLE);
        a = assignment(2, 8, 12, "2");
        a.replicas = set_of("23");
        assert_true(replica_apply(r, &a));
        assert_int_equal(r->role, REPLICA_IDLE);
        replicas_deinit(&x);
}

/* Goal: what is not newer than the assignment applied changes nothing but the topic's setting.
 * Method: the same partition epoch, an older one, and a newer one with an older leader epoch. */
static void old_assignments_are_passed_over(void **state)
{
        (void)state;
        struct replica_fixture x;
        replicas_init(&x);
        struct replica *r = replica_of(&x, 0);
        struct replica_assignment first = assignment(1, 5, 9, "123");
        replica_apply(r, &first);
        struct replica_assignment old[] = {assignment(2, 5, 9, "23"), assignment(2, 4, 8, "23"),
                                           assignment(2, 4, 10, "23")};
        for (int i = 0; i < 3; i++) {
                old[i].min_isr = 2 + i;
                assert_false(replica_apply(r, &old[i]));
                assert_int_equal(r->role, REPLICA_LEADER);
                assert_int_equal(r->assignment.partition_epoch, 9);
                assert_int_equal(r->assignment.isr.count, 3);
                assert_int_equal(r->assignment.min_isr, 2 + i);
        }
        struct replica_assignment newer = assignment(1, 5, 10, "12");
        assert_false(replica_apply(r, &newer)); /* nobody who waits need know */
        assert_int_equal(r->assignment.isr.count, 2);
        replicas_deinit(&x);
}

/* Goal: a leader forgets what followers had when it is elected anew, and not when only the ISR
 * changes. Method: both, looking at the high watermark, which needs to know. */
static void followers_are_forgotten_with_the_epoch(void **state)
{
        (void)state;
        struct replica_fixture x;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "12"));
        append(&x, 0, 4);
        assert_true(node_fetched(&x, 0, 1, 4));
        append(&x, 0, 4);
        node_fetched(&x, 0, 2, 8);
        assign_all(&x, assignment(1, 5, 2, "123"));
        assert_int_equal(replica_of(&x, 0)->followers[1].log_end_offset, 8);
        assert_true(node_fetched(&x, 0, 1, 8));
        assert_int_equal(hw_of(&x, 0), 8);

        append(&x, 0, 1);
        assign_all(&x, assignment(1, 6, 3, "123"));
        assert_int_equal(replica_of(&x, 0)->epoch_start, 9);
        assert_int_equal(replica_of(&x, 0)->followers[1].log_end_offset, -1);
        assert_false(node_fetched(&x, 0, 1, 9));
        assert_true(node_fetched(&x, 0, 2, 9));
        replicas_deinit(&x);
}

/* Goal: a fetch of an older life of the follower's broker tells nothing, and a new life begins with
 * nothing known. Method: fetches with three broker epochs. */
static void a_follower_has_lives(void **state)
{
        (void)state;
        struct replica_fixture x;
        enum kerr err;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "12"));
        append(&x, 0, 4);
        struct replica *r = replica_of(&x, 0);
        assert_false(replica_fetched(r, 2, -1, 4, 0, &err));
        assert_int_equal(err, KERR_NONE);
        assert_int_equal(r->followers[0].log_end_offset, -1);
        replica_fetched(r, 2, 201, 0, 0, &err);
        replica_fetched(r, 2, 101, 4, 0, &err);
        assert_int_equal(r->followers[0].log_end_offset, 0);
        assert_int_equal(hw_of(&x, 0), 0);
        assert_false(replica_fetched(r, 2, 201, 5, 0, &err)); /* more than there is */
        assert_int_equal(r->followers[0].log_end_offset, 0);
        assert_true(replica_fetched(r, 2, 301, 4, 2, &err));
        assert_int_equal(r->followers[0].broker_epoch, 301);
        assert_int_equal(r->followers[0].log_start_offset, 2);
        replica_fetched(r, 7, 1, 4, 0, &err);
        assert_int_equal(err, KERR_NOT_LEADER_OR_FOLLOWER);
        replica_fetched(replica_of(&x, 1), 1, 1, 0, 0, &err);
        assert_int_equal(err, KERR_NOT_LEADER_OR_FOLLOWER);
        replicas_deinit(&x);
}

/* --- the leader's high watermark --- */

/* Goal: it is the smallest LEO of the ISR, unknown ones included. Method: fetches out of step. */
static void high_watermark_waits_for_the_isr(void **state)
{
        (void)state;
        struct replica_fixture x;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "123"));
        append(&x, 0, 5);
        append(&x, 0, 5);
        assert_false(node_fetched(&x, 0, 1, 10));
        assert_int_equal(hw_of(&x, 0), 0);
        assert_true(node_fetched(&x, 0, 2, 5));
        assert_int_equal(hw_of(&x, 0), 5);
        assert_false(node_fetched(&x, 0, 2, 0)); /* an old one on a slow stream: never back */
        assert_int_equal(hw_of(&x, 0), 5);
        assert_true(node_fetched(&x, 0, 2, 10));
        assert_int_equal(hw_of(&x, 0), 10);

        append(&x, 0, 1);
        node_fetched(&x, 0, 1, 11);
        x.fenced[2] = true;
        struct replica_assignment a = assignment(1, 5, 2, "12");
        assert_true(replica_apply(replica_of(&x, 0), &a)); /* those who wait are told */
        assert_int_equal(hw_of(&x, 0), 11);
        replicas_deinit(&x);
}

/* Goal: with too few in sync nothing is committed (KIP-966), but a partition with fewer replicas
 * than the minimum goes by their number. Method: min 2 with an ISR of one, with the bug and
 * without; min 2 with one replica. */
static void high_watermark_stands_below_min_isr(void **state)
{
        (void)state;
        struct replica_fixture x;
        for (int bug = 0; bug < 2; bug++) {
                replicas_init(&x);
                if (bug)
                        put_back(&x, ZOO_HW_UNDER_MIN_ISR);
                struct replica_assignment a = assignment(1, 5, 1, "1");
                a.min_isr = 2;
                assign_all(&x, a);
                append(&x, 0, 5);
                assert_int_equal(hw_of(&x, 0), bug ? 5 : 0);
                a.min_isr = 1;
                assert_int_equal(replica_apply(replica_of(&x, 0), &a), !bug);
                assert_int_equal(hw_of(&x, 0), 5);
                replicas_deinit(&x);
        }
        replicas_init(&x);
        struct replica_assignment alone = assignment(1, 5, 1, "1");
        alone.replicas = set_of("1");
        alone.min_isr = 2;
        replica_apply(replica_of(&x, 0), &alone);
        append(&x, 0, 5);
        assert_int_equal(hw_of(&x, 0), 5);
        int64_t at;
        assert_int_equal(lead_append(&x, 0, 1, true, &at), KERR_NOT_ENOUGH_REPLICAS);
        replicas_deinit(&x);
}

/* Goal: what flush.messages wants synced does not count before, on leader and follower; what a
 * restart finds counts at once when nothing else is asked. Method: flush.messages 1. */
static void unsynced_bytes_do_not_count(void **state)
{
        (void)state;
        struct replica_fixture x;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "1"));
        append(&x, 0, 5);
        assert_int_equal(hw_of(&x, 0), 5);

        x.config.flush_messages = 1;
        for (int n = 0; n < 2; n++) {
                assert_int_equal(partition_log_flush(x.nodes[n].log), KERR_NONE);
                partition_log_configure(x.nodes[n].log, &x.config);
        }
        append(&x, 0, 5);
        assert_int_equal(hw_of(&x, 0), 5);
        assert_int_equal(replica_safe_end(replica_of(&x, 0)), 5);
        assert_false(replica_advance(replica_of(&x, 0)));
        partition_log_flush(x.nodes[0].log);
        assert_true(replica_advance(replica_of(&x, 0)));
        assert_int_equal(hw_of(&x, 0), 10);

        copy_once(&x, 0, 1);
        assert_int_equal(end_of(&x, 1), 10);
        assert_int_equal(hw_of(&x, 1), 0);
        partition_log_flush(x.nodes[1].log);
        copy_once(&x, 0, 1);
        assert_int_equal(hw_of(&x, 1), 10);
        replicas_deinit(&x);
}

/* Goal: a leader whose disk fails commits nothing more and says so to those who wait. Method: the
 * next write is made to fail. */
static void a_failed_log_commits_nothing(void **state)
{
        (void)state;
        struct replica_fixture x;
        int64_t at;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "12"));
        append(&x, 0, 5);
        sim_disk_fail_append(x.f.disk, 1, KERR_IO, 0);
        assert_int_equal(lead_append(&x, 0, 1, true, &at), KERR_KAFKA_STORAGE_ERROR);
        assert_false(node_fetched(&x, 0, 1, 5));
        assert_int_equal(hw_of(&x, 0), 0);
        expect_committed(&x, 0, 5, 5, KERR_KAFKA_STORAGE_ERROR, false);
        replicas_deinit(&x);
}

/* --- acks=all --- */

/* Goal: acks=all is refused before the append when the ISR is too small, and told when it became
 * so after. Method: min 2, an ISR that shrinks before and after the commit. */
static void acks_all_needs_min_isr(void **state)
{
        (void)state;
        struct replica_fixture x;
        int64_t at;
        replicas_init(&x);
        struct replica_assignment a = assignment(1, 5, 1, "12");
        a.min_isr = 2;
        assign_all(&x, a);
        assert_int_equal(lead_append(&x, 0, 3, true, &at), KERR_NONE);
        expect_committed(&x, 0, 5, at, KERR_NONE, false);
        node_fetched(&x, 0, 1, 3);
        expect_committed(&x, 0, 5, at, KERR_NONE, true);
        a.isr = set_of("1");
        a.partition_epoch = 2;
        assign_all(&x, a);
        expect_committed(&x, 0, 5, at, KERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, false);
        assert_int_equal(lead_append(&x, 0, 3, true, &at), KERR_NOT_ENOUGH_REPLICAS);
        assert_int_equal(end_of(&x, 0), 3);
        assert_int_equal(lead_append(&x, 0, 3, false, &at), KERR_NONE);
        expect_committed(&x, 0, 5, at, KERR_NONE, false);
        replicas_deinit(&x);
}

/* Goal: who waits learns that the leader epoch is over, even when the same broker leads again: the
 * record may be gone. Method: lose and regain leadership. */
static void acks_all_ends_with_the_epoch(void **state)
{
        (void)state;
        struct replica_fixture x;
        int64_t at;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "12"));
        assert_int_equal(lead_append(&x, 0, 3, true, &at), KERR_NONE);
        assign_all(&x, assignment(2, 6, 2, "12"));
        expect_committed(&x, 0, 5, at, KERR_NOT_LEADER_OR_FOLLOWER, false);
        assert_int_equal(lead_append(&x, 0, 3, true, &at), KERR_NOT_LEADER_OR_FOLLOWER);
        assign_all(&x, assignment(1, 7, 3, "1"));
        assert_int_equal(hw_of(&x, 0), 3);
        expect_committed(&x, 0, 5, at, KERR_NOT_LEADER_OR_FOLLOWER, false);
        replicas_deinit(&x);
}

/* Goal: the bug that answers acks=all at the local append is in one place. Method: put it back. */
static void ack_on_append(void **state)
{
        (void)state;
        struct replica_fixture x;
        int64_t at;
        replicas_init(&x);
        put_back(&x, ZOO_ACK_ON_APPEND);
        assign_all(&x, assignment(1, 5, 1, "12"));
        assert_int_equal(lead_append(&x, 0, 3, true, &at), KERR_NONE);
        expect_committed(&x, 0, 5, at, KERR_NONE, true);
        replicas_deinit(&x);
}

/* --- reading --- */

/* Goal: consumers get what is committed, followers all. Method: one of two batches committed; with
 * the bug, consumers get both. */
static void consumers_stop_at_the_high_watermark(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct extent at;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "12"));
        append(&x, 0, 5);
        node_fetched(&x, 0, 1, 5);
        append(&x, 0, 5);
        struct replica *r = replica_of(&x, 0);
        int32_t both = (int32_t)partition_log_size(r->log);
        assert_int_equal(replica_read(r, 0, READER_UNCOMMITTED, 10000, true, &at), KERR_NONE);
        assert_int_equal(at.length, both / 2);
        assert_int_equal(replica_read(r, 5, READER_UNCOMMITTED, 10000, true, &at), KERR_NONE);
        assert_int_equal(at.length, 0);
        assert_int_equal(replica_read(r, 0, READER_FOLLOWER, 10000, true, &at), KERR_NONE);
        assert_int_equal(at.length, both);
        put_back(&x, ZOO_READS_PAST_HW);
        assert_int_equal(replica_read(r, 0, READER_UNCOMMITTED, 10000, true, &at), KERR_NONE);
        assert_int_equal(at.length, both);
        replicas_deinit(&x);
}

/* Goal: the end that clients are told never goes back over an election (KIP-207). Method: the new
 * leader's high watermark is one fetch behind; it keeps silent until it has reached its epoch. */
static void visible_end_waits_for_the_epoch(void **state)
{
        (void)state;
        struct replica_fixture x;
        int64_t end;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "123"));
        append(&x, 0, 5);
        copy_all(&x, 0, 1);
        copy_all(&x, 0, 2);
        assert_int_equal(replica_visible_end(replica_of(&x, 0), READER_UNCOMMITTED, &end),
                         KERR_NONE);
        assert_int_equal(end, 5);
        assert_int_equal(hw_of(&x, 1), 0);
        assign_all(&x, assignment(2, 6, 2, "23"));
        assert_int_equal(replica_visible_end(replica_of(&x, 0), READER_UNCOMMITTED, &end),
                         KERR_NOT_LEADER_OR_FOLLOWER);
        assert_int_equal(replica_visible_end(replica_of(&x, 1), READER_UNCOMMITTED, &end),
                         KERR_OFFSET_NOT_AVAILABLE);
        put_back(&x, ZOO_END_OFFSET_BACK);
        assert_int_equal(replica_visible_end(replica_of(&x, 1), READER_UNCOMMITTED, &end),
                         KERR_NONE);
        assert_int_equal(end, 0);
        x.f.world.zoo.bits = 0;
        copy_all(&x, 1, 2);
        assert_int_equal(replica_visible_end(replica_of(&x, 1), READER_UNCOMMITTED, &end),
                         KERR_NONE);
        assert_int_equal(end, 5);
        replicas_deinit(&x);
}

/* Goal: the leader sees from (last epoch, offset) whether a log is a prefix of its own. Method: a
 * leader whose log has epoch 1 up to 4, 3 up to 8 and an empty 6; every kind of question. */
static void divergence(void **state)
{
        (void)state;
        static const struct {
                int32_t last_epoch;
                int64_t offset;
                bool diverges;
                int32_t epoch;
                int64_t end;
        } cases[] = {
                {-1, 5, false, 0, 0}, /* it has nothing */
                {1, 2, false, 0, 0},  {1, 4, false, 0, 0}, {1, 5, true, 1, 4},
                {3, 8, false, 0, 0},  {3, 9, true, 3, 8},  {6, 8, false, 0, 0},
                {2, 3, true, 1, 4}, /* an epoch that we never had: cut to the one before */
                {5, 8, true, 3, 8},   {0, 0, false, 0, 0}, {0, 3, true, 0, 0},
                {7, 8, true, 6, 8}, /* newer than ours */
        };
        struct replica_fixture x;
        replicas_init(&x);
        assign_all(&x, assignment(1, 1, 1, "1"));
        append(&x, 0, 4);
        assign_all(&x, assignment(1, 3, 2, "1"));
        append(&x, 0, 4);
        assign_all(&x, assignment(1, 6, 3, "1"));
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                int32_t epoch;
                int64_t end;
                bool diverges = replica_diverges(replica_of(&x, 0), cases[i].last_epoch,
                                                 cases[i].offset, &epoch, &end);
                assert_int_equal(diverges, cases[i].diverges);
                if (diverges) {
                        assert_int_equal(epoch, cases[i].epoch);
                        assert_int_equal(end, cases[i].end);
                }
        }
        int32_t epoch;
        int64_t end;
        assert_int_equal(partition_log_advance_start(x.nodes[0].log, 5), KERR_NONE);
        assert_false(replica_diverges(replica_of(&x, 0), 2, 3, &epoch, &end)); /* out of range */
        put_back(&x, ZOO_IGNORE_DIVERGENCE);
        assert_false(replica_diverges(replica_of(&x, 0), 3, 9, &epoch, &end));
        replicas_deinit(&x);
}

/* --- the follower --- */

/* Goal: a follower's high watermark follows the leader's, but not beyond its own end and never
 * back. Method: leaders that say much, little and nothing. */
static void follower_high_watermark(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct span none = {0};
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "12"));
        append(&x, 0, 5);
        copy_once(&x, 0, 1);
        struct replica *r = replica_of(&x, 1);
        assert_int_equal(replica_append_fetched(r, none, 3, 0), KERR_NONE);
        assert_int_equal(hw_of(&x, 1), 3);
        replica_append_fetched(r, none, 2, 0);
        assert_int_equal(hw_of(&x, 1), 3);
        replica_append_fetched(r, none, -1, -1);
        assert_int_equal(hw_of(&x, 1), 3);
        replica_append_fetched(r, none, 9, 4);
        assert_int_equal(hw_of(&x, 1), 5);
        assert_int_equal(partition_log_start(r->log), 4);
        replica_append_fetched(r, none, 9, 6); /* above our end: the leader will say so otherwise */
        assert_int_equal(partition_log_start(r->log), 4);
        replicas_deinit(&x);
}

/* Goal: a follower that begins anew where the leader's log starts inside a batch takes that batch.
 * Method: delete records up to the middle of one. */
static void follower_begins_inside_a_batch(void **state)
{
        (void)state;
        struct replica_fixture x;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "1"));
        append(&x, 0, 5);
        append(&x, 0, 5);
        assert_int_equal(partition_log_advance_start(x.nodes[0].log, 7), KERR_NONE);
        struct replica *r = replica_of(&x, 1);
        assert_int_equal(replica_restart_at(r, 7), KERR_NONE);
        assert_int_equal(hw_of(&x, 1), 7);
        assert_int_equal(end_of(&x, 1), 7);
        copy_all(&x, 0, 1);
        assert_int_equal(end_of(&x, 1), 10);
        assert_int_equal(partition_log_start(r->log), 7);
        assert_int_equal(hw_of(&x, 1), 10);
        replicas_deinit(&x);
}

/* Goal: logs that part are cut to what they share, over several epochs, and the high watermark goes
 * with them (KIP-279). Method: two brokers lead in turn without hearing of each other. */
static void diverging_logs_are_cut(void **state)
{
        (void)state;
        struct replica_fixture x;
        replicas_init(&x);
        struct replica *a = replica_of(&x, 0), *b = replica_of(&x, 1);
        assign_all(&x, assignment(1, 1, 1, "12"));
        for (int i = 0; i < 10; i++)
                append(&x, 0, 1);
        copy_all(&x, 0, 1);
        append(&x, 0, 11); /* 10 to 20, only here */
        struct replica_assignment next = assignment(2, 2, 2, "2");
        replica_apply(b, &next);
        append(&x, 1, 5); /* 10 to 14, in epoch 2 */
        assert_int_equal(hw_of(&x, 1), 15);
        next = assignment(1, 3, 3, "1"); /* unclean */
        replica_apply(a, &next);
        append(&x, 0, 5); /* 21 to 25 */
        replica_apply(b, &next);
        assert_true(copy_once(&x, 0, 1));
        assert_int_equal(end_of(&x, 1), 10);
        assert_int_equal(hw_of(&x, 1), 10);
        assert_true(fake_world_logged(&x.f, "high watermark falls from 15 to 10"));
        copy_all(&x, 0, 1);
        assert_int_equal(end_of(&x, 1), 26);
        assert_int_equal(partition_log_size(a->log), partition_log_size(b->log));
        replicas_deinit(&x);
}

/* Goal: a leader that never wrote leaves an epoch in its cache that nobody else knows; that must
 * not keep it from following (KAFKA-7415, KAFKA-10706). Method: such a one, elected out again. */
static void an_empty_epoch_is_no_obstacle(void **state)
{
        (void)state;
        struct replica_fixture x;
        replicas_init(&x);
        assign_all(&x, assignment(1, 1, 1, "12"));
        append(&x, 0, 5);
        copy_all(&x, 0, 1);
        struct replica_assignment next = assignment(1, 2, 2, "12");
        replica_apply(replica_of(&x, 0), &next);
        assert_int_equal(partition_log_last_epoch(x.nodes[0].log), 2);
        assign_all(&x, assignment(2, 3, 3, "12"));
        append(&x, 1, 5);
        assert_true(copy_once(&x, 1, 0)); /* forgets the epoch */
        assert_int_equal(end_of(&x, 0), 5);
        copy_all(&x, 1, 0);
        assert_int_equal(end_of(&x, 0), 10);
        replicas_deinit(&x);
}

/* Goal: cutting to the own high watermark loses what was committed (KIP-101, scenario 1). Method:
 * the new follower's high watermark is one fetch behind; then it leads. */
static void truncation_to_the_high_watermark(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                struct replica_fixture x;
                replicas_init(&x);
                if (bug)
                        put_back(&x, ZOO_TRUNCATE_TO_HW);
                assign_all(&x, assignment(1, 1, 1, "123"));
                append(&x, 0, 5);
                copy_all(&x, 0, 1);
                copy_all(&x, 0, 2);
                assert_int_equal(hw_of(&x, 0), 5);
                assert_int_equal(hw_of(&x, 1), 0);
                struct replica_assignment next = assignment(3, 2, 2, "23");
                replica_apply(replica_of(&x, 1), &next);
                assert_int_equal(end_of(&x, 1), bug ? 0 : 5);
                replicas_deinit(&x);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(roles_and_epochs),
                cmocka_unit_test(old_assignments_are_passed_over),
                cmocka_unit_test(followers_are_forgotten_with_the_epoch),
                cmocka_unit_test(a_follower_has_lives),
                cmocka_unit_test(high_watermark_waits_for_the_isr),
                cmocka_unit_test(high_watermark_stands_below_min_isr),
                cmocka_unit_test(unsynced_bytes_do_not_count),
                cmocka_unit_test(a_failed_log_commits_nothing),
                cmocka_unit_test(acks_all_needs_min_isr),
                cmocka_unit_test(acks_all_ends_with_the_epoch),
                cmocka_unit_test(ack_on_append),
                cmocka_unit_test(consumers_stop_at_the_high_watermark),
                cmocka_unit_test(visible_end_waits_for_the_epoch),
                cmocka_unit_test(divergence),
                cmocka_unit_test(follower_high_watermark),
                cmocka_unit_test(follower_begins_inside_a_batch),
                cmocka_unit_test(diverging_logs_are_cut),
                cmocka_unit_test(an_empty_epoch_is_no_obstacle),
                cmocka_unit_test(truncation_to_the_high_watermark),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
