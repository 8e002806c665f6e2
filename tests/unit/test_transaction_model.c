/* Transactions against a model: three transactional ids with two instances each, coordinators that
 * follow one another on two nodes, partitions that change hands; requests, answers and markers get
 * lost. What must hold whatever happens:
 *
 * (1) every partition of a transaction has the same outcome;
 * (2) it is the one that EndTxn promised, if it did;
 * (3) no record goes into a transaction that is not the producer's open one;
 * (4) when all is well again every transaction gets its outcome, in every partition.
 *
 * Each run is drawn from a seed, and the same for the same seed. */
#include "txn_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum {
        CLIENTS = 6,
        STEPS = 4000,
        SEEDS = 50,
        STORIES_MAX = STEPS,
        PRODUCERS_MAX = 1000,
        FIRST_PRODUCER_ID = 1000,
};

enum outcome { OPEN_YET, COMMITTED, ABORTED };

/* One transaction of one client. */
struct story {
        enum outcome outcomes[DATA_PARTITIONS], promised;
        bool wrote[DATA_PARTITIONS];
};

enum client_state { NEW, READY, IN_TXN, ENDING };

struct client {
        char id[4];
        int64_t producer_id;
        int16_t epoch;
        enum client_state state;
        int32_t story;
        bool commit, is_asking;
        char partitions[DATA_PARTITIONS + 1];
        struct ask ask;
};

/* What a partition knows of a producer. */
struct seen_producer {
        int16_t epoch;
        int32_t coordinator_epoch;
        int32_t open_story; /* -1: none */
};

struct model {
        struct txn_fixture f;
        struct rng rng;
        struct client clients[CLIENTS];
        struct story stories[STORIES_MAX];
        int32_t story_count;
        struct seen_producer data[DATA_PARTITIONS][PRODUCERS_MAX];
        int32_t commits, aborts, moves;
        const char *broken; /* the rule, or NULL */
};

/* 0 to limit - 1. */
static int64_t draw(struct model *m, int64_t limit)
{
        return rng_between(&m->rng, 0, limit - 1);
}

static bool chance(struct model *m, uint32_t of_1000)
{
        return rng_chance(&m->rng, of_1000, 1000);
}

static struct seen_producer *producer(struct model *m, int32_t partition, int64_t id)
{
        assert_in_range(id, FIRST_PRODUCER_ID, FIRST_PRODUCER_ID + PRODUCERS_MAX - 1);
        return &m->data[partition][id - FIRST_PRODUCER_ID];
}

/* --- partitions --- */

/* As a leader does it: older epochs are refused, of producers and of coordinators. */
static enum kerr take_marker(struct txn_fixture *f, const struct seen_marker *marker)
{
        struct model *m = f->model;
        struct seen_producer *p = producer(m, marker->partition, marker->producer_id);
        if (marker->epoch < p->epoch)
                return KERR_INVALID_PRODUCER_EPOCH;
        if (marker->coordinator_epoch < p->coordinator_epoch)
                return KERR_TRANSACTION_COORDINATOR_FENCED;
        p->epoch = marker->epoch;
        p->coordinator_epoch = marker->coordinator_epoch;
        if (p->open_story >= 0)
                m->stories[p->open_story].outcomes[marker->partition] =
                        marker->commit ? COMMITTED : ABORTED;
        p->open_story = -1;
        return KERR_NONE;
}

/* False when the producer is fenced there. */
static bool write_record(struct model *m, const struct client *c, int32_t partition)
{
        struct seen_producer *p = producer(m, partition, c->producer_id);
        if (c->epoch < p->epoch)
                return false;
        p->epoch = c->epoch;
        if ((p->open_story >= 0 && p->open_story != c->story) ||
            m->stories[c->story].outcomes[partition] != OPEN_YET)
                m->broken = "a record goes into its own transaction";
        p->open_story = c->story;
        m->stories[c->story].wrote[partition] = true;
        return true;
}

/* --- clients --- */

static void forget_producer(struct client *c)
{
        c->state = NEW;
        c->producer_id = -1;
        c->epoch = -1;
}

static void choose_partitions(struct model *m, struct client *c)
{
        int32_t count = 0;
        while (count == 0) {
                for (int32_t p = 0; p < DATA_PARTITIONS; p++) {
                        if (chance(m, 400))
                                c->partitions[count++] = (char)('0' + p);
                }
        }
        c->partitions[count] = 0;
}

static void client_asks(struct model *m, struct client *c)
{
        struct txn_fixture *f = &m->f;
        c->is_asking = true;
        if (c->state == NEW) {
                bool goes_on = c->producer_id != -1;
                ask_init(f, &c->ask, 4, c->id, goes_on ? c->producer_id : -1,
                         goes_on ? c->epoch : -1);
                return;
        }
        if (c->state == IN_TXN && chance(m, 500)) {
                c->state = ENDING;
                c->commit = chance(m, 600);
        }
        if (c->state == ENDING) {
                ask_to_end(f, &c->ask, 3, c->id, c->producer_id, c->epoch, c->commit);
                return;
        }
        if (c->state == READY && c->story < 0)
                c->story = m->story_count++;
        choose_partitions(m, c);
        ask_add(f, &c->ask, 3, c->id, c->producer_id, c->epoch, c->partitions);
}

static bool is_retriable(int16_t code)
{
        return code == KERR_CONCURRENT_TRANSACTIONS || code == KERR_NOT_COORDINATOR ||
               code == KERR_COORDINATOR_LOAD_IN_PROGRESS || code == KERR_COORDINATOR_NOT_AVAILABLE;
}

static void on_init(struct client *c, const struct init_producer_id_response *answer)
{
        if (!answer->error_code) {
                c->producer_id = answer->producer_id;
                c->epoch = answer->producer_epoch;
                c->state = READY;
                c->story = -1;
        } else if (!is_retriable(answer->error_code)) {
                forget_producer(c);
        }
}

static void on_added(struct model *m, struct client *c, int16_t code)
{
        if (is_retriable(code))
                return;
        if (code) {
                forget_producer(c);
                return;
        }
        c->state = IN_TXN;
        for (const char *p = c->partitions; *p && c->state == IN_TXN; p++) {
                if (!write_record(m, c, *p - '0'))
                        forget_producer(c);
        }
}

static void on_ended(struct model *m, struct client *c, int16_t code)
{
        if (is_retriable(code))
                return;
        if (code == KERR_INVALID_TXN_STATE)
                m->broken = "who is not fenced may end what it has begun";
        if (code) {
                forget_producer(c);
                return;
        }
        m->stories[c->story].promised = c->commit ? COMMITTED : ABORTED;
        m->commits += c->commit;
        m->aborts += !c->commit;
        /* Now and then it has heard of an error elsewhere, and asks for a new epoch. */
        c->state = chance(m, 100) ? NEW : READY;
        c->story = -1;
}

static void client_acts(struct model *m, struct client *c)
{
        if (!c->is_asking) {
                /* Its process dies, and another one of the same name starts. */
                if (chance(m, 5))
                        forget_producer(c);
                client_asks(m, c);
                return;
        }
        bool is_lost = chance(m, 50);
        if (!c->ask.is_done && !is_lost)
                return;
        if (!is_lost) {
                if (c->state == NEW)
                        on_init(c, &c->ask.init_answer);
                else if (c->state == ENDING)
                        on_ended(m, c, c->ask.end_answer.error_code);
                else
                        on_added(m, c, added(&c->ask, 0));
        }
        ask_end(&c->ask);
        c->is_asking = false;
}

/* --- the world around --- */

/* The other node leads, now and then. The old coordinator hears of it at once, or when something is
 * run. */
static void move(struct model *m)
{
        struct txn_fixture *f = &m->f;
        int n = !f->leader;
        if (chance(m, 400))
                return;
        if (chance(m, 500))
                f->leader = -1;
        lead(f, n);
        m->moves++;
}

/* The second fetch, if it comes, tells the leader that the first has been appended. */
static void replicate(struct model *m)
{
        struct txn_fixture *f = &m->f;
        copy_once(&f->x, f->leader, !f->leader);
        if (chance(m, 800))
                copy_once(&f->x, f->leader, !f->leader);
}

static void carry_rpc(struct model *m)
{
        struct txn_fixture *f = &m->f;
        if (f->queued == 0)
                return;
        int32_t i = (int32_t)draw(m, f->queued);
        int64_t how = draw(m, 10);
        if (how < 2)
                drop(f, i);
        else
                deliver(f, i, how < 4 ? KERR_TIMED_OUT_LOCALLY : KERR_NONE);
}

static void step(struct model *m)
{
        struct txn_fixture *f = &m->f;
        int64_t what = draw(m, 100);
        if (what < 45)
                client_acts(m, &m->clients[draw(m, chance(m, 50) ? CLIENTS : CLIENTS / 2)]);
        else if (what < 60)
                replicate(m);
        else if (what < 75)
                txn_coordinator_run(f->nodes[chance(m, 750) ? f->leader : !f->leader]);
        else if (what < 90)
                carry_rpc(m);
        else if (what < 97)
                pass_time(f, draw(m, chance(m, 20) ? 2 * TIMEOUT_MS : 100));
        else if (what < 98)
                move(m);
        else
                f->data_leaders[draw(m, DATA_PARTITIONS)] =
                        chance(m, 200) ? NOBODY : 1 + (int32_t)draw(m, NODES);
}

static void heal(struct model *m)
{
        struct txn_fixture *f = &m->f;
        for (int32_t i = 0; i < CLIENTS; i++) {
                if (m->clients[i].is_asking)
                        ask_end(&m->clients[i].ask);
        }
        for (int32_t p = 0; p < DATA_PARTITIONS; p++)
                f->data_leaders[p] = 1;
        for (int i = 0; i < 2 * TIMEOUT_MS / ABORT_CHECK_MS; i++) {
                settle(f);
                txn_coordinator_run(f->nodes[!f->leader]);
                pass_time(f, ABORT_CHECK_MS);
        }
}

static void judge(struct model *m)
{
        for (int32_t i = 0; i < m->story_count; i++) {
                const struct story *s = &m->stories[i];
                enum outcome all = s->promised;
                for (int32_t p = 0; p < DATA_PARTITIONS; p++) {
                        if (!s->wrote[p])
                                continue;
                        if (s->outcomes[p] == OPEN_YET)
                                m->broken = "every transaction gets its outcome";
                        else if (all != OPEN_YET && s->outcomes[p] != all)
                                m->broken = "all partitions have the promised outcome";
                        all = all == OPEN_YET ? s->outcomes[p] : all;
                }
        }
}

/* Returns the rule that was broken, or NULL. */
static const char *play(uint64_t seed, int bug, int32_t *commits, int32_t *aborts, int32_t *moves)
{
        struct model *m = calloc(1, sizeof *m);
        assert_non_null(m);
        rng_init(&m->rng, seed);
        txn_fixture_init(&m->f, "12");
        if (bug >= 0)
                put_back(&m->f.x, (enum zoo_bug)bug);
        m->f.on_marker = take_marker;
        m->f.model = m;
        for (int32_t p = 0; p < DATA_PARTITIONS; p++) {
                for (int32_t i = 0; i < PRODUCERS_MAX; i++)
                        m->data[p][i].open_story = -1;
        }
        for (int32_t i = 0; i < CLIENTS; i++) {
                snprintf(m->clients[i].id, sizeof m->clients[i].id, "t%d", i % 3);
                forget_producer(&m->clients[i]);
                m->clients[i].story = -1;
        }
        for (int32_t i = 0; i < STEPS; i++)
                step(m);
        heal(m);
        judge(m);
        *commits += m->commits;
        *aborts += m->aborts;
        *moves += m->moves;
        const char *broken = m->broken;
        txn_fixture_deinit(&m->f);
        free(m);
        return broken;
}

/* Goal:   the four rules hold in every run, and the runs are worth something.
 * Method: many seeds. */
static void the_rules_hold(void **state)
{
        (void)state;
        int32_t commits = 0, aborts = 0, moves = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                const char *broken = play(seed, -1, &commits, &aborts, &moves);
                if (broken)
                        fail_msg("seed %d: broken: %s", (int)seed, broken);
        }
        print_message("%d commits, %d aborts, %d moves\n", commits, aborts, moves);
        assert_true(commits > SEEDS && aborts > SEEDS && moves > SEEDS);
}

/* Goal:   the model sees what it is meant to see. Method: each bug of the zoo, until a seed finds
 * it.
 */
static void each_bug_is_found(void **state)
{
        (void)state;
        static const int bugs[] = {ZOO_ZOMBIE_NOT_FENCED, ZOO_MARKERS_BEFORE_PREPARE,
                                   ZOO_FORGETS_PREPARED};
        for (size_t i = 0; i < sizeof bugs / sizeof bugs[0]; i++) {
                const char *broken = NULL;
                int32_t ignored = 0;
                for (uint64_t seed = 1; seed <= 10 * SEEDS && !broken; seed++)
                        broken = play(seed, bugs[i], &ignored, &ignored, &ignored);
                if (!broken)
                        fail_msg("%s is not found", zoo_name((enum zoo_bug)bugs[i]));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_rules_hold),
                cmocka_unit_test(each_bug_is_found),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
