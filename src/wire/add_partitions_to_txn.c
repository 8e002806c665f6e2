#include "wire/add_partitions_to_txn.h"

static void serde_add_partitions_to_txn_topic(struct serde *s,
                                              struct add_partitions_to_txn_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_i32);
        serde_tags(s);
}

/* Up to 3 these lie in the request itself, which has the tags. */
static void serde_transaction_fields(struct serde *s, struct add_partitions_to_txn_transaction *m)
{
        serde_string(s, &m->transactional_id);
        serde_i64(s, &m->producer_id);
        serde_i16(s, &m->producer_epoch);
        if (s->version >= 4)
                serde_bool(s, &m->verify_only);
        serde_array(s, &m->topics, serde_add_partitions_to_txn_topic);
}

static void serde_transaction(struct serde *s, struct add_partitions_to_txn_transaction *m)
{
        serde_transaction_fields(s, m);
        serde_tags(s);
}

/* AddPartitionsToTxn tells the coordinator where to write markers at the end (KIP-98), or asks
 * whether it has been told (KIP-890). */
void serde_add_partitions_to_txn_request(struct serde *s, struct add_partitions_to_txn_request *m)
{
        if (s->version < 4)
                serde_only_item(s, &m->transactions, serde_transaction_fields);
        else
                serde_array(s, &m->transactions, serde_transaction);
        serde_tags(s);
}

static void
serde_add_partitions_to_txn_partition_response(struct serde *s,
                                               struct add_partitions_to_txn_partition_response *m)
{
        serde_i32(s, &m->index);
        serde_i16(s, &m->error_code);
        serde_tags(s);
}

static void
serde_add_partitions_to_txn_topic_response(struct serde *s,
                                           struct add_partitions_to_txn_topic_response *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_add_partitions_to_txn_partition_response);
        serde_tags(s);
}

static void serde_transaction_fields_response(struct serde *s,
                                              struct add_partitions_to_txn_transaction_response *m)
{
        if (s->version >= 4)
                serde_string(s, &m->transactional_id);
        serde_array(s, &m->topics, serde_add_partitions_to_txn_topic_response);
}

static void serde_transaction_response(struct serde *s,
                                       struct add_partitions_to_txn_transaction_response *m)
{
        serde_transaction_fields_response(s, m);
        serde_tags(s);
}

/* The answer: all partitions were added, or none. */
void serde_add_partitions_to_txn_response(struct serde *s, struct add_partitions_to_txn_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        if (s->version >= 4)
                serde_i16(s, &m->error_code);
        if (s->version < 4)
                serde_only_item(s, &m->transactions, serde_transaction_fields_response);
        else
                serde_array(s, &m->transactions, serde_transaction_response);
        serde_tags(s);
}
