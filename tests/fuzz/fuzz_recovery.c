/* Fuzzes the opening of a log that holds anything: the input is the content of a .log file and of
 * its indexes. Opening must end, and not crash. After recovery every batch that reads back must
 * have a right CRC and a higher offset than the one before, an append must go on behind, and a
 * second opening must change nothing. An opening that trusts the files (a clean stop) may
 * refuse them, and promises nothing but to come back.
 *
 * links: tests/unit/fake_world.c */
#include <assert.h>

#include "base/crc32c.h"
#include "tests/unit/log_fixture.h"

#define FIRST "t-0/00000000000000000000"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes up to `size` bytes off the front of *from. */
static struct span take(struct span *from, size_t size)
{
        size = size < from->size ? size : from->size;
        struct span taken = span_of(from->data, size);
        *from = span_of(from->data + size, from->size - size);
        return taken;
}

/* Random bytes never have a right CRC: gives it to all that looks like a batch. */
static void put_crcs(struct buffer *log)
{
        struct batch_header h;
        for (size_t at = 0; at < log->size; at += (size_t)batch_size(&h)) {
                struct span left = span_of(log->data + at, log->size - at);
                if (batch_read_header(left, &h) || (uint64_t)batch_size(&h) > left.size)
                        break;
                uint32_t crc = crc32c(0, left.data + BATCH_CRC_FROM,
                                      (size_t)batch_size(&h) - BATCH_CRC_FROM);
                store_be32(log->data + at + 17, crc);
        }
}

static void put_files(struct log_fixture *x, struct span *input, bool with_crcs)
{
        uint8_t sizes[2] = {0};
        struct span head = take(input, sizeof sizes);
        memcpy(sizes, head.data, head.size);
        fake_world_write(&x->f, FIRST ".index", take(input, sizes[0]));
        fake_world_write(&x->f, FIRST ".timeindex", take(input, sizes[1]));
        struct buffer log = {0};
        buffer_append(&log, input->data, input->size);
        if (with_crcs)
                put_crcs(&log);
        fake_world_write(&x->f, FIRST ".log", buffer_span(&log));
        buffer_deinit(&log);
}

/* Everything that reads. */
static void look_around(struct log_fixture *x)
{
        struct log_time_hit hit;
        struct extent at;
        int64_t end = partition_log_end(x->log);
        for (int64_t t = -1; t < INT64_MAX / 16; t = 16 * t + 17)
                partition_log_find_time(x->log, t, &hit);
        partition_log_find_max_time(x->log, &hit);
        for (int64_t offset = 0; offset < 20; offset++)
                partition_log_read(x->log, offset, end, 100, true, &at);
}

static void recovered_log_is_good(struct log_fixture *x)
{
        struct buffer before = {0}, after = {0};
        assert(fixture_read(x, 0, &before) == KERR_NONE);
        look_around(x);
        int64_t end = partition_log_end(x->log);
        int32_t segments = partition_log_segments(x->log);
        assert(partition_log_close(x->log) == KERR_NONE);
        assert(fixture_open(x, 0, 0, true) == KERR_NONE);
        assert(partition_log_end(x->log) == end && partition_log_segments(x->log) == segments);
        assert(fixture_append(x, hundred_bytes(5)) == KERR_NONE);
        assert(partition_log_end(x->log) == end + 1);
        assert(fixture_read(x, 0, &after) == KERR_NONE);
        assert(after.size == before.size + 100);
        assert(before.size == 0 || memcmp(after.data, before.data, before.size) == 0);
        assert(partition_log_truncate(x->log, end / 2) == KERR_NONE);
        buffer_deinit(&before);
        buffer_deinit(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        enum { CLEAN = 1, WITH_CRCS = 2, LATE_RECOVERY_POINT = 4 };
        struct log_fixture x;
        struct span input = span_of(data, size);
        struct span flags = take(&input, 1);
        uint8_t how = flags.size ? flags.data[0] : 0;
        fixture_init(&x, small_config());
        partition_log_abandon(x.log);
        put_files(&x, &input, how & WITH_CRCS);
        int64_t recovery_point = how & LATE_RECOVERY_POINT ? 1000000 : 0;
        enum kerr err = fixture_open(&x, recovery_point, 0, how & CLEAN);
        if (err &&
            (how & CLEAN)) /* refused: then a start that does not trust the files must cope */
                err = fixture_open(&x, 0, 0, false);
        assert(err == KERR_NONE);
        if (how & CLEAN)
                look_around(&x);
        else
                recovered_log_is_good(&x);
        fixture_deinit(&x);
        return 0;
}
