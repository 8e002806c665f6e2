/* configs.h - DescribeConfigs, AlterConfigs and IncrementalAlterConfigs.
 *
 * DescribeConfigs (KIP-133) 1-4; 4 is flexible; 1 tells where a value comes from (KIP-226), 3 types
 * and documentation (KIP-569). AlterConfigs (KIP-133) 0-2; 2 is flexible; it replaces a resource's
 * whole configuration. IncrementalAlterConfigs (KIP-339) 0-1; 1 is flexible; it changes single
 * keys. The two share their structs, and their answers are the same bytes. */
#ifndef ODRADEK_WIRE_CONFIGS_H
#define ODRADEK_WIRE_CONFIGS_H

#include "wire/serde.h"

enum config_resource_type {
        CONFIG_RESOURCE_TOPIC = 2,
        CONFIG_RESOURCE_BROKER = 4,
        CONFIG_RESOURCE_BROKER_LOGGER = 8,
};

enum config_operation {
        CONFIG_SET = 0,
        CONFIG_DELETE = 1,
        CONFIG_APPEND = 2,
        CONFIG_SUBTRACT = 3,
};

enum config_source {
        CONFIG_SOURCE_UNKNOWN = 0,
        CONFIG_SOURCE_TOPIC = 1,
        CONFIG_SOURCE_DYNAMIC_BROKER = 2,
        CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER = 3,
        CONFIG_SOURCE_STATIC_BROKER = 4,
        CONFIG_SOURCE_DEFAULT = 5,
};

enum config_type {
        CONFIG_TYPE_UNKNOWN = 0,
        CONFIG_TYPE_BOOLEAN = 1,
        CONFIG_TYPE_STRING = 2,
        CONFIG_TYPE_INT = 3,
        CONFIG_TYPE_SHORT = 4,
        CONFIG_TYPE_LONG = 5,
        CONFIG_TYPE_DOUBLE = 6,
        CONFIG_TYPE_LIST = 7,
        CONFIG_TYPE_CLASS = 8,
        CONFIG_TYPE_PASSWORD = 9,
};

struct describe_configs_resource {
        int8_t resource_type; /* enum config_resource_type */
        struct str resource_name;
        ARRAY_OF(struct str) keys; /* count -1 (null): all keys */
};

struct describe_configs_request {
        ARRAY_OF(struct describe_configs_resource) resources;
        bool include_synonyms;
        bool include_documentation; /* 3+ */
};

struct describe_configs_synonym {
        struct str name;
        struct str value; /* null allowed */
        int8_t source;    /* enum config_source */
};

struct describe_configs_config {
        struct str name;
        struct str value; /* null allowed */
        bool read_only;
        int8_t source; /* enum config_source */
        bool is_sensitive;
        ARRAY_OF(struct describe_configs_synonym) synonyms;
        int8_t type;              /* 3+; enum config_type */
        struct str documentation; /* 3+; null: none */
};

struct describe_configs_resource_response {
        int16_t error_code;
        struct str error_message; /* null: none */
        int8_t resource_type;     /* enum config_resource_type */
        struct str resource_name;
        ARRAY_OF(struct describe_configs_config) configs;
};

struct describe_configs_response {
        int32_t throttle_time_ms;
        ARRAY_OF(struct describe_configs_resource_response) resources;
};

struct alter_configs_config {
        struct str name;
        int8_t operation; /* enum config_operation; AlterConfigs has none: CONFIG_SET */
        struct str value; /* null allowed */
};

struct alter_configs_resource {
        int8_t resource_type; /* enum config_resource_type */
        struct str resource_name;
        ARRAY_OF(struct alter_configs_config) configs;
};

struct alter_configs_request {
        ARRAY_OF(struct alter_configs_resource) resources;
        bool validate_only;
};

struct alter_configs_resource_response {
        int16_t error_code;
        struct str error_message; /* null: none */
        int8_t resource_type;     /* enum config_resource_type */
        struct str resource_name;
};

struct alter_configs_response {
        int32_t throttle_time_ms;
        ARRAY_OF(struct alter_configs_resource_response) resources;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_describe_configs_request(struct serde *s, struct describe_configs_request *m);
void serde_describe_configs_response(struct serde *s, struct describe_configs_response *m);
void serde_alter_configs_request(struct serde *s, struct alter_configs_request *m);
void serde_incremental_alter_configs_request(struct serde *s, struct alter_configs_request *m);

/* The answer to both. */
void serde_alter_configs_response(struct serde *s, struct alter_configs_response *m);

#endif
