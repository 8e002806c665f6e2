/* Operations on groups, their offsets, transactions and producers; see admin.h. */
#include "client/admin_operation.h"

/* --- lists: of one broker --- */

static void write_list_groups(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_list_groups_request(s, &q->list_groups);
}

static void read_list_groups(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_list_groups_response(s, &a->list_groups);
        r->err = (enum kerr)a->list_groups.error_code;
        r->groups = &a->list_groups;
}

static const struct kind list_groups = {API_LIST_GROUPS, false, write_list_groups,
                                        read_list_groups};

void admin_list_groups(struct admin *a, int32_t node, admin_done *on_done, void *context)
{
        operation_begin(a, &list_groups, node, on_done, context);
}

static void write_list_transactions(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        q->list_transactions.duration_filter_ms = -1;
        serde_list_transactions_request(s, &q->list_transactions);
}

static void read_list_transactions(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_list_transactions_response(s, &a->list_transactions);
        r->err = (enum kerr)a->list_transactions.error_code;
        r->transactions = &a->list_transactions;
}

static const struct kind list_transactions = {API_LIST_TRANSACTIONS, false, write_list_transactions,
                                              read_list_transactions};

void admin_list_transactions(struct admin *a, int32_t node, admin_done *on_done, void *context)
{
        operation_begin(a, &list_transactions, node, on_done, context);
}

/* --- one group --- */

static struct operation *begin_at_group(struct admin *a, const struct kind *kind, const char *group,
                                        admin_done *on_done, void *context)
{
        return operation_begin_at_coordinator(a, kind, COORDINATOR_GROUP, group, on_done, context);
}

static void write_describe_groups(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_describe_groups_request(s, &q->describe_groups);
}

static void read_describe_groups(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_describe_groups_response(s, &a->describe_groups);
        r->group = ONLY_ITEM(&a->describe_groups.groups, r);
        if (r->group)
                r->err = (enum kerr)r->group->error_code;
}

static const struct kind describe_groups = {API_DESCRIBE_GROUPS, false, write_describe_groups,
                                            read_describe_groups};

void admin_describe_group(struct admin *a, const char *group, admin_done *on_done, void *context)
{
        struct operation *o = begin_at_group(a, &describe_groups, group, on_done, context);
        struct str id = operation_keep_str(o, str_of(group));
        KEEP_ONE(o, &o->question.describe_groups.groups, id);
}

static void write_delete_groups(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_delete_groups_request(s, &q->delete_groups);
}

static void read_delete_groups(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_delete_groups_response(s, &a->delete_groups);
        const struct delete_groups_result *m = ONLY_ITEM(&a->delete_groups.results, r);
        if (m)
                r->err = (enum kerr)m->error_code;
}

static const struct kind delete_groups = {API_DELETE_GROUPS, true, write_delete_groups,
                                          read_delete_groups};

void admin_delete_group(struct admin *a, const char *group, admin_done *on_done, void *context)
{
        struct operation *o = begin_at_group(a, &delete_groups, group, on_done, context);
        struct str id = operation_keep_str(o, str_of(group));
        KEEP_ONE(o, &o->question.delete_groups.groups, id);
}

/* --- its offsets --- */

static void write_offset_fetch(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_offset_fetch_request(s, &q->offset_fetch);
}

static void read_offset_fetch(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_offset_fetch_response(s, &a->offset_fetch);
        r->offsets = ONLY_ITEM(&a->offset_fetch.groups, r);
        if (r->offsets)
                r->err = (enum kerr)r->offsets->error_code;
}

static const struct kind offset_fetch = {API_OFFSET_FETCH, false, write_offset_fetch,
                                         read_offset_fetch};

void admin_list_group_offsets(struct admin *a, const char *group, admin_done *on_done,
                              void *context)
{
        struct operation *o = begin_at_group(a, &offset_fetch, group, on_done, context);
        struct offset_fetch_group m = {.group_id = operation_keep_str(o, str_of(group)),
                                       .member_id = STR_NULL,
                                       .member_epoch = -1,
                                       .topics.count = -1};
        KEEP_ONE(o, &o->question.offset_fetch.groups, m);
}

static void write_offset_commit(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_offset_commit_request(s, &q->offset_commit);
}

/* The first error of a partition that may pass away is the operation's: it is asked again. */
static void read_offset_commit(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_offset_commit_response(s, &a->offset_commit);
        r->committed = &a->offset_commit;
        for (int32_t t = 0; t < a->offset_commit.topics.count; t++) {
                const struct offset_commit_topic_response *topic =
                        &a->offset_commit.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count && !r->err; i++) {
                        enum kerr err = (enum kerr)topic->partitions.items[i].error_code;
                        r->err = error_is_retriable(err) ? err : KERR_NONE;
                }
        }
}

static const struct kind offset_commit = {API_OFFSET_COMMIT, true, write_offset_commit,
                                          read_offset_commit};

void admin_alter_group_offsets(struct admin *a, const char *group,
                               const struct offset_commit_topic *topics, int32_t count,
                               admin_done *on_done, void *context)
{
        struct operation *o = begin_at_group(a, &offset_commit, group, on_done, context);
        struct offset_commit_request *m = &o->question.offset_commit;
        m->group_id = operation_keep_str(o, str_of(group));
        m->generation_id = -1;
        m->member_id = str_of("");
        m->group_instance_id = STR_NULL;
        m->retention_time_ms = -1;
        KEEP_ARRAY(o, &m->topics, topics, count);
        for (int32_t t = 0; t < count; t++) {
                struct offset_commit_topic *topic = &m->topics.items[t];
                topic->name = operation_keep_str(o, topics[t].name);
                KEEP_ARRAY(o, &topic->partitions, topics[t].partitions.items,
                           topics[t].partitions.count);
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        topic->partitions.items[i].committed_metadata = str_of("");
        }
}

static void write_offset_delete(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_offset_delete_request(s, &q->offset_delete);
}

static void read_offset_delete(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_offset_delete_response(s, &a->offset_delete);
        r->err = (enum kerr)a->offset_delete.error_code;
        r->deleted = &a->offset_delete;
}

static const struct kind offset_delete = {API_OFFSET_DELETE, true, write_offset_delete,
                                          read_offset_delete};

void admin_delete_group_offsets(struct admin *a, const char *group,
                                const struct offset_delete_topic *topics, int32_t count,
                                admin_done *on_done, void *context)
{
        struct operation *o = begin_at_group(a, &offset_delete, group, on_done, context);
        struct offset_delete_request *m = &o->question.offset_delete;
        m->group_id = operation_keep_str(o, str_of(group));
        KEEP_ARRAY(o, &m->topics, topics, count);
        for (int32_t t = 0; t < count; t++) {
                m->topics.items[t].name = operation_keep_str(o, topics[t].name);
                KEEP_ARRAY(o, &m->topics.items[t].partitions, topics[t].partitions.items,
                           topics[t].partitions.count);
        }
}

/* --- transactions and producers --- */

static void write_describe_transactions(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_describe_transactions_request(s, &q->describe_transactions);
}

static void read_describe_transactions(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_describe_transactions_response(s, &a->describe_transactions);
        r->transaction = ONLY_ITEM(&a->describe_transactions.transaction_states, r);
        if (r->transaction)
                r->err = (enum kerr)r->transaction->error_code;
}

static const struct kind describe_transactions = {
        API_DESCRIBE_TRANSACTIONS, false, write_describe_transactions, read_describe_transactions};

void admin_describe_transaction(struct admin *a, const char *transactional_id, admin_done *on_done,
                                void *context)
{
        struct operation *o =
                operation_begin_at_coordinator(a, &describe_transactions, COORDINATOR_TRANSACTION,
                                               transactional_id, on_done, context);
        struct str id = operation_keep_str(o, str_of(transactional_id));
        KEEP_ONE(o, &o->question.describe_transactions.transactional_ids, id);
}

static void write_describe_producers(struct serde *s, union question *q, int32_t timeout_ms)
{
        (void)timeout_ms;
        serde_describe_producers_request(s, &q->describe_producers);
}

static void read_describe_producers(struct serde *s, union answer *a, struct admin_result *r)
{
        serde_describe_producers_response(s, &a->describe_producers);
        const struct describe_producers_topic_response *m =
                ONLY_ITEM(&a->describe_producers.topics, r);
        r->producers = m ? ONLY_ITEM(&m->partitions, r) : NULL;
        if (r->producers)
                TAKE_OUTCOME(r->producers, r);
}

static const struct kind describe_producers = {API_DESCRIBE_PRODUCERS, false,
                                               write_describe_producers, read_describe_producers};

void admin_describe_producers(struct admin *a, const char *topic, int32_t partition,
                              admin_done *on_done, void *context)
{
        struct operation *o = operation_begin_at_leader(a, &describe_producers, topic, partition,
                                                        on_done, context);
        struct describe_producers_topic m = {.name = operation_keep_str(o, str_of(topic))};
        KEEP_ONE(o, &m.partitions, partition);
        KEEP_ONE(o, &o->question.describe_producers.topics, m);
}
