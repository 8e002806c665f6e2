/* Random tests of src/replication as a whole: three brokers with their fetchers, and a controller
 * of a few lines. Words arrive late, twice or never; brokers are killed and fenced. What was once
 * below a leader's high watermark must be in the log of everyone who may be elected. */
#include "fetch_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { RECORDS_MAX = 400, STEPS = 700, MESSAGES_MAX = 16, MIN_ISR = 2 };

/* An AlterPartition on its way. */
struct message {
        int from;
        int64_t from_epoch; /* its broker epoch: another life does not hear the answer */
        int serial;
        struct isr_proposal proposal;
};

struct model {
        struct replica_fixture x;
        struct rng rng;
        struct fetch_link links[NODES][NODES]; /* [follower][leader] */
        int follows[NODES];                    /* the node it fetches from, or -1 */
        int slow, deaf;                        /* nodes, for a while; or none */
        int held; /* the answers on this link (follower * NODES + leader), for a while; or none */

        /* The controller. */
        struct replica_assignment now;
        struct replica_set elr;
        struct message messages[MESSAGES_MAX];
        int message_count;
        int sent[NODES]; /* serial of its last AlterPartition */

        int64_t committed[RECORDS_MAX]; /* by offset: the record's number */
        int64_t committed_end;
        int64_t next_number;
        bool broken;
};

static int dice(struct model *m, int sides)
{
        return (int)rng_between(&m->rng, 0, sides - 1);
}

/* What leaders believe of other brokers need not be true: the controller decides. */
static bool believe(void *context, int32_t id, int64_t broker_epoch)
{
        struct model *m = context;
        (void)id;
        (void)broker_epoch;
        return dice(m, 4) > 0;
}

/* --- what must hold --- */

struct content {
        int64_t numbers[RECORDS_MAX]; /* -1: a hole */
        int64_t end;
};

static enum kerr collect(void *context, const struct extent *where, const struct batch_header *h)
{
        struct content *c = context;
        (void)where;
        while (c->end < h->base_offset)
                c->numbers[c->end++] = -1;
        c->numbers[c->end++] = h->base_timestamp;
        return KERR_NONE;
}

static void read_log(struct model *m, int n, struct content *c)
{
        c->end = 0;
        if (partition_log_each_batch(m->x.nodes[n].log, collect, c))
                abort();
}

static void check_holds_committed(struct model *m, const struct content *c)
{
        if (c->end < m->committed_end)
                m->broken = true;
        for (int64_t i = 0; i < m->committed_end && i < c->end; i++)
                m->broken |= c->numbers[i] != m->committed[i];
}

static void check(struct model *m)
{
        struct content c;
        for (int n = 0; n < NODES; n++) {
                const struct replica *r = replica_of(&m->x, n);
                if (r->role != REPLICA_LEADER)
                        continue;
                read_log(m, n, &c);
                m->broken |= r->high_watermark > c.end;
                for (int64_t i = 0; i < r->high_watermark && !m->broken; i++) {
                        if (i == m->committed_end)
                                m->committed[m->committed_end++] = c.numbers[i];
                        m->broken |= m->committed[i] != c.numbers[i];
                }
        }
        for (int n = 0; n < NODES; n++) {
                if (replica_set_has(&m->now.isr, n + 1) || replica_set_has(&m->elr, n + 1)) {
                        read_log(m, n, &c);
                        check_holds_committed(m, &c);
                }
        }
}

/* --- the controller --- */

/* KIP-966: who leaves an ISR that is too small stays eligible. */
static void change(struct model *m, struct replica_set isr, int32_t leader)
{
        struct replica_set elr = {0};
        for (int32_t id = 1; id <= NODES && isr.count < MIN_ISR; id++) {
                if ((replica_set_has(&m->now.isr, id) || replica_set_has(&m->elr, id)) &&
                    !replica_set_has(&isr, id))
                        replica_set_add(&elr, id);
        }
        m->elr = elr;
        m->now.isr = isr;
        m->now.partition_epoch++;
        if (leader != m->now.leader)
                m->now.leader_epoch++;
        m->now.leader = leader;
}

static int32_t pick(struct model *m, const struct replica_set *from)
{
        int first = dice(m, NODES);
        for (int i = 0; i < NODES; i++) {
                int n = (first + i) % NODES;
                if (!m->x.fenced[n] && replica_set_has(from, n + 1))
                        return n + 1;
        }
        return -1;
}

static void elect(struct model *m)
{
        struct replica_set isr = m->now.isr;
        int32_t leader = pick(m, &isr);
        if (leader < 0) {
                leader = pick(m, &m->elr);
                if (leader > 0)
                        replica_set_add(&isr, leader);
        }
        change(m, isr, leader);
}

static void fence(struct model *m, int n)
{
        struct replica_set isr = m->now.isr;
        if (m->x.fenced[n])
                return;
        m->x.fenced[n] = true;
        replica_set_remove(&isr, n + 1);
        if (isr.count != m->now.isr.count)
                change(m, isr, m->now.leader);
        if (m->now.leader == n + 1)
                elect(m);
}

static void unfence(struct model *m, int n)
{
        m->x.fenced[n] = false;
        if (m->now.leader < 0)
                elect(m);
}

static enum kerr alter_partition(struct model *m, int from, const struct isr_proposal *p)
{
        if (p->leader_epoch != m->now.leader_epoch || m->now.leader != from + 1)
                return KERR_FENCED_LEADER_EPOCH;
        if (p->partition_epoch != m->now.partition_epoch)
                return KERR_INVALID_UPDATE_VERSION;
        for (int32_t i = 0; i < p->isr.count; i++) {
                int n = p->isr.ids[i] - 1;
                if (m->x.fenced[n] ||
                    (p->broker_epochs[i] != -1 && p->broker_epochs[i] != m->x.broker_epochs[n]))
                        return KERR_INELIGIBLE_REPLICA;
        }
        change(m, p->isr, m->now.leader);
        return KERR_NONE;
}

/* --- the brokers --- */

static void follow(struct model *m, int n)
{
        const struct replica *r = replica_of(&m->x, n);
        int leader = r->role == REPLICA_FOLLOWER ? r->assignment.leader - 1 : -1;
        if (leader == m->follows[n])
                return;
        if (m->follows[n] >= 0)
                fetcher_remove(m->links[n][m->follows[n]].fetcher, r);
        if (leader >= 0)
                link_follow(&m->links[n][leader], 0);
        m->follows[n] = leader;
}

static void tell(struct model *m, int n)
{
        replica_apply(replica_of(&m->x, n), &m->now);
        follow(m, n);
}

static void append(struct model *m, int n)
{
        struct replica *r = replica_of(&m->x, n);
        struct buffer bytes = {0};
        struct log_append done;
        int64_t at;
        if (r->role != REPLICA_LEADER || partition_log_end(r->log) >= RECORDS_MAX - STEPS / 4)
                return;
        append_sample(&bytes, (struct sample){.records = 1, .timestamp = m->next_number++});
        replica_append(r, buffer_span(&bytes), dice(m, 2), APPEND_CLIENT, &done, &at);
        buffer_deinit(&bytes);
}

/* The next step of a Fetch from one node to another. */
static void fetch(struct model *m, int follower, int leader)
{
        struct fetch_link *l = &m->links[follower][leader];
        if (!l->asked)
                fetcher_run(l->fetcher);
        else if (!l->answer)
                link_serve(l, leader);
        else if (follower * NODES + leader != m->held)
                link_deliver(l, dice(m, 10) ? KERR_NONE : KERR_TIMED_OUT_LOCALLY);
}

static void propose(struct model *m, int n)
{
        struct replica *r = replica_of(&m->x, n);
        isr_propose(r);
        if (!isr_must_send(r) || m->message_count == MESSAGES_MAX)
                return;
        isr_sent(r);
        m->messages[m->message_count++] =
                (struct message){n, m->x.nodes[n].host.broker_epoch, ++m->sent[n], r->proposal};
}

static void hear_controller(struct model *m, const struct message *message, enum kerr err)
{
        struct replica *r = replica_of(&m->x, message->from);
        if (m->x.nodes[message->from].host.broker_epoch != message->from_epoch ||
            m->sent[message->from] != message->serial)
                return;
        if (err)
                isr_refused(r, err);
        else
                isr_confirmed(r, m->now.leader_epoch, m->now.partition_epoch, &m->now.isr);
}

/* Some message arrives; its answer perhaps. */
static void deliver(struct model *m)
{
        if (m->message_count == 0)
                return;
        int i = dice(m, m->message_count);
        struct message message = m->messages[i];
        if (dice(m, 4) > 0) /* else it comes once more: a half-open connection */
                m->messages[i] = m->messages[--m->message_count];
        enum kerr err = alter_partition(m, message.from, &message.proposal);
        if (dice(m, 3) > 0)
                hear_controller(m, &message, err);
}

static void open_links(struct model *m, int n)
{
        m->follows[n] = -1;
        for (int l = 0; l < NODES; l++)
                link_open(&m->links[n][l], &m->x, n, l);
}

static void close_links(struct model *m, int n)
{
        for (int l = 0; l < NODES; l++)
                link_close(&m->links[n][l]);
}

/* The process dies, and another one starts; the page cache stays. */
static void restart(struct model *m, int n)
{
        struct node *node = &m->x.nodes[n];
        int64_t checkpoint = dice(m, 2) ? node->replica.high_watermark : 0;
        fence(m, n);
        close_links(m, n);
        partition_log_abandon(node->log);
        node->host.broker_epoch = m->x.broker_epochs[n] += 10;
        node_open(&m->x, n, checkpoint);
        open_links(m, n);
}

static void step(struct model *m)
{
        int n = dice(m, NODES), other = dice(m, NODES);
        int what = dice(m, 100);
        if (dice(m, 40) == 0) {
                m->slow = dice(m, 2 * NODES);
                m->deaf = dice(m, 2 * NODES);
                m->held = dice(m, 2 * NODES * NODES);
        }
        if (what < 14) {
                for (n = 0; n < NODES; n++)
                        append(m, n); /* whoever takes itself for the leader */
        } else if (what < 70) {
                if (other != n && n != m->slow)
                        fetch(m, n, other);
        } else if (what < 80) {
                if (n != m->deaf)
                        tell(m, n);
        } else if (what < 88) {
                propose(m, n);
        } else if (what < 92) {
                deliver(m);
        } else if (what < 93) {
                fence(m, n);
        } else if (what < 95) {
                unfence(m, n);
        } else if (what < 96) {
                elect(m);
        } else if (what < 97) {
                restart(m, n);
        } else {
                m->x.f.mono_ms += dice(m, LAG_MS / 2);
        }
}

/* --- runs --- */

static void model_init(struct model *m, uint64_t seed, uint64_t bugs)
{
        memset(m, 0, sizeof *m);
        rng_init(&m->rng, seed);
        replicas_init(&m->x);
        m->x.f.world.zoo.bits = bugs;
        m->now = assignment(1, 1, 1, "123");
        m->now.min_isr = MIN_ISR;
        for (int n = 0; n < NODES; n++) {
                m->x.nodes[n].host.may_join = believe;
                m->x.nodes[n].host.context = m;
                open_links(m, n);
                tell(m, n);
        }
}

static void model_deinit(struct model *m)
{
        for (int n = 0; n < NODES; n++)
                close_links(m, n);
        replicas_deinit(&m->x);
}

/* All lives and all is heard: does the rest come right by itself? */
static void heal(struct model *m)
{
        m->message_count = 0;
        m->held = -1;
        for (int n = 0; n < NODES; n++) {
                unfence(m, n);
                m->x.nodes[n].host.may_join = fixture_may_join;
                m->x.nodes[n].host.context = &m->x;
        }
        for (int i = 0; i < 400; i++) {
                for (int n = 0; n < NODES; n++) {
                        tell(m, n);
                        propose(m, n);
                        for (int l = 0; l < NODES; l++) {
                                if (l != n)
                                        fetch(m, n, l);
                        }
                }
                deliver(m);
                m->x.f.mono_ms += 50;
        }
}

static void expect_converged(struct model *m)
{
        struct content first, other;
        read_log(m, 0, &first);
        assert_int_equal(m->now.isr.count, NODES);
        for (int n = 0; n < NODES; n++) {
                read_log(m, n, &other);
                assert_int_equal(other.end, first.end);
                assert_memory_equal(other.numbers, first.numbers,
                                    (size_t)first.end * sizeof *first.numbers);
                assert_int_equal(hw_of(&m->x, n), first.end);
        }
}

/* True when the run broke a promise. */
static bool run(uint64_t seed, uint64_t bugs, int64_t *committed)
{
        struct model m;
        model_init(&m, seed, bugs);
        for (int i = 0; i < STEPS && !m.broken; i++) {
                step(&m);
                check(&m);
        }
        bool broken = m.broken;
        if (!broken && !bugs) {
                heal(&m);
                check(&m);
                assert_false(m.broken);
                expect_converged(&m);
        }
        *committed += m.committed_end;
        model_deinit(&m);
        return broken;
}

/* Goal: nothing committed is ever lost, and in the end all replicas are equal and in sync. Method:
 * random runs, all kept promises; and they did commit something. */
static void promises_are_kept(void **state)
{
        (void)state;
        enum { SEEDS = 40 };
        int64_t committed = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                if (run(seed, 0, &committed))
                        fail_msg("seed %d breaks a promise", (int)seed);
        }
        assert_true(committed > 20 * SEEDS);
}

/* Goal: the runs above can fail. Method: with each of these bugs put back, some seed does. */
static void bugs_break_promises(void **state)
{
        (void)state;
        static const enum zoo_bug bugs[] = {
                ZOO_TRUNCATE_TO_HW,     ZOO_IGNORE_DIVERGENCE, ZOO_JOIN_BEFORE_EPOCH_START,
                ZOO_HW_ON_PROPOSED_ISR, ZOO_HW_UNDER_MIN_ISR,
        };
        for (size_t i = 0; i < sizeof bugs / sizeof *bugs; i++) {
                int64_t committed = 0;
                uint64_t seed = 1;
                while (seed < 1000 && !run(seed, UINT64_C(1) << bugs[i], &committed))
                        seed++;
                if (seed == 1000)
                        fail_msg("%s breaks nothing", zoo_name(bugs[i]));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(promises_are_kept),
                cmocka_unit_test(bugs_break_promises),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
