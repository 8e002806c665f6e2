/* Tests 03 to 06: which records survive, and how. A log is written down as in keyed_log.h. */
#include "labs/15-compaction/tests/keyed_log.h"

static void put_without_key(struct log_fixture *x)
{
        struct batch_builder b;
        struct record r = {.value = span_of("lost", 4)};
        batch_builder_init(&b);
        batch_builder_add(&b, &r, NULL, 0);
        append_batch(x, &b);
}

LAB_TEST(03, "the last record of each key stays")
{
        struct log_fixture x;
        fixture_init(&x, keyed_config());
        put_each(&x, "k1=a k2=b k1=c k3=d k2=e k1=f");
        bool good = clean(&x) && expect_log("six records, three keys", &x, "3:k3=d 4:k2=e 5:k1=f");
        if (good) {
                put(&x, "k4=g");
                good = clean(&x) && expect_log("a new key: those of the clean part stay", &x,
                                               "3:k3=d 4:k2=e 5:k1=f 6:k4=g");
        }
        if (good) {
                put(&x, "k2=h k5=i k2=j");
                good = clean(&x) && expect_log("a batch of three, two of one key", &x,
                                               "3:k3=d 5:k1=f 6:k4=g 8:k5=i 9:k2=j");
        }
        if (good) {
                expect_number("all is clean now, up to", partition_log_cleaned_end(x.log), 10);
                put_without_key(&x);
                put(&x, "k6=k");
                good = clean(&x) && expect_log("a record without a key goes", &x,
                                               "3:k3=d 5:k1=f 6:k4=g 8:k5=i 9:k2=j 11:k6=k");
        }
        if (good) {
                put(&x, "k1=l");
                roll(&x);
                put(&x, "k1=m k2=n");
                clean_below(&x, partition_log_end(x.log), ALL_KEYS);
                expect_log("what is in the active segment replaces nothing yet", &x,
                           "3:k3=d 6:k4=g 8:k5=i 9:k2=j 11:k6=k 12:k1=l 13:k1=m 14:k2=n");
        }
        fixture_deinit(&x);
}

/* The header of the batch that a reader gets who asks for `offset`. */
static bool header_at(struct log_fixture *x, int64_t offset, struct batch_header *h)
{
        struct extent at;
        uint8_t bytes[BATCH_HEADER_BYTES];
        struct world *w = &x->f.world;
        return expect_that(
                "there is a batch to be read",
                !partition_log_read(x->log, offset, partition_log_end(x->log), 1, true, &at) &&
                        at.file &&
                        !world_read_exactly(w, at.file, at.position, bytes, sizeof bytes) &&
                        !batch_read_header(span_of(bytes, sizeof bytes), h));
}

LAB_TEST(04, "what stays keeps its offset, its time and its batch")
{
        struct log_fixture x;
        struct batch_header h;
        struct log_time_hit hit;
        fixture_init(&x, keyed_config());
        put(&x, "k0=z");
        put_kind(&x, "k1=a k9=b k2=c", (struct kind){.producer_id = 7, .timestamp = 500});
        put_each(&x, "k1=d k2=e");
        if (clean(&x) &&
            expect_log("of a batch of three one stays", &x, "0:k0=z 2:k9=b 4:k1=d 5:k2=e") &&
            header_at(&x, 1, &h)) {
                expect_number("its batch: base offset", h.base_offset, 1);
                expect_number("last offset delta", h.last_offset_delta, 2);
                expect_number("records", h.records_count, 1);
                expect_number("producer id", h.producer_id, 7);
                expect_number("base sequence", h.base_sequence, 0);
                expect_number("base timestamp", h.base_timestamp, 500);
                expect_number("largest timestamp, of those that stay", h.max_timestamp, 501);
                expect_number("a look-up by time succeeds",
                              partition_log_find_time(x.log, 501, &hit), KERR_NONE);
                expect_number("and finds the offset", hit.offset, 2);
                expect_number("and the timestamp", hit.timestamp, 501);
        }
        fixture_deinit(&x);
}

/* Opens the log again, with nothing known of earlier rounds. */
static void start_again(struct log_fixture *x)
{
        int64_t end = partition_log_end(x->log);
        if (partition_log_flush(x->log) || partition_log_close(x->log) ||
            fixture_open(x, end, 0, true))
                abort();
}

LAB_TEST(05, "a tombstone stays for a while, from its first cleaning on")
{
        struct log_fixture x;
        fixture_init(&x, keyed_config()); /* delete.retention.ms 1000 */
        x.f.wall_ms = 50000;
        put_each(&x, "k1=a k2=b k1=-");
        bool good = clean(&x) && expect_log("cleaned at 50.000 s, long after it was written", &x,
                                            "1:k2=b 2:k1=-");
        if (good) {
                x.f.wall_ms = 50999;
                put(&x, "k3=c");
                good = clean(&x) &&
                       expect_log("cleaned again at 50.999 s", &x, "1:k2=b 2:k1=- 3:k3=c");
        }
        if (good) {
                x.f.wall_ms = 51000;
                put(&x, "k4=d");
                good = clean(&x) && expect_log("and again at 51.000 s", &x, "1:k2=b 3:k3=c 4:k4=d");
        }
        fixture_deinit(&x);

        fixture_init(&x, keyed_config());
        put_each(&x, "k1=a k1=-");
        if (good && clean(&x)) {
                x.f.wall_ms += 1000;
                start_again(&x);
                good = clean(&x) && expect_log("the last of all records was a tombstone", &x, "");
                good &= expect_number("the log ends where it did", partition_log_end(x.log), 2);
        }
        fixture_deinit(&x);

        struct log_config for_ever = keyed_config();
        for_ever.delete_retention_ms = INT64_MAX;
        fixture_init(&x, for_ever);
        put_each(&x, "k1=a k2=b k1=-");
        if (good && clean(&x)) {
                x.f.wall_ms += 1000;
                put(&x, "k3=c");
                if (clean(&x))
                        expect_log("delete.retention.ms is the largest number there is", &x,
                                   "1:k2=b 2:k1=- 3:k3=c");
        }
        fixture_deinit(&x);
}

/* As a follower gets it that begins late: the leader has cleaned it long ago. */
static void fetch_old_tombstone(struct log_fixture *x, const char *key)
{
        struct batch_builder b;
        struct buffer bytes = {0};
        struct log_append done;
        struct record r = {.key = span_of(key, strlen(key))};
        batch_builder_init(&b);
        batch_builder_add(&b, &r, NULL, 0);
        b.header.attributes = BATCH_DELETE_HORIZON;
        b.header.base_timestamp = 1;
        b.header.base_offset = partition_log_end(x->log);
        b.header.leader_epoch = 0;
        if (batch_builder_finish(&b, 0, &bytes) ||
            partition_log_append_as_follower(x->log, buffer_span(&bytes), &done))
                abort();
        batch_builder_deinit(&b);
        buffer_deinit(&bytes);
}

LAB_TEST(06, "a small map takes more rounds, and ends the same")
{
        struct log_fixture x;
        int rounds = 0;
        bool good = true;
        fixture_init(&x, keyed_config());
        for (int i = 0; i < 6; i++)
                put_each(&x, "k1=a k2=b k3=c k4=d k5=e k6=f k7=g k8=h k9=i");
        roll(&x);
        while (good && partition_log_cleaned_end(x.log) < 54) {
                int64_t before = partition_log_cleaned_end(x.log);
                good = expect_that("a round with room for three keys ends well",
                                   clean_below(&x, 54, 200) == COMPACTION_DONE) &&
                       expect_that("each round comes further",
                                   partition_log_cleaned_end(x.log) > before);
                rounds++;
        }
        if (good) {
                expect_that("it took more than one round", rounds > 1);
                expect_log("54 records, nine keys", &x,
                           "45:k1=a 46:k2=b 47:k3=c 48:k4=d 49:k5=e 50:k6=f 51:k7=g 52:k8=h "
                           "53:k9=i");
        }
        fixture_deinit(&x);

        fixture_init(&x, keyed_config());
        put_each(&x, "k1=a k1=b");
        fetch_old_tombstone(&x, "k1");
        roll(&x);
        expect_that("a round with room for one key ends well",
                    clean_below(&x, 3, 1) == COMPACTION_DONE);
        expect_log("a tombstone that the map has not come to stays, or k1=b would be back", &x,
                   "0:k1=a 1:k1=b 2:k1=-");
        fixture_deinit(&x);
}
