/* list_transactions.h - ListTransactions: which transactions do you coordinate? (KIP-664)
 *
 * Versions 0-1, flexible. 1 adds the filter by age (KIP-994). One must ask every broker. */
#ifndef ODRADEK_WIRE_LIST_TRANSACTIONS_H
#define ODRADEK_WIRE_LIST_TRANSACTIONS_H

#include "wire/serde.h"

struct list_transactions_request {
        ARRAY_OF(struct str) state_filters;    /* empty: all; see transaction_status_name() */
        ARRAY_OF(int64_t) producer_id_filters; /* empty: all */
        int64_t duration_filter_ms;            /* 1+; only those open for longer; -1: all */
};

struct list_transactions_state {
        struct str transactional_id;
        int64_t producer_id;
        struct str transaction_state;
};

struct list_transactions_response {
        int32_t throttle_time_ms;
        int16_t error_code;
        ARRAY_OF(struct str) unknown_state_filters;
        ARRAY_OF(struct list_transactions_state) transaction_states;
};

/* Both directions; errors, memory and defaults are as serde.h says. */
void serde_list_transactions_request(struct serde *s, struct list_transactions_request *m);
void serde_list_transactions_response(struct serde *s, struct list_transactions_response *m);

#endif
