/* OffsetCommit, TxnOffsetCommit and OffsetFetch: how far a group got. Source: Kafka's
 * GroupCoordinator (doCommitOffsets, validateOffsetCommit) and GroupMetadataManager (storeOffsets,
 * getOffsets); KIP-98, KIP-447. */
#include "groups/deferred.h"
#include "groups/group_log.h"

struct commit {
        struct group_partition *partition;
        struct group *group; /* NULL: none yet */
        struct str group_id, member_id, instance_id;
        int32_t generation;
        int64_t producer_id; /* -1: not in a transaction */
        int16_t producer_epoch;
        int64_t now_ms;              /* wall */
        int64_t expire_timestamp_ms; /* of all; -1: as usual */
        const struct offset_commit_topic *topics;
        struct offset_commit_topic_response *answers; /* as many */
        int32_t topic_count;
};

/* --- who may commit --- */

//@lab 11 begin
static bool says_who(const struct commit *t)
{
        return t->generation >= 0 || t->member_id.size > 0 || t->instance_id.size >= 0;
}
//@lab 11 starter
// /* yours to write, with what helpers you like: check_committer() */
//@lab 11 end

/* A transaction of a producer that does not say for which member it commits is not checked: it is
 * fenced by its transactional id alone, as before KIP-447. */
static enum kerr check_committer(const struct commit *t)
{
        const struct group *g = t->group;
        bool is_txn = t->producer_id >= 0;
        struct member *m;
        if (zoo_has(t->partition->coordinator->config.world->zoo, ZOO_OLD_GENERATION_COMMITS))
                return KERR_NONE; /* no fencing by generation: KIP-62, 447 */
        //@lab 11 begin
        if (!g && t->generation >= 0)
                return is_txn ? KERR_UNKNOWN_MEMBER_ID : KERR_ILLEGAL_GENERATION;
        if (!g)
                return KERR_NONE;
        if (t->generation < 0 && g->state == GROUP_EMPTY)
                return KERR_NONE;
        if (!says_who(t))
                return is_txn ? KERR_NONE : KERR_UNKNOWN_MEMBER_ID;
        enum kerr err = group_check_member(g, t->member_id, t->instance_id, &m);
        if (!err && t->generation != g->generation)
                err = KERR_ILLEGAL_GENERATION;
        if (err || is_txn)
                return err;
        member_touch(m);
        /* It has joined, but does not know yet what it is to read. */
        return g->state == GROUP_COMPLETING ? KERR_REBALANCE_IN_PROGRESS : KERR_NONE;
        //@lab 11 starter
        // (void)g;
        // (void)is_txn;
        // (void)m;
        // return KERR_NONE; /* yours to write: whoever commits, may */
        //@lab 11 end
}

/* --- writing --- */

static void begin_answers(struct group_call *call, struct commit *t)
{
        t->answers = answer_memory(call, (size_t)t->topic_count * sizeof t->answers[0]);
        for (int32_t i = 0; i < t->topic_count; i++) {
                const struct offset_commit_topic *in = &t->topics[i];
                struct offset_commit_topic_response *out = &t->answers[i];
                out->name = in->name;
                group_answer_array(call, &out->partitions, in->partitions.count);
                for (int32_t k = 0; k < in->partitions.count; k++)
                        out->partitions.items[k].index = in->partitions.items[k].index;
        }
}

/* What has an error of its own keeps it. */
static void fail_topics(struct offset_commit_topic_response *topics, int32_t count, enum kerr err)
{
        for (int32_t i = 0; i < count; i++) {
                for (int32_t k = 0; k < topics[i].partitions.count; k++) {
                        int16_t *code = &topics[i].partitions.items[k].error_code;
                        if (*code == KERR_NONE)
                                *code = errors_to_wire(err);
                }
        }
}

static struct offset_value value_of(const struct commit *t, const struct offset_commit_partition *p,
                                    int64_t position)
{
        int64_t at_ms = p->commit_timestamp_ms;
        bool has_metadata = p->committed_metadata.size >= 0;
        return (struct offset_value){
                .offset = p->committed_offset,
                .leader_epoch = p->committed_leader_epoch,
                .metadata = has_metadata ? p->committed_metadata : str_of(""),
                .commit_timestamp_ms = at_ms < 0 ? t->now_ms : at_ms,
                .expire_timestamp_ms = t->expire_timestamp_ms,
                .position = position,
        };
}

static void fold(struct commit *t, struct str topic, int32_t partition,
                 const struct offset_value *value)
{
        struct offset_table *offsets = &t->group->offsets;
        if (t->producer_id >= 0)
                offset_table_put_pending(offsets, topic, partition, t->producer_id, value);
        else
                offset_table_put(offsets, topic, partition, value);
}

/* Goes through all that is to be written: into `ch`, or, when that is NULL, into the table, where
 * the first is at `position` in the log. */
static void each_offset(struct commit *t, struct group_change *ch, int64_t position)
{
        for (int32_t i = 0; i < t->topic_count; i++) {
                struct str topic = t->topics[i].name;
                for (int32_t k = 0; k < t->topics[i].partitions.count; k++) {
                        const struct offset_commit_partition *p = &t->topics[i].partitions.items[k];
                        if (t->answers[i].partitions.items[k].error_code != KERR_NONE)
                                continue;
                        struct offset_value value = value_of(t, p, position++);
                        if (ch)
                                group_change_offset(ch, t->group_id, topic, p->index, &value);
                        else
                                fold(t, topic, p->index, &value);
                }
        }
}

static enum kerr check_offset(const struct group_coordinator_config *config, struct str topic,
                              const struct offset_commit_partition *p)
{
        if (config->has_partition && !config->has_partition(config->context, topic, p->index))
                return KERR_UNKNOWN_TOPIC_OR_PARTITION;
        if (p->committed_metadata.size > config->offset_metadata_max_bytes)
                return KERR_OFFSET_METADATA_TOO_LARGE;
        return KERR_NONE;
}

static void check_offsets(struct commit *t)
{
        for (int32_t i = 0; i < t->topic_count; i++) {
                for (int32_t k = 0; k < t->topics[i].partitions.count; k++)
                        t->answers[i].partitions.items[k].error_code = (int16_t)check_offset(
                                &t->partition->coordinator->config, t->topics[i].name,
                                &t->topics[i].partitions.items[k]);
        }
}

static enum kerr store(struct commit *t)
{
        struct group_change ch;
        int64_t position;
        check_offsets(t);
        group_change_begin(&ch, t->partition);
        each_offset(t, &ch, 0);
        enum kerr err =
                group_change_append_in_txn(&ch, t->producer_id, t->producer_epoch, &position);
        if (err)
                return err;
        t->group = group_partition_make_group(t->partition, t->group_id);
        each_offset(t, NULL, position);
        group_drop_if_blank(t->group);
        return KERR_NONE;
}

/* On an error all answers say so. The empty group id is a name like another here. */
static enum kerr commit(struct group_coordinator *c, struct commit *t, struct group_call *call)
{
        begin_answers(call, t);
        enum kerr err = t->group_id.size < 0 ? KERR_INVALID_GROUP_ID
                                             : group_partition_find(c, t->group_id, &t->partition);
        if (err)
                return err;
        t->group = group_partition_group(t->partition, t->group_id);
        err = check_committer(t);
        return err ? err : store(t);
}

/* --- OffsetCommit and TxnOffsetCommit --- */

static void commit_failed(struct group_call *call, void *answer, int32_t index, enum kerr err)
{
        struct offset_commit_response *out = answer;
        (void)call, (void)index;
        fail_topics(out->topics.items, out->topics.count, err);
}

void groups_commit(struct group_coordinator *c, const struct offset_commit_request *in,
                   struct offset_commit_response *answer, struct group_call *call)
{
        int64_t now_ms = group_wall_ms(c), keep_ms = in->retention_time_ms;
        bool is_kept = call->version >= 2 && call->version <= 4 && keep_ms >= 0;
        struct commit t = {
                .group_id = in->group_id,
                .member_id = in->member_id,
                .instance_id = in->group_instance_id,
                .generation = in->generation_id,
                .producer_id = -1,
                .producer_epoch = -1,
                .now_ms = now_ms,
                .expire_timestamp_ms = is_kept ? now_ms + keep_ms : -1,
                .topics = in->topics.items,
                .topic_count = in->topics.count,
        };
        enum kerr err = commit(c, &t, call);
        *answer = (struct offset_commit_response){.topics = {t.answers, t.topic_count}};
        if (err)
                commit_failed(call, answer, 0, err);
        /* KAFKA-3959: only one replica has it. */
        if (err || zoo_has(c->config.world->zoo, ZOO_COMMIT_ACKED_EARLY))
                call->done(call);
        else
                deferred_answer(t.partition, call, answer, commit_failed);
}

static void txn_commit_failed(struct group_call *call, void *answer, int32_t index, enum kerr err)
{
        struct txn_offset_commit_response *out = answer;
        (void)index;
        /* Older producers took the first for fatal (KAFKA-7296). */
        if (err == KERR_COORDINATOR_LOAD_IN_PROGRESS && call->version < 2)
                err = KERR_COORDINATOR_NOT_AVAILABLE;
        fail_topics(out->topics.items, out->topics.count, err);
}

void groups_txn_refuse(const struct txn_offset_commit_request *in,
                       struct txn_offset_commit_response *answer, struct group_call *call,
                       enum kerr err)
{
        struct commit t = {.topics = in->topics.items, .topic_count = in->topics.count};
        begin_answers(call, &t);
        *answer = (struct txn_offset_commit_response){.topics = {t.answers, t.topic_count}};
        txn_commit_failed(call, answer, 0, err);
        call->done(call);
}

void groups_txn_commit(struct group_coordinator *c, const struct txn_offset_commit_request *in,
                       struct txn_offset_commit_response *answer, struct group_call *call)
{
        struct commit t = {
                .group_id = in->group_id,
                .member_id = in->member_id,
                .instance_id = in->group_instance_id,
                .generation = in->generation_id,
                .producer_id = in->producer_id,
                .producer_epoch = in->producer_epoch,
                .now_ms = group_wall_ms(c),
                .expire_timestamp_ms = -1,
                .topics = in->topics.items,
                .topic_count = in->topics.count,
        };
        if (in->producer_id < 0) {
                groups_txn_refuse(in, answer, call, KERR_INVALID_PRODUCER_ID_MAPPING);
                return;
        }
        enum kerr err = commit(c, &t, call);
        *answer = (struct txn_offset_commit_response){.topics = {t.answers, t.topic_count}};
        if (err) {
                txn_commit_failed(call, answer, 0, err);
                call->done(call);
        } else {
                deferred_answer(t.partition, call, answer, txn_commit_failed);
        }
}

/* --- OffsetFetch --- */

/* Who asks must not wait for ever when replicas are missing: it has its own time-out, and would ask
 * another time on another connection. As offsets.commit.timeout.ms. */
enum { FETCH_TIMEOUT_MS = 5000 };

struct fetch {
        struct group_call *call;
        const struct group *group; /* NULL: there is none, nor offsets of it */
        bool require_stable, leak;
};

static void answer_offset(const struct fetch *f, const struct partition_offset *p, int32_t index,
                          struct offset_fetch_partition_response *out)
{
        const struct offset_value *value = p && p->is_committed ? &p->value : NULL;
        *out = (struct offset_fetch_partition_response){.index = index,
                                                        .committed_offset = -1,
                                                        .committed_leader_epoch = -1,
                                                        .metadata = str_of("")};
        if (p && p->pending && f->leak) { /* before KIP-447 */
                value = &p->pending->value;
        } else if (p && p->pending && f->require_stable) {
                out->error_code = KERR_UNSTABLE_OFFSET_COMMIT;
                return;
        }
        if (!value)
                return;
        out->committed_offset = value->offset;
        out->committed_leader_epoch = value->leader_epoch;
        out->metadata = answer_text(f->call, value->metadata);
}

static void answer_asked(const struct fetch *f, const struct offset_fetch_group *in,
                         struct offset_fetch_group_response *out)
{
        group_answer_array(f->call, &out->topics, in->topics.count);
        for (int32_t i = 0; i < in->topics.count; i++) {
                const struct offset_fetch_topic *asked = &in->topics.items[i];
                struct offset_fetch_topic_response *told = &out->topics.items[i];
                told->name = asked->name;
                group_answer_array(f->call, &told->partitions, asked->partitions.count);
                for (int32_t k = 0; k < asked->partitions.count; k++) {
                        int32_t index = asked->partitions.items[k];
                        const struct group *g = f->group;
                        answer_offset(f, g ? offset_table_find(&g->offsets, asked->name, index) : 0,
                                      index, &told->partitions.items[k]);
                }
        }
}

static void answer_topic(const struct fetch *f, const struct topic_offsets *topic,
                         struct offset_fetch_topic_response *out)
{
        out->name = answer_text(f->call, topic_offsets_name(topic));
        group_answer_array(f->call, &out->partitions, topic->committed_count);
        struct offset_fetch_partition_response *into = out->partitions.items;
        for (const struct partition_offset *p = topic->partitions; p; p = p->hh.next) {
                if (p->is_committed)
                        answer_offset(f, p, p->partition, into++);
        }
}

static void answer_all(const struct fetch *f, struct offset_fetch_group_response *out)
{
        if (!f->group)
                return;
        group_answer_array(f->call, &out->topics, (int32_t)HASH_COUNT(f->group->offsets.topics));
        out->topics.count = 0;
        for (const struct topic_offsets *t = f->group->offsets.topics; t; t = t->hh.next) {
                if (t->committed_count > 0)
                        answer_topic(f, t, &out->topics.items[out->topics.count++]);
        }
}

/* Version 1 has no error of a group; there it stands with each partition. */
static void fetch_failed(struct group_call *call, void *answer, int32_t index, enum kerr err)
{
        struct offset_fetch_response *all = answer;
        struct offset_fetch_group_response *out = &all->groups.items[index];
        struct fetch nothing = {.call = call};
        out->error_code = errors_to_wire(err);
        if (call->version >= 2)
                out->topics.count = 0;
        for (int32_t i = 0; i < out->topics.count; i++) {
                for (int32_t k = 0; k < out->topics.items[i].partitions.count; k++) {
                        struct offset_fetch_partition_response *p =
                                &out->topics.items[i].partitions.items[k];
                        answer_offset(&nothing, NULL, p->index, p);
                        p->error_code = out->error_code;
                }
        }
}

static enum kerr find_to_fetch(const struct group_coordinator *c, struct str group_id,
                               struct group_partition **p)
{
        if (group_id.size < 0)
                return KERR_INVALID_GROUP_ID;
        enum kerr err = group_partition_find(c, group_id, p);
        /* KAFKA-10614, -5600: what is not replayed yet looks like what never was. */
        if (err == KERR_COORDINATOR_LOAD_IN_PROGRESS &&
            zoo_has(c->config.world->zoo, ZOO_ANSWERS_BEFORE_LOAD))
                return KERR_NONE;
        return err;
}

void groups_fetch(struct group_coordinator *c, const struct offset_fetch_request *in,
                  struct offset_fetch_response *answer, struct group_call *call)
{
        struct fetch f = {.call = call,
                          .require_stable = in->require_stable,
                          .leak = zoo_has(c->config.world->zoo, ZOO_OFFSETS_LEAK)};
        struct deferred *d = deferred_begin(call, answer, in->groups.count, fetch_failed);
        *answer = (struct offset_fetch_response){0};
        group_answer_array(call, &answer->groups, in->groups.count);
        for (int32_t i = 0; i < in->groups.count; i++) {
                const struct offset_fetch_group *asked = &in->groups.items[i];
                struct offset_fetch_group_response *told = &answer->groups.items[i];
                struct group_partition *p;
                enum kerr err = find_to_fetch(c, asked->group_id, &p);
                told->group_id = asked->group_id;
                f.group = err ? NULL : group_partition_group(p, asked->group_id);
                if (asked->topics.count >= 0)
                        answer_asked(&f, asked, told);
                else
                        answer_all(&f, told);
                if (err)
                        fetch_failed(call, answer, i, err);
                else
                        deferred_wait(d, p, i);
        }
        /* Ask again, this one, as while it loads: it is the error that Kafka's consumer knows here.
         */
        deferred_end_within(d, c, FETCH_TIMEOUT_MS, KERR_COORDINATOR_LOAD_IN_PROGRESS);
}
