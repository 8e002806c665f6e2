#include "consumer_fixture.h"

#include "wire/control_records.h"
#include "wire/epoch_end.h"

/* --- read_committed --- */

/* A batch of transactional records "a b" of a producer. */
static void add_transactional(struct buffer *log, int64_t base_offset, int64_t producer_id,
                              const char *letters)
{
        size_t start = log->size;
        add_letters(log, base_offset, letters);
        uint8_t *batch = log->data + start;
        store_be16(batch + 21, load_be16(batch + 21) | BATCH_TRANSACTIONAL);
        store_be64(batch + 43, (uint64_t)producer_id);
}

static void add_marker(struct buffer *log, int64_t base_offset, int64_t producer_id,
                       enum control_record_type type)
{
        struct batch_builder b;
        batch_builder_init(&b);
        b.header.leader_epoch = 6;
        b.header.producer_id = producer_id;
        b.header.attributes = BATCH_CONTROL | BATCH_TRANSACTIONAL;
        const uint8_t key[4] = {0, 0, 0, (uint8_t)type};
        struct record r = {.timestamp = 9, .key = span_of(key, sizeof key)};
        batch_builder_add(&b, &r, NULL, 0);
        size_t start = log->size;
        assert_int_equal(batch_builder_finish(&b, 0, log), KERR_NONE);
        store_be64(log->data + start, (uint64_t)base_offset);
        batch_builder_deinit(&b);
}

/* Two transactions of producer 1 (aborted, committed), one of producer 2 (aborted) between them. */
static void add_story(struct buffer *log)
{
        add_letters(log, 0, "n");
        add_transactional(log, 1, 1, "ab");
        add_transactional(log, 3, 2, "x");
        add_marker(log, 4, 1, CONTROL_ABORT);
        add_transactional(log, 5, 1, "cd");
        add_transactional(log, 7, 2, "y");
        add_marker(log, 8, 2, CONTROL_ABORT);
        add_marker(log, 9, 1, CONTROL_COMMIT);
        add_transactional(log, 10, 2, "z");
        add_marker(log, 11, 2, CONTROL_COMMIT);
}

static const struct fetch_aborted_transaction story_aborted[] = {{2, 3}, {1, 1}};

static void open_reader(struct group_fixture *f, enum isolation_level level)
{
        struct consumer_config config = consumer_config_default();
        config.isolation_level = level;
        config.check_crcs = false; /* the tests write into finished batches */
        group_open(f, &config);
        consumer_assign(f->consumer, "t", 0, (struct start){START_OFFSET, 0});
}

static int64_t position_of(struct group_fixture *f)
{
        struct consumer_position position;
        assert_int_equal(consumer_position(f->consumer, "t", 0, &position), KERR_NONE);
        return position.position;
}

/* Goal: with read_committed the records of aborted transactions are left out, from their first
 * offset to their marker; markers never come; the position moves over all of it. Without, only the
 * markers are left out.
 * Method: a log of both kinds, mixed, read in both ways. */
static void aborted_records_are_left_out(void **state)
{
        (void)state;
        for (int level = READ_UNCOMMITTED; level <= READ_COMMITTED; level++) {
                struct group_fixture f;
                open_reader(&f, (enum isolation_level)level);
                struct buffer log = {0};
                add_story(&log);
                answer_group_fetch(&f, 12, buffer_span(&log), story_aborted, 2);
                expect_said(&f, level == READ_COMMITTED
                                        ? "t-0@0=n t-0@5=c t-0@6=d t-0@10=z "
                                        : "t-0@0=n t-0@1=a t-0@2=b t-0@3=x t-0@5=c t-0@6=d "
                                          "t-0@7=y t-0@10=z ");
                assert_int_equal(position_of(&f), 12);
                buffer_deinit(&log);
                group_close(&f);
        }
}

/* Goal: the filter works from whichever batch the answer begins with.
 * Method: ask for each offset of the log, with the list that a broker would send: the aborted
 * transactions that reach beyond it. */
static void filter_begins_anywhere(void **state)
{
        (void)state;
        struct buffer log = {0};
        add_story(&log);
        size_t at = 0;
        while (at < log.size) {
                struct batch_header h;
                assert_int_equal(batch_read_header(span_of(log.data + at, log.size - at), &h),
                                 KERR_NONE);
                struct group_fixture f;
                open_reader(&f, READ_COMMITTED);
                consumer_seek(f.consumer, "t", 0, (struct start){START_OFFSET, h.base_offset});
                int32_t first = h.base_offset > 8 ? 2 : 0, count = h.base_offset > 4 ? 1 : 2;
                answer_group_fetch(&f, 12, span_of(log.data + at, log.size - at),
                                   story_aborted + first, first ? 0 : count);
                const char *all = "t-0@0=n t-0@5=c t-0@6=d t-0@10=z ";
                expect_said(&f, h.base_offset == 0    ? all
                                : h.base_offset <= 5  ? all + 8
                                : h.base_offset <= 10 ? all + 24
                                                      : "");
                at += (size_t)batch_size(&h);
                group_close(&f);
        }
        buffer_deinit(&log);
}

/* Goal: a marker whose key cannot be read stops the partition: nobody knows what it ends.
 * Method: a control record with a key of one byte. */
static void broken_marker_is_reported(void **state)
{
        (void)state;
        struct group_fixture f;
        open_reader(&f, READ_COMMITTED);
        struct buffer log = {0};
        add_transactional(&log, 0, 1, "a");
        struct batch_builder b;
        batch_builder_init(&b);
        b.header.attributes = BATCH_CONTROL;
        struct record r = {.key = span_of("", 1)};
        batch_builder_add(&b, &r, NULL, 0);
        size_t start = log.size;
        assert_int_equal(batch_builder_finish(&b, 0, &log), KERR_NONE);
        store_be64(log.data + start, 1);
        batch_builder_deinit(&b);
        const struct fetch_aborted_transaction aborted = {1, 0};
        answer_group_fetch(&f, 2, buffer_span(&log), &aborted, 1);
        expect_said(&f, "error@1:CORRUPT_MESSAGE ");
        buffer_deinit(&log);
        group_close(&f);
}

/* --- validation (KIP-320) --- */

static void write_epochs(struct serde *s, void *m)
{
        serde_epoch_end_response(s, m);
}

/* Answers OffsetForLeaderEpoch; returns the epoch asked about. */
static int32_t answer_epoch(struct group_fixture *f, enum kerr err, int32_t epoch,
                            int64_t end_offset)
{
        struct script_request r = take_request(f, API_OFFSET_FOR_LEADER_EPOCH);
        struct epoch_end_request asked = {0};
        serde_epoch_end_request(&r.body, &asked);
        assert_int_equal(asked.replica_id, REPLICA_ID_CONSUMER);
        const struct epoch_end_partition *p = &asked.topics.items[0].partitions.items[0];
        assert_int_equal(p->current_leader_epoch, f->w->leader_epoch);
        int32_t asked_epoch = p->leader_epoch;
        struct epoch_end_partition_response partition = {.error_code = (int16_t)err,
                                                         .index = p->index,
                                                         .leader_epoch = epoch,
                                                         .end_offset = end_offset};
        struct epoch_end_topic_response topic = {.name = asked.topics.items[0].name,
                                                 .partitions = {&partition, 1}};
        struct epoch_end_response m = {.topics = {&topic, 1}};
        script_reply(f->w, &r, -1, write_epochs, &m);
        script_pump(f->w);
        return asked_epoch;
}

/* A reader that has read 0 to 2 in epoch 5, and then a new leader. */
static void read_three_and_move(struct group_fixture *f, enum offset_reset reset)
{
        struct consumer_config config = consumer_config_default();
        config.auto_offset_reset = reset;
        group_open(f, &config);
        consumer_assign(f->consumer, "t", 0, (struct start){START_OFFSET, 0});
        struct buffer log = {0};
        add_letters(&log, 0, "abc");
        answer_group_fetch(f, 3, buffer_span(&log), NULL, 0);
        buffer_deinit(&log);
        expect_said(f, "t-0@0=a t-0@1=b t-0@2=c ");
        f->w->leader[0] = 2;
        f->w->leader_epoch++;
        struct script_request r = take_request(f, API_FETCH);
        packet_free(r.packet);
        script_cut(f->w, r.stream);
        script_advance(f->w, 200);
}

/* Goal: at a new leader the position is compared first; when its log holds it, reading goes on in
 * silence, and is not compared again.
 * Method: the old epoch ends at the position; errors that pass first. */
static void position_is_validated(void **state)
{
        (void)state;
        struct group_fixture f;
        read_three_and_move(&f, OFFSET_RESET_LATEST);
        assert_int_equal(count_requests(&f, API_FETCH), 0);
        assert_int_equal(answer_epoch(&f, KERR_UNKNOWN_LEADER_EPOCH, -1, -1), 5);
        script_advance(f.w, 200);
        assert_int_equal(answer_epoch(&f, KERR_NONE, 5, 3), 5);
        for (int i = 0; i < 3; i++)
                answer_group_fetch(&f, 3, span_of("", 0), NULL, 0);
        expect_said(&f, "");
        assert_int_equal(position_of(&f), 3);
        group_close(&f);
}

/* Goal: when the new leader's log was cut below the position that is told, and reading goes on
 * where the logs part; with auto.offset.reset none the partition stops. A leader that knows nothing
 * of the epoch is like an offset out of range. Method: epoch 5 ends at 1; epoch 4 ends at 2;
 * nothing known. */
static void truncation_is_told(void **state)
{
        (void)state;
        for (int reset = OFFSET_RESET_LATEST; reset <= OFFSET_RESET_NONE; reset++) {
                for (int known = 0; known < 2; known++) {
                        struct group_fixture f;
                        read_three_and_move(&f, (enum offset_reset)reset);
                        answer_epoch(&f, KERR_NONE, known ? 5 : 4, known ? 1 : 2);
                        expect_said(&f, "error@3:OFFSET_OUT_OF_RANGE ");
                        if (reset == OFFSET_RESET_NONE) {
                                script_advance(f.w, 1000);
                                assert_int_equal(f.w->inbox_count, 0);
                        } else {
                                assert_int_equal(position_of(&f), known ? 1 : 2);
                                answer_epoch(&f, KERR_NONE, known ? 5 : 4, known ? 1 : 2);
                                assert_int_equal(count_requests(&f, API_FETCH), 1);
                        }
                        group_close(&f);
                }
        }
        struct group_fixture f;
        read_three_and_move(&f, OFFSET_RESET_EARLIEST);
        answer_epoch(&f, KERR_NONE, -1, -1);
        expect_said(&f, "error@3:OFFSET_OUT_OF_RANGE ");
        assert_int_equal(count_requests(&f, API_LIST_OFFSETS), 1);
        group_close(&f);
}

/* Goal: the epoch of the position is that of the last batch passed over, shown or not: with that of
 * the last record a marker of a newer epoch would look like a truncation.
 * Method: records of epoch 5, a marker of epoch 6, then epoch 7 begins. */
static void markers_count_for_validation(void **state)
{
        (void)state;
        struct group_fixture f;
        open_reader(&f, READ_UNCOMMITTED);
        f.w->leader_epoch = 6;
        struct buffer log = {0};
        add_letters(&log, 0, "a");
        add_marker(&log, 1, 1, CONTROL_COMMIT);
        answer_group_fetch(&f, 2, buffer_span(&log), NULL, 0);
        f.w->leader_epoch++;
        struct script_request r = take_request(&f, API_FETCH);
        packet_free(r.packet);
        script_cut(f.w, r.stream);
        script_advance(f.w, 200);
        assert_int_equal(answer_epoch(&f, KERR_NONE, 6, 2), 6);
        expect_said(&f, "t-0@0=a ");
        buffer_deinit(&log);
        group_close(&f);
}

/* Goal: a broker too old to be asked is trusted.
 * Method: one that speaks OffsetForLeaderEpoch up to version 1. */
static void old_broker_is_trusted(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = consumer_config_default();
        group_open(&f, &config);
        f.w->max_version[API_OFFSET_FOR_LEADER_EPOCH] = 1;
        consumer_assign(f.consumer, "t", 0, (struct start){START_OFFSET, 0});
        struct buffer log = {0};
        add_letters(&log, 0, "a");
        answer_group_fetch(&f, 1, buffer_span(&log), NULL, 0);
        f.w->leader_epoch++;
        client_refresh_metadata(f.w->client);
        script_advance(f.w, 200);
        answer_group_fetch(&f, 1, span_of("", 0), NULL, 0);
        assert_int_equal(count_requests(&f, API_FETCH), 1);
        expect_said(&f, "t-0@0=a ");
        buffer_deinit(&log);
        group_close(&f);
}

/* Goal: a committed offset is compared with the leader's log before the first fetch.
 * Method: offset 7, committed in epoch 5; the log of epoch 5 ends at 6 now. */
static void committed_offset_is_validated(void **state)
{
        (void)state;
        struct group_fixture f;
        struct consumer_config config = group_config();
        group_open(&f, &config);
        f.committed_epoch = 5;
        group_subscribe(&f, "t");
        answer_find(&f, KERR_NONE, 2);
        answer_join(&f, KERR_NONE, "m1", 3, false);
        answer_sync(&f, KERR_NONE, "0");
        answer_offsets(&f, KERR_NONE, 7);
        assert_int_equal(answer_epoch(&f, KERR_NONE, 5, 6), 5);
        assert_int_equal(position_of(&f), 6);
        expect_said(&f, "join sync assigned:t-0 error@7:OFFSET_OUT_OF_RANGE ");
        group_close(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(aborted_records_are_left_out),
                cmocka_unit_test(filter_begins_anywhere),
                cmocka_unit_test(broken_marker_is_reported),
                cmocka_unit_test(position_is_validated),
                cmocka_unit_test(truncation_is_told),
                cmocka_unit_test(markers_count_for_validation),
                cmocka_unit_test(old_broker_is_trusted),
                cmocka_unit_test(committed_offset_is_validated),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
