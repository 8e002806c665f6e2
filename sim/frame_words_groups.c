/* The words for messages of groups and transactions. */
#include "sim/frame_words_private.h"

#include "wire/add_offsets_to_txn.h"
#include "wire/add_partitions_to_txn.h"
#include "wire/api.h"
#include "wire/consumer_protocol.h"
#include "wire/end_txn.h"
#include "wire/find_coordinator.h"
#include "wire/heartbeat.h"
#include "wire/init_producer_id.h"
#include "wire/join_group.h"
#include "wire/leave_group.h"
#include "wire/offset_commit.h"
#include "wire/offset_fetch.h"
#include "wire/sync_group.h"
#include "wire/txn_offset_commit.h"
#include "wire/write_txn_markers.h"

#include <inttypes.h>

/* Member ids are long: what is before the first '-' is the client's name, the end tells apart. */
static void tell_member(const struct frame_words *w, struct str id)
{
        if (id.size > 12)
                buffer_printf(w->into, "%.4s..%.4s", id.data, id.data + id.size - 4);
        else
                buffer_printf(w->into, "%.*s", id.size, id.data);
}

static void tell_producer(const struct frame_words *w, int64_t id, int16_t epoch)
{
        buffer_printf(w->into, " (producer %" PRId64 " in epoch %d)", id, epoch);
}

static void tell_group(const struct frame_words *w, struct str group, int32_t generation)
{
        buffer_printf(w->into, " of %.*s", group.size, group.data);
        if (generation >= 0)
                buffer_printf(w->into, " in generation %" PRId32, generation);
}

static void tell_partitions(struct listing *l, struct str topic, const int32_t *partitions,
                            int32_t count)
{
        for (int32_t i = 0; i < count; i++)
                begin_partition(l, topic, NULL, partitions[i]);
}

/* --- FindCoordinator --- */

static void find_coordinator_request(const struct frame_words *w)
{
        struct find_coordinator_request m = {0};
        serde_find_coordinator_request(w->in, &m);
        for (int32_t i = 0; !w->in->err && i < m.coordinator_keys.count; i++)
                buffer_printf(w->into, "%s %.*s",
                              i > 0                                   ? ","
                              : m.key_type == COORDINATOR_TRANSACTION ? " of transactional id"
                                                                      : " of group",
                              m.coordinator_keys.items[i].size, m.coordinator_keys.items[i].data);
}

static void find_coordinator_answer(const struct frame_words *w)
{
        struct find_coordinator_response m = {0};
        serde_find_coordinator_response(w->in, &m);
        for (int32_t i = 0; !w->in->err && i < m.coordinators.count; i++)
                if (!tell_error(w, m.coordinators.items[i].error_code))
                        buffer_printf(w->into, ": broker %" PRId32,
                                      m.coordinators.items[i].node_id);
}

/* --- membership --- */

static void join_request(const struct frame_words *w)
{
        struct join_group_request m = {0};
        serde_join_group_request(w->in, &m);
        if (w->in->err)
                return;
        tell_group(w, m.group_id, -1);
        buffer_printf(w->into, m.member_id.size > 0 ? " as " : " anew");
        tell_member(w, m.member_id);
        for (int32_t i = 0; i < m.protocols.count; i++)
                buffer_printf(w->into, "%s%.*s", i > 0 ? "," : ", knows ",
                              m.protocols.items[i].name.size, m.protocols.items[i].name.data);
}

static void join_answer(const struct frame_words *w)
{
        struct join_group_response m = {0};
        serde_join_group_response(w->in, &m);
        if (w->in->err || tell_error(w, m.error_code))
                return;
        buffer_printf(w->into, ": generation %" PRId32 " of %.*s, you are ", m.generation_id,
                      m.protocol_name.size, m.protocol_name.data);
        tell_member(w, m.member_id);
        if (m.members.count > 0)
                buffer_printf(w->into, " and lead %" PRId32 " member%s", m.members.count,
                              m.members.count > 1 ? "s" : "");
}

static void tell_assignment(const struct frame_words *w, struct span assignment)
{
        struct consumer_protocol_assignment a = {0};
        struct listing l = {w, 0};
        struct serde in = serde_reader(assignment, 0, false, w->in->arena);
        if (assignment.size > 0)
                serde_consumer_protocol_assignment(&in, &a);
        for (int32_t t = 0; !in.err && t < a.topics.count; t++)
                tell_partitions(&l, a.topics.items[t].name, a.topics.items[t].partitions.items,
                                a.topics.items[t].partitions.count);
        end_listing(&l);
        if (l.count == 0)
                buffer_printf(w->into, " nothing");
}

static void sync_request(const struct frame_words *w)
{
        struct sync_group_request m = {0};
        serde_sync_group_request(w->in, &m);
        if (w->in->err)
                return;
        tell_group(w, m.group_id, m.generation_id);
        for (int32_t i = 0; i < m.assignments.count; i++) {
                buffer_printf(w->into, "; ");
                tell_member(w, m.assignments.items[i].member_id);
                buffer_printf(w->into, " gets");
                tell_assignment(w, m.assignments.items[i].assignment);
        }
}

static void sync_answer(const struct frame_words *w)
{
        struct sync_group_response m = {0};
        serde_sync_group_response(w->in, &m);
        if (w->in->err || tell_error(w, m.error_code))
                return;
        buffer_printf(w->into, ": you get");
        tell_assignment(w, m.assignment);
}

static void heartbeat_request(const struct frame_words *w)
{
        struct heartbeat_request m = {0};
        serde_heartbeat_request(w->in, &m);
        if (!w->in->err)
                tell_group(w, m.group_id, m.generation_id);
}

static void heartbeat_answer(const struct frame_words *w)
{
        struct heartbeat_response m = {0};
        serde_heartbeat_response(w->in, &m);
        if (!w->in->err && !tell_error(w, m.error_code))
                buffer_printf(w->into, ": go on");
}

static void leave_request(const struct frame_words *w)
{
        struct leave_group_request m = {0};
        serde_leave_group_request(w->in, &m);
        if (w->in->err)
                return;
        tell_group(w, m.group_id, -1);
        for (int32_t i = 0; i < m.members.count; i++) {
                buffer_printf(w->into, "%s ", i > 0 ? "," : ":");
                tell_member(w, m.members.items[i].member_id);
        }
}

static void leave_answer(const struct frame_words *w)
{
        struct leave_group_response m = {0};
        serde_leave_group_response(w->in, &m);
        if (!w->in->err)
                tell_error(w, m.error_code);
}

/* --- offsets --- */

static void tell_offsets(const struct frame_words *w, const struct offset_commit_topic *topics,
                         int32_t count)
{
        struct listing l = {w, 0};
        for (int32_t t = 0; t < count; t++)
                for (int32_t i = 0; i < topics[t].partitions.count; i++) {
                        const struct offset_commit_partition *p = &topics[t].partitions.items[i];
                        if (begin_partition(&l, topics[t].name, NULL, p->index))
                                buffer_printf(w->into, " at %" PRId64, p->committed_offset);
                }
        end_listing(&l);
}

static void tell_taken(const struct frame_words *w,
                       const struct offset_commit_topic_response *topics, int32_t count)
{
        struct listing l = {w, 0};
        for (int32_t t = 0; t < count; t++)
                for (int32_t i = 0; i < topics[t].partitions.count; i++) {
                        const struct offset_commit_partition_response *p =
                                &topics[t].partitions.items[i];
                        if (begin_partition(&l, topics[t].name, NULL, p->index) &&
                            !tell_error(w, p->error_code))
                                buffer_printf(w->into, ": taken");
                }
        end_listing(&l);
}

static void commit_request(const struct frame_words *w)
{
        struct offset_commit_request m = {0};
        serde_offset_commit_request(w->in, &m);
        if (w->in->err)
                return;
        tell_group(w, m.group_id, m.generation_id);
        buffer_printf(w->into, ":");
        tell_offsets(w, m.topics.items, m.topics.count);
}

static void commit_answer(const struct frame_words *w)
{
        struct offset_commit_response m = {0};
        serde_offset_commit_response(w->in, &m);
        if (!w->in->err)
                tell_taken(w, m.topics.items, m.topics.count);
}

static void offset_fetch_request(const struct frame_words *w)
{
        struct offset_fetch_request m = {0};
        serde_offset_fetch_request(w->in, &m);
        for (int32_t g = 0; !w->in->err && g < m.groups.count; g++) {
                const struct offset_fetch_group *group = &m.groups.items[g];
                struct listing l = {w, 0};
                tell_group(w, group->group_id, -1);
                buffer_printf(w->into, ":");
                for (int32_t t = 0; t < group->topics.count; t++)
                        tell_partitions(&l, group->topics.items[t].name,
                                        group->topics.items[t].partitions.items,
                                        group->topics.items[t].partitions.count);
                end_listing(&l);
        }
}

static void tell_committed(struct listing *l, const struct offset_fetch_topic_response *topic)
{
        for (int32_t i = 0; i < topic->partitions.count; i++) {
                const struct offset_fetch_partition_response *p = &topic->partitions.items[i];
                if (!begin_partition(l, topic->name, NULL, p->index) ||
                    tell_error(l->w, p->error_code))
                        continue;
                if (p->committed_offset >= 0)
                        buffer_printf(l->w->into, ": %" PRId64, p->committed_offset);
                else
                        buffer_printf(l->w->into, ": none");
        }
}

static void offset_fetch_answer(const struct frame_words *w)
{
        struct offset_fetch_response m = {0};
        struct listing l = {w, 0};
        serde_offset_fetch_response(w->in, &m);
        for (int32_t g = 0; !w->in->err && g < m.groups.count; g++) {
                if (tell_error(w, m.groups.items[g].error_code))
                        continue;
                for (int32_t t = 0; t < m.groups.items[g].topics.count; t++)
                        tell_committed(&l, &m.groups.items[g].topics.items[t]);
        }
        end_listing(&l);
}

/* --- transactions --- */

static void init_producer_request(const struct frame_words *w)
{
        struct init_producer_id_request m = {0};
        serde_init_producer_id_request(w->in, &m);
        if (w->in->err)
                return;
        if (m.transactional_id.data)
                buffer_printf(w->into, " of %.*s", m.transactional_id.size,
                              m.transactional_id.data);
        if (m.producer_id >= 0)
                tell_producer(w, m.producer_id, m.producer_epoch);
}

static void init_producer_answer(const struct frame_words *w)
{
        struct init_producer_id_response m = {0};
        serde_init_producer_id_response(w->in, &m);
        if (!w->in->err && !tell_error(w, m.error_code))
                buffer_printf(w->into, ": producer %" PRId64 ", epoch %d", m.producer_id,
                              m.producer_epoch);
}

static void add_partitions_request(const struct frame_words *w)
{
        struct add_partitions_to_txn_request m = {0};
        serde_add_partitions_to_txn_request(w->in, &m);
        for (int32_t i = 0; !w->in->err && i < m.transactions.count; i++) {
                const struct add_partitions_to_txn_transaction *t = &m.transactions.items[i];
                struct listing l = {w, 0};
                buffer_printf(w->into, "%s of %.*s", i > 0 ? ";" : "", t->transactional_id.size,
                              t->transactional_id.data);
                tell_producer(w, t->producer_id, t->producer_epoch);
                buffer_printf(w->into, t->verify_only ? ", only to verify:" : ":");
                for (int32_t k = 0; k < t->topics.count; k++)
                        tell_partitions(&l, t->topics.items[k].name,
                                        t->topics.items[k].partitions.items,
                                        t->topics.items[k].partitions.count);
                end_listing(&l);
        }
}

static void tell_added(struct listing *l, const struct add_partitions_to_txn_topic_response *topic)
{
        for (int32_t i = 0; i < topic->partitions.count; i++)
                if (begin_partition(l, topic->name, NULL, topic->partitions.items[i].index) &&
                    !tell_error(l->w, topic->partitions.items[i].error_code))
                        buffer_printf(l->w->into, ": in it");
}

static void add_partitions_answer(const struct frame_words *w)
{
        struct add_partitions_to_txn_response m = {0};
        struct listing l = {w, 0};
        serde_add_partitions_to_txn_response(w->in, &m);
        if (w->in->err || tell_error(w, m.error_code))
                return;
        for (int32_t i = 0; i < m.transactions.count; i++)
                for (int32_t t = 0; t < m.transactions.items[i].topics.count; t++)
                        tell_added(&l, &m.transactions.items[i].topics.items[t]);
        end_listing(&l);
}

static void add_offsets_request(const struct frame_words *w)
{
        struct add_offsets_to_txn_request m = {0};
        serde_add_offsets_to_txn_request(w->in, &m);
        if (w->in->err)
                return;
        buffer_printf(w->into, " of %.*s", m.transactional_id.size, m.transactional_id.data);
        tell_producer(w, m.producer_id, m.producer_epoch);
        buffer_printf(w->into, ": group %.*s", m.group_id.size, m.group_id.data);
}

static void add_offsets_answer(const struct frame_words *w)
{
        struct add_offsets_to_txn_response m = {0};
        serde_add_offsets_to_txn_response(w->in, &m);
        if (!w->in->err && !tell_error(w, m.error_code))
                buffer_printf(w->into, ": in it");
}

static void txn_commit_request(const struct frame_words *w)
{
        struct txn_offset_commit_request m = {0};
        serde_txn_offset_commit_request(w->in, &m);
        if (w->in->err)
                return;
        tell_group(w, m.group_id, m.generation_id);
        tell_producer(w, m.producer_id, m.producer_epoch);
        buffer_printf(w->into, ":");
        tell_offsets(w, m.topics.items, m.topics.count);
}

static void txn_commit_answer(const struct frame_words *w)
{
        struct txn_offset_commit_response m = {0};
        serde_txn_offset_commit_response(w->in, &m);
        if (!w->in->err)
                tell_taken(w, m.topics.items, m.topics.count);
}

static void end_txn_request(const struct frame_words *w)
{
        struct end_txn_request m = {0};
        serde_end_txn_request(w->in, &m);
        if (w->in->err)
                return;
        buffer_printf(w->into, " of %.*s", m.transactional_id.size, m.transactional_id.data);
        tell_producer(w, m.producer_id, m.producer_epoch);
        buffer_printf(w->into, m.committed ? ": commit" : ": abort");
}

static void end_txn_answer(const struct frame_words *w)
{
        struct end_txn_response m = {0};
        serde_end_txn_response(w->in, &m);
        if (!w->in->err && !tell_error(w, m.error_code))
                buffer_printf(w->into, ": done");
}

static void markers_request(const struct frame_words *w)
{
        struct write_txn_markers_request m = {0};
        serde_write_txn_markers_request(w->in, &m);
        for (int32_t i = 0; !w->in->err && i < m.markers.count; i++) {
                const struct write_txn_markers_marker *marker = &m.markers.items[i];
                struct listing l = {w, 0};
                buffer_printf(w->into, "%s %s", i > 0 ? ";" : "",
                              marker->transaction_result ? "COMMIT" : "ABORT");
                tell_producer(w, marker->producer_id, marker->producer_epoch);
                buffer_printf(w->into, " by coordinator epoch %" PRId32 ":",
                              marker->coordinator_epoch);
                for (int32_t t = 0; t < marker->topics.count; t++)
                        tell_partitions(&l, marker->topics.items[t].name,
                                        marker->topics.items[t].partitions.items,
                                        marker->topics.items[t].partitions.count);
                end_listing(&l);
        }
}

static void tell_marked(struct listing *l, const struct write_txn_markers_topic_response *topic)
{
        for (int32_t i = 0; i < topic->partitions.count; i++)
                if (begin_partition(l, topic->name, NULL, topic->partitions.items[i].index) &&
                    !tell_error(l->w, topic->partitions.items[i].error_code))
                        buffer_printf(l->w->into, ": written");
}

static void markers_answer(const struct frame_words *w)
{
        struct write_txn_markers_response m = {0};
        struct listing l = {w, 0};
        serde_write_txn_markers_response(w->in, &m);
        for (int32_t i = 0; !w->in->err && i < m.markers.count; i++)
                for (int32_t t = 0; t < m.markers.items[i].topics.count; t++)
                        tell_marked(&l, &m.markers.items[i].topics.items[t]);
        end_listing(&l);
}

const struct message_words *frame_words_of_groups(size_t *count)
{
        static const struct message_words messages[] = {
                {API_FIND_COORDINATOR, find_coordinator_request, find_coordinator_answer},
                {API_JOIN_GROUP, join_request, join_answer},
                {API_SYNC_GROUP, sync_request, sync_answer},
                {API_HEARTBEAT, heartbeat_request, heartbeat_answer},
                {API_LEAVE_GROUP, leave_request, leave_answer},
                {API_OFFSET_COMMIT, commit_request, commit_answer},
                {API_OFFSET_FETCH, offset_fetch_request, offset_fetch_answer},
                {API_INIT_PRODUCER_ID, init_producer_request, init_producer_answer},
                {API_ADD_PARTITIONS_TO_TXN, add_partitions_request, add_partitions_answer},
                {API_ADD_OFFSETS_TO_TXN, add_offsets_request, add_offsets_answer},
                {API_TXN_OFFSET_COMMIT, txn_commit_request, txn_commit_answer},
                {API_END_TXN, end_txn_request, end_txn_answer},
                {API_WRITE_TXN_MARKERS, markers_request, markers_answer},
        };
        *count = sizeof messages / sizeof messages[0];
        return messages;
}
