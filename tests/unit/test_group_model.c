/* A random walk of src/groups against a model: members join, leave, die, sync, commit; coordinators
 * come and go. What must hold whatever happens:
 *
 *  (1) generations rise, but for one that no assignment was written for when a coordinator died;
 *  (2) in one generation a partition is assigned to one member at most;
 *  (3) only members of the newest generation commit, and the committed offset is the last one that
 *      was accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* cmocka first: the fixture asserts */
#include "group_fixture.h"

enum {
        MEMBERS = 5,
        DEAD_MAX = 40,
        PARTITIONS = 3,
        STEPS = 1500,
        SEEDS = 60,
        GENERATIONS_MAX = 2000
};

enum client_state { OUT, JOINING, JOINED, SYNCING, IN };

struct client {
        enum client_state state;
        char id[80], instance[2]; /* no instance: "" */
        int32_t generation;
        bool owns[PARTITIONS];
        struct ask ask; /* the call under way, and what the leader needs of its answer */
        struct sync_group_assignment assignments[DEAD_MAX];
        uint8_t bytes[DEAD_MAX][PARTITIONS];
        int32_t assigned;
};

struct model {
        struct group_fixture f;
        struct rng rng;
        struct client clients[MEMBERS];
        int32_t generation; /* of the group, as the coordinator says */
        int32_t stable;     /* the last one that a SyncGroup told */
        const struct client *owner[GENERATIONS_MAX][PARTITIONS];
        int64_t committed[PARTITIONS]; /* -1: none */
        int64_t next_offset;
        int accepted, refused, rebalances, reloads;
};

static int pick(struct model *m, int count)
{
        return (int)rng_between(&m->rng, 0, count - 1);
}

static struct who who_is(const struct client *c)
{
        return (struct who){"g", c->id, c->instance[0] ? c->instance : NULL, c->generation};
}

/* As if its process ended: the next one knows nothing. */
static void reset(struct client *c)
{
        if (c->state == JOINING || c->state == SYNCING)
                ask_end(&c->ask);
        c->state = OUT;
        c->id[0] = 0;
        memset(c->owns, 0, sizeof c->owns);
}

static void stop(struct client *c, int err)
{
        bool keeps_id = err != KERR_UNKNOWN_MEMBER_ID && err != KERR_FENCED_INSTANCE_ID;
        char id[80];
        memcpy(id, c->id, sizeof id);
        reset(c);
        if (keeps_id)
                memcpy(c->id, id, sizeof id);
}

/* --- calls --- */

static void join(struct model *m, struct client *c)
{
        ask_join(&m->f, &c->ask, pick(m, 2) ? 5 : 3, who_is(c), "r");
        c->state = JOINING;
}

/* A leader deals the partitions out in turn. */
static void plan(struct model *m, struct client *c)
{
        const struct join_group_response *out = &c->ask.out.join;
        int32_t count = out->members.count, from = count ? pick(m, count) : 0;
        c->assigned = count;
        assert_in_range(count, 0, DEAD_MAX); /* the dead stay for a session */
        memset(c->bytes, 0, sizeof c->bytes);
        for (int p = 0; p < PARTITIONS && count > 0; p++)
                c->bytes[(from + p) % count][p] = 1;
        for (int32_t i = 0; i < count; i++) {
                /* the text stays where it is: the fake request borrows it until it is synced */
                c->assignments[i].member_id = out->members.items[i].member_id;
                c->assignments[i].assignment = span_of(c->bytes[i], PARTITIONS);
        }
}

static void joined(struct model *m, struct client *c)
{
        const struct join_group_response *out = &c->ask.out.join;
        int err = out->error_code;
        assert_int_equal(c->ask.done, 1);
        if (err) {
                char id[80];
                assert_true(str_copy(out->member_id, id, sizeof id));
                stop(c, err);
                if (err == KERR_MEMBER_ID_REQUIRED)
                        memcpy(c->id, id, sizeof id);
                return;
        }
        assert_true(str_copy(out->member_id, c->id, sizeof c->id));
        assert_in_range(out->generation_id, 1, m->generation);
        c->generation = out->generation_id;
        memset(c->owns, 0, sizeof c->owns);
        c->state = JOINED;
        plan(m, c);
}

static void sync(struct model *m, struct client *c)
{
        struct arena kept = c->ask.arena;
        ask_sync(&m->f, &c->ask, who_is(c), c->assignments, c->assigned);
        arena_deinit(&kept);
        c->state = SYNCING;
}

static void synced(struct model *m, struct client *c)
{
        const struct sync_group_response *out = &c->ask.out.sync;
        assert_int_equal(c->ask.done, 1);
        if (out->error_code) {
                stop(c, out->error_code);
                return;
        }
        m->stable = c->generation > m->stable ? c->generation : m->stable;
        for (int p = 0; p < PARTITIONS; p++) {
                const struct client **owner = &m->owner[c->generation][p];
                c->owns[p] = out->assignment.size == PARTITIONS && out->assignment.data[p];
                if (!c->owns[p])
                        continue;
                assert_true(!*owner || *owner == c);
                *owner = c;
        }
        ask_end(&c->ask);
        c->state = IN;
}

static void heartbeat(struct model *m, struct client *c)
{
        int err = heartbeat_of(&m->f, who_is(c));
        if (err == KERR_REBALANCE_IN_PROGRESS) {
                c->state = OUT;
                join(m, c);
        } else if (err) {
                stop(c, err);
        }
}

static void commit(struct model *m, struct client *c)
{
        int p = 0;
        while (p < PARTITIONS && !c->owns[p])
                p++;
        if (p == PARTITIONS)
                return;
        m->f.partition = p;
        int err = commit_of(&m->f, who_is(c), "orders", m->next_offset);
        if (err) {
                m->refused++;
                return;
        }
        assert_int_equal(c->generation, m->generation);
        m->committed[p] = m->next_offset++;
        m->accepted++;
}

/* --- the walk --- */

static void see_group(void *context, const struct group_view *g)
{
        struct model *m = context;
        assert_in_range(g->generation, m->generation, GENERATIONS_MAX - 1);
        m->rebalances += g->generation - m->generation;
        m->generation = g->generation;
}

static void watch(struct model *m)
{
        group_coordinator_each(m->f.c, see_group, m);
}

static void step_client(struct model *m, struct client *c)
{
        switch (c->state) {
        case OUT: join(m, c); break;
        case JOINING:
                if (c->ask.done)
                        joined(m, c);
                break;
        case JOINED:
                if (pick(m, 8))
                        sync(m, c);
                else
                        ask_end(&c->ask), c->state = OUT; /* joins again instead */
                break;
        case SYNCING:
                if (c->ask.done)
                        synced(m, c);
                break;
        case IN:
                if (pick(m, 3))
                        commit(m, c);
                else
                        heartbeat(m, c);
                break;
        }
}

static void disturb(struct model *m, struct client *c)
{
        if (c->state == JOINED)
                ask_end(&c->ask), c->state = OUT;
        if (pick(m, 3) == 0 && c->state == IN) {
                int err = leave_of(&m->f, who_is(c));
                assert_true(err == KERR_NONE || err == KERR_UNKNOWN_MEMBER_ID ||
                            err == KERR_FENCED_INSTANCE_ID);
        }
        reset(c); /* left, or died without a word */
}

/* All that waits is lost with the coordinator. */
static void reload(struct model *m)
{
        int32_t before = m->generation;
        for (int i = 0; i < MEMBERS; i++) {
                struct client *c = &m->clients[i];
                if (c->state == JOINING || c->state == SYNCING)
                        stop(c, KERR_NOT_COORDINATOR);
        }
        groups_reload(&m->f);
        m->generation = m->stable;
        watch(m);
        assert_in_range(m->generation, m->stable, before);
        m->reloads++;
}

static void check(struct model *m)
{
        for (int p = 0; p < PARTITIONS; p++) {
                m->f.partition = p;
                assert_int_equal(fetch_of(&m->f, "g", "orders", true), m->committed[p]);
        }
}

static void walk(uint64_t seed, struct model *total)
{
        struct model *m = calloc(1, sizeof *m);
        assert_non_null(m);
        groups_init(&m->f, "1");
        rng_init(&m->rng, seed);
        for (int p = 0; p < PARTITIONS; p++)
                m->committed[p] = -1;
        for (int i = 0; i < 2; i++) /* two of them are static members */
                m->clients[i].instance[0] = (char)('a' + i);
        for (int step = 0; step < STEPS; step++) {
                struct client *c = &m->clients[pick(m, MEMBERS)];
                int what = pick(m, 100);
                if (what < 1)
                        reload(m);
                else if (what < 3)
                        disturb(m, c);
                else
                        step_client(m, c);
                if (what % 4 == 0)
                        groups_pass(&m->f, pick(m, what == 96 ? 2 * SESSION_MS : DELAY_MS / 2));
                watch(m);
                if (what % 10 == 0)
                        check(m);
        }
        for (int i = 0; i < MEMBERS; i++) {
                if (m->clients[i].state == JOINED)
                        ask_end(&m->clients[i].ask);
                reset(&m->clients[i]);
        }
        total->accepted += m->accepted;
        total->refused += m->refused;
        total->rebalances += m->rebalances;
        total->reloads += m->reloads;
        groups_deinit(&m->f);
        free(m);
}

/* Goal: (1)-(3) of the head. Method: many seeds; and the walks must have been lively. */
static void random_walks(void **state)
{
        (void)state;
        struct model *total = calloc(1, sizeof *total);
        assert_non_null(total);
        for (uint64_t seed = 0; seed < SEEDS; seed++)
                walk(seed, total);
        assert_true(total->accepted > 20 * SEEDS);
        assert_true(total->refused > SEEDS);
        assert_true(total->rebalances > 20 * SEEDS);
        assert_true(total->reloads > SEEDS);
        free(total);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(random_walks),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
