/* Every message that clients send, in every version of the window: bytes, round trips, damage. */
#include "message_samples.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

MESSAGE_LIST(MESSAGE_ANY)
static const struct message messages[] = {MESSAGE_LIST(MESSAGE_ROW)};

enum { MESSAGE_COUNT = sizeof messages / sizeof messages[0] };

/* Goal:   what is written can be read, and nothing of it is lost.
 * Method: write each sample in each version, read it back, write it again, compare the bytes. */
static void round_trips(void **state)
{
        (void)state;
        for (size_t i = 0; i < MESSAGE_COUNT; i++)
                message_check_round_trip(&messages[i]);
}

/* Goal:   a frame that ends too early is an error, never a read beyond its end.
 * Method: cut each sample at every length, in memory of exactly that length. */
static void truncated_frames_are_refused(void **state)
{
        (void)state;
        for (size_t i = 0; i < MESSAGE_COUNT; i++)
                message_check_truncated(&messages[i]);
}

/* Goal:   bytes behind a message do no harm (librdkafka 2.15 sends some).
 * Method: append three bytes to each sample. */
static void trailing_bytes_are_left_alone(void **state)
{
        (void)state;
        for (size_t i = 0; i < MESSAGE_COUNT; i++)
                message_check_trailing(&messages[i]);
}

/* Goal:   no damaged byte leads to a crash, and what reads cleanly can be written.
 * Method: set every byte of each sample to five values that lengths and nulls are made of. */
static void damaged_frames_do_not_crash(void **state)
{
        (void)state;
        for (size_t i = 0; i < MESSAGE_COUNT; i++)
                message_check_damaged(&messages[i]);
}

/* --- golden bytes: from the schemas, not from our writer --- */

static const struct golden goldens[] = {
        {"api_versions_request", 0, ""},
        {"api_versions_request", 3,
         "05 6b636174" /* compact string: length + 1, "kcat" */
         "06 312e372e31 00" /* "1.7.1", no tags */},
        {"api_versions_response", 0,
         "0023 00000002" /* error 35, two APIs */
         "0000 0003 0009 0012 0001 0004" /* Produce 3-9, ApiVersions 1-4 */},
        {"api_versions_response", 3,
         "0023 03"                             /* the count + 1 */
         "0000 0003 0009 00 0012 0001 0004 00" /* each with its tags */
         "00000011 00" /* throttled for 17 ms */},
        {"metadata_request", 4,
         "00000002 0006 6f7264657273 0008 7061796d656e7473" /* "orders", "payments" */
         "00" /* make no topics */},
        {"metadata_response", 4,
         "0000000b 00000002"                           /* 11 ms, two brokers */
         "00000001 0003 6f6e65 00002384 0004 65617374" /* 1 at one:9092 in "east" */
         "00000002 0003 74776f 00002385 ffff"          /* 2 at two:9093, no rack */
         "0003 6c6162 00000002"                        /* cluster "lab", controller 2 */
         "00000001 0005 0006 6f7264657273 01"          /* error 5, "orders", internal */
         "00000002 0009 00000015 00000016"             /* error 9, partition 21, leader 22 */
         "00000003 00000018 00000019 0000001a"         /* replicas 24, 25, 26 */
         "00000001 0000001b"                           /* in-sync replica 27 */
         "0000 0000001f ffffffff 00000000 00000000" /* partition 31 without a leader */},
        {"produce_request", 7,
         "0005 6d6f766572 ffff 000005dc"       /* "mover", acks -1, 1,500 ms */
         "00000002 0006 6f7264657273 00000002" /* "orders" and its two partitions */
         "00000003 00000005 6261746368"        /* partition 3: 5 bytes of batches */
         "00000004 0000000c 7365636f6e64206261746368"
         "0005 656d707479 00000000" /* "empty" */},
        {"produce_response", 7,
         "00000001 0006 6f7264657273 00000001"
         "00000003 0057 00000000000003e9"    /* partition 3, error 87, offset 1001 */
         "00000000000003ea 00000000000003eb" /* append time 1002, log start offset 1003 */
         "0000000c" /* throttled for 12 ms */},
        {"fetch_request", 11,
         "00000002 000001f4 00000001 03200000 01" /* replica 2, 500 ms, 1 B to 50 MiB, isolated */
         "0000003d 0000003e"                      /* session 61, epoch 62 */
         "00000001 0006 6f7264657273 00000001"    /* "orders" */
         "00000003 00000047 0000000000000048"     /* partition 3, epoch 71, offset 72 */
         "000000000000004a 00100000"              /* log start offset 74, 1 MiB */
         "00000001 0003 6f6c64"                   /* forget "old": 81, 82 */
         "00000002 00000051 00000052 0004 65617374" /* "east" */},
        {"fetch_request", 12,
         "00000002 000001f4 00000001 03200000 01 0000003d 0000003e"
         "02 07 6f7264657273 02 00000003 00000047 0000000000000048"
         "00000049 000000000000004a 00100000 00 00" /* last fetched epoch 73 */
         "02 04 6f6c64 03 00000051 00000052 00 05 65617374"
         "01 00 04 04 6c6162" /* one tag: number 0, 4 bytes, "lab" */},
        {"fetch_request", 15,
         "000001f4 00000001 03200000 01 0000003d 0000003e"
         "02 6f0102030405060708090a0b0c0d0e0f 02" /* the topic's id for its name */
         "00000003 00000047 0000000000000048 00000049 000000000000004a 00100000 00 00"
         "02 6c0102030405060708090a0b0c0d0e0f 03 00000051 00000052 00 05 65617374"
         "02 00 04 04 6c6162 01 0d 00000002 000000000000003f 00" /* replica 2 in epoch 63 */},
        {"fetch_response", 12,
         "0000000d 0046 0000003d 02 07 6f7264657273 03"
         "00000003 0001 000000000000005b"                   /* partition 3, error 1, watermark 91 */
         "000000000000005c 000000000000005d"                /* stable to 92, log start offset 93 */
         "02 0000000000000065 0000000000000066 00"          /* producer 101 aborted from 102 */
         "00000067 13 6120626174636820616e6420612068616c66" /* read from 103; 18 bytes */
         "03 00 0d 0000005e 000000000000005f 00"            /* diverging: epoch 94 ends at 95 */
         "01 09 00000060 00000061 00"                       /* leader 96 of epoch 97 */
         "02 0d 0000000000000062 00000063 00"               /* snapshot: offset 98, epoch 99 */
         "00000004 0000 0000000000000000 0000000000000000 0000000000000000"
         "00 ffffffff 01 00 00 00" /* null transactions, -1, empty records, no tags */},
        {"create_topics_request", 4,
         "00000001 0006 6f7264657273 00000006 0003"     /* "orders", 6 partitions, 3 replicas */
         "00000001 00000008 00000002 00000001 00000002" /* partition 8 on 1, 2 */
         "00000002 000c 726574656e74696f6e2e6d73 0004 31303030" /* retention.ms=1000 */
         "0001 78 ffff"                                         /* x is null */
         "00007530 01" /* 30,000 ms, validate only */},
        {"delete_topics_request", 5,
         "03 07 6f7264657273 09 7061796d656e7473" /* bare names: strings have no tags */
         "00007531 00" /* 30,001 ms */},
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
 * Method: compare samples with bytes put down by hand from the schemas (the inflexible ones also
 *         agree with kafka-python's encoder). */
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
        {"api_versions_request", 0x625894b6},
        {"api_versions_response", 0x71451b29},
        {"metadata_request", 0x38d3ed0b},
        {"metadata_response", 0x276c5d1c},
        {"produce_request", 0xe417ab89},
        {"produce_response", 0xcd1315c5},
        {"fetch_request", 0x461a7ca4},
        {"fetch_response", 0x5015c5aa},
        {"list_offsets_request", 0x35074376},
        {"list_offsets_response", 0x09e33e42},
        {"find_coordinator_request", 0x17214aed},
        {"find_coordinator_response", 0x00d9e31c},
        {"create_topics_request", 0xda3417a1},
        {"create_topics_response", 0x5571f74a},
        {"delete_topics_request", 0xea8b8a9c},
        {"delete_topics_response", 0xb2997e53},
        {"create_partitions_request", 0x118cf211},
        {"create_partitions_response", 0xcddd5c6d},
        {"delete_records_request", 0xe22747f2},
        {"delete_records_response", 0x895dc98e},
        {"describe_configs_request", 0x8a59600b},
        {"describe_configs_response", 0xd55be7f2},
        {"alter_configs_request", 0xbef26431},
        {"alter_configs_response", 0xe11fa53c},
        {"incremental_alter_configs_request", 0xac6c9319},
        {"epoch_end_request", 0x3fc17c63},
        {"epoch_end_response", 0xb7477a8c},
        {"describe_cluster_request", 0xff67bb09},
        {"describe_cluster_response", 0x1918d13c},
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
 * Method: read samples in their oldest versions; a consumer's Fetch in the newest. */
static void absent_fields_have_defaults(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);

        struct metadata_request metadata;
        read_sample("metadata_request", 0, &metadata, &arena);
        assert_true(metadata.allow_auto_topic_creation);
        struct metadata_response cluster;
        read_sample("metadata_response", 0, &cluster, &arena);
        assert_int_equal(cluster.controller_id, -1);
        assert_int_equal(cluster.cluster_id.size, -1);
        assert_int_equal(cluster.brokers.items[0].rack.size, -1);
        assert_int_equal(cluster.topics.items[0].partitions.items[0].leader_epoch, -1);
        assert_int_equal(cluster.topics.items[0].authorized_operations,
                         AUTHORIZED_OPERATIONS_NOT_ASKED);

        struct fetch_request fetch;
        read_sample("fetch_request", 4, &fetch, &arena);
        assert_int_equal(fetch.cluster_id.size, -1);
        assert_int_equal(fetch.replica_epoch, -1);
        assert_int_equal(fetch.session_epoch, -1);
        assert_int_equal(fetch.topics.items[0].partitions.items[0].current_leader_epoch, -1);
        assert_int_equal(fetch.topics.items[0].partitions.items[0].last_fetched_epoch, -1);
        assert_int_equal(fetch.topics.items[0].partitions.items[0].log_start_offset, -1);
        struct fetch_request consumer = {.cluster_id = STR_NULL, .replica_id = -1};
        struct message m = *message_named("fetch_request");
        m.sample = &consumer;
        message_copy_sample(&m, 15, &fetch, &arena);
        assert_int_equal(fetch.replica_id, -1);
        assert_int_equal(fetch.replica_epoch, -1);
        struct fetch_response batches;
        read_sample("fetch_response", 4, &batches, &arena);
        assert_int_equal(batches.topics.items[0].partitions.items[0].log_start_offset, -1);
        assert_int_equal(batches.topics.items[0].partitions.items[0].preferred_read_replica, -1);
        assert_false(batches.topics.items[0].partitions.items[0].has_diverging_epoch);

        struct produce_response produce;
        read_sample("produce_response", 3, &produce, &arena);
        assert_int_equal(produce.topics.items[0].partitions.items[0].log_start_offset, -1);
        assert_int_equal(produce.topics.items[0].partitions.items[0].error_message.size, -1);
        struct list_offsets_request list;
        read_sample("list_offsets_request", 1, &list, &arena);
        assert_int_equal(list.topics.items[0].partitions.items[0].current_leader_epoch, -1);
        struct epoch_end_request epoch_end;
        read_sample("epoch_end_request", 2, &epoch_end, &arena);
        assert_int_equal(epoch_end.replica_id, REPLICA_ID_DEBUG);
        arena_deinit(&arena);
}

static int32_t topics_asked(const char *hex, int16_t version)
{
        struct span bytes = hex_bytes(hex);
        struct metadata_request request;
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);
        struct serde s =
                message_read(message_named("metadata_request"), &request, version, bytes, &arena);
        assert_int_equal(s.err, KERR_NONE);
        arena_deinit(&arena);
        free((void *)bytes.data);
        return request.topics.count;
}

/* Goal:   "all topics" is understood in each of its three forms, and "none" is not taken for it.
 * Method: version 0 (empty), 1 (null and empty), 9 (compact null; and as librdkafka 2.15 has it,
 *         four zero bytes for one). */
static void all_topics_is_null(void **state)
{
        (void)state;
        assert_int_equal(topics_asked("00000000", 0), -1);
        assert_int_equal(topics_asked("ffffffff", 1), -1);
        assert_int_equal(topics_asked("00000000", 1), 0);
        assert_int_equal(topics_asked("00 01 00 00 00", 9), -1);
        assert_int_equal(topics_asked("01 01 00 00 00", 9), 0);
        assert_int_equal(topics_asked("00000000 010000", 9), -1);
}

/* Goal:   an answer carries record bytes even when there are none: librdkafka refuses null.
 * Method: write a partition without records in versions 4 and 12; the bytes' length is 0. */
static void records_are_never_null(void **state)
{
        (void)state;
        struct fetch_response empty = {
                .topics = ITEMS(
                        struct fetch_topic_response,
                        {.name = STR("t"),
                         .partitions = ITEMS(struct fetch_partition_response, {.index = 1})})};
        struct packet *out = packet_new(NULL);
        message_write(message_named("fetch_response"), &empty, 4, out);
        struct span bytes = message_bytes(out);
        assert_memory_equal(bytes.data + bytes.size - 4, "\0\0\0\0", 4);
        packet_free(out);
        out = packet_new(NULL);
        message_write(message_named("fetch_response"), &empty, 12, out);
        bytes = message_bytes(out);
        assert_memory_equal(bytes.data + bytes.size - 4, "\1\0\0\0", 4); /* and three tag counts */
        packet_free(out);
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
                cmocka_unit_test(all_topics_is_null),
                cmocka_unit_test(records_are_never_null),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
