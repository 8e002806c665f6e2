/* state_log.h: what a coordinator remembers is replayed, and what it says waits for its commit. */
#include "replication/state_log.h"

#include "delivery/producer_state.h"
#include "replica_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct heard {
        char text[400];
};

static void hear_record(void *context, const struct state_record *r)
{
        struct heard *h = context;
        size_t size = strlen(h->text);
        snprintf(h->text + size, sizeof h->text - size, "%lld:%.*s=%.*s%s ", (long long)r->offset,
                 (int)r->key.size, (const char *)r->key.data,
                 r->value.data ? (int)r->value.size : 1,
                 r->value.data ? (const char *)r->value.data : "-",
                 r->is_transactional ? "(txn)" : "");
}

static void hear_marker(void *context, int64_t producer_id, bool commit)
{
        struct heard *h = context;
        size_t size = strlen(h->text);
        snprintf(h->text + size, sizeof h->text - size, "%s of %lld ", commit ? "commit" : "abort",
                 (long long)producer_id);
}

static struct state_log_events events_of(struct heard *h)
{
        return (struct state_log_events){hear_record, hear_marker, h};
}

static enum kerr put(struct state_log *l, const char *key, const char *value, int64_t producer_id)
{
        struct record record = {.key = span_of(key, strlen(key)), .timestamp = 1000};
        if (value)
                record.value = span_of(value, strlen(value));
        return state_log_append(
                l, &(struct state_change){&record, 1, producer_id, producer_id < 0 ? -1 : 0});
}

static void put_marker(struct replica *r, int64_t producer_id, bool commit)
{
        struct buffer batch = {0};
        struct log_append done;
        int64_t at;
        producer_state_marker(producer_id, 0, 7, commit, 1000, &batch);
        assert_int_equal(
                replica_append(r, buffer_span(&batch), true, APPEND_COORDINATOR, &done, &at),
                KERR_NONE);
        buffer_deinit(&batch);
}

static void load(struct state_log *l, struct replica *r, struct heard *h, int32_t step)
{
        struct state_log_events events = events_of(h);
        state_log_begin(l, r, &events);
        for (int i = 0; i < 100 && !state_log_load(l, step); i++)
                assert_false(l->has_failed);
        assert_true(state_log_is_loaded(l));
}

/* Goal:   a new coordinator hears all that is in the log, in order, tombstones and markers too,
 *         however large the steps; the rest of the log is the same for a follower that takes over.
 * Method: changes of all kinds at node 0; loaded there in one step, and at node 1, as the leader of
 *         the next epoch, byte by byte. */
static void all_is_replayed(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct state_log log;
        struct heard first = {{0}}, second = {{0}};
        replicas_init(&x);
        assign_all(&x, assignment(1, 1, 1, "12"));
        load(&log, replica_of(&x, 0), &first, 1 << 20);
        assert_string_equal(first.text, "");
        assert_int_equal(put(&log, "a", "1", -1), KERR_NONE);
        assert_int_equal(put(&log, "b", "2", 9), KERR_NONE);
        assert_int_equal(put(&log, "a", NULL, -1), KERR_NONE);
        put_marker(replica_of(&x, 0), 9, true);
        assert_string_equal(first.text, ""); /* who appends folds it in himself */
        state_log_end(&log);

        load(&log, replica_of(&x, 0), &first, 1 << 20);
        assert_string_equal(first.text, "0:a=1 1:b=2(txn) 2:a=- commit of 9 ");
        state_log_end(&log);
        copy_all(&x, 0, 1);
        assign_all(&x, assignment(2, 2, 2, "12"));
        load(&log, replica_of(&x, 1), &second, 1);
        assert_string_equal(second.text, first.text);
        state_log_end(&log);
        replicas_deinit(&x);
}

struct waiter {
        struct state_wait wait; /* first */
        int ends;
        enum kerr err;
};

static void on_done(struct state_wait *wait, enum kerr err)
{
        struct waiter *w = (struct waiter *)wait;
        w->ends++;
        w->err = err;
}

/* Goal:   an answer waits until all appended before it is committed, and no longer; one that is
 *         forgotten does not come; with nothing under way none waits.
 * Method: two in sync; the follower fetches step by step. */
static void answers_wait_for_the_commit(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct state_log log;
        struct heard h = {{0}};
        struct waiter w[4] = {0};
        replicas_init(&x);
        assign_all(&x, assignment(1, 1, 1, "12"));
        load(&log, replica_of(&x, 0), &h, 100);
        for (int i = 0; i < 4; i++)
                w[i].wait.done = on_done;
        state_log_wait(&log, &w[0].wait);
        assert_int_equal(w[0].ends, 1);
        put(&log, "a", "1", -1);
        state_log_wait(&log, &w[1].wait);
        state_log_wait(&log, &w[3].wait);
        put(&log, "b", "2", -1);
        state_log_wait(&log, &w[2].wait);
        state_log_forget(&w[3].wait);
        node_fetched(&x, 0, 1, 0);
        state_log_run(&log);
        assert_int_equal(w[1].ends, 0);
        node_fetched(&x, 0, 1, 1);
        state_log_run(&log);
        assert_int_equal(w[1].ends, 1);
        assert_int_equal(w[1].err, KERR_NONE);
        assert_int_equal(w[2].ends, 0);
        node_fetched(&x, 0, 1, 2);
        state_log_run(&log);
        assert_int_equal(w[2].ends, 1);
        assert_int_equal(w[3].ends, 0);
        state_log_end(&log);
        replicas_deinit(&x);
}

/* Goal:   nobody learns of a change whose fate is open: when leadership ends, all that wait hear
 *         NOT_COORDINATOR, and nothing is appended any more.
 * Method: a change that is not committed; then another leads. The other ends come by
 *         state_log_end(). */
static void leadership_ends(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct state_log log;
        struct heard h = {{0}};
        struct waiter w[2] = {{.wait.done = on_done}, {.wait.done = on_done}};
        replicas_init(&x);
        assign_all(&x, assignment(1, 1, 1, "12"));
        load(&log, replica_of(&x, 0), &h, 100);
        put(&log, "a", "1", -1);
        state_log_wait(&log, &w[0].wait);
        assign_all(&x, assignment(2, 2, 2, "12"));
        assert_int_equal(put(&log, "b", "2", -1), KERR_NOT_LEADER_OR_FOLLOWER);
        state_log_run(&log);
        assert_int_equal(w[0].ends, 1);
        assert_int_equal(w[0].err, KERR_NOT_COORDINATOR);
        state_log_wait(&log, &w[1].wait);
        assert_int_equal(w[1].err, KERR_NOT_COORDINATOR);
        assert_false(state_log_is_loaded(&log));
        state_log_end(&log);
        replicas_deinit(&x);
}

/* Goal:   with too few in sync a change is refused before anything happens.
 * Method: min.insync.replicas 2, one in sync. */
static void too_few_in_sync(void **state)
{
        (void)state;
        struct replica_fixture x;
        struct state_log log;
        struct heard h = {{0}};
        replicas_init(&x);
        struct replica_assignment a = assignment(1, 1, 1, "1");
        a.min_isr = 2;
        assign_all(&x, a);
        load(&log, replica_of(&x, 0), &h, 100);
        assert_int_equal(put(&log, "a", "1", -1), KERR_NOT_ENOUGH_REPLICAS);
        assert_int_equal(end_of(&x, 0), 0);
        state_log_end(&log);
        replicas_deinit(&x);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(all_is_replayed),
                cmocka_unit_test(answers_wait_for_the_commit),
                cmocka_unit_test(leadership_ends),
                cmocka_unit_test(too_few_in_sync),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
