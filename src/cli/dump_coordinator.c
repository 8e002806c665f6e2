#include <inttypes.h>
#include <string.h>

#include "cli/dump_log.h"
#include "wire/consumer_protocol.h"
#include "wire/group_records.h"
#include "wire/txn_records.h"

enum { RECORD_ARENA_BYTES = 1 << 24 };

static void print_str(FILE *out, struct str text)
{
        dump_escaped(out, span_of(text.data, text.size < 0 ? 0 : (size_t)text.size));
}

/* --- JSON, as Kafka's tool writes it --- */

static void json_text(FILE *out, struct str text)
{
        static const char plain[] = "\b\t\n\f\r\"\\", escaped[] = "btnfr\"\\";
        if (text.size < 0) {
                fputs("null", out);
                return;
        }
        fputc('"', out);
        for (int32_t i = 0; i < text.size; i++) {
                unsigned char byte = (unsigned char)text.data[i];
                const char *found = byte ? strchr(plain, byte) : NULL;
                if (found)
                        fprintf(out, "\\%c", escaped[found - plain]);
                else if (byte < ' ')
                        fprintf(out, "\\u%04X", byte);
                else
                        fputc(byte, out);
        }
        fputc('"', out);
}

/* In base64. */
static void json_bytes(FILE *out, struct span bytes)
{
        static const char digits[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        if (!bytes.data) {
                fputs("null", out);
                return;
        }
        fputc('"', out);
        for (size_t i = 0; i < bytes.size; i += 3) {
                uint32_t bits = 0;
                for (size_t at = i; at < i + 3; at++)
                        bits = bits << 8 | (at < bytes.size ? bytes.data[at] : 0);
                for (size_t digit = 0; digit < 4; digit++)
                        fputc(i + digit <= bytes.size ? digits[bits >> (18 - 6 * digit) & 63] : '=',
                              out);
        }
        fputc('"', out);
}

static void json_comma(FILE *out, int32_t index)
{
        if (index > 0)
                fputc(',', out);
}

/* The version that a key or value begins with. */
static int version_of(struct span bytes)
{
        return (int16_t)load_be16(bytes.data);
}

/* --- __consumer_offsets --- */

static bool dump_offset(FILE *out, struct span key_bytes, struct serde *key_reader,
                        struct span value_bytes, struct serde *value_reader)
{
        struct offset_commit_key key = {0};
        struct offset_commit_value value = {0};
        serde_offset_commit_key(key_reader, &key);
        if (value_bytes.data)
                serde_offset_commit_value(value_reader, &value);
        if (key_reader->err || value_reader->err)
                return false;
        fprintf(out, " key: {\"type\":\"%d\",\"data\":{\"group\":", version_of(key_bytes));
        json_text(out, key.group);
        fputs(",\"topic\":", out);
        json_text(out, key.topic);
        fprintf(out, ",\"partition\":%d}} payload: ", key.partition);
        if (!value_bytes.data) {
                fputs("<DELETE>", out);
                return true;
        }
        int version = version_of(value_bytes);
        fprintf(out, "{\"version\":\"%d\",\"data\":{\"offset\":%" PRId64, version, value.offset);
        if (version >= 3)
                fprintf(out, ",\"leaderEpoch\":%d", value.leader_epoch);
        fputs(",\"metadata\":", out);
        json_text(out, value.metadata);
        fprintf(out, ",\"commitTimestamp\":%" PRId64, value.commit_timestamp_ms);
        if (version == 1)
                fprintf(out, ",\"expireTimestamp\":%" PRId64, value.expire_timestamp_ms);
        fputs("}}", out);
        return true;
}

static void print_partitions(FILE *out, const struct consumer_protocol_topic *topics, int32_t count)
{
        fputc('[', out);
        for (int32_t t = 0; t < count; t++) {
                json_comma(out, t);
                fputs("{\"topic\":", out);
                json_text(out, topics[t].name);
                fputs(",\"partitions\":[", out);
                for (int32_t p = 0; p < topics[t].partitions.count; p++) {
                        json_comma(out, p);
                        fprintf(out, "%d", topics[t].partitions.items[p]);
                }
                fputs("]}", out);
        }
        fputc(']', out);
}

/* What a consumer subscribes to. False, and nothing written, when it is no such thing. */
static bool print_subscription(FILE *out, struct span bytes, struct arena *arena)
{
        struct consumer_protocol_subscription m = {0};
        struct serde s = serde_reader(bytes, 0, false, arena);
        serde_consumer_protocol_subscription(&s, &m);
        if (s.err)
                return false;
        int version = version_of(bytes);
        fputs("{\"topics\":[", out);
        for (int32_t i = 0; i < m.topics.count; i++) {
                json_comma(out, i);
                json_text(out, m.topics.items[i]);
        }
        fputs("],\"userData\":", out);
        json_bytes(out, m.user_data);
        if (version >= 1) {
                fputs(",\"ownedPartitions\":", out);
                print_partitions(out, m.owned_partitions.items, m.owned_partitions.count);
        }
        if (version >= 2)
                fprintf(out, ",\"generationId\":%d", m.generation_id);
        if (version >= 3) {
                fputs(",\"rackId\":", out);
                json_text(out, m.rack_id);
        }
        fputc('}', out);
        return true;
}

/* What it was given: the same. */
static bool print_assignment(FILE *out, struct span bytes, struct arena *arena)
{
        struct consumer_protocol_assignment m = {0};
        struct serde s = serde_reader(bytes, 0, false, arena);
        serde_consumer_protocol_assignment(&s, &m);
        if (s.err)
                return false;
        fputs("{\"assignedPartitions\":", out);
        print_partitions(out, m.topics.items, m.topics.count);
        fputs(",\"userData\":", out);
        json_bytes(out, m.user_data);
        fputc('}', out);
        return true;
}

static void print_member(FILE *out, int version, const struct group_metadata_member *m,
                         bool is_consumer, struct arena *arena)
{
        fputs("{\"memberId\":", out);
        json_text(out, m->member_id);
        if (version >= 3) {
                fputs(",\"groupInstanceId\":", out);
                json_text(out, m->group_instance_id);
        }
        fputs(",\"clientId\":", out);
        json_text(out, m->client_id);
        fputs(",\"clientHost\":", out);
        json_text(out, m->client_host);
        if (version >= 1)
                fprintf(out, ",\"rebalanceTimeout\":%d", m->rebalance_timeout_ms);
        fprintf(out, ",\"sessionTimeout\":%d,\"subscription\":", m->session_timeout_ms);
        if (!is_consumer || !print_subscription(out, m->subscription, arena))
                json_bytes(out, m->subscription);
        fputs(",\"assignment\":", out);
        if (!is_consumer || !print_assignment(out, m->assignment, arena))
                json_bytes(out, m->assignment);
        fputc('}', out);
}

static void print_group(FILE *out, int version, const struct group_metadata_value *group,
                        struct arena *arena)
{
        bool is_consumer = str_equal_c(group->protocol_type, "consumer");
        fprintf(out, "{\"version\":\"%d\",\"data\":{\"protocolType\":", version);
        json_text(out, group->protocol_type);
        fprintf(out, ",\"generation\":%d,\"protocol\":", group->generation);
        json_text(out, group->protocol);
        fputs(",\"leader\":", out);
        json_text(out, group->leader);
        if (version >= 2)
                fprintf(out, ",\"currentStateTimestamp\":%" PRId64,
                        group->current_state_timestamp_ms);
        fputs(",\"members\":[", out);
        for (int32_t i = 0; i < group->members.count; i++) {
                json_comma(out, i);
                print_member(out, version, &group->members.items[i], is_consumer, arena);
        }
        fputs("]}}", out);
}

static bool dump_group(FILE *out, struct span key_bytes, struct serde *key_reader,
                       struct span value_bytes, struct serde *value_reader)
{
        struct group_metadata_key key = {0};
        struct group_metadata_value value = {0};
        serde_group_metadata_key(key_reader, &key);
        if (value_bytes.data)
                serde_group_metadata_value(value_reader, &value);
        if (key_reader->err || value_reader->err)
                return false;
        fprintf(out, " key: {\"type\":\"%d\",\"data\":{\"group\":", version_of(key_bytes));
        json_text(out, key.group);
        fputs("}} payload: ", out);
        if (value_bytes.data)
                print_group(out, version_of(value_bytes), &value, value_reader->arena);
        else
                fputs("<DELETE>", out);
        return true;
}

/* --- __transaction_state --- */

static void print_transaction(FILE *out, const struct transaction_log_value *value)
{
        fprintf(out, "producerId:%" PRId64 ",producerEpoch:%d,state=%s,partitions=[",
                value->producer_id, value->producer_epoch,
                transaction_status_name(value->transaction_status));
        const char *comma = "";
        for (int32_t t = 0; t < value->topics.count; t++) {
                const struct transaction_log_topic *topic = &value->topics.items[t];
                for (int32_t p = 0; p < topic->partitions.count; p++) {
                        fputs(comma, out);
                        print_str(out, topic->name);
                        fprintf(out, "-%d", topic->partitions.items[p]);
                        comma = ",";
                }
        }
        fprintf(out, "],txnLastUpdateTimestamp=%" PRId64 ",txnTimeoutMs=%d",
                value->last_update_timestamp_ms, value->transaction_timeout_ms);
}

static bool dump_transaction(FILE *out, struct span key_bytes, struct serde *key_reader,
                             struct span value_bytes, struct serde *value_reader)
{
        struct transaction_log_key key = {0};
        struct transaction_log_value value = {0};
        (void)key_bytes;
        serde_transaction_log_key(key_reader, &key);
        if (value_bytes.data)
                serde_transaction_log_value(value_reader, &value);
        if (key_reader->err || value_reader->err)
                return false;
        fputs(" key: transaction_metadata::transactionalId=", out);
        print_str(out, key.transactional_id);
        fputs(" payload: ", out);
        if (value_bytes.data)
                print_transaction(out, &value);
        else
                fputs("<DELETE>", out);
        return true;
}

/* --- either --- */

/* The data of a null value is NULL. */
typedef bool dump_record(FILE *out, struct span key, struct serde *key_reader, struct span value,
                         struct serde *value_reader);

static bool dump_with(dump_record *dump, FILE *out, struct span key, struct span value)
{
        struct arena arena;
        arena_init(&arena, RECORD_ARENA_BYTES);
        struct serde key_reader = serde_reader(key, 0, false, &arena);
        struct serde value_reader = serde_reader(value, 0, false, &arena);
        bool known = dump(out, key, &key_reader, value, &value_reader);
        arena_deinit(&arena);
        return known;
}

bool dump_offsets_record(FILE *out, struct span key, struct span value)
{
        switch (group_record_kind(key)) {
        case GROUP_RECORD_OFFSET: return dump_with(dump_offset, out, key, value);
        case GROUP_RECORD_GROUP: return dump_with(dump_group, out, key, value);
        default: return false;
        }
}

bool dump_transaction_record(FILE *out, struct span key, struct span value)
{
        return dump_with(dump_transaction, out, key, value);
}
