#include "wire/list_transactions.h"

/* ListTransactions asks a broker for the transactions that it coordinates (KIP-664). */
void serde_list_transactions_request(struct serde *s, struct list_transactions_request *m)
{
        if (serde_reads(s))
                m->duration_filter_ms = -1;
        serde_array(s, &m->state_filters, serde_string);
        serde_array(s, &m->producer_id_filters, serde_i64);
        if (s->version >= 1)
                serde_i64(s, &m->duration_filter_ms);
        serde_tags(s);
}

static void serde_list_transactions_state(struct serde *s, struct list_transactions_state *m)
{
        serde_string(s, &m->transactional_id);
        serde_i64(s, &m->producer_id);
        serde_string(s, &m->transaction_state);
        serde_tags(s);
}

/* The answer: those that pass the filters, and the states asked for that do not exist. */
void serde_list_transactions_response(struct serde *s, struct list_transactions_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_array(s, &m->unknown_state_filters, serde_string);
        serde_array(s, &m->transaction_states, serde_list_transactions_state);
        serde_tags(s);
}
