/* Tests 01 to 04: the leader's high watermark. Three brokers, 1 leads; node n is broker n + 1. */
#include "labs/tool/lab_test.h"
#include "tests/unit/replica_fixture.h"

static void append(struct replica_fixture *x, int n, int32_t records)
{
        int64_t at;
        expect_number("the leader takes the records", lead_append(x, n, records, false, &at),
                      KERR_NONE);
}

LAB_TEST(01, "a new leader starts at the old high watermark")
{
        struct replica_fixture x;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "123"));
        append(&x, 0, 4);
        for (int fetches = 0; fetches < 4; fetches++) {
                copy_once(&x, 0, 1);
                copy_once(&x, 0, 2);
        }
        expect_number("the old leader's high watermark, when all have all", hw_of(&x, 0), 4);
        append(&x, 0, 3);
        copy_once(&x, 0, 1); /* broker 2 has 7 records, and knows that 4 are committed */

        assign_all(&x, assignment(2, 6, 2, "23"));
        expect_number("the new leader's high watermark, before anybody has fetched", hw_of(&x, 1),
                      4);
        append(&x, 1, 1);
        expect_number("the same, when it has appended one more", hw_of(&x, 1), 4);
        node_fetched(&x, 1, 2, 4);
        expect_number("the same, when broker 3 asks for offset 4", hw_of(&x, 1), 4);
        node_fetched(&x, 1, 2, 8);
        expect_number("the same, when broker 3 asks for offset 8", hw_of(&x, 1), 8);
        replicas_deinit(&x);
}

LAB_TEST(02, "high watermark is the minimum over the maximal ISR")
{
        struct replica_fixture x;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "123"));
        append(&x, 0, 5);
        append(&x, 0, 5);
        node_fetched(&x, 0, 1, 10);
        expect_number("broker 2 has 10, of broker 3 nothing is known", hw_of(&x, 0), 0);
        node_fetched(&x, 0, 2, 5);
        expect_number("broker 2 has 10, broker 3 has 5", hw_of(&x, 0), 5);
        expect_that("asked once more, with nothing new, it says that nothing moved",
                    !replica_advance(replica_of(&x, 0)));
        node_fetched(&x, 0, 2, 0);
        expect_number("a fetch that comes late says 0: it never goes back", hw_of(&x, 0), 5);
        node_fetched(&x, 0, 2, 10);
        expect_number("all have 10", hw_of(&x, 0), 10);

        append(&x, 0, 1);
        node_fetched(&x, 0, 1, 11);
        expect_number("broker 3 has 10 of 11", hw_of(&x, 0), 10);
        x.fenced[2] = true;
        struct replica_assignment without = assignment(1, 5, 2, "12");
        replica_apply(replica_of(&x, 0), &without);
        expect_number("broker 3 is out of the ISR, and fenced", hw_of(&x, 0), 11);

        x.fenced[2] = false;
        append(&x, 0, 1);
        node_fetched(&x, 0, 2, 12);
        node_fetched(&x, 0, 1, 11);
        expect_that("the leader proposes to take broker 3 in again",
                    isr_propose(replica_of(&x, 0)));
        isr_sent(replica_of(&x, 0));
        append(&x, 0, 1);
        node_fetched(&x, 0, 1, 13);
        x.f.mono_ms += 2 * LAG_MS; /* broker 3 is slow; but it may be in the ISR by now */
        replica_advance(replica_of(&x, 0));
        expect_number("broker 3 was proposed and has 12 of 13: it is waited for", hw_of(&x, 0), 12);
        replicas_deinit(&x);
}

LAB_TEST(03, "too few in sync: nothing is committed")
{
        struct replica_fixture x;
        replicas_init(&x);
        struct replica_assignment a = assignment(1, 5, 1, "1");
        a.min_isr = 2;
        assign_all(&x, a);
        append(&x, 0, 5);
        expect_number("min.insync.replicas 2, one in sync", hw_of(&x, 0), 0);
        a.min_isr = 1;
        expect_that("a change that moves it is told", replica_apply(replica_of(&x, 0), &a));
        expect_number("min.insync.replicas 1, one in sync", hw_of(&x, 0), 5);
        replicas_deinit(&x);
}

LAB_TEST(04, "what must be synced does not count before")
{
        struct replica_fixture x;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "1"));
        x.config.flush_messages = 1;
        for (int n = 0; n < 2; n++)
                partition_log_configure(x.nodes[n].log, &x.config);
        append(&x, 0, 5);
        expect_number("flush.messages 1, and nothing is synced", hw_of(&x, 0), 0);
        partition_log_flush(x.nodes[0].log);
        expect_that("it moves when the leader has synced", replica_advance(replica_of(&x, 0)));
        expect_number("the leader has synced", hw_of(&x, 0), 5);
        copy_once(&x, 0, 1);
        expect_number("the follower has not synced", hw_of(&x, 1), 0);
        partition_log_flush(x.nodes[1].log);
        copy_once(&x, 0, 1);
        expect_number("the follower has synced, and was told", hw_of(&x, 1), 5);
        replicas_deinit(&x);
}
