#include "script_world.h"

#include "client/consumer.h"
#include "client/fetched.h"
#include "log/compression.h"

#include <stdio.h>

/* What the callbacks said, as text: "t-0@5=value " for a record, "end@6 ", "error@5:NAME ". */
struct fixture {
        struct script_world *w;
        struct consumer *consumer;
        struct buffer said;
        int32_t pause_after; /* records until on_record pauses t-0; 0: never */
        int64_t seek_to;     /* where on_record moves t-0, once; 0: nowhere */
        int32_t record_count;
};

static void note_record(void *context, const struct consumer_record *r)
{
        struct fixture *f = context;
        f->record_count++;
        buffer_printf(&f->said, "%s-%d@%d=%.*s ", r->topic, r->partition, (int)r->offset,
                      (int)r->value.size, (const char *)r->value.data);
        struct consumer_position position;
        assert_int_equal(consumer_position(f->consumer, r->topic, r->partition, &position),
                         KERR_NONE);
        assert_int_equal(position.position, r->offset + 1);
        if (f->record_count == f->pause_after)
                assert_int_equal(consumer_pause(f->consumer, "t", 0), KERR_NONE);
        if (f->seek_to) {
                struct start start = {START_OFFSET, f->seek_to};
                f->seek_to = 0;
                assert_int_equal(consumer_seek(f->consumer, "t", 0, start), KERR_NONE);
        }
}

static void note_end(void *context, const char *topic, int32_t partition, int64_t offset)
{
        struct fixture *f = context;
        (void)topic;
        (void)partition;
        buffer_printf(&f->said, "end@%d ", (int)offset);
}

static void note_error(void *context, const char *topic, int32_t partition, int64_t offset,
                       enum kerr err)
{
        struct fixture *f = context;
        (void)topic;
        (void)partition;
        buffer_printf(&f->said, "error@%d:%s ", (int)offset, kerr_name(err));
}

static void open_fixture(struct fixture *f, const struct consumer_config *config)
{
        struct consumer_config with = config ? *config : consumer_config_default();
        memset(f, 0, sizeof *f);
        f->w = script_open(NULL);
        with.on_record = note_record;
        with.on_end = note_end;
        with.on_error = note_error;
        with.context = f;
        f->consumer = consumer_open(f->w->client, &with);
}

static void close_fixture(struct fixture *f)
{
        consumer_close(f->consumer);
        script_close(f->w);
        buffer_deinit(&f->said);
}

/* What was said since the last call. */
static void expect(struct fixture *f, const char *text)
{
        buffer_append(&f->said, "", 1);
        assert_string_equal(f->said.data, text);
        buffer_clear(&f->said);
}

static void assign(struct fixture *f, enum start_kind kind, int64_t value)
{
        consumer_assign(f->consumer, "t", 0, (struct start){kind, value});
}

/* Appends a batch with the records `values` ("a b c") at `base_offset` in `epoch`. */
static void add_batch(struct buffer *log, int64_t base_offset, int codec, int16_t attributes,
                      const char *values)
{
        struct batch_builder b;
        batch_builder_init(&b);
        b.header.attributes = attributes;
        b.header.leader_epoch = 5;
        while (*values) {
                size_t size = strcspn(values, " ");
                struct record r = {.timestamp = 9, .value = span_of(values, size)};
                struct record_header header = {str_of("h"), span_of("v", 1)};
                batch_builder_add(&b, &r, &header, 1);
                values += size + (values[size] == ' ');
        }
        size_t start = log->size;
        assert_int_equal(batch_builder_finish(&b, codec, log), KERR_NONE);
        store_be64(log->data + start, (uint64_t)base_offset); /* outside the CRC */
        batch_builder_deinit(&b);
}

struct fetched_question {
        struct script_request request;
        struct fetch_request m;
};

static struct fetched_question take_fetch(struct fixture *f)
{
        struct fetched_question q = {.request = script_take(f->w, API_FETCH)};
        serde_fetch_request(&q.request.body, &q.m);
        assert_int_equal(q.request.body.err, KERR_NONE);
        return q;
}

static int64_t fetch_offset(const struct fetched_question *q)
{
        return q->m.topics.items[0].partitions.items[0].fetch_offset;
}

static void write_fetch_response(struct serde *s, void *m)
{
        serde_fetch_response(s, m);
}

/* Answers the first partition asked for and leaves nothing in the others. */
static void answer_fetch(struct fixture *f, struct fetched_question *q, enum kerr err,
                         int64_t high_watermark, struct span bytes)
{
        struct fetch_topic_response topics[4] = {0};
        struct fetch_partition_response partitions[4][8] = {0};
        struct fetch_response m = {.topics = {topics, q->m.topics.count}};
        for (int32_t t = 0; t < q->m.topics.count; t++) {
                topics[t].name = q->m.topics.items[t].name;
                topics[t].partitions.items = partitions[t];
                topics[t].partitions.count = q->m.topics.items[t].partitions.count;
                for (int32_t i = 0; i < topics[t].partitions.count; i++) {
                        bool first = t == 0 && i == 0;
                        partitions[t][i] = (struct fetch_partition_response){
                                .index = q->m.topics.items[t].partitions.items[i].index,
                                .error_code = first ? (int16_t)err : 0,
                                .high_watermark = first ? high_watermark : 100,
                                .last_stable_offset = -1,
                                .preferred_read_replica = -1,
                                .records.bytes = first ? bytes : span_of("", 0)};
                }
        }
        script_reply(f->w, &q->request, -1, write_fetch_response, &m);
        script_pump(f->w);
}

static void write_list_response(struct serde *s, void *m)
{
        serde_list_offsets_response(s, m);
}

/* Answers a ListOffsets request about one partition; returns the time asked for. */
static int64_t answer_list(struct fixture *f, enum kerr err, int64_t offset)
{
        struct script_request r = script_take(f->w, API_LIST_OFFSETS);
        struct list_offsets_request asked = {0};
        serde_list_offsets_request(&r.body, &asked);
        assert_int_equal(r.body.err, KERR_NONE);
        assert_int_equal(asked.replica_id, -1);
        struct list_offsets_partition *p = &asked.topics.items[0].partitions.items[0];
        int64_t time = p->timestamp_ms;
        assert_int_equal(p->current_leader_epoch, f->w->leader_epoch);
        struct list_offsets_partition_response partition = {
                .index = p->index, .error_code = (int16_t)err, .offset = offset};
        struct list_offsets_topic_response topic = {.name = asked.topics.items[0].name,
                                                    .partitions = {&partition, 1}};
        struct list_offsets_response m = {.topics = {&topic, 1}};
        script_reply(f->w, &r, -1, write_list_response, &m);
        script_pump(f->w);
        return time;
}

/* Goal: what a Fetch asks is what the configuration and the assignment say.
 * Method: look at every field. */
static void fetch_asks_what_is_configured(void **state)
{
        (void)state;
        struct fixture f;
        struct consumer_config config = consumer_config_default();
        config.isolation_level = READ_COMMITTED;
        open_fixture(&f, &config);
        assign(&f, START_OFFSET, 42);
        struct fetched_question q = take_fetch(&f);
        assert_int_equal(q.request.port, SCRIPT_PORT + 1);
        assert_int_equal(q.m.replica_id, -1);
        assert_int_equal(q.m.max_wait_ms, 500);
        assert_int_equal(q.m.min_bytes, 1);
        assert_int_equal(q.m.max_bytes, 50 << 20);
        assert_int_equal(q.m.isolation_level, READ_COMMITTED);
        assert_int_equal(q.m.session_epoch, -1);
        const struct fetch_partition *p = &q.m.topics.items[0].partitions.items[0];
        assert_int_equal(p->fetch_offset, 42);
        assert_int_equal(p->current_leader_epoch, 5);
        assert_int_equal(p->max_bytes, 1 << 20);
        packet_free(q.request.packet);
        close_fixture(&f);
}

/* Goal: records of every codec come out in order, and the end is told once.
 * Method: a batch per codec; then two empty answers at the end. */
static void reads_all_codecs(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f, NULL);
        assign(&f, START_OFFSET, 0);
        struct buffer log = {0};
        for (int codec = 0; codec < COMPRESSION_CODECS; codec++)
                add_batch(&log, codec * 2, codec, 0, "a b");
        struct fetched_question q = take_fetch(&f);
        answer_fetch(&f, &q, KERR_NONE, 10, buffer_span(&log));
        expect(&f, "t-0@0=a t-0@1=b t-0@2=a t-0@3=b t-0@4=a t-0@5=b t-0@6=a t-0@7=b t-0@8=a "
                   "t-0@9=b end@10 ");
        for (int i = 0; i < 2; i++) {
                q = take_fetch(&f);
                assert_int_equal(fetch_offset(&q), 10);
                answer_fetch(&f, &q, KERR_NONE, 10, span_of("", 0));
                expect(&f, "");
        }
        struct consumer_position position;
        assert_int_equal(consumer_position(f.consumer, "t", 0, &position), KERR_NONE);
        assert_int_equal(position.high_watermark, 10);
        assert_int_equal(consumer_position(f.consumer, "t", 1, &position),
                         KERR_UNKNOWN_TOPIC_OR_PARTITION);
        buffer_deinit(&log);
        close_fixture(&f);
}

/* Goal: records below the offset asked for are left out, control batches are never shown, gaps of a
 * compacted log are stepped over, and a batch that is cut at the end is fetched again.
 * Method: ask for 1; batches at 0 (two records), 2 (control), 7 (one), 8 (cut in half). */
static void hides_what_brokers_send_besides(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f, NULL);
        assign(&f, START_OFFSET, 1);
        struct buffer log = {0};
        add_batch(&log, 0, COMPRESSION_NONE, 0, "a b");
        add_batch(&log, 2, COMPRESSION_NONE, BATCH_CONTROL | BATCH_TRANSACTIONAL, "x");
        add_batch(&log, 7, COMPRESSION_GZIP, 0, "c");
        size_t whole = log.size;
        add_batch(&log, 8, COMPRESSION_NONE, 0, "d");
        for (size_t cut = whole; cut < log.size; cut++) {
                struct fetched_question q = take_fetch(&f);
                assert_int_equal(fetch_offset(&q), 1);
                answer_fetch(&f, &q, KERR_NONE, 9, span_of(log.data, cut));
                expect(&f, "t-0@1=b t-0@7=c ");
                q = take_fetch(&f);
                assert_int_equal(fetch_offset(&q), 8);
                assign(&f, START_OFFSET, 1); /* once more; the answer comes too late */
                answer_fetch(&f, &q, KERR_NONE, 9, span_of(log.data + whole, log.size - whole));
                expect(&f, "");
        }
        buffer_deinit(&log);
        close_fixture(&f);
}

/* Goal: a batch that fails its CRC, or whose records do not follow the format, is reported with its
 * offset and stops the partition; a seek goes on behind it.
 * Method: flip a byte of the second batch; the same with the CRC check off and a broken count. */
static void corrupt_batch_is_reported(void **state)
{
        (void)state;
        for (int check = 0; check < 2; check++) {
                struct fixture f;
                struct consumer_config config = consumer_config_default();
                config.check_crcs = check;
                open_fixture(&f, &config);
                assign(&f, START_OFFSET, 0);
                struct buffer log = {0};
                add_batch(&log, 0, COMPRESSION_NONE, 0, "a");
                size_t second = log.size;
                add_batch(&log, 1, COMPRESSION_NONE, 0, "b");
                if (check)
                        log.data[log.size - 1] ^= 1;
                else
                        store_be32(log.data + second + 57, 2);
                struct fetched_question q = take_fetch(&f);
                answer_fetch(&f, &q, KERR_NONE, 2, buffer_span(&log));
                expect(&f, check ? "t-0@0=a error@1:CORRUPT_MESSAGE "
                                 : "t-0@0=a t-0@1=b error@1:CORRUPT_MESSAGE ");
                script_advance(f.w, 60000);
                assert_int_equal(f.w->inbox_count, 0);
                consumer_seek(f.consumer, "t", 0, (struct start){START_OFFSET, 2});
                q = take_fetch(&f);
                assert_int_equal(fetch_offset(&q), 2);
                answer_fetch(&f, &q, KERR_NONE, 2, span_of("", 0));
                expect(&f, "end@2 ");
                buffer_deinit(&log);
                close_fixture(&f);
        }
}

/* Goal: an answer in which even the first batch is cut is an error, not an endless loop.
 * Method: half a batch alone. */
static void cut_first_batch_is_reported(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f, NULL);
        assign(&f, START_OFFSET, 3);
        struct buffer log = {0};
        add_batch(&log, 3, COMPRESSION_NONE, 0, "a");
        struct fetched_question q = take_fetch(&f);
        answer_fetch(&f, &q, KERR_NONE, 4, span_of(log.data, log.size - 1));
        expect(&f, "error@3:MESSAGE_TOO_LARGE ");
        assert_int_equal(f.w->inbox_count, 0);
        buffer_deinit(&log);
        close_fixture(&f);
}

static bool take_nothing(void *context, const struct batch_header *batch,
                         const struct record *record)
{
        (void)batch;
        (void)record;
        (*(int32_t *)context)++;
        return true;
}

/* Goal: no byte of an answer can make the walk read outside it or go backwards.
 * Method: change each byte of three batches, CRC check off, in a buffer of exactly their size; also
 * batches in the wrong order. */
static void walk_survives_any_byte(void **state)
{
        (void)state;
        struct buffer log = {0};
        add_batch(&log, 0, COMPRESSION_NONE, 0, "a b c");
        add_batch(&log, 3, COMPRESSION_SNAPPY, 0, "d e");
        add_batch(&log, 5, COMPRESSION_ZSTD, 0, "f");
        for (size_t i = 0; i < log.size; i++) {
                for (int bit = 0; bit < 8; bit++) {
                        uint8_t *copy = test_malloc(log.size);
                        memcpy(copy, log.data, log.size);
                        copy[i] ^= (uint8_t)(1 << bit);
                        struct fetched fetched = {.bytes = span_of(copy, log.size)};
                        struct fetched_position position = {0, -1};
                        int64_t bad_offset;
                        int32_t count = 0;
                        fetched_walk(&fetched, &position, take_nothing, &count, &bad_offset);
                        assert_in_range(count, 0, 6);
                        assert_true(position.offset >= 0);
                        position.offset = count = 0;
                        fetched.check_crcs = true;
                        enum kerr err = fetched_walk(&fetched, &position, take_nothing, &count,
                                                     &bad_offset);
                        assert_true(err || count == 6 || position.offset < 6 || i < 16);
                        test_free(copy);
                }
        }
        buffer_clear(&log);
        add_batch(&log, 3, COMPRESSION_NONE, 0, "a");
        add_batch(&log, 2, COMPRESSION_NONE, 0, "b");
        struct fetched fetched = {.bytes = buffer_span(&log), .check_crcs = true};
        struct fetched_position position = {0, -1};
        int64_t bad_offset;
        int32_t count = 0;
        assert_int_equal(fetched_walk(&fetched, &position, take_nothing, &count, &bad_offset),
                         KERR_CORRUPT_MESSAGE);
        assert_int_equal(bad_offset, 2);
        assert_int_equal(position.offset, 4);
        assert_int_equal(position.leader_epoch, 5);
        buffer_deinit(&log);
}

/* Goal: an offset outside the log is told and then reset as auto.offset.reset says; none stops.
 * Method: each of the three. */
static void out_of_range_is_reset(void **state)
{
        (void)state;
        for (int reset = 0; reset < 3; reset++) {
                struct fixture f;
                struct consumer_config config = consumer_config_default();
                config.auto_offset_reset = (enum offset_reset)reset;
                open_fixture(&f, &config);
                assign(&f, START_OFFSET, 99);
                struct fetched_question q = take_fetch(&f);
                answer_fetch(&f, &q, KERR_OFFSET_OUT_OF_RANGE, -1, span_of(NULL, 0));
                expect(&f, "error@99:OFFSET_OUT_OF_RANGE ");
                if (reset == OFFSET_RESET_NONE) {
                        script_advance(f.w, 1000);
                        assert_int_equal(f.w->inbox_count, 0);
                } else {
                        bool earliest = reset == OFFSET_RESET_EARLIEST;
                        assert_int_equal(answer_list(&f, KERR_NONE, earliest ? 10 : 20),
                                         earliest ? LIST_OFFSETS_EARLIEST : LIST_OFFSETS_LATEST);
                        q = take_fetch(&f);
                        assert_int_equal(fetch_offset(&q), earliest ? 10 : 20);
                        packet_free(q.request.packet);
                }
                close_fixture(&f);
        }
}

/* Goal: where to begin is looked up at the leader: earliest, latest, by time; a time beyond all
 * records means the end; errors that pass are tried again.
 * Method: each, with a leader that is not ready yet, and one that moves. */
static void start_is_looked_up(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f, NULL);
        assign(&f, START_EARLIEST, 0);
        assert_int_equal(answer_list(&f, KERR_OFFSET_NOT_AVAILABLE, -1), LIST_OFFSETS_EARLIEST);
        f.w->leader[0] = 2;
        f.w->leader_epoch++;
        script_advance(f.w, 100);
        assert_int_equal(f.w->inbox[0].port, SCRIPT_PORT + 2);
        assert_int_equal(answer_list(&f, KERR_NONE, 3), LIST_OFFSETS_EARLIEST);
        struct fetched_question q = take_fetch(&f);
        assert_int_equal(fetch_offset(&q), 3);
        packet_free(q.request.packet);
        script_cut(f.w, q.request.stream); /* the fetch is lost; it will be asked again */

        assign(&f, START_TIMESTAMP, 5555);
        script_advance(f.w, 200);
        assert_int_equal(answer_list(&f, KERR_NONE, -1), 5555);
        assert_int_equal(answer_list(&f, KERR_NONE, 8), LIST_OFFSETS_LATEST);
        q = take_fetch(&f);
        assert_int_equal(fetch_offset(&q), 8);
        packet_free(q.request.packet);
        expect(&f, "");
        close_fixture(&f);
}

/* Goal: after a leader moved, reading goes on there at the same position, without a word.
 * Method: NOT_LEADER_OR_FOLLOWER, then a lost connection. */
static void follows_the_leader(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f, NULL);
        assign(&f, START_OFFSET, 4);
        struct fetched_question q = take_fetch(&f);
        f.w->leader[0] = 3;
        f.w->leader_epoch++;
        answer_fetch(&f, &q, KERR_NOT_LEADER_OR_FOLLOWER, -1, span_of(NULL, 0));
        script_advance(f.w, 100);
        q = take_fetch(&f);
        assert_int_equal(q.request.port, SCRIPT_PORT + 3);
        assert_int_equal(fetch_offset(&q), 4);
        f.w->leader[0] = 1;
        f.w->leader_epoch++;
        packet_free(q.request.packet);
        script_cut(f.w, q.request.stream);
        script_advance(f.w, 200);
        q = take_fetch(&f);
        assert_int_equal(q.request.port, SCRIPT_PORT + 1);
        assert_int_equal(fetch_offset(&q), 4);
        packet_free(q.request.packet);
        expect(&f, "");
        close_fixture(&f);
}

/* Goal: an error that stays is told and stops the partition, but no other.
 * Method: TOPIC_AUTHORIZATION_FAILED for t-0, with t-1 beside it. */
static void lasting_error_stops_one_partition(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f, NULL);
        assign(&f, START_OFFSET, 4);
        consumer_assign(f.consumer, "t", 1, (struct start){START_OFFSET, 6});
        struct fetched_question q = take_fetch(&f);
        assert_int_equal(q.m.topics.items[0].partitions.count, 2);
        int64_t first = fetch_offset(&q);
        answer_fetch(&f, &q, KERR_TOPIC_AUTHORIZATION_FAILED, -1, span_of(NULL, 0));
        expect(&f, first == 4 ? "error@4:TOPIC_AUTHORIZATION_FAILED "
                              : "error@6:TOPIC_AUTHORIZATION_FAILED ");
        q = take_fetch(&f);
        assert_int_equal(q.m.topics.items[0].partitions.count, 1);
        assert_int_equal(fetch_offset(&q), first == 4 ? 6 : 4);
        packet_free(q.request.packet);
        close_fixture(&f);
}

/* Goal: a pause or a seek from inside on_record takes effect with the very next record.
 * Method: pause after the first of three; resume; seek to 7 from the next. */
static void pause_and_seek_inside_a_batch(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f, NULL);
        assign(&f, START_OFFSET, 0);
        struct buffer log = {0};
        add_batch(&log, 0, COMPRESSION_LZ4, 0, "a b c");
        f.pause_after = 1;
        struct fetched_question q = take_fetch(&f);
        answer_fetch(&f, &q, KERR_NONE, 3, buffer_span(&log));
        expect(&f, "t-0@0=a ");
        assert_int_equal(f.w->inbox_count, 0);
        assert_int_equal(consumer_resume(f.consumer, "t", 0), KERR_NONE);
        f.seek_to = 7;
        q = take_fetch(&f);
        assert_int_equal(fetch_offset(&q), 1);
        answer_fetch(&f, &q, KERR_NONE, 3, buffer_span(&log));
        expect(&f, "t-0@1=b ");
        q = take_fetch(&f);
        assert_int_equal(fetch_offset(&q), 7);

        /* A pause while the question is under way: its answer is dropped. */
        consumer_pause(f.consumer, "t", 0);
        buffer_clear(&log);
        add_batch(&log, 7, COMPRESSION_NONE, 0, "h");
        answer_fetch(&f, &q, KERR_NONE, 8, buffer_span(&log));
        expect(&f, "");
        consumer_resume(f.consumer, "t", 0);
        q = take_fetch(&f);
        answer_fetch(&f, &q, KERR_NONE, 8, buffer_span(&log));
        expect(&f, "t-0@7=h end@8 ");
        assert_int_equal(consumer_pause(f.consumer, "u", 0), KERR_UNKNOWN_TOPIC_OR_PARTITION);
        buffer_deinit(&log);
        close_fixture(&f);
}

/* Goal: one Fetch per broker is in flight, with all its partitions, grouped by topic; each comes
 * first in turn.
 * Method: t-0, u-0, t-1 at broker 1 and t-2 at broker 2. */
static void one_fetch_per_broker(void **state)
{
        (void)state;
        struct fixture f;
        open_fixture(&f, NULL);
        f.w->leader[2] = 2;
        struct start start = {START_OFFSET, 0};
        consumer_assign(f.consumer, "t", 0, start);
        consumer_assign(f.consumer, "u", 0, start);
        consumer_assign(f.consumer, "t", 1, start);
        consumer_assign(f.consumer, "t", 2, start);
        script_pump(f.w);
        assert_int_equal(f.w->inbox_count, 2);
        bool seen[2][2] = {{false}};
        for (int i = 0; i < 20; i++) {
                int32_t at = f.w->inbox[0].port == SCRIPT_PORT + 1 ? 0 : 1;
                struct fetched_question q = {.request = script_remove(f.w, at)};
                serde_fetch_request(&q.request.body, &q.m);
                assert_int_equal(q.m.topics.count, 2);
                const struct fetch_topic *topic = q.m.topics.items;
                const struct fetch_topic *t = &topic[str_equal_c(topic[1].name, "t")];
                assert_int_equal(t->partitions.count, 2);
                seen[0][t == topic] = true;
                seen[1][t->partitions.items[0].index] = true;
                answer_fetch(&f, &q, KERR_NONE, 100, span_of("", 0));
                assert_int_equal(f.w->inbox_count, 2);
        }
        assert_true(seen[0][0] && seen[0][1] && seen[1][0] && seen[1][1]);
        close_fixture(&f);
}

/* Goal: headers, keys and nulls arrive as they are in the batch.
 * Method: a record with a header, a null key and a value. */
static void note_headers(void *context, const struct consumer_record *r)
{
        int32_t *count = context;
        struct record record = {.headers = r->headers, .header_count = r->header_count};
        struct record_header header;
        assert_int_equal(record_next_header(&record, &header), KERR_NONE);
        assert_true(str_equal_c(header.key, "h"));
        assert_null(r->key.data);
        assert_int_equal(r->timestamp_ms, 9);
        assert_int_equal(r->leader_epoch, 5);
        assert_false(r->log_append_time);
        (*count)++;
}

static void records_are_whole(void **state)
{
        (void)state;
        struct fixture f = {.w = script_open(NULL)};
        int32_t count = 0;
        struct consumer_config config = consumer_config_default();
        config.on_record = note_headers; /* and neither on_end nor on_error */
        config.context = &count;
        f.consumer = consumer_open(f.w->client, &config);
        assign(&f, START_OFFSET, 0);
        struct buffer log = {0};
        add_batch(&log, 0, COMPRESSION_NONE, 0, "a");
        struct fetched_question q = take_fetch(&f);
        answer_fetch(&f, &q, KERR_NONE, 1, buffer_span(&log));
        assert_int_equal(count, 1);
        q = take_fetch(&f);
        answer_fetch(&f, &q, KERR_INVALID_REQUEST, 1, span_of(NULL, 0));
        buffer_deinit(&log);
        close_fixture(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(fetch_asks_what_is_configured),
                cmocka_unit_test(reads_all_codecs),
                cmocka_unit_test(hides_what_brokers_send_besides),
                cmocka_unit_test(corrupt_batch_is_reported),
                cmocka_unit_test(cut_first_batch_is_reported),
                cmocka_unit_test(walk_survives_any_byte),
                cmocka_unit_test(out_of_range_is_reset),
                cmocka_unit_test(start_is_looked_up),
                cmocka_unit_test(follows_the_leader),
                cmocka_unit_test(lasting_error_stops_one_partition),
                cmocka_unit_test(pause_and_seek_inside_a_batch),
                cmocka_unit_test(one_fetch_per_broker),
                cmocka_unit_test(records_are_whole),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
