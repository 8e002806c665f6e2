#include "wire/metadata_records.h"

#include <assert.h>

enum { FRAME_VERSION = 1 };

static void serde_register_broker_endpoint(struct serde *s, struct register_broker_endpoint *m)
{
        serde_string(s, &m->name);
        serde_string(s, &m->host);
        serde_u16(s, &m->port);
        serde_i16(s, &m->security_protocol);
        serde_tags(s);
}

static void serde_register_broker_feature(struct serde *s, struct register_broker_feature *m)
{
        serde_string(s, &m->name);
        serde_i16(s, &m->min_supported_version);
        serde_i16(s, &m->max_supported_version);
        serde_tags(s);
}

static void serde_register_broker_record(struct serde *s, struct register_broker_record *m)
{
        serde_i32(s, &m->broker_id);
        serde_uuid(s, &m->incarnation_id);
        serde_i64(s, &m->broker_epoch);
        serde_array(s, &m->endpoints, serde_register_broker_endpoint);
        serde_array(s, &m->features, serde_register_broker_feature);
        serde_nullable_string(s, &m->rack);
        serde_bool(s, &m->fenced);
        if (s->version >= 1)
                serde_bool(s, &m->in_controlled_shutdown);
        serde_tags(s);
}

static void serde_unregister_broker_record(struct serde *s, struct unregister_broker_record *m)
{
        serde_i32(s, &m->broker_id);
        serde_i64(s, &m->broker_epoch);
        serde_tags(s);
}

static void serde_topic_record(struct serde *s, struct topic_record *m)
{
        serde_string(s, &m->name);
        serde_uuid(s, &m->topic_id);
        serde_tags(s);
}

static void write_broker_ids_tag(struct serde *s, uint32_t number, struct broker_ids *ids)
{
        size_t begin = serde_tag_begin(s, number);
        serde_array(s, ids, serde_i32);
        serde_tag_end(s, begin);
}

enum { TAG_PARTITION_ELR = 1, TAG_PARTITION_LAST_KNOWN_ELR = 2 };

static void read_partition_tag(struct serde *tag, uint32_t number, void *m)
{
        struct partition_record *partition = m;
        if (number == TAG_PARTITION_ELR)
                serde_array(tag, &partition->elr, serde_i32);
        else if (number == TAG_PARTITION_LAST_KNOWN_ELR)
                serde_array(tag, &partition->last_known_elr, serde_i32);
}

/* Kafka leaves an empty list out. */
static void write_partition_tags(struct serde *s, struct partition_record *m)
{
        serde_tag_count(s, (uint32_t)(m->elr.count > 0) + (m->last_known_elr.count > 0));
        if (m->elr.count > 0)
                write_broker_ids_tag(s, TAG_PARTITION_ELR, &m->elr);
        if (m->last_known_elr.count > 0)
                write_broker_ids_tag(s, TAG_PARTITION_LAST_KNOWN_ELR, &m->last_known_elr);
}

/* The log directory of each replica, where brokers have several (KIP-858): here they have one. */
static void serde_directories(struct serde *s)
{
        ARRAY_OF(struct uuid) directories = {NULL, 0};
        serde_array(s, &directories, serde_uuid);
}

static void serde_partition_record(struct serde *s, struct partition_record *m)
{
        serde_i32(s, &m->index);
        serde_uuid(s, &m->topic_id);
        serde_array(s, &m->replicas, serde_i32);
        serde_array(s, &m->isr, serde_i32);
        serde_array(s, &m->removing_replicas, serde_i32);
        serde_array(s, &m->adding_replicas, serde_i32);
        serde_i32(s, &m->leader);
        serde_i32(s, &m->leader_epoch);
        serde_i32(s, &m->partition_epoch);
        if (s->version >= 1)
                serde_directories(s);
        if (serde_reads(s))
                serde_read_tags(s, read_partition_tag, m);
        else
                write_partition_tags(s, m);
}

static void serde_config_record(struct serde *s, struct config_record *m)
{
        serde_i8(s, &m->resource_type);
        serde_string(s, &m->resource_name);
        serde_string(s, &m->name);
        serde_nullable_string(s, &m->value);
        serde_tags(s);
}

struct partition_change_record partition_change_of(const struct uuid *topic_id, int32_t index)
{
        return (struct partition_change_record){.index = index,
                                                .topic_id = *topic_id,
                                                .isr.count = -1,
                                                .leader = PARTITION_CHANGE_SAME_LEADER,
                                                .replicas.count = -1,
                                                .removing_replicas.count = -1,
                                                .adding_replicas.count = -1,
                                                .elr.count = -1,
                                                .last_known_elr.count = -1};
}

enum {
        TAG_ISR,
        TAG_LEADER,
        TAG_REPLICAS,
        TAG_REMOVING_REPLICAS,
        TAG_ADDING_REPLICAS,
        TAG_LEADER_RECOVERY_STATE, /* not used here */
        TAG_ELR,
        TAG_LAST_KNOWN_ELR,
        TAGS_END
};

/* The list of brokers with that tag, or NULL. */
static struct broker_ids *change_list(struct partition_change_record *m, uint32_t number)
{
        switch (number) {
        case TAG_ISR: return &m->isr;
        case TAG_REPLICAS: return &m->replicas;
        case TAG_REMOVING_REPLICAS: return &m->removing_replicas;
        case TAG_ADDING_REPLICAS: return &m->adding_replicas;
        case TAG_ELR: return &m->elr;
        case TAG_LAST_KNOWN_ELR: return &m->last_known_elr;
        default: return NULL;
        }
}

static void read_partition_change_tag(struct serde *tag, uint32_t number, void *m)
{
        struct partition_change_record *change = m;
        struct broker_ids *list = change_list(change, number);
        if (number == TAG_LEADER)
                serde_i32(tag, &change->leader);
        else if (list)
                serde_nullable_array(tag, list, serde_i32);
}

static bool has_change(struct partition_change_record *m, uint32_t number)
{
        struct broker_ids *list = change_list(m, number);
        if (number == TAG_LEADER)
                return m->leader != PARTITION_CHANGE_SAME_LEADER;
        return list && list->count >= 0;
}

static void write_partition_change_tags(struct serde *s, struct partition_change_record *m)
{
        uint32_t count = 0;
        for (uint32_t number = 0; number < TAGS_END; number++)
                count += has_change(m, number);
        serde_tag_count(s, count);
        for (uint32_t number = 0; number < TAGS_END; number++) {
                if (!has_change(m, number))
                        continue;
                size_t begin = serde_tag_begin(s, number);
                if (number == TAG_LEADER)
                        serde_i32(s, &m->leader);
                else
                        serde_array(s, change_list(m, number), serde_i32);
                serde_tag_end(s, begin);
        }
}

static void serde_partition_change_record(struct serde *s, struct partition_change_record *m)
{
        if (serde_reads(s))
                *m = partition_change_of(&(struct uuid){{0}}, 0);
        serde_i32(s, &m->index);
        serde_uuid(s, &m->topic_id);
        if (serde_reads(s))
                serde_read_tags(s, read_partition_change_tag, m);
        else
                write_partition_change_tags(s, m);
}

static void serde_remove_topic_record(struct serde *s, struct remove_topic_record *m)
{
        serde_uuid(s, &m->topic_id);
        serde_tags(s);
}

static void serde_producer_ids_record(struct serde *s, struct producer_ids_record *m)
{
        serde_i32(s, &m->broker_id);
        serde_i64(s, &m->broker_epoch);
        serde_i64(s, &m->next_producer_id);
        serde_tags(s);
}

enum { TAG_FENCED, TAG_IN_CONTROLLED_SHUTDOWN };

static void read_registration_change_tag(struct serde *tag, uint32_t number, void *m)
{
        struct broker_registration_change_record *change = m;
        if (number == TAG_FENCED)
                serde_i8(tag, &change->fenced);
        else if (number == TAG_IN_CONTROLLED_SHUTDOWN)
                serde_i8(tag, &change->in_controlled_shutdown);
}

static void write_i8_tag(struct serde *s, uint32_t number, int8_t *value)
{
        if (*value == BROKER_SAME)
                return;
        size_t begin = serde_tag_begin(s, number);
        serde_i8(s, value);
        serde_tag_end(s, begin);
}

static void serde_registration_change_record(struct serde *s,
                                             struct broker_registration_change_record *m)
{
        serde_i32(s, &m->broker_id);
        serde_i64(s, &m->broker_epoch);
        if (serde_reads(s)) {
                serde_read_tags(s, read_registration_change_tag, m);
                return;
        }
        serde_tag_count(s, (uint32_t)(m->fenced != BROKER_SAME) +
                                   (m->in_controlled_shutdown != BROKER_SAME));
        write_i8_tag(s, TAG_FENCED, &m->fenced);
        write_i8_tag(s, TAG_IN_CONTROLLED_SHUTDOWN, &m->in_controlled_shutdown);
}

/* The version written; none above it can be read. */
static uint32_t record_version(uint32_t type)
{
        switch (type) {
        case METADATA_REGISTER_BROKER:
        case METADATA_BROKER_REGISTRATION_CHANGE: return 1;
        case METADATA_PARTITION:
        case METADATA_PARTITION_CHANGE: return 2;
        default: return 0;
        }
}

/* The frame tells which fields follow: Kafka's metadata log has one record a change. */
static void serde_record_frame(struct serde *s, struct metadata_record *m)
{
        uint32_t frame_version = FRAME_VERSION;
        uint32_t type = serde_reads(s) ? 0 : m->type, version = record_version(type);
        serde_uvarint(s, &frame_version);
        serde_uvarint(s, &type);
        serde_uvarint(s, &version);
        if (serde_reads(s))
                *m = (struct metadata_record){.type = (enum metadata_record_type)type};
        if (!s->err && (frame_version != FRAME_VERSION || version > record_version(type)))
                s->err = KERR_MALFORMED;
        s->version = (int16_t)version;
}

void serde_metadata_record(struct serde *s, struct metadata_record *m)
{
        s->flexible = true;
        serde_record_frame(s, m);
        switch (m->type) {
        case METADATA_REGISTER_BROKER: serde_register_broker_record(s, &m->register_broker); break;
        case METADATA_UNREGISTER_BROKER:
                serde_unregister_broker_record(s, &m->unregister_broker);
                break;
        case METADATA_TOPIC: serde_topic_record(s, &m->topic); break;
        case METADATA_PARTITION: serde_partition_record(s, &m->partition); break;
        case METADATA_CONFIG: serde_config_record(s, &m->config); break;
        case METADATA_PARTITION_CHANGE:
                serde_partition_change_record(s, &m->partition_change);
                break;
        case METADATA_REMOVE_TOPIC: serde_remove_topic_record(s, &m->remove_topic); break;
        case METADATA_PRODUCER_IDS: serde_producer_ids_record(s, &m->producer_ids); break;
        case METADATA_BROKER_REGISTRATION_CHANGE:
                serde_registration_change_record(s, &m->broker_registration_change);
                break;
        case METADATA_NO_OP: serde_tags(s); break;
        default:
                assert(serde_reads(s));
                if (!s->err)
                        s->err = KERR_MALFORMED;
        }
}
