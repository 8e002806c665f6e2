/* Every message of consumer groups and transactions: bytes, round trips, damage. */
#include "message_samples_groups.h"

#include "wire/find_coordinator.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

GROUP_MESSAGE_LIST(MESSAGE_ANY)
static const struct message messages[] = {GROUP_MESSAGE_LIST(MESSAGE_ROW)};

enum { MESSAGE_COUNT = sizeof messages / sizeof messages[0] };

static void check_all(void (*check)(const struct message *m))
{
        for (size_t i = 0; i < MESSAGE_COUNT; i++)
                check(&messages[i]);
}

/* Goal:   what is written can be read, and nothing of it is lost.
 * Method: write each sample in each version, read it back, write it again, compare the bytes. */
static void round_trips(void **state)
{
        (void)state;
        check_all(message_check_round_trip);
}

/* Goal:   a frame that ends too early is an error, never a read beyond its end.
 * Method: cut each sample at every length, in memory of exactly that length. */
static void truncated_frames_are_refused(void **state)
{
        (void)state;
        check_all(message_check_truncated);
}

/* Goal:   bytes behind a message do no harm.
 * Method: append three bytes to each sample. */
static void trailing_bytes_are_left_alone(void **state)
{
        (void)state;
        check_all(message_check_trailing);
}

/* Goal:   no damaged byte leads to a crash, and what reads cleanly can be written.
 * Method: set every byte of each sample to five values that lengths and nulls are made of. */
static void damaged_frames_do_not_crash(void **state)
{
        (void)state;
        check_all(message_check_damaged);
}

/* --- golden bytes: from the schemas, not from our writer --- */

static const struct golden goldens[] = {
        {"offset_commit_request", 2,
         "0007 62696c6c696e67 00000029 0003 6d2d31" /* "billing", generation 41, "m-1" */
         "000000000000002a"                         /* kept for 42 ms */
         "00000001 0006 6f7264657273 00000002"      /* "orders" and its two partitions */
         "00000003 00000000000003e9 0004 6e6f7465"  /* partition 3: 1001, "note" */
         "00000004 00000000000003eb ffff" /* partition 4: 1003, null */},
        {"offset_commit_request", 8,
         "08 62696c6c696e67 00000029 04 6d2d31 04 692d31" /* and "i-1" */
         "02 07 6f7264657273 03"
         "00000003 00000000000003e9 00000047 05 6e6f7465 00" /* leader epoch 71 */
         "00000004 00000000000003eb ffffffff 00 00 00 00"},
        {"offset_fetch_request", 7,
         "08 62696c6c696e67 02 07 6f7264657273 03 00000003 00000004 00"
         "01 00" /* only what is stable */},
        {"offset_fetch_request", 9,
         "02 08 62696c6c696e67 04 6d2d31 0000002b" /* "m-1" in epoch 43 */
         "02 07 6f7264657273 03 00000003 00000004 00 00 01 00"},
        {"offset_fetch_response", 5,
         "00000020 00000001 0006 6f7264657273 00000002"
         "00000003 00000000000003e9 00000047 0004 6e6f7465 0058" /* error 88 */
         "00000004 ffffffffffffffff ffffffff ffff 0000"          /* nothing kept */
         "000f" /* error 15 of the group */},
        {"offset_fetch_response", 8,
         "00000020 02 08 62696c6c696e67 02 07 6f7264657273 03"
         "00000003 00000000000003e9 00000047 05 6e6f7465 0058 00"
         "00000004 ffffffffffffffff ffffffff 00 0000 00"
         "00 000f 00 00"},
        {"join_group_request", 5,
         "0007 62696c6c696e67 0000afc8 000493e0" /* 45,000 and 300,000 ms */
         "0003 6d2d31 0003 692d31 0008 636f6e73756d6572"
         "00000002 0005 72616e6765 00000007 6f72646572733f" /* "range": 7 bytes */
         "0006 737469636b79 00000000" /* "sticky": none */},
        {"join_group_response", 9,
         "00000021 004f 00000029 09 636f6e73756d6572 06 72616e6765" /* "consumer", "range" */
         "04 6d2d32 01 04 6d2d31 03"                                /* leader "m-2", skip */
         "04 6d2d33 04 692d33 08 6f72646572733f 00 04 6d2d34 00 02 78 00 00"},
        {"sync_group_request", 3,
         "0007 62696c6c696e67 00000029 0003 6d2d31 0003 692d31"
         "00000002 0003 6d2d33 00000005 796f757273 0003 6d2d34 00000000"},
        {"leave_group_request", 2, "0007 62696c6c696e67 0003 6d2d31"},
        {"leave_group_request", 5,
         "08 62696c6c696e67 02 04 6d2d31 04 692d31 07 656e6f756768 00 00" /* "enough" */},
        {"init_producer_id_request", 4, "06 6d6f766572 0000ea60 0000000000000fa1 0007 00"},
        {"add_partitions_to_txn_request", 1,
         "0005 6d6f766572 0000000000000fa1 0007" /* "mover", producer 4001 in epoch 7 */
         "00000001 0006 6f7264657273 00000002 00000003 00000004"},
        {"add_partitions_to_txn_request", 4,
         "02 06 6d6f766572 0000000000000fa1 0007 01" /* only verify */
         "02 07 6f7264657273 03 00000003 00000004 00 00 00"},
        {"add_partitions_to_txn_response", 3,
         "00000028 02 07 6f7264657273 03 00000003 0030 00 00000004 0000 00 00 00"},
        {"write_txn_markers_request", 1,
         "02 0000000000000fa1 0007 01 02 07 6f7264657273 03 00000003 00000004 00"
         "00000048 00 00" /* coordinator epoch 72 */},
        {"txn_offset_commit_request", 3,
         "06 6d6f766572 08 62696c6c696e67 0000000000000fa1 0007"
         "00000029 04 6d2d31 04 692d31 02 07 6f7264657273 03"
         "00000003 00000000000003e9 00000047 05 6e6f7465 00"
         "00000004 00000000000003eb ffffffff 00 00 00 00"},
        {"offset_delete_response", 0,
         "0045 0000002d 00000001 0006 6f7264657273 00000002 00000003 0056 00000004 0000"},
        {"list_transactions_request", 1,
         "03 08 4f6e676f696e67 06 456d707479 03 0000000000000fa1 0000000000000fa2"
         "0000000000001389 00" /* open for longer than 5,001 ms */},
};

static const struct message *message_named(const char *name)
{
        for (size_t i = 0; i < MESSAGE_COUNT; i++) {
                if (strcmp(messages[i].name, name) == 0)
                        return &messages[i];
        }
        fail_msg("no message %s", name);
        return NULL;
}

/* Goal:   our bytes are Kafka's.
 * Method: compare samples with bytes put down by hand from the schemas. */
static void bytes_are_kafkas(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof goldens / sizeof goldens[0]; i++)
                message_check_golden(message_named(goldens[i].message), goldens[i].version,
                                     goldens[i].hex);
}

/* CRC-32C over the samples' bytes in all versions, taken when a decoder made from Kafka's own
 * schema files read the right value into every field of every one. */
static const struct {
        const char *message;
        uint32_t crc;
} checked[] = {
        {"offset_commit_request", 0x2f00acb6},
        {"offset_commit_response", 0x51343a73},
        {"offset_fetch_request", 0x2c738798},
        {"offset_fetch_response", 0xbfc4131f},
        {"join_group_request", 0x2a7f80e2},
        {"join_group_response", 0x34706b28},
        {"heartbeat_request", 0x97fad361},
        {"heartbeat_response", 0x08c3bc72},
        {"leave_group_request", 0x74eb9d27},
        {"leave_group_response", 0xd5149af1},
        {"sync_group_request", 0xbf363182},
        {"sync_group_response", 0x15dc872c},
        {"describe_groups_request", 0x952cbe4a},
        {"describe_groups_response", 0x0f1b45d6},
        {"list_groups_request", 0x296d19be},
        {"list_groups_response", 0x714188ac},
        {"init_producer_id_request", 0xb15d9308},
        {"init_producer_id_response", 0x3e728c30},
        {"add_partitions_to_txn_request", 0x911fed29},
        {"add_partitions_to_txn_response", 0xcbecfdbe},
        {"add_offsets_to_txn_request", 0xa37f8553},
        {"add_offsets_to_txn_response", 0xd8ff79fb},
        {"end_txn_request", 0x7b267cef},
        {"end_txn_response", 0xc6da0f50},
        {"write_txn_markers_request", 0x0d25cd42},
        {"write_txn_markers_response", 0x51826973},
        {"txn_offset_commit_request", 0x75c345af},
        {"txn_offset_commit_response", 0x17cdf218},
        {"delete_groups_request", 0x8728d659},
        {"delete_groups_response", 0xdfee454e},
        {"offset_delete_request", 0x36353eb1},
        {"offset_delete_response", 0x67223a10},
        {"describe_producers_request", 0xa3eb9543},
        {"describe_producers_response", 0x6ac433a2},
        {"describe_transactions_request", 0xb97568b2},
        {"describe_transactions_response", 0x1fd161a6},
        {"list_transactions_request", 0xe55243ad},
        {"list_transactions_response", 0xf91839b4},
};

/* Goal:   no field moves by accident, in any message or version.
 * Method: compare checksums of bytes that were checked against the schemas. After a wanted change
 *         (a larger window, another sample) check again before putting in the new value. */
static void checked_bytes_stay(void **state)
{
        (void)state;
        assert_int_equal(sizeof checked / sizeof checked[0], MESSAGE_COUNT);
        for (size_t i = 0; i < sizeof checked / sizeof checked[0]; i++) {
                uint32_t crc = message_crc(message_named(checked[i].message));
                if (crc != checked[i].crc)
                        fail_msg("%s: 0x%08x", checked[i].message, crc);
        }
}

static void read_sample(const char *name, int16_t version, void *value, struct arena *arena)
{
        message_copy_sample(message_named(name), version, value, arena);
}

/* Goal:   a field that an old version lacks has the schema's default, even where that is not zero.
 * Method: read samples in their oldest versions. */
static void absent_fields_have_defaults(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);

        struct join_group_request join;
        read_sample("join_group_request", 0, &join, &arena);
        assert_int_equal(join.rebalance_timeout_ms, 45000); /* the session timeout's */
        assert_int_equal(join.group_instance_id.size, -1);
        assert_int_equal(join.reason.size, -1);
        struct join_group_response joined;
        read_sample("join_group_response", 0, &joined, &arena);
        assert_int_equal(joined.protocol_type.size, -1);
        assert_int_equal(joined.members.items[0].group_instance_id.size, -1);
        struct sync_group_request sync;
        read_sample("sync_group_request", 0, &sync, &arena);
        assert_int_equal(sync.group_instance_id.size, -1);
        assert_int_equal(sync.protocol_name.size, -1);

        struct offset_commit_request commit;
        read_sample("offset_commit_request", 1, &commit, &arena);
        assert_int_equal(commit.retention_time_ms, -1);
        assert_int_equal(commit.topics.items[0].partitions.items[0].committed_leader_epoch, -1);
        read_sample("offset_commit_request", 9, &commit, &arena);
        assert_int_equal(commit.topics.items[0].partitions.items[0].commit_timestamp_ms, -1);
        struct offset_fetch_response offsets;
        read_sample("offset_fetch_response", 1, &offsets, &arena);
        assert_int_equal(
                offsets.groups.items[0].topics.items[0].partitions.items[0].committed_leader_epoch,
                -1);
        struct describe_groups_response described;
        read_sample("describe_groups_response", 0, &described, &arena);
        assert_int_equal(described.groups.items[0].authorized_operations, INT32_MIN);

        struct init_producer_id_request init;
        read_sample("init_producer_id_request", 0, &init, &arena);
        assert_int_equal(init.producer_id, -1);
        assert_int_equal(init.producer_epoch, -1);
        struct txn_offset_commit_request txn_commit;
        read_sample("txn_offset_commit_request", 0, &txn_commit, &arena);
        assert_int_equal(txn_commit.generation_id, -1);
        assert_int_equal(txn_commit.member_id.size, 0);
        assert_int_equal(txn_commit.group_instance_id.size, -1);
        assert_int_equal(txn_commit.topics.items[0].partitions.items[0].commit_timestamp_ms, -1);
        struct list_transactions_request list;
        read_sample("list_transactions_request", 0, &list, &arena);
        assert_int_equal(list.duration_filter_ms, -1);
        arena_deinit(&arena);
}

/* Goal:   many groups at once are told apart, and "all topics" from "none".
 * Method: OffsetFetch 8 and 2 with bytes put down by hand. */
static void offset_fetch_asks_for_many_groups(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);
        struct offset_fetch_request fetch;
        const struct message *m = message_named("offset_fetch_request");
        struct span bytes = hex_bytes("03 02 61 00 00 02 62 01 00 01 00");
        assert_int_equal(message_read(m, &fetch, 8, bytes, &arena).err, KERR_NONE);
        assert_int_equal(fetch.groups.count, 2);
        assert_true(str_equal_c(fetch.groups.items[0].group_id, "a"));
        assert_int_equal(fetch.groups.items[0].topics.count, -1);
        assert_int_equal(fetch.groups.items[0].member_epoch, -1);
        assert_true(str_equal_c(fetch.groups.items[1].group_id, "b"));
        assert_int_equal(fetch.groups.items[1].topics.count, 0);
        assert_true(fetch.require_stable);
        free((void *)bytes.data);

        bytes = hex_bytes("0001 61 ffffffff");
        assert_int_equal(message_read(m, &fetch, 2, bytes, &arena).err, KERR_NONE);
        assert_int_equal(fetch.groups.items[0].topics.count, -1);
        assert_int_equal(message_read(m, &fetch, 1, bytes, &arena).err, KERR_MALFORMED);
        free((void *)bytes.data);
        arena_deinit(&arena);
}

/* Goal:   a coordinator is told in the form that the version has, alone or one of many.
 * Method: write FindCoordinator's answer in 0, 3 and 4; compare with bytes put down by hand. */
static void coordinators_are_told_alone_or_together(void **state)
{
        (void)state;
        struct find_coordinator_coordinator both[] = {
                {STR("a"), 2, STR("two"), 9093, 0, NULL_STR},
                {STR("b"), -1, STR(""), -1, 15, STR("none")},
        };
        struct find_coordinator_response answer = {7, {both, 1}};
        const struct {
                int16_t version;
                int32_t count;
                const char *hex;
        } forms[] = {
                {0, 1, "0000 00000002 0003 74776f 00002385"},
                {3, 1, "00000007 0000 00 00000002 04 74776f 00002385 00"},
                {4, 2,
                 "00000007 03 02 61 00000002 04 74776f 00002385 0000 00 00"
                 "02 62 ffffffff 01 ffffffff 000f 05 6e6f6e65 00 00"},
        };
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
                struct packet *out = packet_new(NULL);
                struct serde s = serde_writer(out, forms[i].version, forms[i].version >= 3);
                answer.coordinators.count = forms[i].count;
                serde_find_coordinator_response(&s, &answer);
                struct span expected = hex_bytes(forms[i].hex);
                assert_int_equal(message_bytes(out).size, expected.size);
                assert_memory_equal(message_bytes(out).data, expected.data, expected.size);
                free((void *)expected.data);
                packet_free(out);
        }
}

/* Goal:   clients that leave alone learn their own error.
 * Method: an answer whose only member failed, in 2 and 3. */
static void the_only_member_that_leaves_has_the_answers_error(void **state)
{
        (void)state;
        struct leave_group_response answer = {
                .throttle_time_ms = 1,
                .members = ITEMS(struct leave_group_member_response, {STR("m"), NULL_STR, 25})};
        struct message m = *message_named("leave_group_response");
        m.sample = &answer;
        message_check_golden(&m, 2, "00000001 0019");
        message_check_golden(&m, 3, "00000001 0000 00000001 0001 6d ffff 0019");
}

/* Goal:   an answer without a protocol or an assignment can be written in every version.
 * Method: write errors with null and zeroed fields; compare with bytes put down by hand. */
static void errors_need_no_fields(void **state)
{
        (void)state;
        struct join_group_response joined = {.error_code = 25,
                                             .generation_id = -1,
                                             .protocol_type = STR_NULL,
                                             .protocol_name = STR_NULL};
        struct message m = *message_named("join_group_response");
        m.sample = &joined;
        message_check_golden(&m, 6, "00000000 0019 ffffffff 01 01 01 01 00");
        message_check_golden(&m, 7, "00000000 0019 ffffffff 00 00 01 01 01 00");
        struct sync_group_response synced = {.error_code = 27};
        m = *message_named("sync_group_response");
        m.sample = &synced;
        message_check_golden(&m, 0, "001b 00000000");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(round_trips),
                cmocka_unit_test(truncated_frames_are_refused),
                cmocka_unit_test(trailing_bytes_are_left_alone),
                cmocka_unit_test(damaged_frames_do_not_crash),
                cmocka_unit_test(bytes_are_kafkas),
                cmocka_unit_test(checked_bytes_stay),
                cmocka_unit_test(absent_fields_have_defaults),
                cmocka_unit_test(offset_fetch_asks_for_many_groups),
                cmocka_unit_test(coordinators_are_told_alone_or_together),
                cmocka_unit_test(the_only_member_that_leaves_has_the_answers_error),
                cmocka_unit_test(errors_need_no_fields),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
