/* Tests of src/cluster/snapshot.c and metadata_log.c: what is in the files, what a power cut leaves
 * of them, which ones are kept. */
#include "cluster/snapshot.h"
#include "fake_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILE_NAME "/00000000000000000123-0000000004.checkpoint"

static const struct fetch_snapshot_id id = {123, 4};

/* A snapshot of so many records, numbered from 0. */
static void emit(void *count, void (*put)(void *to, const struct metadata_record *record), void *to)
{
        for (int64_t i = 0; i < *(int64_t *)count; i++)
                put(to, &(struct metadata_record){.type = METADATA_PRODUCER_IDS,
                                                  .producer_ids.next_producer_id = i});
}

/* Counts, and checks the numbers. */
static enum kerr take(void *count, const struct metadata_record *record)
{
        int64_t *next = count;
        if (record->type != METADATA_PRODUCER_IDS || record->producer_ids.next_producer_id != *next)
                return KERR_INVALID_RECORD;
        ++*next;
        return KERR_NONE;
}

static void write_snapshot(struct fake_world *f, struct fetch_snapshot_id of, int64_t records)
{
        assert_int_equal(snapshot_write(&f->world, "", of, emit, &records), KERR_NONE);
}

static enum kerr read_snapshot(struct fake_world *f, int64_t *records)
{
        *records = 0;
        return snapshot_read(&f->world, "", id, take, records);
}

/* The next batch of the file, and of its first record the key. */
static struct batch_header next_batch(struct span *bytes, struct span *key)
{
        struct batch_header h;
        struct record_iterator it;
        struct record record;
        bool more;
        assert_int_equal(batch_check(*bytes, &h), KERR_NONE);
        size_t size = (size_t)batch_size(&h);
        record_iterator_init(&it, &h,
                             span_of(bytes->data + BATCH_HEADER_BYTES, size - BATCH_HEADER_BYTES));
        assert_int_equal(record_next(&it, &record, &more), KERR_NONE);
        *key = record.key;
        *bytes = span_of(bytes->data + size, bytes->size - size);
        return h;
}

/* Goal:   a snapshot is a header, the records in batches of bounded size, and a footer, with
 * offsets that count from 0 and the snapshot's epoch; what is read is what was written. Method:
 * enough records for several batches; walk the file. */
static void format(void **state)
{
        (void)state;
        static const uint8_t header_key[] = {0, 0, 0, 3}, footer_key[] = {0, 0, 0, 4};
        struct fake_world f;
        struct buffer file = {0};
        fake_world_init(&f);
        write_snapshot(&f, id, 10000);
        fake_world_read(&f, FILE_NAME, &file);
        struct span left = buffer_span(&file), key;
        struct batch_header h = next_batch(&left, &key);
        assert_int_equal(h.attributes, BATCH_CONTROL);
        assert_memory_equal(key.data, header_key, key.size);
        int64_t offset = 1, batches = 0;
        for (h = next_batch(&left, &key); left.size > 0; h = next_batch(&left, &key)) {
                assert_int_equal(h.attributes, 0);
                assert_int_equal(h.base_offset, offset);
                assert_int_equal(h.leader_epoch, 4);
                assert_true(batch_size(&h) < 70000);
                offset += h.records_count;
                batches++;
        }
        assert_int_equal(h.attributes, BATCH_CONTROL);
        assert_memory_equal(key.data, footer_key, key.size);
        assert_int_equal(h.base_offset, 10001);
        assert_true(batches > 3);
        int64_t records;
        assert_int_equal(read_snapshot(&f, &records), KERR_NONE);
        assert_int_equal(records, 10000);
        buffer_deinit(&file);
        fake_world_deinit(&f);
}

/* Goal: a file that is damaged or ends too early is refused, and so is what the reader refuses. */
static void damage(void **state)
{
        (void)state;
        struct fake_world f;
        struct buffer file = {0};
        int64_t records;
        fake_world_init(&f);
        assert_int_equal(read_snapshot(&f, &records), KERR_NOT_FOUND);
        write_snapshot(&f, id, 10);
        fake_world_read(&f, FILE_NAME, &file);
        fake_world_write(&f, FILE_NAME, span_of(file.data, file.size - 1));
        assert_int_equal(read_snapshot(&f, &records), KERR_CORRUPT_MESSAGE);
        fake_world_write(&f, FILE_NAME, span_of(file.data, 0));
        assert_int_equal(read_snapshot(&f, &records), KERR_CORRUPT_MESSAGE);
        file.data[file.size / 2] ^= 1;
        fake_world_write(&f, FILE_NAME, buffer_span(&file));
        assert_int_equal(read_snapshot(&f, &records), KERR_CORRUPT_MESSAGE);
        write_snapshot(&f, id, 10);
        records = 5;
        assert_int_equal(snapshot_read(&f.world, "", id, take, &records), KERR_INVALID_RECORD);
        buffer_deinit(&file);
        fake_world_deinit(&f);
}

/* Goal:   a power cut at any moment leaves no snapshot or a whole one.
 * Method: crash inside each operation of the disk in turn. */
static void power_cuts(void **state)
{
        (void)state;
        int64_t found = 0;
        for (int64_t n = 1; n <= 12; n++) {
                struct fake_world f;
                struct snapshots kept;
                int64_t records = 5000;
                fake_world_init(&f);
                sim_disk_crash_at(f.disk, n);
                snapshot_write(&f.world, "", id, emit, &records);
                fake_world_power_cut(&f, "any", (uint64_t)n);
                assert_int_equal(snapshot_tidy(&f.world, "", &kept), KERR_NONE);
                if (kept.newest.end_offset >= 0) {
                        assert_int_equal(read_snapshot(&f, &records), KERR_NONE);
                        assert_int_equal(records, 5000);
                        found++;
                }
                fake_world_deinit(&f);
        }
        assert_true(found > 0 && found < 12);
}

/* Goal: the two newest are kept; older and unfinished ones go, files of other kinds stay. */
static void tidy(void **state)
{
        (void)state;
        struct fake_world f;
        struct snapshots kept;
        fake_world_init(&f);
        assert_int_equal(snapshot_tidy(&f.world, "", &kept), KERR_NONE);
        assert_int_equal(kept.newest.end_offset, -1);
        write_snapshot(&f, (struct fetch_snapshot_id){9, 1}, 1);
        assert_int_equal(snapshot_tidy(&f.world, "", &kept), KERR_NONE);
        assert_int_equal(kept.newest.end_offset, 9);
        assert_int_equal(kept.older.end_offset, -1);
        write_snapshot(&f, (struct fetch_snapshot_id){20, 1}, 1);
        write_snapshot(&f, (struct fetch_snapshot_id){20, 3}, 1);
        write_snapshot(&f, id, 1);
        fake_world_write(&f, "/00000000000000000124-0000000004.checkpoint.part", span_of("x", 1));
        fake_world_write(&f, "/leader-epoch-checkpoint", span_of("x", 1));
        fake_world_write(&f, "/00000000000000000000.log", span_of("x", 1));
        assert_int_equal(snapshot_tidy(&f.world, "", &kept), KERR_NONE);
        assert_int_equal(kept.newest.end_offset, 123);
        assert_int_equal(kept.newest.epoch, 4);
        assert_int_equal(kept.older.end_offset, 20);
        assert_int_equal(kept.older.epoch, 3);
        struct buffer names = {0};
        assert_int_equal(f.world.list(&f.world, "", &names), KERR_NONE);
        static const char expected[] = "00000000000000000000.log\0"
                                       "00000000000000000020-0000000003.checkpoint\0"
                                       "00000000000000000123-0000000004.checkpoint\0"
                                       "leader-epoch-checkpoint";
        assert_int_equal(names.size, sizeof expected);
        assert_memory_equal(names.data, expected, sizeof expected);
        buffer_deinit(&names);
        fake_world_deinit(&f);
}

/* Goal: a LeaderChange tells who leads, who votes and who voted, and readers of records pass it. */
static void leader_change(void **state)
{
        (void)state;
        struct fake_world f;
        struct batch_builder batch;
        struct buffer bytes = {0};
        int32_t voters[] = {1, 2, 3}, granting[] = {1, 3};
        struct leader_change_message message = {1, {voters, 3}, {granting, 2}};
        fake_world_init(&f);
        batch_builder_init(&batch);
        metadata_log_add_leader_change(&f.world, &batch, &message);
        assert_int_equal(batch_builder_finish(&batch, 0, &bytes), KERR_NONE);
        batch_builder_deinit(&batch);

        struct batch_header last = {0};
        int64_t records = 0;
        assert_int_equal(
                metadata_log_read_batches(&f.world, buffer_span(&bytes), take, &records, &last),
                KERR_NONE);
        assert_int_equal(records, 0);
        assert_int_equal(last.attributes, BATCH_CONTROL);
        struct record_iterator it;
        struct record record;
        struct arena arena;
        bool more;
        record_iterator_init(
                &it, &last,
                span_of(bytes.data + BATCH_HEADER_BYTES, bytes.size - BATCH_HEADER_BYTES));
        assert_int_equal(record_next(&it, &record, &more), KERR_NONE);
        arena_init(&arena, 1000);
        struct serde in = serde_reader(record.value, 0, true, &arena);
        struct leader_change_message read = {0};
        serde_leader_change_message(&in, &read);
        assert_int_equal(in.err, KERR_NONE);
        assert_int_equal(read.leader_id, 1);
        assert_int_equal(read.voters.count, 3);
        assert_int_equal(read.granting_voters.items[1], 3);
        arena_deinit(&arena);
        buffer_deinit(&bytes);
        fake_world_deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(format),        cmocka_unit_test(damage),
                cmocka_unit_test(power_cuts),    cmocka_unit_test(tidy),
                cmocka_unit_test(leader_change),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
