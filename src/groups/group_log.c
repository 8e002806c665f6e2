#include "groups/group_log.h"

#include "wire/group_records.h"

/* --- writing --- */

void group_change_begin(struct group_change *ch, struct group_partition *p)
{
        *ch = (struct group_change){.partition = p, .bytes.world = p->coordinator->config.world};
}

static struct group_change_record *add_record(struct group_change *ch)
{
        if (ch->count == ch->capacity) {
                ch->capacity = ch->capacity ? 2 * ch->capacity : 8;
                ch->records = realloc(ch->records, (size_t)ch->capacity * sizeof *ch->records);
                if (!ch->records)
                        abort();
        }
        struct group_change_record *r = &ch->records[ch->count++];
        *r = (struct group_change_record){.key = ch->bytes.memory.size};
        return r;
}

void group_change_offset(struct group_change *ch, struct str group_id, struct str topic,
                         int32_t partition, const struct offset_value *value)
{
        struct group_change_record *r = add_record(ch);
        struct serde out = serde_writer(&ch->bytes, 0, false);
        serde_offset_commit_key(&out, &(struct offset_commit_key){group_id, topic, partition});
        r->value = ch->bytes.memory.size;
        r->is_tombstone = !value;
        if (value)
                serde_offset_commit_value(&out,
                                          &(struct offset_commit_value){
                                                  .offset = value->offset,
                                                  .leader_epoch = value->leader_epoch,
                                                  .metadata = value->metadata,
                                                  .commit_timestamp_ms = value->commit_timestamp_ms,
                                                  .expire_timestamp_ms = value->expire_timestamp_ms,
                                          });
        r->end = ch->bytes.memory.size;
}

static struct group_change_record *add_group_key(struct group_change *ch, const struct group *g)
{
        struct group_change_record *r = add_record(ch);
        struct serde out = serde_writer(&ch->bytes, 0, false);
        serde_group_metadata_key(&out, &(struct group_metadata_key){g->id});
        r->value = r->end = ch->bytes.memory.size;
        return r;
}

void group_change_group_tombstone(struct group_change *ch, const struct group *g)
{
        add_group_key(ch, g)->is_tombstone = true;
}

void group_change_group(struct group_change *ch, const struct group *g)
{
        struct group_change_record *r = add_group_key(ch, g);
        struct serde out = serde_writer(&ch->bytes, 0, false);
        struct group_metadata_value value = {
                .protocol_type = g->protocol_type.size < 0 ? str_of("") : g->protocol_type,
                .generation = g->generation,
                .protocol = g->protocol,
                .leader = g->leader ? g->leader->id : STR_NULL,
                .current_state_timestamp_ms = g->state_since_ms,
                .members.count = group_size(g),
        };
        value.members.items = calloc((size_t)value.members.count + 1, sizeof *value.members.items);
        if (!value.members.items)
                abort();
        struct group_metadata_member *into = value.members.items;
        for (const struct member *m = g->members; m; m = m->hh.next)
                *into++ = (struct group_metadata_member){
                        .member_id = m->id,
                        .group_instance_id = m->instance_id,
                        .client_id = m->client_id,
                        .client_host = m->client_host,
                        .rebalance_timeout_ms = m->rebalance_timeout_ms,
                        .session_timeout_ms = m->session_timeout_ms,
                        .subscription = member_metadata(m),
                        .assignment = m->assignment,
                };
        serde_group_metadata_value(&out, &value);
        free(value.members.items);
        r->end = ch->bytes.memory.size;
}

/* What a client can make something of. Source: Kafka's GroupMetadataManager.storeOffsets. */
static enum kerr commit_error(enum kerr err)
{
        switch (err) {
        case KERR_UNKNOWN_TOPIC_OR_PARTITION:
        case KERR_NOT_ENOUGH_REPLICAS:
        case KERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND: return KERR_COORDINATOR_NOT_AVAILABLE;
        case KERR_NOT_LEADER_OR_FOLLOWER:
        case KERR_KAFKA_STORAGE_ERROR: return KERR_NOT_COORDINATOR;
        case KERR_MESSAGE_TOO_LARGE:
        case KERR_RECORD_LIST_TOO_LARGE: return KERR_INVALID_COMMIT_OFFSET_SIZE;
        default: return err;
        }
}

enum kerr group_change_append_in_txn(struct group_change *ch, int64_t producer_id,
                                     int16_t producer_epoch, int64_t *position)
{
        struct state_log *log = &ch->partition->log;
        enum kerr err = KERR_NONE;
        struct record *records = calloc((size_t)ch->count + 1, sizeof *records);
        if (!records)
                abort();
        for (int32_t i = 0; i < ch->count; i++) {
                const struct group_change_record *r = &ch->records[i];
                const uint8_t *bytes = ch->bytes.memory.data;
                records[i].timestamp = group_wall_ms(ch->partition->coordinator);
                records[i].key = span_of(bytes + r->key, r->value - r->key);
                if (!r->is_tombstone)
                        records[i].value = span_of(bytes + r->value, r->end - r->value);
        }
        *position = partition_log_end(log->replica->log);
        if (ch->count > 0)
                err = state_log_append(log,
                                       &(struct state_change){.records = records,
                                                              .count = ch->count,
                                                              .producer_id = producer_id,
                                                              .producer_epoch = producer_epoch});
        free(records);
        free(ch->records);
        buffer_deinit(&ch->bytes.memory);
        return commit_error(err);
}

enum kerr group_change_append(struct group_change *ch, int64_t *position)
{
        return group_change_append_in_txn(ch, -1, -1, position);
}

enum kerr group_log_write_group(struct group *g)
{
        struct group_change ch;
        int64_t position;
        group_change_begin(&ch, g->home);
        group_change_group(&ch, g);
        enum kerr err = group_change_append(&ch, &position);
        if (!err)
                g->is_recorded = true;
        else
                world_log(ch.bytes.world, WORLD_WARN,
                          "group %.*s: generation %d is not written: %s", (int)g->id.size,
                          g->id.data, g->generation, kerr_text(err));
        return err == KERR_INVALID_COMMIT_OFFSET_SIZE ? KERR_UNKNOWN_SERVER_ERROR : err;
}

/* --- replay --- */

static void warn(const struct group_partition *p, int64_t offset)
{
        world_log(p->coordinator->config.world, WORLD_WARN,
                  "__consumer_offsets-%d: the record at offset %lld cannot be read and is left out",
                  p->number, (long long)offset);
}

static enum kerr replay_offset(struct group_partition *p, const struct state_record *r)
{
        struct serde key_in = serde_reader(r->key, 0, false, NULL);
        struct serde in = serde_reader(r->value, 0, false, NULL);
        struct offset_commit_key key = {0};
        struct offset_commit_value value = {0};
        serde_offset_commit_key(&key_in, &key);
        if (key_in.err)
                return key_in.err;
        if (!r->value.data) {
                struct group *known = group_partition_group(p, key.group);
                if (known)
                        offset_table_remove(&known->offsets, key.topic, key.partition);
                return KERR_NONE;
        }
        serde_offset_commit_value(&in, &value);
        if (in.err)
                return in.err;
        struct group *g = group_partition_make_group(p, key.group);
        struct offset_value v = {.offset = value.offset,
                                 .leader_epoch = value.leader_epoch,
                                 .metadata = value.metadata,
                                 .commit_timestamp_ms = value.commit_timestamp_ms,
                                 .expire_timestamp_ms = value.expire_timestamp_ms,
                                 .position = r->offset};
        if (r->is_transactional)
                offset_table_put_pending(&g->offsets, key.topic, key.partition, r->producer_id, &v);
        else
                offset_table_put(&g->offsets, key.topic, key.partition, &v);
        return KERR_NONE;
}

static void restore_member(struct group *g, const struct group_metadata_value *value,
                           const struct group_metadata_member *in)
{
        struct join_group_protocol protocol = {value->protocol, in->subscription};
        struct member_info info = {
                .id = in->member_id,
                .instance_id = in->group_instance_id,
                .client_id = in->client_id,
                .client_host = in->client_host,
                .session_timeout_ms = in->session_timeout_ms,
                .rebalance_timeout_ms = in->rebalance_timeout_ms,
                .protocols = &protocol,
                .protocol_count = value->protocol.size < 0 ? 0 : 1,
        };
        if (group_find(g, info.id) || group_find_static(g, info.instance_id))
                return; /* no coordinator writes that; but it is input */
        struct member *m = group_add(g, &info, value->protocol_type);
        member_assign(m, in->assignment);
        if (str_equal(m->id, value->leader))
                g->leader = m;
}

/* A group with members was stable when it was written: nothing else is. */
static void restore_group(struct group *g, const struct group_metadata_value *value)
{
        struct str type = value->protocol_type;
        group_drop_members(g, KERR_NOT_COORDINATOR);
        group_set_protocol_type(g, type.size > 0 ? type : STR_NULL);
        group_set_protocol(g, value->protocol);
        for (int32_t i = 0; i < value->members.count; i++)
                restore_member(g, value, &value->members.items[i]);
        g->generation = value->generation;
        g->state = g->members ? GROUP_STABLE : GROUP_EMPTY;
        g->state_since_ms = value->current_state_timestamp_ms;
        g->is_recorded = true;
}

/* Offsets that follow, or stand before, make it a group of simple consumers. */
static void restore_tombstone(struct group_partition *p, struct str group_id)
{
        struct group *g = group_partition_group(p, group_id);
        if (!g)
                return;
        restore_group(g, &(struct group_metadata_value){.protocol = STR_NULL,
                                                        .leader = STR_NULL,
                                                        .current_state_timestamp_ms = -1});
        g->is_recorded = false;
}

static enum kerr replay_group(struct group_partition *p, const struct state_record *r)
{
        struct group_metadata_key key = {0};
        struct group_metadata_value value;
        struct arena arena;
        struct serde key_in = serde_reader(r->key, 0, false, NULL);
        serde_group_metadata_key(&key_in, &key);
        if (key_in.err)
                return key_in.err;
        if (!r->value.data) {
                restore_tombstone(p, key.group);
                return KERR_NONE;
        }
        arena_init(&arena, SIZE_MAX);
        struct serde in = serde_reader(r->value, 0, false, &arena);
        serde_group_metadata_value(&in, &value);
        if (!in.err)
                restore_group(group_partition_make_group(p, key.group), &value);
        arena_deinit(&arena);
        return in.err;
}

void group_log_on_record(void *context, const struct state_record *record)
{
        struct group_partition *p = context;
        enum kerr err = KERR_NONE;
        switch (group_record_kind(record->key)) {
        case GROUP_RECORD_OFFSET: err = replay_offset(p, record); break;
        case GROUP_RECORD_GROUP: err = replay_group(p, record); break;
        case GROUP_RECORD_UNKNOWN: break;
        }
        if (err)
                warn(p, record->offset);
}

void group_log_on_marker(void *context, int64_t producer_id, bool commit)
{
        const struct group_partition *p = context;
        for (struct group *g = p->groups; g; g = g->hh.next)
                offset_table_complete(&g->offsets, producer_id, commit);
}
