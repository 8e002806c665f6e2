/* The invariants of the metadata quorum over hand-made states. */
#include "sim/invariants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
/* cmocka needs the first three above first. */
#include <cmocka.h>

enum { VOTERS = 3 };

/* Three voters, each with a log of one batch per record. */
struct voters_state {
        struct history h;
        struct verdict verdict;
        struct invariants *v;
        int64_t now_ns;
        struct seen_quorum nodes[VOTERS + 1]; /* by id, as they are now */
        struct batches logs[VOTERS + 1];
};

static bool read_array(void *context, int64_t from, int64_t to, struct batches *into)
{
        const struct batches *log = context;
        for (int64_t i = 0; i < log->count; i++)
                if (log->items[i].last_offset >= from && log->items[i].base_offset < to)
                        batches_add(into, &log->items[i]);
        return true;
}

static void see(struct voters_state *s, int32_t id)
{
        s->now_ns++;
        invariants_quorum(s->v, &s->nodes[id]);
}

static void append(struct voters_state *s, int32_t id, int32_t epoch, uint32_t what)
{
        int64_t at = s->nodes[id].log_end++;
        batches_add(&s->logs[id], &(struct seen_batch){.base_offset = at,
                                                       .last_offset = at,
                                                       .leader_epoch = epoch,
                                                       .crc = what});
        see(s, id);
}

static void commit(struct voters_state *s, int32_t id, int64_t high_watermark)
{
        s->nodes[id].high_watermark = high_watermark;
        see(s, id);
}

static void take(struct voters_state *s, int32_t id, enum quorum_role role, int32_t epoch,
                 int32_t voted_for)
{
        s->nodes[id].role = role;
        s->nodes[id].epoch = epoch;
        s->nodes[id].voted_for = voted_for;
        see(s, id);
}

static void restart(struct voters_state *s, int32_t id)
{
        invariants_ended(s->v, id);
        invariants_started(s->v, id);
        s->nodes[id].high_watermark = s->nodes[id].applied = -1;
}

/* Node 1 leads in epoch 1; two records are written, copied and committed. */
static struct voters_state *begin(void)
{
        struct voters_state *s = calloc(1, sizeof *s);
        assert_non_null(s);
        s->now_ns = 1;
        s->v = invariants_new(&s->h, &s->verdict, &s->now_ns);
        for (int32_t id = 1; id <= VOTERS; id++) {
                s->nodes[id] = (struct seen_quorum){
                        .node = id,
                        .voted_for = -1,
                        .high_watermark = -1,
                        .applied = -1,
                        .batches = {.read = read_array, .context = &s->logs[id]}};
                invariants_started(s->v, id);
        }
        take(s, 1, QUORUM_CANDIDATE, 1, 1);
        take(s, 2, QUORUM_UNATTACHED, 1, 1);
        take(s, 1, QUORUM_LEADER, 1, 1);
        take(s, 2, QUORUM_FOLLOWER, 1, 1);
        take(s, 3, QUORUM_FOLLOWER, 1, -1);
        for (int32_t id = 1; id <= VOTERS; id++) {
                append(s, id, 1, 100);
                append(s, id, 1, 101);
        }
        for (int32_t id = 1; id <= VOTERS; id++) {
                commit(s, id, 2);
                s->nodes[id].applied = 2;
                see(s, id);
        }
        return s;
}

/* All anomalies but `a` must be absent, and that one be found so often. */
static void expect(struct voters_state *s, enum anomaly a, int64_t broken)
{
        for (int i = 0; i < ANOMALIES; i++)
                if (s->verdict.tallies[i].broken != (i == (int)a ? broken : 0) ||
                    s->verdict.tallies[i].unpromised != 0)
                        fail_msg("%s: %d broken (%s)", anomaly_name(i),
                                 (int)s->verdict.tallies[i].broken,
                                 s->verdict.tallies[i].first_broken);
        invariants_free(s->v);
        for (int32_t id = 1; id <= VOTERS; id++)
                batches_deinit(&s->logs[id]);
        history_deinit(&s->h);
        free(s);
}

/* Goal: a change of the leader in good order breaks nothing. Method: node 2 leads next; node 1,
 * which had written what nobody else got, drops it. */
static void good_change(void **state)
{
        (void)state;
        struct voters_state *s = begin();
        append(s, 1, 1, 102);
        take(s, 2, QUORUM_CANDIDATE, 2, 2);
        take(s, 3, QUORUM_UNATTACHED, 2, 2);
        take(s, 2, QUORUM_LEADER, 2, 2);
        append(s, 2, 2, 200);
        append(s, 3, 2, 200);
        commit(s, 2, 3);
        take(s, 1, QUORUM_FOLLOWER, 2, -1);
        s->nodes[1].log_end = 2;
        s->logs[1].count = 2;
        see(s, 1);
        append(s, 1, 2, 200);
        commit(s, 1, 3);
        restart(s, 3);
        see(s, 3);
        expect(s, ANOMALY_METADATA_DIFFERS, 0);
}

/* I6. Goal: two leaders of one epoch are found. Method: node 2 leads in node 1's. */
static void two_leaders(void **state)
{
        (void)state;
        struct voters_state *s = begin();
        take(s, 3, QUORUM_LEADER, 1, -1);
        expect(s, ANOMALY_TWO_LEADERS, 1);
}

/* I6. Goal: a second vote in one epoch is found, over a restart too, and the first one after an
 * epoch without a vote is none. Method: each. */
static void two_votes(void **state)
{
        (void)state;
        for (int restarts = 0; restarts < 2; restarts++) {
                struct voters_state *s = begin();
                if (restarts)
                        restart(s, 2);
                take(s, 2, QUORUM_UNATTACHED, 1, 3);
                expect(s, ANOMALY_TWO_VOTES, 1);
        }
        struct voters_state *s = begin();
        take(s, 3, QUORUM_UNATTACHED, 1, 2);
        expect(s, ANOMALY_TWO_VOTES, 0);
}

/* I6. Goal: an epoch does not fall while the process lives, nor below the last vote ever; an epoch
 * that was only heard of may be forgotten, and a wiped disk forgets all. Method: each. */
static void epochs(void **state)
{
        (void)state;
        struct voters_state *s = begin();
        take(s, 3, QUORUM_UNATTACHED, 5, -1);
        take(s, 3, QUORUM_UNATTACHED, 4, -1);
        expect(s, ANOMALY_EPOCH_FELL, 1);

        s = begin();
        restart(s, 2);
        take(s, 2, QUORUM_UNATTACHED, 0, -1);
        expect(s, ANOMALY_EPOCH_FELL, 1);

        s = begin();
        take(s, 2, QUORUM_UNATTACHED, 5, -1);
        restart(s, 2);
        take(s, 2, QUORUM_UNATTACHED, 1, 1);
        invariants_wiped(s->v, 2);
        restart(s, 2);
        take(s, 2, QUORUM_UNATTACHED, 0, -1);
        expect(s, ANOMALY_EPOCH_FELL, 0);
}

/* I7. Goal: committed metadata is the same everywhere, and a leader of a new epoch has all of it;
 * one of an old epoch need not. Method: a record differs; the new leader's log is shorter. */
static void metadata_differs(void **state)
{
        (void)state;
        struct voters_state *s = begin();
        append(s, 1, 1, 102);
        commit(s, 1, 3);
        append(s, 3, 1, 999);
        commit(s, 3, 3);
        expect(s, ANOMALY_METADATA_DIFFERS, 1);

        s = begin();
        append(s, 1, 1, 102);
        append(s, 2, 1, 102);
        commit(s, 1, 3);
        take(s, 3, QUORUM_LEADER, 2, 3);
        expect(s, ANOMALY_METADATA_DIFFERS, 1);

        s = begin();
        take(s, 2, QUORUM_LEADER, 2, 2);
        append(s, 2, 2, 200);
        commit(s, 2, 3);
        restart(s, 1);
        take(s, 1, QUORUM_LEADER, 1, 1);
        expect(s, ANOMALY_METADATA_DIFFERS, 0);
}

/* I7. Goal: applying what is not committed is found, once. Method: a follower applies a record that
 * only it and an old leader have; another is told so by its own high watermark, which is fine. */
static void applied_uncommitted(void **state)
{
        (void)state;
        struct voters_state *s = begin();
        append(s, 1, 1, 102);
        append(s, 3, 1, 102);
        s->nodes[3].applied = 3;
        see(s, 3);
        see(s, 3);
        expect(s, ANOMALY_APPLIED_UNCOMMITTED, 1);

        s = begin();
        append(s, 3, 1, 102);
        s->nodes[3].applied = 3;
        commit(s, 3, 3);
        expect(s, ANOMALY_APPLIED_UNCOMMITTED, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_change),      cmocka_unit_test(two_leaders),
                cmocka_unit_test(two_votes),        cmocka_unit_test(epochs),
                cmocka_unit_test(metadata_differs), cmocka_unit_test(applied_uncommitted),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
