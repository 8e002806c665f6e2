/* Unit tests of src/delivery/producer_state.c and producer_snapshot.c: the fold, its files, and
 * what is undecided. */
#include "base/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "producer_state_fixture.h"

#define AT_4 "t-0/00000000000000000004.snapshot"

/* One record of a transaction, vouched for. */
static void send_in_txn(struct bench *b, int64_t producer_id, int32_t sequence)
{
        struct sent m = {.producer_id = producer_id,
                         .sequence = sequence,
                         .is_transactional = true,
                         .timestamp = 1000};
        bench_vouch(b, m);
        assert_int_equal(bench_send(b, m), KERR_NONE);
}

static void mark(struct bench *b, int64_t producer_id, bool commit)
{
        assert_int_equal(bench_mark(b, producer_id, 0, 5, commit), KERR_NONE);
}

static void follow(struct bench *b, const struct buffer *bytes)
{
        struct log_append done;
        assert_int_equal(partition_log_append_as_follower(b->x.log, buffer_span(bytes), &done),
                         KERR_NONE);
}

/* Producer 7 in epoch 1 has an open transaction of three records, of 9 there is only a marker. */
static struct bench *two_producers(void)
{
        struct bench *b = bench_new();
        struct sent m = {.producer_id = 7,
                         .epoch = 1,
                         .records = 3,
                         .is_transactional = true,
                         .timestamp = 1000};
        bench_vouch(b, m);
        assert_int_equal(bench_send(b, m), KERR_NONE);
        assert_int_equal(bench_mark(b, 9, 4, 5, true), KERR_NONE);
        return b;
}

/* By hand, from the format; the CRC by another program. */
static const uint8_t snapshot_of_two[] = {
        0,    1,    0x5c, 0x94, 0x2c, 0x1a, 0,    0,    0,    2, /* version, CRC, count */
        0,    0,    0,    0,    0,    0,    0,    7,    0,    1, /* producer id, epoch */
        0,    0,    0,    2,    0,    0,    0,    0,    0,    0, /* last sequence, last offset */
        0,    2,    0,    0,    0,    2,                         /* offset delta */
        0,    0,    0,    0,    0,    0,    3,    0xe8,          /* timestamp */
        0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,    0,    0, /* coordinator epoch, */
        0,    0,                                                 /* open from offset 0 */
        0,    0,    0,    0,    0,    0,    0,    9,    0,    4, /* producer id, epoch */
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* no batch */
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0, /* delta 0, timestamp */
        3,    0xe8, 0,    0,    0,    5,                         /* coordinator epoch */
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,          /* nothing open */
};

static void expect_two_producers(const struct bench *b)
{
        const struct producer_entry *seven = producer_state_find(b->s, 7);
        assert_int_equal(seven->epoch, 1);
        assert_int_equal(seven->batch_count, 1);
        assert_int_equal(seven->batches[0].first_sequence, 0);
        assert_int_equal(seven->batches[0].last_sequence, 2);
        assert_int_equal(seven->batches[0].base_offset, 0);
        assert_int_equal(seven->batches[0].last_offset, 2);
        assert_int_equal(seven->txn_first_offset, 0);
        assert_int_equal(seven->coordinator_epoch, -1);
        const struct producer_entry *nine = producer_state_find(b->s, 9);
        assert_int_equal(nine->epoch, 4);
        assert_int_equal(nine->batch_count, 0);
        assert_int_equal(nine->coordinator_epoch, 5);
        assert_int_equal(nine->txn_first_offset, -1);
        assert_int_equal(nine->last_timestamp_ms, 1000);
        assert_int_equal(bench_unstable(b, 100), 0);
}

/* Goal: a snapshot is Kafka's file to the byte, written when a segment begins. Method: a table of
 * two kinds of entries against bytes by hand. */
static void a_snapshot_byte_by_byte(void **state)
{
        (void)state;
        struct bench *b = two_producers();
        struct buffer file = {0};
        assert_int_equal(partition_log_roll(b->x.log), KERR_NONE);
        fake_world_read(&b->x.f, AT_4, &file);
        assert_int_equal(file.size, sizeof snapshot_of_two);
        assert_memory_equal(file.data, snapshot_of_two, sizeof snapshot_of_two);
        buffer_deinit(&file);
        bench_free(b);
}

/* Goal: a stop leaves a snapshot, and a start uses it and replays nothing that it holds. Method: an
 * empty log gets the file from elsewhere; a stopped broker starts. */
static void a_start_begins_with_the_snapshot(void **state)
{
        (void)state;
        struct bench *b = two_producers();
        bench_restart(b);
        expect_two_producers(b);
        assert_true(fake_world_exists(&b->x.f, AT_4));

        fixture_deinit(&b->x);
        producer_state_free(b->s);
        fixture_init(&b->x, small_config());
        assert_int_equal(partition_log_restart_at(b->x.log, 4), KERR_NONE);
        fake_world_write(&b->x.f, AT_4, span_of(snapshot_of_two, sizeof snapshot_of_two));
        bench_load(b);
        const struct producer_entry *seven = producer_state_find(b->s, 7);
        assert_int_equal(seven->batches[0].last_sequence, 2);
        assert_int_equal(seven->txn_first_offset, 0);
        assert_int_equal(bench_unstable(b, 100), 4); /* the log starts there */
        bench_free(b);
}

/* Goal: what no snapshot holds is replayed, markers included; a damaged snapshot is removed and
 * replayed past. Method: a kill; then each byte of the snapshot flipped, and a cut file. */
static void what_no_snapshot_holds_is_replayed(void **state)
{
        (void)state;
        struct bench *b = two_producers();
        bench_kill(b);
        expect_two_producers(b);
        for (size_t i = 0; i <= sizeof snapshot_of_two; i++) {
                uint8_t bad[sizeof snapshot_of_two];
                size_t size = sizeof bad - (i == sizeof bad);
                memcpy(bad, snapshot_of_two, sizeof bad);
                if (i < sizeof bad)
                        bad[i] ^= 0x10;
                fake_world_write(&b->x.f, AT_4, span_of(bad, size));
                partition_log_abandon(b->x.log);
                producer_state_free(b->s);
                assert_int_equal(fixture_open(&b->x, 0, 0, true), KERR_NONE);
                bench_load(b);
                expect_two_producers(b);
                assert_false(fake_world_exists(&b->x.f, AT_4));
        }
        assert_true(fake_world_logged(&b->x.f, "damaged, removed"));
        bench_free(b);
}

/* Goal: the two newest snapshots are kept, and none is written twice. Method: four rolls. */
static void two_snapshots_are_kept(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        for (int32_t i = 0; i < 4; i++) {
                assert_int_equal(bench_send(b, (struct sent){.producer_id = 7, .sequence = i}),
                                 KERR_NONE);
                assert_int_equal(partition_log_roll(b->x.log), KERR_NONE);
        }
        assert_false(fake_world_exists(&b->x.f, "t-0/00000000000000000001.snapshot"));
        assert_false(fake_world_exists(&b->x.f, "t-0/00000000000000000002.snapshot"));
        assert_true(fake_world_exists(&b->x.f, "t-0/00000000000000000003.snapshot"));
        assert_true(fake_world_exists(&b->x.f, AT_4));
        bench_restart(b);
        assert_true(fake_world_exists(&b->x.f, "t-0/00000000000000000003.snapshot"));
        assert_true(fake_world_exists(&b->x.f, AT_4));
        bench_free(b);
}

/* Goal: a failing disk is told, not hidden. Method: the snapshot's write, then its sync fails. */
static void a_failed_snapshot_takes_the_log_offline(void **state)
{
        (void)state;
        struct bench *b = two_producers();
        const struct log_observer *o = partition_log_observer(b->x.log);
        sim_disk_fail_append(b->x.f.disk, 1, KERR_NO_SPACE, 0);
        assert_int_equal(o->rolled(partition_log_observer(b->x.log)), KERR_NO_SPACE);
        sim_disk_fail_syncs(b->x.f.disk, 1, false);
        assert_int_equal(o->rolled(partition_log_observer(b->x.log)), KERR_IO);
        bench_free(b);
}

/* Goal: a cut takes back what lay behind it: sequences, epochs, markers. Method: a log of two
 * transactions cut within the second, and within the first. */
static void a_cut_is_a_step_back(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        send_in_txn(b, 7, 0);
        mark(b, 7, true);
        send_in_txn(b, 7, 1);
        mark(b, 7, false);
        assert_int_equal(bench_unstable(b, 4), INT64_MAX);
        assert_int_equal(partition_log_truncate(b->x.log, 3), KERR_NONE);
        assert_int_equal(bench_unstable(b, 3), 2);
        assert_int_equal(producer_state_find(b->s, 7)->batches[1].last_sequence, 1);
        assert_int_equal(partition_log_truncate(b->x.log, 1), KERR_NONE);
        assert_int_equal(bench_unstable(b, 1), 0);
        assert_int_equal(producer_state_find(b->s, 7)->batch_count, 1);
        assert_int_equal(producer_state_find(b->s, 7)->coordinator_epoch, -1);
        assert_int_equal(partition_log_restart_at(b->x.log, 10), KERR_NONE);
        assert_null(producer_state_find(b->s, 7));
        assert_int_equal(bench_unstable(b, 10), INT64_MAX);
        bench_free(b);
}

/* Goal: producers outlive their records (KAFKA-7190), and an open transaction holds readers at the
 * log start. Method: the start is raised past both. */
static void a_raised_start_forgets_nobody(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        send_in_txn(b, 7, 0);
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 8}), KERR_NONE);
        assert_int_equal(partition_log_advance_start(b->x.log, 2), KERR_NONE);
        assert_int_equal(bench_unstable(b, 2), 2);
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 8, .sequence = 1}), KERR_NONE);
        mark(b, 7, true);
        assert_int_equal(bench_unstable(b, 3), 2);
        assert_int_equal(bench_unstable(b, 4), INT64_MAX);
        bench_free(b);
}

/* Goal: a snapshot from below the log start is of no use: what lay between cannot be replayed.
 * Method: the marker of a transaction that is open in the snapshot is deleted; a restart. */
static void a_snapshot_below_the_start_is_not_used(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        send_in_txn(b, 7, 0);
        assert_int_equal(partition_log_roll(b->x.log), KERR_NONE);
        mark(b, 7, true);
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 8}), KERR_NONE);
        partition_log_abandon(b->x.log);
        producer_state_free(b->s);
        assert_true(fake_world_exists(&b->x.f, "t-0/00000000000000000001.snapshot"));
        assert_int_equal(fixture_open(&b->x, 0, 2, true), KERR_NONE);
        bench_load(b);
        assert_null(producer_state_find(b->s, 7));
        assert_non_null(producer_state_find(b->s, 8));
        assert_int_equal(bench_unstable(b, 3), INT64_MAX);
        bench_free(b);
}

/* Goal: the first unstable offset is the start of the oldest transaction that is open or whose
 * marker is not below the high watermark. Method: two that overlap, asked at every high watermark.
 */
static void markers_count_when_committed(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        send_in_txn(b, 7, 0); /* offset 0 */
        send_in_txn(b, 8, 0); /* 1 */
        mark(b, 7, true);     /* 2 */
        send_in_txn(b, 7, 1); /* 3 */
        mark(b, 8, true);     /* 4 */
        assert_int_equal(bench_unstable(b, 0), 0);
        assert_int_equal(bench_unstable(b, 2), 0);
        assert_int_equal(bench_unstable(b, 3), 1);
        assert_int_equal(bench_unstable(b, 4), 1);
        assert_int_equal(bench_unstable(b, 5), 3);
        mark(b, 7, false); /* 5 */
        assert_int_equal(bench_unstable(b, 5), 3);
        assert_int_equal(bench_unstable(b, 6), INT64_MAX);
        bench_free(b);
}

/* Goal: where nobody asks for the first unstable offset, memory does not grow with the log, and the
 * answer is never too high. Method: many transactions before the first question, behind an open one
 * and without it. */
static void unasked_transactions_do_not_pile_up(void **state)
{
        (void)state;
        for (int open = 0; open <= 1; open++) {
                struct bench *b = bench_new();
                if (open)
                        send_in_txn(b, 8, 0);
                for (int32_t i = 0; i < 400; i++) {
                        send_in_txn(b, 7, i);
                        mark(b, 7, true);
                }
                assert_int_equal(bench_unstable(b, open + 1), 0);
                /* Exactly it would be `open` + 20: that many were not kept. */
                assert_int_equal(bench_unstable(b, open + 21), 0);
                if (open) {
                        assert_int_equal(bench_unstable(b, 801), 0);
                        mark(b, 8, true);
                }
                assert_int_equal(bench_unstable(b, open ? 801 : 799), open ? 0 : 798);
                assert_int_equal(bench_unstable(b, 802), INT64_MAX);
                bench_free(b);
        }
}

static void collect(void *context, const struct aborted_txn *aborted)
{
        buffer_append(context, aborted, sizeof *aborted);
}

/* Goal: an abort adds to the log's index, a commit or an empty abort does not. Method: all three,
 * while another transaction is open. */
static void aborts_are_noted(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        struct buffer found = {0};
        send_in_txn(b, 7, 0); /* 0 */
        send_in_txn(b, 8, 0); /* 1 */
        mark(b, 7, false);    /* 2 */
        mark(b, 7, false);    /* 3 */
        mark(b, 8, true);     /* 4 */
        send_in_txn(b, 8, 1); /* 5 */
        mark(b, 8, false);    /* 6 */
        for (int restarts = 0; restarts < 2; restarts++) {
                buffer_clear(&found);
                partition_log_each_aborted(b->x.log, 0, 100, collect, &found);
                assert_int_equal(found.size, 2 * sizeof(struct aborted_txn));
                struct aborted_txn expected[] = {{7, 0, 2, 1}, {8, 5, 6, 7}};
                assert_memory_equal(found.data, expected, found.size);
                bench_kill(b);
        }
        buffer_deinit(&found);
        bench_free(b);
}

/* Goal: what a follower gets is taken as it is: gaps, jumps of sequence, a batch that compaction
 * has emptied, which tells its sequence but opens no transaction, an emptied marker. Method: such
 * batches, and a restart over them. */
static void followers_take_what_comes(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        struct buffer bytes = {0};
        append_sent(&bytes, (struct sent){.producer_id = 7, .sequence = 3});
        follow(b, &bytes);
        struct batch_header h;
        struct sent emptied = {.producer_id = 7, .sequence = 8, .is_transactional = true};
        for (int i = 0; i < 2; i++) {
                h = header_of(emptied);
                if (i == 1) {
                        h.attributes |= BATCH_CONTROL;
                        h.base_sequence = -1;
                }
                h.base_offset = 10 + 10 * i;
                h.batch_length = BATCH_HEADER_BYTES - BATCH_OVERHEAD_BYTES;
                h.last_offset_delta = 4;
                h.records_count = 0;
                buffer_clear(&bytes);
                bytes.size = BATCH_HEADER_BYTES;
                batch_write_header(&h, bytes.data);
                store_be32(bytes.data + 17,
                           crc32c(0, bytes.data + BATCH_CRC_FROM, bytes.size - BATCH_CRC_FROM));
                follow(b, &bytes);
        }
        for (int restarts = 0; restarts < 2; restarts++) {
                const struct producer_entry *e = producer_state_find(b->s, 7);
                assert_int_equal(e->batch_count, 2);
                assert_int_equal(e->batches[1].first_sequence, 8);
                assert_int_equal(e->batches[1].last_sequence, 12);
                assert_int_equal(e->batches[1].last_offset, 14);
                assert_int_equal(bench_unstable(b, 25), INT64_MAX);
                bench_kill(b);
        }
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 7, .sequence = 13}), KERR_NONE);
        buffer_deinit(&bytes);
        bench_free(b);
}

/* Goal: compaction is told which batch of a producer it must leave. Method: data and markers, of a
 * producer with both and one with markers only. */
static void the_last_batch_is_known(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        const struct log_observer *o = partition_log_observer(b->x.log);
        send_in_txn(b, 7, 0);
        send_in_txn(b, 7, 1);
        mark(b, 7, true);
        mark(b, 8, true);
        struct batch_header h = header_of((struct sent){.producer_id = 7});
        for (h.base_offset = 0; h.base_offset < 4; h.base_offset++)
                assert_int_equal(o->is_last(o, &h), h.base_offset == 1);
        h.base_offset = 1;
        h.producer_epoch = 1;
        assert_false(o->is_last(o, &h));
        h.producer_id = 8;
        h.attributes = BATCH_CONTROL;
        assert_false(o->is_last(o, &h));
        h.producer_epoch = 0;
        assert_true(o->is_last(o, &h));
        h.producer_id = 9;
        assert_false(o->is_last(o, &h));
        bench_free(b);
}

/* Goal: the silent are forgotten, those with an open transaction never. Method: the clock passes
 * the limit. */
static void the_silent_are_forgotten(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        send_in_txn(b, 7, 0);
        int64_t now_ms = b->x.f.wall_ms;
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 8, .timestamp = now_ms}),
                         KERR_NONE);
        bench_vouch(b, (struct sent){.producer_id = 9, .is_transactional = true});
        b->x.f.wall_ms += DAY_MS - 1;
        producer_state_expire(b->s);
        assert_non_null(producer_state_find(b->s, 8));
        b->x.f.wall_ms++;
        producer_state_expire(b->s);
        assert_null(producer_state_find(b->s, 8));
        assert_non_null(producer_state_find(b->s, 7));
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 9, .is_transactional = true}),
                         KERR_INVALID_TXN_STATE);
        assert_int_equal(bench_send(b, (struct sent){.producer_id = 8, .sequence = 1}),
                         KERR_UNKNOWN_PRODUCER_ID);
        bench_free(b);
}

static void note_id(void *context, const struct producer_entry *e)
{
        buffer_printf(context, "%lld ", (long long)e->producer_id);
}

/* Goal: producers are told in the order of their first appearance, after a restart too. Method:
 * three in no order of their ids. */
static void producers_come_in_order(void **state)
{
        (void)state;
        struct bench *b = bench_new();
        for (int i = 0; i < 3; i++)
                assert_int_equal(
                        bench_send(b, (struct sent){.producer_id = (int64_t[]){5, 3, 4}[i]}),
                        KERR_NONE);
        for (int restarts = 0; restarts < 2; restarts++) {
                struct buffer ids = {0};
                producer_state_each(b->s, note_id, &ids);
                assert_int_equal(ids.size, 6);
                assert_memory_equal(ids.data, "5 3 4 ", 6);
                buffer_deinit(&ids);
                bench_restart(b);
        }
        bench_free(b);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_snapshot_byte_by_byte),
                cmocka_unit_test(a_start_begins_with_the_snapshot),
                cmocka_unit_test(what_no_snapshot_holds_is_replayed),
                cmocka_unit_test(two_snapshots_are_kept),
                cmocka_unit_test(a_failed_snapshot_takes_the_log_offline),
                cmocka_unit_test(a_cut_is_a_step_back),
                cmocka_unit_test(a_raised_start_forgets_nobody),
                cmocka_unit_test(a_snapshot_below_the_start_is_not_used),
                cmocka_unit_test(markers_count_when_committed),
                cmocka_unit_test(unasked_transactions_do_not_pile_up),
                cmocka_unit_test(aborts_are_noted),
                cmocka_unit_test(followers_take_what_comes),
                cmocka_unit_test(the_last_batch_is_known),
                cmocka_unit_test(the_silent_are_forgotten),
                cmocka_unit_test(producers_come_in_order),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
