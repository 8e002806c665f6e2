#include "wire/txn_records.h"

const char *transaction_status_name(int32_t status)
{
        static const char *const names[] = {
#define TRANSACTION_STATUS_NAME(NAME, value, name) [value] = (name),
                TRANSACTION_STATUS_LIST(TRANSACTION_STATUS_NAME)
#undef TRANSACTION_STATUS_NAME
        };
        return status >= 0 && status < TRANSACTION_STATUS_COUNT ? names[status] : NULL;
}

/* The number in front tells which fields follow; 0 is written. */
static void serde_record_version(struct serde *s, int16_t max)
{
        s->flexible = false;
        s->version = 0;
        serde_i16(s, &s->version);
        if (!s->err && (s->version < 0 || s->version > max))
                s->err = KERR_MALFORMED;
        s->flexible = s->version >= 1;
}

void serde_transaction_log_key(struct serde *s, struct transaction_log_key *m)
{
        serde_record_version(s, 0);
        serde_string(s, &m->transactional_id);
}

static void serde_transaction_log_topic(struct serde *s, struct transaction_log_topic *m)
{
        serde_string(s, &m->name);
        serde_array(s, &m->partitions, serde_i32);
        serde_tags(s);
}

static void serde_status(struct serde *s, int8_t *status)
{
        serde_i8(s, status);
        if (!s->err && !transaction_status_name(*status))
                s->err = KERR_MALFORMED;
}

/* All that another coordinator needs to bring a transaction to the end that was decided. */
void serde_transaction_log_value(struct serde *s, struct transaction_log_value *m)
{
        serde_record_version(s, 1);
        serde_i64(s, &m->producer_id);
        serde_i16(s, &m->producer_epoch);
        serde_i32(s, &m->transaction_timeout_ms);
        serde_status(s, &m->transaction_status);
        serde_nullable_array(s, &m->topics, serde_transaction_log_topic);
        serde_i64(s, &m->last_update_timestamp_ms);
        serde_i64(s, &m->start_timestamp_ms);
        serde_tags(s);
}
