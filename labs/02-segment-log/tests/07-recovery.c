/* Tests 07 to 09: what a crash leaves, and what recovery keeps. Batches of one record, 100 bytes.
 */
#include "labs/tool/lab_test.h"
#include "tests/unit/log_fixture.h"

#define LOG   "t-0/00000000000000000000.log"
#define INDEX "t-0/00000000000000000000.index"

/* A log of so many batches; then the process dies, and nothing had been synced. */
static void crashed(struct log_fixture *x, int batches, int32_t epoch)
{
        struct log_config config = small_config();
        config.segment_bytes = 1 << 20;
        fixture_init(x, config);
        for (int i = 0; i < batches; i++)
                expect_number("an append", fixture_append_epoch(x, hundred_bytes(1000 + i), epoch),
                              KERR_NONE);
        partition_log_abandon(x->log);
        x->log = NULL;
        fake_world_kill(&x->f);
}

static bool recover(struct log_fixture *x)
{
        return expect_that("the log opens after the crash",
                           fixture_open(x, 0, 0, false) == KERR_NONE);
}

static void expect_recovered(struct log_fixture *x, int64_t end, const char *what)
{
        if (recover(x)) {
                struct buffer bytes = {0};
                expect_number(what, partition_log_end(x->log), end);
                expect_number("what is left can be read to its end", fixture_read(x, 0, &bytes),
                              KERR_NONE);
                expect_number("the bytes of it", (int64_t)bytes.size, 100 * end);
                expect_number("one more can be appended", fixture_append(x, hundred_bytes(0)),
                              KERR_NONE);
                expect_number("and comes behind the rest", partition_log_end(x->log), end + 1);
                buffer_deinit(&bytes);
                fixture_deinit(x);
        } else {
                fake_world_deinit(&x->f);
        }
}

static void flip(struct log_fixture *x, const char *path, size_t at)
{
        struct buffer content = {0};
        fake_world_read(&x->f, path, &content);
        if (at < content.size)
                content.data[at] ^= 0x40;
        fake_world_write(&x->f, path, buffer_span(&content));
        buffer_deinit(&content);
}

static void shorten(struct log_fixture *x, const char *path, size_t size)
{
        struct buffer content = {0};
        fake_world_read(&x->f, path, &content);
        if (size < content.size)
                content.size = size;
        fake_world_write(&x->f, path, buffer_span(&content));
        buffer_deinit(&content);
}

LAB_TEST(07, "recovery cuts a torn tail, and only that")
{
        struct log_fixture x;
        crashed(&x, 8, 0);
        expect_recovered(&x, 8, "nothing is torn: all 8 batches stay");
        crashed(&x, 8, 0);
        shorten(&x, LOG, 750);
        expect_recovered(&x, 7, "half of the last batch is missing");
        crashed(&x, 8, 0);
        shorten(&x, LOG, 710);
        expect_recovered(&x, 7, "of the last batch there are 10 bytes");
        crashed(&x, 8, 0);
        flip(&x, LOG, 790);
        expect_recovered(&x, 7, "a byte of the last record is wrong, its length is right");
        crashed(&x, 8, 3);
        sim_disk_remove(x.f.disk, "t-0/leader-epoch-checkpoint");
        if (recover(&x)) {
                expect_number("the leader epoch comes from the batches",
                              partition_log_last_epoch(x.log), 3);
                fixture_deinit(&x);
        }
}

/* The index says that there are 20 batches; the log lost all but 5 of them. */
LAB_TEST(08, "recovery makes the index anew")
{
        struct log_fixture x;
        struct buffer index = {0};
        struct log_config config = small_config();
        config.segment_bytes = 1 << 20;
        fixture_init(&x, config);
        for (int i = 0; i < 20; i++)
                fixture_append(&x, hundred_bytes(1000 + i));
        if (partition_log_close(x.log))
                abort();
        shorten(&x, LOG, 500);
        if (recover(&x)) {
                expect_number("the log end", partition_log_end(x.log), 5);
                expect_number("closing it", partition_log_close(x.log), KERR_NONE);
                fake_world_read(&x.f, INDEX, &index);
                expect_number("entries of 5 batches: for 2 and 4", (int64_t)index.size, 16);
                expect_that("the last entry says offset 4 at position 400",
                            index.size >= 16 && load_be32(index.data + 8) == 4 &&
                                    load_be32(index.data + 12) == 400);
        }
        buffer_deinit(&index);
        fake_world_deinit(&x.f);
}

LAB_TEST(09, "recovery stops at the first damage")
{
        struct log_fixture x;
        crashed(&x, 8, 0);
        flip(&x, LOG, 390);
        expect_recovered(&x, 3, "batch 3 of 8 is damaged: what is behind it goes too");
        crashed(&x, 8, 0);
        struct buffer content = {0};
        fake_world_read(&x.f, LOG, &content);
        if (content.size == 800)
                memcpy(content.data + 700, content.data + 200,
                       100); /* a whole batch, but an old one */
        fake_world_write(&x.f, LOG, buffer_span(&content));
        buffer_deinit(&content);
        expect_recovered(&x, 7, "the last batch has the offset of an earlier one");
}
