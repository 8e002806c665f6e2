#include "script_world.h"

#include "client/producer.h"
#include "wire/init_producer_id.h"
#include "wire/produce.h"

/* A cluster that does its worst: it appends or not, answers or not, or appends long after its
 * connection was lost, and lies never. It checks sequence numbers as KIP-98 tells. */

enum { RECORDS = 400, LOG_MAX = 8 * RECORDS, KEPT = 5, LATE_MAX = 256 };

struct fate {
        int32_t reports;
        enum kerr err;
        bool unknown;
        int32_t partition;
        int64_t offset;
};

/* What a partition knows of the producer. */
struct known {
        bool any;
        int16_t epoch;
        int32_t next_sequence;
        struct {
                int32_t sequence, count;
                int64_t offset;
        } kept[KEPT]; /* the newest first */
};

struct chaos {
        struct script_world *w;
        bool idempotent;
        struct known known[SCRIPT_PARTITIONS];
        struct script_request late[LATE_MAX]; /* their connection is gone, they are not */
        int32_t late_count;
        struct producer *producer;
        struct rng rng;
        struct fate fates[RECORDS];
        int32_t log[SCRIPT_PARTITIONS][LOG_MAX]; /* serial numbers by offset */
        int64_t log_end[SCRIPT_PARTITIONS];
};

static void note_delivery(void *context, const struct delivery *d)
{
        struct chaos *c = context;
        struct fate *fate = &c->fates[(size_t)(uintptr_t)d->opaque];
        *fate = (struct fate){fate->reports + 1, d->err, d->unknown, d->partition, d->offset};
}

/* NONE when the batch comes next; *offset >= 0 when the log has it already. */
static enum kerr check_sequence(struct known *k, const struct batch_header *h, int64_t *offset)
{
        *offset = -1;
        if (k->any && h->producer_epoch < k->epoch)
                return KERR_INVALID_PRODUCER_EPOCH;
        if (!k->any || h->producer_epoch > k->epoch) {
                if (h->base_sequence != 0)
                        return k->any ? KERR_OUT_OF_ORDER_SEQUENCE_NUMBER
                                      : KERR_UNKNOWN_PRODUCER_ID;
                *k = (struct known){.any = true, .epoch = h->producer_epoch};
                return KERR_NONE;
        }
        for (int i = 0; i < KEPT; i++) {
                if (k->kept[i].count == h->records_count && k->kept[i].sequence == h->base_sequence)
                        *offset = k->kept[i].offset;
        }
        bool fits = *offset >= 0 || h->base_sequence == k->next_sequence;
        return fits ? KERR_NONE : KERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
}

static enum kerr append(struct chaos *c, int32_t partition, struct span batch, int64_t *offset)
{
        struct batch_header h;
        struct known *k = &c->known[partition];
        assert_int_equal(batch_check(batch, &h), KERR_NONE);
        assert_int_equal(h.producer_id, c->idempotent ? 77 : -1);
        if (c->idempotent) {
                enum kerr err = check_sequence(k, &h, offset);
                if (err || *offset >= 0)
                        return err;
                memmove(k->kept + 1, k->kept, (KEPT - 1) * sizeof k->kept[0]);
                k->kept[0].sequence = h.base_sequence;
                k->kept[0].count = h.records_count;
                k->kept[0].offset = c->log_end[partition];
                k->next_sequence = h.base_sequence + h.records_count;
        }
        *offset = c->log_end[partition];
        struct record_iterator it;
        record_iterator_init(
                &it, &h, span_of(batch.data + BATCH_HEADER_BYTES, batch.size - BATCH_HEADER_BYTES));
        struct record r;
        bool more;
        while (record_next(&it, &r, &more) == KERR_NONE && more) {
                assert_true(c->log_end[partition] < LOG_MAX);
                c->log[partition][c->log_end[partition]++] = (int32_t)load_be32(r.value.data);
        }
        return KERR_NONE;
}

static void write_response(struct serde *s, void *m)
{
        serde_produce_response(s, m);
}

/* Each partition is appended or refused by chance; some are appended and yet in error. */
static struct produce_partition_response handle_partition(struct chaos *c,
                                                          const struct produce_partition *p)
{
        static const enum kerr refusals[] = {KERR_NOT_LEADER_OR_FOLLOWER, KERR_NOT_ENOUGH_REPLICAS,
                                             KERR_MESSAGE_TOO_LARGE, KERR_KAFKA_STORAGE_ERROR};
        static const enum kerr doubts[] = {KERR_NOT_LEADER_OR_FOLLOWER, KERR_REQUEST_TIMED_OUT,
                                           KERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                                           KERR_UNKNOWN_SERVER_ERROR};
        struct produce_partition_response answer = {.index = p->index,
                                                    .base_offset = c->log_end[p->index],
                                                    .log_append_time_ms = -1,
                                                    .error_message = STR_NULL};
        if (rng_chance(&c->rng, 1, 4)) {
                answer.error_code = (int16_t)refusals[rng_between(&c->rng, 0, 3)];
                return answer;
        }
        answer.error_code = (int16_t)append(c, p->index, p->records.bytes, &answer.base_offset);
        if (!answer.error_code && rng_chance(&c->rng, 1, 8))
                answer.error_code = (int16_t)doubts[rng_between(&c->rng, 0, 3)];
        return answer;
}

/* The connection is lost, and what is on the way, unless it comes in later. */
static void lose(struct chaos *c, int64_t stream, bool comes_late)
{
        for (int32_t i = 0; i < c->w->inbox_count;) {
                if (c->w->inbox[i].stream != stream) {
                        i++;
                        continue;
                }
                struct script_request r = script_remove(c->w, i);
                if (comes_late && c->late_count < LATE_MAX && r.header.api_key == API_PRODUCE)
                        c->late[c->late_count++] = r;
                else
                        packet_free(r.packet);
        }
        if (c->w->ports[stream - 1] != 0)
                script_cut(c->w, stream);
}

static void write_id(struct serde *s, void *m)
{
        serde_init_producer_id_response(s, m);
}

static void handle(struct chaos *c)
{
        if (rng_chance(&c->rng, 1, 10)) {
                lose(c, c->w->inbox[0].stream, c->idempotent && rng_chance(&c->rng, 1, 2));
                return;
        }
        struct script_request r = script_remove(c->w, 0);
        if (r.header.api_key == API_INIT_PRODUCER_ID) {
                struct init_producer_id_response id = {.producer_id = 77};
                script_reply(c->w, &r, -1, write_id, &id);
                return;
        }
        assert_int_equal(r.header.api_key, API_PRODUCE);
        struct produce_request m = {0};
        serde_produce_request(&r.body, &m);
        struct produce_partition_response partitions[SCRIPT_PARTITIONS];
        struct produce_topic_response topic = {.name = str_of("t"), .partitions = {partitions, 0}};
        for (int32_t i = 0; i < m.topics.items[0].partitions.count; i++)
                partitions[topic.partitions.count++] =
                        handle_partition(c, &m.topics.items[0].partitions.items[i]);
        if (rng_chance(&c->rng, 1, 10)) {
                packet_free(r.packet);
                lose(c, r.stream, c->idempotent && rng_chance(&c->rng, 1, 2));
                return;
        }
        struct produce_response answer = {.topics = {&topic, 1}};
        script_reply(c->w, &r, -1, write_response, &answer);
}

/* The oldest of what was held up comes in after all; nobody waits for the answer. */
static void deliver_late(struct chaos *c)
{
        struct script_request r = c->late[0];
        memmove(c->late, c->late + 1, (size_t)--c->late_count * sizeof c->late[0]);
        struct produce_request m = {0};
        serde_produce_request(&r.body, &m);
        int64_t offset;
        for (int32_t i = 0; i < m.topics.items[0].partitions.count; i++)
                append(c, m.topics.items[0].partitions.items[i].index,
                       m.topics.items[0].partitions.items[i].records.bytes, &offset);
        packet_free(r.packet);
}

static void check_order(const struct chaos *c, int32_t partition)
{
        bool seen[RECORDS] = {false};
        int32_t last = -1;
        for (int64_t offset = 0; offset < c->log_end[partition]; offset++) {
                int32_t serial = c->log[partition][offset];
                if (seen[serial] && !c->idempotent)
                        continue;
                seen[serial] = true;
                assert_true(serial > last);
                last = serial;
        }
}

static bool is_in_log(const struct chaos *c, int32_t serial)
{
        for (int32_t p = 0; p < SCRIPT_PARTITIONS; p++) {
                for (int64_t offset = 0; offset < c->log_end[p]; offset++) {
                        if (c->log[p][offset] == serial)
                                return true;
                }
        }
        return false;
}

static void send_next(struct chaos *c, int32_t serial)
{
        uint8_t value[4];
        store_be32(value, (uint32_t)serial);
        struct producer_record record = {.topic = "t",
                                         .partition = (int32_t)rng_between(&c->rng, -1, 2),
                                         .value = span_of(value, 4),
                                         .timestamp_ms = -1};
        assert_int_equal(producer_send(c->producer, &record, (void *)(uintptr_t)serial), KERR_NONE);
}

static void check_fates(const struct chaos *c)
{
        int32_t delivered = 0;
        for (int32_t i = 0; i < RECORDS; i++) {
                const struct fate *fate = &c->fates[i];
                assert_int_equal(fate->reports, 1);
                if (!fate->err)
                        assert_int_equal(c->log[fate->partition][fate->offset], i);
                else if (!fate->unknown)
                        assert_false(is_in_log(c, i));
                delivered += !fate->err;
        }
        assert_true(delivered > RECORDS / 4);
        for (int32_t p = 0; p < SCRIPT_PARTITIONS; p++)
                check_order(c, p);
}

static void run_chaos(uint64_t seed, bool idempotent)
{
        struct chaos *c = test_calloc(1, sizeof *c);
        c->w = script_open(NULL);
        c->idempotent = idempotent;
        rng_init(&c->rng, seed);
        struct producer_config config = producer_config_default();
        config.enable_idempotence = idempotent;
        config.delivery_timeout_ms = 1500;
        config.linger_ms = 5;
        config.max_in_flight = idempotent ? 5 : 2;
        config.on_delivery = note_delivery;
        config.context = c;
        c->producer = producer_open(c->w->client, &config);
        int32_t sent = 0;
        while (sent < RECORDS || producer_pending(c->producer) > 0 || c->late_count > 0) {
                if (sent < RECORDS && rng_chance(&c->rng, 1, 2))
                        send_next(c, sent++);
                script_advance(c->w, rng_between(&c->rng, 0, 10));
                if (c->w->inbox_count > 0 && rng_chance(&c->rng, 1, 2))
                        handle(c);
                if (c->late_count > 0 && rng_chance(&c->rng, 1, 40))
                        deliver_late(c);
                for (int32_t p = 0; p < SCRIPT_PARTITIONS && rng_chance(&c->rng, 1, 50); p++)
                        c->w->leader[p] = (int32_t)rng_between(&c->rng, 1, 3);
        }
        check_fates(c);
        producer_close(c->producer);
        script_close(c->w);
        test_free(c);
}

/* Goal: whatever brokers and connections do, the promises of producer.h hold: each record is
 * reported once; delivered is in the log at the offset told; failed for certain is not; order is
 * kept.
 * Method: twenty seeds of appends, refusals, doubtful errors, lost requests, lost answers and
 * moving leaders. */
static void promises_hold(void **state)
{
        (void)state;
        for (uint64_t seed = 1; seed <= 20; seed++)
                run_chaos(seed, false);
}

/* Goal: the same of an idempotent producer, and no record is in the log twice or behind a later
 * one, whatever old connections deliver late. Method: forty seeds, with late requests as well. */
static void idempotent_promises_hold(void **state)
{
        (void)state;
        for (uint64_t seed = 1; seed <= 40; seed++)
                run_chaos(seed, true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(promises_hold),
                                           cmocka_unit_test(idempotent_promises_hold)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
