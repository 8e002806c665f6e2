/* Unit tests of src/log/txn_index.c, snapshot_files.c, and of the seam for observers of a log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log_test.h"

/* --- the index --- */

static void note(struct log_fixture *x, int64_t producer_id, int64_t first, int64_t last,
                 int64_t last_stable_offset)
{
        struct aborted_txn aborted = {producer_id, first, last, last_stable_offset};
        assert_int_equal(partition_log_note_aborted(x->log, &aborted), KERR_NONE);
}

struct producers {
        int64_t ids[16];
        int count;
};

static void take(void *context, const struct aborted_txn *aborted)
{
        struct producers *p = context;
        assert_true(p->count < 16);
        p->ids[p->count++] = aborted->producer_id;
}

/* The producers of what overlaps, as digits. */
static int64_t aborted_in(struct log_fixture *x, int64_t from, int64_t to)
{
        struct producers p = {0};
        int64_t digits = 0;
        partition_log_each_aborted(x->log, from, to, take, &p);
        for (int i = 0; i < p.count; i++)
                digits = 10 * digits + p.ids[i];
        return digits;
}

/* Three segments of ten offsets, and 25 at the end. Transactions: 1 in the first segment, 2 and 3
 * from the first to the second, 4 in the second, 5 in the third. */
static void fill_aborts(struct log_fixture *x)
{
        fixture_fill(x, 25);
        note(x, 1, 1, 4, 2);
        note(x, 2, 2, 12, 6);
        note(x, 3, 6, 15, 14);
        note(x, 4, 14, 17, 18);
        note(x, 5, 20, 22, 23);
}

/* Goal: a reader is told of the transactions that reach into what it reads. Method: a table. */
static void overlaps(void **state)
{
        (void)state;
        static const struct {
                int64_t from, to, producers;
        } cases[] = {
                {0, 25, 12345}, {0, 1, 0},    {0, 2, 1},     {4, 5, 12},  {5, 6, 2},
                {6, 7, 23},     {12, 13, 23}, {13, 14, 3},   {16, 20, 4}, {18, 20, 0},
                {18, 21, 5},    {23, 25, 0},  {15, 25, 345},
        };
        struct log_fixture x;
        fill_aborts(&x);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_int_equal(aborted_in(&x, cases[i].from, cases[i].to), cases[i].producers);
        fixture_deinit(&x);
}

/* Goal: the files are Kafka's, lie with the marker's segment, are made when first needed, and
 * noting again adds nothing. Method: compare bytes. */
static void files_are_kafkas(void **state)
{
        (void)state;
        static const uint8_t first[TXN_INDEX_ENTRY_BYTES] = {[9] = 1, [17] = 1, [25] = 4, [33] = 2};
        struct log_fixture x;
        struct buffer bytes = {0};
        fixture_fill(&x, 25);
        note(&x, 4, 14, 17, 18);
        assert_false(fake_world_exists(&x.f, FIRST ".txnindex"));
        note(&x, 1, 1, 4, 2);
        note(&x, 1, 1, 4, 2);
        note(&x, 4, 14, 17, 18);
        fake_world_read(&x.f, FIRST ".txnindex", &bytes);
        assert_int_equal(bytes.size, sizeof first);
        assert_memory_equal(bytes.data, first, sizeof first);
        buffer_clear(&bytes);
        fake_world_read(&x.f, SECOND ".txnindex", &bytes);
        assert_int_equal(bytes.size, sizeof first);
        assert_false(fake_world_exists(&x.f, THIRD ".txnindex"));
        buffer_deinit(&bytes);
        fixture_deinit(&x);
}

/* Goal: a clean stop keeps the index, through a power cut too. Method: stop, cut, start. */
static void clean_stop_keeps_it(void **state)
{
        (void)state;
        struct log_fixture x;
        fill_aborts(&x);
        assert_int_equal(partition_log_flush(x.log), KERR_NONE);
        assert_int_equal(partition_log_close(x.log), KERR_NONE);
        x.log = NULL;
        fake_world_power_cut(&x.f, "nothing", 1);
        fixture_reopen(&x, 25, 0, true);
        assert_int_equal(aborted_in(&x, 0, 25), 12345);
        fixture_deinit(&x);
}

/* Goal: after a crash, what was synced is kept and what is folded anew is dropped, with the
 * snapshots that know of it. Method: recovery points in each segment; a power cut. */
static void crash_drops_what_is_folded_anew(void **state)
{
        (void)state;
        static const struct {
                int64_t recovery_point, producers;
                bool snapshot_10, snapshot_20;
        } cases[] = {{0, 0, false, false},
                     {10, 1, true, false},
                     {15, 1, true, false},
                     {20, 1234, true, true},
                     {25, 1234, true, true}};
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct log_fixture x;
                fill_aborts(&x);
                assert_int_equal(partition_log_flush(x.log), KERR_NONE);
                fake_world_write(&x.f, SECOND ".snapshot", span_of("x", 1));
                fake_world_write(&x.f, THIRD ".snapshot", span_of("x", 1));
                fake_world_write(&x.f, "t-0/00000000000000000025.snapshot", span_of("x", 1));
                assert_int_equal(x.f.world.sync_dir(&x.f.world, "t-0"), KERR_NONE);
                fixture_kill(&x);
                fake_world_power_cut(&x.f, "nothing", 1);
                fixture_reopen(&x, cases[i].recovery_point, 0, false);
                assert_int_equal(aborted_in(&x, 0, 25), cases[i].producers);
                assert_int_equal(fake_world_exists(&x.f, SECOND ".snapshot"), cases[i].snapshot_10);
                assert_int_equal(fake_world_exists(&x.f, THIRD ".snapshot"), cases[i].snapshot_20);
                assert_false(fake_world_exists(&x.f, "t-0/00000000000000000025.snapshot"));
                assert_false(fake_world_exists(&x.f, THIRD ".txnindex"));
                /* The fold notes all again. */
                note(&x, 1, 1, 4, 2);
                note(&x, 2, 2, 12, 6);
                note(&x, 3, 6, 15, 14);
                note(&x, 4, 14, 17, 18);
                note(&x, 5, 20, 22, 23);
                assert_int_equal(aborted_in(&x, 0, 25), 12345);
                fixture_deinit(&x);
        }
}

/* Goal: a truncation takes entries with it, and a later stop finds only the others. Method: cut at
 * several offsets, in and between segments, then note and reopen. */
static void truncation_cuts_it(void **state)
{
        (void)state;
        static const struct {
                int64_t offset, producers;
        } cases[] = {{25, 12345}, {23, 12345}, {22, 1234}, {17, 123}, {15, 12},
                     {13, 12},    {12, 1},     {5, 1},     {4, 0},    {0, 0}};
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct log_fixture x;
                fill_aborts(&x);
                assert_int_equal(partition_log_truncate(x.log, cases[i].offset), KERR_NONE);
                assert_int_equal(aborted_in(&x, 0, 25), cases[i].producers);
                assert_int_equal(partition_log_flush(x.log), KERR_NONE);
                assert_int_equal(partition_log_close(x.log), KERR_NONE);
                fixture_reopen(&x, cases[i].offset, 0, true);
                assert_int_equal(aborted_in(&x, 0, 25), cases[i].producers);
                fixture_deinit(&x);
        }
}

/* Goal: retention takes the entries of a segment, its file and the snapshots that nobody needs any
 * more; so does a restart, all of them. Method: both. */
static void retention_and_restart_take_it(void **state)
{
        (void)state;
        struct log_fixture x;
        int32_t removed;
        fill_aborts(&x);
        fake_world_write(&x.f, FIRST ".snapshot", span_of("x", 1));
        fake_world_write(&x.f, SECOND ".snapshot", span_of("x", 1));
        assert_int_equal(partition_log_advance_start(x.log, 20), KERR_NONE);
        assert_int_equal(partition_log_retain(x.log, 25, &removed), KERR_NONE);
        assert_int_equal(aborted_in(&x, 0, 25), 5);
        assert_false(fake_world_exists(&x.f, FIRST ".txnindex"));
        assert_false(fake_world_exists(&x.f, SECOND ".txnindex"));
        assert_false(fake_world_exists(&x.f, FIRST ".snapshot"));
        assert_true(fake_world_exists(&x.f, SECOND ".snapshot"));
        assert_int_equal(partition_log_restart_at(x.log, 100), KERR_NONE);
        assert_int_equal(aborted_in(&x, 0, 200), 0);
        assert_false(fake_world_exists(&x.f, THIRD ".txnindex"));
        assert_false(fake_world_exists(&x.f, SECOND ".snapshot"));
        fixture_deinit(&x);
}

/* Goal: a damaged file is no use, and its segment is folded anew. Method: cut it by a byte, and
 * have it speak of another segment. */
static void damage_is_dropped(void **state)
{
        (void)state;
        for (int bad = 0; bad < 2; bad++) {
                struct log_fixture x;
                fill_aborts(&x);
                partition_log_flush(x.log);
                partition_log_close(x.log);
                x.log = NULL;
                if (bad)
                        fixture_cut_file(&x, SECOND ".txnindex", 3 * TXN_INDEX_ENTRY_BYTES - 1);
                else
                        fixture_flip_byte(&x, SECOND ".txnindex", 24);
                fake_world_write(&x.f, SECOND ".snapshot", span_of("x", 1));
                fake_world_write(&x.f, THIRD ".snapshot", span_of("x", 1));
                fixture_reopen(&x, 25, 0, true);
                assert_int_equal(aborted_in(&x, 0, 25), 15);
                assert_true(fake_world_logged(&x.f, "damaged, removed"));
                assert_true(fake_world_exists(&x.f, SECOND ".snapshot"));
                assert_false(fake_world_exists(&x.f, THIRD ".snapshot"));
                /* What is noted anew survives a power cut: nobody syncs that segment again. */
                note(&x, 2, 2, 12, 6);
                fixture_kill(&x);
                fake_world_power_cut(&x.f, "nothing", 1);
                fixture_reopen(&x, 25, 0, false);
                assert_int_equal(aborted_in(&x, 0, 20), 12);
                fixture_deinit(&x);
        }
}

/* --- the observer --- */

struct watcher {
        struct log_observer observer;
        struct partition_log *log;
        enum kerr refuse;
        bool is_duplicate;
        int64_t checked, appended, rolled, cut;
        int64_t end, rolled_at; /* of the log, as the calls say */
        size_t payload_bytes;
};

static enum kerr on_check(struct log_observer *o, const struct append_list *list,
                          enum append_origin origin, struct log_append *result)
{
        struct watcher *w = (struct watcher *)o;
        assert_int_equal(origin, APPEND_CLIENT);
        assert_int_equal(list->batches[0].header.base_offset, result->base_offset);
        w->checked++;
        if (w->is_duplicate) {
                result->is_duplicate = true;
                result->base_offset = result->last_offset = 3;
        }
        return w->refuse;
}

static void on_appended(struct log_observer *o, const struct batch_header *h, struct span payload)
{
        struct watcher *w = (struct watcher *)o;
        assert_true(partition_log_end(w->log) > h->base_offset);
        w->appended++;
        w->end = batch_last_offset(h) + 1;
        w->payload_bytes = payload.size;
}

static enum kerr on_rolled(struct log_observer *o)
{
        struct watcher *w = (struct watcher *)o;
        w->rolled++;
        w->rolled_at = w->end;
        assert_int_equal(partition_log_end(w->log), w->end);
        return KERR_NONE;
}

static enum kerr on_cut(struct log_observer *o)
{
        struct watcher *w = (struct watcher *)o;
        w->cut++;
        w->end = partition_log_end(w->log);
        return KERR_NONE;
}

static void watch(struct log_fixture *x, struct watcher *w)
{
        *w = (struct watcher){.observer = {on_check, on_appended, on_rolled, on_cut, NULL, NULL}};
        w->log = x->log;
        partition_log_observe(x->log, &w->observer);
        assert_ptr_equal(partition_log_observer(x->log), &w->observer);
}

/* Goal: an observer is told of each batch after it is there, of segments and of cuts. Method: count
 * the calls over a life of a log. */
static void observers_are_told(void **state)
{
        (void)state;
        struct log_fixture x;
        struct watcher w;
        int32_t removed;
        fixture_init(&x, small_config());
        watch(&x, &w);
        for (int i = 0; i < 25; i++)
                assert_int_equal(fixture_append(&x, hundred_bytes(i)), KERR_NONE);
        assert_true(w.checked == 25 && w.appended == 25 && w.payload_bytes == 39);
        assert_true(w.rolled == 2 && w.rolled_at == 20 && w.cut == 0);
        partition_log_truncate(x.log, 25);
        assert_int_equal(w.cut, 0);
        partition_log_truncate(x.log, 22);
        assert_true(w.cut == 1 && w.end == 22);
        partition_log_advance_start(x.log, 12);
        partition_log_advance_start(x.log, 12);
        assert_int_equal(w.cut, 2);
        partition_log_retain(x.log, 22, &removed);
        assert_true(removed == 1 && w.cut == 3);
        partition_log_restart_at(x.log, 40);
        assert_true(w.cut == 4 && w.end == 40);
        assert_int_equal(partition_log_close(x.log), KERR_NONE);
        assert_int_equal(w.rolled, 3);
        x.log = NULL;
        fixture_deinit(&x);
}

/* Goal: what the observer refuses, or knows, is not appended. Method: both, then an append. */
static void observers_refuse(void **state)
{
        (void)state;
        struct log_fixture x;
        struct watcher w;
        struct buffer bytes = {0};
        struct log_append done;
        fixture_fill(&x, 5);
        watch(&x, &w);
        append_sample(&bytes, hundred_bytes(1));
        w.refuse = KERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
        assert_int_equal(partition_log_append(x.log, buffer_span(&bytes), 0, APPEND_CLIENT, &done),
                         KERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
        w.refuse = KERR_NONE;
        w.is_duplicate = true;
        assert_int_equal(partition_log_append(x.log, buffer_span(&bytes), 0, APPEND_CLIENT, &done),
                         KERR_NONE);
        assert_true(done.is_duplicate && done.base_offset == 3);
        assert_true(w.appended == 0 && partition_log_end(x.log) == 5);
        w.is_duplicate = false;
        assert_int_equal(partition_log_append(x.log, buffer_span(&bytes), 0, APPEND_CLIENT, &done),
                         KERR_NONE);
        assert_true(!done.is_duplicate && done.base_offset == 5 && w.appended == 1);
        buffer_deinit(&bytes);
        fixture_deinit(&x);
}

/* Goal: a follower's batches are told one by one and not checked. Method: copy a log. */
static void followers_are_told(void **state)
{
        (void)state;
        struct log_fixture x, y;
        struct watcher w;
        struct buffer all = {0};
        struct log_append done;
        fixture_fill(&x, 25);
        fixture_init(&y, small_config());
        watch(&y, &w);
        fixture_read_all(&x, &all);
        assert_int_equal(partition_log_append_as_follower(y.log, buffer_span(&all), &done),
                         KERR_NONE);
        assert_true(w.checked == 0 && w.appended == 25 && w.rolled == 2 && w.end == 25);
        buffer_deinit(&all);
        fixture_deinit(&x);
        fixture_deinit(&y);
}

/* Goal: the broker itself may append control batches. Method: one, as client and as coordinator. */
static void coordinators_append_markers(void **state)
{
        (void)state;
        struct log_fixture x;
        struct buffer bytes = {0};
        struct log_append done;
        struct batch_builder b;
        struct record marker = {.key = span_of("\0\0\0\0", 4), .value = span_of("\0\0\0\0\0\1", 6)};
        fixture_init(&x, small_config());
        batch_builder_init(&b);
        batch_builder_add(&b, &marker, NULL, 0);
        b.header.attributes = BATCH_CONTROL | BATCH_TRANSACTIONAL;
        assert_int_equal(batch_builder_finish(&b, 0, &bytes), KERR_NONE);
        batch_builder_deinit(&b);
        assert_int_equal(bytes.size, 78);
        assert_int_equal(partition_log_append(x.log, buffer_span(&bytes), 0, APPEND_CLIENT, &done),
                         KERR_INVALID_RECORD);
        assert_int_equal(
                partition_log_append(x.log, buffer_span(&bytes), 0, APPEND_COORDINATOR, &done),
                KERR_NONE);
        assert_int_equal(partition_log_end(x.log), 1);
        buffer_deinit(&bytes);
        fixture_deinit(&x);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(overlaps),
                cmocka_unit_test(files_are_kafkas),
                cmocka_unit_test(clean_stop_keeps_it),
                cmocka_unit_test(crash_drops_what_is_folded_anew),
                cmocka_unit_test(truncation_cuts_it),
                cmocka_unit_test(retention_and_restart_take_it),
                cmocka_unit_test(damage_is_dropped),
                cmocka_unit_test(observers_are_told),
                cmocka_unit_test(observers_refuse),
                cmocka_unit_test(followers_are_told),
                cmocka_unit_test(coordinators_append_markers),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
