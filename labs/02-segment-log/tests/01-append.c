/* Tests 01 to 03: appending to one segment, whose base offset is 1000. */
#include "labs/tool/lab_test.h"
#include "log/segment_list.h"
#include "tests/unit/log_fixture.h"

#include <stdio.h>

enum { BASE = 1000 };

#define LOG   "t-0/00000000000000001000.log"
#define INDEX "t-0/00000000000000001000.index"
#define TIMES "t-0/00000000000000001000.timeindex"

struct fixture {
        struct fake_world f;
        struct log_config config;
        struct segment *s;
        struct append_list list;
};

static void begin(struct fixture *x)
{
        memset(x, 0, sizeof *x);
        fake_world_init(&x->f);
        x->config = small_config();
        struct world *w = &x->f.world;
        if (w->make_dir(w, "t-0") || segment_create(w, "t-0", &x->config, BASE, &x->s))
                abort();
}

static void end(struct fixture *x)
{
        segment_close(x->s);
        append_list_deinit(&x->list);
        fake_world_deinit(&x->f);
}

/* Appends so many batches of one record and 100 bytes, with one call, the first at `offset`. */
static enum kerr append(struct fixture *x, int batches, int64_t offset, int64_t timestamp)
{
        struct buffer bytes = {0};
        for (int i = 0; i < batches; i++)
                append_sample(&bytes, hundred_bytes(timestamp));
        struct append_stamp stamp = {.base_offset = offset};
        enum kerr err = append_list_fill(&x->list, buffer_span(&bytes), &x->config, stamp);
        if (!err)
                err = segment_append(x->s, &x->list);
        buffer_deinit(&bytes);
        return err;
}

/* Appends one batch of three records, larger than index.interval.bytes. */
static enum kerr append_three(struct fixture *x, int64_t offset)
{
        struct buffer bytes = {0};
        append_sample(&bytes, (struct sample){.records = 3, .value_bytes = 60});
        struct append_stamp stamp = {.base_offset = offset};
        enum kerr err = append_list_fill(&x->list, buffer_span(&bytes), &x->config, stamp);
        if (!err)
                err = segment_append(x->s, &x->list);
        buffer_deinit(&bytes);
        return err;
}

static int64_t size_of(struct fixture *x, const char *path)
{
        struct buffer content = {0};
        fake_world_read(&x->f, path, &content);
        int64_t size = (int64_t)content.size;
        buffer_deinit(&content);
        return size;
}

static void expect_bytes(struct fixture *x, const char *path, const char *what,
                         const char *expected)
{
        struct buffer content = {0};
        char hex[400] = "";
        fake_world_read(&x->f, path, &content);
        for (size_t i = 0; i < content.size && i < 100; i++)
                snprintf(hex + strlen(hex), 4, "%02x%s", content.data[i], i % 4 == 3 ? " " : "");
        expect_string(what, hex, expected);
        buffer_deinit(&content);
}

LAB_TEST(01, "an append puts the bytes there and moves the end")
{
        struct fixture x;
        begin(&x);
        expect_number("the first append", append(&x, 1, BASE, 0), KERR_NONE);
        expect_number("bytes in the file", size_of(&x, LOG), 100);
        expect_number("bytes that readers see", x.s->size_bytes, 100);
        expect_number("the next offset", x.s->next_offset, BASE + 1);
        expect_number("two more batches with one append", append(&x, 2, BASE + 1, 0), KERR_NONE);
        expect_number("bytes in the file", size_of(&x, LOG), 300);
        expect_number("bytes that readers see", x.s->size_bytes, 300);
        expect_number("the next offset", x.s->next_offset, BASE + 3);
        int64_t position = -1;
        expect_number("a look-up of the last offset", segment_find(x.s, BASE + 2, &position),
                      KERR_NONE);
        expect_number("where it lies", position, 200);
        end(&x);
}

LAB_TEST(02, "a failed append is never seen")
{
        struct fixture x;
        begin(&x);
        append(&x, 3, BASE, 0);
        sim_disk_fail_append(x.f.disk, 1, KERR_NO_SPACE, 50); /* half of it is in the file then */
        expect_number("the disk is full, and that is told", append(&x, 1, BASE + 3, 0),
                      KERR_NO_SPACE);
        expect_number("bytes that readers see", x.s->size_bytes, 300);
        expect_number("the next offset", x.s->next_offset, BASE + 3);
        end(&x);
}

LAB_TEST(03, "the index entries are Kafka's, to the byte")
{
        static const int64_t timestamps[] = {1000, 3000, 2000, 2500, 5000, 6000};
        struct fixture x;
        begin(&x);
        for (int i = 0; i < 6; i++)
                append(&x, 1, BASE + i, timestamps[i]);
        expect_number("sealing", segment_seal(x.s), KERR_NONE);
        /* index.interval.bytes is 150: an entry when more than that lies since the last. */
        expect_bytes(&x, INDEX, "offset index: 1002 at 200, 1004 at 400",
                     "00000002 000000c8 00000004 00000190 ");
        expect_bytes(&x, TIMES, "time index: 3000 at 1001, 5000 at 1004, 6000 at 1005",
                     "00000000 00000bb8 00000001 00000000 00001388 00000004 00000000 00001770 "
                     "00000005 ");
        end(&x);

        begin(&x);
        append(&x, 6, BASE, 1000);
        expect_number("sealing", segment_seal(x.s), KERR_NONE);
        expect_bytes(&x, INDEX, "the same six batches with one append",
                     "00000002 000000c8 00000004 00000190 ");
        end(&x);

        begin(&x);
        struct place last;
        for (int i = 0; i < 3; i++)
                append_three(&x, BASE + 3 * i);
        if (offset_index_last(&x.s->offsets, &last))
                abort();
        expect_number("the entry of a batch of three names its last offset", last.offset, BASE + 8);
        expect_number("and where the batch begins", last.position, x.s->size_bytes / 3 * 2);
        end(&x);
}
