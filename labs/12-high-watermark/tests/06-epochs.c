/* Tests 06 to 08: where two logs part. Both know epochs 1 and 2 alike; then each wrote alone.
 *
 *     offset      0 1 2 3 4 5 6 7 8 9
 *     broker 1    1 1 1 1 2 2 5 5         epoch of each record
 *     broker 2    1 1 1 1 2 2 3 3 3 */
#include "labs/tool/lab_test.h"
#include "tests/unit/replica_fixture.h"

/* Node n leads in `epoch` and appends so many records. */
static void lead(struct replica_fixture *x, int n, int32_t epoch, int32_t records)
{
        int64_t at;
        static const char *const alone[] = {"1", "2", "3"};
        struct replica_assignment a = assignment(n + 1, epoch, 10 * epoch + n, alone[n]);
        replica_apply(replica_of(x, n), &a);
        for (int32_t i = 0; i < records; i++)
                lead_append(x, n, 1, false, &at);
}

static void parted(struct replica_fixture *x)
{
        replicas_init(x);
        for (int n = 0; n < 2; n++) {
                lead(x, n, 1, 4);
                lead(x, n, 2, 2);
        }
        lead(x, 0, 5, 2);
        lead(x, 1, 3, 3);
}

static void expect_end(struct replica_fixture *x, int32_t epoch, int32_t found_epoch, int64_t end,
                       const char *what)
{
        int32_t found;
        int64_t end_offset;
        leader_epochs_end(partition_log_epochs(x->nodes[0].log), epoch, end_of(x, 0), &found,
                          &end_offset);
        expect_number(what, found, found_epoch);
        expect_number(what, end_offset, end);
}

LAB_TEST(06, "where an epoch ends")
{
        struct replica_fixture x;
        parted(&x);
        expect_end(&x, 1, 1, 4, "epoch 1 ends where 2 begins");
        expect_end(&x, 2, 2, 6, "epoch 2 ends where 5 begins");
        expect_end(&x, 5, 5, 8, "the last epoch ends with the log");
        expect_end(&x, 3, 2, 6, "epoch 3 is unknown: the largest below it is 2 (KIP-279)");
        expect_end(&x, 0, 0, 0, "epoch 0 is below all: it ends where the first begins");
        expect_end(&x, 6, -1, -1, "epoch 6 is newer than all: not known");
        replicas_deinit(&x);
}

static void expect_parting(struct replica_fixture *x, int32_t epoch, int64_t offset, bool diverges,
                           int32_t parting_epoch, int64_t parting_end, const char *what)
{
        int32_t found = -2;
        int64_t end = -2;
        bool parts = replica_diverges(replica_of(x, 0), epoch, offset, &found, &end);
        expect_number(what, parts, diverges);
        if (parts && diverges) {
                expect_number(what, found, parting_epoch);
                expect_number(what, end, parting_end);
        }
}

LAB_TEST(07, "the leader sees where two logs part")
{
        struct replica_fixture x;
        parted(&x);
        expect_parting(&x, 1, 4, false, 0, 0, "a log that ends with epoch 1 at 4 is a prefix");
        expect_parting(&x, 2, 6, false, 0, 0, "a log that ends with epoch 2 at 6 is a prefix");
        expect_parting(&x, 2, 5, false, 0, 0, "a log that ends with epoch 2 at 5 is a prefix");
        expect_parting(&x, 2, 7, true, 2, 6, "epoch 2 goes on to 7 there: parts at 6");
        expect_parting(&x, 3, 9, true, 2, 6, "epoch 3 is unknown here: parts at 6 of epoch 2");
        expect_parting(&x, 3, 6, true, 2, 6, "epoch 3 is unknown, even at 6: of epoch 2");
        expect_parting(&x, 5, 8, false, 0, 0, "the same log");
        expect_parting(&x, 7, 9, true, 5, 8, "epoch 7 is newer than all: parts at the end");
        expect_parting(&x, -1, 0, false, 0, 0, "an empty log is a prefix of all");

        expect_number("the leader's log starts at 5 now",
                      partition_log_advance_start(x.nodes[0].log, 5), KERR_NONE);
        expect_parting(&x, 3, 4, false, 0, 0,
                       "4 is below the leader's log start: that is for replica_read() to say");
        replicas_deinit(&x);
}

LAB_TEST(08, "the follower cuts there and nowhere else")
{
        struct replica_fixture x;
        parted(&x);
        x.nodes[1].replica.high_watermark = 8;
        struct replica_assignment a = assignment(1, 6, 99, "1");
        assign_all(&x, a);
        expect_number("becoming a follower cuts nothing", end_of(&x, 1), 9);
        expect_number("the cut succeeds", replica_truncate(replica_of(&x, 1), 2, 6), KERR_NONE);
        bool is_cut = expect_number("the log ends where both may share it", end_of(&x, 1), 6);
        expect_number("the high watermark fell with it", hw_of(&x, 1), 6);
        for (int fetches = 0; fetches < 9 && is_cut; fetches++)
                copy_once(&x, 0, 1);
        expect_number("and then it gets what the leader has", end_of(&x, 1), 8);

        /* The leader's answer names an epoch that ends later there than here. */
        replicas_deinit(&x);
        parted(&x);
        x.nodes[1].replica.high_watermark = 2;
        expect_number("the cut succeeds", replica_truncate(replica_of(&x, 1), 2, 100), KERR_NONE);
        expect_number("its own epoch 2 ends at 6: no further", end_of(&x, 1), 6);
        expect_number("a high watermark below the cut stays", hw_of(&x, 1), 2);
        expect_number("the cut succeeds", replica_truncate(replica_of(&x, 1), 1, 3), KERR_NONE);
        expect_number("the leader's epoch 1 ends at 3", end_of(&x, 1), 3);
        expect_number("the cut succeeds", replica_truncate(replica_of(&x, 1), 9, 2), KERR_NONE);
        expect_number("the leader names an epoch newer than all of its own, up to 2", end_of(&x, 1),
                      2);
        replicas_deinit(&x);
}
