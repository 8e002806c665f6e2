/* The records of the coordinators' logs, what the members of a group tell each other, and which
 * partition keeps a group. */
#include "record_samples.h"

#include "wire/coordinator_partition.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define RECORD_ANY(record)                                 \
        static void any_##record(struct serde *s, void *m) \
        {                                                  \
                serde_##record(s, m);                      \
        }
#define RECORD_ROW(record) {#record, -1, &sample_##record, sizeof sample_##record, any_##record},
GROUP_RECORD_LIST(RECORD_ANY)
static const struct message records[] = {GROUP_RECORD_LIST(RECORD_ROW)};

enum { RECORD_COUNT = sizeof records / sizeof records[0] };

static const struct message *record_named(const char *name)
{
        for (size_t i = 0; i < RECORD_COUNT; i++) {
                if (strcmp(records[i].name, name) == 0)
                        return &records[i];
        }
        fail_msg("no record %s", name);
        return NULL;
}

/* Reads a record from bytes put down by hand; what was read points into the arena. */
static enum kerr read_hex(const char *name, const char *hex, void *value, struct arena *arena)
{
        struct span bytes = hex_bytes(hex);
        uint8_t *kept = arena_alloc(arena, bytes.size);
        memcpy(kept, bytes.data, bytes.size);
        free((void *)bytes.data);
        return message_read(record_named(name), value, 0, span_of(kept, bytes.size), arena).err;
}

/* Goal:   what is written can be read; cut short it is an error; damaged it does no harm.
 * Method: the checks that messages undergo, for each record. */
static void records_read_back_and_bear_damage(void **state)
{
        (void)state;
        for (size_t i = 0; i < RECORD_COUNT; i++) {
                message_check_round_trip(&records[i]);
                message_check_truncated(&records[i]);
                message_check_trailing(&records[i]);
                message_check_damaged(&records[i]);
        }
}

/* Goal:   our bytes are Kafka's, in the versions that Kafka writes.
 * Method: compare samples with bytes put down by hand from the schemas. */
static void bytes_are_kafkas(void **state)
{
        (void)state;
        static const struct golden goldens[] = {
                {"offset_commit_key", 0,
                 "0001 0007 62696c6c696e67 0006 6f7264657273 00000003" /* "billing", "orders" 3 */},
                {"offset_commit_value", 0,
                 "0003 00000000000003e9 00000047 0004 6e6f7465" /* 1001, epoch 71, "note" */
                 "0000018bcfe56803" /* 1700000000003 */},
                {"group_metadata_key", 0, "0002 0007 62696c6c696e67"},
                {"group_metadata_value", 0,
                 "0003 0008 636f6e73756d6572 00000029"   /* "consumer", generation 41 */
                 "0005 72616e6765 0003 6d2d31"           /* "range", led by "m-1" */
                 "0000018bcfe56804 00000001"             /* so since then; one member */
                 "0003 6d2d31 0003 692d31 0004 6b636174" /* "m-1", "i-1", "kcat" */
                 "0009 2f31302e302e302e31"               /* "/10.0.0.1" */
                 "000493e0 0000afc8"                     /* rebalance 300 s, session 45 s */
                 "00000007 6f72646572733f 00000005 796f757273"},
                {"transaction_log_key", 0, "0000 0005 6d6f766572"},
                {"transaction_log_value", 0,
                 "0000 0000000000000fa1 0007 0000ea60 02" /* 4001, epoch 7, 60 s, PrepareCommit */
                 "00000001 0006 6f7264657273 00000002 00000003 00000004"
                 "0000018bcfe56806 0000018bcfe56805"},
                {"end_txn_marker", 0, "0000 00000048"},
                {"consumer_protocol_subscription", 0,
                 "0003 00000002 0006 6f7264657273 0005 6175646974" /* "orders", "audit" */
                 "00000004 6d696e65"                               /* "mine" */
                 "00000001 0006 6f7264657273 00000002 00000003 00000004"
                 "00000028 0004 65617374" /* since generation 40, in "east" */},
                {"consumer_protocol_assignment", 0,
                 "0003 00000001 0006 6f7264657273 00000002 00000003 00000004"
                 "00000005 796f757273"},
        };
        assert_int_equal(sizeof goldens / sizeof goldens[0], RECORD_COUNT);
        for (size_t i = 0; i < RECORD_COUNT; i++)
                message_check_golden(record_named(goldens[i].message), 0, goldens[i].hex);
}

/* Goal:   a key tells its kind by its version alone; kinds of the future can be skipped.
 * Method: keys of versions 0 to 4, -1, and one too short to have a version. */
static void keys_tell_their_kind(void **state)
{
        (void)state;
        assert_int_equal(group_record_kind(span_of("\0\0", 2)), GROUP_RECORD_OFFSET);
        assert_int_equal(group_record_kind(span_of("\0\1", 2)), GROUP_RECORD_OFFSET);
        assert_int_equal(group_record_kind(span_of("\0\2\0", 3)), GROUP_RECORD_GROUP);
        assert_int_equal(group_record_kind(span_of("\0\3", 2)), GROUP_RECORD_UNKNOWN);
        assert_int_equal(group_record_kind(span_of("\0\4", 2)), GROUP_RECORD_UNKNOWN);
        assert_int_equal(group_record_kind(span_of("\377\377", 2)), GROUP_RECORD_UNKNOWN);
        assert_int_equal(group_record_kind(span_of("\0", 1)), GROUP_RECORD_UNKNOWN);
        assert_int_equal(group_record_kind(span_of(NULL, 0)), GROUP_RECORD_UNKNOWN);
}

/* Goal:   offsets that older and newer brokers kept can be read.
 * Method: a key of version 0 and values of versions 0, 1, 2 and 4, by hand. */
static void other_versions_of_offsets_are_read(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);
        struct offset_commit_key key;
        assert_int_equal(
                read_hex("offset_commit_key", "0000 0001 67 0001 74 00000005", &key, &arena),
                KERR_NONE);
        assert_true(str_equal_c(key.group, "g"));
        assert_int_equal(key.partition, 5);

        static const struct {
                const char *hex;
                int32_t leader_epoch;
                int64_t expire_timestamp_ms;
        } values[] = {
                {"0000 0000000000000009 0001 6d 000000000000000a", -1, -1},
                {"0001 0000000000000009 0001 6d 000000000000000a 000000000000000b", -1, 11},
                {"0002 0000000000000009 0001 6d 000000000000000a", -1, -1},
                {"0004 0000000000000009 0000000c 02 6d 000000000000000a 01 00 01 ff", 12, -1},
        };
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
                struct offset_commit_value value;
                assert_int_equal(read_hex("offset_commit_value", values[i].hex, &value, &arena),
                                 KERR_NONE);
                assert_int_equal(value.offset, 9);
                assert_int_equal(value.leader_epoch, values[i].leader_epoch);
                assert_true(str_equal_c(value.metadata, "m"));
                assert_int_equal(value.commit_timestamp_ms, 10);
                assert_int_equal(value.expire_timestamp_ms, values[i].expire_timestamp_ms);
        }
        arena_deinit(&arena);
}

/* Goal:   an offset that expires keeps its time.
 * Method: write one with an expiry; it is version 1, the only one with room for it. */
static void an_offset_that_expires_is_version_1(void **state)
{
        (void)state;
        struct offset_commit_value value = {9, 12, STR("m"), 10, 11};
        struct message m = *record_named("offset_commit_value");
        m.sample = &value;
        message_check_golden(&m, 0,
                             "0001 0000000000000009 0001 6d 000000000000000a"
                             "000000000000000b");
}

/* Goal:   groups that older and newer brokers kept can be read.
 * Method: values of versions 0, 1, 2 and 4, by hand. */
static void other_versions_of_groups_are_read(void **state)
{
        (void)state;
        static const struct {
                const char *hex;
                int64_t since_ms;
                int32_t rebalance_timeout_ms;
        } values[] = {
                {"0000 0001 70 00000002 ffff ffff 00000001"
                 "0001 6d 0001 63 0001 68 00000007 00000000 00000001 61",
                 -1, 7}, /* the session timeout's */
                {"0001 0001 70 00000002 ffff ffff 00000001"
                 "0001 6d 0001 63 0001 68 00000006 00000007 00000000 00000001 61",
                 -1, 6},
                {"0002 0001 70 00000002 ffff ffff 0000000000000005 00000001"
                 "0001 6d 0001 63 0001 68 00000006 00000007 00000000 00000001 61",
                 5, 6},
                {"0004 02 70 00000002 00 00 0000000000000005 02"
                 "02 6d 00 02 63 02 68 00000006 00000007 01 02 61 00 00",
                 5, 6},
        };
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
                struct group_metadata_value group;
                assert_int_equal(read_hex("group_metadata_value", values[i].hex, &group, &arena),
                                 KERR_NONE);
                assert_int_equal(group.generation, 2);
                assert_int_equal(group.protocol.size, -1);
                assert_int_equal(group.leader.size, -1);
                assert_int_equal(group.current_state_timestamp_ms, values[i].since_ms);
                assert_int_equal(group.members.count, 1);
                struct group_metadata_member *member = &group.members.items[0];
                assert_int_equal(member->group_instance_id.size, -1);
                assert_int_equal(member->rebalance_timeout_ms, values[i].rebalance_timeout_ms);
                assert_int_equal(member->session_timeout_ms, 7);
                assert_int_equal(member->assignment.size, 1);
        }
        arena_deinit(&arena);
}

/* Goal:   transactions that newer brokers kept can be read, and those without partitions.
 * Method: a value of version 1 with a tag; one of version 0 with null partitions. */
static void other_versions_of_transactions_are_read(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);
        struct transaction_log_value value;
        assert_int_equal(read_hex("transaction_log_value",
                                  "0001 0000000000000009 0002 00000003 01 02 02 74 02 00000004 00"
                                  "0000000000000005 0000000000000006 01 00 08 0000000000000008",
                                  &value, &arena),
                         KERR_NONE);
        assert_int_equal(value.transaction_status, TRANSACTION_ONGOING);
        assert_true(str_equal_c(value.topics.items[0].name, "t"));
        assert_int_equal(value.topics.items[0].partitions.items[0], 4);
        assert_int_equal(value.last_update_timestamp_ms, 5);
        assert_int_equal(value.start_timestamp_ms, 6);
        assert_int_equal(read_hex("transaction_log_value",
                                  "0000 0000000000000009 0002 00000003 00 ffffffff"
                                  "0000000000000005 ffffffffffffffff",
                                  &value, &arena),
                         KERR_NONE);
        assert_int_equal(value.topics.count, -1);
        assert_int_equal(value.start_timestamp_ms, -1);
        arena_deinit(&arena);
}

/* Goal:   a record of the future is refused, not misread.
 * Method: versions above the newest known and below 0; a status that there is none of. */
static void unknown_versions_are_refused(void **state)
{
        (void)state;
        static const struct {
                const char *record;
                const char *hex;
        } bad[] = {
                {"offset_commit_key", "0002 0001 67 0001 74 00000005"},
                {"offset_commit_key", "ffff 0001 67 0001 74 00000005"},
                {"offset_commit_value", "0005 0000000000000009 0000000c 02 6d 000000000000000a 00"},
                {"offset_commit_value", "ffff 0000000000000009 0001 6d 000000000000000a"},
                {"group_metadata_key", "0001 0001 67"},
                {"group_metadata_key", "0003 0001 67"},
                {"group_metadata_value", "0005 02 70 00000002 00 00 0000000000000005 01 00"},
                {"transaction_log_key", "0001 0001 67"},
                {"transaction_log_value", "0002 0000000000000009 0002 00000003 00 00"
                                          "0000000000000005 0000000000000006 00"},
                {"transaction_log_value", "0000 0000000000000009 0002 00000003 08 ffffffff"
                                          "0000000000000005 0000000000000006"},
                {"transaction_log_value", "0000 0000000000000009 0002 00000003 ff ffffffff"
                                          "0000000000000005 0000000000000006"},
                {"end_txn_marker", "ffff 00000048"},
                {"consumer_protocol_assignment", "ffff 00000000 ffffffff"},
        };
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                uint64_t value[32];
                enum kerr err = read_hex(bad[i].record, bad[i].hex, value, &arena);
                if (err != KERR_MALFORMED)
                        fail_msg("%zu: %s", i, kerr_name(err));
        }
        arena_deinit(&arena);
}

/* Goal:   members of all ages understand each other: what an old one does not say is unknown, what
 *         a new one says in addition is left unread.
 * Method: subscriptions of versions 0, 1 and 7 by hand; one that owns nothing known, written. */
static void subscriptions_of_all_versions_are_read(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);
        struct consumer_protocol_subscription said;
        const char *name = "consumer_protocol_subscription";
        assert_int_equal(read_hex(name, "0000 00000001 0001 74 ffffffff", &said, &arena),
                         KERR_NONE);
        assert_true(str_equal_c(said.topics.items[0], "t"));
        assert_null(said.user_data.data);
        assert_int_equal(said.owned_partitions.count, -1);
        assert_int_equal(said.generation_id, -1);
        assert_int_equal(said.rack_id.size, -1);

        struct message m = *record_named(name);
        m.sample = &said;
        message_check_golden(&m, 0, "0000 00000001 0001 74 ffffffff");

        assert_int_equal(read_hex(name, "0001 00000001 0001 74 ffffffff 00000000", &said, &arena),
                         KERR_NONE);
        assert_int_equal(said.owned_partitions.count, 0);
        assert_int_equal(said.generation_id, -1);

        assert_int_equal(read_hex(name,
                                  "0007 00000001 0001 74 ffffffff 00000000 00000009 0001 72"
                                  "12345678",
                                  &said, &arena),
                         KERR_NONE);
        assert_int_equal(said.generation_id, 9);
        assert_true(str_equal_c(said.rack_id, "r"));
        arena_deinit(&arena);
}

/* Goal:   statuses have Kafka's names, and no other number has one.
 * Method: the first, the last, and one beyond each. */
static void statuses_have_names(void **state)
{
        (void)state;
        assert_string_equal(transaction_status_name(TRANSACTION_EMPTY), "Empty");
        assert_string_equal(transaction_status_name(TRANSACTION_PREPARE_ABORT), "PrepareAbort");
        assert_string_equal(transaction_status_name(TRANSACTION_PREPARE_EPOCH_FENCE),
                            "PrepareEpochFence");
        assert_null(transaction_status_name(-1));
        assert_null(transaction_status_name(TRANSACTION_STATUS_COUNT));
}

/* Goal:   a group is looked for where any other broker would.
 * Method: hashes of Java's String, negative ones and the smallest int ("polygenelubricants") among
 *         them, letters of one to four bytes; bytes that are no UTF-8, of which each counts as
 *         U+FFFD. */
static void groups_are_kept_where_kafka_keeps_them(void **state)
{
        (void)state;
        static const struct {
                const char *key;
                int32_t of_50, of_1000;
        } keys[] = {
                {"", 0, 0},
                {"a", 47, 97},
                {"hello", 22, 322},
                {"polygenelubricants", 0, 0},
                {"billing", 9, 509},
                {"my-transactional-id", 46, 496},
                {"gr\303\274n", 49, 949},      /* U+00FC */
                {"\342\202\254", 14, 364},     /* U+20AC */
                {"\360\237\230\200", 49, 899}, /* U+1F600 */
                {"\377", 33, 533},             /* never in UTF-8 */
                {"\300\200", 6, 56},           /* too long for U+0000 */
                {"x\342\202", 26, 376},        /* cut off */
                {"\355\240\200", 19, 269},     /* half a surrogate pair */
                {"\200z", 45, 645},            /* begins in the middle */
        };
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
                assert_int_equal(coordinator_partition(str_of(keys[i].key), 50), keys[i].of_50);
                assert_int_equal(coordinator_partition(str_of(keys[i].key), 1000), keys[i].of_1000);
                assert_int_equal(coordinator_partition(str_of(keys[i].key), 1), 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(records_read_back_and_bear_damage),
                cmocka_unit_test(bytes_are_kafkas),
                cmocka_unit_test(keys_tell_their_kind),
                cmocka_unit_test(other_versions_of_offsets_are_read),
                cmocka_unit_test(an_offset_that_expires_is_version_1),
                cmocka_unit_test(other_versions_of_groups_are_read),
                cmocka_unit_test(other_versions_of_transactions_are_read),
                cmocka_unit_test(unknown_versions_are_refused),
                cmocka_unit_test(subscriptions_of_all_versions_are_read),
                cmocka_unit_test(statuses_have_names),
                cmocka_unit_test(groups_are_kept_where_kafka_keeps_them),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
