/* A coordinator and leaders that do their worst to a transactional producer: they refuse, lose
 * requests and answers, move, and append what an old connection delivers late; and lie never. */
#include "script_world.h"

#include "client/producer.h"
#include "log/batch.h"
#include "wire/add_partitions_to_txn.h"
#include "wire/end_txn.h"
#include "wire/find_coordinator.h"
#include "wire/init_producer_id.h"
#include "wire/produce.h"

enum { RECORDS = 400, TRANSACTION_RECORDS = 8, LOG_MAX = 2 * RECORDS, KEPT = 5, LATE_MAX = 64 };

enum fate { PENDING, COMMITTED, ABORTED };

struct partition {
        struct {
                int32_t serial;
                enum fate fate;
        } log[LOG_MAX];
        int32_t size;
        bool takes_part;
        int16_t epoch; /* -1: knows nobody */
        int32_t next_sequence;
        struct {
                int32_t sequence, count, offset;
        } kept[KEPT]; /* newest first */
};

struct chaos {
        struct script_world *w;
        struct producer *producer;
        struct rng rng;
        struct partition partitions[SCRIPT_PARTITIONS];
        struct script_request late[LATE_MAX];
        int32_t late_count;
        /* the coordinator */
        int16_t epoch;
        bool ongoing, has_ended, last_committed;
        /* the driver */
        enum fate fates[RECORDS]; /* as the producer was told; PENDING: not at all */
        int32_t first, sent;      /* of the open transaction; all */
        bool ended;
        enum kerr err;
        int32_t commits, aborts;
};

static void on_delivery(void *context, const struct delivery *d)
{
        (void)context;
        (void)d;
}

static void on_transaction(void *context, enum transaction_step step, enum kerr err)
{
        struct chaos *c = context;
        (void)step;
        c->ended = true;
        c->err = err;
}

/* --- the leaders --- */

static enum kerr check(const struct chaos *c, struct partition *p, const struct batch_header *h,
                       int32_t *offset)
{
        *offset = -1;
        if (h->producer_epoch < p->epoch)
                return KERR_INVALID_PRODUCER_EPOCH;
        if (h->producer_epoch > p->epoch && h->base_sequence != 0)
                return KERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
        if (h->producer_epoch == p->epoch) {
                for (int i = 0; i < KEPT; i++) {
                        if (p->kept[i].count == h->records_count &&
                            p->kept[i].sequence == h->base_sequence)
                                *offset = p->kept[i].offset;
                }
                if (*offset >= 0)
                        return KERR_NONE;
                if (h->base_sequence != p->next_sequence)
                        return KERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
        }
        /* KIP-890: the coordinator vouches for it. */
        bool open = c->ongoing && p->takes_part && h->producer_epoch == c->epoch;
        return open ? KERR_NONE : KERR_INVALID_TXN_STATE;
}

static enum kerr append(struct chaos *c, int32_t partition, struct span batch, int32_t *offset)
{
        struct partition *p = &c->partitions[partition];
        struct batch_header h;
        assert_int_equal(batch_check(batch, &h), KERR_NONE);
        assert_int_equal(h.producer_id, 77);
        assert_true(h.attributes & BATCH_TRANSACTIONAL);
        enum kerr err = check(c, p, &h, offset);
        if (err || *offset >= 0)
                return err;
        if (h.producer_epoch > p->epoch)
                memset(p->kept, 0, sizeof p->kept);
        memmove(p->kept + 1, p->kept, (KEPT - 1) * sizeof p->kept[0]);
        p->epoch = h.producer_epoch;
        p->kept[0].sequence = h.base_sequence;
        p->kept[0].count = h.records_count;
        p->kept[0].offset = *offset = p->size;
        p->next_sequence = h.base_sequence + h.records_count;
        struct record_iterator it;
        record_iterator_init(
                &it, &h, span_of(batch.data + BATCH_HEADER_BYTES, batch.size - BATCH_HEADER_BYTES));
        struct record r;
        bool more;
        while (record_next(&it, &r, &more) == KERR_NONE && more) {
                assert_true(p->size < LOG_MAX);
                p->log[p->size++].serial = (int32_t)load_be32(r.value.data);
        }
        return KERR_NONE;
}

/* --- the coordinator --- */

static void end(struct chaos *c, bool commit)
{
        for (int i = 0; i < SCRIPT_PARTITIONS; i++) {
                struct partition *p = &c->partitions[i];
                for (int32_t at = p->size - 1; at >= 0 && p->log[at].fate == PENDING; at--)
                        p->log[at].fate = commit ? COMMITTED : ABORTED;
                p->takes_part = false;
        }
        c->ongoing = false;
        c->has_ended = true;
        c->last_committed = commit;
}

static enum kerr init(struct chaos *c, const struct init_producer_id_request *m)
{
        bool repeated = m->producer_id >= 0 && m->producer_epoch == c->epoch - 1;
        if (repeated)
                return KERR_NONE;
        if (m->producer_id >= 0 && m->producer_epoch != c->epoch)
                return KERR_PRODUCER_FENCED;
        if (c->ongoing)
                end(c, false);
        c->epoch++;
        return KERR_NONE;
}

static enum kerr end_asked(struct chaos *c, const struct end_txn_request *m)
{
        if (m->producer_epoch != c->epoch)
                return KERR_PRODUCER_FENCED;
        if (!c->ongoing)
                return c->has_ended && c->last_committed == m->committed ? KERR_NONE
                                                                         : KERR_INVALID_TXN_STATE;
        end(c, m->committed);
        return KERR_NONE;
}

/* --- requests --- */

#define WRITER(name)                                       \
        static void write_##name(struct serde *s, void *m) \
        {                                                  \
                serde_##name##_response(s, m);             \
        }
WRITER(find_coordinator)
WRITER(init_producer_id)
WRITER(add_partitions_to_txn)
WRITER(end_txn)
WRITER(produce)

static bool lucky(struct chaos *c, int64_t out_of)
{
        return rng_chance(&c->rng, 1, out_of);
}

static enum kerr passing_error(struct chaos *c)
{
        static const enum kerr errors[] = {KERR_CONCURRENT_TRANSACTIONS, KERR_NOT_COORDINATOR,
                                           KERR_COORDINATOR_LOAD_IN_PROGRESS};
        return lucky(c, 5) ? errors[rng_between(&c->rng, 0, 2)] : KERR_NONE;
}

static void reply(struct chaos *c, struct script_request *r,
                  void (*write)(struct serde *s, void *m), void *m)
{
        if (lucky(c, 12)) {
                int64_t stream = r->stream;
                packet_free(r->packet);
                for (int32_t i = c->w->inbox_count - 1; i >= 0; i--) {
                        if (c->w->inbox[i].stream == stream)
                                packet_free(script_remove(c->w, i).packet);
                }
                if (c->w->ports[stream - 1])
                        script_cut(c->w, stream);
                return;
        }
        script_reply(c->w, r, -1, write, m);
}

static void handle_partitions(struct chaos *c, struct script_request *r)
{
        struct add_partitions_to_txn_request m = {0};
        serde_add_partitions_to_txn_request(&r->body, &m);
        const struct add_partitions_to_txn_topic *asked = &m.transactions.items[0].topics.items[0];
        enum kerr err = passing_error(c);
        if (!err && m.transactions.items[0].producer_epoch != c->epoch)
                err = KERR_PRODUCER_FENCED;
        struct add_partitions_to_txn_partition_response each[SCRIPT_PARTITIONS];
        for (int32_t i = 0; i < asked->partitions.count; i++) {
                int32_t index = asked->partitions.items[i];
                each[i] = (struct add_partitions_to_txn_partition_response){index, (int16_t)err};
                if (!err)
                        c->ongoing = c->partitions[index].takes_part = true;
        }
        struct add_partitions_to_txn_topic_response topic = {asked->name,
                                                             {each, asked->partitions.count}};
        struct add_partitions_to_txn_transaction_response t = {.topics = {&topic, 1}};
        struct add_partitions_to_txn_response answer = {.transactions = {&t, 1}};
        reply(c, r, write_add_partitions_to_txn, &answer);
}

static void handle_produce(struct chaos *c, struct script_request *r, bool answered)
{
        static const enum kerr refusals[] = {KERR_NOT_LEADER_OR_FOLLOWER, KERR_NOT_ENOUGH_REPLICAS,
                                             KERR_MESSAGE_TOO_LARGE};
        struct produce_request m = {0};
        serde_produce_request(&r->body, &m);
        struct produce_partition_response partitions[SCRIPT_PARTITIONS];
        struct produce_topic_response topic = {.name = str_of("t"), .partitions = {partitions, 0}};
        for (int32_t i = 0; i < m.topics.items[0].partitions.count; i++) {
                const struct produce_partition *p = &m.topics.items[0].partitions.items[i];
                int32_t offset = -1;
                /* Hopeless refusals are rare, or no transaction would end well. */
                enum kerr err = lucky(c, 8) ? refusals[lucky(c, 4) ? 2 : lucky(c, 2)] : KERR_NONE;
                if (!err)
                        err = append(c, p->index, p->records.bytes, &offset);
                partitions[topic.partitions.count++] =
                        (struct produce_partition_response){.index = p->index,
                                                            .error_code = (int16_t)err,
                                                            .base_offset = offset,
                                                            .log_append_time_ms = -1,
                                                            .error_message = STR_NULL};
        }
        struct produce_response answer = {.topics = {&topic, 1}};
        if (answered)
                reply(c, r, write_produce, &answer);
        else
                packet_free(r->packet);
}

static void handle(struct chaos *c)
{
        struct script_request r = script_remove(c->w, 0);
        bool late = r.header.api_key == API_PRODUCE && c->late_count < LATE_MAX && lucky(c, 20);
        if (late) {
                c->late[c->late_count++] = r;
                if (c->w->ports[r.stream - 1])
                        script_cut(c->w, r.stream);
                return;
        }
        if (r.header.api_key == API_FIND_COORDINATOR) {
                struct find_coordinator_coordinator found = {
                        .node_id = (int32_t)rng_between(&c->rng, 1, 3),
                        .host = str_of(""),
                        .error_message = STR_NULL};
                struct find_coordinator_response m = {.coordinators = {&found, 1}};
                reply(c, &r, write_find_coordinator, &m);
        } else if (r.header.api_key == API_INIT_PRODUCER_ID) {
                struct init_producer_id_request asked = {0};
                serde_init_producer_id_request(&r.body, &asked);
                enum kerr err = passing_error(c);
                if (!err)
                        err = init(c, &asked);
                struct init_producer_id_response m = {.error_code = (int16_t)err,
                                                      .producer_id = err ? -1 : 77,
                                                      .producer_epoch = err ? -1 : c->epoch};
                reply(c, &r, write_init_producer_id, &m);
        } else if (r.header.api_key == API_ADD_PARTITIONS_TO_TXN) {
                handle_partitions(c, &r);
        } else if (r.header.api_key == API_END_TXN) {
                struct end_txn_request asked = {0};
                serde_end_txn_request(&r.body, &asked);
                enum kerr err = passing_error(c);
                struct end_txn_response m = {.error_code =
                                                     (int16_t)(err ? err : end_asked(c, &asked))};
                reply(c, &r, write_end_txn, &m);
        } else {
                assert_int_equal(r.header.api_key, API_PRODUCE);
                handle_produce(c, &r, true);
        }
}

/* --- the driver --- */

static void turn(struct chaos *c)
{
        script_advance(c->w, rng_between(&c->rng, 0, 10));
        if (c->w->inbox_count > 0 && rng_chance(&c->rng, 2, 3))
                handle(c);
        if (c->late_count > 0 && lucky(c, 30)) {
                struct script_request r = c->late[0];
                memmove(c->late, c->late + 1, (size_t)--c->late_count * sizeof c->late[0]);
                handle_produce(c, &r, false);
        }
}

static enum kerr finish_step(struct chaos *c)
{
        while (!c->ended)
                turn(c);
        c->ended = false;
        return c->err;
}

static enum kerr end_with(struct chaos *c, bool commit)
{
        enum kerr err;
        do {
                err = producer_end_transaction(c->producer, commit);
                if (!err)
                        err = finish_step(c);
        } while (err == KERR_REQUEST_TIMED_OUT);
        return err;
}

static void send_one(struct chaos *c)
{
        uint8_t value[4];
        store_be32(value, (uint32_t)c->sent++);
        struct producer_record record = {.topic = "t",
                                         .partition = (int32_t)rng_between(&c->rng, 0, 2),
                                         .value = span_of(value, 4),
                                         .timestamp_ms = -1};
        enum kerr err = producer_send(c->producer, &record, NULL);
        assert_true(err == KERR_NONE || err == KERR_INVALID_TXN_STATE);
}

static void run_transaction(struct chaos *c)
{
        assert_int_equal(producer_begin_transaction(c->producer), KERR_NONE);
        c->first = c->sent;
        int64_t count = rng_between(&c->rng, 1, TRANSACTION_RECORDS);
        for (int64_t i = 0; i < count && c->sent < RECORDS; i++) {
                send_one(c);
                turn(c);
        }
        bool commit = !lucky(c, 4) && producer_transaction_state(c->producer) == TRANSACTION_OPEN;
        enum kerr err = end_with(c, commit);
        if (commit && err) {
                assert_int_equal(producer_transaction_state(c->producer), TRANSACTION_ABORTABLE);
                commit = false;
                err = end_with(c, false);
        }
        assert_int_equal(err, KERR_NONE);
        for (int32_t i = c->first; i < c->sent; i++)
                c->fates[i] = commit ? COMMITTED : ABORTED;
        *(commit ? &c->commits : &c->aborts) += 1;
}

static void check_logs(const struct chaos *c)
{
        int32_t visible[RECORDS] = {0};
        for (int i = 0; i < SCRIPT_PARTITIONS; i++) {
                int32_t last = -1;
                const struct partition *p = &c->partitions[i];
                for (int32_t at = 0; at < p->size; at++) {
                        assert_int_not_equal(p->log[at].fate, PENDING);
                        if (p->log[at].fate != COMMITTED)
                                continue;
                        assert_true(p->log[at].serial > last);
                        last = p->log[at].serial;
                        visible[last]++;
                }
        }
        for (int32_t i = 0; i < RECORDS; i++)
                assert_int_equal(visible[i], c->fates[i] == COMMITTED);
}

static void run_chaos(uint64_t seed, int32_t *commits, int32_t *aborts)
{
        struct chaos *c = test_calloc(1, sizeof *c);
        c->w = script_open(NULL);
        rng_init(&c->rng, seed);
        for (int i = 0; i < SCRIPT_PARTITIONS; i++)
                c->partitions[i].epoch = -1;
        c->epoch = -1;
        struct producer_config config = producer_config_default();
        config.transactional_id = "tx";
        config.delivery_timeout_ms = 2000;
        config.request_timeout_ms = 1000;
        config.on_delivery = on_delivery;
        config.on_transaction = on_transaction;
        config.context = c;
        c->producer = producer_open(c->w->client, &config);
        do {
                assert_int_equal(producer_init_transactions(c->producer), KERR_NONE);
        } while (finish_step(c) == KERR_REQUEST_TIMED_OUT);
        while (c->sent < RECORDS)
                run_transaction(c);
        while (c->late_count > 0)
                turn(c);
        check_logs(c);
        *commits += c->commits;
        *aborts += c->aborts;
        producer_close(c->producer);
        script_close(c->w);
        test_free(c);
}

/* Goal: what a transaction sent is visible altogether, once and in order, when its end was told as
 * a commit, and not at all when it was told as an abort. Method: thirty seeds; the logs are read as
 * read_committed would. */
static void all_or_nothing(void **state)
{
        (void)state;
        int32_t commits = 0, aborts = 0;
        for (uint64_t seed = 1; seed <= 30; seed++)
                run_chaos(seed, &commits, &aborts);
        assert_true(commits > 500);
        assert_true(aborts > 500);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(all_or_nothing)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
