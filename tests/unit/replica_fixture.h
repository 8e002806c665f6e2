/* replica_fixture.h - a few brokers with one replica each of the same partition, in one fake world;
 * no network, no controller: the test carries every word from one to the other. */
#ifndef ODRADEK_TESTS_REPLICA_FIXTURE_H
#define ODRADEK_TESTS_REPLICA_FIXTURE_H

#include "log_fixture.h"
#include "replication/replica.h"

enum { NODES = 3, LAG_MS = 1000 };

/* Broker ids are 1, 2, 3; node n has id n + 1. */
struct node {
        struct replica_host host;
        char directory[4];
        struct partition_log *log;
        struct replica replica;
};

struct replica_fixture {
        struct fake_world f;
        struct log_shared shared;
        struct log_config config;
        struct node nodes[NODES];
        int64_t broker_epochs[NODES]; /* as the metadata says */
        bool fenced[NODES];
};

static inline bool fixture_may_join(void *context, int32_t id, int64_t broker_epoch)
{
        struct replica_fixture *x = context;
        return !x->fenced[id - 1] &&
               (broker_epoch == -1 || broker_epoch == x->broker_epochs[id - 1]);
}

static inline void node_open(struct replica_fixture *x, int n, int64_t high_watermark)
{
        struct node *node = &x->nodes[n];
        struct partition_log_open how = {.world = &x->f.world,
                                         .shared = &x->shared,
                                         .directory = node->directory,
                                         .config = x->config};
        if (partition_log_open(&how, &node->log))
                abort();
        replica_init(&node->replica, &node->host, node->log, high_watermark);
}

static inline void replicas_init(struct replica_fixture *x)
{
        memset(x, 0, sizeof *x);
        fake_world_init(&x->f);
        x->shared.flush_due_ms = INT64_MAX;
        x->config = small_config();
        x->config.segment_bytes = 1 << 20;
        struct world *w = &x->f.world;
        for (int n = 0; n < NODES; n++) {
                struct node *node = &x->nodes[n];
                x->broker_epochs[n] = 100 + n;
                node->host = (struct replica_host){.world = w,
                                                   .id = n + 1,
                                                   .broker_epoch = 100 + n,
                                                   .lag_time_max_ms = LAG_MS,
                                                   .may_join = fixture_may_join,
                                                   .context = x};
                memcpy(node->directory, (char[]){'t', '-', (char)('0' + n), 0}, 4);
                if (w->make_dir(w, node->directory))
                        abort();
                node_open(x, n, 0);
        }
}

static inline void replicas_deinit(struct replica_fixture *x)
{
        for (int n = 0; n < NODES; n++)
                partition_log_abandon(x->nodes[n].log);
        fake_world_deinit(&x->f);
}

static inline void put_back(struct replica_fixture *x, enum zoo_bug bug)
{
        x->f.world.zoo.bits |= UINT64_C(1) << bug;
}

static inline struct replica *replica_of(struct replica_fixture *x, int n)
{
        return &x->nodes[n].replica;
}

static inline int64_t end_of(struct replica_fixture *x, int n)
{
        return partition_log_end(x->nodes[n].log);
}

static inline int64_t hw_of(struct replica_fixture *x, int n)
{
        return x->nodes[n].replica.high_watermark;
}

/* "12" is the set of the brokers 1 and 2. */
static inline struct replica_set set_of(const char *ids)
{
        struct replica_set set = {0};
        for (; *ids; ids++)
                replica_set_add(&set, *ids - '0');
        return set;
}

static inline struct replica_assignment assignment(int32_t leader, int32_t leader_epoch,
                                                   int32_t partition_epoch, const char *isr)
{
        return (struct replica_assignment){.leader = leader,
                                           .leader_epoch = leader_epoch,
                                           .partition_epoch = partition_epoch,
                                           .replicas = set_of("123"),
                                           .isr = set_of(isr),
                                           .min_isr = 1};
}

/* Tells all nodes. */
static inline void assign_all(struct replica_fixture *x, struct replica_assignment a)
{
        for (int n = 0; n < NODES; n++)
                replica_apply(replica_of(x, n), &a);
}

/* One batch of `records`, appended by the leader on node n. */
static inline enum kerr lead_append(struct replica_fixture *x, int n, int32_t records,
                                    bool acks_all, int64_t *committed_at)
{
        struct buffer bytes = {0};
        struct log_append done;
        append_sample(&bytes, (struct sample){.records = records, .value_bytes = 10});
        enum kerr err = replica_append(replica_of(x, n), buffer_span(&bytes), acks_all,
                                       APPEND_CLIENT, &done, committed_at);
        buffer_deinit(&bytes);
        return err;
}

static inline bool node_fetched(struct replica_fixture *x, int leader, int follower, int64_t offset)
{
        enum kerr err;
        bool moved = replica_fetched(replica_of(x, leader), follower + 1,
                                     x->nodes[follower].host.broker_epoch, offset, 0, &err);
        if (err)
                abort();
        return moved;
}

/* The bytes of an extent, appended to `into`. */
static inline void read_extent(struct replica_fixture *x, const struct extent *at,
                               struct buffer *into)
{
        if (at->length == 0)
                return;
        uint8_t *bytes = buffer_reserve(into, (size_t)at->length);
        if (world_read_exactly(&x->f.world, at->file, at->position, bytes, (size_t)at->length))
                abort();
        into->size += (size_t)at->length;
}

/* One fetch, done by hand: true when the follower got something or cut its log. */
static inline bool copy_once(struct replica_fixture *x, int leader, int follower)
{
        struct replica *l = replica_of(x, leader), *r = replica_of(x, follower);
        int64_t offset = partition_log_end(r->log), end;
        int32_t epoch;
        struct extent at;
        struct buffer bytes = {0};
        if (replica_diverges(l, partition_log_last_epoch(r->log), offset, &epoch, &end)) {
                if (replica_truncate(r, epoch, end))
                        abort();
                return true;
        }
        if (replica_read(l, offset, READER_FOLLOWER, 1 << 20, true, &at))
                abort();
        node_fetched(x, leader, follower, offset);
        read_extent(x, &at, &bytes);
        if (replica_append_fetched(r, buffer_span(&bytes), l->high_watermark,
                                   partition_log_start(l->log)))
                abort();
        buffer_deinit(&bytes);
        return at.length > 0;
}

/* Until there is no more; the last fetch tells the leader that all has come. */
static inline void copy_all(struct replica_fixture *x, int leader, int follower)
{
        while (copy_once(x, leader, follower))
                ;
}

#endif
