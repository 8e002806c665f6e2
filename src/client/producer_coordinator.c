#include "client/producer_private.h"

#include "wire/add_offsets_to_txn.h"
#include "wire/add_partitions_to_txn.h"
#include "wire/end_txn.h"
#include "wire/init_producer_id.h"
#include "wire/txn_offset_commit.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static void *must(void *memory)
{
        if (!memory)
                abort();
        return memory;
}

static struct str transactional_id(const struct producer *p)
{
        return str_of(p->config.transactional_id);
}

/* --- InitProducerId --- */

static void write_id(struct serde *s, void *context)
{
        const struct producer *p = context;
        struct init_producer_id_request m = {.transactional_id = transactional_id(p),
                                             .transaction_timeout_ms =
                                                     p->config.transaction_timeout_ms,
                                             .producer_id = p->numbers.id,
                                             .producer_epoch = p->numbers.epoch};
        serde_init_producer_id_request(s, &m);
}

static enum kerr read_id(struct producer *p, struct serde *s)
{
        struct init_producer_id_response m = {0};
        serde_init_producer_id_response(s, &m);
        enum kerr err = s->err ? s->err : (enum kerr)m.error_code;
        if (!err) {
                p->numbers.id = m.producer_id;
                p->numbers.epoch = m.producer_epoch;
        }
        return err;
}

/* --- AddPartitionsToTxn --- */

static void write_partitions(struct serde *s, void *context)
{
        const struct producer *p = context;
        const struct accumulator *a = &p->accumulator;
        size_t partition_count = 0;
        for (const struct topic_queue *t = a->topics; t; t = t->hh.next)
                partition_count += HASH_COUNT(t->partitions);
        int32_t *partitions = must(calloc(partition_count + 1, sizeof *partitions)), *at;
        struct add_partitions_to_txn_topic *topics =
                must(calloc(HASH_COUNT(a->topics) + 1, sizeof *topics));
        struct add_partitions_to_txn_transaction transaction = {.transactional_id =
                                                                        transactional_id(p),
                                                                .producer_id = p->numbers.id,
                                                                .producer_epoch = p->numbers.epoch,
                                                                .topics = {topics, 0}};
        at = partitions;
        for (const struct topic_queue *t = a->topics; t; t = t->hh.next) {
                struct add_partitions_to_txn_topic topic = {str_of(t->name), {at, 0}};
                for (const struct partition_queue *q = t->partitions; q; q = q->hh.next) {
                        if (q->in_transaction == ADDING)
                                topic.partitions.items[topic.partitions.count++] = q->partition;
                }
                at += topic.partitions.count;
                if (topic.partitions.count > 0)
                        topics[transaction.topics.count++] = topic;
        }
        struct add_partitions_to_txn_request m = {.transactions = {&transaction, 1}};
        serde_add_partitions_to_txn_request(s, &m);
        free(topics);
        free(partitions);
}

/* All are added or none: the one that is at fault says why, the others OPERATION_NOT_ATTEMPTED. */
static enum kerr read_partitions(struct producer *p, struct serde *s)
{
        (void)p;
        struct add_partitions_to_txn_response m = {0};
        serde_add_partitions_to_txn_response(s, &m);
        if (s->err || m.transactions.count != 1)
                return s->err ? s->err : KERR_UNKNOWN_SERVER_ERROR;
        enum kerr err = KERR_NONE;
        for (int32_t t = 0; t < m.transactions.items[0].topics.count; t++) {
                const struct add_partitions_to_txn_topic_response *topic =
                        &m.transactions.items[0].topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        enum kerr each = (enum kerr)topic->partitions.items[i].error_code;
                        if (each && (!err || err == KERR_OPERATION_NOT_ATTEMPTED))
                                err = each;
                }
        }
        return err;
}

/* --- AddOffsetsToTxn --- */

static void write_offsets(struct serde *s, void *context)
{
        const struct producer *p = context;
        struct add_offsets_to_txn_request m = {.transactional_id = transactional_id(p),
                                               .producer_id = p->numbers.id,
                                               .producer_epoch = p->numbers.epoch,
                                               .group_id = str_of(p->transactions->group.key)};
        serde_add_offsets_to_txn_request(s, &m);
}

static enum kerr read_offsets(struct producer *p, struct serde *s)
{
        (void)p;
        struct add_offsets_to_txn_response m = {0};
        serde_add_offsets_to_txn_response(s, &m);
        return s->err ? s->err : (enum kerr)m.error_code;
}

/* --- TxnOffsetCommit --- */

static void write_group(struct serde *s, void *context)
{
        const struct producer *p = context;
        const struct transactions *t = p->transactions;
        size_t count = (size_t)t->offset_count;
        struct offset_commit_topic *topics = must(calloc(count + 1, sizeof *topics));
        struct offset_commit_partition *partitions = must(calloc(count + 1, sizeof *partitions));
        struct txn_offset_commit_request m = {
                .transactional_id = transactional_id(p),
                .group_id = str_of(t->group.key),
                .producer_id = p->numbers.id,
                .producer_epoch = p->numbers.epoch,
                .generation_id = t->generation,
                .member_id = str_of(t->member_id),
                .group_instance_id = t->group_instance_id ? str_of(t->group_instance_id) : STR_NULL,
                .topics = {topics, 0}};
        const char *previous = NULL;
        for (size_t i = 0; i < count; i++) {
                const struct transaction_offset *offset = &t->offsets[i];
                partitions[i] = (struct offset_commit_partition){.index = offset->partition,
                                                                 .committed_offset = offset->offset,
                                                                 .committed_leader_epoch =
                                                                         offset->leader_epoch,
                                                                 .commit_timestamp_ms = -1,
                                                                 .committed_metadata = str_of("")};
                if (!previous || strcmp(offset->topic, previous) != 0) {
                        previous = offset->topic;
                        topics[m.topics.count].name = str_of(previous);
                        topics[m.topics.count++].partitions.items = &partitions[i];
                }
                topics[m.topics.count - 1].partitions.count++;
        }
        serde_txn_offset_commit_request(s, &m);
        free(topics);
        free(partitions);
}

static enum kerr read_group(struct producer *p, struct serde *s)
{
        (void)p;
        struct txn_offset_commit_response m = {0};
        serde_txn_offset_commit_response(s, &m);
        for (int32_t t = 0; t < m.topics.count && !s->err; t++) {
                for (int32_t i = 0; i < m.topics.items[t].partitions.count; i++) {
                        int16_t err = m.topics.items[t].partitions.items[i].error_code;
                        if (err)
                                return (enum kerr)err;
                }
        }
        return s->err;
}

void coordinator_keep_offsets(struct producer *p, const struct transaction_offset *offsets,
                              int32_t count, const struct group_metadata *group)
{
        struct transactions *t = p->transactions;
        coordinator_drop_offsets(p);
        t->offsets = must(calloc((size_t)count + 1, sizeof *t->offsets));
        for (int32_t i = 0; i < count; i++) {
                t->offsets[i] = offsets[i];
                t->offsets[i].topic = must(strdup(offsets[i].topic));
        }
        t->offset_count = count;
        t->member_id = must(strdup(group->member_id));
        if (group->group_instance_id)
                t->group_instance_id = must(strdup(group->group_instance_id));
        t->generation = group->generation;
        if (t->group.key && strcmp(t->group.key, group->group_id) == 0)
                return;
        if (t->group.key)
                coordinator_finder_deinit(&t->group);
        coordinator_finder_init(&t->group, p->client, &p->service, COORDINATOR_GROUP,
                                group->group_id, p->config.request_timeout_ms,
                                p->config.retry_backoff_ms);
}

void coordinator_drop_offsets(struct producer *p)
{
        struct transactions *t = p->transactions;
        for (int32_t i = 0; i < t->offset_count; i++)
                free((void *)(uintptr_t)t->offsets[i].topic);
        free(t->offsets);
        free(t->member_id);
        free(t->group_instance_id);
        t->offsets = NULL;
        t->member_id = t->group_instance_id = NULL;
        t->offset_count = 0;
        t->offsets_added = t->offsets_sent = false;
}

/* --- EndTxn --- */

static void write_end(struct serde *s, void *context)
{
        const struct producer *p = context;
        struct end_txn_request m = {.transactional_id = transactional_id(p),
                                    .producer_id = p->numbers.id,
                                    .producer_epoch = p->numbers.epoch,
                                    .committed = p->transactions->step == TRANSACTION_COMMIT};
        serde_end_txn_request(s, &m);
}

static enum kerr read_end(struct producer *p, struct serde *s)
{
        (void)p;
        struct end_txn_response m = {0};
        serde_end_txn_response(s, &m);
        return s->err ? s->err : (enum kerr)m.error_code;
}

/* --- asking --- */

static const struct question {
        int16_t api_key;
        void (*write)(struct serde *s, void *context);
        enum kerr (*read)(struct producer *p, struct serde *s);
} questions[] = {
        [ASK_ID] = {API_INIT_PRODUCER_ID, write_id, read_id},
        [ASK_PARTITIONS] = {API_ADD_PARTITIONS_TO_TXN, write_partitions, read_partitions},
        [ASK_OFFSETS] = {API_ADD_OFFSETS_TO_TXN, write_offsets, read_offsets},
        [ASK_GROUP] = {API_TXN_OFFSET_COMMIT, write_group, read_group},
        [ASK_END] = {API_END_TXN, write_end, read_end},
};

static void on_answer(void *context, const struct client_response *response)
{
        struct producer *p = context;
        struct transactions *t = p->transactions;
        enum coordinator_ask what = t->asking;
        enum kerr err = response->err;
        if (!err)
                err = questions[what].read(p, response->body);
        t->asking = ASK_NOTHING;
        if (coordinator_is_doubtful(err))
                coordinator_doubt(what == ASK_GROUP ? &t->group : &t->coordinator);
        transactions_answered(p, what, err);
        client_wake(p->client);
}

int64_t coordinator_ask(struct producer *p, enum coordinator_ask what)
{
        struct transactions *t = p->transactions;
        struct coordinator_finder *finder = what == ASK_GROUP ? &t->group : &t->coordinator;
        int32_t node;
        enum kerr err = coordinator_node(finder, &node);
        if (err && error_is_retriable(err))
                return coordinator_due_ms(finder);
        if (err) {
                coordinator_doubt(finder); /* a later transaction may ask again */
                transactions_answered(p, what, err);
                client_wake(p->client);
                return INT64_MAX;
        }
        struct partition_queue *q;
        DL_FOREACH (p->accumulator.queues, q) {
                if (what == ASK_PARTITIONS && q->in_transaction == TO_ADD)
                        q->in_transaction = ADDING;
        }
        t->begun |= what == ASK_PARTITIONS || what == ASK_OFFSETS;
        t->asking = what;
        bool next_epoch = what == ASK_ID && p->numbers.id >= 0;
        client_send(p->client,
                    &(struct client_request){.owner = &p->service,
                                             .node = node,
                                             .api_key = questions[what].api_key,
                                             .version_min = next_epoch ? 3 : 0, /* KIP-360 */
                                             .timeout_ms = p->config.request_timeout_ms,
                                             .write = questions[what].write,
                                             .on_response = on_answer,
                                             .context = p});
        return INT64_MAX;
}
