/* metadata_records.h - the values of the metadata log: each tells one change of the cluster.
 *
 * The cluster's state is the fold of these records (KIP-500, KIP-631). A value is a frame version
 * (1), the record's type and its version, each an unsigned varint, and then the fields in flexible
 * form. Each type is written in one version: 0, but 1 for brokers' registrations and their changes
 * (controlled shutdown, KIP-841) and 2 for partitions and their changes (eligible leader replicas,
 * KIP-966). Older versions can be read. Source: Kafka's MetadataRecordSerde,
 * metadata/src/main/resources/common/metadata.
 *
 * Errors when reading: MALFORMED for another frame version, a type not listed here, or a record
 * version above the one written. */
#ifndef ODRADEK_WIRE_METADATA_RECORDS_H
#define ODRADEK_WIRE_METADATA_RECORDS_H

#include "wire/serde.h"

enum metadata_record_type {
        METADATA_REGISTER_BROKER = 0,
        METADATA_UNREGISTER_BROKER = 1,
        METADATA_TOPIC = 2,
        METADATA_PARTITION = 3,
        METADATA_CONFIG = 4,
        METADATA_PARTITION_CHANGE = 5,
        METADATA_REMOVE_TOPIC = 9,
        METADATA_PRODUCER_IDS = 15,
        METADATA_BROKER_REGISTRATION_CHANGE = 17,
        METADATA_NO_OP = 20, /* no fields, no change: it only moves the offset on */
};

struct register_broker_endpoint {
        struct str name; /* of the listener, as PLAINTEXT */
        struct str host;
        uint16_t port;
        int16_t security_protocol; /* 0: PLAINTEXT */
};

struct register_broker_feature {
        struct str name;
        int16_t min_supported_version, max_supported_version;
};

/* This broker (re)started and may take partitions, once it is not fenced. */
struct register_broker_record {
        int32_t broker_id;
        struct uuid incarnation_id; /* new with each start of the process */
        int64_t broker_epoch;       /* given by the controller */
        ARRAY_OF(struct register_broker_endpoint) endpoints;
        ARRAY_OF(struct register_broker_feature) features;
        struct str rack; /* null: none */
        bool fenced;
        bool in_controlled_shutdown; /* 1+ */
};

struct unregister_broker_record {
        int32_t broker_id;
        int64_t broker_epoch;
};

struct topic_record {
        struct str name;
        struct uuid topic_id;
};

struct broker_ids {
        int32_t *items;
        int32_t count; /* -1: null, where it is allowed */
};

/* A partition as a whole: when it is made, and in snapshots. No list here is null. */
struct partition_record {
        int32_t index;
        struct uuid topic_id;
        struct broker_ids replicas; /* the preferred leader first */
        struct broker_ids isr;
        struct broker_ids removing_replicas;
        struct broker_ids adding_replicas;
        int32_t leader; /* -1: none */
        int32_t leader_epoch;
        int32_t partition_epoch; /* one more with each change of anything here */
        /* 2+, tagged. */
        struct broker_ids elr; /* eligible leader replicas */
        struct broker_ids last_known_elr;
};

struct config_record {
        int8_t resource_type; /* enum config_resource_type of configs.h */
        struct str resource_name;
        struct str name;
        struct str value; /* null: the key is unset */
};

/* A leader that did not change; -1 is "no leader now". */
enum { PARTITION_CHANGE_SAME_LEADER = -2 };

/* Only what changed. Applying it raises the partition epoch by one, and the leader epoch by one
 * when `leader` is given. Each field is tagged: whoever makes one begins with
 * partition_change_of(). */
struct partition_change_record {
        int32_t index;
        struct uuid topic_id;
        struct broker_ids isr;               /* count -1: unchanged */
        int32_t leader;                      /* -2: unchanged */
        struct broker_ids replicas;          /* count -1: unchanged */
        struct broker_ids removing_replicas; /* count -1: unchanged */
        struct broker_ids adding_replicas;   /* count -1: unchanged */
        struct broker_ids elr;               /* 2+; count -1: unchanged */
        struct broker_ids last_known_elr;    /* 2+; count -1: unchanged */
};

/* A change of that partition that changes nothing yet. */
struct partition_change_record partition_change_of(const struct uuid *topic_id, int32_t index);

/* The topic and all its partitions are gone. */
struct remove_topic_record {
        struct uuid topic_id;
};

/* The broker got the producer ids below next_producer_id that nobody had. */
struct producer_ids_record {
        int32_t broker_id;
        int64_t broker_epoch;
        int64_t next_producer_id;
};

/* Each of the two is tagged. */
enum { BROKER_UNFENCED = -1, BROKER_SAME = 0, BROKER_FENCED = 1, BROKER_IN_SHUTDOWN = 1 };
struct broker_registration_change_record {
        int32_t broker_id;
        int64_t broker_epoch;
        int8_t fenced;                 /* BROKER_UNFENCED, BROKER_SAME, BROKER_FENCED */
        int8_t in_controlled_shutdown; /* 1+; BROKER_SAME, BROKER_IN_SHUTDOWN */
};

struct metadata_record {
        enum metadata_record_type type;
        union {
                struct register_broker_record register_broker;
                struct unregister_broker_record unregister_broker;
                struct topic_record topic;
                struct partition_record partition;
                struct config_record config;
                struct partition_change_record partition_change;
                struct remove_topic_record remove_topic;
                struct producer_ids_record producer_ids;
                struct broker_registration_change_record broker_registration_change;
        };
};

/* Reads or writes one value, its frame included. `s` may be a reader or writer of any version; it
 * is made flexible and takes the record's version. */
void serde_metadata_record(struct serde *s, struct metadata_record *m);

#endif
