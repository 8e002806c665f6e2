/* Unit tests of src/delivery/producer_checks.c, producer_vouching.c and producer_entry.c: what a
 * leader takes and refuses. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "producer_state_fixture.h"

/* Producer 7, one record. */
static struct sent seven(int16_t epoch, int32_t sequence)
{
        return (struct sent){.producer_id = 7, .epoch = epoch, .sequence = sequence};
}

static struct sent transactional(struct sent m)
{
        m.is_transactional = true;
        return m;
}

/* Two batches in one append. */
static enum kerr send_two(struct bench *b, struct sent first, struct sent second)
{
        struct buffer bytes = {0};
        append_sent(&bytes, first);
        append_sent(&bytes, second);
        enum kerr err = bench_append(b, &bytes, APPEND_CLIENT);
        buffer_deinit(&bytes);
        return err;
}

/* Goal: sequence numbers must follow each other, batch by batch. Method: batches of several
 * records, a gap, an unknown producer, another producer in between. */
static void sequences_are_consecutive(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        struct sent three = seven(0, 0);
        three.records = 3;
        assert_int_equal(bench_send(b, three), KERR_NONE);
        assert_int_equal(bench_send(b, seven(0, 4)), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_int_equal(bench_send(b, seven(0, 2)), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 8, .sequence = 3}),
                         KERR_UNKNOWN_PRODUCER_ID);
        assert_null(producer_state_find(b->s, 8));
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 8}), KERR_NONE);
        assert_int_equal(bench_send(b, seven(0, 3)), KERR_NONE);
        assert_int_equal(partition_log_end(b->x.log), 5);
        const struct producer_entry *e = producer_state_find(b->s, 7);
        assert_int_equal(e->batch_count, 2);
        assert_int_equal(e->batches[0].last_sequence, 2);
        assert_int_equal(e->batches[1].base_offset, 4);
        bench_free(b);
}

/* Goal: a repeat of one of the last five batches is a duplicate, told with its offsets, and the
 * sixth last is out of order. Method: six batches, each sent again; a repeat of another size. */
static void the_last_five_are_remembered(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        for (int32_t i = 0; i < 6; i++) {
                struct sent m = seven(0, 2 * i);
                m.records = 2;
                assert_int_equal(bench_send(b, m), KERR_NONE);
                assert_false(b->done.is_duplicate);
        }
        for (int32_t i = 0; i < 6; i++) {
                struct sent m = seven(0, 2 * i);
                m.records = 2;
                enum kerr err = bench_send(b, m);
                assert_int_equal(err, i == 0 ? KERR_OUT_OF_ORDER_SEQUENCE_NUMBER : KERR_NONE);
                if (i == 0)
                        continue;
                assert_true(b->done.is_duplicate);
                assert_int_equal(b->done.base_offset, 2 * i);
                assert_int_equal(b->done.last_offset, 2 * i + 1);
        }
        assert_int_equal(bench_send(b, seven(0, 10)), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_int_equal(partition_log_end(b->x.log), 12);
        bench_free(b);
}

/* Goal: after 2^31 - 1 comes 0, also within a batch. Method: a follower's log brings the producer
 * near the end of the numbers; then it leads. */
static void sequences_wrap(void **state)
{
        (void)state;
        for (int32_t left = 1; left <= 3; left++) {
                struct bench *b = bench_new();
                struct buffer bytes = {0};
                struct log_append done;
                append_sent(&bytes, seven(0, INT32_MAX - left));
                assert_int_equal(
                        partition_log_append_as_follower(b->x.log, buffer_span(&bytes), &done),
                        KERR_NONE);
                struct sent three = seven(0, INT32_MAX - left + 1);
                three.records = 3;
                assert_int_equal(bench_send(b, three), KERR_NONE);
                const struct producer_entry *e = producer_state_find(b->s, 7);
                int32_t last[] = {1, 0, INT32_MAX};
                assert_int_equal(e->batches[1].last_sequence, last[left - 1]);
                int32_t next = left == 3 ? 0 : last[left - 1] + 1;
                assert_int_equal(bench_send(b, seven(0, next + 1)),
                                 KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
                assert_int_equal(bench_send(b, seven(0, next)), KERR_NONE);
                assert_int_equal(bench_send(b, three), KERR_NONE);
                assert_true(b->done.is_duplicate);
                buffer_deinit(&bytes);
                bench_free(b);
        }
}

/* Goal: an older epoch is fenced, a newer one begins at 0 and forgets the batches of the older.
 * Method: epochs up, down, and with a sequence number too high. */
static void epochs_fence(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        assert_int_equal(bench_send(b, seven(3, 0)), KERR_NONE);
        assert_int_equal(bench_send(b, seven(2, 1)), KERR_INVALID_PRODUCER_EPOCH);
        assert_int_equal(bench_send(b, seven(4, 1)), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_int_equal(bench_send(b, seven(4, 0)), KERR_NONE);
        assert_false(b->done.is_duplicate);
        assert_int_equal(bench_send(b, seven(3, 0)), KERR_INVALID_PRODUCER_EPOCH);
        assert_int_equal(bench_send(b, seven(3, 1)), KERR_INVALID_PRODUCER_EPOCH);
        const struct producer_entry *e = producer_state_find(b->s, 7);
        assert_int_equal(e->epoch, 4);
        assert_int_equal(e->batch_count, 1);
        bench_free(b);
}

/* Goal: several batches of one append are checked as if they came one by one, and nothing of a
 * refused append is remembered. Method: a good pair, the pair again, a half repeated one, a gap,
 * two producers. */
static void several_batches_in_one_append(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        assert_int_equal(send_two(b, seven(0, 0), seven(0, 1)), KERR_NONE);
        assert_int_equal(b->done.last_offset, 1);
        assert_int_equal(send_two(b, seven(0, 0), seven(0, 1)), KERR_NONE);
        assert_true(b->done.is_duplicate);
        assert_int_equal(b->done.base_offset, 0);
        assert_int_equal(b->done.last_offset, 1);
        assert_int_equal(send_two(b, seven(0, 1), seven(0, 2)), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_int_equal(send_two(b, seven(0, 2), seven(0, 2)), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_int_equal(send_two(b, seven(0, 2), seven(0, 4)), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_int_equal(send_two(b, seven(0, 2), (struct sent){.producer_id = 8}),
                         KERR_INVALID_RECORD);
        assert_int_equal(send_two(b, seven(0, 2), seven(1, 0)), KERR_NONE);
        assert_int_equal(partition_log_end(b->x.log), 4);
        assert_int_equal(producer_state_find(b->s, 7)->epoch, 1);
        bench_free(b);
}

/* Goal: what no producer would send is an invalid record. Method: no sequence, no epoch, a
 * transaction of nobody; a batch of nobody is nobody's business. */
static void malformed_batches_are_refused(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        struct sent nobody = {.producer_id = -1, .epoch = -1, .sequence = -1};
        assert_int_equal(bench_send(b, seven(0, -1)), KERR_INVALID_RECORD);
        assert_int_equal(bench_send(b, seven(-1, 0)), KERR_INVALID_RECORD);
        assert_int_equal(bench_send(b, transactional(nobody)), KERR_INVALID_RECORD);
        assert_int_equal(bench_send(b, nobody), KERR_NONE);
        assert_int_equal(bench_send(b, nobody), KERR_NONE);
        assert_int_equal(partition_log_end(b->x.log), 2);
        bench_free(b);
}

/* Goal: only a vouched batch opens a transaction; the open one needs no more vouching, a marker
 * ends it and takes the vouching back (KIP-890). Method: the life of two transactions. */
static void transactions_are_vouched_for(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        struct sent m = transactional(seven(0, 0)), next = transactional(seven(0, 1));
        struct batch_header h = header_of(m), h_next = header_of(next);
        uint64_t ticket, again;
        assert_int_equal(bench_send(b, m), KERR_INVALID_TXN_STATE);
        assert_true(producer_state_must_verify(b->s, &h, &ticket));
        assert_true(producer_state_must_verify(b->s, &h, &again));
        assert_true(ticket == again);
        producer_state_vouch(b->s, 7, 0, ticket + 1);
        producer_state_vouch(b->s, 7, 1, ticket);
        assert_int_equal(bench_send(b, m), KERR_INVALID_TXN_STATE);
        producer_state_vouch(b->s, 7, 0, ticket);
        assert_false(producer_state_must_verify(b->s, &h, &again));
        assert_int_equal(bench_send(b, m), KERR_NONE);
        assert_false(producer_state_must_verify(b->s, &h_next, &again));
        assert_int_equal(bench_send(b, next), KERR_NONE);
        assert_int_equal(bench_send(b, seven(0, 2)), KERR_INVALID_TXN_STATE);
        assert_int_equal(bench_mark(b, 7, 0, 5, true), KERR_NONE);

        /* A repeat is no new transaction; what comes next is. */
        assert_false(producer_state_must_verify(b->s, &h_next, &again));
        assert_int_equal(bench_send(b, next), KERR_NONE);
        assert_true(b->done.is_duplicate);
        m = transactional(seven(0, 2));
        h = header_of(m);
        assert_int_equal(bench_send(b, m), KERR_INVALID_TXN_STATE);
        producer_state_vouch(b->s, 7, 0, ticket);
        assert_int_equal(bench_send(b, m), KERR_INVALID_TXN_STATE);
        bench_vouch(b, m);
        assert_int_equal(bench_send(b, m), KERR_NONE);
        bench_free(b);
}

/* Goal: what was vouched for before a marker is not appended behind it (KAFKA-14884). Method: the
 * marker comes between the question and the answer, and between the answer and the batch. */
static void a_marker_takes_vouching_back(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        struct sent m = transactional(seven(0, 0));
        struct batch_header h = header_of(m);
        uint64_t ticket, later;
        assert_true(producer_state_must_verify(b->s, &h, &ticket));
        assert_int_equal(bench_mark(b, 7, 0, 5, false), KERR_NONE);
        producer_state_vouch(b->s, 7, 0, ticket);
        assert_int_equal(bench_send(b, m), KERR_INVALID_TXN_STATE);
        assert_true(producer_state_must_verify(b->s, &h, &later));
        assert_true(later != ticket);
        producer_state_vouch(b->s, 7, 0, ticket);
        assert_int_equal(bench_send(b, m), KERR_INVALID_TXN_STATE);
        producer_state_vouch(b->s, 7, 0, later);
        assert_int_equal(bench_mark(b, 7, 0, 5, false), KERR_NONE);
        assert_int_equal(bench_send(b, m), KERR_INVALID_TXN_STATE);
        bench_free(b);
}

/* Goal: a vouching is for one epoch, and a zombie cannot spoil that of its successor. Method:
 * epochs 1 and 2 ask, in both orders. */
static void vouching_is_for_one_epoch(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        struct batch_header old = header_of(transactional(seven(1, 0)));
        struct batch_header new = header_of(transactional(seven(2, 0)));
        uint64_t old_ticket, new_ticket;
        assert_true(producer_state_must_verify(b->s, &old, &old_ticket));
        assert_true(producer_state_must_verify(b->s, &new, &new_ticket));
        producer_state_vouch(b->s, 7, 1, old_ticket);
        producer_state_vouch(b->s, 7, 2, new_ticket);
        assert_true(producer_state_must_verify(b->s, &old, &old_ticket));
        assert_int_equal(old_ticket, 0);
        assert_int_equal(bench_send(b, transactional(seven(1, 0))), KERR_INVALID_TXN_STATE);
        assert_int_equal(bench_send(b, transactional(seven(2, 0))), KERR_NONE);
        bench_free(b);
}

/* Goal: markers of deposed coordinators and older producers are refused; a marker fences, even
 * where the producer never wrote. Method: epochs of both kinds, up and down. */
static void markers_are_fenced(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        bench_vouch(b, transactional(seven(1, 0)));
        assert_int_equal(bench_send(b, transactional(seven(1, 0))), KERR_NONE);
        assert_int_equal(bench_mark(b, 7, 0, 5, true), KERR_INVALID_PRODUCER_EPOCH);
        assert_int_equal(bench_mark(b, 7, 2, 5, false), KERR_NONE);
        assert_int_equal(bench_mark(b, 7, 2, 4, true), KERR_TRANSACTION_COORDINATOR_FENCED);
        assert_int_equal(bench_mark(b, 7, 2, 6, true), KERR_NONE);
        assert_int_equal(bench_send(b, transactional(seven(1, 1))), KERR_INVALID_PRODUCER_EPOCH);
        assert_int_equal(bench_mark(b, 8, 3, 5, false), KERR_NONE);
        const struct producer_entry *e = producer_state_find(b->s, 8);
        assert_int_equal(e->epoch, 3);
        assert_int_equal(e->coordinator_epoch, 5);
        assert_int_equal(e->batch_count, 0);
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 8, .epoch = 2}),
                         KERR_INVALID_PRODUCER_EPOCH);
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 8, .epoch = 3, .sequence = 1}),
                         KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 8, .epoch = 3}), KERR_NONE);

        struct buffer bytes = {0};
        struct batch_builder builder; /* a control batch that is no marker */
        batch_builder_init(&builder);
        batch_builder_add(&builder, &(struct record){.key = span_of("\0\0\0\2", 4)}, NULL, 0);
        builder.header.attributes = BATCH_CONTROL | BATCH_TRANSACTIONAL;
        builder.header.producer_id = 8;
        builder.header.producer_epoch = 3;
        assert_int_equal(batch_builder_finish(&builder, 0, &bytes), KERR_NONE);
        assert_int_equal(bench_append(b, &bytes, APPEND_COORDINATOR), KERR_INVALID_RECORD);
        batch_builder_deinit(&builder);
        buffer_deinit(&bytes);
        bench_free(b);
}

/* Goal: a group coordinator's batches need no sequence, but they are fenced, and open no
 * transaction that nobody has vouched for. Method: pending offsets, as a group coordinator writes
 * them. */
static void coordinators_have_no_sequences(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        struct buffer bytes = {0};
        append_sent(&bytes, transactional(seven(1, -1)));
        assert_int_equal(bench_append(b, &bytes, APPEND_COORDINATOR), KERR_INVALID_TXN_STATE);
        bench_vouch(b, transactional(seven(1, -1)));
        assert_int_equal(bench_append(b, &bytes, APPEND_COORDINATOR), KERR_NONE);
        assert_int_equal(bench_append(b, &bytes, APPEND_COORDINATOR), KERR_NONE);
        assert_int_equal(partition_log_end(b->x.log), 2);
        assert_int_equal(bench_unstable(b, 2), 0);
        assert_int_equal(producer_state_find(b->s, 7)->batch_count, 0);
        buffer_clear(&bytes);
        append_sent(&bytes, transactional(seven(0, -1)));
        assert_int_equal(bench_append(b, &bytes, APPEND_COORDINATOR), KERR_INVALID_PRODUCER_EPOCH);
        buffer_deinit(&bytes);
        bench_free(b);
}

/* Goal: the marker's bytes are Kafka's, but for the CRC that follows from them. Method: bytes by
 * hand from the formats of KIP-98. */
static void a_marker_byte_by_byte(void **state)
{
        (void)state;
        struct buffer bytes = {0};
        producer_state_marker(0x1122, 3, 0x0405, true, 0x0607, &bytes);
        assert_int_equal(bytes.size, 78);
        static const uint8_t head[] = {0,    0,    0,    0,    0, 0, 0, 0, /* base offset */
                                       0,    0,    0,    66,               /* length */
                                       0xff, 0xff, 0xff, 0xff, 2};
        static const uint8_t tail[] = {
                0,    0x30, 0,    0,    0, 0, /* attributes, last delta */
                0,    0,    0,    0,    0, 0, 6,    7,    0, 0, 0, 0, 0, 0, 6, 7, /* timestamps */
                0,    0,    0,    0,    0, 0, 0x11, 0x22, 0, 3, /* producer id, epoch */
                0xff, 0xff, 0xff, 0xff, 0, 0, 0,    1,          /* sequence, records */
                32,   0,    0,    0,                            /* length, attributes, deltas */
                8,    0,    0,    0,    1,                      /* key: version 0, COMMIT */
                12,   0,    0,    0,    0, 4, 5,    0}; /* value: version 0, coordinator epoch; no
                                                           headers */
        assert_memory_equal(bytes.data, head, sizeof head);
        assert_int_equal(sizeof tail, 78 - 21);
        assert_memory_equal(bytes.data + 21, tail, sizeof tail);
        buffer_deinit(&bytes);
}

/* Goal: with log append time a duplicate is told the time of the original. Method: the clock goes
 * on between the two. */
static void a_duplicate_keeps_its_time(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        b->x.config.log_append_time = true;
        partition_log_configure(b->x.log, &b->x.config);
        int64_t then_ms = b->x.f.wall_ms;
        assert_int_equal(bench_send(b, seven(0, 0)), KERR_NONE);
        b->x.f.wall_ms += 500;
        assert_int_equal(bench_send(b, seven(0, 0)), KERR_NONE);
        assert_true(b->done.is_duplicate);
        assert_int_equal(b->done.log_append_time_ms, then_ms);
        bench_free(b);
}

/* Goal: each bug of the zoo does what its name says. Method: the shortest story of each. */
static void zoo_forgets_producers(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        b->x.f.world.zoo.bits = 1ull << ZOO_FORGETS_PRODUCERS;
        assert_int_equal(partition_log_begin_epoch(b->x.log, 1), KERR_NONE);
        assert_int_equal(bench_send(b, seven(0, 0)), KERR_NONE);
        assert_int_equal(bench_send(b, seven(0, 0)), KERR_NONE);
        assert_true(b->done.is_duplicate);
        bench_restart(b);
        assert_int_equal(partition_log_begin_epoch(b->x.log, 2), KERR_NONE);
        assert_int_equal(bench_send(b, seven(0, 0)), KERR_NONE);
        assert_false(b->done.is_duplicate);
        assert_int_equal(bench_send(b, seven(0, 5)), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        bench_free(b);
}

static void zoo_state_before_append(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        b->x.f.world.zoo.bits = 1ull << ZOO_STATE_BEFORE_APPEND;
        assert_int_equal(send_two(b, seven(0, 0), seven(0, 5)), KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_int_equal(bench_send(b, seven(0, 0)), KERR_NONE);
        assert_true(b->done.is_duplicate);
        assert_int_equal(partition_log_end(b->x.log), 0);
        bench_free(b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sequences_are_consecutive),
                cmocka_unit_test(the_last_five_are_remembered),
                cmocka_unit_test(sequences_wrap),
                cmocka_unit_test(epochs_fence),
                cmocka_unit_test(several_batches_in_one_append),
                cmocka_unit_test(malformed_batches_are_refused),
                cmocka_unit_test(transactions_are_vouched_for),
                cmocka_unit_test(a_marker_takes_vouching_back),
                cmocka_unit_test(vouching_is_for_one_epoch),
                cmocka_unit_test(markers_are_fenced),
                cmocka_unit_test(coordinators_have_no_sequences),
                cmocka_unit_test(a_marker_byte_by_byte),
                cmocka_unit_test(a_duplicate_keeps_its_time),
                cmocka_unit_test(zoo_forgets_producers),
                cmocka_unit_test(zoo_state_before_append),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
