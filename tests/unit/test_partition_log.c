/* Unit tests of src/log/partition_log.c and log_sync.c: appending, reading, syncing, finding by
 * time. */
#include "base/crc32c.h"
#include "log/compression.h"
#include "log_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- reading --- */

/* Where each batch of a log lies: the reference that reads are compared with. */
struct reference {
        int64_t base_offset, last_offset;
        int64_t segment, position, size; /* the segment's number */
};

struct collected {
        struct reference *items;
        int count, segments;
        struct file *file;
};

static enum kerr collect(void *context, const struct extent *where, const struct batch_header *h)
{
        struct collected *c = context;
        c->segments += where->file != c->file;
        c->file = where->file;
        c->items[c->count++] = (struct reference){h->base_offset, batch_last_offset(h), c->segments,
                                                  where->position, where->length};
        return KERR_NONE;
}

/* What partition_log_read() must answer, computed from the reference alone. */
static struct reference expect_read(const struct collected *c, int64_t offset, int64_t upper_bound,
                                    int32_t size_max, bool at_least_one)
{
        struct reference none = {0};
        int first = 0;
        while (first < c->count && c->items[first].last_offset < offset)
                first++;
        if (first == c->count || c->items[first].base_offset >= upper_bound)
                return none;
        struct reference r = c->items[first];
        int64_t size = 0;
        for (int i = first; i < c->count && c->items[i].segment == r.segment &&
                            c->items[i].base_offset < upper_bound;
             i++)
                size += c->items[i].size;
        if (size > size_max && r.size > size_max)
                size = at_least_one ? r.size : 0;
        else if (size > size_max)
                size = size_max;
        r.size = size;
        return r;
}

/* Goal: every read gives exactly the bytes it should, across many rolls. Method: random batches and
 * codecs; then every offset, with random upper bounds at batch edges and random sizes, against a
 * reference that was collected by walking the files. */
static void reads_match_a_reference(void **state)
{
        (void)state;
        enum { BATCHES = 400 };
        struct log_fixture x;
        struct rng rng;
        rng_init(&rng, 3);
        fixture_init(&x, small_config());
        for (int i = 0; i < BATCHES; i++) {
                struct sample s = {
                        .records = (int32_t)rng_between(&rng, 1, 6),
                        .value_bytes = (size_t)rng_between(&rng, 0, 60),
                        .timestamp = i,
                        .codec = (int)rng_between(&rng, 0, COMPRESSION_CODECS - 1),
                };
                assert_int_equal(fixture_append(&x, s), KERR_NONE);
                while (x.f.sync_count > 0)
                        assert_true(fixture_end_sync(&x, 0, KERR_NONE));
        }
        struct collected c = {.items = calloc(BATCHES, sizeof *c.items)};
        assert_int_equal(partition_log_each_batch(x.log, collect, &c), KERR_NONE);
        assert_int_equal(c.count, BATCHES);
        assert_int_equal(c.segments, partition_log_segments(x.log));
        assert_true(c.segments > 30);

        int64_t end = partition_log_end(x.log);
        for (int64_t offset = 0; offset < end; offset++) {
                for (int n = 0; n < 10; n++) {
                        int64_t edge = rng_between(&rng, 0, BATCHES);
                        int64_t upper = edge == BATCHES ? end : c.items[edge].base_offset;
                        int32_t size_max = (int32_t)rng_between(&rng, -1, 1500);
                        bool at_least_one = rng_chance(&rng, 1, 2);
                        struct extent at;
                        struct reference r = expect_read(&c, offset, upper,
                                                         size_max < 0 ? 0 : size_max, at_least_one);
                        assert_int_equal(partition_log_read(x.log, offset, upper, size_max,
                                                            at_least_one, &at),
                                         KERR_NONE);
                        assert_int_equal(at.length, r.size);
                        assert_int_equal(at.position, r.size ? r.position : 0);
                        assert_true((at.file != NULL) == (r.size > 0));
                }
        }
        free(c.items);
        fixture_deinit(&x);
}

/* Goal: reads outside the log are refused, and at its end there is nothing. Method: both edges. */
static void reads_outside_are_refused(void **state)
{
        (void)state;
        struct log_fixture x;
        struct extent at;
        fixture_init(&x, small_config());
        assert_int_equal(partition_log_read(x.log, 0, 0, 100, true, &at), KERR_NONE);
        assert_null(at.file);
        assert_int_equal(partition_log_read(x.log, 1, 1, 100, true, &at), KERR_OFFSET_OUT_OF_RANGE);
        for (int i = 0; i < 5; i++)
                fixture_append(&x, hundred_bytes(0));
        assert_int_equal(partition_log_advance_start(x.log, 3), KERR_NONE);
        assert_int_equal(partition_log_read(x.log, 2, 5, 100, true, &at), KERR_OFFSET_OUT_OF_RANGE);
        assert_int_equal(partition_log_read(x.log, 3, 5, 1000, true, &at), KERR_NONE);
        assert_int_equal(at.position, 300);
        assert_int_equal(at.length, 200);
        assert_int_equal(partition_log_read(x.log, 5, 5, 1000, true, &at), KERR_NONE);
        assert_int_equal(at.length, 0);
        assert_int_equal(partition_log_read(x.log, 6, 6, 1000, true, &at),
                         KERR_OFFSET_OUT_OF_RANGE);
        fixture_deinit(&x);
}

/* --- appending --- */

/* Changes one batch and gives it its CRC back. */
static void put_crc(struct buffer *batch)
{
        store_be32(batch->data + 17, crc32c(0, batch->data + 21, batch->size - 21));
}

/* Goal: what a client may not send is refused with Kafka's code, and nothing happens. Method: one
 * bad batch for each rule, behind a good one. */
static void bad_batches_are_refused(void **state)
{
        (void)state;
        enum { CRC, CUT, EXTRA, MAGIC, CODEC, CONTROL, EMPTY, COUNT, LARGE, LIST, NOTHING, CASES };
        static const enum kerr expected[CASES] = {
                [CRC] = KERR_CORRUPT_MESSAGE,
                [CUT] = KERR_CORRUPT_MESSAGE,
                [EXTRA] = KERR_CORRUPT_MESSAGE,
                [MAGIC] = KERR_UNSUPPORTED_FOR_MESSAGE_FORMAT,
                [CODEC] = KERR_UNSUPPORTED_COMPRESSION_TYPE,
                [CONTROL] = KERR_INVALID_RECORD,
                [EMPTY] = KERR_INVALID_RECORD,
                [COUNT] = KERR_INVALID_RECORD,
                [LARGE] = KERR_MESSAGE_TOO_LARGE,
                [LIST] = KERR_RECORD_LIST_TOO_LARGE,
                [NOTHING] = KERR_CORRUPT_MESSAGE,
        };
        struct log_config config = small_config();
        config.max_message_bytes = 500;
        struct log_fixture x;
        fixture_init(&x, config);
        for (int i = 0; i < CASES; i++) {
                struct buffer good = {0}, bad = {0};
                append_sample(&good, hundred_bytes(0));
                append_sample(&bad, hundred_bytes(0));
                switch (i) {
                case CRC: bad.data[70] ^= 1; break;
                case CUT: bad.size--; break;
                case EXTRA: buffer_append(&bad, "x", 1); break;
                case MAGIC: bad.data[16] = 1; break;
                case CODEC: bad.data[22] = 5; break;
                case CONTROL: bad.data[22] = 0x30; break;
                case EMPTY: store_be32(bad.data + 57, 0); break;
                case COUNT: store_be32(bad.data + 23, 1); break;
                case LARGE:
                        buffer_clear(&bad);
                        append_sample(&bad, (struct sample){.records = 1, .value_bytes = 500});
                        break;
                case LIST:
                        for (int n = 0; n < 9; n++)
                                append_sample(&bad, hundred_bytes(0));
                        append_sample(&bad, (struct sample){.records = 1, .value_bytes = 40});
                        break;
                case NOTHING:
                        buffer_clear(&good);
                        buffer_clear(&bad);
                        break;
                }
                if (i == CODEC || i == CONTROL || i == EMPTY || i == COUNT)
                        put_crc(&bad);
                buffer_append(&good, bad.data, bad.size);
                struct log_append done;
                assert_int_equal(
                        partition_log_append(x.log, buffer_span(&good), 0, APPEND_CLIENT, &done),
                        expected[i]);
                assert_int_equal(partition_log_end(x.log), 0);
                assert_int_equal(partition_log_size(x.log), 0);
                buffer_deinit(&good);
                buffer_deinit(&bad);
        }
        assert_int_equal(leader_epochs_latest(partition_log_epochs(x.log)), -1);
        assert_false(partition_log_is_offline(x.log));
        fixture_deinit(&x);
}

/* Goal: an append stamps offsets and epoch, keeps the rest to the byte, writes once, and tells what
 * it did. Method: three batches in one append; compare the file with the input. */
static void appends_stamp_and_keep(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_init(&x, small_config());
        fixture_append(&x, hundred_bytes(0));
        struct buffer in = {0}, out = {0};
        for (int i = 0; i < 3; i++)
                append_sample(&in,
                              (struct sample){.records = 2, .value_bytes = 10, .timestamp = i});
        int64_t operations = sim_disk_operations(x.f.disk);
        struct log_append done;
        assert_int_equal(partition_log_append(x.log, buffer_span(&in), 0, APPEND_CLIENT, &done),
                         KERR_NONE);
        assert_int_equal(sim_disk_operations(x.f.disk) - operations, 1);
        assert_int_equal(done.base_offset, 1);
        assert_int_equal(done.last_offset, 6);
        assert_int_equal(done.log_append_time_ms, -1);
        fake_world_read(&x.f, "t-0/00000000000000000000.log", &out);
        for (size_t i = 0; i < 3; i++) {
                uint8_t *a = in.data + i * in.size / 3, *b = out.data + 100 + i * in.size / 3;
                assert_int_equal(load_be64(b), 1 + 2 * i);
                assert_int_equal(load_be32(b + 12), 0);
                assert_memory_equal(a + 8, b + 8, 4);
                assert_memory_equal(a + 16, b + 16, in.size / 3 - 16);
        }
        buffer_deinit(&in);
        buffer_deinit(&out);
        fixture_deinit(&x);
}

/* Goal: with log append time the broker's clock is in header and records, under a right CRC.
 * Method: append with an old timestamp, compressed; read back and find by time. */
static void log_append_time_is_stamped(void **state)
{
        (void)state;
        struct log_config config = small_config();
        config.log_append_time = true;
        struct log_fixture x;
        fixture_init(&x, config);
        struct buffer in = {0}, out = {0};
        append_sample(&in, (struct sample){.records = 3, .timestamp = 5, .codec = 1});
        struct log_append done;
        assert_int_equal(partition_log_append(x.log, buffer_span(&in), 0, APPEND_CLIENT, &done),
                         KERR_NONE);
        assert_int_equal(done.log_append_time_ms, x.f.wall_ms);
        struct batch_header h;
        assert_int_equal(fixture_read(&x, 0, &out), KERR_NONE);
        assert_int_equal(batch_check(buffer_span(&out), &h), KERR_NONE);
        assert_int_equal(h.max_timestamp, x.f.wall_ms);
        assert_true(h.attributes & BATCH_LOG_APPEND_TIME);
        struct log_time_hit hit;
        assert_int_equal(partition_log_find_time(x.log, x.f.wall_ms, &hit), KERR_NONE);
        assert_int_equal(hit.offset, 0);
        assert_int_equal(hit.timestamp, x.f.wall_ms);
        buffer_deinit(&in);
        buffer_deinit(&out);
        fixture_deinit(&x);
}

/* Goal: segments roll by size and by hand, named by their first offset. Method: 25 batches, ten to
 * a segment. */
static void segments_roll_with_the_right_names(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_init(&x, small_config());
        for (int i = 0; i < 25; i++)
                assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_NONE);
        assert_int_equal(partition_log_segments(x.log), 3);
        assert_int_equal(partition_log_size(x.log), 2500);
        assert_true(fake_world_exists(&x.f, "t-0/00000000000000000010.log"));
        assert_true(fake_world_exists(&x.f, "t-0/00000000000000000020.timeindex"));
        /* By hand, and an empty one does not roll. */
        assert_int_equal(partition_log_roll(x.log), KERR_NONE);
        assert_int_equal(partition_log_roll(x.log), KERR_NONE);
        assert_int_equal(partition_log_segments(x.log), 4);
        assert_true(fake_world_exists(&x.f, "t-0/00000000000000000025.index"));
        fixture_deinit(&x);
}

/* Goal: the epoch is in the checkpoint before its batch is in the log. Method: die in every
 * operation of the first append of an epoch; nothing of the disk lost. */
static void epochs_go_before_batches(void **state)
{
        (void)state;
        for (int64_t n = 1; n <= 6; n++) {
                struct log_fixture x;
                fixture_init(&x, small_config());
                assert_int_equal(fixture_append_epoch(&x, hundred_bytes(0), 1), KERR_NONE);
                sim_disk_crash_at(x.f.disk, n);
                fixture_append_epoch(&x, hundred_bytes(0), 2);
                partition_log_abandon(x.log);
                fake_world_kill(&x.f);
                assert_int_equal(fixture_open(&x, 0, 0, true), KERR_NONE);
                int32_t latest = leader_epochs_latest(partition_log_epochs(x.log));
                assert_true(latest == 2 || partition_log_end(x.log) == 1);
                fixture_deinit(&x);
        }
}

/* Goal: a leader's epoch costs no sync when it begins, and is known again whatever is lost.
 * Method: a record in it, or none; then a stop of each kind: the process dies; a flush or a roll,
 * and the power fails; a clean close. */
static void begun_epochs_are_found_again(void **state)
{
        (void)state;
        enum { KILL, FLUSH, ROLL, CLOSE, STOPS };
        for (int stop = 0; stop < 2 * STOPS; stop++) {
                struct log_fixture x;
                bool has_record = stop < STOPS;
                fixture_init(&x, small_config());
                fixture_append_epoch(&x, hundred_bytes(0), 1);
                assert_int_equal(partition_log_flush(x.log), KERR_NONE);
                int64_t syncs = x.f.file_syncs + x.f.directory_syncs;
                assert_int_equal(partition_log_begin_epoch(x.log, 4), KERR_NONE);
                if (has_record)
                        fixture_append_epoch(&x, hundred_bytes(0), 4);
                assert_int_equal(x.f.file_syncs + x.f.directory_syncs, syncs);
                assert_int_equal(partition_log_last_epoch(x.log), 4);
                int64_t end = partition_log_end(x.log), point = end;
                switch (stop % STOPS) {
                case KILL: point = 1; break;
                case FLUSH: assert_int_equal(partition_log_flush(x.log), KERR_NONE); break;
                case ROLL:
                        assert_int_equal(partition_log_roll(x.log), KERR_NONE);
                        if (has_record)
                                assert_true(fixture_end_sync(&x, 0, KERR_NONE));
                        break;
                case CLOSE:
                        assert_int_equal(partition_log_close(x.log), KERR_NONE);
                        x.log = NULL;
                        break;
                }
                if (x.log)
                        assert_int_equal(partition_log_recovery_point(x.log), point);
                partition_log_abandon(x.log);
                if (stop % STOPS == FLUSH || stop % STOPS == ROLL)
                        fake_world_power_cut(&x.f, "nameless", 1);
                else
                        fake_world_kill(&x.f);
                assert_int_equal(fixture_open(&x, point, 0, stop % STOPS == CLOSE), KERR_NONE);
                assert_int_equal(partition_log_end(x.log), end);
                assert_int_equal(partition_log_last_epoch(x.log), has_record ? 4 : 1);
                fixture_deinit(&x);
        }
}

/* --- errors --- */

/* Goal: a short write takes the log offline: appends are refused, reads go on, and a start with
 * recovery gives a log without the half batch. Method: every length of the short write. */
static void a_short_write_takes_it_offline(void **state)
{
        (void)state;
        for (uint64_t bytes = 0; bytes < 100; bytes++) {
                struct log_fixture x;
                fixture_init(&x, small_config());
                fixture_append(&x, hundred_bytes(0));
                sim_disk_fail_append(x.f.disk, 1, KERR_IO, bytes);
                assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_KAFKA_STORAGE_ERROR);
                assert_true(partition_log_is_offline(x.log));
                assert_true(fake_world_logged(&x.f, "t-0: append at offset 1 failed"));
                assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_KAFKA_STORAGE_ERROR);
                assert_int_equal(partition_log_flush(x.log), KERR_KAFKA_STORAGE_ERROR);
                assert_int_equal(partition_log_roll(x.log), KERR_KAFKA_STORAGE_ERROR);
                assert_int_equal(partition_log_end(x.log), 1);
                struct buffer out = {0};
                assert_int_equal(fixture_read(&x, 0, &out), KERR_NONE);
                assert_int_equal(out.size, 100);
                buffer_deinit(&out);
                assert_int_equal(partition_log_close(x.log), KERR_KAFKA_STORAGE_ERROR);
                assert_int_equal(fixture_open(&x, 0, 0, false), KERR_NONE);
                assert_int_equal(partition_log_end(x.log), 1);
                assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_NONE);
                fixture_deinit(&x);
        }
}

/* Goal: the switch append-after-error loses acknowledged batches (KAFKA-10778); without it the same
 * steps lose none. Method: short write, append and flush again, recover. */
static void append_after_error_loses(void **state)
{
        (void)state;
        for (int switched = 0; switched < 2; switched++) {
                struct log_fixture x;
                fixture_init(&x, small_config());
                if (switched)
                        x.f.world.zoo.bits = 1u << ZOO_APPEND_AFTER_ERROR;
                fixture_append(&x, hundred_bytes(0));
                sim_disk_fail_append(x.f.disk, 1, KERR_IO, 50);
                assert_int_equal(fixture_append(&x, hundred_bytes(0)), KERR_KAFKA_STORAGE_ERROR);
                enum kerr err = fixture_append(&x, hundred_bytes(0));
                bool acknowledged = !err && !partition_log_flush(x.log);
                assert_int_equal(acknowledged, switched);
                partition_log_abandon(x.log);
                fake_world_kill(&x.f);
                assert_int_equal(fixture_open(&x, 0, 0, false), KERR_NONE);
                assert_int_equal(partition_log_end(x.log), 1);
                fixture_deinit(&x);
        }
}

/* Goal: failing syncs, rolls and epochs take the log offline too. Method: each in turn. */
static void other_failures_take_it_offline(void **state)
{
        (void)state;
        for (int i = 0; i < 4; i++) {
                struct log_fixture x;
                fixture_init(&x, small_config());
                fixture_append(&x, hundred_bytes(0));
                sim_disk_fail_syncs(x.f.disk, i == 3 ? 0 : 1, false);
                enum kerr err = KERR_NONE;
                switch (i) {
                case 0: err = partition_log_flush(x.log); break;
                case 1: err = fixture_append_epoch(&x, hundred_bytes(0), 7); break;
                case 2: err = partition_log_truncate(x.log, 0); break;
                case 3:
                        partition_log_roll(x.log);
                        assert_true(fixture_end_sync(&x, 0, KERR_IO));
                        err = partition_log_flush(x.log);
                        break;
                }
                assert_int_equal(err, KERR_KAFKA_STORAGE_ERROR);
                assert_true(partition_log_is_offline(x.log));
                assert_int_equal(partition_log_recovery_point(x.log), 0);
                fixture_deinit(&x);
        }
}

/* --- syncing --- */

/* Goal: the recovery point follows background syncs in the order of the segments, whatever the
 * order in which they end. Method: three rolls, syncs ended as 2, 0, 1. */
static void recovery_point_follows_in_order(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_init(&x, small_config());
        for (int i = 0; i < 31; i++)
                fixture_append(&x, hundred_bytes(0));
        assert_int_equal(x.f.sync_count, 3);
        assert_int_equal(partition_log_recovery_point(x.log), 0);
        assert_true(fixture_end_sync(&x, 2, KERR_NONE));
        assert_int_equal(partition_log_recovery_point(x.log), 0);
        assert_true(fixture_end_sync(&x, 0, KERR_NONE));
        assert_int_equal(partition_log_recovery_point(x.log), 10);
        assert_true(fixture_end_sync(&x, 0, KERR_NONE));
        assert_int_equal(partition_log_recovery_point(x.log), 30);
        assert_false(partition_log_on_synced(x.log, 99, KERR_NONE));
        assert_int_equal(partition_log_flush(x.log), KERR_NONE);
        assert_int_equal(partition_log_recovery_point(x.log), 31);
        fixture_deinit(&x);
}

/* Goal: a flush asks for no more syncs than it needs. Method: count them: a batch and its name the
 * first time, the batch alone after that, nothing when nothing waits. */
static void flushes_sync_what_is_needed(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_init(&x, small_config());
        fixture_append(&x, hundred_bytes(0)); /* writes the epochs, too */
        int64_t files = x.f.file_syncs, directories = x.f.directory_syncs;
        assert_int_equal(partition_log_flush(x.log), KERR_NONE);
        assert_int_equal(x.f.file_syncs - files, 1);
        assert_int_equal(x.f.directory_syncs - directories, 1);
        fixture_append(&x, hundred_bytes(0));
        assert_int_equal(partition_log_flush(x.log), KERR_NONE);
        assert_int_equal(partition_log_flush(x.log), KERR_NONE);
        assert_int_equal(x.f.file_syncs - files, 2);
        assert_int_equal(x.f.directory_syncs - directories, 1);
        fixture_deinit(&x);
}

/* Goal: flush.messages and flush.ms say when to flush, in the log and to its owner. Method: both
 * limits, before and at their time. */
static void flushes_are_asked_for(void **state)
{
        (void)state;
        struct log_config config = small_config();
        config.flush_messages = 3;
        config.flush_ms = 500;
        struct log_fixture x;
        fixture_init(&x, config);
        assert_false(partition_log_wants_flush(x.log));
        assert_int_equal(x.shared.flush_due_ms, INT64_MAX);
        fixture_append(&x, hundred_bytes(0));
        assert_false(partition_log_wants_flush(x.log));
        assert_int_equal(x.shared.flush_due_ms, x.f.mono_ms + 500);
        x.f.mono_ms += 499;
        fixture_append(&x, hundred_bytes(0));
        assert_false(partition_log_wants_flush(x.log));
        x.f.mono_ms++;
        assert_true(partition_log_wants_flush(x.log));
        assert_int_equal(partition_log_flush(x.log), KERR_NONE);
        assert_false(partition_log_wants_flush(x.log));
        for (int i = 0; i < 3; i++) {
                assert_false(partition_log_wants_flush(x.log));
                fixture_append(&x, hundred_bytes(0));
        }
        assert_true(partition_log_wants_flush(x.log));
        assert_true(x.shared.flush_due_ms <= x.f.mono_ms);
        partition_log_flush(x.log);
        config.flush_ms = INT64_MAX;
        partition_log_configure(x.log, &config);
        fixture_append(&x, hundred_bytes(0));
        assert_int_equal(partition_log_flush_due_ms(x.log), INT64_MAX);
        fixture_deinit(&x);
}

/* --- finding by time --- */

struct timed {
        int64_t timestamp;
        int32_t epoch;
};

static struct log_time_hit brute_force(const struct timed *records, int64_t start, int64_t end,
                                       int64_t timestamp)
{
        for (int64_t o = start; o < end; o++) {
                if (records[o].timestamp >= timestamp)
                        return (struct log_time_hit){o, records[o].timestamp, records[o].epoch};
        }
        return (struct log_time_hit){-1, -1, -1};
}

static void expect_hit(struct log_time_hit hit, struct log_time_hit expected)
{
        assert_int_equal(hit.offset, expected.offset);
        assert_int_equal(hit.timestamp, expected.timestamp);
        assert_int_equal(hit.leader_epoch, expected.leader_epoch);
}

/* Goal: ListOffsets' question is answered exactly. Method: batches whose timestamps jump back and
 * forth, all codecs, several epochs, many segments, a log start in the midst of a batch; every
 * timestamp against a search of all records. */
static void find_time_matches_brute_force(void **state)
{
        (void)state;
        enum { BATCHES = 150, SPREAD = 400 };
        struct log_fixture x;
        struct rng rng;
        rng_init(&rng, 11);
        fixture_init(&x, small_config());
        struct timed *records = calloc(BATCHES * 6, sizeof *records);
        struct log_time_hit hit;
        assert_int_equal(partition_log_find_time(x.log, 0, &hit), KERR_NONE);
        expect_hit(hit, brute_force(NULL, 0, 0, 0));
        assert_int_equal(partition_log_find_max_time(x.log, &hit), KERR_NONE);
        expect_hit(hit, brute_force(NULL, 0, 0, 0));
        for (int i = 0; i < BATCHES; i++) {
                struct sample s = {
                        .records = (int32_t)rng_between(&rng, 1, 6),
                        .value_bytes = (size_t)rng_between(&rng, 0, 40),
                        .timestamp = i + rng_between(&rng, 0, SPREAD),
                        .step = rng_between(&rng, -5, 5),
                        .codec = (int)rng_between(&rng, 0, COMPRESSION_CODECS - 1),
                };
                s.timestamp += 30; /* no negative ones */
                int64_t offset = partition_log_end(x.log);
                for (int32_t r = 0; r < s.records; r++)
                        records[offset + r] = (struct timed){s.timestamp + r * s.step, i / 40};
                assert_int_equal(fixture_append_epoch(&x, s, i / 40), KERR_NONE);
                while (x.f.sync_count > 0)
                        fixture_end_sync(&x, 0, KERR_NONE);
        }
        int64_t end = partition_log_end(x.log);
        for (int64_t start = 0; start < end; start += 7) {
                assert_int_equal(partition_log_advance_start(x.log, start), KERR_NONE);
                int64_t largest = -1;
                for (int64_t o = start; o < end; o++)
                        largest = records[o].timestamp > largest ? records[o].timestamp : largest;
                for (int64_t t = 0; t <= BATCHES + SPREAD + 60; t += start % 3 + 1) {
                        assert_int_equal(partition_log_find_time(x.log, t, &hit), KERR_NONE);
                        expect_hit(hit, brute_force(records, start, end, t));
                }
                assert_int_equal(partition_log_find_max_time(x.log, &hit), KERR_NONE);
                if (hit.offset >= 0) /* else: see the header */
                        expect_hit(hit, brute_force(records, start, end, largest));
        }
        free(records);
        fixture_deinit(&x);
}

/* Goal: a batch that cannot be unpacked is an error, not a crash. Method: a gzip batch of garbage
 * with a right CRC. */
static void bad_payloads_are_errors(void **state)
{
        (void)state;
        struct log_fixture x;
        fixture_init(&x, small_config());
        struct buffer bytes = {0};
        struct log_append done;
        struct log_time_hit hit;
        append_sample(&bytes, hundred_bytes(50));
        bytes.data[22] = COMPRESSION_GZIP;
        put_crc(&bytes);
        assert_int_equal(partition_log_append(x.log, buffer_span(&bytes), 0, APPEND_CLIENT, &done),
                         KERR_NONE);
        assert_int_equal(partition_log_find_time(x.log, 50, &hit), KERR_CORRUPT_MESSAGE);
        assert_int_equal(partition_log_find_time(x.log, 51, &hit), KERR_NONE);
        buffer_deinit(&bytes);
        fixture_deinit(&x);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_match_a_reference),
                cmocka_unit_test(reads_outside_are_refused),
                cmocka_unit_test(bad_batches_are_refused),
                cmocka_unit_test(appends_stamp_and_keep),
                cmocka_unit_test(log_append_time_is_stamped),
                cmocka_unit_test(segments_roll_with_the_right_names),
                cmocka_unit_test(epochs_go_before_batches),
                cmocka_unit_test(begun_epochs_are_found_again),
                cmocka_unit_test(a_short_write_takes_it_offline),
                cmocka_unit_test(append_after_error_loses),
                cmocka_unit_test(other_failures_take_it_offline),
                cmocka_unit_test(recovery_point_follows_in_order),
                cmocka_unit_test(flushes_sync_what_is_needed),
                cmocka_unit_test(flushes_are_asked_for),
                cmocka_unit_test(find_time_matches_brute_force),
                cmocka_unit_test(bad_payloads_are_errors),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
