#include <inttypes.h>

#include "base/uuid.h"
#include "cli/dump_log.h"
#include "wire/configs.h"
#include "wire/metadata_records.h"

enum { RECORD_ARENA_BYTES = 1 << 20 };

static void print_str(FILE *out, const char *name, struct str text)
{
        fprintf(out, " %s=%.*s", name, text.size < 0 ? 4 : (int)text.size,
                text.size < 0 ? "null" : text.data);
}

static void print_uuid(FILE *out, const char *name, const struct uuid *id)
{
        char text[UUID_TEXT_CHARS + 1];
        uuid_format(id, text);
        fprintf(out, " %s=%s", name, text);
}

/* Nothing when the count is -1: a change that leaves the list as it is. */
static void print_brokers(FILE *out, const char *name, const struct broker_ids *ids)
{
        if (ids->count < 0)
                return;
        fprintf(out, " %s=[", name);
        for (int32_t i = 0; i < ids->count; i++)
                fprintf(out, "%s%d", i > 0 ? "," : "", ids->items[i]);
        fputc(']', out);
}

static void print_register_broker(FILE *out, const struct register_broker_record *m)
{
        fprintf(out, "RegisterBrokerRecord brokerId=%d", m->broker_id);
        print_uuid(out, "incarnationId", &m->incarnation_id);
        fprintf(out, " brokerEpoch=%" PRId64 " endPoints=[", m->broker_epoch);
        for (int32_t i = 0; i < m->endpoints.count; i++) {
                const struct register_broker_endpoint *e = &m->endpoints.items[i];
                fprintf(out, "%s%.*s://%.*s:%u", i > 0 ? "," : "", (int)e->name.size, e->name.data,
                        (int)e->host.size, e->host.data, e->port);
        }
        fputs("] features=[", out);
        for (int32_t i = 0; i < m->features.count; i++) {
                const struct register_broker_feature *f = &m->features.items[i];
                fprintf(out, "%s%.*s:%d-%d", i > 0 ? "," : "", (int)f->name.size, f->name.data,
                        f->min_supported_version, f->max_supported_version);
        }
        fputc(']', out);
        print_str(out, "rack", m->rack);
        fprintf(out, " fenced=%s", m->fenced ? "true" : "false");
        if (m->in_controlled_shutdown)
                fputs(" inControlledShutdown=true", out);
}

static void print_registration_change(FILE *out, const struct broker_registration_change_record *m)
{
        fprintf(out, "BrokerRegistrationChangeRecord brokerId=%d brokerEpoch=%" PRId64,
                m->broker_id, m->broker_epoch);
        if (m->fenced != BROKER_SAME)
                fprintf(out, " fenced=%s", m->fenced == BROKER_FENCED ? "true" : "false");
        if (m->in_controlled_shutdown != BROKER_SAME)
                fputs(" inControlledShutdown=true", out);
}

static void print_partition(FILE *out, const struct partition_record *m)
{
        fprintf(out, "PartitionRecord partitionId=%d", m->index);
        print_uuid(out, "topicId", &m->topic_id);
        print_brokers(out, "replicas", &m->replicas);
        print_brokers(out, "isr", &m->isr);
        print_brokers(out, "removingReplicas", &m->removing_replicas);
        print_brokers(out, "addingReplicas", &m->adding_replicas);
        fprintf(out, " leader=%d leaderEpoch=%d partitionEpoch=%d", m->leader, m->leader_epoch,
                m->partition_epoch);
        if (m->elr.count > 0)
                print_brokers(out, "eligibleLeaderReplicas", &m->elr);
        if (m->last_known_elr.count > 0)
                print_brokers(out, "lastKnownElr", &m->last_known_elr);
}

static void print_partition_change(FILE *out, const struct partition_change_record *m)
{
        fprintf(out, "PartitionChangeRecord partitionId=%d", m->index);
        print_uuid(out, "topicId", &m->topic_id);
        print_brokers(out, "isr", &m->isr);
        if (m->leader != PARTITION_CHANGE_SAME_LEADER)
                fprintf(out, " leader=%d", m->leader);
        print_brokers(out, "replicas", &m->replicas);
        print_brokers(out, "removingReplicas", &m->removing_replicas);
        print_brokers(out, "addingReplicas", &m->adding_replicas);
        print_brokers(out, "eligibleLeaderReplicas", &m->elr);
        print_brokers(out, "lastKnownElr", &m->last_known_elr);
}

static void print_config(FILE *out, const struct config_record *m)
{
        fprintf(out, "ConfigRecord resourceType=%d(%s)", m->resource_type,
                m->resource_type == CONFIG_RESOURCE_TOPIC    ? "TOPIC"
                : m->resource_type == CONFIG_RESOURCE_BROKER ? "BROKER"
                                                             : "OTHER");
        print_str(out, "resourceName", m->resource_name);
        print_str(out, "name", m->name);
        print_str(out, "value", m->value);
}

static void print_metadata_record(FILE *out, const struct metadata_record *m)
{
        switch (m->type) {
        case METADATA_REGISTER_BROKER: print_register_broker(out, &m->register_broker); break;
        case METADATA_UNREGISTER_BROKER:
                fprintf(out, "UnregisterBrokerRecord brokerId=%d brokerEpoch=%" PRId64,
                        m->unregister_broker.broker_id, m->unregister_broker.broker_epoch);
                break;
        case METADATA_TOPIC:
                fputs("TopicRecord", out);
                print_str(out, "name", m->topic.name);
                print_uuid(out, "topicId", &m->topic.topic_id);
                break;
        case METADATA_PARTITION: print_partition(out, &m->partition); break;
        case METADATA_CONFIG: print_config(out, &m->config); break;
        case METADATA_PARTITION_CHANGE: print_partition_change(out, &m->partition_change); break;
        case METADATA_REMOVE_TOPIC:
                fputs("RemoveTopicRecord", out);
                print_uuid(out, "topicId", &m->remove_topic.topic_id);
                break;
        case METADATA_PRODUCER_IDS:
                fprintf(out,
                        "ProducerIdsRecord brokerId=%d brokerEpoch=%" PRId64
                        " nextProducerId=%" PRId64,
                        m->producer_ids.broker_id, m->producer_ids.broker_epoch,
                        m->producer_ids.next_producer_id);
                break;
        case METADATA_BROKER_REGISTRATION_CHANGE:
                print_registration_change(out, &m->broker_registration_change);
                break;
        case METADATA_NO_OP: fputs("NoOpRecord", out); break;
        }
}

bool dump_metadata_record(FILE *out, struct span value)
{
        struct arena arena;
        struct metadata_record m = {0};
        arena_init(&arena, RECORD_ARENA_BYTES);
        struct serde s = serde_reader(value, 0, true, &arena);
        serde_metadata_record(&s, &m);
        bool known = s.err == KERR_NONE;
        if (known)
                print_metadata_record(out, &m);
        arena_deinit(&arena);
        return known;
}
