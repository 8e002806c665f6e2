/* Unit tests of src/log/checkpoint.c. */
#include "fake_world.h"
#include "log/checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void setup(struct fake_world *f)
{
        fake_world_init(f);
        assert_int_equal(f->world.make_dir(&f->world, "root"), KERR_NONE);
        assert_int_equal(f->world.sync_dir(&f->world, "/"), KERR_NONE);
}

static int32_t read_count(struct fake_world *f, enum kerr *err)
{
        struct offset_checkpoint_line *lines;
        int32_t count;
        *err = checkpoint_read_offsets(&f->world, "root", "c-checkpoint", &lines, &count);
        free(lines);
        return count;
}

/* Goal: the file is Kafka's to the byte, and reads back as it was. Method: write two lines, compare
 * with the text by hand, read. */
static void offsets_come_back(void **state)
{
        (void)state;
        struct fake_world f;
        setup(&f);
        struct offset_checkpoint_line in[2] = {{"orders", 0, 41}, {"a.b_c-d", 12, INT64_MAX}};
        assert_int_equal(checkpoint_write_offsets(&f.world, "root", "c-checkpoint", in, 2),
                         KERR_NONE);
        struct buffer text = {0};
        fake_world_read(&f, "root/c-checkpoint", &text);
        const char expected[] = "0\n2\norders 0 41\na.b_c-d 12 9223372036854775807\n";
        assert_int_equal(text.size, strlen(expected));
        assert_memory_equal(text.data, expected, text.size);
        buffer_deinit(&text);

        struct offset_checkpoint_line *out;
        int32_t count;
        assert_int_equal(checkpoint_read_offsets(&f.world, "root", "c-checkpoint", &out, &count),
                         KERR_NONE);
        assert_int_equal(count, 2);
        for (int i = 0; i < 2; i++) {
                assert_string_equal(out[i].topic, in[i].topic);
                assert_int_equal(out[i].partition, in[i].partition);
                assert_int_equal(out[i].offset, in[i].offset);
        }
        free(out);
        fake_world_deinit(&f);
}

/* Goal: no file and an empty file are no lines; anything that breaks the format is refused with the
 * number of its line. Method: a table of contents. */
static void bad_lines_are_named(void **state)
{
        (void)state;
        static const struct {
                const char *text;
                int line; /* 0: good */
                int32_t count;
        } cases[] = {
                {"", 0, 0},
                {"0\n0\n", 0, 0},
                {"0\n1\nt 0 5\n", 0, 1},
                {"0\n1\nt 0 5", 0, 1},
                {"1\n0\n", 1, 0},
                {"x\n0\n", 1, 0},
                {"0", 2, 0},
                {"0\n-1\n", 2, 0},
                {"0\n1 \nt 0 5\n", 0, 1},
                {"0\n2\nt 0 5\n", 4, 0},
                {"0\n1\nt 0 5\nt 1 5\n", 4, 0},
                {"0\n1\nt 0\n", 3, 0},
                {"0\n1\nt 0 5 6\n", 3, 0},
                {"0\n1\nt 0 -5\n", 3, 0},
                {"0\n1\nt 2147483648 5\n", 3, 0},
                {"0\n1\nt 0 9223372036854775808\n", 3, 0},
                {"0\n1\nt 0 5x\n", 3, 0},
                {"0\n1\n 0 5\n", 3, 0},
        };
        struct fake_world f;
        setup(&f);
        enum kerr err;
        assert_int_equal(read_count(&f, &err), 0);
        assert_int_equal(err, KERR_NONE);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                char line[64];
                buffer_clear(&f.log);
                fake_world_write(&f, "root/c-checkpoint",
                                 span_of(cases[i].text, strlen(cases[i].text)));
                int32_t count = read_count(&f, &err);
                assert_int_equal(err, cases[i].line ? KERR_MALFORMED : KERR_NONE);
                assert_int_equal(count, cases[i].count);
                snprintf(line, sizeof line, "root/c-checkpoint, line %d:", cases[i].line);
                assert_int_equal(fake_world_logged(&f, line), cases[i].line != 0);
        }
        /* A name that no topic can have. */
        char text[300];
        snprintf(text, sizeof text, "0\n1\n%0250d 0 5\n", 0);
        fake_world_write(&f, "root/c-checkpoint", span_of(text, strlen(text)));
        read_count(&f, &err);
        assert_int_equal(err, KERR_MALFORMED);
        fake_world_deinit(&f);
}

/* The number of lines that a power cut leaves of a checkpoint of one line that was being replaced
 * by one of two, when the node died in operation `n` of the replacement; -1: the file is bad. `n`
 * 0: it did not die before the end. */
static int32_t lines_after_crash(struct zoo zoo, int64_t n, uint64_t seed)
{
        struct fake_world f;
        setup(&f);
        f.world.zoo = zoo;
        struct offset_checkpoint_line lines[2] = {{"t", 0, 1}, {"t", 1, 2}};
        struct world *w = &f.world;
        assert_int_equal(checkpoint_write_offsets(w, "root", "c-checkpoint", lines, 1), KERR_NONE);
        if (n > 0)
                sim_disk_crash_at(f.disk, n);
        enum kerr err = checkpoint_write_offsets(w, "root", "c-checkpoint", lines, 2);
        assert_int_equal(err != KERR_NONE, n > 0);
        fake_world_power_cut(&f, "any", seed);
        int32_t count = read_count(&f, &err);
        fake_world_deinit(&f);
        return err ? -1 : count;
}

/* Goal: whenever the power fails, a reader finds the old checkpoint or the new one. Method: die in
 * each operation of a replacement, with many choices of what survives. */
static void replacement_is_atomic(void **state)
{
        (void)state;
        for (int64_t n = 1; n <= 5; n++) {
                for (uint64_t seed = 0; seed < 40; seed++) {
                        int32_t count = lines_after_crash((struct zoo){0}, n, seed);
                        assert_true(count == 1 || count == 2);
                }
        }
        for (uint64_t seed = 0; seed < 40; seed++)
                assert_int_equal(lines_after_crash((struct zoo){0}, 0, seed), 2);
}

/* Goal: the switch unsynced-checkpoint loses a checkpoint (KAFKA-16541). Method: as above, without
 * a crash before the end. */
static void unsynced_checkpoint_is_lost(void **state)
{
        (void)state;
        struct zoo zoo = {1u << ZOO_UNSYNCED_CHECKPOINT};
        int lost = 0;
        for (uint64_t seed = 0; seed < 40; seed++)
                lost += lines_after_crash(zoo, 0, seed) != 2;
        assert_true(lost > 0);
}

/* Goal: a disk that fails is reported. Method: fail the append, then the sync, of a replacement. */
static void disk_errors_come_back(void **state)
{
        (void)state;
        struct fake_world f;
        setup(&f);
        struct offset_checkpoint_line line = {"t", 0, 1};
        sim_disk_fail_append(f.disk, 1, KERR_NO_SPACE, 3);
        assert_int_equal(checkpoint_write_offsets(&f.world, "root", "c-checkpoint", &line, 1),
                         KERR_NO_SPACE);
        sim_disk_fail_syncs(f.disk, 1, false);
        assert_int_equal(checkpoint_write_offsets(&f.world, "root", "c-checkpoint", &line, 1),
                         KERR_IO);
        enum kerr err;
        assert_int_equal(read_count(&f, &err), 0);
        assert_int_equal(sim_disk_open_files(f.disk), 0);
        fake_world_deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(offsets_come_back),
                cmocka_unit_test(bad_lines_are_named),
                cmocka_unit_test(replacement_is_atomic),
                cmocka_unit_test(unsynced_checkpoint_is_lost),
                cmocka_unit_test(disk_errors_come_back),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
