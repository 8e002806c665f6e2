/* CreateTopics, DeleteTopics and CreatePartitions: handed to the controller, answered when its
 * change is committed and applied here. */
#include "broker/state.h"
#include "wire/create_partitions.h"
#include "wire/create_topics.h"
#include "wire/delete_topics.h"

#include <stdio.h>
#include <string.h>

enum { WHY_BYTES = 300 };

static char *new_why(struct request *r)
{
        return request_alloc(r, WHY_BYTES);
}

/* --- CreateTopics --- */

struct create_topics_wait {
        struct create_topics_request request;
        struct create_topics_response answer;
};

/* Which number of partitions and replicas the request means. */
static void read_shape(struct request *r, const struct create_topics_topic *in,
                       struct new_topic *topic)
{
        const struct config *config = r->broker->config;
        topic->partition_count = in->num_partitions;
        topic->replication_factor = in->replication_factor;
        if (in->assignments.count > 0) {
                topic->partition_count = in->assignments.count;
                topic->replication_factor = in->assignments.items[0].broker_ids.count;
        }
        if (topic->partition_count == -1)
                topic->partition_count = (int32_t)config_number(config, CONFIG_NUM_PARTITIONS);
        if (topic->replication_factor == -1)
                topic->replication_factor =
                        (int32_t)config_number(config, CONFIG_DEFAULT_REPLICATION_FACTOR);
}

/* The controller checks where the replicas go; here, that the request says it once. */
static enum kerr check_assignments(const struct create_topics_topic *in, char *why)
{
        if (in->assignments.count > 0 &&
            (in->num_partitions != -1 || in->replication_factor != -1)) {
                snprintf(why, WHY_BYTES, "give an assignment, or counts, not both");
                return KERR_INVALID_REQUEST;
        }
        return KERR_NONE;
}

static enum kerr check_settings(const struct create_topics_topic *in, char *why)
{
        for (int32_t i = 0; i < in->configs.count; i++) {
                const struct create_topics_config *c = &in->configs.items[i];
                struct config scratch = {0};
                enum config_id id = config_find_topic(c->name);
                enum kerr err = KERR_INVALID_CONFIG;
                if (id == CONFIG_KEYS)
                        snprintf(why, WHY_BYTES, "Unknown topic config name: %.*s", c->name.size,
                                 c->name.data);
                else
                        err = config_set(&scratch, id, c->value, why, WHY_BYTES);
                config_deinit(&scratch);
                if (err)
                        return err;
        }
        return KERR_NONE;
}

static struct str copy_for_answer(struct request *r, const char *text)
{
        size_t size = strlen(text);
        return (struct str){memcpy(request_alloc(r, size), text, size), (int32_t)size};
}

/* All settings that the new topic has, its own and the broker's (KIP-525). */
static void tell_settings(struct request *r, const struct create_topics_topic *in,
                          struct create_topics_topic_response *out)
{
        struct config settings = {.under = r->broker->config};
        for (int32_t i = 0; i < in->configs.count; i++)
                config_set(&settings, config_find_topic(in->configs.items[i].name),
                           in->configs.items[i].value, NULL, 0);
        reply_array(r, &out->configs, CONFIG_KEYS);
        out->configs.count = 0;
        for (int i = 0; i < CONFIG_KEYS; i++) {
                enum config_id id = (enum config_id)i;
                const char *name = config_key(id)->topic_name;
                if (name)
                        out->configs.items[out->configs.count++] =
                                (struct create_topics_config_response){
                                        .name = str_of(name),
                                        .value = copy_for_answer(r, config_string(&settings, id)),
                                        .source = config_source(&settings, id, true),
                                };
        }
        config_deinit(&settings);
}

static void create_topic(struct request *r, const struct create_topics_request *request,
                         const struct create_topics_topic *in,
                         struct create_topics_topic_response *out)
{
        char *why = new_why(r);
        struct controller *c = &r->broker->controller;
        struct new_topic topic = {.name = in->name,
                                  .assignments = in->assignments.items,
                                  .assignment_count = in->assignments.count,
                                  .settings = in->configs.items,
                                  .setting_count = in->configs.count};
        read_shape(r, in, &topic);
        enum kerr err = check_assignments(in, why);
        if (!err)
                err = check_settings(in, why);
        if (!err && request->validate_only)
                err = controller_check_topic(c, &topic, why, WHY_BYTES);
        else if (!err)
                err = controller_create_topic(c, &topic, why, WHY_BYTES);
        *out = (struct create_topics_topic_response){
                .name = in->name,
                .error_code = (int16_t)err,
                .error_message = err ? str_of(why) : STR_NULL,
                .num_partitions = err ? -1 : topic.partition_count,
                .replication_factor = (int16_t)(err ? -1 : topic.replication_factor),
                .configs.count = 0,
        };
        if (!err)
                tell_settings(r, in, out);
        struct image_topic *made = err ? NULL : image_topic(&c->image, in->name);
        if (made)
                out->topic_id = made->id;
}

static void on_topics_created(void *context, enum kerr err)
{
        struct request *r = context;
        struct create_topics_wait *wait = r->state;
        for (int32_t i = 0; err && i < wait->answer.topics.count; i++)
                wait->answer.topics.items[i].error_code = (int16_t)err;
        struct serde out = request_answer(r);
        serde_create_topics_response(&out, &wait->answer);
        request_finish(r, &out);
}

void handle_create_topics(struct request *r)
{
        struct create_topics_wait *wait = r->state = request_alloc(r, sizeof *wait);
        serde_create_topics_request(&r->in, &wait->request);
        if (!request_is_sound(r))
                return;
        reply_array(r, &wait->answer.topics, wait->request.topics.count);
        for (int32_t i = 0; i < wait->request.topics.count; i++)
                create_topic(r, &wait->request, &wait->request.topics.items[i],
                             &wait->answer.topics.items[i]);
        controller_submit(&r->broker->controller, on_topics_created, r);
}

/* --- DeleteTopics --- */

static void delete_topic(struct request *r, const struct delete_topics_topic *in,
                         struct delete_topics_topic_response *out)
{
        char *why = new_why(r);
        struct controller *c = &r->broker->controller;
        bool by_id = in->name.size < 0;
        struct image_topic *topic = by_id ? image_topic_by_id(&c->image, &in->topic_id)
                                          : image_topic(&c->image, in->name);
        enum kerr err = by_id ? KERR_UNKNOWN_TOPIC_ID : KERR_UNKNOWN_TOPIC_OR_PARTITION;
        *out = (struct delete_topics_topic_response){.name = in->name, .topic_id = in->topic_id};
        if (!config_bool(r->broker->config, CONFIG_DELETE_TOPIC_ENABLE)) {
                err = KERR_TOPIC_DELETION_DISABLED;
        } else if (topic) {
                char *name = request_alloc(r, sizeof topic->name); /* outlives the topic */
                snprintf(name, sizeof topic->name, "%s", topic->name);
                out->name = str_of(name);
                out->topic_id = topic->id;
                err = controller_delete_topic(c, out->name, why, WHY_BYTES);
        }
        out->error_code = (int16_t)err;
        out->error_message = err ? str_of(kerr_text(err)) : STR_NULL;
}

static void on_topics_deleted(void *context, enum kerr err)
{
        struct request *r = context;
        struct delete_topics_response *answer = r->state;
        for (int32_t i = 0; err && i < answer->topics.count; i++)
                answer->topics.items[i].error_code = (int16_t)err;
        struct serde out = request_answer(r);
        serde_delete_topics_response(&out, answer);
        request_finish(r, &out);
}

void handle_delete_topics(struct request *r)
{
        struct delete_topics_request in = {0};
        struct delete_topics_response *answer = r->state = request_alloc(r, sizeof *answer);
        serde_delete_topics_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        reply_array(r, &answer->topics, in.topics.count);
        for (int32_t i = 0; i < in.topics.count; i++)
                delete_topic(r, &in.topics.items[i], &answer->topics.items[i]);
        controller_submit(&r->broker->controller, on_topics_deleted, r);
}

/* --- CreatePartitions --- */

static void on_partitions_created(void *context, enum kerr err)
{
        struct request *r = context;
        struct create_partitions_response *answer = r->state;
        for (int32_t i = 0; err && i < answer->topics.count; i++)
                answer->topics.items[i].error_code = (int16_t)err;
        struct serde out = request_answer(r);
        serde_create_partitions_response(&out, answer);
        request_finish(r, &out);
}

void handle_create_partitions(struct request *r)
{
        struct create_partitions_request in = {0};
        struct create_partitions_response *answer = r->state = request_alloc(r, sizeof *answer);
        serde_create_partitions_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        reply_array(r, &answer->topics, in.topics.count);
        for (int32_t i = 0; i < in.topics.count; i++) {
                char *why = new_why(r);
                enum kerr err =
                        controller_create_partitions(&r->broker->controller, &in.topics.items[i],
                                                     in.validate_only, why, WHY_BYTES);
                answer->topics.items[i] = (struct create_partitions_topic_response){
                        .name = in.topics.items[i].name,
                        .error_code = (int16_t)err,
                        .error_message = err ? str_of(why) : STR_NULL,
                };
        }
        controller_submit(&r->broker->controller, on_partitions_created, r);
}
