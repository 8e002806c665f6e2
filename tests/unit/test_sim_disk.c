/* Tests of the simulated disk: what a power cut may take, and what it may never take. */
#include "sim/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEEDS = 300, BASE_BYTES = 100 };

static struct sim_survival survival(const char *name)
{
        struct sim_survival s;
        assert_true(sim_survival_find(name, &s));
        return s;
}

static void power_cut(struct sim_disk *disk, uint64_t seed, const char *name)
{
        struct rng r;
        rng_init(&r, seed);
        struct sim_survival s = survival(name);
        sim_disk_power_cut(disk, &r, &s);
}

static struct file *open_file(struct sim_disk *disk, const char *path, enum world_open how)
{
        struct file *file;
        assert_int_equal(sim_disk_open(disk, path, how, &file), KERR_NONE);
        return file;
}

static void append(struct sim_disk *disk, struct file *file, const void *data, size_t size)
{
        struct span span = span_of(data, size);
        assert_int_equal(sim_disk_append(disk, file, &span, 1), KERR_NONE);
}

static bool exists(struct sim_disk *disk, const char *path)
{
        struct file *file;
        enum kerr err = sim_disk_open(disk, path, WORLD_READ, &file);
        if (!err)
                sim_disk_close(file);
        return !err;
}

/* The whole file; the caller frees. */
static struct buffer read_all(struct sim_disk *disk, const char *path)
{
        struct file *file = open_file(disk, path, WORLD_READ);
        struct buffer bytes = {0};
        size_t size = (size_t)sim_disk_size(file);
        buffer_reserve(&bytes, size + 1);
        assert_int_equal(sim_disk_read(disk, file, 0, bytes.data, size + 1, &bytes.size), 0);
        assert_int_equal(bytes.size, size);
        sim_disk_close(file);
        return bytes;
}

static void assert_text(struct sim_disk *disk, const char *path, const char *text)
{
        struct buffer bytes = read_all(disk, path);
        assert_int_equal(bytes.size, strlen(text));
        assert_memory_equal(bytes.data, text, bytes.size);
        buffer_deinit(&bytes);
}

/* A file of that text, synced, with its name not yet durable. */
static void write_text(struct sim_disk *disk, const char *path, const char *text)
{
        struct file *file = open_file(disk, path, WORLD_CREATE);
        append(disk, file, text, strlen(text));
        assert_int_equal(sim_disk_sync(disk, file), KERR_NONE);
        sim_disk_close(file);
}

/* --- the choices one by one --- */

static const int64_t write_ends[] = {BASE_BYTES, 3000, 9000, 14000};

static uint8_t pattern(int64_t position)
{
        return (uint8_t)(1 + position % 251); /* never zero */
}

/* "f": BASE_BYTES synced, then three writes that are not; its name is durable. After a cut with the
 * survival of that name, its bytes. */
static struct buffer cut_three_writes(uint64_t seed, const char *name)
{
        uint8_t data[14000];
        for (int64_t i = 0; i < 14000; i++)
                data[i] = pattern(i);
        struct sim_disk *disk = sim_disk_new();
        struct file *file = open_file(disk, "f", WORLD_CREATE);
        append(disk, file, data, BASE_BYTES);
        sim_disk_sync(disk, file);
        sim_disk_sync_dir(disk, "");
        for (int i = 1; i < 4; i++)
                append(disk, file, data + write_ends[i - 1],
                       (size_t)(write_ends[i] - write_ends[i - 1]));
        sim_disk_close(file);
        power_cut(disk, seed, name);
        struct buffer bytes = read_all(disk, "f");
        sim_disk_free(disk);
        for (int64_t i = 0; i < BASE_BYTES; i++)
                assert_int_equal(bytes.data[i], pattern(i));
        return bytes;
}

static int64_t first_wrong(const struct buffer *bytes)
{
        int64_t i = 0;
        while (i < (int64_t)bytes->size && bytes->data[i] == pattern(i))
                i++;
        return i;
}

static int write_ending_at(size_t size)
{
        for (int i = 0; i < 4; i++)
                if (write_ends[i] == (int64_t)size)
                        return i;
        return -1;
}

/* Goal:   each way to lose unsynced writes does what its name says, and each of its cases occurs.
 * Method: the same three writes, many seeds, one way at a time; look at size and bytes. */
static void each_choice_happens(void **state)
{
        (void)state;
        int prefixes[4] = {0}, torn = 0, torn_off_sector = 0, sizes[4] = {0}, holes_at_start = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
                struct buffer b = cut_three_writes(seed, "nothing");
                assert_int_equal(b.size, BASE_BYTES);
                buffer_deinit(&b);

                b = cut_three_writes(seed, "all");
                assert_int_equal(b.size, 14000);
                assert_int_equal(first_wrong(&b), 14000);
                buffer_deinit(&b);

                b = cut_three_writes(seed, "prefix");
                assert_int_equal(first_wrong(&b), b.size);
                assert_true(write_ending_at(b.size) >= 0);
                prefixes[write_ending_at(b.size)]++;
                buffer_deinit(&b);

                b = cut_three_writes(seed, "torn");
                assert_int_equal(first_wrong(&b), b.size);
                assert_int_equal(b.size % 512, 0);
                torn += write_ending_at(b.size) < 0;
                buffer_deinit(&b);

                b = cut_three_writes(seed, "torn-byte");
                assert_int_equal(first_wrong(&b), b.size);
                assert_int_equal(write_ending_at(b.size), -1);
                torn_off_sector += b.size % 512 != 0;
                buffer_deinit(&b);

                b = cut_three_writes(seed, "hole");
                assert_int_equal(b.size, 14000);
                int64_t wrong = first_wrong(&b);
                assert_true(wrong < 12288); /* the last page came through */
                assert_int_equal(b.data[wrong], 0);
                assert_true(wrong == BASE_BYTES || wrong % 4096 == 0);
                holes_at_start += wrong == BASE_BYTES;
                for (int64_t i = 12288; i < 14000; i++)
                        assert_int_equal(b.data[i], pattern(i));
                buffer_deinit(&b);

                b = cut_three_writes(seed, "garbage");
                assert_int_equal(b.size, 14000);
                assert_true(first_wrong(&b) < 12288);
                buffer_deinit(&b);

                b = cut_three_writes(seed, "size-only");
                assert_int_equal(first_wrong(&b), BASE_BYTES);
                assert_true(write_ending_at(b.size) > 0);
                sizes[write_ending_at(b.size)]++;
                for (size_t i = BASE_BYTES; i < b.size; i++)
                        assert_int_equal(b.data[i], 0);
                buffer_deinit(&b);
        }
        for (int i = 0; i < 4; i++)
                assert_true(prefixes[i] > 0);
        for (int i = 1; i < 4; i++)
                assert_true(sizes[i] > 0);
        assert_int_equal(torn, SEEDS);
        assert_true(torn_off_sector > 0);
        assert_true(holes_at_start > 0 && holes_at_start < SEEDS);
}

/* Goal:   "any" draws every choice; names are found and listed alike.
 * Method: count draws; walk the list. */
static void any_draws_all(void **state)
{
        (void)state;
        struct rng r;
        rng_init(&r, 1);
        struct sim_survival s = survival("any");
        int bytes[SIM_KEEP_BYTES_COUNT] = {0}, names[SIM_KEEP_NAMES_COUNT] = {0};
        for (int i = 0; i < 1000; i++) {
                bytes[sim_survival_draw_bytes(&s, &r)]++;
                names[sim_survival_draw_names(&s, &r)]++;
        }
        for (int i = 0; i < SIM_KEEP_BYTES_COUNT; i++)
                assert_true(bytes[i] > 0);
        for (int i = 0; i < SIM_KEEP_NAMES_COUNT; i++)
                assert_true(names[i] > 0);
        int count = 0;
        while (sim_survival_name(count))
                assert_true(sim_survival_find(sim_survival_name(count++), &s));
        assert_int_equal(count, 11);
        assert_false(sim_survival_find("nonsense", &s));
        s = (struct sim_survival){0};
        assert_int_equal(sim_survival_draw_bytes(&s, &r), SIM_KEEP_NO_BYTES);
}

/* --- names --- */

/* Goal:   an unsynced name is lost with "nameless", kept with "contentless"; a rename survives
 *         without the new file's bytes; a synced directory keeps all.
 * Method: the checkpoint dance (write x.tmp, rename to x) without its syncs. */
static void names_and_contents_part(void **state)
{
        (void)state;
        const char *cuts[] = {"nameless", "contentless"};
        for (int i = 0; i < 2; i++) {
                struct sim_disk *disk = sim_disk_new();
                write_text(disk, "x", "old");
                sim_disk_sync_dir(disk, "/");
                struct file *file = open_file(disk, "x.tmp", WORLD_CREATE);
                append(disk, file, "new", 3);
                sim_disk_close(file);
                assert_int_equal(sim_disk_rename(disk, "x.tmp", "x"), KERR_NONE);
                assert_text(disk, "x", "new");
                power_cut(disk, 1, cuts[i]);
                assert_text(disk, "x", i == 0 ? "old" : "");
                assert_false(exists(disk, "x.tmp"));
                write_text(disk, "y", "y");
                sim_disk_sync_dir(disk, "/");
                power_cut(disk, 2, "nothing");
                assert_text(disk, "y", "y");
                sim_disk_free(disk);
        }
}

/* Goal:   a name needs every directory above it to be synced; removes and directories come back.
 * Method: make a/b/f, sync from below, cut after each step. */
static void directories_need_their_parents(void **state)
{
        (void)state;
        struct sim_disk *disk = sim_disk_new();
        assert_int_equal(sim_disk_make_dir(disk, "a"), KERR_NONE);
        assert_int_equal(sim_disk_make_dir(disk, "a"), KERR_EXISTS);
        assert_int_equal(sim_disk_make_dir(disk, "a/b/"), KERR_NONE);
        write_text(disk, "//a//b/f", "f");
        assert_int_equal(sim_disk_sync_dir(disk, "a/b"), KERR_NONE);
        assert_int_equal(sim_disk_sync_dir(disk, "a"), KERR_NONE);
        power_cut(disk, 1, "nothing");
        assert_int_equal(sim_disk_sync_dir(disk, "a"), KERR_NOT_FOUND);

        sim_disk_make_dir(disk, "a");
        sim_disk_make_dir(disk, "a/b");
        write_text(disk, "a/b/f", "f");
        sim_disk_sync_dir(disk, "a/b");
        sim_disk_sync_dir(disk, "a");
        sim_disk_sync_dir(disk, "");
        assert_int_equal(sim_disk_remove(disk, "a/b"), KERR_EXISTS);
        assert_int_equal(sim_disk_remove(disk, "a/b/f"), KERR_NONE);
        assert_int_equal(sim_disk_remove(disk, "a/b"), KERR_NONE);
        assert_int_equal(sim_disk_rename(disk, "a", "z"), KERR_NONE);
        power_cut(disk, 1, "nothing");
        assert_text(disk, "a/b/f", "f");
        assert_false(exists(disk, "z/b/f"));
        assert_int_equal(sim_disk_rename(disk, "a", "z"), KERR_NONE);
        sim_disk_kill(disk);
        assert_text(disk, "z/b/f", "f");
        sim_disk_wipe(disk);
        assert_int_equal(sim_disk_sync_dir(disk, "z"), KERR_NOT_FOUND);
        sim_disk_free(disk);
}

/* Goal:   errors of the calls on names. Method: one wrong call after another. */
static void wrong_names_are_refused(void **state)
{
        (void)state;
        struct sim_disk *disk = sim_disk_new();
        struct file *file;
        sim_disk_make_dir(disk, "d");
        write_text(disk, "f", "");
        assert_int_equal(sim_disk_open(disk, "none", WORLD_READ, &file), KERR_NOT_FOUND);
        assert_int_equal(sim_disk_open(disk, "none/f", WORLD_CREATE, &file), KERR_NOT_FOUND);
        assert_int_equal(sim_disk_open(disk, "f/g", WORLD_CREATE, &file), KERR_NOT_FOUND);
        assert_int_equal(sim_disk_open(disk, "d", WORLD_READ, &file), KERR_EXISTS);
        assert_int_equal(sim_disk_open(disk, "", WORLD_CREATE, &file), KERR_EXISTS);
        assert_int_equal(sim_disk_rename(disk, "none", "g"), KERR_NOT_FOUND);
        assert_int_equal(sim_disk_rename(disk, "f", "d"), KERR_EXISTS);
        assert_int_equal(sim_disk_rename(disk, "f", "d/f"), KERR_IO);
        assert_int_equal(sim_disk_rename(disk, "f", "f"), KERR_NONE);
        assert_int_equal(sim_disk_remove(disk, "none"), KERR_NOT_FOUND);
        assert_int_equal(sim_disk_remove(disk, ""), KERR_NOT_FOUND);
        assert_int_equal(sim_disk_sync_dir(disk, "f"), KERR_NOT_FOUND);
        struct buffer names = {0};
        assert_int_equal(sim_disk_list(disk, "f", &names), KERR_NOT_FOUND);
        sim_disk_free(disk);
}

/* Goal:   listings are sorted by bytes, directories marked.
 * Method: create out of order, compare the whole answer. */
static void listings_are_sorted(void **state)
{
        (void)state;
        struct sim_disk *disk = sim_disk_new();
        write_text(disk, "b", "");
        sim_disk_make_dir(disk, "c");
        write_text(disk, "B", "");
        write_text(disk, "a", "");
        struct buffer names = {0};
        assert_int_equal(sim_disk_list(disk, "/", &names), KERR_NONE);
        assert_int_equal(names.size, sizeof "B\0a\0b\0c/");
        assert_memory_equal(names.data, "B\0a\0b\0c/", names.size);
        buffer_deinit(&names);
        sim_disk_free(disk);
}

/* Goal:   a removed file stays readable for who holds it, also when its name is reused.
 * Method: open, retain, remove, create anew, read both. */
static void removed_files_stay_readable(void **state)
{
        (void)state;
        struct sim_disk *disk = sim_disk_new();
        write_text(disk, "f", "one");
        struct file *file = open_file(disk, "f", WORLD_READ);
        sim_disk_retain(file);
        assert_int_equal(sim_disk_remove(disk, "f"), KERR_NONE);
        sim_disk_sync_dir(disk, "");
        write_text(disk, "f", "two");
        sim_disk_close(file);
        assert_int_equal(sim_disk_open_files(disk), 1);
        char text[3];
        size_t got;
        assert_int_equal(sim_disk_read(disk, file, 0, text, 3, &got), KERR_NONE);
        assert_memory_equal(text, "one", 3);
        sim_disk_close(file);
        assert_int_equal(sim_disk_open_files(disk), 0);
        assert_text(disk, "f", "two");
        sim_disk_free(disk);
}

/* --- failures on request --- */

/* Goal:   a short append keeps a part; a full disk what fits; failing syncs end.
 * Method: ask for each, look at the file. */
static void failures_come_when_asked(void **state)
{
        (void)state;
        struct sim_disk *disk = sim_disk_new();
        struct file *file = open_file(disk, "f", WORLD_CREATE);
        struct span spans[] = {span_of("0123", 4), span_of("456789", 6)};
        sim_disk_fail_append(disk, 2, KERR_IO, 25);
        assert_int_equal(sim_disk_append(disk, file, spans, 2), KERR_NONE);
        assert_int_equal(sim_disk_append(disk, file, spans, 2), KERR_IO);
        assert_int_equal(sim_disk_size(file), 15);
        assert_int_equal(sim_disk_append(disk, file, spans, 2), KERR_NONE);
        sim_disk_set_capacity(disk, 32);
        assert_int_equal(sim_disk_append(disk, file, spans, 2), KERR_NO_SPACE);
        assert_int_equal(sim_disk_size(file), 32);
        assert_int_equal(sim_disk_append(disk, file, spans, 2), KERR_NO_SPACE);
        assert_int_equal(sim_disk_truncate(disk, file, 20), KERR_NONE);
        assert_int_equal(sim_disk_append(disk, file, spans, 2), KERR_NONE);
        sim_disk_fail_syncs(disk, 2, false);
        assert_int_equal(sim_disk_sync(disk, file), KERR_IO);
        assert_int_equal(sim_disk_sync_dir(disk, ""), KERR_IO);
        assert_int_equal(sim_disk_sync(disk, file), KERR_NONE);
        assert_int_equal(sim_disk_sync_dir(disk, ""), KERR_NONE);
        sim_disk_close(file);
        power_cut(disk, 1, "nothing");
        struct buffer bytes = read_all(disk, "f");
        assert_int_equal(bytes.size, 30);
        assert_memory_equal(bytes.data, "012345678901234012340123456789", 30);
        buffer_deinit(&bytes);
        sim_disk_free(disk);
}

/* Goal:   after a failed sync that drops its pages, the next one succeeds and the bytes are still
 *         lost, though reads see them until the power is cut.
 * Method: "aa" synced, "bb" dropped, "cc" synced; also cut the file short in between. */
static void dropped_pages_are_lost_in_silence(void **state)
{
        (void)state;
        for (int truncated = 0; truncated < 2; truncated++) {
                struct sim_disk *disk = sim_disk_new();
                write_text(disk, "f", "aa");
                sim_disk_sync_dir(disk, "");
                struct file *file = open_file(disk, "f", WORLD_APPEND);
                append(disk, file, "bb", 2);
                sim_disk_fail_syncs(disk, 1, true);
                assert_int_equal(sim_disk_sync(disk, file), KERR_IO);
                append(disk, file, "cc", 2);
                assert_int_equal(sim_disk_sync(disk, file), KERR_NONE);
                if (truncated)
                        sim_disk_truncate(disk, file, 3);
                sim_disk_close(file);
                assert_text(disk, "f", truncated ? "aab" : "aabbcc");
                power_cut(disk, 1, "nothing");
                struct buffer bytes = read_all(disk, "f");
                assert_int_equal(bytes.size, 6);
                assert_memory_equal(bytes.data, "aa\0\0cc", 6);
                buffer_deinit(&bytes);
                sim_disk_free(disk);
        }
}

/* Goal:   a sync that began before an append does not cover it.
 * Method: sync up to an older size. */
static void a_sync_covers_what_was_there(void **state)
{
        (void)state;
        struct sim_disk *disk = sim_disk_new();
        struct file *file = open_file(disk, "f", WORLD_CREATE);
        sim_disk_sync_dir(disk, "");
        append(disk, file, "aa", 2);
        append(disk, file, "bb", 2);
        sim_disk_sync_until(disk, file, 3);
        sim_disk_close(file);
        power_cut(disk, 1, "nothing");
        assert_text(disk, "f", "aab");
        sim_disk_free(disk);
}

/* Goal:   the crash point stops everything, and each operation can be one.
 * Method: the same four operations, crashed at the first, the second … and not at all. */
static void the_crash_point_stops_everything(void **state)
{
        (void)state;
        for (int64_t n = 1; n <= 5; n++) {
                struct sim_disk *disk = sim_disk_new();
                struct file *file = NULL;
                sim_disk_crash_at(disk, n);
                enum kerr err = sim_disk_open(disk, "f", WORLD_CREATE, &file);
                struct span span = span_of("aa", 2);
                if (!err)
                        err = sim_disk_append(disk, file, &span, 1);
                if (!err)
                        err = sim_disk_sync(disk, file);
                if (!err)
                        err = sim_disk_sync_dir(disk, "");
                assert_int_equal(err, n <= 4 ? KERR_IO : KERR_NONE);
                assert_int_equal(sim_disk_has_crashed(disk), n <= 4);
                assert_int_equal(sim_disk_operations(disk), n <= 4 ? n : 4);
                struct buffer names = {0};
                assert_int_equal(sim_disk_list(disk, "", &names), n <= 4 ? KERR_IO : KERR_NONE);
                buffer_deinit(&names);
                if (file)
                        sim_disk_close(file);
                power_cut(disk, 1, "nothing");
                assert_int_equal(exists(disk, "f"), n == 5);
                sim_disk_free(disk);
        }
}

/* --- random histories against a plain model --- */

/* Goal:   over 10,000 random histories of one file, what was synced survives to the byte, and the
 *         rest is explained by what was written.
 * Method: the model keeps whole copies: the bytes at the last sync, and the lowest size since.
 *         After the cut the file is the old copy, or agrees with it below that size and is no
 *         longer than the page cache was; a history without unsynced changes is exact. */
static void synced_bytes_survive(void **state)
{
        (void)state;
        for (uint64_t seed = 0; seed < 10000; seed++) {
                struct rng r;
                rng_init(&r, seed);
                struct sim_disk *disk = sim_disk_new();
                struct file *file = open_file(disk, "f", WORLD_CREATE);
                sim_disk_sync_dir(disk, "");
                struct buffer cached = {0}, durable = {0};
                size_t lowest = 0;
                bool changed = false;
                uint8_t data[3000];
                for (int64_t steps = rng_between(&r, 1, 12); steps > 0; steps--) {
                        int64_t what = rng_between(&r, 0, 5);
                        if (what == 0) {
                                sim_disk_sync(disk, file);
                                buffer_clear(&durable);
                                buffer_append(&durable, cached.data, cached.size);
                                lowest = cached.size;
                                changed = false;
                        } else if (what == 1) {
                                cached.size = (size_t)rng_between(&r, 0, (int64_t)cached.size);
                                sim_disk_truncate(disk, file, (int64_t)cached.size);
                                lowest = cached.size < lowest ? cached.size : lowest;
                                changed = true;
                        } else {
                                size_t size = (size_t)rng_between(&r, 1, sizeof data);
                                memset(data, (int)rng_between(&r, 1, 255), size);
                                append(disk, file, data, size);
                                buffer_append(&cached, data, size);
                                changed = true;
                        }
                }
                sim_disk_close(file);
                if (seed % 4 == 0)
                        sim_disk_kill(disk);
                else
                        power_cut(disk, seed, "any");
                struct buffer after = read_all(disk, "f");
                const struct buffer *exact = seed % 4 == 0 ? &cached : &durable;
                bool same = after.size == exact->size &&
                            (after.size == 0 || !memcmp(after.data, exact->data, after.size));
                if (seed % 4 == 0 || !changed) {
                        assert_true(same);
                } else if (!same) {
                        assert_true(after.size >= lowest && after.size <= cached.size);
                        if (lowest > 0)
                                assert_memory_equal(after.data, durable.data, lowest);
                }
                buffer_deinit(&cached);
                buffer_deinit(&durable);
                buffer_deinit(&after);
                sim_disk_free(disk);
        }
}

enum { NAMES = 4, BINDINGS = 32 };

/* Goal:   over 10,000 random histories of one directory, a name that nothing touched since the last
 *         sync is exactly as it was, and any other is as it was at some moment since.
 * Method: each file holds its own number, synced. The model lists per name the numbers it has stood
 *         for since the last sync (0: for nothing). */
static void synced_names_survive(void **state)
{
        (void)state;
        static const char *const names[NAMES] = {"a", "b", "c", "d"};
        int lost = 0;
        for (uint64_t seed = 0; seed < 10000; seed++) {
                struct rng r;
                rng_init(&r, seed);
                struct sim_disk *disk = sim_disk_new();
                int bound[NAMES][BINDINGS] = {0}, count[NAMES] = {1, 1, 1, 1}, files = 0;
                for (int64_t steps = rng_between(&r, 1, 20); steps > 0; steps--) {
                        int64_t a = rng_between(&r, 0, NAMES - 1),
                                b = rng_between(&r, 0, NAMES - 1);
                        int now = bound[a][count[a] - 1];
                        char text[16];
                        switch (rng_between(&r, 0, 3)) {
                        case 0:
                                for (int i = 0; i < NAMES; i++) {
                                        bound[i][0] = bound[i][count[i] - 1];
                                        count[i] = 1;
                                }
                                sim_disk_sync_dir(disk, "");
                                break;
                        case 1:
                                assert_int_equal(sim_disk_remove(disk, names[a]),
                                                 now ? KERR_NONE : KERR_NOT_FOUND);
                                if (now)
                                        bound[a][count[a]++] = 0;
                                break;
                        case 2:
                                assert_int_equal(sim_disk_rename(disk, names[a], names[b]),
                                                 now ? KERR_NONE : KERR_NOT_FOUND);
                                if (now && a != b) {
                                        bound[a][count[a]++] = 0;
                                        bound[b][count[b]++] = now;
                                }
                                break;
                        default:
                                if (now)
                                        break;
                                snprintf(text, sizeof text, "%d", ++files);
                                write_text(disk, names[a], text);
                                bound[a][count[a]++] = files;
                        }
                }
                power_cut(disk, seed, "any");
                for (int i = 0; i < NAMES; i++) {
                        int found = 0;
                        if (exists(disk, names[i])) {
                                struct buffer text = read_all(disk, names[i]);
                                buffer_append(&text, "", 1);
                                found = atoi((char *)text.data);
                                buffer_deinit(&text);
                        }
                        bool known = false;
                        for (int j = 0; j < count[i]; j++)
                                known = known || bound[i][j] == found;
                        assert_true(known);
                        lost += found != bound[i][count[i] - 1];
                }
                sim_disk_free(disk);
        }
        assert_true(lost > 1000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_choice_happens),
                cmocka_unit_test(any_draws_all),
                cmocka_unit_test(names_and_contents_part),
                cmocka_unit_test(directories_need_their_parents),
                cmocka_unit_test(wrong_names_are_refused),
                cmocka_unit_test(listings_are_sorted),
                cmocka_unit_test(removed_files_stay_readable),
                cmocka_unit_test(failures_come_when_asked),
                cmocka_unit_test(dropped_pages_are_lost_in_silence),
                cmocka_unit_test(a_sync_covers_what_was_there),
                cmocka_unit_test(the_crash_point_stops_everything),
                cmocka_unit_test(synced_bytes_survive),
                cmocka_unit_test(synced_names_survive),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
