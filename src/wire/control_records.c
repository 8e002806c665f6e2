#include "wire/control_records.h"

/* A later version of Kafka may append fields, but what is known here stays where it is. */
static void serde_open_version(struct serde *s)
{
        int16_t version = 0;
        serde_i16(s, &version);
        if (version < 0)
                s->err = KERR_MALFORMED;
}

void serde_control_record_key(struct serde *s, struct control_record_key *m)
{
        serde_open_version(s);
        serde_i16(s, &m->type);
}

/* EndTxnMarker is the value of an abort or commit (KIP-98). */
void serde_end_txn_marker(struct serde *s, struct end_txn_marker *m)
{
        serde_open_version(s);
        serde_i32(s, &m->coordinator_epoch);
}

static void serde_value_version(struct serde *s)
{
        int16_t version = 0;
        s->flexible = true;
        serde_i16(s, &version);
        if (version != 0)
                s->err = KERR_MALFORMED;
}

/* A struct of one field in the schema: it has tags of its own. */
static void serde_voter(struct serde *s, int32_t *voter_id)
{
        serde_i32(s, voter_id);
        serde_tags(s);
}

/* LeaderChangeMessage says who leads from this offset on, and who voted for it (KIP-595). */
void serde_leader_change_message(struct serde *s, struct leader_change_message *m)
{
        serde_value_version(s);
        serde_i32(s, &m->leader_id);
        serde_array(s, &m->voters, serde_voter);
        serde_array(s, &m->granting_voters, serde_voter);
        serde_tags(s);
}

void serde_snapshot_header_record(struct serde *s, struct snapshot_header_record *m)
{
        serde_value_version(s);
        serde_i64(s, &m->last_contained_log_timestamp_ms);
        serde_tags(s);
}

void serde_snapshot_footer_record(struct serde *s)
{
        serde_value_version(s);
        serde_tags(s);
}
