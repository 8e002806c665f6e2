/* Test 11: the counters of copy.h, held against what was seen in calls.c. */
#include "labs/06-copy-strategies/tests/moving.h"

#include <stdio.h>

struct counts {
        int64_t syscalls, user, reference, made;
};

static struct counts counts_of(const struct sender *s)
{
        const struct copy_counters *c = &s->lane.counters;
        return (struct counts){c->syscalls, c->user_bytes, c->reference_bytes, s->made};
}

/* What was counted since `before`, of one strategy. */
static void expect_bytes_counted(const struct sender *s, const struct counts *before, int64_t bytes)
{
        struct counts now = counts_of(s);
        char what[100];
        snprintf(what, sizeof what, "%s: user_bytes", s->strategy->name);
        expect_number(what, now.user - before->user, 0);
        snprintf(what, sizeof what, "%s: reference_bytes are what sockets took", s->strategy->name);
        expect_number(what, now.reference - before->reference, bytes);
}

static void count(const struct copy_strategy *strategy, int calls_max)
{
        struct sender s;
        struct line l, small;
        char what[100];
        const char *name = strategy->name;
        sender_init(&s, strategy);
        line_open(&l, 0);
        line_open(&small, SMALL_BYTES);
        transfer(&s, &l, 0, 1, SIZE_MAX); /* what a lane keeps is made now */

        struct counts before = counts_of(&s);
        if (transfer(&s, &l, 100, 50000, SIZE_MAX)) {
                struct counts now = counts_of(&s);
                expect_bytes_counted(&s, &before, 50000);
                snprintf(what, sizeof what, "%s: syscalls, and the calls that were made", name);
                expect_number(what, now.syscalls - before.syscalls, now.made - before.made);
                snprintf(what, sizeof what,
                         "%s: at most %d calls for 50,000 bytes, if the socket takes them", name,
                         calls_max);
                expect_that(what, now.made - before.made <= calls_max);
        }

        before = counts_of(&s);
        calls.send_max = 10000;
        if (transfer(&s, &small, 100, 50000, 3000)) {
                struct counts now = counts_of(&s);
                expect_bytes_counted(&s, &before, 50000);
                snprintf(what, sizeof what, "%s: no call goes uncounted when the socket is full",
                         name);
                expect_that(what, now.syscalls - before.syscalls >= now.made - before.made);
        }
        line_close(&l);
        line_close(&small);
        sender_deinit(&s);
}

/* Bytes that a strategy says it moved by reference, and did not. */
static void look_for_copies(const struct copy_strategy *strategy)
{
        struct sender s;
        struct line l;
        size_t moved;
        enum kerr err;
        char what[100];
        sender_init(&s, strategy);
        line_open(&l, 0);
        if (move_once(&s, &l, 100, 50000, &moved, &err)) {
                snprintf(what, sizeof what, "%s: bytes read into our memory, or sent from it",
                         strategy->name);
                expect_number(what, calls.copied_bytes, 0);
                expect_number("bytes that arrived", (int64_t)moved, 50000);
        }
        line_close(&l);
        sender_deinit(&s);
}

LAB_TEST(11, "no copy in user space, and counters tell the truth")
{
        count(&copy_sendfile, 2);
        count(&copy_splice, 4);
        look_for_copies(&copy_sendfile);
        look_for_copies(&copy_splice);
}
