#include "delivery/txn_private.h"

#include "wire/coordinator_partition.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { LOAD_BYTES = 1 << 20, LOAD_PAUSE_MS = 1 }; /* the broker has other work, too */

struct txn_coordinator *txn_coordinator_new(const struct txn_coordinator_config *config)
{
        struct txn_coordinator *c = calloc(1, sizeof *c);
        if (!c)
                abort();
        c->config = *config;
        if (config->load_bytes == 0)
                c->config.load_bytes = LOAD_BYTES;
        producer_ids_init(&c->ids, &(struct producer_ids_config){
                                           .sender = config->ids_sender,
                                           .node_id = config->node_id,
                                           .request_timeout_ms = config->request_timeout_ms,
                                           .controller = config->controller,
                                           .broker_epoch = config->broker_epoch,
                                           .context = config->context,
                                   });
        c->next_abort_check_ms = txn_mono_ms(c) + config->abort_check_ms;
        c->next_expiration_check_ms = txn_mono_ms(c) + config->expiration_check_ms;
        return c;
}

void txn_coordinator_free(struct txn_coordinator *c)
{
        struct txn_log *log, *next_log;
        struct marker_node *node, *next_node;
        struct txn_request *r, *next_request;
        DL_FOREACH_SAFE (c->requests, r, next_request) {
                if (r->call)
                        txn_call_forget(r->call);
        }
        HASH_ITER (hh, c->logs, log, next_log)
                txn_coordinator_resign(c, log->partition);
        HASH_ITER (hh, c->nodes, node, next_node) {
                HASH_DEL(c->nodes, node);
                free(node);
        }
        producer_ids_deinit(&c->ids);
        free(c);
}

void txn_coordinator_set_partitions(struct txn_coordinator *c, int32_t partitions,
                                    int32_t group_partitions)
{
        c->config.partitions = partitions;
        c->config.group_partitions = group_partitions;
}

/* --- the table --- */

static struct txn_log *log_of(const struct txn_coordinator *c, int32_t partition)
{
        struct txn_log *log;
        HASH_FIND(hh, c->logs, &partition, sizeof partition, log);
        return log;
}

bool txn_log_leads(const struct txn_log *log)
{
        return !log->log.has_failed &&
               replica_check_leader(log->log.replica, log->log.leader_epoch) == KERR_NONE;
}

enum kerr txn_route(struct txn_coordinator *c, struct str id, struct txn_log **log)
{
        *log = NULL;
        if (id.size <= 0)
                return KERR_INVALID_REQUEST;
        if (c->config.partitions > 0)
                *log = log_of(c, coordinator_partition(id, c->config.partitions));
        if (!*log || !txn_log_leads(*log))
                return KERR_NOT_COORDINATOR;
        return (*log)->serves ? KERR_NONE : KERR_COORDINATOR_LOAD_IN_PROGRESS;
}

struct txn *txn_find(struct txn_log *log, struct str id)
{
        struct txn *t;
        HASH_FIND(hh, log->txns, id.data, (size_t)id.size, t);
        return t;
}

struct txn *txn_make(struct txn_log *log, struct str id)
{
        struct txn *t = calloc(1, sizeof *t);
        char *copy = malloc((size_t)id.size);
        if (!t || !copy)
                abort();
        memcpy(copy, id.data, (size_t)id.size);
        t->id = (struct str){copy, id.size};
        t->log = log;
        t->now = txn_state_new();
        HASH_ADD_KEYPTR(hh, log->txns, t->id.data, (size_t)t->id.size, t);
        return t;
}

void txn_remove(struct txn *t)
{
        markers_end(t);
        HASH_DEL(t->log->txns, t);
        txn_state_deinit(&t->now);
        free((void *)t->id.data);
        free(t);
}

/* --- loading --- */

/* The last record of an id counts. One that cannot be read is left out, and told. */
static void load_record(void *context, const struct state_record *record)
{
        struct txn_log *log = context;
        struct txn_state state = txn_state_new();
        struct str id;
        bool is_tombstone = !record->value.data;
        enum kerr err = txn_state_decode_key(record->key, &id);
        if (!err && id.size == 0)
                err = KERR_MALFORMED;
        if (!err && !is_tombstone)
                err = txn_state_decode(record->value, &state);
        if (err) {
                world_log(txn_world(log->coordinator), WORLD_ERROR,
                          "__transaction_state-%d: the record at offset %lld is ignored: %s",
                          log->partition, (long long)record->offset, kerr_text(err));
                return;
        }
        struct txn *t = txn_find(log, id);
        if (is_tombstone) {
                if (t)
                        txn_remove(t);
                return;
        }
        if (!t)
                t = txn_make(log, id);
        txn_state_deinit(&t->now);
        t->now = state;
}

/* Clients write no transactions into this log. */
static void load_marker(void *context, int64_t producer_id, bool commit)
{
        (void)context;
        (void)producer_id;
        (void)commit;
}

static void on_all_committed(struct state_wait *wait, enum kerr err)
{
        struct txn_log *log =
                (struct txn_log *)(void *)((char *)wait - offsetof(struct txn_log, loaded));
        log->is_committed = !err;
}

void txn_coordinator_lead(struct txn_coordinator *c, int32_t partition, struct replica *replica)
{
        txn_coordinator_resign(c, partition);
        struct txn_log *log = calloc(1, sizeof *log);
        if (!log)
                abort();
        log->coordinator = c;
        log->partition = partition;
        log->loaded.done = on_all_committed;
        HASH_ADD(hh, c->logs, partition, sizeof log->partition, log);
        state_log_begin(&log->log, replica,
                        &(struct state_log_events){.on_record = load_record,
                                                   .on_marker = load_marker,
                                                   .context = log});
        state_log_wait(&log->log, &log->loaded);
}

void txn_coordinator_resign(struct txn_coordinator *c, int32_t partition)
{
        struct txn_log *log = log_of(c, partition);
        if (!log)
                return;
        state_log_end(&log->log);
        HASH_DEL(c->logs, log);
        while (log->txns)
                txn_remove(log->txns);
        free(log);
}

/* What was decided before is carried out; what is open gets its whole time again, because nobody
 * knows how far the clocks of two brokers are apart. */
static void begin_to_serve(struct txn_log *log)
{
        struct txn_coordinator *c = log->coordinator;
        log->serves = true;
        for (struct txn *t = log->txns; t; t = t->hh.next) {
                t->opened_ms = txn_mono_ms(c);
                /* Kafka forgot here: the last stable offset of the partitions that had no marker
                 * yet stood still for ever (KAFKA-9307, KAFKA-16352). */
                if (zoo_has(txn_world(c)->zoo, ZOO_FORGETS_PREPARED))
                        continue;
                if (txn_is_prepared(&t->now))
                        markers_begin(t, &t->now);
        }
        if (HASH_COUNT(log->txns) > 0)
                world_log(txn_world(c), WORLD_INFO,
                          "__transaction_state-%d: %u transactional ids, epoch %d", log->partition,
                          HASH_COUNT(log->txns), log->log.leader_epoch);
}

/* --- time --- */

typedef void check_txn(struct txn *t);

/* From `t` on, the first of which nothing is under way. */
static struct txn *first_settled(struct txn *t)
{
        while (t && t->is_pending)
                t = t->hh.next;
        return t;
}

/* A change may remove the transaction, and any for which a tombstone is under way: an append may
 * be what commits it. */
static void check_log(struct txn_log *log, check_txn *check)
{
        struct txn *next;
        for (struct txn *t = first_settled(log->txns); t && txn_log_leads(log); t = next) {
                next = first_settled(t->hh.next);
                check(t);
        }
}

static void check_all(struct txn_coordinator *c, check_txn *check)
{
        for (struct txn_log *log = c->logs; log; log = log->hh.next) {
                if (log->serves)
                        check_log(log, check);
        }
}

/* What cannot be written now is tried at the next check. */
static void abort_if_late(struct txn *t)
{
        struct txn_coordinator *c = t->log->coordinator;
        int64_t open_ms = txn_mono_ms(c) - t->opened_ms;
        if (t->now.status != TRANSACTION_ONGOING || open_ms <= t->now.timeout_ms)
                return;
        world_log(txn_world(c), WORLD_INFO, "transaction of %.*s is aborted: open for %lld ms",
                  (int)t->id.size, t->id.data, (long long)open_ms);
        txn_write(t, txn_next_fenced(&t->now, txn_wall_ms(c)), NULL, 0, KERR_NONE);
}

static void expire_if_idle(struct txn *t)
{
        struct txn_coordinator *c = t->log->coordinator;
        if (!txn_is_open(&t->now) && txn_wall_ms(c) - t->now.updated_ms >= c->config.expiration_ms)
                txn_write(t, txn_next_dead(&t->now), NULL, 0, KERR_NONE);
}

static void check_when_due(struct txn_coordinator *c, int64_t *due_ms, int64_t interval_ms,
                           check_txn *check)
{
        int64_t now = txn_mono_ms(c);
        if (now < *due_ms)
                return;
        *due_ms = now + interval_ms;
        check_all(c, check);
}

/* True when there is more to load. */
static bool run_log(struct txn_log *log)
{
        state_log_run(&log->log);
        if (log->serves || log->log.has_failed)
                return false;
        bool is_loaded = state_log_load(&log->log, log->coordinator->config.load_bytes);
        if (is_loaded && log->is_committed)
                begin_to_serve(log);
        return !is_loaded && !log->log.has_failed;
}

int64_t txn_coordinator_run(struct txn_coordinator *c)
{
        bool more = false;
        if (!c->logs)
                return INT64_MAX;
        for (struct txn_log *log = c->logs; log; log = log->hh.next)
                more |= run_log(log);
        check_when_due(c, &c->next_abort_check_ms, c->config.abort_check_ms, abort_if_late);
        check_when_due(c, &c->next_expiration_check_ms, c->config.expiration_check_ms,
                       expire_if_idle);
        int64_t next = markers_run(c);
        if (c->next_abort_check_ms < next)
                next = c->next_abort_check_ms;
        if (c->next_expiration_check_ms < next)
                next = c->next_expiration_check_ms;
        int64_t more_ms = more ? txn_mono_ms(c) + LOAD_PAUSE_MS : INT64_MAX;
        return more_ms < next ? more_ms : next;
}

/* --- for checkers --- */

void txn_coordinator_each(const struct txn_coordinator *c,
                          void (*each)(void *context, const struct txn_view *t), void *context)
{
        for (const struct txn_log *log = c->logs; log; log = log->hh.next) {
                for (const struct txn *t = log->txns; log->serves && t; t = t->hh.next) {
                        struct txn_view view = {
                                .transactional_id = t->id,
                                .partition = log->partition,
                                .producer_id = t->now.producer_id,
                                .producer_epoch = t->now.producer_epoch,
                                .status = t->now.status,
                                .partition_count = t->is_decided
                                                           ? t->owed_left
                                                           : txn_topics_partitions(&t->now.topics),
                                .started_ms = t->now.started_ms,
                                .timeout_ms = t->now.timeout_ms,
                        };
                        if (t->now.producer_id != -1)
                                each(context, &view);
                }
        }
}
