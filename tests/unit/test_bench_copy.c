/* Tests of src/bench/sender.h, strawmen.h and copy_trial.h: what is measured arrives, and what is
 * counted happened. */
#include "bench/copy_trial.h"
#include "bench/loopback.h"
#include "bench/sender.h"
#include "bench/strawmen.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { KIB = 1 << 10, FILE_BYTES = 1 << 20, STRATEGIES_MAX = 32, HEADER_BYTES = 64 };

static struct data_file file;

static int make_file(void **state)
{
        (void)state;
        data_file_make(&file, P_tmpdir, FILE_BYTES, 16 * KIB);
        return 0;
}

static int remove_file(void **state)
{
        (void)state;
        data_file_remove(&file);
        return 0;
}

/* Those of src/copy and the strawmen that this machine has. */
static int all_strategies(const struct copy_strategy *found[STRATEGIES_MAX])
{
        int count = 0, some;
        const struct copy_strategy *const *copies = copy_all(&some);
        for (int i = 0; i < some; i++) {
                if (!copies[i]->missing || !copies[i]->missing())
                        found[count++] = copies[i];
        }
        const struct copy_strategy *const *strawmen = strawmen_all(&some);
        for (int i = 0; i < some; i++)
                found[count++] = strawmen[i];
        return count;
}

/* --- a consumer: a thread that reads to the end --- */

struct reader {
        struct loopback ends;
        uint8_t *bytes;
        size_t size, room;
        int requests; /* asks for so many ranges, one after the other, before it reads to the end */
        size_t answer_bytes;
        pthread_t thread;
};

static void take(struct reader *r, size_t limit)
{
        while (limit > 0) {
                size_t some = limit < r->room - r->size ? limit : r->room - r->size;
                ssize_t got = recv(r->ends.client, r->bytes + r->size, some, 0);
                if (got <= 0)
                        return;
                r->size += (size_t)got;
                limit -= (size_t)got;
        }
}

static void *read_all(void *context)
{
        struct reader *r = context;
        for (int i = 0; i < r->requests; i++) {
                assert_int_equal(send(r->ends.client, "?", 1, 0), 1);
                take(r, r->answer_bytes);
        }
        if (r->requests > 0)
                shutdown(r->ends.client, SHUT_WR);
        take(r, SIZE_MAX);
        return NULL;
}

static void start_reader(struct reader *r, size_t room)
{
        assert_true(loopback_open(&r->ends, "reno"));
        fcntl(r->ends.server, F_SETFL, fcntl(r->ends.server, F_GETFL) | O_NONBLOCK);
        r->room = room + 1; /* one byte too many would show */
        r->bytes = malloc(r->room);
        assert_non_null(r->bytes);
        assert_int_equal(pthread_create(&r->thread, NULL, read_all, r), 0);
}

static void end_reader(struct reader *r)
{
        shutdown(r->ends.server, SHUT_WR);
        pthread_join(r->thread, NULL);
        loopback_close(&r->ends);
}

static struct sender_stream stream_to(const struct reader *r, struct copy_source *source,
                                      int64_t start, int64_t bytes)
{
        return (struct sender_stream){.socket = r->ends.server,
                                      .source = source,
                                      .part_bytes = FILE_BYTES,
                                      .start = start,
                                      .bytes = bytes};
}

/* The frames one after the other: a header of zeros, then the file's next range. */
static void check_frames(const struct copy_strategy *strategy, const struct reader *r,
                         int64_t start, int64_t range, int64_t header, int64_t frames)
{
        static const uint8_t zeros[HEADER_BYTES];
        assert_int_equal(r->size, frames * (range + header));
        for (int64_t i = 0; i < frames; i++) {
                const uint8_t *frame = r->bytes + i * (range + header);
                assert_memory_equal(frame, zeros, header);
                if (strategy != &strawman_hot)
                        assert_true(data_file_check(
                                frame + header, (start + i * range) % FILE_BYTES, (size_t)range));
        }
}

/* Goal: each strategy and strawman delivers exactly the file's ranges, in order, headers between.
 * Method: two consumers of one file from different places, more than one pass, so that ranges wrap
 * around and sockets are full at times; every byte is compared. */
static void test_every_strategy_delivers(void **state)
{
        (void)state;
        enum { RANGE = 32 * KIB, FRAMES = 3 * FILE_BYTES / RANGE, START = 5 * RANGE };
        const struct copy_strategy *strategies[STRATEGIES_MAX];
        int count = all_strategies(strategies);
        for (int i = 0; i < count; i++) {
                struct reader readers[2] = {0};
                struct sender_stream streams[2];
                struct copy_source source = {.fd = file.source.fd};
                struct copy_lane lane = {0};
                struct sender_counts counts;
                char why[SENDER_WHY_BYTES];
                struct sender_config config = {strategies[i], RANGE, HEADER_BYTES};
                for (int n = 0; n < 2; n++) {
                        start_reader(&readers[n], (size_t)FRAMES * (RANGE + HEADER_BYTES));
                        streams[n] =
                                stream_to(&readers[n], &source, n * START, (int64_t)FRAMES * RANGE);
                }
                assert_true(bench_sender_run(&config, &lane, streams, 2, &counts, why));
                assert_int_equal(counts.file_bytes, 2LL * FRAMES * RANGE);
                for (int n = 0; n < 2; n++) {
                        end_reader(&readers[n]);
                        check_frames(strategies[i], &readers[n], n * START, RANGE, HEADER_BYTES,
                                     FRAMES);
                        free(readers[n].bytes);
                }
                copy_lane_deinit(&lane);
                copy_source_deinit(&source);
        }
}

static struct sender_counts count_ranges(const struct copy_strategy *strategy, int64_t ranges,
                                         int32_t header_bytes)
{
        enum { RANGE = 64 * KIB };
        struct reader r = {0};
        struct copy_source source = {.fd = file.source.fd};
        struct copy_lane lane = {0};
        struct sender_counts counts;
        char why[SENDER_WHY_BYTES];
        struct sender_config config = {strategy, RANGE, header_bytes};
        start_reader(&r, (size_t)ranges * (size_t)(RANGE + header_bytes));
        struct sender_stream stream = stream_to(&r, &source, 0, ranges * RANGE);
        assert_true(bench_sender_run(&config, &lane, &stream, 1, &counts, why));
        end_reader(&r);
        free(r.bytes);
        copy_lane_deinit(&lane);
        copy_source_deinit(&source);
        return counts;
}

/* Goal: the counts are those of the calls that were made.
 * Method: so few bytes that the socket takes them all: two calls a range for read-write, one for
 * sendfile and mmap, three for mmap-each, one more for a header; bytes through user space are all
 * of them or none. */
static void test_counts(void **state)
{
        (void)state;
        enum { RANGES = 2, BYTES = RANGES * 64 * KIB };
        struct sender_counts c = count_ranges(&copy_read_write, RANGES, 0);
        assert_int_equal(c.syscalls - c.waits, 2 * RANGES);
        assert_int_equal(c.user_bytes, BYTES);
        assert_int_equal(c.reference_bytes, 0);
        c = count_ranges(&copy_sendfile, RANGES, 0);
        assert_int_equal(c.syscalls - c.waits, RANGES);
        assert_int_equal(c.user_bytes, 0);
        assert_int_equal(c.reference_bytes, BYTES);
        c = count_ranges(&copy_sendfile, RANGES, HEADER_BYTES);
        assert_int_equal(c.syscalls - c.waits, 2 * RANGES);
        c = count_ranges(&copy_mmap, RANGES, 0);
        assert_int_equal(c.syscalls - c.waits, RANGES);
        assert_int_equal(c.user_bytes, BYTES);
        c = count_ranges(&strawman_mmap_each, RANGES, 0);
        assert_int_equal(c.syscalls - c.waits, 3 * RANGES);
}

/* Goal: a consumer that asks gets one range a byte, beside one that is pushed to; the run ends with
 * the pushed one, and without one when the asking one has closed.
 * Method: 20 requests in turn, alone; the bytes are compared. */
static void test_requested_ranges(void **state)
{
        (void)state;
        enum { RANGE = 16 * KIB, REQUESTS = 20 };
        struct reader r = {.requests = REQUESTS, .answer_bytes = RANGE};
        struct copy_source source = {.fd = file.source.fd};
        struct copy_lane lane = {0};
        struct sender_counts counts;
        char why[SENDER_WHY_BYTES];
        struct sender_config config = {.strategy = &copy_sendfile, .range_bytes = RANGE};
        start_reader(&r, REQUESTS * RANGE);
        struct sender_stream stream = stream_to(&r, &source, 0, 0);
        assert_true(bench_sender_run(&config, &lane, &stream, 1, &counts, why));
        end_reader(&r);
        check_frames(&copy_sendfile, &r, 0, RANGE, 0, REQUESTS);
        assert_int_equal(counts.file_bytes, REQUESTS * RANGE);
        free(r.bytes);
        copy_lane_deinit(&lane);
}

/* Goal: a strategy that fails ends the run with its name and the reason.
 * Method: a part that reaches beyond the file's end. */
static void test_failure_is_told(void **state)
{
        (void)state;
        enum { RANGE = 64 * KIB };
        struct reader r = {0};
        struct copy_source source = {.fd = file.source.fd};
        struct copy_lane lane = {0};
        struct sender_counts counts;
        char why[SENDER_WHY_BYTES] = "";
        struct sender_config config = {.strategy = &copy_read_write, .range_bytes = RANGE};
        start_reader(&r, 2 * FILE_BYTES);
        struct sender_stream stream = stream_to(&r, &source, 0, 2 * FILE_BYTES);
        stream.part_bytes = 2 * FILE_BYTES;
        assert_false(bench_sender_run(&config, &lane, &stream, 1, &counts, why));
        assert_non_null(strstr(why, "read-write: "));
        assert_int_equal(counts.file_bytes, FILE_BYTES);
        end_reader(&r);
        free(r.bytes);
        copy_lane_deinit(&lane);
}

/* Goal: a trial moves what it says, checks it, and gives figures per GiB.
 * Method: the raw reference and every strategy to three consumers that compute checksums; a trial
 * aborts when one of them got other bytes. */
static void test_trials(void **state)
{
        (void)state;
        const struct copy_strategy *strategies[STRATEGIES_MAX + 1] = {NULL};
        int count = 1 + all_strategies(strategies + 1);
        for (int i = 0; i < count; i++) {
                struct copy_trial t = {
                        .strategy = strategies[i],
                        .file = &file,
                        .range_bytes = 16 * KIB,
                        .bytes = 3 * FILE_BYTES,
                        .spread = true,
                        .receivers = {.count = 3, .kind = RECEIVER_CRC, .mode = BENCH_SAME_CORE}};
                struct copy_outcome o;
                char why[CASE_WHY_BYTES];
                double values[COPY_FIGURES];
                assert_true(copy_trial_run(&t, &o, why));
                assert_int_equal(o.counts.file_bytes, 3 * FILE_BYTES);
                copy_trial_values(&o, values);
                assert_true(values[COPY_THROUGHPUT] > 0);
                assert_true(values[COPY_SYSCALLS] >= 1024);
                assert_true(values[COPY_USER_BYTES] == 0 || values[COPY_USER_BYTES] == 1);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_strategy_delivers),
                cmocka_unit_test(test_counts),
                cmocka_unit_test(test_requested_ranges),
                cmocka_unit_test(test_failure_is_told),
                cmocka_unit_test(test_trials),
        };
        return cmocka_run_group_tests(tests, make_file, remove_file);
}
