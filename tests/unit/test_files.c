/* Tests of posix/files.h: the file calls of the real world, on a directory of their own. */
#include "posix/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = P_tmpdir "/test_files_XXXXXX";

static const char *path_of(const char *name)
{
        static char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", directory, name);
        return path;
}

static struct file *create(const char *name)
{
        struct file *f;
        assert_int_equal(file_open(path_of(name), WORLD_CREATE, &f), KERR_NONE);
        return f;
}

static void append(struct file *f, const char *text)
{
        struct span s = span_of(text, strlen(text));
        assert_int_equal(file_append(f, &s, 1), KERR_NONE);
}

static void expect_bytes(struct file *f, int64_t position, const char *text)
{
        char got[100];
        size_t size;
        assert_int_equal(file_read(f, position, got, sizeof got, &size), KERR_NONE);
        assert_int_equal(size, strlen(text));
        assert_memory_equal(got, text, size);
}

/* Goal:   what was appended is read back, also through another handle, and CREATE empties.
 * Method: append, reopen in each way, compare sizes and bytes. */
static void opens_appends_and_reads(void **state)
{
        (void)state;
        struct file *f = create("plain");
        append(f, "hello ");
        append(f, "world");
        assert_int_equal(f->end, 11);
        expect_bytes(f, 6, "world");
        expect_bytes(f, 11, "");
        file_close(f);

        assert_int_equal(file_open(path_of("plain"), WORLD_APPEND, &f), KERR_NONE);
        assert_int_equal(f->end, 11);
        append(f, "!");
        expect_bytes(f, 0, "hello world!");
        file_close(f);

        assert_int_equal(file_open(path_of("plain"), WORLD_READ, &f), KERR_NONE);
        expect_bytes(f, 0, "hello world!");
        file_close(f);

        f = create("plain");
        assert_int_equal(f->end, 0);
        file_close(f);
        assert_int_equal(file_open(path_of("missing"), WORLD_READ, &f), KERR_NOT_FOUND);
        assert_null(f);
        assert_int_equal(file_open(path_of("missing"), WORLD_APPEND, &f), KERR_NOT_FOUND);
}

/* Goal:   a gathered append has no limit of spans and does not stumble over empty ones.
 * Method: 3,000 spans (IOV_MAX is 1,024), every third without bytes, among them first and last. */
static void appends_many_spans_in_order(void **state)
{
        (void)state;
        enum { SPANS = 3000 };
        static struct span spans[SPANS];
        static char expected[SPANS * 4], got[sizeof expected];
        size_t size = 0;
        for (int i = 0; i < SPANS; i++) {
                size_t length = i % 3 == 0 || i == SPANS - 1 ? 0 : (size_t)(i % 3);
                memset(expected + size, 'a' + i % 26, length);
                spans[i] = span_of(length ? expected + size : NULL, length);
                size += length;
        }
        struct file *f = create("spans");
        assert_int_equal(file_append(f, spans, SPANS), KERR_NONE);
        assert_int_equal(file_append(f, spans, 1), KERR_NONE);
        assert_int_equal(file_append(f, NULL, 0), KERR_NONE);
        assert_int_equal(f->end, size);
        size_t read_size;
        assert_int_equal(file_read(f, 0, got, sizeof got, &read_size), KERR_NONE);
        assert_int_equal(read_size, size);
        assert_memory_equal(got, expected, size);
        file_close(f);
}

/* Goal:   an append that the device takes only in part is an error, and the file's end tells how
 *         much was written, so that the next append does not go over it.
 * Method: a limit on file sizes makes the kernel write short and then refuse. */
static void failed_append_keeps_the_true_end(void **state)
{
        (void)state;
        struct rlimit before, small = {10, RLIM_INFINITY};
        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before);
        small.rlim_max = before.rlim_max;
        struct file *f = create("limited");
        append(f, "12345678");
        setrlimit(RLIMIT_FSIZE, &small);
        struct span spans[2] = {span_of("a", 1), span_of("bcdef", 5)};
        enum kerr err = file_append(f, spans, 2);
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(err, KERR_IO);
        assert_int_equal(f->end, 10);
        append(f, "X");
        expect_bytes(f, 0, "12345678abX");
        file_close(f);
}

/* Goal:   a full device and a used-up quota say NO_SPACE, so that a broker can tell them apart.
 * Method: /dev/full refuses every write; the mapping itself for the rest. */
static void tells_a_full_disk_from_other_errors(void **state)
{
        (void)state;
        struct file *f;
        assert_int_equal(file_open("/dev/full", WORLD_APPEND, &f), KERR_NONE);
        struct span s = span_of("x", 1);
        assert_int_equal(file_append(f, &s, 1), KERR_NO_SPACE);
        assert_int_equal(errno, ENOSPC);
        file_close(f);
        assert_int_equal(files_error(EDQUOT), KERR_NO_SPACE);
        assert_int_equal(files_error(EIO), KERR_IO);
        assert_int_equal(files_error(ENOENT), KERR_NOT_FOUND);
        assert_int_equal(files_error(ENOTEMPTY), KERR_EXISTS);
}

/* Goal:   the file goes when its last reference does, not before.
 * Method: drop two of three references, unlink the name, read; drop the last and see the
 *         descriptor closed. */
static void last_reference_closes(void **state)
{
        (void)state;
        struct file *f = create("counted");
        int fd = f->source.fd;
        append(f, "still here");
        file_retain(f);
        file_retain(f);
        file_close(f);
        file_close(f);
        assert_int_equal(files_remove(path_of("counted")), KERR_NONE);
        expect_bytes(f, 0, "still here");
        file_close(f);
        assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void *take_and_drop(void *file)
{
        for (int i = 0; i < 10000; i++) {
                file_retain(file);
                file_close(file);
        }
        return NULL;
}

/* Goal:   references may be taken and dropped by several threads at once.
 * Method: two threads do; the count must end where it began (and TSan must be content). */
static void references_are_for_all_threads(void **state)
{
        (void)state;
        struct file *f = create("shared");
        pthread_t threads[2];
        for (int i = 0; i < 2; i++)
                pthread_create(&threads[i], NULL, take_and_drop, f);
        for (int i = 0; i < 2; i++)
                pthread_join(threads[i], NULL);
        assert_int_equal(f->references, 1);
        file_close(f);
}

/* Goal:   truncate moves the end, appends go on there, and a cut or new file asks for a full sync
 *         once.
 * Method: cut, append, look at what the syncs want. */
static void truncates_and_syncs(void **state)
{
        (void)state;
        struct file *f = create("cut");
        assert_true(file_sync_begin(f).metadata);
        append(f, "0123456789");
        struct file_sync sync = file_sync_begin(f);
        assert_false(sync.metadata);
        assert_int_equal(file_sync_do(sync), KERR_NONE);
        assert_int_equal(file_truncate(f, 4), KERR_NONE);
        append(f, "X");
        expect_bytes(f, 0, "0123X");
        sync = file_sync_begin(f);
        assert_true(sync.metadata);
        assert_int_equal(file_sync_do(sync), KERR_NONE);
        assert_int_equal(files_sync_dir(directory), KERR_NONE);
        assert_int_equal(files_sync_dir(path_of("missing")), KERR_NOT_FOUND);
        assert_int_equal(file_sync_do((struct file_sync){-1, false}), KERR_IO);
        file_close(f);
}

/* Goal:   listings are sorted by bytes and mark directories; errors are told.
 * Method: names that sort differently with and without the '/', made in another order. */
static void makes_renames_removes_and_lists(void **state)
{
        (void)state;
        char from[PATH_MAX];
        assert_int_equal(files_make_dir(path_of("list")), KERR_NONE);
        assert_int_equal(files_make_dir(path_of("list")), KERR_EXISTS);
        assert_int_equal(files_make_dir(path_of("no/where")), KERR_NOT_FOUND);
        assert_int_equal(files_make_dir(path_of("list/a")), KERR_NONE);
        file_close(create("list/\xc3\xa4"));
        file_close(create("list/a-b"));
        file_close(create("list/old"));
        file_close(create("list/B"));
        strcpy(from, path_of("list/old"));
        assert_int_equal(files_rename(from, path_of("list/B")), KERR_NONE);
        assert_int_equal(files_rename(from, path_of("list/C")), KERR_NOT_FOUND);

        struct buffer names = {0};
        buffer_append(&names, "before", 7);
        assert_int_equal(files_list(path_of("list"), &names), KERR_NONE);
        static const char expected[] = "before\0B\0a/\0a-b\0\xc3\xa4";
        assert_int_equal(names.size, sizeof expected);
        assert_memory_equal(names.data, expected, sizeof expected);
        buffer_clear(&names);
        assert_int_equal(files_list(path_of("list/a"), &names), KERR_NONE);
        assert_int_equal(names.size, 0);
        assert_int_equal(files_list(path_of("missing"), &names), KERR_NOT_FOUND);
        buffer_deinit(&names);

        assert_int_equal(files_remove(path_of("list")), KERR_EXISTS);
        assert_int_equal(files_remove(path_of("list/a")), KERR_NONE);
        assert_int_equal(files_remove(path_of("list/a")), KERR_NOT_FOUND);
}

/* Goal:   two brokers cannot have one directory.
 * Method: lock twice, through two descriptors, which flock() treats as two processes. */
static void locks_a_directory(void **state)
{
        (void)state;
        int first, second;
        assert_int_equal(files_lock_directory(directory, &first), KERR_NONE);
        assert_int_equal(files_lock_directory(directory, &second), KERR_EXISTS);
        assert_int_equal(second, -1);
        close(first);
        assert_int_equal(files_lock_directory(directory, &second), KERR_NONE);
        close(second);
        assert_int_equal(files_lock_directory(path_of("missing"), &second), KERR_NOT_FOUND);
}

static int make_directory(void **state)
{
        (void)state;
        return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
        (void)state;
        char command[PATH_MAX + 10];
        snprintf(command, sizeof command, "rm -r %s", directory);
        return system(command);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(opens_appends_and_reads),
                cmocka_unit_test(appends_many_spans_in_order),
                cmocka_unit_test(failed_append_keeps_the_true_end),
                cmocka_unit_test(tells_a_full_disk_from_other_errors),
                cmocka_unit_test(last_reference_closes),
                cmocka_unit_test(references_are_for_all_threads),
                cmocka_unit_test(truncates_and_syncs),
                cmocka_unit_test(makes_renames_removes_and_lists),
                cmocka_unit_test(locks_a_directory),
        };
        return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
