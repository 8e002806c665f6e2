#include "script_world.h"

#include "client/producer.h"
#include "wire/produce.h"

/* A cluster that does its worst: it appends or not, answers or not, and lies never. */

enum { RECORDS = 400, LOG_MAX = 8 * RECORDS };

struct fate {
        int32_t reports;
        enum kerr err;
        bool unknown;
        int32_t partition;
        int64_t offset;
};

struct chaos {
        struct script_world *w;
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

static void append(struct chaos *c, int32_t partition, struct span batch)
{
        struct batch_header h;
        assert_int_equal(batch_check(batch, &h), KERR_NONE);
        struct record_iterator it;
        record_iterator_init(
                &it, &h, span_of(batch.data + BATCH_HEADER_BYTES, batch.size - BATCH_HEADER_BYTES));
        struct record r;
        bool more;
        while (record_next(&it, &r, &more) == KERR_NONE && more) {
                assert_true(c->log_end[partition] < LOG_MAX);
                c->log[partition][c->log_end[partition]++] = (int32_t)load_be32(r.value.data);
        }
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
        append(c, p->index, p->records.bytes);
        if (rng_chance(&c->rng, 1, 8))
                answer.error_code = (int16_t)doubts[rng_between(&c->rng, 0, 3)];
        return answer;
}

static void handle(struct chaos *c)
{
        struct script_request r = script_remove(c->w, 0);
        assert_int_equal(r.header.api_key, API_PRODUCE);
        struct produce_request m = {0};
        serde_produce_request(&r.body, &m);
        struct produce_partition_response partitions[SCRIPT_PARTITIONS];
        struct produce_topic_response topic = {.name = str_of("t"), .partitions = {partitions, 0}};
        bool lost_on_the_way = rng_chance(&c->rng, 1, 10);
        for (int32_t i = 0; i < m.topics.items[0].partitions.count && !lost_on_the_way; i++)
                partitions[topic.partitions.count++] =
                        handle_partition(c, &m.topics.items[0].partitions.items[i]);
        if (lost_on_the_way || rng_chance(&c->rng, 1, 10)) {
                bool open = c->w->ports[r.stream - 1] != 0;
                packet_free(r.packet);
                /* What else is on the way is lost too. */
                for (int32_t i = c->w->inbox_count - 1; i >= 0; i--) {
                        if (c->w->inbox[i].stream == r.stream)
                                packet_free(script_remove(c->w, i).packet);
                }
                if (open)
                        script_cut(c->w, r.stream);
                return;
        }
        struct produce_response answer = {.topics = {&topic, 1}};
        script_reply(c->w, &r, -1, write_response, &answer);
}

static void check_order(const struct chaos *c, int32_t partition)
{
        bool seen[RECORDS] = {false};
        int32_t last = -1;
        for (int64_t offset = 0; offset < c->log_end[partition]; offset++) {
                int32_t serial = c->log[partition][offset];
                if (seen[serial])
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

static void run_chaos(uint64_t seed)
{
        struct chaos *c = test_calloc(1, sizeof *c);
        c->w = script_open(NULL);
        rng_init(&c->rng, seed);
        struct producer_config config = producer_config_default();
        config.delivery_timeout_ms = 1500;
        config.linger_ms = 5;
        config.max_in_flight = 2;
        config.on_delivery = note_delivery;
        config.context = c;
        c->producer = producer_open(c->w->client, &config);
        int32_t sent = 0;
        while (sent < RECORDS || producer_pending(c->producer) > 0) {
                if (sent < RECORDS && rng_chance(&c->rng, 1, 2)) {
                        uint8_t value[4];
                        store_be32(value, (uint32_t)sent);
                        struct producer_record record = {
                                .topic = "t",
                                .partition = (int32_t)rng_between(&c->rng, -1, 2),
                                .value = span_of(value, 4),
                                .timestamp_ms = -1};
                        assert_int_equal(
                                producer_send(c->producer, &record, (void *)(uintptr_t)sent++),
                                KERR_NONE);
                }
                script_advance(c->w, rng_between(&c->rng, 0, 10));
                if (c->w->inbox_count > 0 && rng_chance(&c->rng, 1, 2))
                        handle(c);
                for (int32_t p = 0; p < SCRIPT_PARTITIONS && rng_chance(&c->rng, 1, 50); p++)
                        c->w->leader[p] = (int32_t)rng_between(&c->rng, 1, 3);
        }
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
                run_chaos(seed);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(promises_hold)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
