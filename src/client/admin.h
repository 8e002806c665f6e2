/* admin.h - makes, changes, removes and describes topics, configurations, replicas and the cluster.
 *
 * Each call is one operation on one thing (a topic, a partition, a resource), so each has one
 * result. Retriable errors are retried after retry.backoff.ms until default.api.timeout.ms.
 *
 * Invariants:
 *  (1) Each operation ends with exactly one call of on_done, except that admin_close() ends what is
 *      left with OPERATION_NOT_ATTEMPTED.
 *  (2) With an error and unknown == true the change may have been made all the same: an attempt
 *      was sent and its answer lost. A repeated create then finds TOPIC_ALREADY_EXISTS.
 *
 * What is passed in is copied. Operations run side by side; order between them is up to the caller.
 * Source: Kafka's KafkaAdminClient. */
#ifndef ODRADEK_CLIENT_ADMIN_H
#define ODRADEK_CLIENT_ADMIN_H

#include "client/client.h"
#include "wire/configs.h"
#include "wire/create_partitions.h"
#include "wire/create_topics.h"
#include "wire/delete_groups.h"
#include "wire/delete_records.h"
#include "wire/delete_topics.h"
#include "wire/describe_cluster.h"
#include "wire/describe_groups.h"
#include "wire/describe_producers.h"
#include "wire/describe_quorum.h"
#include "wire/describe_transactions.h"
#include "wire/elect_leaders.h"
#include "wire/list_groups.h"
#include "wire/list_offsets.h"
#include "wire/list_transactions.h"
#include "wire/offset_commit.h"
#include "wire/offset_delete.h"
#include "wire/offset_fetch.h"
#include "wire/reassignments.h"

struct admin;

struct admin_config {
        int64_t request_timeout_ms;     /* of one attempt */
        int64_t default_api_timeout_ms; /* of an operation */
        int64_t retry_backoff_ms;
};

struct admin_config admin_config_default(void);

/* Attaches an admin to the client, which must outlive it. Never NULL. */
struct admin *admin_open(struct client *c, const struct admin_config *config);
void admin_close(struct admin *a);

/* Operations not yet ended. */
int32_t admin_pending(const struct admin *a);

struct admin_result {
        enum kerr err;
        bool unknown;       /* see (2) */
        struct str message; /* the broker's own words; null: none */
        /* Without an error, the part of the answer that belongs to the operation: */
        union {
                const struct create_topics_topic_response *created;
                const struct metadata_response *metadata; /* describe_topic: topics.count is 1 */
                const struct list_offsets_partition_response *offset; /* offset -1: no record */
                const struct delete_records_partition_response *deleted_records;
                const struct describe_configs_resource_response *configs;
                const struct describe_cluster_response *cluster;
                const struct elect_leaders_response *elected;
                const struct list_reassignments_response *reassignments;
                const struct describe_quorum_partition_response *quorum;
                const struct list_groups_response *groups;
                const struct describe_groups_group *group; /* "Dead": there is none */
                const struct offset_fetch_group_response *offsets;
                const struct offset_commit_response *committed; /* with an error per partition */
                const struct offset_delete_response *deleted;   /* the same */
                const struct list_transactions_response *transactions;
                const struct describe_transactions_state *transaction;
                const struct describe_producers_partition_response *producers;
        };
};

/* Valid during the call only. */
typedef void admin_done(void *context, const struct admin_result *result);

/* `topic` as the protocol has it: partitions and replicas may be -1 for the broker's defaults;
 * assignments and configs may be empty. */
void admin_create_topic(struct admin *a, const struct create_topics_topic *topic,
                        bool validate_only, admin_done *on_done, void *context);
void admin_delete_topic(struct admin *a, const char *topic, admin_done *on_done, void *context);

/* `count` partitions there shall be, the old ones included. */
void admin_create_partitions(struct admin *a, const char *topic, int32_t count, admin_done *on_done,
                             void *context);

/* Never creates the topic. An error of the topic (UNKNOWN_TOPIC_OR_PARTITION) ends it at once. */
void admin_describe_topic(struct admin *a, const char *topic, admin_done *on_done, void *context);
void admin_list_topics(struct admin *a, admin_done *on_done, void *context);
void admin_describe_cluster(struct admin *a, admin_done *on_done, void *context);

/* The first offset whose record is not older than `timestamp_ms`, or one of LIST_OFFSETS_… */
void admin_list_offsets(struct admin *a, const char *topic, int32_t partition, int64_t timestamp_ms,
                        admin_done *on_done, void *context);

/* Forgets what lies before `offset`; -1: before the high watermark. */
void admin_delete_records(struct admin *a, const char *topic, int32_t partition, int64_t offset,
                          admin_done *on_done, void *context);

/* `name` is a topic, or a broker's id in digits: then that broker is asked itself. */
void admin_describe_configs(struct admin *a, enum config_resource_type type, const char *name,
                            admin_done *on_done, void *context);
void admin_alter_configs(struct admin *a, enum config_resource_type type, const char *name,
                         const struct alter_configs_config *configs, int32_t config_count,
                         bool validate_only, admin_done *on_done, void *context);

/* Makes the preferred replica the leader, or, unclean, a live one that may lack records when there
 * is no other. ELECTION_NOT_NEEDED when it leads already. */
void admin_elect_leader(struct admin *a, enum election_type type, const char *topic,
                        int32_t partition, admin_done *on_done, void *context);

/* Of all partitions; `elected` has an outcome for each that needed an election. */
void admin_elect_all_leaders(struct admin *a, enum election_type type, admin_done *on_done,
                             void *context);

/* Begins to move the partition to these brokers, the preferred leader first; count -1 ends a move
 * that is under way and goes back. Done when the controller has noted it: see
 * admin_list_reassignments() for how it goes on. */
void admin_reassign(struct admin *a, const char *topic, int32_t partition, const int32_t *replicas,
                    int32_t count, admin_done *on_done, void *context);
void admin_list_reassignments(struct admin *a, admin_done *on_done, void *context);

void admin_describe_quorum(struct admin *a, admin_done *on_done, void *context);

/* --- groups and transactions (admin_groups.c) --- */

/* Those that this broker coordinates: all are found by asking every broker. */
void admin_list_groups(struct admin *a, int32_t node, admin_done *on_done, void *context);
void admin_list_transactions(struct admin *a, int32_t node, admin_done *on_done, void *context);

void admin_describe_group(struct admin *a, const char *group, admin_done *on_done, void *context);
void admin_describe_transaction(struct admin *a, const char *transactional_id, admin_done *on_done,
                                void *context);

/* Everything that the group has committed. */
void admin_list_group_offsets(struct admin *a, const char *group, admin_done *on_done,
                              void *context);

/* Commits for a group that has no members. Errors of its partitions (UNKNOWN_MEMBER_ID: it has
 * members) are in `committed`. */
void admin_alter_group_offsets(struct admin *a, const char *group,
                               const struct offset_commit_topic *topics, int32_t count,
                               admin_done *on_done, void *context);
void admin_delete_group_offsets(struct admin *a, const char *group,
                                const struct offset_delete_topic *topics, int32_t count,
                                admin_done *on_done, void *context);
void admin_delete_group(struct admin *a, const char *group, admin_done *on_done, void *context);

void admin_describe_producers(struct admin *a, const char *topic, int32_t partition,
                              admin_done *on_done, void *context);

#endif
