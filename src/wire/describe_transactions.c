#include "wire/describe_transactions.h"

/* DescribeTransactions asks a coordinator for all that it knows of transactions (KIP-664). */
void serde_describe_transactions_request(struct serde *s, struct describe_transactions_request *m)
{
        serde_array(s, &m->transactional_ids, serde_string);
        serde_tags(s);
}

static void serde_describe_transactions_topic(struct serde *s,
                                              struct describe_transactions_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_i32);
        serde_tags(s);
}

static void serde_describe_transactions_state(struct serde *s,
                                              struct describe_transactions_state *m)
{
        serde_i16(s, &m->error_code);
        serde_string(s, &m->transactional_id);
        serde_string(s, &m->transaction_state);
        serde_i32(s, &m->transaction_timeout_ms);
        serde_i64(s, &m->transaction_start_time_ms);
        serde_i64(s, &m->producer_id);
        serde_i16(s, &m->producer_epoch);
        serde_array(s, &m->topics, serde_describe_transactions_topic);
        serde_tags(s);
}

/* The answer: state, owner and partitions of each. */
void serde_describe_transactions_response(struct serde *s, struct describe_transactions_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_array(s, &m->transaction_states, serde_describe_transactions_state);
        serde_tags(s);
}
