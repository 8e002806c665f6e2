#include "wire/configs.h"

static void serde_describe_configs_resource(struct serde *s, struct describe_configs_resource *m)
{
        serde_i8(s, &m->resource_type);
        serde_string(s, &m->resource_name);
        serde_nullable_array(s, &m->keys, serde_string);
        serde_tags(s);
}

/* DescribeConfigs asks for the configuration of topics and brokers (KIP-133), if wanted with where
 * else a key is set (synonyms, KIP-226) and what it means (KIP-569). */
void serde_describe_configs_request(struct serde *s, struct describe_configs_request *m)
{
        serde_array(s, &m->resources, serde_describe_configs_resource);
        serde_bool(s, &m->include_synonyms);
        if (s->version >= 3)
                serde_bool(s, &m->include_documentation);
        serde_tags(s);
}

static void serde_describe_configs_synonym(struct serde *s, struct describe_configs_synonym *m)
{
        serde_string(s, &m->name);
        serde_nullable_string(s, &m->value);
        serde_i8(s, &m->source);
        serde_tags(s);
}

static void serde_describe_configs_config(struct serde *s, struct describe_configs_config *m)
{
        if (serde_reads(s))
                m->documentation = STR_NULL;
        serde_string(s, &m->name);
        serde_nullable_string(s, &m->value);
        serde_bool(s, &m->read_only);
        serde_i8(s, &m->source);
        serde_bool(s, &m->is_sensitive);
        serde_array(s, &m->synonyms, serde_describe_configs_synonym);
        if (s->version >= 3)
                serde_i8(s, &m->type);
        if (s->version >= 3)
                serde_nullable_string(s, &m->documentation);
        serde_tags(s);
}

static void serde_describe_configs_resource_response(struct serde *s,
                                                     struct describe_configs_resource_response *m)
{
        serde_i16(s, &m->error_code);
        serde_nullable_string(s, &m->error_message);
        serde_i8(s, &m->resource_type);
        serde_string(s, &m->resource_name);
        serde_array(s, &m->configs, serde_describe_configs_config);
        serde_tags(s);
}

/* The answer: each resource's keys, with values and their sources. */
void serde_describe_configs_response(struct serde *s, struct describe_configs_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->resources, serde_describe_configs_resource_response);
        serde_tags(s);
}

static void serde_alter_configs_config(struct serde *s, struct alter_configs_config *m)
{
        serde_string(s, &m->name);
        serde_nullable_string(s, &m->value);
        serde_tags(s);
}

static void serde_alter_configs_resource(struct serde *s, struct alter_configs_resource *m)
{
        serde_i8(s, &m->resource_type);
        serde_string(s, &m->resource_name);
        serde_array(s, &m->configs, serde_alter_configs_config);
        serde_tags(s);
}

/* AlterConfigs asks to replace the whole configuration of resources: what it does not name is unset
 * (KIP-133). */
void serde_alter_configs_request(struct serde *s, struct alter_configs_request *m)
{
        serde_array(s, &m->resources, serde_alter_configs_resource);
        serde_bool(s, &m->validate_only);
        serde_tags(s);
}

static void serde_incremental_alter_configs_config(struct serde *s, struct alter_configs_config *m)
{
        serde_string(s, &m->name);
        serde_i8(s, &m->operation);
        serde_nullable_string(s, &m->value);
        serde_tags(s);
}

static void serde_incremental_alter_configs_resource(struct serde *s,
                                                     struct alter_configs_resource *m)
{
        serde_i8(s, &m->resource_type);
        serde_string(s, &m->resource_name);
        serde_array(s, &m->configs, serde_incremental_alter_configs_config);
        serde_tags(s);
}

/* IncrementalAlterConfigs asks to set, unset, extend or shorten single keys (KIP-339). */
void serde_incremental_alter_configs_request(struct serde *s, struct alter_configs_request *m)
{
        serde_array(s, &m->resources, serde_incremental_alter_configs_resource);
        serde_bool(s, &m->validate_only);
        serde_tags(s);
}

static void serde_alter_configs_resource_response(struct serde *s,
                                                  struct alter_configs_resource_response *m)
{
        serde_i16(s, &m->error_code);
        serde_nullable_string(s, &m->error_message);
        serde_i8(s, &m->resource_type);
        serde_string(s, &m->resource_name);
        serde_tags(s);
}

/* The answer to AlterConfigs and IncrementalAlterConfigs: what became of each resource. */
void serde_alter_configs_response(struct serde *s, struct alter_configs_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->resources, serde_alter_configs_resource_response);
        serde_tags(s);
}
