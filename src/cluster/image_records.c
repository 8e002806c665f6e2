/* The other direction of the fold: an image as records. */
#include "cluster/image.h"

#include "wire/configs.h"

struct output {
        void (*put)(void *to, const struct metadata_record *record);
        void *to;
};

static void put_broker(const struct output *out, const struct image_broker *broker)
{
        struct register_broker_endpoint endpoint = {
                .name = str_of("PLAINTEXT"),
                .host = str_of(broker->host),
                .port = (uint16_t)broker->port,
        };
        out->put(out->to,
                 &(struct metadata_record){.type = METADATA_REGISTER_BROKER,
                                           .register_broker = {
                                                   .broker_id = broker->id,
                                                   .incarnation_id = broker->incarnation,
                                                   .broker_epoch = broker->epoch,
                                                   .endpoints = {&endpoint, 1},
                                                   .rack = STR_NULL,
                                                   .fenced = broker->fenced,
                                                   .in_controlled_shutdown = broker->in_shutdown,
                                           }});
}

static struct broker_ids ids_of(struct replica_set *set)
{
        return (struct broker_ids){set->ids, set->count};
}

static void put_partition(const struct output *out, const struct image_topic *topic, int32_t index)
{
        struct image_partition *p = &topic->partitions[index];
        out->put(out->to,
                 &(struct metadata_record){.type = METADATA_PARTITION,
                                           .partition = {
                                                   .index = index,
                                                   .topic_id = topic->id,
                                                   .replicas = ids_of(&p->replicas),
                                                   .isr = ids_of(&p->isr),
                                                   .removing_replicas = ids_of(&p->removing),
                                                   .adding_replicas = ids_of(&p->adding),
                                                   .leader = p->leader,
                                                   .leader_epoch = p->leader_epoch,
                                                   .partition_epoch = p->partition_epoch,
                                                   .elr = ids_of(&p->elr),
                                                   .last_known_elr = ids_of(&p->last_known_elr),
                                           }});
}

static void put_topic(const struct output *out, const struct image_topic *topic)
{
        struct str name = str_of(topic->name);
        out->put(out->to,
                 &(struct metadata_record){.type = METADATA_TOPIC, .topic = {name, topic->id}});
        for (int32_t i = 0; i < topic->partition_count; i++)
                put_partition(out, topic, i);
        for (int32_t i = 0; i < topic->setting_count; i++) {
                const struct image_setting *setting = &topic->settings[i];
                out->put(out->to, &(struct metadata_record){
                                          .type = METADATA_CONFIG,
                                          .config = {CONFIG_RESOURCE_TOPIC, name,
                                                     str_of(setting->name), str_of(setting->value)},
                                  });
        }
}

void image_each_record(const struct image *image,
                       void (*put)(void *to, const struct metadata_record *record), void *to)
{
        const struct output out = {put, to};
        for (const struct image_broker *b = image->brokers; b; b = b->hh.next)
                put_broker(&out, b);
        for (const struct image_topic *t = image->topics; t; t = t->hh.next)
                put_topic(&out, t);
        if (image->next_producer_id > 0)
                put(to, &(struct metadata_record){
                                .type = METADATA_PRODUCER_IDS,
                                .producer_ids = {.broker_id = -1,
                                                 .broker_epoch = -1,
                                                 .next_producer_id = image->next_producer_id},
                        });
}
