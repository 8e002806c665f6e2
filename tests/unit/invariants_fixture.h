/* invariants_fixture.h - three brokers told by hand, for tests of the invariants. Include behind
 * cmocka.h. */
#ifndef ODRADEK_TESTS_INVARIANTS_FIXTURE_H
#define ODRADEK_TESTS_INVARIANTS_FIXTURE_H

#include "sim/invariants.h"

enum { BROKERS = 3, ALL = 1 << 1 | 1 << 2 | 1 << 3 };

/* Three brokers with one partition of three replicas, each a log of one batch per record. */
struct cluster_state {
        struct history h;
        struct verdict verdict;
        struct invariants *v;
        int64_t now_ns;
        struct seen_replica replicas[BROKERS + 1]; /* by id, as they are now */
        struct batches logs[BROKERS + 1];
        struct seen_assignment newest;
        int64_t open_from; /* a transaction is open there; INT64_MAX: none */
};

static inline bool read_array(void *context, int64_t from, int64_t to, struct batches *into)
{
        const struct batches *log = context;
        for (int64_t i = 0; i < log->count; i++)
                if (log->items[i].last_offset >= from && log->items[i].base_offset < to)
                        batches_add(into, &log->items[i]);
        return true;
}

/* The key of a record is its sum by hundreds: 100 and 101 are of one, and the later counts. */
static inline bool fold_array(void *context, struct fold *into)
{
        const struct batches *log = context;
        into->entries = calloc((size_t)log->count + 1, sizeof *into->entries);
        for (int64_t i = 0; i < log->count; i++) {
                const struct seen_batch *b = &log->items[i];
                struct fold_entry entry = {b->crc / 100, b->base_offset, b->crc};
                int64_t at = 0;
                while (at < into->count && into->entries[at].key < entry.key)
                        at++;
                bool is_new = at == into->count || into->entries[at].key != entry.key;
                for (int64_t k = into->count; is_new && k > at; k--)
                        into->entries[k] = into->entries[k - 1];
                into->entries[at] = entry;
                into->count += is_new;
        }
        return true;
}

static inline void see(struct cluster_state *s, int32_t id)
{
        s->now_ns++;
        struct seen_replica now = s->replicas[id];
        now.last_stable = s->open_from < now.high_watermark ? s->open_from : now.high_watermark;
        invariants_replica(s->v, &now);
}

/* One record at the end of a broker's log; what it is follows from `what`. */
static inline void append(struct cluster_state *s, int32_t id, int32_t epoch, uint32_t what)
{
        int64_t at = s->replicas[id].log_end++;
        batches_add(&s->logs[id], &(struct seen_batch){.base_offset = at,
                                                       .last_offset = at,
                                                       .leader_epoch = epoch,
                                                       .crc = what});
        see(s, id);
}

static inline void truncate(struct cluster_state *s, int32_t id, int64_t end)
{
        s->replicas[id].log_end = end;
        while (s->logs[id].count > 0 && s->logs[id].items[s->logs[id].count - 1].base_offset >= end)
                s->logs[id].count--;
        if (s->replicas[id].high_watermark > end)
                s->replicas[id].high_watermark = end;
        see(s, id);
}

static inline void commit(struct cluster_state *s, int32_t id, int64_t high_watermark)
{
        s->replicas[id].high_watermark = high_watermark;
        see(s, id);
}

static inline void elect(struct cluster_state *s, int32_t leader, int32_t epoch, uint64_t isr)
{
        s->newest.leader = leader;
        s->newest.leader_epoch = epoch;
        s->newest.partition_epoch++;
        s->newest.isr = isr;
        invariants_assignment(s->v, &s->newest);
}

static inline void lead(struct cluster_state *s, int32_t id, int32_t epoch, uint64_t isr)
{
        s->replicas[id].role = REPLICA_LEADER;
        s->replicas[id].leader_epoch = epoch;
        s->replicas[id].isr = s->replicas[id].maximal_isr = isr;
        see(s, id);
}

static inline void follow(struct cluster_state *s, int32_t id, int32_t epoch)
{
        s->replicas[id].role = REPLICA_FOLLOWER;
        s->replicas[id].leader_epoch = epoch;
        s->replicas[id].isr = s->replicas[id].maximal_isr = 0;
        see(s, id);
}

/* Broker 1 leads in epoch 1, all are in sync and nothing is written yet. */
static inline struct cluster_state *begin(void)
{
        struct cluster_state *s = calloc(1, sizeof *s);
        assert_non_null(s);
        history_add_partition(&s->h, "t", 0);
        s->h.partitions[0].replication = 3;
        s->h.partitions[0].min_isr = 2;
        s->now_ns = 1;
        s->open_from = INT64_MAX;
        s->v = invariants_new(&s->h, &s->verdict, &s->now_ns);
        s->newest = (struct seen_assignment){.replicas = ALL};
        for (int32_t id = 1; id <= BROKERS; id++) {
                s->replicas[id] = (struct seen_replica){
                        .node = id, .batches = {read_array, fold_array, &s->logs[id]}};
                invariants_started(s->v, id);
        }
        elect(s, 1, 1, ALL);
        lead(s, 1, 1, ALL);
        follow(s, 2, 1);
        follow(s, 3, 1);
        return s;
}

/* The same, with offsets 0 and 1 written, copied and committed. */
static inline struct cluster_state *begin_with_two(void)
{
        struct cluster_state *s = begin();
        for (int32_t id = 1; id <= BROKERS; id++) {
                append(s, id, 1, 100);
                append(s, id, 1, 101);
        }
        for (int32_t id = 1; id <= BROKERS; id++)
                commit(s, id, 2);
        return s;
}

/* All anomalies but `a` must be absent, and that one be found so often. */
static inline void expect(struct cluster_state *s, enum anomaly a, int64_t broken)
{
        for (int i = 0; i < ANOMALIES; i++) {
                int64_t want = i == (int)a ? broken : 0;
                if (s->verdict.tallies[i].broken != want || s->verdict.tallies[i].unpromised != 0)
                        fail_msg("%s: %d broken (%s), %d not promised (%s)", anomaly_name(i),
                                 (int)s->verdict.tallies[i].broken,
                                 s->verdict.tallies[i].first_broken,
                                 (int)s->verdict.tallies[i].unpromised,
                                 s->verdict.tallies[i].first_unpromised);
        }
        invariants_free(s->v);
        for (int32_t id = 1; id <= BROKERS; id++)
                batches_deinit(&s->logs[id]);
        history_deinit(&s->h);
        free(s);
}

static inline void expect_nothing(struct cluster_state *s)
{
        expect(s, ANOMALY_LOGS_DIFFER, 0);
}

#endif
