#include "wire/group_records.h"

enum {
        OFFSET_KEY_VERSION = 1, /* 0 has the same fields */
        GROUP_KEY_VERSION = 2,
        EXPIRE_VERSION = 1,  /* of an offset's value: the only one that says when it expires */
        WRITTEN_VERSION = 3, /* of values */
        FLEXIBLE_VERSION = 4,
};

enum group_record_kind group_record_kind(struct span key)
{
        if (key.size < 2)
                return GROUP_RECORD_UNKNOWN;
        switch ((int16_t)load_be16(key.data)) {
        case 0:
        case OFFSET_KEY_VERSION: return GROUP_RECORD_OFFSET;
        case GROUP_KEY_VERSION: return GROUP_RECORD_GROUP;
        default: return GROUP_RECORD_UNKNOWN;
        }
}

/* The number in front tells which fields follow. */
static void serde_record_version(struct serde *s, int16_t written, int16_t min, int16_t max)
{
        s->flexible = false;
        s->version = written;
        serde_i16(s, &s->version);
        if (!s->err && (s->version < min || s->version > max))
                s->err = KERR_MALFORMED;
}

void serde_offset_commit_key(struct serde *s, struct offset_commit_key *m)
{
        serde_record_version(s, OFFSET_KEY_VERSION, 0, OFFSET_KEY_VERSION);
        serde_string(s, &m->group);
        serde_string(s, &m->topic);
        serde_i32(s, &m->partition);
}

static void serde_value_version(struct serde *s, int16_t written)
{
        serde_record_version(s, written, 0, FLEXIBLE_VERSION);
        s->flexible = s->version >= FLEXIBLE_VERSION;
}

void serde_offset_commit_value(struct serde *s, struct offset_commit_value *m)
{
        bool expires = !serde_reads(s) && m->expire_timestamp_ms != -1;
        serde_value_version(s, expires ? EXPIRE_VERSION : WRITTEN_VERSION);
        if (serde_reads(s))
                *m = (struct offset_commit_value){.leader_epoch = -1, .expire_timestamp_ms = -1};
        serde_i64(s, &m->offset);
        if (s->version >= 3)
                serde_i32(s, &m->leader_epoch);
        serde_string(s, &m->metadata);
        serde_i64(s, &m->commit_timestamp_ms);
        if (s->version == EXPIRE_VERSION)
                serde_i64(s, &m->expire_timestamp_ms);
        serde_tags(s);
}

void serde_group_metadata_key(struct serde *s, struct group_metadata_key *m)
{
        serde_record_version(s, GROUP_KEY_VERSION, GROUP_KEY_VERSION, GROUP_KEY_VERSION);
        serde_string(s, &m->group);
}

static void serde_group_metadata_member(struct serde *s, struct group_metadata_member *m)
{
        if (serde_reads(s))
                m->group_instance_id = STR_NULL;
        serde_string(s, &m->member_id);
        if (s->version >= 3)
                serde_nullable_string(s, &m->group_instance_id);
        serde_string(s, &m->client_id);
        serde_string(s, &m->client_host);
        if (s->version >= 1)
                serde_i32(s, &m->rebalance_timeout_ms);
        serde_i32(s, &m->session_timeout_ms);
        if (serde_reads(s) && s->version < 1)
                m->rebalance_timeout_ms = m->session_timeout_ms;
        serde_bytes(s, &m->subscription);
        serde_bytes(s, &m->assignment);
        serde_tags(s);
}

/* What a group needs to live on under another coordinator: its generation and who is in it. */
void serde_group_metadata_value(struct serde *s, struct group_metadata_value *m)
{
        serde_value_version(s, WRITTEN_VERSION);
        if (serde_reads(s))
                *m = (struct group_metadata_value){.current_state_timestamp_ms = -1};
        serde_string(s, &m->protocol_type);
        serde_i32(s, &m->generation);
        serde_nullable_string(s, &m->protocol);
        serde_nullable_string(s, &m->leader);
        if (s->version >= 2)
                serde_i64(s, &m->current_state_timestamp_ms);
        serde_array(s, &m->members, serde_group_metadata_member);
        serde_tags(s);
}
