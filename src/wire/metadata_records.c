#include "wire/metadata_records.h"

#include <assert.h>

enum { FRAME_VERSION = 1, RECORD_VERSION = 0 };

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
        serde_tags(s);
}

static void serde_config_record(struct serde *s, struct config_record *m)
{
        serde_i8(s, &m->resource_type);
        serde_string(s, &m->resource_name);
        serde_string(s, &m->name);
        serde_nullable_string(s, &m->value);
        serde_tags(s);
}

enum { TAG_ISR, TAG_LEADER, TAG_REPLICAS, TAG_REMOVING_REPLICAS, TAG_ADDING_REPLICAS };

static void read_partition_change_tag(struct serde *tag, uint32_t number, void *m)
{
        struct partition_change_record *change = m;
        switch (number) {
        case TAG_ISR: serde_nullable_array(tag, &change->isr, serde_i32); break;
        case TAG_LEADER: serde_i32(tag, &change->leader); break;
        case TAG_REPLICAS: serde_nullable_array(tag, &change->replicas, serde_i32); break;
        case TAG_REMOVING_REPLICAS:
                serde_nullable_array(tag, &change->removing_replicas, serde_i32);
                break;
        case TAG_ADDING_REPLICAS:
                serde_nullable_array(tag, &change->adding_replicas, serde_i32);
                break;
        default: break; /* of a later version of Kafka */
        }
}

static void write_broker_ids_tag(struct serde *s, uint32_t number, struct broker_ids *ids)
{
        if (ids->count < 0)
                return;
        size_t begin = serde_tag_begin(s, number);
        serde_array(s, ids, serde_i32);
        serde_tag_end(s, begin);
}

static void write_partition_change_tags(struct serde *s, struct partition_change_record *m)
{
        bool new_leader = m->leader != PARTITION_CHANGE_SAME_LEADER;
        serde_tag_count(s, (uint32_t)(m->isr.count >= 0) + new_leader + (m->replicas.count >= 0) +
                                   (m->removing_replicas.count >= 0) +
                                   (m->adding_replicas.count >= 0));
        write_broker_ids_tag(s, TAG_ISR, &m->isr);
        if (new_leader) {
                size_t begin = serde_tag_begin(s, TAG_LEADER);
                serde_i32(s, &m->leader);
                serde_tag_end(s, begin);
        }
        write_broker_ids_tag(s, TAG_REPLICAS, &m->replicas);
        write_broker_ids_tag(s, TAG_REMOVING_REPLICAS, &m->removing_replicas);
        write_broker_ids_tag(s, TAG_ADDING_REPLICAS, &m->adding_replicas);
}

static void serde_partition_change_record(struct serde *s, struct partition_change_record *m)
{
        if (serde_reads(s))
                *m = (struct partition_change_record){.isr.count = -1,
                                                      .leader = PARTITION_CHANGE_SAME_LEADER,
                                                      .replicas.count = -1,
                                                      .removing_replicas.count = -1,
                                                      .adding_replicas.count = -1};
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

/* The frame tells which fields follow: Kafka's metadata log has one record a change. */
static void serde_record_frame(struct serde *s, struct metadata_record *m)
{
        uint32_t frame_version = FRAME_VERSION, type = m->type, version = RECORD_VERSION;
        serde_uvarint(s, &frame_version);
        serde_uvarint(s, &type);
        serde_uvarint(s, &version);
        if (serde_reads(s))
                *m = (struct metadata_record){.type = (enum metadata_record_type)type};
        if (!s->err && (frame_version != FRAME_VERSION || version != RECORD_VERSION))
                s->err = KERR_MALFORMED;
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
        default:
                assert(serde_reads(s));
                if (!s->err)
                        s->err = KERR_MALFORMED;
        }
}
