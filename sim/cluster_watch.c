/* Looks at the logs of each broker that had a turn. */
#include "sim/cluster_parts.h"

#include "replication/replica.h"
#include "sim/log_check.h"
#include "sim/notes.h"

#include <inttypes.h>
#include <string.h>

static void note(const struct member *m, enum note code, int64_t b, int64_t c, int64_t d)
{
        sim_trace(&m->cluster->sim->trace, m->node->config.id, NOTE, NULL, code, b, c, d);
}

static bool is_promised(const struct member *m)
{
        return !m->cluster->history->nothing_promised;
}

static double seconds_now(const struct member *m)
{
        return (double)sim_now_ns(m->cluster->sim) / 1e9;
}

/* --- power cuts --- */

/* What the promise to a partition with one replica does not cover: unsynced bytes of the one
 * broker that holds it. */
static void tell_history(const struct member *m, int32_t partition)
{
        struct history *h = m->cluster->history;
        const struct watched *seen = &m->logs[partition];
        if (m->cluster->count > 1 && (h->partitions[partition].replication > 1 || !seen->seen))
                return;
        history_add_cut(h, &(struct history_cut){.time_ns = sim_now_ns(m->cluster->sim),
                                                 .partition = partition,
                                                 .synced_to = seen->synced_to,
                                                 .wiped = m->was_wiped});
}

/* The power was cut since the last look: then unsynced bytes are gone. */
static void note_power_cut(struct member *m)
{
        if (m->power_cuts_seen == m->node->power_cuts)
                return;
        m->power_cuts_seen = m->node->power_cuts;
        m->has_dropped = false;
        if (m->was_wiped) {
                invariants_wiped(cluster_invariants(m->cluster), m->node->config.id);
                /* Raft has no answer to a voter that forgets. */
                m->cluster->history->nothing_promised |=
                        cluster_is_voter(m->cluster, m->node->config.id);
        }
        for (int32_t i = 0; i < m->cluster->history->partition_count; i++) {
                struct watched *seen = &m->logs[i];
                if (m->was_wiped)
                        seen->recovery_point = 0;
                seen->synced_to = seen->recovery_point;
                tell_history(m, i);
                if (seen->seen)
                        invariants_lost(cluster_invariants(m->cluster), m->node->config.id, i,
                                        m->was_wiped                  ? LOSS_ALL
                                        : seen->synced_to < seen->end ? LOSS_UNSYNCED
                                                                      : LOSS_CLAIMED);
        }
        m->was_wiped = false;
}

/* --- logs --- */

static void check_log(struct member *m, int32_t partition, struct partition_log *log,
                      const char *when)
{
        char why[LOG_CHECK_BYTES];
        if (!partition_log_is_offline(log) && !log_check(&m->node->files.world, log, why))
                verdict_add(m->cluster->verdict, ANOMALY_MALFORMED_LOG, is_promised(m),
                            "%s at %s %s (%.3f s): %s",
                            m->cluster->history->partitions[partition].name, m->name, when,
                            seconds_now(m), why);
}

static void see_opened(struct member *m, int32_t partition, struct watched *seen,
                       struct partition_log *log)
{
        const struct history_partition *p = &m->cluster->history->partitions[partition];
        int64_t end = partition_log_end(log);
        note(m, NOTE_OPENED, partition, end, seen->end);
        check_log(m, partition, log, "after its recovery");
        if (seen->synced_to > end && !p->deleted && !m->cluster->moves[partition])
                verdict_add(m->cluster->verdict, ANOMALY_SYNCED_LOST, is_promised(m),
                            "%s at %s ends at offset %" PRId64
                            " after a power cut (%.3f s), all below %" PRId64 " had been synced",
                            p->name, m->name, end, seconds_now(m), seen->synced_to);
        *seen = (struct watched){.is_open = true,
                                 .start = partition_log_start(log),
                                 .recovery_point = partition_log_recovery_point(log),
                                 .end = end,
                                 .leader = -1,
                                 .synced_to = -1};
}

static void see_log(struct member *m, int32_t partition, const struct watched *before,
                    const struct watched *now)
{
        if (now->end > before->end)
                note(m, NOTE_APPENDED, partition, before->end, now->end - 1);
        if (now->end < before->end)
                note(m, NOTE_TRUNCATED, partition, now->end, before->end);
        if (now->recovery_point > before->recovery_point)
                note(m, NOTE_SYNCED, partition, now->recovery_point, 0);
        if (now->start > before->start)
                note(m, NOTE_STARTS, partition, now->start, 0);
        if (now->is_offline && !before->is_offline)
                note(m, NOTE_OFFLINE, partition, 0, 0);
        if (now->start > now->end || now->recovery_point > now->end)
                verdict_add(m->cluster->verdict, ANOMALY_MARKS_DISORDERED, is_promised(m),
                            "%s at %s starts at %" PRId64 ", is synced up to %" PRId64
                            " and ends at %" PRId64,
                            m->cluster->history->partitions[partition].name, m->name, now->start,
                            now->recovery_point, now->end);
}

static void see_role(struct member *m, int32_t partition, const struct watched *before,
                     const struct watched *now)
{
        if (now->leader == before->leader && now->leader_epoch == before->leader_epoch)
                return;
        if (now->leader == m->node->config.id)
                note(m, NOTE_LEADS, partition, now->leader_epoch, now->end);
        else if (now->leader >= 0)
                note(m, NOTE_FOLLOWS, partition, now->leader, now->leader_epoch);
}

/* The partition of the history; -1: none of it. Brokers name theirs in the same order each time, so
 * it is mostly the one that was found there last. */
static int32_t find_partition(struct member *m, const char *topic, int32_t index)
{
        struct history *h = m->cluster->history;
        int32_t at = m->at < h->partition_count ? m->at++ : h->partition_count;
        const struct history_partition *guess = &h->partitions[m->order[at]];
        if (at < h->partition_count && guess->index == index && strcmp(guess->topic, topic) == 0)
                return m->order[at];
        int32_t found = history_find_partition(h, topic, index);
        m->order[at] = found < 0 ? 0 : found;
        return found;
}

/* Most are as they were at the last look; a run with many partitions spends its time here. */
static bool is_unchanged(struct member *m, const struct broker_partition *p)
{
        if (m->at >= m->cluster->history->partition_count)
                return false;
        int32_t partition = m->order[m->at];
        struct watched *seen = &m->logs[partition];
        const struct replica *r = p->replica;
        if (!seen->is_open || seen->replica != r || seen->seen + 1 != m->looks ||
            !uuid_equal(&seen->topic_id, p->topic_id) ||
            seen->recovery_point != partition_log_recovery_point(r->log) ||
            seen->is_offline != partition_log_is_offline(r->log) ||
            !gather_is_unchanged(m->cluster->gather, m->node, partition, r))
                return false;
        seen->seen = m->looks;
        m->at++;
        return true;
}

static void see_partition(void *context, const struct broker_partition *p)
{
        struct member *m = context;
        const struct replica *r = p->replica;
        if (is_unchanged(m, p))
                return;
        int32_t partition = find_partition(m, p->topic, p->index);
        if (partition < 0 || !r->log)
                return;
        struct watched *seen = &m->logs[partition];
        if (!seen->is_open)
                see_opened(m, partition, seen, r->log);
        struct watched now = {.is_open = true,
                              .is_offline = partition_log_is_offline(r->log),
                              .start = partition_log_start(r->log),
                              .recovery_point = partition_log_recovery_point(r->log),
                              .end = partition_log_end(r->log),
                              .high_watermark = r->high_watermark,
                              .leader = r->role == REPLICA_IDLE ? -1 : r->assignment.leader,
                              .leader_epoch = r->assignment.leader_epoch,
                              .synced_to = -1,
                              .seen = m->looks,
                              .replica = r,
                              .topic_id = *p->topic_id};
        see_log(m, partition, seen, &now);
        see_role(m, partition, seen, &now);
        if (now.leader == m->node->config.id && now.high_watermark > seen->high_watermark)
                note(m, NOTE_COMMITTED, partition, now.high_watermark, 0);
        *seen = now;
        gather_replica(m->cluster->gather, m->node, partition, r);
}

/* Logs that were there at the last look, and are not any more, while their broker runs. */
static void see_closed(struct member *m)
{
        for (int32_t i = 0; i < m->cluster->history->partition_count; i++) {
                struct watched *seen = &m->logs[i];
                if (!seen->is_open || seen->seen == m->looks)
                        continue;
                note(m, NOTE_CLOSED, i, 0, 0);
                gather_closed(m->cluster->gather, m->node, i);
                *seen = (struct watched){.leader = -1, .synced_to = -1};
        }
}

static void look(struct member *m)
{
        m->looks++;
        m->at = 0;
        gather_node(m->cluster->gather, m->node, m->broker);
        broker_each_partition(m->broker, see_partition, m);
        see_closed(m);
}

void cluster_observe(struct cluster *c)
{
        for (int32_t i = 0; i < c->count; i++) {
                struct member *m = &c->members[i];
                note_power_cut(m);
                if (m->turns_seen == m->node->turns)
                        continue;
                m->turns_seen = m->node->turns;
                if (m->broker && sim_node_is_running(m->node))
                        look(m);
        }
}

/* --- the end of a process, and of a run --- */

static void see_last(void *context, const struct broker_partition *p)
{
        struct member *m = context;
        int32_t partition = find_partition(m, p->topic, p->index);
        if (partition < 0 || !p->replica->log)
                return;
        struct watched *seen = &m->logs[partition];
        seen->start = partition_log_start(p->replica->log);
        seen->recovery_point = partition_log_recovery_point(p->replica->log);
        seen->end = partition_log_end(p->replica->log);
        seen->is_offline = partition_log_is_offline(p->replica->log);
        /* It may die in the middle of cutting what its leader does not have. */
        if (p->replica->role == REPLICA_FOLLOWER &&
            p->replica->high_watermark < seen->recovery_point)
                seen->recovery_point = p->replica->high_watermark;
}

void watch_before_end(struct member *m)
{
        gather_last(m->cluster->gather, m->broker);
        m->at = 0;
        broker_each_partition(m->broker, see_last, m);
}

void watch_after_end(struct member *m, bool is_synced)
{
        gather_ended(m->cluster->gather, m->node);
        for (int32_t i = 0; i < m->cluster->history->partition_count; i++) {
                struct watched *seen = &m->logs[i];
                if (is_synced && seen->is_open)
                        seen->recovery_point = seen->end;
                seen->is_open = false;
                seen->leader = -1;
        }
}

static void check_at_end(void *context, const struct broker_partition *p)
{
        struct member *m = context;
        int32_t partition = history_find_partition(m->cluster->history, p->topic, p->index);
        if (partition >= 0 && p->replica->log)
                check_log(m, partition, p->replica->log, "at the end");
}

void cluster_check_end(struct cluster *c)
{
        for (int32_t i = 0; i < c->count; i++) {
                struct member *m = &c->members[i];
                if (m->broker)
                        broker_each_partition(m->broker, check_at_end, m);
                else
                        verdict_add(c->verdict, ANOMALY_STUCK, is_promised(m), "%s does not start",
                                    m->name);
        }
}
