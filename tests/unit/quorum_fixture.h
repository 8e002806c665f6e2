/* quorum_fixture.h - a quorum of several nodes in one process: each with its own disk, all with one
 * virtual clock, and a network that a test cuts and heals.
 *
 * Every record that a node applies is checked against what any node applied before, so a wrong
 * commit is seen at once; see struct quorum_cluster.broken. */
#ifndef ODRADEK_TESTS_QUORUM_FIXTURE_H
#define ODRADEK_TESTS_QUORUM_FIXTURE_H

#include "cluster/quorum_private.h" /* the tests look inside */
#include "fake_world.h"
#include "log/log_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 6, FETCH_MS = 2000, ELECTION_MS = 1000, WAIT_MS = 500, EPOCHS_MAX = 4096 };

/* A growing list of numbers. */
struct numbers {
        int64_t *items;
        int32_t count, capacity;
};

static inline void numbers_push(struct numbers *n, int64_t value)
{
        if (n->count == n->capacity) {
                n->capacity = n->capacity ? 2 * n->capacity : 64;
                n->items = realloc(n->items, (size_t)n->capacity * sizeof *n->items);
                if (!n->items)
                        abort();
        }
        n->items[n->count++] = value;
}

/* An rpc on its way there, waiting there (a Fetch), or on its way back. */
struct flight {
        struct flight *next; /* by due_ms, then in the order in which they were sent */
        int64_t due_ms;
        int from, to, from_life, to_life;
        struct rpc rpc;
        struct packet *body;
        enum { ASKS, WAITS, ANSWERS, FAILS } state;
        int64_t came_ms, known_hw; /* of a Fetch that waits */
};

struct quorum_cluster;

struct quorum_node {
        struct rpc_sender sender; /* first */
        struct quorum_cluster *cluster;
        struct fake_world f;
        struct log_dir *logs;
        struct partition_log *log;
        struct quorum q;
        bool is_up;
        int life;
        int64_t next_ms; /* when quorum_run() wants to be called */
        int64_t up_ms;   /* when a node that is down comes up again */
        int64_t applied;
        struct numbers values;  /* what it has applied */
        int64_t seen_hw;        /* at the end of the last burst of this life */
        int64_t seen_end;       /* the same */
        int32_t seen_epoch;     /* the same */
        int32_t wrote_in_epoch; /* where quorum_may_write() was seen */
};

struct quorum_cluster {
        struct quorum_node nodes[NODES_MAX]; /* voters first; the id is the place, plus one */
        int count, voters;
        int64_t now_ms;
        struct rng rng;
        struct flight *flights;
        bool cut[NODES_MAX][NODES_MAX]; /* from, to */
        uint32_t drop_per_1000;
        struct numbers truth; /* what some node has applied as committed, in order */
        int32_t leader_of[EPOCHS_MAX];
        int64_t next_value;
        int64_t snapshot_bytes; /* between two snapshots */
        char broken[200];       /* the first promise that was broken; empty: none */
};

static inline void broke(struct quorum_cluster *c, const char *what, int node, int64_t at)
{
        if (!c->broken[0])
                snprintf(c->broken, sizeof c->broken, "%s (node %d, %lld) at %lld ms", what,
                         node + 1, (long long)at, (long long)c->now_ms);
}

/* --- the network --- */

static inline void enqueue(struct quorum_cluster *c, struct flight *flight, int64_t due_ms)
{
        struct flight **at = &c->flights;
        flight->due_ms = due_ms;
        while (*at && (*at)->due_ms <= due_ms)
                at = &(*at)->next;
        flight->next = *at;
        *at = flight;
}

static inline int64_t latency_ms(struct quorum_cluster *c)
{
        return rng_between(&c->rng, 1, 5);
}

/* Lost on the way: the one that asked hears so after its time-out. */
static inline void lose(struct quorum_cluster *c, struct flight *flight)
{
        flight->state = FAILS;
        enqueue(c, flight, c->now_ms + flight->rpc.timeout_ms);
}

static inline bool gets_lost(struct quorum_cluster *c, int from, int to)
{
        return c->cut[from][to] || rng_chance(&c->rng, c->drop_per_1000, 1000);
}

static inline struct serde body_writer(struct flight *flight)
{
        flight->body = packet_new(NULL);
        bool flexible = flight->rpc.version >= api_find(flight->rpc.api_key)->flexible_from;
        return serde_writer(flight->body, flight->rpc.version, flexible);
}

static inline void sender_send(struct rpc_sender *sender, const struct rpc *rpc)
{
        struct quorum_node *node = (struct quorum_node *)(void *)sender;
        struct quorum_cluster *c = node->cluster;
        struct flight *flight = calloc(1, sizeof *flight);
        if (!flight)
                abort();
        flight->rpc = *rpc;
        flight->from = (int)(node - c->nodes);
        flight->to = rpc->node - 1;
        flight->from_life = node->life;
        struct serde out = body_writer(flight);
        rpc->write(rpc->context, &out);
        if (gets_lost(c, flight->from, flight->to) || sim_disk_has_crashed(node->f.disk))
                lose(c, flight);
        else
                enqueue(c, flight, c->now_ms + latency_ms(c));
}

static inline void flight_free(struct flight *flight)
{
        packet_free(flight->body);
        free(flight);
}

/* --- one node --- */

static inline int64_t no_high_watermark(void *context, struct partition_log *log)
{
        (void)context;
        (void)log;
        return -1;
}

static inline enum kerr quorum_node_open(struct quorum_cluster *c, int i)
{
        struct quorum_node *node = &c->nodes[i];
        struct world *w = &node->f.world;
        struct log_config log_config = metadata_log_config();
        enum kerr err = log_dir_open(&(struct log_dir_open){.world = w,
                                                            .path = "/d",
                                                            .node_id = i + 1,
                                                            .retention_check_ms = INT64_MAX,
                                                            .checkpoint_ms = INT64_MAX,
                                                            .high_watermark = no_high_watermark},
                                     &node->logs);
        if (!err)
                err = log_dir_partition(node->logs, METADATA_TOPIC_NAME, 0, &metadata_topic_id,
                                        &log_config, &node->log);
        if (err)
                return err;
        struct quorum_config config = {
                .world = w,
                .sender = &node->sender,
                .log = node->log,
                .node_id = i + 1,
                .voter_count = c->voters,
                .election_timeout_ms = ELECTION_MS,
                .election_backoff_max_ms = ELECTION_MS,
                .fetch_timeout_ms = FETCH_MS,
                .request_timeout_ms = FETCH_MS,
                .fetch_wait_max_ms = WAIT_MS,
        };
        for (int v = 0; v < c->voters; v++)
                config.voters[v].id = v + 1;
        return quorum_open(&node->q, &config);
}

static inline void boot(struct quorum_cluster *c, int i)
{
        struct quorum_node *node = &c->nodes[i];
        node->f.mono_ms = c->now_ms;
        node->applied = -1;
        node->values.count = 0;
        node->seen_hw = -1;
        node->wrote_in_epoch = -1;
        node->life++;
        node->is_up = true;
        node->next_ms = c->now_ms;
        enum kerr err = quorum_node_open(c, i);
        if (err) {
                fprintf(stderr, "node %d does not open: %s\n%.*s", i + 1, kerr_text(err),
                        (int)node->f.log.size, (const char *)node->f.log.data);
                abort();
        }
}

static inline void take_down(struct quorum_cluster *c, int i)
{
        struct quorum_node *node = &c->nodes[i];
        quorum_close(&node->q);
        log_dir_abandon(node->logs);
        fake_world_kill(&node->f);
        node->is_up = false;
        node->up_ms = INT64_MAX;
}

static inline void power_cut(struct quorum_cluster *c, int i, const char *survival)
{
        take_down(c, i);
        fake_world_power_cut(&c->nodes[i].f, survival, rng_u64(&c->rng));
}

static inline void wipe(struct quorum_cluster *c, int i)
{
        take_down(c, i);
        sim_disk_wipe(c->nodes[i].f.disk);
}

/* A record is a number, and the state is all of them in order. */
static inline enum kerr apply_value(void *context, const struct metadata_record *record)
{
        struct quorum_node *node = context;
        struct quorum_cluster *c = node->cluster;
        int64_t value = record->producer_ids.next_producer_id;
        int32_t at = node->values.count;
        numbers_push(&node->values, value);
        if (at == c->truth.count)
                numbers_push(&c->truth, value);
        else if (at > c->truth.count || c->truth.items[at] != value)
                broke(c, "two nodes applied different records", (int)(node - c->nodes), at);
        return KERR_NONE;
}

static inline void
emit_values(void *context, void (*put)(void *to, const struct metadata_record *record), void *to)
{
        struct quorum_node *node = context;
        for (int32_t i = 0; i < node->values.count; i++) {
                struct metadata_record record = {.type = METADATA_PRODUCER_IDS,
                                                 .producer_ids.next_producer_id =
                                                         node->values.items[i]};
                put(to, &record);
        }
}

static inline enum kerr append_value(struct quorum_node *node, int64_t value, int64_t *end_offset)
{
        struct batch_builder batch;
        batch_builder_init(&batch);
        struct metadata_record record = {.type = METADATA_PRODUCER_IDS,
                                         .producer_ids.next_producer_id = value};
        metadata_log_add(&node->f.world, &batch, &record);
        enum kerr err = node->q.store.append(&node->q.store, &batch, end_offset);
        batch_builder_deinit(&batch);
        return err;
}

static inline void check_node(struct quorum_cluster *c, int i)
{
        struct quorum_node *node = &c->nodes[i];
        struct quorum *q = &node->q;
        if (quorum_has_failed(q))
                broke(c, "a node gave up", i, q->high_watermark);
        if (q->high_watermark < node->seen_hw)
                broke(c, "the high watermark fell", i, q->high_watermark);
        if (q->role == QUORUM_LEADER && q->epoch < EPOCHS_MAX) {
                int32_t *leader = &c->leader_of[q->epoch];
                if (*leader && *leader != i + 1)
                        broke(c, "an epoch has two leaders", i, q->epoch);
                *leader = i + 1;
        }
        if (!quorum_may_write(q) || node->wrote_in_epoch == q->epoch)
                return;
        node->wrote_in_epoch = q->epoch;
        if (node->values.count < c->truth.count)
                broke(c, "a leader lacks what was committed", i, node->values.count);
}

static inline enum kerr read_committed(struct quorum_cluster *c, int i)
{
        struct quorum_node *node = &c->nodes[i];
        bool reload = false;
        enum kerr err = quorum_read(&node->q, &node->applied, &reload, apply_value, node);
        if (!err && reload) {
                node->applied = -1;
                node->values.count = 0;
                err = quorum_read(&node->q, &node->applied, &reload, apply_value, node);
        }
        if (!err && node->applied >= 0 && quorum_wants_snapshot(&node->q, c->snapshot_bytes))
                err = quorum_write_snapshot(&node->q, node->applied, emit_values, node);
        return err;
}

/* Fetches that wait at this node look again. */
static inline void wake_fetches(struct quorum_cluster *c, int i)
{
        struct flight *woken = NULL;
        for (struct flight **at = &c->flights; *at;) {
                struct flight *flight = *at;
                if (flight->state == WAITS && flight->to == i) {
                        *at = flight->next;
                        flight->next = woken;
                        woken = flight;
                } else {
                        at = &flight->next;
                }
        }
        while (woken) {
                struct flight *next = woken->next;
                enqueue(c, woken, c->now_ms);
                woken = next;
        }
}

/* The power went in the middle of the burst: what it did since then has not happened. */
static inline bool has_crashed(struct quorum_cluster *c, int i)
{
        if (!sim_disk_has_crashed(c->nodes[i].f.disk))
                return false;
        power_cut(c, i, "any");
        c->nodes[i].up_ms = c->now_ms + rng_between(&c->rng, 1, 1000);
        return true;
}

/* The end of a burst, as a broker has it. */
static inline void end_burst(struct quorum_cluster *c, int i)
{
        struct quorum_node *node = &c->nodes[i];
        if (has_crashed(c, i))
                return;
        node->next_ms = quorum_run(&node->q);
        if (has_crashed(c, i))
                return;
        enum kerr err = read_committed(c, i);
        while (node->f.sync_count > 0)
                log_dir_on_synced(node->logs, fake_world_end_sync(&node->f, 0, KERR_NONE),
                                  KERR_NONE);
        if (has_crashed(c, i))
                return;
        if (err)
                broke(c, "the metadata cannot be read", i, node->applied);
        int64_t end = partition_log_end(node->log);
        if (node->q.high_watermark != node->seen_hw || end != node->seen_end ||
            node->q.epoch != node->seen_epoch)
                wake_fetches(c, i);
        check_node(c, i);
        node->seen_hw = node->q.high_watermark;
        node->seen_end = end;
        node->seen_epoch = node->q.epoch;
}

/* --- answering --- */

/* What goes out, with the bytes of files set in. */
static inline struct packet *flatten(struct world *w, const struct packet *p)
{
        struct packet *flat = packet_new(NULL);
        size_t at = PACKET_LENGTH_BYTES;
        for (int32_t i = 0; i < p->insert_count; i++) {
                const struct packet_insert *insert = &p->inserts[i];
                buffer_append(&flat->memory, p->memory.data + at, insert->at - at);
                at = insert->at;
                size_t size = (size_t)insert->extent.length;
                uint8_t *into = buffer_reserve(&flat->memory, size);
                if (world_read_exactly(w, insert->extent.file, insert->extent.position, into, size))
                        abort();
                flat->memory.size += size;
        }
        buffer_append(&flat->memory, p->memory.data + at, p->memory.size - at);
        return flat;
}

/* False: it waits. */
static inline bool answer_fetch(struct quorum_node *node, struct flight *flight, bool is_last,
                                struct serde *in, struct serde *out)
{
        struct fetch_request request = {0};
        serde_fetch_request(in, &request);
        struct fetch_partition_response partition;
        struct fetch_topic_response topic = {.topic_id = metadata_topic_id,
                                             .partitions = {&partition, 1}};
        struct fetch_response response = {.topics = {&topic, 1}};
        if (!quorum_handle_fetch(&node->q, request.replica_id,
                                 request.topics.items[0].partitions.items, 1000, flight->known_hw,
                                 &partition) &&
            !is_last)
                return false;
        serde_fetch_response(out, &response);
        return true;
}

static inline bool answer(struct quorum_node *node, struct flight *flight, bool is_last,
                          struct serde *in, struct serde *out)
{
        struct arena *arena = in->arena;
        union {
                struct vote_request vote;
                struct begin_quorum_epoch_request begin;
                struct end_quorum_epoch_request end;
                struct fetch_snapshot_request snapshot;
        } m;
        union {
                struct vote_response vote;
                struct begin_quorum_epoch_response begin;
                struct end_quorum_epoch_response end;
                struct fetch_snapshot_response snapshot;
        } r;
        memset(&m, 0, sizeof m);
        memset(&r, 0, sizeof r);
        switch (flight->rpc.api_key) {
        case API_FETCH: return answer_fetch(node, flight, is_last, in, out);
        case API_VOTE:
                serde_vote_request(in, &m.vote);
                quorum_handle_vote(&node->q, &m.vote, arena, &r.vote);
                serde_vote_response(out, &r.vote);
                break;
        case API_BEGIN_QUORUM_EPOCH:
                serde_begin_quorum_epoch_request(in, &m.begin);
                quorum_handle_begin_epoch(&node->q, &m.begin, arena, &r.begin);
                serde_begin_quorum_epoch_response(out, &r.begin);
                break;
        case API_END_QUORUM_EPOCH:
                serde_end_quorum_epoch_request(in, &m.end);
                quorum_handle_end_epoch(&node->q, &m.end, arena, &r.end);
                serde_end_quorum_epoch_response(out, &r.end);
                break;
        default:
                serde_fetch_snapshot_request(in, &m.snapshot);
                m.snapshot.max_bytes = 100; /* many pieces, also within batches */
                quorum_handle_fetch_snapshot(&node->q, &m.snapshot, arena, &r.snapshot);
                serde_fetch_snapshot_response(out, &r.snapshot);
        }
        return true;
}

static inline struct serde body_reader(struct flight *flight, struct arena *arena)
{
        bool flexible = flight->rpc.version >= api_find(flight->rpc.api_key)->flexible_from;
        return serde_reader(span_of(flight->body->memory.data + PACKET_LENGTH_BYTES,
                                    flight->body->memory.size - PACKET_LENGTH_BYTES),
                            flight->rpc.version, flexible, arena);
}

/* A question arrives, or a Fetch that waits looks again. */
static inline void ask(struct quorum_cluster *c, struct flight *flight)
{
        struct quorum_node *node = &c->nodes[flight->to];
        bool waited = flight->state == WAITS;
        if (!node->is_up || (waited && node->life != flight->to_life)) {
                flight->state = FAILS;
                enqueue(c, flight, c->now_ms + 1);
                return;
        }
        struct arena arena;
        arena_init(&arena, 1 << 20);
        struct serde in = body_reader(flight, &arena);
        struct flight answering = {.rpc = flight->rpc};
        struct serde out = body_writer(&answering);
        out.out->world = &node->f.world; /* for the references on its files */
        if (!waited) {
                flight->known_hw = node->q.high_watermark;
                flight->to_life = node->life;
                flight->came_ms = c->now_ms;
        }
        bool is_last = c->now_ms >= flight->came_ms + WAIT_MS;
        if (answer(node, flight, is_last, &in, &out)) {
                packet_free(flight->body);
                flight->body = flatten(&node->f.world, answering.body);
                flight->state = ANSWERS;
                if (gets_lost(c, flight->to, flight->from) || sim_disk_has_crashed(node->f.disk))
                        lose(c, flight);
                else
                        enqueue(c, flight, c->now_ms + latency_ms(c));
        } else {
                flight->state = WAITS;
                enqueue(c, flight, flight->came_ms + WAIT_MS);
        }
        packet_free(answering.body);
        arena_deinit(&arena);
        if (!waited)
                end_burst(c, (int)(node - c->nodes));
}

static inline void hear_answer(struct quorum_cluster *c, struct flight *flight)
{
        struct quorum_node *node = &c->nodes[flight->from];
        if (node->is_up && node->life == flight->from_life) {
                struct arena arena;
                arena_init(&arena, 1 << 20);
                struct serde in = body_reader(flight, &arena);
                bool failed = flight->state == FAILS;
                flight->rpc.on_answer(flight->rpc.context,
                                      failed ? KERR_TIMED_OUT_LOCALLY : KERR_NONE,
                                      failed ? NULL : &in);
                arena_deinit(&arena);
                end_burst(c, flight->from);
        }
        flight_free(flight);
}

/* --- the whole --- */

static inline void cluster_init(struct quorum_cluster *c, int voters, int observers, uint64_t seed,
                                struct zoo zoo)
{
        memset(c, 0, sizeof *c);
        c->voters = voters;
        c->count = voters + observers;
        c->now_ms = 1000;
        c->snapshot_bytes = INT64_MAX;
        rng_init(&c->rng, seed);
        for (int i = 0; i < c->count; i++) {
                struct quorum_node *node = &c->nodes[i];
                node->sender.send = sender_send;
                node->cluster = c;
                fake_world_init(&node->f);
                rng_init(&node->f.rng, seed * 100 + (uint64_t)i);
                node->f.world.zoo = zoo;
                boot(c, i);
        }
}

static inline void cluster_deinit(struct quorum_cluster *c)
{
        for (int i = 0; i < c->count; i++) {
                if (c->nodes[i].is_up)
                        take_down(c, i);
                fake_world_deinit(&c->nodes[i].f);
                free(c->nodes[i].values.items);
        }
        while (c->flights) {
                struct flight *flight = c->flights;
                c->flights = flight->next;
                flight_free(flight);
        }
        free(c->truth.items);
}

static inline void set_time(struct quorum_cluster *c, int64_t now_ms)
{
        c->now_ms = now_ms;
        for (int i = 0; i < c->count; i++)
                c->nodes[i].f.mono_ms = now_ms;
}

/* The next node that wants to be called, or come up: -1 when a flight comes first. */
static inline int next_node(struct quorum_cluster *c, int64_t *due_ms)
{
        int next = -1;
        *due_ms = c->flights ? c->flights->due_ms : INT64_MAX;
        for (int i = 0; i < c->count; i++) {
                struct quorum_node *node = &c->nodes[i];
                int64_t ms = node->is_up ? node->next_ms : node->up_ms;
                if (ms < *due_ms) {
                        *due_ms = ms;
                        next = i;
                }
        }
        return next;
}

/* Lets everything happen that is due up to `until_ms`, or until something is broken. */
static inline void run_to(struct quorum_cluster *c, int64_t until_ms)
{
        int64_t due_ms;
        int next = next_node(c, &due_ms);
        for (; due_ms <= until_ms && !c->broken[0]; next = next_node(c, &due_ms)) {
                if (due_ms > c->now_ms)
                        set_time(c, due_ms);
                if (next >= 0) {
                        if (!c->nodes[next].is_up)
                                boot(c, next);
                        end_burst(c, next);
                        continue;
                }
                struct flight *flight = c->flights;
                c->flights = flight->next;
                if (flight->state == ASKS || flight->state == WAITS)
                        ask(c, flight);
                else
                        hear_answer(c, flight);
        }
        if (until_ms > c->now_ms)
                set_time(c, until_ms);
}

static inline void run_for(struct quorum_cluster *c, int64_t ms)
{
        run_to(c, c->now_ms + ms);
}

/* The node of the latest epoch that may write; -1: none. */
static inline int leader_of(const struct quorum_cluster *c)
{
        int leader = -1;
        for (int i = 0; i < c->count; i++) {
                const struct quorum_node *node = &c->nodes[i];
                if (node->is_up && quorum_may_write(&node->q) &&
                    (leader < 0 || node->q.epoch > c->nodes[leader].q.epoch))
                        leader = i;
        }
        return leader;
}

/* Appends on that node, as far as it lets us. */
static inline bool write_on(struct quorum_cluster *c, int i)
{
        int64_t end_offset;
        enum kerr err = append_value(&c->nodes[i], ++c->next_value, &end_offset);
        end_burst(c, i);
        return !err;
}

/* `a` and `b` hear each other no more, or again. */
static inline void set_cut(struct quorum_cluster *c, int a, int b, bool cut)
{
        c->cut[a][b] = c->cut[b][a] = cut;
}

static inline void isolate(struct quorum_cluster *c, int i)
{
        for (int k = 0; k < c->count; k++)
                set_cut(c, i, k, k != i);
}

static inline void heal(struct quorum_cluster *c)
{
        memset(c->cut, 0, sizeof c->cut);
        c->drop_per_1000 = 0;
}

#endif
