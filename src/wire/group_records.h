/* group_records.h - keys and values of __consumer_offsets, the log of the group coordinators.
 *
 * The log is compacted: the last value of a key counts, and a null value says that it is gone. Each
 * key and value begins with an int16 version. In keys it tells the kind: 0 and 1 are a group's
 * offset in a partition, 2 is a group; more belong to the protocol of KIP-848, which is not spoken
 * here. Written are key versions 1 and 2, and value version 3: that of Kafka 2.1 to 4.x. An offset
 * with an expiry time is written in version 1, the only one that has room for it. Read are values
 * 0-4; 4 is flexible (KIP-915).
 *
 * `s` may be a reader or writer of any version; the functions here set its version and whether it
 * is flexible. Errors when reading: MALFORMED for another version. What is read points into the
 * record. Source: GroupMetadataManager (GroupCoordinatorRecordSerde), the schemas' JSON files. */
#ifndef ODRADEK_WIRE_GROUP_RECORDS_H
#define ODRADEK_WIRE_GROUP_RECORDS_H

#include "wire/serde.h"

enum group_record_kind {
        GROUP_RECORD_OFFSET,  /* struct offset_commit_key and _value */
        GROUP_RECORD_GROUP,   /* struct group_metadata_key and _value */
        GROUP_RECORD_UNKNOWN, /* a newer kind, or no key at all: skip it */
};

/* Looks at the version only: the rest of the key may still be MALFORMED. */
enum group_record_kind group_record_kind(struct span key);

struct offset_commit_key {
        struct str group;
        struct str topic;
        int32_t partition;
};

struct offset_commit_value {
        int64_t offset;
        int32_t leader_epoch; /* 3+; -1: unknown */
        struct str metadata;  /* never null: what the client sent as null is empty here */
        int64_t commit_timestamp_ms;
        int64_t expire_timestamp_ms; /* only 1; -1: none */
};

struct group_metadata_key {
        struct str group;
};

struct group_metadata_member {
        struct str member_id;
        struct str group_instance_id; /* 3+; null: not a static member */
        struct str client_id;
        struct str client_host;
        int32_t rebalance_timeout_ms; /* 1+; before: the session timeout */
        int32_t session_timeout_ms;
        struct span subscription; /* the metadata of the protocol chosen */
        struct span assignment;
};

struct group_metadata_value {
        struct str protocol_type;
        int32_t generation;
        struct str protocol;                /* null: none */
        struct str leader;                  /* a member id; null: none */
        int64_t current_state_timestamp_ms; /* 2+; -1: unknown */
        ARRAY_OF(struct group_metadata_member) members;
};

/* Both directions, with the version in front. */
void serde_offset_commit_key(struct serde *s, struct offset_commit_key *m);
void serde_offset_commit_value(struct serde *s, struct offset_commit_value *m);
void serde_group_metadata_key(struct serde *s, struct group_metadata_key *m);
void serde_group_metadata_value(struct serde *s, struct group_metadata_value *m);

#endif
