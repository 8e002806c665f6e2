/* admin_operation.h - one operation of an admin: its question, whom to ask, what an answer means.
 * Internal to admin.c, which runs operations, and admin_*.c, which begin them. */
#ifndef ODRADEK_CLIENT_ADMIN_OPERATION_H
#define ODRADEK_CLIENT_ADMIN_OPERATION_H

#include "client/admin.h"
#include "client/coordinator_finder.h"
#include "wire/metadata.h"

/* A request's message while it waits to be written, with copies of all it points at. */
union question {
        struct create_topics_request create_topics;
        struct delete_topics_request delete_topics;
        struct create_partitions_request create_partitions;
        struct metadata_request metadata;
        struct describe_cluster_request describe_cluster;
        struct list_offsets_request list_offsets;
        struct delete_records_request delete_records;
        struct describe_configs_request describe_configs;
        struct alter_configs_request alter_configs;
        struct elect_leaders_request elect_leaders;
        struct alter_reassignments_request alter_reassignments;
        struct list_reassignments_request list_reassignments;
        struct describe_quorum_request describe_quorum;
        struct list_groups_request list_groups;
        struct describe_groups_request describe_groups;
        struct delete_groups_request delete_groups;
        struct offset_fetch_request offset_fetch;
        struct offset_commit_request offset_commit;
        struct offset_delete_request offset_delete;
        struct list_transactions_request list_transactions;
        struct describe_transactions_request describe_transactions;
        struct describe_producers_request describe_producers;
};

union answer {
        struct create_topics_response create_topics;
        struct delete_topics_response delete_topics;
        struct create_partitions_response create_partitions;
        struct metadata_response metadata;
        struct describe_cluster_response describe_cluster;
        struct list_offsets_response list_offsets;
        struct delete_records_response delete_records;
        struct describe_configs_response describe_configs;
        struct alter_configs_response alter_configs;
        struct elect_leaders_response elect_leaders;
        struct alter_reassignments_response alter_reassignments;
        struct list_reassignments_response list_reassignments;
        struct describe_quorum_response describe_quorum;
        struct list_groups_response list_groups;
        struct describe_groups_response describe_groups;
        struct delete_groups_response delete_groups;
        struct offset_fetch_response offset_fetch;
        struct offset_commit_response offset_commit;
        struct offset_delete_response offset_delete;
        struct list_transactions_response list_transactions;
        struct describe_transactions_response describe_transactions;
        struct describe_producers_response describe_producers;
};

/* What the operations of one API have in common. */
struct kind {
        int16_t api_key;
        bool changes; /* something: an answer that is lost leaves it unknown */
        void (*write)(struct serde *s, union question *q, int32_t timeout_ms);
        /* Reads the answer into `a` and puts error, message and pointer into `r`. */
        void (*read)(struct serde *s, union answer *a, struct admin_result *r);
};

struct operation {
        struct admin *admin;
        const struct kind *kind;
        struct arena arena; /* holds what `question` points at */
        union question question;
        int16_t version_min;
        int32_t node;      /* whom to ask, unless it is a leader or a coordinator */
        const char *topic; /* of the leader to ask; NULL: not a leader */
        int32_t partition;
        struct coordinator_finder coordinator; /* to ask; key NULL: not a coordinator */
        admin_done *on_done;
        void *context;
        int64_t deadline_ms, retry_after_ms;
        int32_t timeout_ms; /* of the attempt under way */
        bool asked;
        enum kerr err; /* of the last attempt */
        bool unknown;
        struct operation *prev, *next;
};

/* A new operation, asked of `node` soon; its question is all zeros. */
struct operation *operation_begin(struct admin *a, const struct kind *kind, int32_t node,
                                  admin_done *on_done, void *context);

/* One that only the leader of the partition can do. */
struct operation *operation_begin_at_leader(struct admin *a, const struct kind *kind,
                                            const char *topic, int32_t partition,
                                            admin_done *on_done, void *context);

/* One that only the coordinator of the group or transactional id can do. */
struct operation *operation_begin_at_coordinator(struct admin *a, const struct kind *kind,
                                                 enum coordinator_type type, const char *key,
                                                 admin_done *on_done, void *context);

/* --- copies of what is passed in, which live as long as the operation --- */

void *operation_keep(struct operation *o, const void *from, size_t size);
struct str operation_keep_str(struct operation *o, struct str s);

/* An array of `count` items, or of the one item given. */
#define KEEP_ARRAY(o, array, from, n)                                                      \
        do {                                                                               \
                (array)->items =                                                           \
                        operation_keep((o), (from), (size_t)(n) * sizeof *(array)->items); \
                (array)->count = (n);                                                      \
        } while (0)
#define KEEP_ONE(o, array, ...) KEEP_ARRAY(o, array, (&__VA_ARGS__), 1)

/* The only item of an answer, or NULL with the result in error when there is not exactly one. */
#define ONLY_ITEM(array, r) \
        ((array)->count == 1 ? &(array)->items[0] : ((r)->err = KERR_MALFORMED, NULL))

/* The outcome of the one thing that was asked for, as the answer tells it. */
#define TAKE_OUTCOME(item, r) \
        ((r)->err = (enum kerr)(item)->error_code, (r)->message = (item)->error_message)

#endif
