/* Tests of the write side of src/bench: what the experiments W1 to W4 write, read and acknowledge.
 */
#include "bench/append_ways.h"
#include "bench/block_io.h"
#include "bench/experiments.h"
#include "bench/group_commit.h"
#include "bench/layout.h"
#include "bench/slow_disk.h"
#include "bench/sync_ways.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"

enum { MIB = 1 << 20 };

/* Not P_tmpdir, which may be memory: the tests want O_DIRECT. */
static char directory[] = "/var/tmp/test_bench_disk_XXXXXX";

static int set_up(void **state)
{
        (void)state;
        return mkdtemp(directory) != NULL ? 0 : -1;
}

static int files_left(void)
{
        DIR *d = opendir(directory);
        int count = 0;
        for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
                count += e->d_name[0] != '.';
        closedir(d);
        return count;
}

static int tear_down(void **state)
{
        (void)state;
        return rmdir(directory); /* fails when a test left something */
}

static struct disk_file make_file(int more_flags)
{
        struct disk_file f = {0};
        assert_true(disk_file_make(&f, directory, more_flags));
        return f;
}

static bool refuses_direct(void)
{
        struct disk_file f = {0};
        bool made = disk_file_make(&f, directory, O_DIRECT);
        disk_file_remove(&f);
        return !made;
}

/* --- W1 --- */

static void append_and_compare(const struct append_way *way, size_t message_bytes, int64_t count)
{
        struct disk_pattern pattern;
        disk_pattern_init(&pattern, message_bytes);
        int64_t size = count * (int64_t)message_bytes;
        struct disk_file file = make_file(way->open_flags);
        if (way->prewritten) {
                uint8_t *zeros = calloc(1, (size_t)size);
                assert_true(disk_write_all(file.fd, zeros, (size_t)size, 0));
                free(zeros);
        }
        struct append_job job = {.fd = file.fd,
                                 .messages = &pattern,
                                 .message_bytes = message_bytes,
                                 .count = count,
                                 .buffer = disk_buffer(APPEND_BUFFER_BYTES)};
        assert_true(way->append(way, &job));
        int plain = open(file.path, O_RDONLY);
        assert_true(disk_holds(plain, &pattern, size, false));
        if (strcmp(way->name, "write each") == 0 || way->prewritten)
                assert_int_equal(job.syscalls, count);
        else
                assert_true(job.syscalls < count);
        close(plain);
        free(job.buffer);
        disk_file_remove(&file);
        disk_pattern_deinit(&pattern);
}

/* Goal: every way to append leaves the same bytes behind, whatever the size and number of messages.
 * Method: sizes that fill batches and blocks exactly and ones that do not, more than the pattern is
 * long; the file must have the right length and the right byte everywhere. */
static void test_append_ways_write_the_messages(void **state)
{
        (void)state;
        int count;
        const struct append_way *ways = append_ways(&count);
        for (int i = 0; i < count; i++) {
                if ((ways[i].missing != NULL && ways[i].missing() != NULL) ||
                    (ways[i].open_flags != 0 && refuses_direct())) {
                        print_message("skipped: %s\n", ways[i].name);
                        continue;
                }
                append_and_compare(&ways[i], 100, 12345);
                append_and_compare(&ways[i], 1000, 2700);
                append_and_compare(&ways[i], 16384, 80);
        }
}

/* Goal: the check of what was written notices a wrong byte and a wrong length.
 * Method: a file of the pattern, spoilt in its last byte, then cut. */
static void test_spoilt_file_is_noticed(void **state)
{
        (void)state;
        struct disk_pattern pattern;
        disk_pattern_init(&pattern, 1000);
        struct disk_file file = make_file(0);
        int64_t size = 2 * MIB + 7;
        assert_true(disk_prewrite(file.fd, &pattern, size));
        assert_true(disk_holds(file.fd, &pattern, size, false));
        assert_false(disk_holds(file.fd, &pattern, size - 1, false));
        assert_true(disk_holds(file.fd, &pattern, size - 1, true));
        uint8_t last;
        assert_int_equal(pread(file.fd, &last, 1, size - 1), 1);
        last ^= 1;
        assert_true(disk_write_all(file.fd, &last, 1, size - 1));
        assert_false(disk_holds(file.fd, &pattern, size, false));
        assert_int_equal(ftruncate(file.fd, size - 1), 0);
        assert_false(disk_holds(file.fd, &pattern, size, true));
        disk_file_remove(&file);
        disk_pattern_deinit(&pattern);
}

/* --- W2 --- */

/* Goal: every way to write and sync puts batch i at its place, and begins a full file anew.
 * Method: more batches than the file has room for where it has an end; then the whole file, and the
 * number of commits that were timed. */
static void test_sync_ways_write_the_batches(void **state)
{
        (void)state;
        struct disk_pattern pattern;
        disk_pattern_init(&pattern, DISK_PATTERN_BYTES);
        int count;
        const struct sync_way *ways = sync_ways(&count);
        for (int i = 0; i < count; i++) {
                if ((ways[i].open_flags & O_DIRECT) != 0 && refuses_direct()) {
                        print_message("skipped: %s\n", ways[i].name);
                        continue;
                }
                struct disk_file file = make_file(0);
                struct sync_job job = {.pattern = &pattern,
                                       .batch_bytes = 64 << 10,
                                       .file_bytes = MIB,
                                       .seconds = 60,
                                       .batches_max = 24};
                assert_true(sync_way_prepare(&ways[i], file.fd, &pattern, job.file_bytes));
                assert_true(disk_file_reopen(&file, ways[i].open_flags));
                job.fd = file.fd;
                assert_true(sync_way_run(&ways[i], &job));
                assert_int_equal(job.batches, 24);
                assert_int_equal(job.commit.count, 24);
                int plain = open(file.path, O_RDONLY);
                bool growing = ways[i].ground == SYNC_GROWING;
                assert_true(disk_holds(plain, &pattern, growing ? 24 * (64 << 10) : MIB, false));
                close(plain);
                disk_file_remove(&file);
        }
        disk_pattern_deinit(&pattern);
}

/* A sync that takes its time, and knows what the file held when it began. */
struct watched_sync {
        size_t message_bytes;
        int64_t durable;      /* messages in the file when a sync that has returned began */
        int64_t acknowledged; /* how many */
        int64_t early;        /* how many of these too early */
        int fails_at;         /* the sync that fails; 0: none */
        int syncs;
};

static int slow_sync(void *context, int fd)
{
        struct watched_sync *w = context;
        struct stat st;
        fstat(fd, &st);
        usleep(300); /* others hand in meanwhile */
        if (++w->syncs == w->fails_at) {
                errno = EIO;
                return -1;
        }
        /* The producers look at it only after they were woken under the lock. */
        __atomic_store_n(&w->durable, st.st_size / (int64_t)w->message_bytes, __ATOMIC_RELAXED);
        return 0;
}

static void on_acknowledged(void *context, int64_t number)
{
        struct watched_sync *w = context; /* called under the lock */
        w->acknowledged++;
        w->early += number >= __atomic_load_n(&w->durable, __ATOMIC_RELAXED);
}

static struct group_commit_report commit_together(int producers, struct watched_sync *w, bool works)
{
        struct disk_pattern pattern;
        disk_pattern_init(&pattern, w->message_bytes);
        struct disk_file file = make_file(0);
        struct group_commit_config config = {.fd = file.fd,
                                             .producers = producers,
                                             .messages = &pattern,
                                             .message_bytes = w->message_bytes,
                                             .seconds = 60,
                                             .messages_max = 400,
                                             .sync = slow_sync,
                                             .acknowledged = on_acknowledged,
                                             .context = w};
        struct group_commit_report report;
        assert_int_equal(group_commit_run(&config, &report), works);
        if (works)
                assert_true(disk_holds(file.fd, &pattern, 400 * (int64_t)w->message_bytes, false));
        else
                assert_int_equal(errno, EIO);
        disk_file_remove(&file);
        disk_pattern_deinit(&pattern);
        return report;
}

/* Goal: group commit acknowledges a message only when a sync that began with the message in the
 * file has returned; it writes every message once, in order. Method: a sync that sleeps and notes
 * how long the file was when it began; each acknowledgement is held against the last sync that
 * returned. */
static void test_group_commit_acknowledges_what_is_synced(void **state)
{
        (void)state;
        for (int producers = 1; producers <= 16; producers *= 4) {
                struct watched_sync w = {.message_bytes = 1024};
                struct group_commit_report report = commit_together(producers, &w, true);
                assert_int_equal(w.early, 0);
                assert_int_equal(w.acknowledged, 400);
                assert_int_equal(report.messages, 400);
                assert_int_equal(report.wait.count, 400);
                assert_int_equal(report.commit.count, w.syncs);
                if (producers == 1)
                        assert_int_equal(w.syncs, 400);
                else
                        assert_true(w.syncs < 400 && w.syncs >= 400 / producers);
        }
}

/* Goal: when a sync fails, nothing of its batch is acknowledged, and all threads come to an end.
 * Method: the third sync fails; what was acknowledged are the messages of the two before. */
static void test_group_commit_stops_when_a_sync_fails(void **state)
{
        (void)state;
        struct watched_sync w = {.message_bytes = 100, .fails_at = 3};
        struct group_commit_report report = commit_together(4, &w, false);
        assert_int_equal(w.syncs, 3);
        assert_int_equal(w.early, 0);
        assert_int_equal(w.acknowledged, w.durable);
        assert_int_equal(report.messages, w.durable);
}

/* --- W3 --- */

enum { MESSAGE_BYTES = 100, PARTITIONS = 7, MESSAGES = 4000 };

/* Message i of a store: its number, then bytes that follow from it. */
static void make_message(uint8_t *message, int64_t number)
{
        store_be64(message, (uint64_t)number);
        for (size_t i = 8; i < MESSAGE_BYTES; i++)
                message[i] = (uint8_t)((size_t)number * 31 + i);
}

static int partition_of(int64_t number)
{
        return (int)(number * number % PARTITIONS); /* uneven: some get none */
}

struct reader {
        uint8_t bytes[MESSAGES * MESSAGE_BYTES];
        size_t size;
};

static void take(void *context, const uint8_t *bytes, size_t size)
{
        struct reader *r = context;
        memcpy(r->bytes + r->size, bytes, size);
        r->size += size;
}

static void check_partition(struct layout *l, int partition)
{
        static struct reader r;
        r.size = 0;
        int64_t bytes = layout_read(l, partition, take, &r);
        size_t at = 0;
        uint8_t wanted[MESSAGE_BYTES];
        for (int64_t i = 0; i < MESSAGES; i++) {
                if (partition_of(i) != partition)
                        continue;
                make_message(wanted, i);
                assert_true(at + MESSAGE_BYTES <= r.size);
                assert_memory_equal(r.bytes + at, wanted, MESSAGE_BYTES);
                at += MESSAGE_BYTES;
        }
        assert_int_equal(r.size, at);
        assert_int_equal(bytes, at);
}

/* Goal: in both layouts, each partition's messages are found again, all, in order, hot and cold; a
 * sync syncs each file that was written once.
 * Method: messages that tell their number go to partitions unevenly, enough of them to fill an
 * index buffer several times; then each partition is compared whole. */
static void test_layouts_find_every_message(void **state)
{
        (void)state;
        for (enum layout_kind kind = LAYOUT_FILES; kind <= LAYOUT_COMMIT_LOG; kind++) {
                struct layout *l = layout_open(kind, directory, PARTITIONS);
                assert_non_null(l);
                bool used[PARTITIONS] = {false};
                int used_count = 0;
                for (int64_t i = 0; i < MESSAGES; i++) {
                        uint8_t message[MESSAGE_BYTES];
                        make_message(message, i);
                        assert_true(layout_append(l, partition_of(i), message, MESSAGE_BYTES));
                        used_count += !used[partition_of(i)];
                        used[partition_of(i)] = true;
                }
                assert_int_equal(layout_sync(l), kind == LAYOUT_FILES ? used_count : 1);
                assert_int_equal(layout_sync(l), 0);
                assert_true(layout_flush(l));
                for (int p = 0; p < PARTITIONS; p++) {
                        check_partition(l, p);
                        layout_evict(l, p); /* false in memory file systems */
                        check_partition(l, p);
                }
                layout_close(l);
                assert_int_equal(files_left(), 0);
        }
}

/* --- W4 --- */

/* Goal: in order and at random, each block is visited exactly once.
 * Method: count visits for several numbers of blocks. */
static void test_block_order_is_a_permutation(void **state)
{
        (void)state;
        static uint8_t visits[65536];
        for (int64_t blocks = 1; blocks <= 65536; blocks *= 2) {
                for (int random = 0; random <= 1; random++) {
                        struct block_job job = {.blocks = blocks, .random = random};
                        memset(visits, 0, sizeof visits);
                        int64_t in_a_row = 0, before = -1;
                        for (int64_t i = 0; i < blocks; i++) {
                                int64_t block = block_io_order(&job, i);
                                assert_in_range(block, 0, blocks - 1);
                                visits[block]++;
                                in_a_row += block == before + 1;
                                before = block;
                        }
                        for (int64_t i = 0; i < blocks; i++)
                                assert_int_equal(visits[i], 1);
                        if (blocks >= 256)
                                assert_true(random ? in_a_row < blocks / 8 : in_a_row == blocks);
                }
        }
}

/* Goal: a whole pass of writes writes the file, however the blocks are visited and through
 * whatever; a pass of reads reads all of it (block_io_run() itself compares). Method: an empty file
 * is written through each way, and must hold the pattern then. */
static void test_block_io_moves_every_block(void **state)
{
        (void)state;
        struct disk_pattern pattern;
        disk_pattern_init(&pattern, DISK_PATTERN_BYTES);
        for (int way = 0; way < 8; way++) {
                int depth = way & 2 ? 16 : 1, flags = way & 4 ? O_DIRECT : 0;
                if (block_io_missing(depth) != NULL || (flags != 0 && refuses_direct()))
                        continue;
                struct disk_file file = make_file(flags);
                assert_int_equal(ftruncate(file.fd, 2 * MIB), 0);
                struct block_job job = {.fd = file.fd,
                                        .pattern = &pattern,
                                        .block_bytes = 16 << 10,
                                        .blocks = 2 * MIB >> 14,
                                        .write = true,
                                        .random = way & 1,
                                        .depth = depth,
                                        .seconds = 60};
                assert_true(block_io_run(&job));
                assert_int_equal(job.moved, job.blocks);
                int plain = open(file.path, O_RDONLY);
                assert_true(disk_holds(plain, &pattern, 2 * MIB, false));
                close(plain);
                job.write = false;
                assert_true(block_io_run(&job));
                assert_int_equal(job.moved, job.blocks);
                disk_file_remove(&file);
        }
        disk_pattern_deinit(&pattern);
}

/* Goal: the slow disk is slow where it can be had, and leaves no control group behind.
 * Method: root only: 30 direct reads of 4 KiB at 100 a second take a fifth of a second at least,
 * and the same after leaving take less. */
static void test_slow_disk_is_slow(void **state)
{
        (void)state;
        struct slow_disk slow = {0};
        char why[CASE_WHY_BYTES];
        if (refuses_direct() || !slow_disk_make(&slow, directory, 100, 100 * MIB, why)) {
                print_message("skipped: %s\n", why);
                skip();
        }
        struct disk_pattern pattern;
        disk_pattern_init(&pattern, DISK_PATTERN_BYTES);
        struct disk_file file = make_file(0);
        assert_true(disk_prewrite(file.fd, &pattern, 32 * 4096));
        assert_true(disk_file_reopen(&file, O_DIRECT));
        struct block_job job = {.fd = file.fd,
                                .pattern = &pattern,
                                .block_bytes = 4096,
                                .blocks = 32,
                                .depth = 1,
                                .seconds = 60};
        assert_true(slow_disk_enter(&slow));
        assert_true(block_io_run(&job));
        slow_disk_leave(&slow);
        double slow_s = job.spent.wall_s;
        assert_true(slow_s >= 0.15);
        assert_true(block_io_run(&job));
        assert_true(job.spent.wall_s < slow_s);
        disk_file_remove(&file);
        slow_disk_remove(&slow);
        assert_string_equal(slow.group, "");
        disk_pattern_deinit(&pattern);
}

/* --- the experiments --- */

static bool at_once(void)
{
        return true;
}

/* Goal: each experiment plans cases, one of them a reference; measures each in a small form, or
 * says why not; and leaves no file behind, also when it is interrupted before its first run.
 * Method: plan(), measure() and end() as the runner calls them. */
static void test_experiments_measure_and_clean_up(void **state)
{
        (void)state;
        const struct experiment *const all[] = {&experiment_append, &experiment_durability,
                                                &experiment_layout, &experiment_disk};
        const struct disk_knobs knobs = {.bytes = 2 * MIB};
        for (size_t e = 0; e < sizeof all / sizeof *all; e++) {
                for (int interrupted = 0; interrupted <= 1; interrupted++) {
                        struct bench_options options = {.quick = true,
                                                        .scratch = directory,
                                                        .knobs = &knobs,
                                                        .interrupted =
                                                                interrupted ? at_once : NULL};
                        struct results results = {.experiment = all[e]};
                        struct bench b = {.options = &options, .results = &results};
                        char why[CASE_WHY_BYTES] = "";
                        int references = 0;
                        if (!all[e]->plan(&b, why))
                                print_message("%s: %s\n", all[e]->name, why);
                        for (int i = 0; i < results.case_count && !interrupted; i++) {
                                struct bench_case *c = &results.cases[i];
                                references += c->reference;
                                if (!all[e]->measure(&b, c, c->values[0], why)) {
                                        assert_string_not_equal(why, "");
                                        continue;
                                }
                                c->runs = 1;
                                for (int f = 0; f < all[e]->figure_count; f++)
                                        assert_true(c->values[0][f] >= 0);
                                assert_true(c->values[0][0] > 0);
                        }
                        if (results.case_count > 0 && interrupted)
                                all[e]->measure(&b, &results.cases[0], results.cases[0].values[0],
                                                why);
                        else if (results.case_count > 0)
                                assert_true(references > 0);
                        FILE *nowhere = fopen("/dev/null", "w");
                        all[e]->tell(&results, nowhere);
                        fclose(nowhere);
                        all[e]->end(&b);
                        results_deinit(&results);
                        assert_int_equal(files_left(), 0);
                }
        }
}

/* Goal: in a directory that lies in memory, what needs a disk says so and measures nothing.
 * Method: /dev/shm, where it is one. */
static void test_memory_is_no_disk(void **state)
{
        (void)state;
        struct bench_options options = {.quick = true, .scratch = "/dev/shm"};
        struct results results = {0};
        struct bench b = {.options = &options, .results = &results};
        char why[CASE_WHY_BYTES] = "";
        if (disk_is_there(&b, why))
                skip();
        assert_non_null(strstr(why, "memory"));
        assert_false(experiment_layout.plan(&b, why));
        experiment_layout.end(&b);
        assert_int_equal(results.case_count, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_append_ways_write_the_messages),
                cmocka_unit_test(test_spoilt_file_is_noticed),
                cmocka_unit_test(test_sync_ways_write_the_batches),
                cmocka_unit_test(test_group_commit_acknowledges_what_is_synced),
                cmocka_unit_test(test_group_commit_stops_when_a_sync_fails),
                cmocka_unit_test(test_layouts_find_every_message),
                cmocka_unit_test(test_block_order_is_a_permutation),
                cmocka_unit_test(test_block_io_moves_every_block),
                cmocka_unit_test(test_slow_disk_is_slow),
                cmocka_unit_test(test_experiments_measure_and_clean_up),
                cmocka_unit_test(test_memory_is_no_disk),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
