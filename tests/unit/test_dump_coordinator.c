/* Tests of src/cli/dump_coordinator.c: what is printed of the coordinators' logs. */
#include "message_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/dump_log.h"
#include "log/batch.h"
#include "wire/consumer_protocol.h"
#include "wire/group_records.h"
#include "wire/txn_records.h"

typedef bool dump_record(FILE *out, struct span key, struct span value);

struct bytes {
        struct packet *packet;
        struct span span;
};

/* Functions of one type for the records used here. */
#define ANY_SERDE(record)                                  \
        static void any_##record(struct serde *s, void *m) \
        {                                                  \
                serde_##record(s, m);                      \
        }
ANY_SERDE(offset_commit_key)
ANY_SERDE(offset_commit_value)
ANY_SERDE(group_metadata_key)
ANY_SERDE(group_metadata_value)
ANY_SERDE(transaction_log_key)
ANY_SERDE(transaction_log_value)
ANY_SERDE(consumer_protocol_subscription)
ANY_SERDE(consumer_protocol_assignment)

static struct bytes bytes_of(void *m, void (*serde)(struct serde *, void *))
{
        struct packet *out = packet_new(NULL);
        struct serde s = serde_writer(out, 0, false);
        serde(&s, m);
        return (struct bytes){out, message_bytes(out)};
}

static void assert_words(dump_record *dump, struct span key, struct span value,
                         const char *expected)
{
        char *words;
        size_t size;
        FILE *out = open_memstream(&words, &size);
        assert_int_equal(dump(out, key, value), expected[0] != 0);
        fclose(out);
        assert_string_equal(words, expected);
        free(words);
}

#define OFFSET_KEY                                                                               \
        " key: "                                                                                 \
        "{\"type\":\"1\",\"data\":{\"group\":\"billing\",\"topic\":\"orders\",\"partition\":3}}" \
        " payload: "
#define GROUP_KEY " key: {\"type\":\"2\",\"data\":{\"group\":\"billing\"}} payload: "

/* Goal:   offsets are put in words as Kafka's tool does, each version with its fields.
 * Method: the sample, with metadata that must be escaped; one that expires, which has another
 *         version; a tombstone. */
static void offsets_in_words(void **state)
{
        (void)state;
        struct offset_commit_key partition = {STR("billing"), STR("orders"), 3};
        struct offset_commit_value full = {1001, 71, STR("a \"note\"\n\1"), 1700000000003, -1};
        struct offset_commit_value expires = {.offset = 7, .expire_timestamp_ms = 9};
        struct bytes key = bytes_of(&partition, any_offset_commit_key);
        struct bytes value = bytes_of(&full, any_offset_commit_value);
        struct bytes other_version = bytes_of(&expires, any_offset_commit_value);
        assert_words(
                dump_offsets_record, key.span, value.span,
                OFFSET_KEY
                "{\"version\":\"3\",\"data\":{\"offset\":1001,\"leaderEpoch\":71,"
                "\"metadata\":\"a \\\"note\\\"\\n\\u0001\",\"commitTimestamp\":1700000000003}}");
        assert_words(dump_offsets_record, key.span, other_version.span,
                     OFFSET_KEY "{\"version\":\"1\",\"data\":{\"offset\":7,\"metadata\":\"\","
                                "\"commitTimestamp\":0,\"expireTimestamp\":9}}");
        assert_words(dump_offsets_record, key.span, span_of(NULL, 0), OFFSET_KEY "<DELETE>");
        packet_free(key.packet);
        packet_free(value.packet);
        packet_free(other_version.packet);
}

#define MEMBER_SETTINGS(id)                                                     \
        "{\"memberId\":\"" id                                                   \
        "\",\"groupInstanceId\":null,\"clientId\":\"c\",\"clientHost\":\"/h\"," \
        "\"rebalanceTimeout\":3,\"sessionTimeout\":4,"

/* Goal:   groups are put in words as Kafka's tool does; what a consumer subscribes to and was given
 *         as well, all else in base64.
 * Method: a consumer; one of the oldest version, with the assignor's own data; one whose bytes are
 *         nothing of that sort; a group of another kind and without a protocol; a tombstone. */
static void groups_in_words(void **state)
{
        (void)state;
        struct group_metadata_key name = {STR("billing")};
        struct consumer_protocol_topic topic = {STR("orders"), ITEMS(int32_t, 3, 4)};
        struct consumer_protocol_subscription wish = {.topics = ITEMS(struct str, STR("orders")),
                                                      .owned_partitions = {&topic, 1},
                                                      .generation_id = 7,
                                                      .rack_id = STR_NULL};
        struct consumer_protocol_subscription old_wish = wish;
        struct consumer_protocol_assignment share = {.topics = {&topic, 1}};
        struct consumer_protocol_assignment noted = {.topics = {&topic, 1},
                                                     .user_data = span_of("yours", 5)};
        old_wish.owned_partitions.count = -1;
        old_wish.user_data = span_of("mine", 4);
        struct bytes key = bytes_of(&name, any_group_metadata_key);
        struct bytes asked = bytes_of(&wish, any_consumer_protocol_subscription);
        struct bytes old_asked = bytes_of(&old_wish, any_consumer_protocol_subscription);
        struct bytes given = bytes_of(&share, any_consumer_protocol_assignment);
        struct bytes with_data = bytes_of(&noted, any_consumer_protocol_assignment);
        struct group_metadata_member members[] = {
                {STR("m-1"), STR_NULL, STR("c"), STR("/h"), 3, 4, asked.span, given.span},
                {STR("m-2"), STR_NULL, STR("c"), STR("/h"), 3, 4, old_asked.span, with_data.span},
                {STR("m-3"), STR_NULL, STR("c"), STR("/h"), 3, 4, BYTES(""), BYTES("\1")},
        };
        struct group_metadata_value group = {
                .protocol_type = STR("consumer"),
                .generation = 41,
                .protocol = STR("range"),
                .leader = STR("m-2"),
                .current_state_timestamp_ms = 17,
                .members = {members, 3},
        };
        struct bytes value = bytes_of(&group, any_group_metadata_value);
        assert_words(dump_offsets_record, key.span, value.span,
                     GROUP_KEY
                     "{\"version\":\"3\",\"data\":{\"protocolType\":\"consumer\",\"generation\":41,"
                     "\"protocol\":\"range\",\"leader\":\"m-2\",\"currentStateTimestamp\":17,"
                     "\"members\":[" MEMBER_SETTINGS(
                             "m-1") "\"subscription\":{\"topics\":["
                                    "\"orders\"],\"userData\":null,\"ownedPartitions\":[{\"topic\":"
                                    "\"orders\","
                                    "\"partitions\":[3,4]}],\"generationId\":7,\"rackId\":null},"
                                    "\"assignment\":{"
                                    "\"assignedPartitions\":[{\"topic\":\"orders\",\"partitions\":["
                                    "3,4]}],"
                                    "\"userData\":null}}," MEMBER_SETTINGS(
                                            "m-2") "\"subscription\":{\"topics\":["
                                                   "\"orders\"],\"userData\":\"bWluZQ==\"},"
                                                   "\"assignment\":{"
                                                   "\"assignedPartitions\":[{\"topic\":\"orders\","
                                                   "\"partitions\":[3,4]}],"
                                                   "\"userData\":\"eW91cnM=\"}}," MEMBER_SETTINGS(
                                                           "m-3") "\"subscription\":\"\","
                                                                  "\"assignment\":\"AQ==\"}]}}");
        packet_free(value.packet);

        group.protocol_type = str_of("connect");
        group.protocol = STR_NULL;
        group.leader = STR_NULL;
        members[2].subscription = span_of("all", 3);
        group.members.items = &members[2];
        group.members.count = 1;
        value = bytes_of(&group, any_group_metadata_value);
        assert_words(
                dump_offsets_record, key.span, value.span,
                GROUP_KEY
                "{\"version\":\"3\",\"data\":{\"protocolType\":\"connect\",\"generation\":41,"
                "\"protocol\":null,\"leader\":null,\"currentStateTimestamp\":17,\"members\":"
                "[" MEMBER_SETTINGS("m-3") "\"subscription\":\"YWxs\",\"assignment\":\"AQ==\"}]}}");
        assert_words(dump_offsets_record, key.span, span_of(NULL, 0), GROUP_KEY "<DELETE>");
        packet_free(key.packet);
        packet_free(asked.packet);
        packet_free(old_asked.packet);
        packet_free(given.packet);
        packet_free(with_data.packet);
        packet_free(value.packet);
}

/* Goal:   transactions are put in words as Kafka's tool does.
 * Method: the sample; one that has no partitions; a tombstone. */
static void transactions_in_words(void **state)
{
        (void)state;
        struct transaction_log_key name = {STR("mover")};
        struct transaction_log_value full = {
                4001,
                7,
                60000,
                TRANSACTION_PREPARE_COMMIT,
                ITEMS(struct transaction_log_topic, {STR("orders"), ITEMS(int32_t, 3, 4)}),
                1700000000006,
                1700000000005};
        struct transaction_log_value empty = {.producer_id = 9,
                                              .topics = {NULL, -1},
                                              .last_update_timestamp_ms = 5,
                                              .start_timestamp_ms = -1};
        struct bytes key = bytes_of(&name, any_transaction_log_key);
        struct bytes value = bytes_of(&full, any_transaction_log_value);
        struct bytes no_partitions = bytes_of(&empty, any_transaction_log_value);
        assert_words(dump_transaction_record, key.span, value.span,
                     " key: transaction_metadata::transactionalId=mover payload: producerId:4001,"
                     "producerEpoch:7,state=PrepareCommit,partitions=[orders-3,orders-4],"
                     "txnLastUpdateTimestamp=1700000000006,txnTimeoutMs=60000");
        assert_words(dump_transaction_record, key.span, no_partitions.span,
                     " key: transaction_metadata::transactionalId=mover payload: producerId:9,"
                     "producerEpoch:0,state=Empty,partitions=[],txnLastUpdateTimestamp=5,"
                     "txnTimeoutMs=0");
        assert_words(dump_transaction_record, key.span, span_of(NULL, 0),
                     " key: transaction_metadata::transactionalId=mover payload: <DELETE>");
        packet_free(key.packet);
        packet_free(value.packet);
        packet_free(no_partitions.packet);
}

/* Goal:   nothing is printed of bytes that are no record of that log.
 * Method: no key; a kind of a newer protocol; keys and values cut short. */
static void other_bytes_are_refused(void **state)
{
        (void)state;
        struct span none = span_of(NULL, 0), short_value = span_of("\0\3\0", 3);
        struct span offset_key = span_of("\0\1\0\1g\0\1t\0\0\0\3", 12);
        struct span group_key = span_of("\0\2\0\1g", 5), transaction_key = span_of("\0\0\0\1t", 5);
        assert_words(dump_offsets_record, none, none, "");
        assert_words(dump_offsets_record, span_of("\0\3\0\1g", 5), none, "");
        assert_words(dump_offsets_record, span_of(offset_key.data, 11), none, "");
        assert_words(dump_offsets_record, offset_key, short_value, "");
        assert_words(dump_offsets_record, span_of(group_key.data, 4), none, "");
        assert_words(dump_offsets_record, group_key, short_value, "");
        assert_words(dump_transaction_record, none, none, "");
        assert_words(dump_transaction_record, transaction_key, short_value, "");
}

/* Makes a directory of that name with a segment of one batch with one tombstone. */
static void make_segment(const char *parent, const char *name, struct span key, char *path,
                         size_t size)
{
        char directory[300];
        struct buffer log = {0};
        struct batch_builder b;
        struct record record = {.timestamp = 1, .key = key};
        batch_builder_init(&b);
        batch_builder_add(&b, &record, NULL, 0);
        assert_int_equal(batch_builder_finish(&b, 0, &log), KERR_NONE);
        snprintf(directory, sizeof directory, "%s/%s", parent, name);
        assert_int_equal(mkdir(directory, 0700), 0);
        snprintf(path, size, "%s/00000000000000000000.log", directory);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(log.data, 1, log.size, file), log.size);
        assert_int_equal(fclose(file), 0);
        batch_builder_deinit(&b);
        buffer_deinit(&log);
}

static void assert_dumped(struct dump_log d, const char *path, const char *words, bool found)
{
        char *text;
        size_t size;
        d.out = open_memstream(&text, &size);
        d.err = d.out;
        dump_log_file(&d, path);
        fclose(d.out);
        assert_int_equal(strstr(text, words) != NULL, found);
        free(text);
}

static void remove_segment(const char *path)
{
        assert_int_equal(unlink(path), 0);
        char *directory = strndup(path, (size_t)(strrchr(path, '/') - path));
        assert_int_equal(rmdir(directory), 0);
        free(directory);
}

/* Goal:   the logs are known by their directories; a decoder is for those that lie elsewhere.
 * Method: segments in three directories, dumped with and without decoders. */
static void the_directory_tells_the_decoder(void **state)
{
        (void)state;
        char parent[200], offsets[400], transactions[400], elsewhere[400];
        snprintf(parent, sizeof parent, "%s/odradek-dump-XXXXXX", P_tmpdir);
        assert_non_null(mkdtemp(parent));
        struct span group_key = span_of("\0\2\0\1g", 5), transaction_key = span_of("\0\0\0\1t", 5);
        make_segment(parent, "__consumer_offsets-7", group_key, offsets, sizeof offsets);
        make_segment(parent, "__transaction_state-12", transaction_key, transactions,
                     sizeof transactions);
        make_segment(parent, "__consumer_offsetsx", group_key, elsewhere, sizeof elsewhere);

        const char *group = "key: {\"type\":\"2\",\"data\":{\"group\":\"g\"}} payload: <DELETE>";
        const char *transaction = "key: transaction_metadata::transactionalId=t payload: <DELETE>";
        struct dump_log print = {.print_data = true};
        assert_dumped(print, offsets, group, true);
        assert_dumped(print, transactions, transaction, true);
        assert_dumped(print, elsewhere, group, false);
        assert_dumped((struct dump_log){.deep = true}, offsets, group, false);
        assert_dumped((struct dump_log){.offsets = true}, elsewhere, group, true);
        assert_dumped((struct dump_log){.transactions = true}, transactions, transaction, true);
        assert_dumped((struct dump_log){.transactions = true}, offsets,
                      "position 0: record 1 of 1: its key and value are no record of a "
                      "coordinator's log",
                      true);
        char name[] = "dump-log", files[] = "--files", decoder[] = "--offsets-decoder",
             other[] = "--transaction-log-decoder";
        assert_int_equal(dump_log_cmd(4, (char *[]){name, decoder, files, elsewhere, NULL}), 0);
        assert_int_equal(dump_log_cmd(4, (char *[]){name, other, files, transactions, NULL}), 0);

        remove_segment(offsets);
        remove_segment(transactions);
        remove_segment(elsewhere);
        assert_int_equal(rmdir(parent), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(offsets_in_words),
                cmocka_unit_test(groups_in_words),
                cmocka_unit_test(transactions_in_words),
                cmocka_unit_test(other_bytes_are_refused),
                cmocka_unit_test(the_directory_tells_the_decoder),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
