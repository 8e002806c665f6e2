/* api.h - the APIs of the protocol: one table of keys, names and versions.
 *
 * The table below is what the broker answers to ApiVersions, what it checks a request against, what
 * our client negotiates with and what docs/ prints. `min`-`max` is what is spoken; `advertised_min`
 * may be lower where a client tests for a version that it never sends (librdkafka before 2.11.1
 * switches compression off unless Produce is offered from 0; KAFKA-18659). `client_max` is the
 * newest that Debian's Wireshark (4.0) can read: our own client goes no higher without need, so
 * that one can look at what it says; for APIs that Wireshark cannot read it is `max`. Where more
 * tools read a group's or transaction's older form, which is not flexible, it is that. What brokers
 * and controllers say to each other is offered like the rest, as on Kafka's controller listener:
 * here every listener takes everything.
 *
 * Source: ApiKeys.java; KIP-482 for flexible versions; KIP-511 for ApiVersions. */
#ifndef ODRADEK_WIRE_API_H
#define ODRADEK_WIRE_API_H

#include "wire/serde.h"

/* X(key, NAME, "name", min, max, first flexible version or API_NEVER_FLEXIBLE, advertised_min or
 * -1: hidden, client_max, the KIP or the release of Kafka that brought it, what it is for, what of
 * it is not supported or "") */
#define API_LIST(X)                                                                                \
        X(0, PRODUCE, "Produce", 3, 9, 9, 0, 8, "0.8", "Appends record batches to partitions.",    \
          "Record formats before v2 (message sets).")                                              \
        X(1, FETCH, "Fetch", 4, 15, 12, 4, 11, "0.8",                                              \
          "Batches from an offset on, for consumers and followers.",                               \
          "Sessions (KIP-227): each answer is a full one. Reading from a follower (KIP-392).")     \
        X(2, LIST_OFFSETS, "ListOffsets", 1, 7, 6, 1, 5, "0.8",                                    \
          "The offset of a timestamp, of the beginning or of the end.",                            \
          "The special times of tiered storage (version 8 and up).")                               \
        X(3, METADATA, "Metadata", 0, 12, 9, 0, 9, "0.8",                                          \
          "Brokers, topics, and who leads and replicates each partition.",                         \
          "Racks and authorized operations: none are told.")                                       \
        X(8, OFFSET_COMMIT, "OffsetCommit", 1, 9, 8, 1, 7, "0.8.1", "How far a group has read.",   \
          "")                                                                                      \
        X(9, OFFSET_FETCH, "OffsetFetch", 1, 9, 6, 1, 5, "0.8.1",                                  \
          "From where a group is to read on.", "The member epoch of KIP-848: not looked at.")      \
        X(10, FIND_COORDINATOR, "FindCoordinator", 0, 4, 3, 0, 2, "0.8.2",                         \
          "The broker that coordinates a group or a transactional id.", "Share groups (KIP-932).") \
        X(11, JOIN_GROUP, "JoinGroup", 0, 9, 6, 0, 5, "0.9",                                       \
          "Makes a member of a group, or takes it into the next generation.", "")                  \
        X(12, HEARTBEAT, "Heartbeat", 0, 4, 4, 0, 3, "0.9",                                        \
          "Says that a member lives; learns whether the group rebalances.", "")                    \
        X(13, LEAVE_GROUP, "LeaveGroup", 0, 5, 4, 0, 3, "0.9", "Takes members out of a group.",    \
          "")                                                                                      \
        X(14, SYNC_GROUP, "SyncGroup", 0, 5, 4, 0, 3, "0.9",                                       \
          "Brings the leader's assignment, takes one's own.", "")                                  \
        X(15, DESCRIBE_GROUPS, "DescribeGroups", 0, 5, 5, 0, 5, "KIP-40",                          \
          "The state of groups and their members.", "Authorized operations: none are told.")       \
        X(16, LIST_GROUPS, "ListGroups", 0, 5, 3, 0, 4, "KIP-40",                                  \
          "The groups that a broker coordinates.", "")                                             \
        X(18, API_VERSIONS, "ApiVersions", 0, 4, 3, 0, 3, "KIP-35",                                \
          "The APIs and versions that a broker speaks.", "Features (KIP-584): none are told.")     \
        X(19, CREATE_TOPICS, "CreateTopics", 2, 7, 5, 2, 5, "KIP-4", "Makes topics.",              \
          "Racks in the placement of replicas.")                                                   \
        X(20, DELETE_TOPICS, "DeleteTopics", 1, 6, 4, 1, 4, "KIP-4", "Removes topics.", "")        \
        X(21, DELETE_RECORDS, "DeleteRecords", 0, 2, 2, 0, 1, "KIP-107",                           \
          "Moves the beginning of logs.", "")                                                      \
        X(22, INIT_PRODUCER_ID, "InitProducerId", 0, 5, 2, 0, 4, "KIP-98",                         \
          "Gives a producer id; fences its older instances.", "Two-phase commit (KIP-939).")       \
        X(23, OFFSET_FOR_LEADER_EPOCH, "OffsetForLeaderEpoch", 2, 4, 4, 2, 3, "KIP-101",           \
          "Where the log of a leader epoch ends.", "")                                             \
        X(24, ADD_PARTITIONS_TO_TXN, "AddPartitionsToTxn", 0, 4, 3, 0, 1, "KIP-98",                \
          "Takes partitions into a transaction, or asks whether they are in it.",                  \
          "Transactions of the second version (KIP-890, part 2).")                                 \
        X(25, ADD_OFFSETS_TO_TXN, "AddOffsetsToTxn", 0, 4, 3, 0, 1, "KIP-98",                      \
          "Takes a group's offsets into a transaction.", "")                                       \
        X(26, END_TXN, "EndTxn", 0, 4, 3, 0, 1, "KIP-98", "Commits or aborts a transaction.",      \
          "A new epoch for each transaction (KIP-890, part 2).")                                   \
        X(27, WRITE_TXN_MARKERS, "WriteTxnMarkers", 1, 1, 1, 1, 1, "KIP-98",                       \
          "The coordinator's word to the leaders: committed or aborted.", "")                      \
        X(28, TXN_OFFSET_COMMIT, "TxnOffsetCommit", 0, 4, 3, 0, 3, "KIP-98",                       \
          "How far a group has read, as part of a transaction.", "")                               \
        X(32, DESCRIBE_CONFIGS, "DescribeConfigs", 1, 4, 4, 1, 2, "KIP-133",                       \
          "The settings of topics and brokers, and where they come from.",                         \
          "Broker loggers, client metrics.")                                                       \
        X(33, ALTER_CONFIGS, "AlterConfigs", 0, 2, 2, 0, 1, "KIP-133",                             \
          "Replaces all settings of a topic.", "Brokers: their settings are read at the start.")   \
        X(37, CREATE_PARTITIONS, "CreatePartitions", 0, 3, 2, 0, 2, "KIP-195",                     \
          "Adds partitions to topics.", "")                                                        \
        X(42, DELETE_GROUPS, "DeleteGroups", 0, 2, 2, 0, 2, "KIP-229",                             \
          "Removes groups and their offsets.", "")                                                 \
        X(43, ELECT_LEADERS, "ElectLeaders", 1, 2, 2, 1, 2, "KIP-183",                             \
          "Makes preferred replicas leaders again, or any that lives.", "")                        \
        X(44, INCREMENTAL_ALTER_CONFIGS, "IncrementalAlterConfigs", 0, 1, 1, 0, 1, "KIP-339",      \
          "Changes single settings of a topic.", "Brokers: their settings are read at the start.") \
        X(45, ALTER_PARTITION_REASSIGNMENTS, "AlterPartitionReassignments", 0, 0, 0, 0, 0,         \
          "KIP-455", "Moves partitions to other brokers, or stops that.", "")                      \
        X(46, LIST_PARTITION_REASSIGNMENTS, "ListPartitionReassignments", 0, 0, 0, 0, 0,           \
          "KIP-455", "The partitions that are on the move.", "")                                   \
        X(47, OFFSET_DELETE, "OffsetDelete", 0, 0, API_NEVER_FLEXIBLE, 0, 0, "KIP-496",            \
          "Forgets a group's offsets for some partitions.", "")                                    \
        X(52, VOTE, "Vote", 0, 0, 0, 0, 0, "KIP-595",                                              \
          "A candidate asks a voter of the quorum for its vote.",                                  \
          "Pre-vote (KIP-996), changes of the voters (KIP-853).")                                  \
        X(53, BEGIN_QUORUM_EPOCH, "BeginQuorumEpoch", 0, 0, 1, 0, 0, "KIP-595",                    \
          "A new leader of the quorum makes itself known.", "")                                    \
        X(54, END_QUORUM_EPOCH, "EndQuorumEpoch", 0, 0, 1, 0, 0, "KIP-595",                        \
          "A leader of the quorum resigns.", "")                                                   \
        X(55, DESCRIBE_QUORUM, "DescribeQuorum", 0, 1, 0, 0, 1, "KIP-595",                         \
          "Who leads the quorum, who votes, and how far each has got.", "")                        \
        X(56, ALTER_PARTITION, "AlterPartition", 3, 3, 0, 3, 3, "KIP-497",                         \
          "A leader tells the controller who is in sync.", "")                                     \
        X(58, ENVELOPE, "Envelope", 0, 0, 0, 0, 0, "KIP-590",                                      \
          "A client's request that one broker hands to the controller.",                           \
          "The client's principal: there is no authorizer.")                                       \
        X(59, FETCH_SNAPSHOT, "FetchSnapshot", 0, 0, 0, 0, 0, "KIP-630",                           \
          "A snapshot of the metadata log, in pieces.", "")                                        \
        X(60, DESCRIBE_CLUSTER, "DescribeCluster", 0, 1, 0, 0, 1, "KIP-700",                       \
          "The brokers that live, and the controller.",                                            \
          "Racks, authorized operations; the list is of brokers also for who asks for "            \
          "controllers (KIP-919).")                                                                \
        X(61, DESCRIBE_PRODUCERS, "DescribeProducers", 0, 0, 0, 0, 0, "KIP-664",                   \
          "The producers that a partition remembers.", "")                                         \
        X(62, BROKER_REGISTRATION, "BrokerRegistration", 3, 3, 0, 3, 3, "KIP-631",                 \
          "A broker makes itself known to the controller.",                                        \
          "Features, several log directories (KIP-858).")                                          \
        X(63, BROKER_HEARTBEAT, "BrokerHeartbeat", 1, 1, 0, 1, 1, "KIP-631",                       \
          "A broker tells the controller that it lives.", "")                                      \
        X(65, DESCRIBE_TRANSACTIONS, "DescribeTransactions", 0, 0, 0, 0, 0, "KIP-664",             \
          "The state of transactions and their partitions.", "")                                   \
        X(66, LIST_TRANSACTIONS, "ListTransactions", 0, 1, 0, 0, 1, "KIP-664",                     \
          "The transactions that a broker coordinates.", "")                                       \
        X(67, ALLOCATE_PRODUCER_IDS, "AllocateProducerIds", 0, 0, 0, 0, 0, "KIP-730",              \
          "A block of producer ids for a broker.", "")

enum api_key {
#define API_ENUM(key, NAME, name, min, max, flexible, advertised_min, client_max, since, text, \
                 missing)                                                                      \
        API_##NAME = (key),
        API_LIST(API_ENUM)
#undef API_ENUM
                API_NEVER_FLEXIBLE = 32767
};

struct api {
        int16_t key;
        const char *name;
        int16_t min, max;
        int16_t flexible_from;
        int16_t advertised_min; /* -1: not offered to clients */
        int16_t client_max;     /* what our client asks with, unless it needs a newer one */
        const char *since, *text, *missing;
};

/* All of them, by key. */
const struct api *api_table(int32_t *count);

/* NULL when the key is not in the table. */
const struct api *api_find(int16_t key);

/* The header in front of each request (RequestHeader v1, v2 when the request is flexible). */
struct request_header {
        int16_t api_key;
        int16_t api_version;
        int32_t correlation_id; /* comes back in the answer */
        struct str client_id;   /* null allowed; not compact even in flexible headers */
};

/* Reads or writes the header; sets s->version and s->flexible for the body that follows. When
 * reading, a key or version that the table lacks is no error here: s->flexible is then false and
 * the caller decides (ApiVersions is answered even then: KIP-511). Write through a serde_writer()
 * of any version. */
void serde_request_header(struct serde *s, struct request_header *h);

/* The header in front of each answer: the correlation id, and tags when `api` is flexible in
 * s->version. An ApiVersions answer has no tags ever: its reader cannot know the version yet. */
void serde_response_header(struct serde *s, const struct api *api, int32_t *correlation_id);

#endif
