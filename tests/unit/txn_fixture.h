/* txn_fixture.h - transaction coordinators on the nodes of a replica_fixture, all over the one
 * partition of __transaction_state; a controller that gives out producer ids, and the leaders of a
 * topic "data" that take markers. The test decides when what is sent arrives. */
#ifndef ODRADEK_TESTS_TXN_FIXTURE_H
#define ODRADEK_TESTS_TXN_FIXTURE_H

#include "delivery/transaction.h"
#include "replica_fixture.h"
#include "wire/producer_ids.h"

enum {
        DATA_PARTITIONS = 4,
        TIMEOUT_MS = 5000, /* of transactions */
        ABORT_CHECK_MS = 1000,
        EXPIRATION_MS = 60000,
        EXPIRATION_CHECK_MS = 10000,
        QUEUE_MAX = 64,
        SEEN_MAX = 256,
        NOBODY = -1,
        GONE = -2,
};

/* A marker that was written. */
struct seen_marker {
        int64_t producer_id;
        int16_t epoch;
        bool commit;
        struct str topic; /* static, or the fixture's */
        int32_t partition, coordinator_epoch, node;
};

struct sent_rpc {
        struct rpc rpc;
        bool is_taken;
};

struct txn_fixture {
        struct replica_fixture x;
        struct txn_coordinator *nodes[NODES];
        int32_t leader, leader_epoch;
        const char *isr;
        int32_t data_leaders[DATA_PARTITIONS], offsets_leader;
        int32_t controller;
        int64_t next_block;
        int32_t block_size;
        int16_t refuse; /* what the controller and the leaders answer instead */
        struct rpc_sender sender;
        struct sent_rpc queue[QUEUE_MAX]; /* the oldest first */
        int32_t queued;
        struct seen_marker seen[SEEN_MAX];
        int32_t seen_count;
        /* Instead of noting it in `seen`, when set. */
        enum kerr (*on_marker)(struct txn_fixture *f, const struct seen_marker *m);
        void *model;
};

static inline void fixture_send(struct rpc_sender *sender, const struct rpc *rpc)
{
        struct txn_fixture *f =
                (struct txn_fixture *)(void *)((char *)sender -
                                               offsetof(struct txn_fixture, sender));
        if (f->queued == QUEUE_MAX)
                abort();
        f->queue[f->queued++] = (struct sent_rpc){.rpc = *rpc};
}

static inline int32_t fixture_leader_of(void *context, struct str topic, int32_t partition)
{
        struct txn_fixture *f = context;
        if (str_equal_c(topic, "__consumer_offsets"))
                return f->offsets_leader;
        if (!str_equal_c(topic, "data") || partition < 0 || partition >= DATA_PARTITIONS)
                return GONE;
        return f->data_leaders[partition];
}

static inline int32_t fixture_controller(void *context)
{
        return ((struct txn_fixture *)context)->controller;
}

static inline int64_t fixture_broker_epoch(void *context)
{
        (void)context;
        return 77;
}

static inline void start_coordinator(struct txn_fixture *f, int n)
{
        f->nodes[n] = txn_coordinator_new(&(struct txn_coordinator_config){
                .world = &f->x.f.world,
                .node_id = n + 1,
                .sender = &f->sender,
                .ids_sender = &f->sender,
                .partitions = 1,
                .group_partitions = 1,
                .timeout_max_ms = 900000,
                .abort_check_ms = ABORT_CHECK_MS,
                .expiration_ms = EXPIRATION_MS,
                .expiration_check_ms = EXPIRATION_CHECK_MS,
                .request_timeout_ms = 30000,
                .leader_of = fixture_leader_of,
                .controller = fixture_controller,
                .broker_epoch = fixture_broker_epoch,
                .context = f,
        });
}

/* Node n leads in a new leader epoch; the others hear it. */
static inline void lead(struct txn_fixture *f, int n)
{
        if (f->leader >= 0)
                txn_coordinator_resign(f->nodes[f->leader], 0);
        f->leader = n;
        f->leader_epoch++;
        assign_all(&f->x, assignment(n + 1, f->leader_epoch, f->leader_epoch, f->isr));
        txn_coordinator_lead(f->nodes[n], 0, replica_of(&f->x, n));
}

static inline int64_t run(struct txn_fixture *f)
{
        return txn_coordinator_run(f->nodes[f->leader]);
}

/* `isr` "1": what node 0 appends is committed at once. "12": when node 1 has fetched it. */
static inline void txn_fixture_init(struct txn_fixture *f, const char *isr)
{
        memset(f, 0, sizeof *f);
        replicas_init(&f->x);
        f->leader = -1;
        f->isr = isr;
        f->controller = 3;
        f->next_block = 1000;
        f->block_size = 10;
        f->sender.send = fixture_send;
        for (int32_t p = 0; p < DATA_PARTITIONS; p++)
                f->data_leaders[p] = 1 + p % 2;
        f->offsets_leader = 3;
        for (int n = 0; n < NODES; n++)
                start_coordinator(f, n);
        lead(f, 0);
        run(f);
}

static inline void txn_fixture_deinit(struct txn_fixture *f)
{
        for (int n = 0; n < NODES; n++)
                txn_coordinator_free(f->nodes[n]);
        replicas_deinit(&f->x);
}

/* --- what is sent --- */

/* Takes rpc number `i` off the queue. */
static inline struct rpc take_rpc(struct txn_fixture *f, int32_t i)
{
        struct rpc rpc = f->queue[i].rpc;
        if (i >= f->queued)
                abort();
        memmove(&f->queue[i], &f->queue[i + 1], (size_t)(f->queued - i - 1) * sizeof f->queue[0]);
        f->queued--;
        return rpc;
}

static inline enum kerr fixture_take_marker(struct txn_fixture *f, const struct seen_marker *m)
{
        if (fixture_leader_of(f, m->topic, m->partition) != m->node)
                return KERR_NOT_LEADER_OR_FOLLOWER;
        if (f->refuse)
                return (enum kerr)f->refuse;
        if (f->on_marker)
                return f->on_marker(f, m);
        if (f->seen_count == SEEN_MAX)
                abort();
        f->seen[f->seen_count] = *m;
        f->seen[f->seen_count++].topic =
                str_equal_c(m->topic, "data") ? str_of("data") : str_of("__consumer_offsets");
        return KERR_NONE;
}

static inline void serve_markers(struct txn_fixture *f, int32_t node, struct serde *in,
                                 struct serde *out, struct arena *arena)
{
        struct write_txn_markers_request request = {0};
        struct write_txn_markers_response answer = {0};
        serde_write_txn_markers_request(in, &request);
        if (in->err)
                abort();
        answer.markers.items =
                arena_alloc(arena, (size_t)request.markers.count * sizeof *answer.markers.items);
        for (int32_t m = 0; m < request.markers.count; m++) {
                struct write_txn_markers_marker *marker = &request.markers.items[m];
                struct write_txn_markers_marker_response *said =
                        &answer.markers.items[answer.markers.count++];
                said->producer_id = marker->producer_id;
                said->topics.count = marker->topics.count;
                said->topics.items = arena_alloc(arena, (size_t)marker->topics.count *
                                                                sizeof *said->topics.items);
                for (int32_t t = 0; t < marker->topics.count; t++) {
                        struct write_txn_markers_topic *topic = &marker->topics.items[t];
                        struct write_txn_markers_topic_response *to = &said->topics.items[t];
                        to->name = topic->name;
                        to->partitions.count = topic->partitions.count;
                        to->partitions.items =
                                arena_alloc(arena, (size_t)topic->partitions.count *
                                                           sizeof *to->partitions.items);
                        for (int32_t p = 0; p < topic->partitions.count; p++) {
                                struct seen_marker seen = {marker->producer_id,
                                                           marker->producer_epoch,
                                                           marker->transaction_result,
                                                           topic->name,
                                                           topic->partitions.items[p],
                                                           marker->coordinator_epoch,
                                                           node};
                                to->partitions.items[p].index = seen.partition;
                                to->partitions.items[p].error_code =
                                        (int16_t)fixture_take_marker(f, &seen);
                        }
                }
        }
        serde_write_txn_markers_response(out, &answer);
}

static inline void serve_ids(struct txn_fixture *f, struct serde *in, struct serde *out)
{
        struct allocate_producer_ids_request request = {0};
        serde_allocate_producer_ids_request(in, &request);
        if (in->err || request.broker_epoch != 77)
                abort();
        struct allocate_producer_ids_response answer = {.error_code = f->refuse,
                                                        .producer_id_start = f->next_block,
                                                        .producer_id_count = f->block_size};
        if (!f->refuse)
                f->next_block += f->block_size;
        serde_allocate_producer_ids_response(out, &answer);
}

/* It arrives, is done, and its answer comes back unless `lost`: then its sender hears that. */
static inline void deliver(struct txn_fixture *f, int32_t i, enum kerr lost)
{
        struct rpc rpc = take_rpc(f, i);
        struct arena arena;
        arena_init(&arena, 1 << 20);
        struct packet *asked = packet_new(&f->x.f.world), *said = packet_new(&f->x.f.world);
        struct serde out = serde_writer(asked, rpc.version, true);
        rpc.write(rpc.context, &out);
        struct serde in = serde_reader(span_of(asked->memory.data + 4, asked->memory.size - 4),
                                       rpc.version, true, &arena);
        out = serde_writer(said, rpc.version, true);
        if (rpc.api_key == API_ALLOCATE_PRODUCER_IDS)
                serve_ids(f, &in, &out);
        else
                serve_markers(f, rpc.node, &in, &out, &arena);
        in = serde_reader(span_of(said->memory.data + 4, said->memory.size - 4), rpc.version, true,
                          &arena);
        rpc.on_answer(rpc.context, lost, lost ? NULL : &in);
        packet_free(asked);
        packet_free(said);
        arena_deinit(&arena);
}

/* It never arrives. */
static inline void drop(struct txn_fixture *f, int32_t i)
{
        struct rpc rpc = take_rpc(f, i);
        rpc.on_answer(rpc.context, KERR_CONNECTION_FAILED, NULL);
}

/* All that is sent arrives, what is appended is committed, until nothing moves. */
static inline void settle(struct txn_fixture *f)
{
        do {
                for (int n = 0; n < NODES; n++) {
                        if (n != f->leader && strchr(f->isr, '1' + n))
                                copy_all(&f->x, f->leader, n);
                }
                run(f);
                while (f->queued > 0)
                        deliver(f, 0, KERR_NONE);
                run(f);
        } while (f->queued > 0 || hw_of(&f->x, f->leader) < end_of(&f->x, f->leader));
}

static inline void pass_time(struct txn_fixture *f, int64_t ms)
{
        f->x.f.mono_ms += ms;
        f->x.f.wall_ms += ms;
}

/* --- who asks --- */

struct ask {
        struct txn_call call;
        struct arena arena;
        bool is_done;
        union {
                struct init_producer_id_request init;
                struct add_partitions_to_txn_request add;
                struct add_offsets_to_txn_request offsets;
                struct end_txn_request end;
        };
        union {
                struct init_producer_id_response init_answer;
                struct add_partitions_to_txn_response add_answer;
                struct add_offsets_to_txn_response offsets_answer;
                struct end_txn_response end_answer;
        };
        struct add_partitions_to_txn_transaction transaction;
        struct add_partitions_to_txn_topic topic;
        int32_t partitions[DATA_PARTITIONS];
        void *client;
};

static inline void ask_done(struct txn_call *call)
{
        struct ask *a = (struct ask *)(void *)call;
        if (a->is_done)
                abort();
        a->is_done = true;
}

static inline void ask_begin(struct ask *a, int16_t version)
{
        memset(a, 0, sizeof *a);
        arena_init(&a->arena, 1 << 16);
        a->call = (struct txn_call){.done = ask_done, .arena = &a->arena, .version = version};
}

static inline void ask_end(struct ask *a)
{
        txn_call_forget(&a->call);
        arena_deinit(&a->arena);
}

static inline void ask_init(struct txn_fixture *f, struct ask *a, int16_t version, const char *id,
                            int64_t producer_id, int epoch)
{
        ask_begin(a, version);
        a->init = (struct init_producer_id_request){str_of(id), TIMEOUT_MS, producer_id,
                                                    (int16_t)epoch};
        txns_init_producer(f->nodes[f->leader], &a->init, &a->init_answer, &a->call);
}

/* `partitions`: of "data", as "013". */
static inline void prepare_add(struct ask *a, const char *id, int64_t producer_id, int epoch,
                               const char *partitions)
{
        a->transaction =
                (struct add_partitions_to_txn_transaction){.transactional_id = str_of(id),
                                                           .producer_id = producer_id,
                                                           .producer_epoch = (int16_t)epoch,
                                                           .topics = {&a->topic, 1}};
        a->topic = (struct add_partitions_to_txn_topic){str_of("data"), {a->partitions, 0}};
        for (; *partitions; partitions++)
                a->partitions[a->topic.partitions.count++] = *partitions - '0';
        a->add = (struct add_partitions_to_txn_request){{&a->transaction, 1}};
}

static inline void ask_add(struct txn_fixture *f, struct ask *a, int16_t version, const char *id,
                           int64_t producer_id, int epoch, const char *partitions)
{
        ask_begin(a, version);
        prepare_add(a, id, producer_id, epoch, partitions);
        txns_add_partitions(f->nodes[f->leader], &a->add, &a->add_answer, &a->call);
}

static inline void ask_verify(struct txn_fixture *f, struct ask *a, const char *id,
                              int64_t producer_id, int epoch, const char *partitions)
{
        ask_begin(a, 4);
        prepare_add(a, id, producer_id, epoch, partitions);
        a->transaction.verify_only = true;
        txns_add_partitions(f->nodes[f->leader], &a->add, &a->add_answer, &a->call);
}

static inline void ask_offsets(struct txn_fixture *f, struct ask *a, int16_t version,
                               const char *id, int64_t producer_id, int epoch)
{
        ask_begin(a, version);
        a->offsets = (struct add_offsets_to_txn_request){str_of(id), producer_id, (int16_t)epoch,
                                                         str_of("group")};
        txns_add_offsets(f->nodes[f->leader], &a->offsets, &a->offsets_answer, &a->call);
}

static inline void ask_to_end(struct txn_fixture *f, struct ask *a, int16_t version, const char *id,
                              int64_t producer_id, int epoch, bool commit)
{
        ask_begin(a, version);
        a->end = (struct end_txn_request){str_of(id), producer_id, (int16_t)epoch, commit};
        txns_end(f->nodes[f->leader], &a->end, &a->end_answer, &a->call);
}

/* The code of partition number `i` of the one transaction asked for. */
static inline int16_t added(const struct ask *a, int32_t i)
{
        return a->add_answer.transactions.items[0].topics.items[0].partitions.items[i].error_code;
}

/* --- the same, settled --- */

static inline struct init_producer_id_response init_now(struct txn_fixture *f, const char *id,
                                                        int64_t producer_id, int epoch)
{
        struct ask a;
        ask_init(f, &a, 4, id, producer_id, epoch);
        settle(f);
        if (!a.is_done)
                abort();
        ask_end(&a);
        return a.init_answer;
}

/* The first partition's code. */
static inline int16_t add_now(struct txn_fixture *f, const char *id, int64_t producer_id, int epoch,
                              const char *partitions)
{
        struct ask a;
        ask_add(f, &a, 3, id, producer_id, epoch, partitions);
        settle(f);
        if (!a.is_done)
                abort();
        int16_t code = added(&a, 0);
        ask_end(&a);
        return code;
}

static inline int16_t end_now(struct txn_fixture *f, const char *id, int64_t producer_id, int epoch,
                              bool commit)
{
        struct ask a;
        ask_to_end(f, &a, 3, id, producer_id, epoch, commit);
        settle(f);
        if (!a.is_done)
                abort();
        ask_end(&a);
        return a.end_answer.error_code;
}

/* --- what the coordinator knows --- */

struct find_view {
        const char *id;
        struct txn_view view;
};

static inline void find_each(void *context, const struct txn_view *t)
{
        struct find_view *find = context;
        if (str_equal_c(t->transactional_id, find->id))
                find->view = *t;
}

/* status DEAD: it does not know the id. */
static inline struct txn_view view_of(struct txn_fixture *f, const char *id)
{
        struct find_view find = {.id = id, .view = {.status = TRANSACTION_DEAD}};
        txn_coordinator_each(f->nodes[f->leader], find_each, &find);
        return find.view;
}

#endif
