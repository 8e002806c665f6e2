/* Tests of src/cli/dump_*.c: what is printed of a partition's files, and what is told of damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "cli/commands.h"
#include "cli/dump_log.h"
#include "log/batch.h"
#include "wire/configs.h"
#include "wire/metadata_records.h"

#define LOG_NAME "00000000000000000100.log"

/* A directory of its own for each test, and what the dump of its files said. */
struct fixture {
        char directory[200];
        struct dump_log dump;
        char *out, *err;
        size_t out_size, err_size;
};

static int make_fixture(void **state)
{
        struct fixture *f = calloc(1, sizeof *f);
        snprintf(f->directory, sizeof f->directory, "%s/odradek-dump-XXXXXX", P_tmpdir);
        if (!mkdtemp(f->directory))
                return -1;
        *state = f;
        return 0;
}

static int remove_fixture(void **state)
{
        static const char *const names[] = {LOG_NAME,
                                            "00000000000000000100.index",
                                            "00000000000000000100.timeindex",
                                            "leader-epoch-checkpoint",
                                            "notes.txt",
                                            "x.log",
                                            "9223372036854775807.index"};
        struct fixture *f = *state;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                char path[300];
                snprintf(path, sizeof path, "%s/%s", f->directory, names[i]);
                unlink(path);
        }
        int result = rmdir(f->directory);
        free(f->out);
        free(f->err);
        free(f);
        return result;
}

static void write_file(struct fixture *f, const char *name, struct span bytes)
{
        char path[300];
        snprintf(path, sizeof path, "%s/%s", f->directory, name);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        if (bytes.size > 0)
                assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
        assert_int_equal(fclose(file), 0);
}

/* Dumps the file into f->out and f->err; returns whether it was found damaged. */
static bool dump(struct fixture *f, const char *name)
{
        char path[300];
        snprintf(path, sizeof path, "%s/%s", f->directory, name);
        free(f->out);
        free(f->err);
        f->dump.out = open_memstream(&f->out, &f->out_size);
        f->dump.err = open_memstream(&f->err, &f->err_size);
        f->dump.damaged = false;
        dump_log_file(&f->dump, path);
        fclose(f->dump.out);
        fclose(f->dump.err);
        return f->dump.damaged;
}

static bool dump_bytes(struct fixture *f, const char *name, struct span bytes)
{
        write_file(f, name, bytes);
        return dump(f, name);
}

/* Compares what was printed behind the line "Dumping …", or behind two lines for a segment. */
static void assert_printed(const struct fixture *f, int skip_lines, const char *expected)
{
        const char *at = f->out;
        while (skip_lines-- > 0) {
                at = strchr(at, '\n');
                assert_non_null(at);
                at++;
        }
        assert_string_equal(at, expected);
}

static void assert_told(const struct fixture *f, const char *words)
{
        if (!strstr(f->err, words))
                fail_msg("expected '%s' in: %s", words, f->err);
}

static struct span text(const char *s)
{
        return span_of(s, s ? strlen(s) : 0);
}

/* Appends a batch at `offset` with three records: plain; null key, headers and a line break; a
 * tombstone. */
static void append_batch(struct buffer *log, int64_t offset, int codec)
{
        struct batch_builder b;
        struct record records[] = {
                {.timestamp = 1700000000000, .key = text("k0"), .value = text("hello")},
                {.timestamp = 1700000000005, .key = text(NULL), .value = text("a\nb")},
                {.timestamp = 1700000000003, .key = text(""), .value = text(NULL)},
        };
        struct record_header headers[] = {{str_of("h1"), text("v")}, {str_of("h2"), text(NULL)}};
        batch_builder_init(&b);
        b.header.base_offset = offset;
        b.header.leader_epoch = 4;
        b.header.producer_id = 7;
        b.header.producer_epoch = 1;
        b.header.base_sequence = INT32_MAX - 1; /* so that the third record's wraps to 0 */
        for (int i = 0; i < 3; i++)
                batch_builder_add(&b, &records[i], headers, i == 1 ? 2 : 0);
        assert_int_equal(batch_builder_finish(&b, codec, log), KERR_NONE);
        batch_builder_deinit(&b);
}

#define BATCH_WORDS                                                                          \
        "baseOffset: 100 lastOffset: 102 count: 3 baseSequence: 2147483646 lastSequence: 0 " \
        "producerId: 7 producerEpoch: 1 partitionLeaderEpoch: 4 isTransactional: false "     \
        "isControl: false deleteHorizonMs: OptionalLong.empty position: 0 "                  \
        "CreateTime: 1700000000005 size: 101 magic: 2 compresscodec: none crc: %u isvalid: %s\n%s"

/* Goal: a segment prints as Kafka's tool prints it: batches, with records when asked.
 * Method: one batch, dumped three ways; the text is that of DumpLogSegments. */
static void segment_prints_as_kafkas(void **state)
{
        struct fixture *f = *state;
        struct buffer log = {0};
        append_batch(&log, 100, 0);
        unsigned crc = load_be32(log.data + 17);
        char expected[2000];

        assert_false(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        snprintf(expected, sizeof expected, "Log starting offset: 100\n" BATCH_WORDS, crc, "true",
                 "");
        assert_printed(f, 1, expected);
        assert_int_equal(strncmp(f->out, "Dumping ", 8), 0);

        f->dump.deep = true;
        assert_false(dump(f, LOG_NAME));
        snprintf(expected, sizeof expected, BATCH_WORDS, crc, "true",
                 "| offset: 100 CreateTime: 1700000000000 keySize: 2 valueSize: 5 "
                 "sequence: 2147483646 headerKeys: []\n"
                 "| offset: 101 CreateTime: 1700000000005 keySize: -1 valueSize: 3 "
                 "sequence: 2147483647 headerKeys: [h1,h2]\n"
                 "| offset: 102 CreateTime: 1700000000003 keySize: 0 valueSize: -1 "
                 "sequence: 0 headerKeys: []\n");
        assert_printed(f, 2, expected);

        f->dump.print_data = true;
        assert_false(dump(f, LOG_NAME));
        snprintf(expected, sizeof expected, BATCH_WORDS, crc, "true",
                 "| offset: 100 CreateTime: 1700000000000 keySize: 2 valueSize: 5 "
                 "sequence: 2147483646 headerKeys: [] key: k0 payload: hello\n"
                 "| offset: 101 CreateTime: 1700000000005 keySize: -1 valueSize: 3 "
                 "sequence: 2147483647 headerKeys: [h1,h2] payload: a\\x0ab\n"
                 "| offset: 102 CreateTime: 1700000000003 keySize: 0 valueSize: -1 "
                 "sequence: 0 headerKeys: [] key: \n");
        assert_printed(f, 2, expected);
        assert_string_equal(f->err, "");
        buffer_deinit(&log);
}

/* Goal: records of compressed batches are shown, and the batch names its codec.
 * Method: one batch per codec, one behind the other. */
static void compressed_batches(void **state)
{
        struct fixture *f = *state;
        struct buffer log = {0};
        for (int codec = 0; codec < 5; codec++)
                append_batch(&log, 100 + 3 * codec, codec);
        f->dump.print_data = true;
        assert_false(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        assert_non_null(strstr(f->out, "compresscodec: gzip "));
        assert_non_null(strstr(f->out, "compresscodec: snappy "));
        assert_non_null(strstr(f->out, "compresscodec: lz4 "));
        assert_non_null(strstr(f->out, "compresscodec: zstd "));
        assert_non_null(strstr(f->out, "| offset: 112 CreateTime: 1700000000000 keySize: 2 "
                                       "valueSize: 5 sequence: 2147483646 headerKeys: [] key: k0 "
                                       "payload: hello\n"));
        buffer_deinit(&log);
}

/* Goal: --hex shows each field of the header with its place, bytes and value, then the records.
 * Method: the log's first batch, line by line. */
static void byte_map(void **state)
{
        struct fixture *f = *state;
        struct buffer log = {0};
        append_batch(&log, 100, 0);
        store_be32(log.data + 17, 0xdeadbeef);
        f->dump.hex = true;
        assert_true(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        assert_printed(
                f, 3,
                "      at  bytes                    field                value\n"
                "       0  00 00 00 00 00 00 00 64  baseOffset           100\n"
                "       8  00 00 00 59              batchLength          89 bytes behind this "
                "field\n"
                "      12  00 00 00 04              partitionLeaderEpoch 4\n"
                "      16  02                       magic                2\n"
                "      17  de ad be ef              crc                  0xdeadbeef, CRC-32C of "
                "all bytes from 21 on\n"
                "      21  00 00                    attributes           0x0000: none, CreateTime\n"
                "      23  00 00 00 02              lastOffsetDelta      2\n"
                "      27  00 00 01 8b cf e5 68 00  baseTimestamp        1700000000000\n"
                "      35  00 00 01 8b cf e5 68 05  maxTimestamp         1700000000005\n"
                "      43  00 00 00 00 00 00 00 07  producerId           7\n"
                "      51  00 01                    producerEpoch        1\n"
                "      53  7f ff ff fe              baseSequence         2147483646\n"
                "      57  00 00 00 03              recordsCount         3\n"
                "      61  1a 00 00 00 04 6b 30 0a 68 65 6c 6c 6f 00 24 00  .....k0.hello.$.\n"
                "      77  0a 02 01 06 61 0a 62 04 04 68 31 02 76 04 68 32  ....a.b..h1.v.h2\n"
                "      93  01 0c 00 06 04 00 01 00                          ........\n");
        buffer_deinit(&log);
}

/* Goal: a segment cut anywhere but at a batch's edge is told, with the place where the whole
 * batches end, and what stands before it is printed.
 * Method: two batches, every prefix. */
static void every_cut_is_told(void **state)
{
        struct fixture *f = *state;
        struct buffer log = {0};
        append_batch(&log, 100, 0);
        size_t edge = log.size;
        append_batch(&log, 103, 0);
        f->dump.print_data = true;
        for (size_t cut = 0; cut <= log.size; cut++) {
                bool whole = cut == 0 || cut == edge || cut == log.size;
                assert_int_equal(dump_bytes(f, LOG_NAME, span_of(log.data, cut)), !whole);
                assert_int_equal(strstr(f->out, "payload: hello") != NULL, cut >= edge);
                if (whole)
                        continue;
                size_t start = cut < edge ? 0 : edge;
                char words[200];
                snprintf(words, sizeof words, "position %zu: ", start);
                assert_told(f, words);
                snprintf(words, sizeof words, "Found %zu invalid bytes at the end of ",
                         cut - start);
                assert_non_null(strstr(f->out, words));
        }
        buffer_deinit(&log);
}

/* Goal: a batch with a wrong CRC is shown as not valid and the next one still printed; an
 * impossible header ends the dump.
 * Method: spoil one byte of the first batch's records, then its magic. */
static void damage_is_told(void **state)
{
        struct fixture *f = *state;
        struct buffer log = {0};
        append_batch(&log, 100, 0);
        append_batch(&log, 103, 0);
        f->dump.print_data = true;
        log.data[70] ^= 1;
        assert_true(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        assert_told(f, LOG_NAME ": position 0: the CRC of the batch does not match its bytes\n");
        assert_non_null(strstr(f->out, "isvalid: false\nbaseOffset: 103 "));
        assert_non_null(strstr(f->out, "isvalid: true\n| offset: 103 "));

        log.data[16] = 9;
        assert_true(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        assert_told(f, "position 0: no batch begins here (magic 9, length 89, ");
        assert_null(strstr(f->out, "baseOffset"));
        assert_non_null(strstr(f->out, "Found 202 invalid bytes"));
        buffer_deinit(&log);
}

/* Goal: records that break the format under a good CRC are told; so are records that do not
 * decompress.
 * Method: build batches that promise a record more than there is, that hold nonsense, and that
 * claim to be compressed. */
static void damaged_records_are_told(void **state)
{
        struct fixture *f = *state;
        struct batch_builder b;
        struct record r = {.timestamp = 5, .value = text("v")};
        struct buffer log = {0};
        f->dump.deep = true;

        batch_builder_init(&b);
        b.header.base_offset = 100;
        batch_builder_add(&b, &r, NULL, 0);
        b.header.records_count = 2;
        assert_int_equal(batch_builder_finish(&b, 0, &log), KERR_NONE);
        assert_true(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        assert_told(f, "position 0: record 1 of 2: the bytes do not follow the format");

        buffer_clear(&log);
        b.header.base_offset = 100;
        batch_builder_add(&b, &r, NULL, 0);
        memset(b.records.data, 0xff, b.records.size);
        assert_int_equal(batch_builder_finish(&b, 0, &log), KERR_NONE);
        assert_true(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        assert_told(f, "position 0: record 0 of 1: the bytes do not follow the format");

        log.data[22] = 1; /* gzip */
        store_be32(log.data + 17, crc32c(0, log.data + 21, log.size - 21));
        assert_true(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        assert_told(f, "position 0: the records cannot be decompressed: ");
        batch_builder_deinit(&b);
        buffer_deinit(&log);
}

/* Goal: offsets that go back are told, gaps (compaction leaves them) are not.
 * Method: batches at 100, 200, 150; then one below the file's own offset. */
static void offsets_must_rise(void **state)
{
        struct fixture *f = *state;
        struct buffer log = {0};
        append_batch(&log, 100, 0);
        append_batch(&log, 200, 0);
        assert_false(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        append_batch(&log, 150, 0);
        assert_true(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        assert_told(f, "position 202: base offset 150 where at least 203 is due");
        buffer_clear(&log);
        append_batch(&log, 99, 0);
        assert_true(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        assert_told(f, "position 0: base offset 99 where at least 100 is due");
        buffer_deinit(&log);
}

/* Goal: transaction markers and other control records are named.
 * Method: a COMMIT with coordinator epoch 12, and a control type that is not known. */
static void control_records(void **state)
{
        struct fixture *f = *state;
        struct batch_builder b;
        struct buffer log = {0};
        struct record marker = {.timestamp = 1,
                                .key = span_of("\0\0\0\1", 4),
                                .value = span_of("\0\0\0\0\0\14", 6)};
        struct record unknown = {.timestamp = 1, .key = span_of("\0\0\0\77", 4)};
        batch_builder_init(&b);
        b.header.base_offset = 100;
        b.header.attributes = BATCH_CONTROL | BATCH_TRANSACTIONAL;
        batch_builder_add(&b, &marker, NULL, 0);
        batch_builder_add(&b, &unknown, NULL, 0);
        assert_int_equal(batch_builder_finish(&b, 0, &log), KERR_NONE);
        f->dump.print_data = true;
        assert_false(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        assert_non_null(strstr(f->out, "isTransactional: true isControl: true "));
        assert_printed(f, 3,
                       "| offset: 100 CreateTime: 1 keySize: 4 valueSize: 6 sequence: -1 "
                       "headerKeys: [] endTxnMarker: COMMIT coordinatorEpoch: 12\n"
                       "| offset: 101 CreateTime: 1 keySize: 4 valueSize: -1 sequence: -1 "
                       "headerKeys: [] controlType: UNKNOWN(63)\n");
        batch_builder_deinit(&b);
        buffer_deinit(&log);
}

/* --- indexes --- */

static void append_i32(struct buffer *b, int32_t value)
{
        store_be32(buffer_reserve(b, 4), (uint32_t)value);
        b->size += 4;
}

static void append_entry(struct buffer *index, int32_t relative, int32_t position)
{
        append_i32(index, relative);
        append_i32(index, position);
}

/* Goal: index entries print with absolute offsets, zeros at the end are room and not entries, and
 * the sanity check gives a verdict.
 * Method: two good entries for a log of three batches, then room. */
static void offset_index(void **state)
{
        struct fixture *f = *state;
        struct buffer log = {0}, index = {0};
        for (int i = 0; i < 3; i++)
                append_batch(&log, 100 + 3 * i, 0);
        write_file(f, LOG_NAME, buffer_span(&log));
        append_entry(&index, 5, 101);
        append_entry(&index, 8, 202);
        append_entry(&index, 0, 0);
        append_entry(&index, 0, 0);
        const char *name = "00000000000000000100.index";
        assert_false(dump_bytes(f, name, buffer_span(&index)));
        assert_printed(f, 1, "offset: 105 position: 101\noffset: 108 position: 202\n");
        f->dump.index_check_only = true;
        assert_false(dump(f, name));
        assert_non_null(strstr(f->out, "00000000000000000100.index passed sanity check.\n"));
        assert_null(strstr(f->out, "offset:"));
        assert_false(dump_bytes(f, name, span_of(NULL, 0)));
        assert_non_null(strstr(f->out, "00000000000000000100.index is empty.\n"));
        buffer_deinit(&log);
        buffer_deinit(&index);
}

/* Goal: an index that would lead a reader astray is told.
 * Method: one wrong entry at a time; a batch too far, no batch's start, outside the file, entries
 * that fall, half an entry. */
static void wrong_offset_index(void **state)
{
        struct fixture *f = *state;
        struct buffer log = {0};
        for (int i = 0; i < 3; i++)
                append_batch(&log, 100 + 3 * i, 0);
        write_file(f, LOG_NAME, buffer_span(&log));
        const struct {
                int32_t relative, position;
                const char *words;
        } cases[] = {
                {4, 202, "offset 104: the batch at position 202 begins at offset 106"},
                {5, 100, "offset 105: no batch begins at position 100"},
                {5, 303, "offset 105: position 303 is outside the segment of 303 bytes"},
                {2, 101, "position 8: the entries do not rise"},
                {5, 0, "position 8: the entries do not rise"},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct buffer index = {0};
                append_entry(&index, 2, 0);
                append_entry(&index, cases[i].relative, cases[i].position);
                assert_true(dump_bytes(f, "00000000000000000100.index", buffer_span(&index)));
                assert_told(f, cases[i].words);
                buffer_deinit(&index);
        }
        struct buffer index = {0};
        append_entry(&index, 2, 0);
        append_i32(&index, 5);
        f->dump.index_check_only = true;
        assert_true(dump_bytes(f, "00000000000000000100.index", buffer_span(&index)));
        assert_told(f, "12 bytes are no multiple of an entry's 8");
        assert_null(strstr(f->out, "passed"));
        buffer_deinit(&index);
        buffer_deinit(&log);
}

/* Goal: time index entries print, and must rise in time and offset.
 * Method: two entries; then the second one older. */
static void time_index(void **state)
{
        struct fixture *f = *state;
        struct buffer index = {0};
        const char *name = "00000000000000000100.timeindex";
        append_i32(&index, 0x18b);
        append_entry(&index, 0x100, 2);
        append_i32(&index, 0x18b);
        append_entry(&index, 0x200, 5);
        assert_false(dump_bytes(f, name, buffer_span(&index)));
        assert_printed(f, 1,
                       "timestamp: 1696512082176 offset: 102\n"
                       "timestamp: 1696512082432 offset: 105\n");
        index.data[12 + 6] = 0;
        assert_true(dump_bytes(f, name, buffer_span(&index)));
        assert_told(f, "position 12: the entries do not rise");
        buffer_deinit(&index);
}

/* Goal: checkpoints are printed as they are; what is no such file, or not there, is told.
 * Method: one of each. */
static void other_files(void **state)
{
        struct fixture *f = *state;
        assert_false(dump_bytes(f, "leader-epoch-checkpoint", text("0\n1\n7 40\n")));
        assert_printed(f, 1, "0\n1\n7 40\n");
        assert_true(dump_bytes(f, "notes.txt", text("x")));
        assert_told(f, "notes.txt: not a .log, .index, .timeindex or -checkpoint file");
        assert_true(dump_bytes(f, "9223372036854775807.index", text("entry 0.")));
        assert_told(f, "9223372036854775807.index: the name does not begin with an offset");
        assert_true(dump_bytes(f, "x.log", text("")));
        assert_told(f, "x.log: the name does not begin with an offset");
        assert_true(dump(f, "missing.log"));
        assert_told(f, "missing.log: No such file or directory");
}

/* --- metadata --- */

static void assert_metadata_words(struct metadata_record *m, const char *expected)
{
        struct packet *p = packet_new(NULL);
        struct serde s = serde_writer(p, 0, true);
        char *words;
        size_t size;
        serde_metadata_record(&s, m);
        FILE *out = open_memstream(&words, &size);
        assert_true(dump_metadata_record(out, span_of(p->memory.data + PACKET_LENGTH_BYTES,
                                                      p->memory.size - PACKET_LENGTH_BYTES)));
        fclose(out);
        assert_string_equal(words, expected);
        free(words);
        packet_free(p);
}

/* Goal: each record of the metadata log is put in words, with its fields named as in Kafka's
 * schemas and topic ids as Kafka prints them.
 * Method: one record of each type; the id is a known base64 text. */
static void metadata_in_words(void **state)
{
        (void)state;
        struct uuid id = {{0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb,
                           0xfc, 0xfd, 0xfe, 0xff}};
        int32_t brokers[] = {1, 2, 3};
        struct register_broker_endpoint endpoint = {
                .name = str_of("PLAINTEXT"), .host = str_of("localhost"), .port = 9092};
        struct register_broker_feature feature = {str_of("metadata.version"), 1, 7};
#define ID_WORDS "8PHy8_T19vf4-fr7_P3-_w"
        struct metadata_record m = {.type = METADATA_TOPIC,
                                    .topic = {.name = str_of("orders"), .topic_id = id}};
        assert_metadata_words(&m, "TopicRecord name=orders topicId=" ID_WORDS);

        m = (struct metadata_record){.type = METADATA_REGISTER_BROKER,
                                     .register_broker = {.broker_id = 1,
                                                         .incarnation_id = id,
                                                         .broker_epoch = 9,
                                                         .endpoints = {&endpoint, 1},
                                                         .features = {&feature, 1},
                                                         .rack = STR_NULL,
                                                         .fenced = true}};
        assert_metadata_words(&m, "RegisterBrokerRecord brokerId=1 incarnationId=" ID_WORDS
                                  " brokerEpoch=9 endPoints=[PLAINTEXT://localhost:9092]"
                                  " features=[metadata.version:1-7] rack=null fenced=true");
        m.register_broker.endpoints.count = m.register_broker.features.count = 0;
        m.register_broker.in_controlled_shutdown = true;
        assert_metadata_words(&m, "RegisterBrokerRecord brokerId=1 incarnationId=" ID_WORDS
                                  " brokerEpoch=9 endPoints=[] features=[] rack=null fenced=true"
                                  " inControlledShutdown=true");

        m = (struct metadata_record){.type = METADATA_UNREGISTER_BROKER,
                                     .unregister_broker = {2, 10}};
        assert_metadata_words(&m, "UnregisterBrokerRecord brokerId=2 brokerEpoch=10");

        m = (struct metadata_record){.type = METADATA_PARTITION,
                                     .partition = {.index = 4,
                                                   .topic_id = id,
                                                   .replicas = {brokers, 3},
                                                   .isr = {brokers, 2},
                                                   .leader = 1,
                                                   .leader_epoch = 5,
                                                   .partition_epoch = 6}};
        assert_metadata_words(&m, "PartitionRecord partitionId=4 topicId=" ID_WORDS
                                  " replicas=[1,2,3] isr=[1,2] removingReplicas=[]"
                                  " addingReplicas=[] leader=1 leaderEpoch=5 partitionEpoch=6");

        m = (struct metadata_record){.type = METADATA_PARTITION,
                                     .partition = {.topic_id = id,
                                                   .leader = -1,
                                                   .elr = {brokers, 2},
                                                   .last_known_elr = {brokers, 1}}};
        assert_metadata_words(&m, "PartitionRecord partitionId=0 topicId=" ID_WORDS
                                  " replicas=[] isr=[] removingReplicas=[] addingReplicas=[]"
                                  " leader=-1 leaderEpoch=0 partitionEpoch=0"
                                  " eligibleLeaderReplicas=[1,2] lastKnownElr=[1]");

        m = (struct metadata_record){.type = METADATA_PARTITION_CHANGE,
                                     .partition_change = partition_change_of(&id, 4)};
        m.partition_change.isr = (struct broker_ids){brokers, 1};
        assert_metadata_words(&m,
                              "PartitionChangeRecord partitionId=4 topicId=" ID_WORDS " isr=[1]");
        m.partition_change.isr.count = -1;
        m.partition_change.leader = -1;
        assert_metadata_words(&m,
                              "PartitionChangeRecord partitionId=4 topicId=" ID_WORDS " leader=-1");
        m.partition_change.elr = (struct broker_ids){brokers, 2};
        m.partition_change.last_known_elr.count = 0;
        assert_metadata_words(&m,
                              "PartitionChangeRecord partitionId=4 topicId=" ID_WORDS " leader=-1"
                              " eligibleLeaderReplicas=[1,2] lastKnownElr=[]");

        m = (struct metadata_record){.type = METADATA_CONFIG,
                                     .config = {.resource_type = CONFIG_RESOURCE_TOPIC,
                                                .resource_name = str_of("orders"),
                                                .name = str_of("retention.ms"),
                                                .value = STR_NULL}};
        assert_metadata_words(&m, "ConfigRecord resourceType=2(TOPIC) resourceName=orders "
                                  "name=retention.ms value=null");

        m = (struct metadata_record){.type = METADATA_REMOVE_TOPIC, .remove_topic = {id}};
        assert_metadata_words(&m, "RemoveTopicRecord topicId=" ID_WORDS);

        m = (struct metadata_record){.type = METADATA_PRODUCER_IDS, .producer_ids = {1, 9, 1000}};
        assert_metadata_words(&m, "ProducerIdsRecord brokerId=1 brokerEpoch=9 nextProducerId=1000");

        m = (struct metadata_record){
                .type = METADATA_BROKER_REGISTRATION_CHANGE,
                .broker_registration_change = {1, 9, BROKER_UNFENCED, BROKER_IN_SHUTDOWN}};
        assert_metadata_words(&m, "BrokerRegistrationChangeRecord brokerId=1 brokerEpoch=9"
                                  " fenced=false inControlledShutdown=true");
        m.broker_registration_change.fenced = BROKER_SAME;
        m.broker_registration_change.in_controlled_shutdown = BROKER_SAME;
        assert_metadata_words(&m, "BrokerRegistrationChangeRecord brokerId=1 brokerEpoch=9");

        m = (struct metadata_record){.type = METADATA_NO_OP};
        assert_metadata_words(&m, "NoOpRecord");
}

/* Goal: a value that is no metadata record is told, and nothing of it is printed as one.
 * Method: the records of an ordinary topic under --cluster-metadata-decoder. */
static void not_metadata(void **state)
{
        struct fixture *f = *state;
        struct buffer log = {0};
        append_batch(&log, 100, 0);
        f->dump.cluster_metadata = true;
        assert_true(dump_bytes(f, LOG_NAME, buffer_span(&log)));
        assert_told(f, "position 0: record 1 of 3: its value is no metadata record");
        buffer_deinit(&log);
}

/* --- the command --- */

static int run_command(char **argv)
{
        int argc = 0;
        while (argv[argc])
                argc++;
        return dump_log_cmd(argc, argv);
}

/* Goal: the exit status tells: 0 sound, 1 damaged, 2 wrong usage; several files may be given.
 * Method: a good and a cut segment, and each kind of wrong usage. */
static void exit_status(void **state)
{
        struct fixture *f = *state;
        struct buffer log = {0};
        append_batch(&log, 100, 0);
        write_file(f, LOG_NAME, buffer_span(&log));
        write_file(f, "leader-epoch-checkpoint", text("0\n0\n"));
        char files[700];
        snprintf(files, sizeof files, "%s/leader-epoch-checkpoint,%s/" LOG_NAME, f->directory,
                 f->directory);
        char name[] = "dump-log", files_option[] = "--files", data[] = "--print-data-log";
        char wrong[] = "--print-data-lag", help[] = "--help", commas[] = ",,";

        assert_int_equal(run_command((char *[]){name, data, files_option, files, NULL}), 0);
        write_file(f, LOG_NAME, span_of(log.data, log.size - 1));
        snprintf(files, sizeof files, "%s/leader-epoch-checkpoint,%s/" LOG_NAME, f->directory,
                 f->directory);
        assert_int_equal(run_command((char *[]){name, files_option, files, NULL}), 1);

        assert_int_equal(run_command((char *[]){name, help, NULL}), 0);
        assert_int_equal(run_command((char *[]){name, NULL}), 2);
        assert_int_equal(run_command((char *[]){name, files_option, NULL}), 2);
        assert_int_equal(run_command((char *[]){name, files_option, commas, NULL}), 2);
        assert_int_equal(run_command((char *[]){name, wrong, files_option, files, NULL}), 2);
        assert_int_equal(run_command((char *[]){name, files, NULL}), 2);
        buffer_deinit(&log);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_fixture, remove_fixture)

int main(void)
{
        const struct CMUnitTest tests[] = {
                IN_DIRECTORY(segment_prints_as_kafkas),
                IN_DIRECTORY(compressed_batches),
                IN_DIRECTORY(byte_map),
                IN_DIRECTORY(every_cut_is_told),
                IN_DIRECTORY(damage_is_told),
                IN_DIRECTORY(damaged_records_are_told),
                IN_DIRECTORY(offsets_must_rise),
                IN_DIRECTORY(control_records),
                IN_DIRECTORY(offset_index),
                IN_DIRECTORY(wrong_offset_index),
                IN_DIRECTORY(time_index),
                IN_DIRECTORY(other_files),
                cmocka_unit_test(metadata_in_words),
                IN_DIRECTORY(not_metadata),
                IN_DIRECTORY(exit_status),
        };
        return cmocka_run_group_tests_name("dump_log", tests, NULL, NULL);
}
