/* Every message that the cluster's own nodes and its administrators send, and the records of the
 * metadata log: bytes, round trips, damage. */
#include "message_samples_cluster.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

CLUSTER_MESSAGE_LIST(MESSAGE_ANY)
static const struct message messages[] = {CLUSTER_MESSAGE_LIST(MESSAGE_ROW)};

enum {
        MESSAGE_COUNT = sizeof messages / sizeof messages[0],
        METADATA_RECORD_COUNT = sizeof sample_metadata_records / sizeof sample_metadata_records[0]
};

static void any_metadata_record(struct serde *s, void *m)
{
        serde_metadata_record(s, m);
}

static void any_control_record_key(struct serde *s, void *m)
{
        serde_control_record_key(s, m);
}

static void any_leader_change_message(struct serde *s, void *m)
{
        serde_leader_change_message(s, m);
}

static void any_snapshot_header_record(struct serde *s, void *m)
{
        serde_snapshot_header_record(s, m);
}

static void any_snapshot_footer_record(struct serde *s, void *m)
{
        (void)m;
        serde_snapshot_footer_record(s);
}

static struct message metadata_record(size_t index)
{
        return (struct message){"metadata_record", -1, &sample_metadata_records[index],
                                sizeof sample_metadata_records[index], any_metadata_record};
}

#define RECORD_ROW(record)                                                          \
        {                                                                           \
#record, -1, &sample_##record, sizeof sample_##record, any_##record \
        }
static char sample_snapshot_footer_record;
static const struct message control_records[] = {
        RECORD_ROW(control_record_key),
        RECORD_ROW(leader_change_message),
        RECORD_ROW(snapshot_header_record),
        RECORD_ROW(snapshot_footer_record),
};
#undef RECORD_ROW

static void check_all(void (*check)(const struct message *m))
{
        for (size_t i = 0; i < MESSAGE_COUNT; i++)
                check(&messages[i]);
        for (size_t i = 0; i < METADATA_RECORD_COUNT; i++) {
                struct message m = metadata_record(i);
                check(&m);
        }
        for (size_t i = 0; i < sizeof control_records / sizeof control_records[0]; i++)
                check(&control_records[i]);
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
        {"elect_leaders_request", 1,
         "01 00000001 0006 6f7264657273 00000002 00000003 00000004" /* unclean, "orders" 3, 4 */
         "00007534" /* 30,004 ms */},
        {"alter_reassignments_request", 0,
         "00007535 02 07 6f7264657273 03"
         "00000003 03 00000001 00000002 00" /* partition 3 to 1, 2 */
         "00000004 00 00"                   /* partition 4: stop */
         "00 00"},
        {"vote_request", 0,
         "04 6c6162 02 13 5f5f636c75737465725f6d65746164617461" /* "lab", "__cluster_metadata" */
         "02 00000009 0000001f 00000002" /* partition 9, candidate 2 for epoch 31 */
         "0000001e 00000000000010e1 00 00 00" /* its log ends at 4321 in epoch 30 */},
        {"vote_response", 0,
         "0068 02 02 6d 02 00000009 004a 00000003 00000020" /* 3 leads in epoch 32 */
         "01 00 00 00" /* granted */},
        {"begin_quorum_epoch_request", 0,
         "ffff 00000001 0001 6d 00000001 00000009 00000002 0000001f" /* no cluster id */},
        {"end_quorum_epoch_request", 0,
         "0003 6c6162 00000001 0001 6d 00000001 00000009 00000002 0000001f"
         "00000002 00000003 00000001" /* first 3, then 1 */},
        {"describe_quorum_response", 0,
         "0029 02 02 6d 02 00000009 0006 00000002 0000001f 00000000000010e0"
         "03 00000001 00000000000010e1 00 00000002 00000000000010e2 00" /* voters 1, 2 */
         "02 00000005 00000000000010cc 00"                              /* observer 5 */
         "00 00 00"},
        {"alter_partition_request", 3,
         "00000002 00000000000000c9"           /* broker 2 in epoch 201 */
         "02 6f0102030405060708090a0b0c0d0e0f" /* the topic's id */
         "02 00000003 00000047"                /* partition 3, leader epoch 71 */
         "03 00000002 00000000000000c9 00"     /* in-sync: 2 in epoch 201 */
         "00000004 ffffffffffffffff 00"        /* and 4 in an unknown one */
         "01 00000048 00 00 00" /* recovering, partition epoch 72 */},
        {"alter_partition_response", 3,
         "0000001c 004d 02 6f0102030405060708090a0b0c0d0e0f"
         "02 00000003 006b 00000002 00000047"  /* error 107; 2 leads in epoch 71 */
         "03 00000002 00000004 01 00000049 00" /* in-sync: 2, 4 */
         "00 00"},
        {"envelope_request", 0,
         "0a 612072657175657374 00 05 7f000001 00" /* nobody in particular, from 127.0.0.1 */},
        {"fetch_snapshot_request", 0,
         "00000003 00100000 02 02 6d"   /* replica 3, 1 MiB */
         "02 00000009 0000001f"         /* partition 9, leader epoch 31 */
         "0000000000000fa0 0000001e 00" /* the snapshot at 4000, epoch 30 */
         "0000000000010000 00 00"       /* from byte 65,536 on */
         "01 00 04 04 6c6162" /* one tag: number 0, 4 bytes, "lab" */},
        {"broker_registration_request", 3,
         "00000001 04 6c6162 690102030405060708090a0b0c0d0e0f" /* broker 1, "lab", incarnation */
         "02 0a 504c41494e54455854 04 6f6e65 ffff 0004 00"     /* PLAINTEXT://one:65535 */
         "02 11 6d657461646174612e76657273696f6e 0001 000e 00" /* metadata.version 1-14 */
         "00 00"                                               /* no rack; from no ZooKeeper */
         "02 640102030405060708090a0b0c0d0e0f"                 /* one log directory */
         "00000000000000c7 00" /* epoch 199 before */},
        {"broker_registration_response", 3, "0000001e 0065 00000000000000ca 00"},
        {"broker_heartbeat_request", 1,
         "00000001 00000000000000ca 00000000000010df 00 01 00" /* at 4319, wants to go */},
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
        {"elect_leaders_request", 0xa255db92},
        {"elect_leaders_response", 0xf3b7aef0},
        {"alter_reassignments_request", 0x6ce8692b},
        {"alter_reassignments_response", 0xb30987e4},
        {"list_reassignments_request", 0x6d632cbb},
        {"list_reassignments_response", 0x80c64b02},
        {"vote_request", 0xc8b2a417},
        {"vote_response", 0x47e5395b},
        {"begin_quorum_epoch_request", 0xe315d068},
        {"begin_quorum_epoch_response", 0x958b5fd9},
        {"end_quorum_epoch_request", 0xdfde2959},
        {"end_quorum_epoch_response", 0x3ba804d6},
        {"describe_quorum_request", 0x81523de7},
        {"describe_quorum_response", 0xaec32144},
        {"alter_partition_request", 0x5a3a4a08},
        {"alter_partition_response", 0x97261a00},
        {"envelope_request", 0xb0066558},
        {"envelope_response", 0x968376a7},
        {"fetch_snapshot_request", 0x872139ac},
        {"fetch_snapshot_response", 0x8e1da23a},
        {"broker_registration_request", 0xd1673a20},
        {"broker_registration_response", 0x16578d00},
        {"broker_heartbeat_request", 0x528e94f0},
        {"broker_heartbeat_response", 0xa36d654a},
        {"allocate_producer_ids_request", 0xc98811ea},
        {"allocate_producer_ids_response", 0xbd042c45},
};

/* Goal:   no field moves by accident, in any message or version.
 * Method: compare checksums of bytes that were checked against the schemas. After a wanted change
 *         (a larger window, another sample) check again before putting in the new value. */
static void checked_bytes_stay(void **state)
{
        (void)state;
        assert_int_equal(sizeof checked / sizeof checked[0], MESSAGE_COUNT);
        for (size_t i = 0; i < MESSAGE_COUNT; i++) {
                uint32_t crc = message_crc(message_named(checked[i].message));
                if (crc != checked[i].crc)
                        fail_msg("%s: 0x%08x", checked[i].message, crc);
        }
}

/* Goal:   metadata records are KRaft's bytes.
 * Method: compare records of all kinds of fields with bytes put down by hand. */
static void metadata_records_are_krafts(void **state)
{
        (void)state;
        const struct {
                size_t sample;
                const char *hex;
        } golden[] = {
                {0, "01 00 01 00000001 690102030405060708090a0b0c0d0e0f 00000000000000c8"
                    "02 0a 504c41494e54455854 04 6f6e65 ffff 0000 00"
                    "02 11 6d657461646174612e76657273696f6e 0001 000e 00"
                    "05 65617374 01 01 00" /* "east", fenced, leaving */},
                {2, "01 02 00 07 6f7264657273" /* frame 1, type 2, version 0, "orders" */
                    "6f0102030405060708090a0b0c0d0e0f 00"},
                {3, "01 03 02 00000003 6f0102030405060708090a0b0c0d0e0f" /* version 2 */
                    "04 00000001 00000002 00000004 03 00000002 00000004" /* replicas, in-sync */
                    "02 00000005 03 00000006 00000007"                   /* removing, adding */
                    "00000002 00000047 00000048 01" /* leader, epochs, no directories */
                    "02 01 05 02 00000009 02 09 03 0000000a 0000000b" /* ELR and last known */},
                {4, "01 03 02 00000000 6f0102030405060708090a0b0c0d0e0f 02 00000001 02 00000001"
                    "01 01 00000001 00000000 00000000 01 00"},
                {6, "01 05 02 00000003 6f0102030405060708090a0b0c0d0e0f" /* partition 3 */
                    "07 00 05 02 00000002"                               /* in-sync: 2 */
                    "01 04 ffffffff"                                     /* no leader */
                    "02 09 03 00000001 00000002"                         /* replicas 1, 2 */
                    "03 01 01"                                           /* removing none */
                    "04 05 02 00000008"                                  /* adding 8 */
                    "06 05 02 00000004 07 01 01" /* ELR: 4; last known: none */},
                {7, "01 05 02 00000004 6f0102030405060708090a0b0c0d0e0f 00" /* nothing changed */},
                {10,
                 "01 11 01 00000001 00000000000000c8 02 00 01 ff 01 01 01" /* unfenced, leaving */},
                {11, "01 11 01 00000001 00000000000000c8 00"},
                {12, "01 14 00 00"},
        };
        for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
                struct message m = metadata_record(golden[i].sample);
                message_check_golden(&m, 0, golden[i].hex);
        }
}

/* Goal:   control records are KRaft's bytes.
 * Method: compare each with bytes put down by hand. */
static void control_records_are_krafts(void **state)
{
        (void)state;
        message_check_golden(&control_records[0], 0, "0000 0003");
        message_check_golden(&control_records[1], 0,
                             "0000 00000002 04 00000001 00 00000002 00 00000003 00" /* voters */
                             "03 00000002 00 00000003 00 00");
        message_check_golden(&control_records[2], 0, "0000 0000018bcfe56805 00");
        message_check_golden(&control_records[3], 0, "0000 00");
}

/* Goal:   control records of the future are refused, not misread; but a key's type is always told.
 * Method: values of version 1; keys of version 1 and -1. */
static void unknown_control_records_are_refused(void **state)
{
        (void)state;
        struct leader_change_message change;
        struct control_record_key key;
        struct serde s = serde_reader(span_of("\0\1\0\0\0\2\1\1\0", 9), 0, true, NULL);
        serde_leader_change_message(&s, &change);
        assert_int_equal(s.err, KERR_MALFORMED);
        s = serde_reader(span_of("\0\1\0", 3), 0, true, NULL);
        serde_snapshot_footer_record(&s);
        assert_int_equal(s.err, KERR_MALFORMED);
        s = serde_reader(span_of("\0\1\0\6\0", 5), 0, false, NULL);
        serde_control_record_key(&s, &key);
        assert_int_equal(s.err, KERR_NONE);
        assert_int_equal(key.type, 6);
        s = serde_reader(span_of("\377\377\0\2", 4), 0, false, NULL);
        serde_control_record_key(&s, &key);
        assert_int_equal(s.err, KERR_MALFORMED);
}

/* Goal:   a record of the future is refused, not misread.
 * Method: another frame version, an unlisted type, a higher record version. */
static void unknown_metadata_records_are_refused(void **state)
{
        (void)state;
        const char *const bad[] = {"00 09 00 6f0102030405060708090a0b0c0d0e0f 00",
                                   "01 0c 00 6f0102030405060708090a0b0c0d0e0f 00",
                                   "01 09 01 6f0102030405060708090a0b0c0d0e0f 00",
                                   "01 05 03 00000004 6f0102030405060708090a0b0c0d0e0f 00"};
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                struct span bytes = hex_bytes(bad[i]);
                struct metadata_record record;
                struct serde s = serde_reader(bytes, 0, false, NULL);
                serde_metadata_record(&s, &record);
                assert_int_equal(s.err, KERR_MALFORMED);
                free((void *)bytes.data);
        }
}

/* Reads one record, whole. What it points to is the arena's. */
static struct metadata_record record_of(const char *hex, struct arena *arena)
{
        struct span bytes = hex_bytes(hex);
        uint8_t *kept = arena_alloc(arena, bytes.size);
        memcpy(kept, bytes.data, bytes.size);
        free((void *)bytes.data);
        struct metadata_record record;
        struct serde s = serde_reader(span_of(kept, bytes.size), 0, false, arena);
        serde_metadata_record(&s, &record);
        assert_int_equal(s.err, KERR_NONE);
        assert_ptr_equal(s.at, s.end);
        return record;
}

/* Goal:   metadata logs of before there was replication can be read, and other brokers' records
 *         with fields that are not ours.
 * Method: older record versions by hand; a partition with directories; a change with the tags 5 and
 *         8. */
static void older_metadata_records_are_read(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);

        struct metadata_record r =
                record_of("01 00 00 00000001 690102030405060708090a0b0c0d0e0f 00000000000000c8"
                          "01 01 05 65617374 01 00",
                          &arena);
        assert_true(r.register_broker.fenced);
        assert_false(r.register_broker.in_controlled_shutdown);

        r = record_of("01 03 00 00000003 6f0102030405060708090a0b0c0d0e0f 02 00000001 02 00000001"
                      "01 01 00000001 00000047 00000048 00",
                      &arena);
        assert_int_equal(r.partition.partition_epoch, 72);
        assert_int_equal(r.partition.elr.count, 0);
        assert_int_equal(r.partition.last_known_elr.count, 0);

        r = record_of("01 03 01 00000003 6f0102030405060708090a0b0c0d0e0f 02 00000001 02 00000001"
                      "01 01 00000001 00000047 00000048"
                      "02 640102030405060708090a0b0c0d0e0f 01 00 01 00",
                      &arena);
        assert_int_equal(r.partition.partition_epoch, 72);

        r = record_of("01 05 00 00000003 6f0102030405060708090a0b0c0d0e0f"
                      "03 00 05 02 00000002 05 01 01 08 11 02 640102030405060708090a0b0c0d0e0f",
                      &arena);
        assert_int_equal(r.partition_change.isr.count, 1);
        assert_int_equal(r.partition_change.leader, PARTITION_CHANGE_SAME_LEADER);
        assert_int_equal(r.partition_change.elr.count, -1);
        assert_int_equal(r.partition_change.last_known_elr.count, -1);
        arena_deinit(&arena);
}

/* Goal:   a field that an old version lacks has the schema's default; null lists stay null.
 * Method: read DescribeQuorum 0; write and read "all partitions" of ElectLeaders and
 *         ListPartitionReassignments. */
static void absent_fields_have_defaults(void **state)
{
        (void)state;
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);
        struct describe_quorum_response quorum;
        message_copy_sample(message_named("describe_quorum_response"), 0, &quorum, &arena);
        struct describe_quorum_replica *voter =
                &quorum.topics.items[0].partitions.items[0].current_voters.items[0];
        assert_int_equal(voter->log_end_offset, 4321);
        assert_int_equal(voter->last_fetch_timestamp_ms, -1);
        assert_int_equal(voter->last_caught_up_timestamp_ms, -1);

        struct elect_leaders_request elect = {.topics = {NULL, -1}};
        struct message m = *message_named("elect_leaders_request");
        m.sample = &elect;
        message_check_golden(&m, 2, "00 00 00000000 00");
        message_copy_sample(&m, 2, &elect, &arena);
        assert_int_equal(elect.topics.count, -1);
        struct list_reassignments_request list = {.topics = {NULL, -1}};
        m = *message_named("list_reassignments_request");
        m.sample = &list;
        message_check_golden(&m, 0, "00000000 00 00");
        message_copy_sample(&m, 0, &list, &arena);
        assert_int_equal(list.topics.count, -1);
        arena_deinit(&arena);
}

/* Goal:   the table of APIs is in order, so that ApiVersions and docs are, and each row makes
 * sense. Method: compare neighbours and bounds. */
static void api_table_is_sorted(void **state)
{
        (void)state;
        int32_t count;
        const struct api *table = api_table(&count);
        for (int32_t i = 0; i < count; i++) {
                assert_true(i == 0 || table[i - 1].key < table[i].key);
                assert_true(table[i].min <= table[i].client_max);
                assert_true(table[i].client_max <= table[i].max);
                assert_true(table[i].advertised_min <= table[i].min);
        }
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
                cmocka_unit_test(metadata_records_are_krafts),
                cmocka_unit_test(control_records_are_krafts),
                cmocka_unit_test(unknown_control_records_are_refused),
                cmocka_unit_test(unknown_metadata_records_are_refused),
                cmocka_unit_test(older_metadata_records_are_read),
                cmocka_unit_test(absent_fields_have_defaults),
                cmocka_unit_test(api_table_is_sorted),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
