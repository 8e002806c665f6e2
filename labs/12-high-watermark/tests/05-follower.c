/* Test 05: the follower's high watermark. */
#include "labs/tool/lab_test.h"
#include "tests/unit/replica_fixture.h"

static void told(struct replica_fixture *x, int n, int64_t leader_hw)
{
        expect_number("an answer without records is taken",
                      replica_append_fetched(replica_of(x, n), span_of(NULL, 0), leader_hw, 0),
                      KERR_NONE);
}

LAB_TEST(05, "a follower follows, and never ahead of its log")
{
        struct replica_fixture x;
        int64_t at;
        replicas_init(&x);
        assign_all(&x, assignment(1, 5, 1, "12"));
        lead_append(&x, 0, 4, false, &at);
        copy_once(&x, 0, 1);
        expect_number("it has 4, and the leader has not told of any", hw_of(&x, 1), 0);
        copy_once(&x, 0, 1);
        expect_number("the leader has told of 4", hw_of(&x, 1), 4);
        told(&x, 1, 9);
        expect_number("the leader tells of 9, its own log ends at 4", hw_of(&x, 1), 4);
        told(&x, 1, 2);
        expect_number("a new leader tells of 2: it never goes back", hw_of(&x, 1), 4);
        lead_append(&x, 0, 4, false, &at);
        copy_once(&x, 0, 1);
        expect_number("it has 8, and the leader tells of 4", hw_of(&x, 1), 4);
        replicas_deinit(&x);
}
