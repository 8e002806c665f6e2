#include "client/metadata_cache.h"

#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
        if (!memory)
                abort();
        return memory;
}

static void set_text(char **text, struct str value)
{
        free(*text);
        *text = value.size < 0 ? NULL
                               : must(strndup(value.data ? value.data : "", (size_t)value.size));
}

void metadata_cache_init(struct metadata_cache *m)
{
        *m = (struct metadata_cache){.controller = -1};
}

void metadata_cache_deinit(struct metadata_cache *m)
{
        struct cached_topic *topic, *next_topic;
        HASH_ITER (hh, m->topics, topic, next_topic) {
                HASH_DEL(m->topics, topic);
                free(topic->name);
                free(topic->partitions);
                free(topic);
        }
        struct cached_broker *broker, *next_broker;
        HASH_ITER (hh, m->brokers, broker, next_broker) {
                HASH_DEL(m->brokers, broker);
                free(broker->host);
                free(broker);
        }
        free(m->cluster_id);
}

static struct cached_topic *find_topic(const struct metadata_cache *m, struct str name)
{
        struct cached_topic *topic = NULL;
        if (name.size > 0)
                HASH_FIND(hh, m->topics, name.data, (size_t)name.size, topic);
        return topic;
}

struct cached_topic *metadata_cache_topic(struct metadata_cache *m, const char *name, bool *is_new)
{
        struct cached_topic *topic = find_topic(m, str_of(name));
        *is_new = !topic;
        if (!topic) {
                topic = must(calloc(1, sizeof *topic));
                topic->name = must(strdup(name));
                HASH_ADD_KEYPTR(hh, m->topics, topic->name, strlen(topic->name), topic);
        }
        return topic;
}

const struct cached_broker *metadata_cache_broker(const struct metadata_cache *m, int32_t node)
{
        struct cached_broker *broker;
        HASH_FIND_INT(m->brokers, &node, broker);
        return broker;
}

static void update_broker(struct metadata_cache *m, const struct metadata_broker *told)
{
        struct cached_broker *broker;
        HASH_FIND_INT(m->brokers, &told->node_id, broker);
        if (!broker) {
                broker = must(calloc(1, sizeof *broker));
                broker->node = told->node_id;
                HASH_ADD_INT(m->brokers, node, broker);
        }
        set_text(&broker->host, told->host);
        broker->port = told->port;
}

static bool is_zero(const struct uuid *id)
{
        static const struct uuid zero;
        return memcmp(id, &zero, sizeof zero) == 0;
}

/* Older answers carry no id: then the name has to do. */
static bool may_be_same(const struct uuid *a, const struct uuid *b)
{
        return is_zero(a) || is_zero(b) || memcmp(a, b, sizeof *a) == 0;
}

static void make_partitions(struct cached_topic *topic, int32_t count)
{
        if (count <= topic->partition_count)
                return;
        topic->partitions =
                must(realloc(topic->partitions, (size_t)count * sizeof *topic->partitions));
        for (int32_t i = topic->partition_count; i < count; i++)
                topic->partitions[i] = (struct cached_partition){
                        .leader = -1, .leader_epoch = -1, .err = KERR_LEADER_NOT_AVAILABLE};
        topic->partition_count = count;
}

static void update_partition(const struct metadata_cache *m, struct cached_partition *partition,
                             const struct metadata_partition_response *told)
{
        if (told->leader_epoch >= 0 && told->leader_epoch < partition->leader_epoch)
                return;
        partition->leader_epoch = told->leader_epoch;
        partition->err = (enum kerr)told->error_code;
        partition->leader = told->leader_id;
        if (!metadata_cache_broker(m, told->leader_id)) {
                partition->leader = -1;
                if (!partition->err)
                        partition->err = KERR_LEADER_NOT_AVAILABLE;
        }
}

static void update_topic(const struct metadata_cache *m, struct cached_topic *topic,
                         const struct metadata_topic_response *told)
{
        topic->answered = true;
        topic->err = (enum kerr)told->error_code;
        if (told->partitions.count <= 0)
                return;
        if (!may_be_same(&topic->topic_id, &told->topic_id)) {
                /* Deleted and made again: nothing known of the old one holds. */
                free(topic->partitions);
                topic->partitions = NULL;
                topic->partition_count = 0;
        }
        topic->topic_id = told->topic_id;
        make_partitions(topic, told->partitions.count);
        for (int32_t i = 0; i < told->partitions.count; i++) {
                int32_t index = told->partitions.items[i].index;
                if (index >= 0 && index < topic->partition_count)
                        update_partition(m, &topic->partitions[index], &told->partitions.items[i]);
        }
}

void metadata_cache_update(struct metadata_cache *m, const struct metadata_response *answer)
{
        for (int32_t i = 0; i < answer->brokers.count; i++)
                update_broker(m, &answer->brokers.items[i]);
        m->controller =
                metadata_cache_broker(m, answer->controller_id) ? answer->controller_id : -1;
        set_text(&m->cluster_id, answer->cluster_id);
        for (int32_t i = 0; i < answer->topics.count; i++) {
                struct cached_topic *topic = find_topic(m, answer->topics.items[i].name);
                if (topic)
                        update_topic(m, topic, &answer->topics.items[i]);
        }
}
