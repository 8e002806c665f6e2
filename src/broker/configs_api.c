/* DescribeConfigs, AlterConfigs and IncrementalAlterConfigs. Topics' settings are part of the
 * cluster's metadata and change through the controller; the broker's own come from its file and are
 * read only. */
#include "broker/state.h"
#include "wire/configs.h"

#include <stdio.h>
#include <string.h>

enum { WHY_BYTES = 300 };

/* Which id a resource name means for this broker: its number, or empty for the default. */
static bool names_this_broker(const struct broker *b, struct str name)
{
        char own[16];
        snprintf(own, sizeof own, "%d", b->node_id);
        return name.size == 0 || str_equal_c(name, own);
}

static bool is_asked(const struct describe_configs_resource *in, const char *name)
{
        if (in->keys.count < 0)
                return true;
        for (int32_t i = 0; i < in->keys.count; i++) {
                if (str_equal_c(in->keys.items[i], name))
                        return true;
        }
        return false;
}

static void describe_key(struct request *r, const struct config *config, enum config_id id,
                         bool is_topic, bool synonyms, struct describe_configs_config *out)
{
        const struct config_key *key = config_key(id);
        *out = (struct describe_configs_config){
                .name = str_of(is_topic ? key->topic_name : key->name),
                .value = str_of(config_string(config, id)),
                .read_only = !is_topic,
                .source = config_source(config, id, is_topic),
                .type = (int8_t)key->type,
                .documentation = str_of(key->text),
        };
        if (!synonyms)
                return;
        reply_array(r, &out->synonyms, 1);
        out->synonyms.items[0] = (struct describe_configs_synonym){
                .name = out->source == CONFIG_SOURCE_TOPIC ? out->name : str_of(key->name),
                .value = out->value,
                .source = out->source,
        };
}

static void describe_all(struct request *r, const struct config *config,
                         const struct describe_configs_resource *in, bool is_topic, bool synonyms,
                         struct describe_configs_resource_response *out)
{
        reply_array(r, &out->configs, CONFIG_KEYS);
        out->configs.count = 0;
        for (int id = 0; id < CONFIG_KEYS; id++) {
                const struct config_key *key = config_key((enum config_id)id);
                const char *name = is_topic ? key->topic_name : key->name;
                if (name && is_asked(in, name))
                        describe_key(r, config, (enum config_id)id, is_topic, synonyms,
                                     &out->configs.items[out->configs.count++]);
        }
}

static void describe(struct request *r, const struct describe_configs_resource *in, bool synonyms,
                     struct describe_configs_resource_response *out)
{
        *out = (struct describe_configs_resource_response){.error_message = STR_NULL,
                                                           .resource_type = in->resource_type,
                                                           .resource_name = in->resource_name};
        struct hosted_topic *topic = hosted_topic(r->broker, in->resource_name);
        enum kerr err = KERR_NONE;
        if (in->resource_type == CONFIG_RESOURCE_TOPIC && topic)
                describe_all(r, &topic->config, in, true, synonyms, out);
        else if (in->resource_type == CONFIG_RESOURCE_TOPIC)
                err = KERR_UNKNOWN_TOPIC_OR_PARTITION;
        else if (in->resource_type == CONFIG_RESOURCE_BROKER &&
                 names_this_broker(r->broker, in->resource_name))
                describe_all(r, r->broker->config, in, false, synonyms, out);
        else
                err = KERR_INVALID_REQUEST;
        out->error_code = (int16_t)err;
        if (err)
                out->error_message = str_of(kerr_text(err));
}

void handle_describe_configs(struct request *r)
{
        struct describe_configs_request in = {0};
        struct describe_configs_response answer = {0};
        serde_describe_configs_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        reply_array(r, &answer.resources, in.resources.count);
        for (int32_t i = 0; i < in.resources.count; i++)
                describe(r, &in.resources.items[i], in.include_synonyms,
                         &answer.resources.items[i]);
        struct serde out = request_answer(r);
        serde_describe_configs_response(&out, &answer);
        request_finish(r, &out);
}

/* Checks one change of a topic's setting. */
static enum kerr check_change(const struct alter_configs_config *in, char *why)
{
        enum config_id id = config_find_topic(in->name);
        if (id == CONFIG_KEYS) {
                snprintf(why, WHY_BYTES, "Unknown topic config name: %.*s", in->name.size,
                         in->name.data);
                return KERR_INVALID_CONFIG;
        }
        if (in->operation != CONFIG_SET && in->operation != CONFIG_DELETE) {
                snprintf(why, WHY_BYTES, "%s is not a list: it can be set or deleted",
                         config_key(id)->topic_name);
                return KERR_INVALID_CONFIG;
        }
        if (in->operation == CONFIG_DELETE)
                return KERR_NONE;
        if (in->value.size < 0) {
                snprintf(why, WHY_BYTES, "no value for %s", config_key(id)->topic_name);
                return KERR_INVALID_REQUEST;
        }
        struct config scratch = {0};
        enum kerr err = config_set(&scratch, id, in->value, why, WHY_BYTES);
        config_deinit(&scratch);
        return err;
}

static bool is_among(const struct alter_configs_resource *in, const char *name)
{
        for (int32_t i = 0; i < in->configs.count; i++) {
                if (str_equal_c(in->configs.items[i].name, name))
                        return true;
        }
        return false;
}

/* AlterConfigs replaces a topic's settings: those that it does not name go away. */
static void drop_unnamed(struct request *r, const struct alter_configs_resource *in)
{
        struct controller *c = &r->broker->controller;
        struct image_topic *topic = image_topic(&c->image, in->resource_name);
        for (int32_t i = topic->setting_count - 1; i >= 0; i--) {
                if (is_among(in, topic->settings[i].name))
                        continue;
                char *key = request_alloc(r, strlen(topic->settings[i].name) + 1);
                strcpy(key, topic->settings[i].name); /* the image frees its own */
                controller_configure_topic(c, in->resource_name, str_of(key), STR_NULL);
        }
}

static enum kerr alter(struct request *r, const struct alter_configs_resource *in, bool replace,
                       bool validate_only, char *why)
{
        struct controller *c = &r->broker->controller;
        if (in->resource_type != CONFIG_RESOURCE_TOPIC) {
                snprintf(why, WHY_BYTES, "only topics can be configured while the broker runs");
                return KERR_INVALID_REQUEST;
        }
        if (!image_topic(&c->image, in->resource_name)) {
                snprintf(why, WHY_BYTES, "The topic '%.*s' does not exist.", in->resource_name.size,
                         in->resource_name.data);
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        }
        for (int32_t i = 0; i < in->configs.count; i++) {
                enum kerr err = check_change(&in->configs.items[i], why);
                if (err)
                        return err;
        }
        if (validate_only)
                return KERR_NONE;
        if (replace)
                drop_unnamed(r, in);
        for (int32_t i = 0; i < in->configs.count; i++) {
                const struct alter_configs_config *config = &in->configs.items[i];
                controller_configure_topic(c, in->resource_name, config->name,
                                           config->operation == CONFIG_DELETE ? STR_NULL
                                                                              : config->value);
        }
        return KERR_NONE;
}

static void on_altered(void *context, enum kerr err)
{
        struct request *r = context;
        struct alter_configs_response *answer = r->state;
        for (int32_t i = 0; err && i < answer->resources.count; i++)
                answer->resources.items[i].error_code = (int16_t)err;
        struct serde out = request_answer(r);
        serde_alter_configs_response(&out, answer);
        request_finish(r, &out);
}

static void alter_all(struct request *r, const struct alter_configs_request *in, bool replace)
{
        if (!request_is_sound(r))
                return;
        struct alter_configs_response *answer = r->state = request_alloc(r, sizeof *answer);
        reply_array(r, &answer->resources, in->resources.count);
        for (int32_t i = 0; i < in->resources.count; i++) {
                const struct alter_configs_resource *resource = &in->resources.items[i];
                char *why = request_alloc(r, WHY_BYTES);
                enum kerr err = alter(r, resource, replace, in->validate_only, why);
                answer->resources.items[i] = (struct alter_configs_resource_response){
                        .error_code = (int16_t)err,
                        .error_message = err ? str_of(why) : STR_NULL,
                        .resource_type = resource->resource_type,
                        .resource_name = resource->resource_name,
                };
        }
        controller_submit(&r->broker->controller, on_altered, r);
}

void handle_alter_configs(struct request *r)
{
        struct alter_configs_request in = {0};
        serde_alter_configs_request(&r->in, &in);
        alter_all(r, &in, true);
}

void handle_incremental_alter_configs(struct request *r)
{
        struct alter_configs_request in = {0};
        serde_incremental_alter_configs_request(&r->in, &in);
        alter_all(r, &in, false);
}
