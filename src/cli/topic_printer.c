#include "cli/topic_printer.h"

void node_list_print(const int32_t *nodes, int32_t count, FILE *to)
{
        for (int32_t i = 0; i < count; i++)
                fprintf(to, "%s%d", i > 0 ? "," : "", nodes[i]);
}

static void print_partition(struct str topic, const struct metadata_partition_response *p, FILE *to)
{
        fprintf(to, "\tTopic: %.*s\tPartition: %d\tLeader: ", topic.size, topic.data, p->index);
        if (p->leader_id >= 0)
                fprintf(to, "%d", p->leader_id);
        else
                fputs("none", to);
        fputs("\tReplicas: ", to);
        node_list_print(p->replicas.items, p->replicas.count, to);
        fputs("\tIsr: ", to);
        node_list_print(p->isr.items, p->isr.count, to);
        fputc('\n', to);
}

static void print_head(const struct metadata_topic_response *topic, struct str configs, FILE *to)
{
        char id[UUID_TEXT_CHARS + 1];
        int32_t count = topic->partitions.count;
        uuid_format(&topic->topic_id, id);
        fprintf(to,
                "Topic: %.*s\tTopicId: %s\tPartitionCount: %d\tReplicationFactor: %d\tConfigs: "
                "%.*s\n",
                topic->name.size, topic->name.data, id, count,
                count > 0 ? topic->partitions.items[0].replicas.count : 0, configs.size,
                configs.data);
}

static bool is_shown(const struct metadata_partition_response *p, enum topic_filter filter)
{
        switch (filter) {
        case TOPIC_UNDER_REPLICATED: return p->isr.count < p->replicas.count;
        case TOPIC_UNAVAILABLE: return p->leader_id < 0;
        default: return true;
        }
}

void topic_print(const struct metadata_topic_response *topic, struct str configs,
                 enum topic_filter filter, FILE *to)
{
        int32_t count = topic->partitions.count;
        if (filter == TOPIC_WHOLE)
                print_head(topic, configs, to);
        for (int32_t i = 0; i < count; i++) {
                const struct metadata_partition_response *p = &topic->partitions.items[i];
                if (is_shown(p, filter))
                        print_partition(topic->name, p, to);
        }
}
