/* Unit tests of src/log/compaction.c, cleanable.c, batch_filter.c, offset_map.c and log_swap.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compaction_fixture.h"
#include "log/compression.h"

enum { UPDATES = 1000000 };

static void expect_fold(struct log_fixture *x, struct fold *fold)
{
        assert_true(fold_log(x, fold));
}

/* Goal: a million updates over a thousand keys keep exactly the last values. Method: random keys,
 * in batches of 100, rounds now and then; compare with an array. */
static void a_million_updates_keep_the_last_values(void **state)
{
        (void)state;
        enum { BATCH = 100 };
        struct log_fixture x;
        struct fold fold;
        struct rng rng;
        int32_t last[KEYS_MAX];
        struct log_config config = compact_config();
        config.segment_bytes = 256 << 10;
        config.index_interval_bytes = 4096;
        fixture_init(&x, config);
        rng_init(&rng, 1);
        for (int i = 0; i < KEYS_MAX; i++)
                last[i] = NO_VALUE;
        for (int32_t i = 0; i < UPDATES; i += BATCH) {
                struct update updates[BATCH];
                for (int j = 0; j < BATCH; j++) {
                        updates[j] =
                                (struct update){(int32_t)rng_between(&rng, 0, KEYS_MAX - 1), i + j};
                        last[updates[j].key] = i + j;
                }
                append_updates(&x, updates, BATCH, (struct batch_kind){.codec = i / BATCH % 5});
                if (i % (UPDATES / 4) == 0)
                        clean_all(&x);
        }
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_memory_equal(fold.values, last, sizeof last);
        assert_int_equal(fold.records, KEYS_MAX);
        assert_int_equal(fold.last_offset, UPDATES - 1);
        fixture_deinit(&x);
}

static void clean_from_the_start(struct log_fixture *x)
{
        assert_int_equal(partition_log_flush(x->log), KERR_NONE);
        assert_int_equal(partition_log_close(x->log), KERR_NONE);
        fixture_reopen(x, 60, 0, true);
        assert_int_equal(partition_log_cleaned_end(x->log), 0);
        assert_int_equal(clean_below(x, 60, 1 << 20), COMPACTION_DONE);
}

/* Goal: cleaning what is clean changes nothing. Method: clean until small segments have come
 * together; compare bytes with those of one more round. */
static void a_second_round_changes_nothing(void **state)
{
        (void)state;
        struct log_fixture x;
        struct buffer once = {0}, twice = {0};
        fixture_init(&x, compact_config());
        for (int i = 0; i < 60; i++)
                put(&x, i % 13, i);
        clean_all(&x);
        assert_int_equal(partition_log_cleaned_end(x.log), 60);
        assert_int_equal(clean_below(&x, 60, 1 << 20), COMPACTION_GAVE_UP); /* nothing is dirty */
        clean_from_the_start(&x);
        fixture_read_all(&x, &once);
        clean_from_the_start(&x);
        fixture_read_all(&x, &twice);
        assert_int_equal(once.size, twice.size);
        expect_same_bytes(&once, &twice, once.size);
        buffer_deinit(&once);
        buffer_deinit(&twice);
        fixture_deinit(&x);
}

/* Goal: offsets, batch headers and the bases of segments stay; small segments come together.
 * Method: batches of three records, of which one stays in each fifth. */
static void offsets_and_headers_stay(void **state)
{
        (void)state;
        struct log_fixture x;
        struct extent at;
        struct batch_header h;
        struct fold fold;
        fixture_init(&x, compact_config());
        for (int i = 0; i < 30; i++) {
                struct update updates[3] = {{1, i}, {i % 5 ? 3 : 100 + i, i}, {2, i}};
                append_updates(&x, updates, 3,
                               (struct batch_kind){
                                       .producer_id = 7, .sequence = 3 * i, .timestamp = 50 * i});
        }
        clean_all(&x);
        int32_t segments = partition_log_segments(x.log);
        put(&x, 3, 3);
        clean_all(&x);
        assert_true(partition_log_segments(x.log) < segments);
        assert_true(fake_world_exists(&x.f, FIRST ".log"));
        assert_false(fake_world_exists(&x.f, FIRST ".log.swap"));
        assert_false(fake_world_exists(&x.f, FIRST ".index.cleaned"));
        assert_int_equal(partition_log_read(x.log, 15, 91, 1, true, &at), KERR_NONE);
        uint8_t bytes[BATCH_HEADER_BYTES];
        assert_int_equal(world_read_exactly(&x.f.world, at.file, at.position, bytes, sizeof bytes),
                         KERR_NONE);
        assert_int_equal(batch_read_header(span_of(bytes, sizeof bytes), &h), KERR_NONE);
        assert_true(h.base_offset == 15 && h.last_offset_delta == 2 && h.records_count == 1);
        assert_true(h.producer_id == 7 && h.base_sequence == 15 && h.producer_epoch == 0);
        assert_true(h.base_timestamp == 250 && h.max_timestamp == 251);
        expect_fold(&x, &fold);
        assert_true(fold.records == 9 && fold.values[1] == 29 && fold.values[115] == 15);
        /* A merged segment is one, for a start too. */
        partition_log_flush(x.log);
        partition_log_close(x.log);
        fixture_reopen(&x, 0, 0, false);
        expect_fold(&x, &fold);
        assert_true(fold.records == 9 && fold.last_offset == 90);
        fixture_deinit(&x);
}

/* Goal: a tombstone goes delete.retention.ms after it was first cleaned, and not before. Method:
 * clean at several times. */
static void tombstones_have_a_horizon(void **state)
{
        (void)state;
        struct log_fixture x;
        struct fold fold;
        fixture_init(&x, compact_config());
        x.f.wall_ms = 5000;
        put(&x, 1, 10);
        put(&x, 2, 20);
        put(&x, 1, TOMBSTONE);
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_true(fold.records == 2 && fold.tombstones == 1 && fold.horizons == 1);
        x.f.wall_ms = 5999;
        put(&x, 3, 30);
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_true(fold.records == 3 && fold.tombstones == 1 && fold.horizons == 1);
        x.f.wall_ms = 6000;
        put(&x, 4, 40);
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_true(fold.records == 3 && fold.tombstones == 0 && fold.horizons == 0);
        assert_int_equal(fold.values[1], NO_VALUE);
        assert_int_equal(fold.values[2], 20);
        fixture_deinit(&x);
}

/* Goal: a horizon does not change the records' timestamps. Method: look for them by time. */
static void horizons_keep_timestamps(void **state)
{
        (void)state;
        struct log_fixture x;
        struct log_time_hit hit;
        struct update updates[3] = {{1, 10}, {2, TOMBSTONE}, {3, 30}};
        fixture_init(&x, compact_config());
        append_updates(&x, updates, 3, (struct batch_kind){.timestamp = 700});
        put(&x, 3, 31);
        clean_all(&x);
        for (int i = 0; i < 2; i++) {
                assert_int_equal(partition_log_find_time(x.log, 700 + i, &hit), KERR_NONE);
                assert_true(hit.offset == i && hit.timestamp == 700 + i);
        }
        assert_int_equal(partition_log_find_time(x.log, 702, &hit), KERR_NONE);
        assert_int_equal(hit.offset, -1); /* the one that had it is gone */
        fixture_deinit(&x);
}

static int64_t transact(struct log_fixture *x, int64_t producer_id, struct update update)
{
        return append_updates(
                x, &update, 1,
                (struct batch_kind){.producer_id = producer_id, .attributes = BATCH_TRANSACTIONAL});
}

/* Goal: aborted data goes at once and never hides what is committed; markers stay until their data
 * is gone, and then for a while. Method: one transaction of each kind, cleaned at several times. */
static void transactions_are_respected(void **state)
{
        (void)state;
        struct log_fixture x;
        struct fold fold;
        fixture_init(&x, compact_config());
        x.f.wall_ms = 5000;
        put(&x, 1, 10);
        int64_t aborted = transact(&x, 5, (struct update){1, 666});
        transact(&x, 6, (struct update){2, 20});
        end_txn(&x, 5, aborted, false);
        end_txn(&x, 6, -1, true);
        put(&x, 9, 90);
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_true(fold.values[1] == 10 && fold.values[2] == 20 && fold.values[9] == 90);
        assert_true(fold.records == 3 && fold.markers == 2 && fold.horizons == 0);
        /* Now the aborted one has no data. The committed one has, and then it has not. */
        put(&x, 2, 21);
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_true(fold.markers == 2 && fold.horizons == 1 && fold.records == 3);
        x.f.wall_ms = 6000;
        put(&x, 3, 30);
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_true(fold.markers == 1 && fold.horizons == 1);
        x.f.wall_ms = 7000;
        put(&x, 4, 40);
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_true(fold.markers == 0 && fold.horizons == 0 && fold.records == 5);
        assert_true(fold.values[1] == 10 && fold.values[2] == 21);
        fixture_deinit(&x);
}

/* Goal: aborted data that lies segments away from its marker goes too, and the index follows.
 * Method: a transaction over several segments. */
static void long_transactions(void **state)
{
        (void)state;
        struct log_fixture x;
        struct fold fold;
        fixture_init(&x, compact_config());
        int64_t first = transact(&x, 5, (struct update){1, 600});
        for (int i = 0; i < 40; i++) {
                put(&x, 2 + i % 5, i);
                if (i % 10 == 9)
                        transact(&x, 5, (struct update){1, 600 + i});
        }
        end_txn(&x, 5, first, false);
        assert_true(partition_log_segments(x.log) > 3);
        assert_true(batch_is_aborted(
                &x, &(struct batch_header){.attributes = BATCH_TRANSACTIONAL, .producer_id = 5}));
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_true(fold.records == 5 && fold.values[1] == NO_VALUE && fold.markers == 1);
        /* Nothing of it is left to be skipped. */
        assert_false(batch_is_aborted(
                &x, &(struct batch_header){.attributes = BATCH_TRANSACTIONAL, .producer_id = 5}));
        fixture_deinit(&x);
}

/* Goal: a record without a key is refused from clients, and dropped where there is one. Method:
 * both, with a control batch of the broker's own. */
static void records_need_keys(void **state)
{
        (void)state;
        static const int codecs[] = {COMPRESSION_NONE, COMPRESSION_ZSTD};
        struct log_fixture x;
        struct fold fold;
        struct log_append done;
        fixture_init(&x, compact_config());
        for (int i = 0; i < 2; i++) {
                struct buffer bytes = {0};
                struct update updates[2] = {{1, 1}, {NO_KEY, 2}};
                build_updates(&bytes, updates, 2, (struct batch_kind){.codec = codecs[i]});
                assert_int_equal(
                        partition_log_append(x.log, buffer_span(&bytes), 0, APPEND_CLIENT, &done),
                        KERR_INVALID_RECORD);
                buffer_clear(&bytes);
                build_updates(&bytes, updates, 1, (struct batch_kind){.codec = codecs[i]});
                assert_int_equal(
                        partition_log_append(x.log, buffer_span(&bytes), 0, APPEND_CLIENT, &done),
                        KERR_NONE);
                buffer_deinit(&bytes);
        }
        put(&x, NO_KEY, 5);
        put(&x, 7, 5);
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_true(fold.records == 2 && fold.keyless == 0);
        assert_true(fake_world_logged(&x.f, "1 records without a key dropped"));
        fixture_deinit(&x);
}

/* Goal: a batch is compressed again as its producer did. Method: each codec; half of it goes. */
static void codecs_are_kept(void **state)
{
        (void)state;
        struct log_fixture x;
        struct fold fold;
        fixture_init(&x, compact_config());
        for (int codec = 0; codec < COMPRESSION_CODECS; codec++) {
                struct update updates[4];
                for (int i = 0; i < 4; i++)
                        updates[i] = (struct update){i < 2 ? i : 10 * codec + i, codec};
                append_updates(&x, updates, 4, (struct batch_kind){.codec = codec});
        }
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_int_equal(fold.records, 2 * COMPRESSION_CODECS + 2);
        for (int codec = 0; codec < COMPRESSION_CODECS; codec++) {
                struct extent at;
                uint8_t bytes[BATCH_HEADER_BYTES];
                struct batch_header h;
                assert_int_equal(partition_log_read(x.log, 4 * codec, 20, 1, true, &at), KERR_NONE);
                assert_int_equal(
                        world_read_exactly(&x.f.world, at.file, at.position, bytes, sizeof bytes),
                        KERR_NONE);
                batch_read_header(span_of(bytes, sizeof bytes), &h);
                assert_int_equal(h.attributes & BATCH_CODEC_MASK, codec);
        }
        assert_int_equal(fold.values[1], COMPRESSION_ZSTD);
        fixture_deinit(&x);
}

/* Goal: reading at an offset that is gone gives what follows. Method: every offset of a log of
 * which one batch in ten is left, before and after a start. */
static void gaps_are_read_over(void **state)
{
        (void)state;
        struct log_fixture x;
        struct log_config config = compact_config();
        config.segment_bytes = 2000;
        fixture_init(&x, config);
        for (int i = 0; i < 100; i++)
                put(&x, i % 10 ? 1 : 10 + i, i);
        put(&x, 1, 100);
        clean_all(&x);
        for (int opened = 0; opened < 2; opened++) {
                for (int64_t offset = 0; offset <= 100; offset++) {
                        struct extent at;
                        struct batch_header h;
                        uint8_t bytes[BATCH_HEADER_BYTES];
                        assert_int_equal(partition_log_read(x.log, offset, 101, 1, true, &at),
                                         KERR_NONE);
                        assert_non_null(at.file);
                        assert_int_equal(world_read_exactly(&x.f.world, at.file, at.position, bytes,
                                                            sizeof bytes),
                                         KERR_NONE);
                        batch_read_header(span_of(bytes, sizeof bytes), &h);
                        assert_true(batch_last_offset(&h) >= offset);
                        assert_true(h.base_offset <= (offset + 9) / 10 * 10);
                }
                partition_log_flush(x.log);
                partition_log_close(x.log);
                fixture_reopen(&x, 101, 0, true);
        }
        fixture_deinit(&x);
}

/* Goal: a follower that fetches a compacted log stands where the leader's goes on. Method: copy,
 * though the last records of the log are gone. */
static void followers_fetch_compacted_logs(void **state)
{
        (void)state;
        struct log_fixture x, y;
        struct buffer all = {0};
        struct log_append done;
        struct fold a, b;
        fixture_init(&x, compact_config());
        fixture_init(&y, compact_config());
        for (int i = 0; i < 50; i++)
                put(&x, i % 3, i);
        put(&x, 7, 1);
        put(&x, 7, TOMBSTONE);
        clean_all(&x);
        x.f.wall_ms += 5000;
        partition_log_configure(x.log, &x.config);
        partition_log_flush(x.log);
        partition_log_close(x.log);
        fixture_reopen(&x, 52, 0, true);
        clean_all(&x);
        expect_fold(&x, &a);
        assert_true(a.records == 3 && a.empty_batches == 1 && a.last_offset == 51);
        fixture_read_all(&x, &all);
        assert_int_equal(partition_log_append_as_follower(y.log, buffer_span(&all), &done),
                         KERR_NONE);
        assert_int_equal(partition_log_end(y.log), 52);
        expect_fold(&y, &b);
        assert_true(same_values(&a, &b));
        buffer_deinit(&all);
        fixture_deinit(&x);
        fixture_deinit(&y);
}

/* Goal: nothing above the bound is touched or used. Method: an update above it, in a segment of its
 * own; with zoo: cleans-past-hw the update below is lost. */
static void the_bound_is_kept(void **state)
{
        (void)state;
        for (int bug = 0; bug < 2; bug++) {
                struct log_fixture x;
                struct fold fold;
                fixture_init(&x, compact_config());
                put(&x, 1, 10);
                partition_log_roll(x.log);
                put(&x, 1, 11); /* not committed */
                partition_log_roll(x.log);
                x.f.world.zoo.bits = bug ? 1ULL << ZOO_CLEANS_PAST_HW : 0;
                assert_int_equal(clean_below(&x, 1, 1 << 20), COMPACTION_DONE);
                assert_int_equal(partition_log_truncate(x.log, 1), KERR_NONE);
                expect_fold(&x, &fold);
                assert_int_equal(fold.values[1], bug ? NO_VALUE : 10);
                fixture_deinit(&x);
        }
}

/* Goal: a map that is too small takes more rounds and ends the same. Method: room for a few keys;
 * the cleaned end rises with each round. */
static void small_maps_take_rounds(void **state)
{
        (void)state;
        struct log_fixture x;
        struct fold fold;
        int rounds = 0;
        fixture_init(&x, compact_config());
        for (int i = 0; i < 100; i++)
                put(&x, i % 50, i);
        partition_log_roll(x.log);
        while (partition_log_cleaned_end(x.log) < 100) {
                int64_t before = partition_log_cleaned_end(x.log);
                assert_int_equal(clean_below(&x, 100, 1000), COMPACTION_DONE);
                assert_true(partition_log_cleaned_end(x.log) > before);
                rounds++;
        }
        assert_true(rounds > 5);
        expect_fold(&x, &fold);
        assert_int_equal(fold.records, 50);
        for (int i = 0; i < 50; i++)
                assert_int_equal(fold.values[i], 50 + i);
        fixture_deinit(&x);
}

static bool keep_all(void *context, const struct batch_header *h, const struct record *r)
{
        (void)context, (void)h, (void)r;
        return true;
}

/* Goal: a tombstone that is past its horizon, but behind what a small map knows, stays: else the
 * value that it removed would be the last one. Method: a follower has fetched it so; a map of one
 * batch. */
static void tombstones_behind_the_map_stay(void **state)
{
        (void)state;
        struct log_fixture x;
        struct fold fold;
        struct log_append done;
        struct batch_header h;
        struct buffer bytes = {0}, cleaned = {0};
        /* The leader has cleaned the tombstone long ago. */
        struct batch_filter filter = {.keeps = keep_all, .horizon_ms = 1};
        fixture_init(&x, compact_config());
        put(&x, 1, 10);
        put(&x, 1, 11);
        build_updates(&bytes, &(struct update){1, TOMBSTONE}, 1, (struct batch_kind){0});
        store_be64(bytes.data, 2);
        batch_read_header(buffer_span(&bytes), &h);
        h.leader_epoch = 0;
        assert_int_equal(batch_filter(buffer_span(&bytes), &h, &filter, &cleaned), KERR_NONE);
        assert_int_equal(partition_log_append_as_follower(x.log, buffer_span(&cleaned), &done),
                         KERR_NONE);
        assert_int_equal(partition_log_roll(x.log), KERR_NONE);
        assert_int_equal(clean_below(&x, 3, 1), COMPACTION_DONE);
        assert_int_equal(partition_log_cleaned_end(x.log), 1);
        expect_fold(&x, &fold);
        assert_int_equal(fold.values[1], NO_VALUE);
        assert_int_equal(fold.records, 3);
        buffer_deinit(&bytes);
        buffer_deinit(&cleaned);
        fixture_deinit(&x);
}

/* Goal: a change of the log makes a round give up, and nothing of it stays. Method: each change in
 * the midst of a round. */
static void changes_end_a_round(void **state)
{
        (void)state;
        for (int change = 0; change < 5; change++) {
                struct log_fixture x;
                struct fold before, after;
                int32_t removed;
                fixture_init(&x, compact_config());
                for (int i = 0; i < 60; i++)
                        put(&x, i % 9, i);
                clean_all(&x); /* into small segments, of which several make a group */
                put(&x, 1, 60);
                partition_log_roll(x.log);
                put(&x, 1, 61);
                partition_log_flush(x.log);
                expect_fold(&x, &before);
                struct compaction *c = compaction_begin(x.log, 61, 1 << 20);
                while (!fake_world_exists(&x.f, FIRST ".log.cleaned"))
                        assert_int_equal(compaction_step(c), COMPACTION_GOES_ON);
                if (change == 0)
                        partition_log_truncate(x.log, 61);
                else if (change == 1)
                        partition_log_configure(x.log, &x.config);
                else if (change == 2)
                        partition_log_advance_start(x.log, 12);
                else if (change == 3)
                        partition_log_restart_at(x.log, 100);
                else if (partition_log_advance_start(x.log, 30) == KERR_NONE)
                        partition_log_retain(x.log, 61, &removed);
                assert_int_equal(compaction_step(c), COMPACTION_GAVE_UP);
                compaction_free(c);
                assert_false(fake_world_exists(&x.f, FIRST ".log.cleaned"));
                assert_false(fake_world_exists(&x.f, FIRST ".index.cleaned"));
                expect_fold(&x, &after);
                assert_true(change != 1 || same_values(&before, &after));
                fixture_deinit(&x);
        }
}

/* Goal: appends and rolls go on during a round. Method: both between steps. */
static void appends_go_on(void **state)
{
        (void)state;
        struct log_fixture x;
        struct fold fold;
        fixture_init(&x, compact_config());
        for (int i = 0; i < 60; i++)
                put(&x, i % 9, i);
        partition_log_flush(x.log);
        struct compaction *c = compaction_begin(x.log, 60, 1 << 20);
        int32_t value = 100;
        do {
                put(&x, 1, value++);
                partition_log_roll(x.log);
        } while (compaction_step(c) == COMPACTION_GOES_ON);
        compaction_free(c);
        expect_fold(&x, &fold);
        assert_int_equal(fold.values[1], value - 1);
        assert_int_equal(fold.values[2], 56);
        fixture_deinit(&x);
}

/* Goal: damage in a log stops its compaction and is not tried again. Method: flip a byte. */
static void damage_ends_it(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_init(&x, compact_config());
        for (int i = 0; i < 30; i++)
                put(&x, i % 9, i);
        partition_log_flush(x.log);
        partition_log_close(x.log);
        x.log = NULL;
        fixture_flip_byte(&x, FIRST ".log", 100);
        fixture_reopen(&x, 30, 0, true);
        assert_true(cleanable_look(x.log, 30).is_due);
        assert_int_equal(clean_below(&x, 30, 1 << 20), COMPACTION_GAVE_UP);
        assert_false(cleanable_look(x.log, 30).is_due);
        assert_false(partition_log_is_offline(x.log));
        fixture_deinit(&x);
}

/* An observer that knows the last batch of producer 7. */
static bool is_last_of_seven(const struct log_observer *o, const struct batch_header *h)
{
        (void)o;
        return h->producer_id == 7 && h->base_offset == 1;
}

static void ignore_batch(struct log_observer *o, const struct batch_header *h, struct span payload)
{
        (void)o, (void)h, (void)payload;
}

static enum kerr take_all(struct log_observer *o, const struct append_list *list,
                          enum append_origin origin, struct log_append *result)
{
        (void)o, (void)list, (void)origin, (void)result;
        return KERR_NONE;
}

static enum kerr do_nothing(struct log_observer *o)
{
        (void)o;
        return KERR_NONE;
}

/* Goal: the last sequence of a producer survives (KAFKA-5490). Method: its only record is
 * overwritten by somebody else. */
static void last_sequences_survive(void **state)
{
        (void)state;
        struct log_observer observer = {take_all,   ignore_batch, do_nothing,
                                        do_nothing, NULL,         is_last_of_seven};
        struct log_fixture x;
        struct fold fold;
        struct extent at;
        struct batch_header h;
        uint8_t bytes[BATCH_HEADER_BYTES];
        fixture_init(&x, compact_config());
        partition_log_observe(x.log, &observer);
        put(&x, 2, 1);
        append_updates(&x, &(struct update){1, 1}, 1,
                       (struct batch_kind){.producer_id = 7, .sequence = 41, .timestamp = 99});
        put(&x, 1, 2);
        clean_all(&x);
        expect_fold(&x, &fold);
        assert_true(fold.records == 2 && fold.empty_batches == 1 && fold.values[1] == 2);
        assert_int_equal(partition_log_read(x.log, 1, 3, 1, true, &at), KERR_NONE);
        world_read_exactly(&x.f.world, at.file, at.position, bytes, sizeof bytes);
        batch_read_header(span_of(bytes, sizeof bytes), &h);
        assert_true(h.base_offset == 1 && h.records_count == 0 && h.base_sequence == 41);
        assert_true(h.producer_id == 7 && h.max_timestamp == 99);
        fixture_deinit(&x);
}

/* Goal: a reader keeps the bytes it was given. Method: hold an extent's file over a round. */
static void extents_outlive_a_round(void **state)
{
        (void)state;
        struct log_fixture x;
        struct extent at;
        struct batch_header h;
        uint8_t bytes[BATCH_HEADER_BYTES];
        fixture_init(&x, compact_config());
        for (int i = 0; i < 30; i++)
                put(&x, 1, i);
        assert_int_equal(partition_log_read(x.log, 3, 30, 100, true, &at), KERR_NONE);
        x.f.world.retain(&x.f.world, at.file);
        clean_all(&x);
        assert_int_equal(world_read_exactly(&x.f.world, at.file, at.position, bytes, sizeof bytes),
                         KERR_NONE);
        batch_read_header(span_of(bytes, sizeof bytes), &h);
        assert_int_equal(h.base_offset, 3);
        x.f.world.close(&x.f.world, at.file);
        fixture_deinit(&x);
}

/* Goal: no room for the cleaned file is no harm. Method: a full disk, then room again. */
static void full_disks_are_no_harm(void **state)
{
        (void)state;
        struct log_fixture x;
        struct fold before, after;
        fixture_init(&x, compact_config());
        for (int i = 0; i < 60; i++)
                put(&x, i % 30, i);
        partition_log_roll(x.log);
        expect_fold(&x, &before);
        while (x.f.sync_count > 0)
                fixture_end_sync(&x, 0, KERR_NONE);
        sim_disk_set_capacity(x.f.disk, partition_log_size(x.log) + 200);
        assert_int_equal(clean_below(&x, 60, 1 << 20), COMPACTION_GAVE_UP);
        assert_false(partition_log_is_offline(x.log));
        assert_false(fake_world_exists(&x.f, FIRST ".log.cleaned"));
        sim_disk_set_capacity(x.f.disk, INT64_MAX);
        assert_int_equal(clean_below(&x, 60, 1 << 20), COMPACTION_DONE);
        expect_fold(&x, &after);
        assert_true(same_values(&before, &after) && after.records == 30);
        fixture_deinit(&x);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_million_updates_keep_the_last_values),
                cmocka_unit_test(a_second_round_changes_nothing),
                cmocka_unit_test(offsets_and_headers_stay),
                cmocka_unit_test(tombstones_have_a_horizon),
                cmocka_unit_test(horizons_keep_timestamps),
                cmocka_unit_test(transactions_are_respected),
                cmocka_unit_test(long_transactions),
                cmocka_unit_test(records_need_keys),
                cmocka_unit_test(codecs_are_kept),
                cmocka_unit_test(gaps_are_read_over),
                cmocka_unit_test(followers_fetch_compacted_logs),
                cmocka_unit_test(the_bound_is_kept),
                cmocka_unit_test(small_maps_take_rounds),
                cmocka_unit_test(tombstones_behind_the_map_stay),
                cmocka_unit_test(changes_end_a_round),
                cmocka_unit_test(appends_go_on),
                cmocka_unit_test(damage_ends_it),
                cmocka_unit_test(last_sequences_survive),
                cmocka_unit_test(extents_outlive_a_round),
                cmocka_unit_test(full_disks_are_no_harm),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
