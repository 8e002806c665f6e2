/* What a member of a group does: what it is handed out waits in a line, is processed one after the
 * other, and committed as its policy says. A pipeline's processing is a record of its own to
 * another topic.
 *
 *     after        processed, and its output acknowledged; then committed
 *     before       committed; then processed
 *     auto         processed as soon as it is handed out; the client commits now and then
 *     transaction  outputs and offsets in one transaction; when it aborts all of it is done again
 */
#include "sim/load_member.h"

#include <string.h>

enum { BATCH = 10, RETRY_US = 50000 };

/* --- the line --- */

static void drop_first(struct load_member *m, int32_t count)
{
        memmove(m->items, m->items + count, (size_t)(m->count - count) * sizeof *m->items);
        m->count -= count;
        m->ready = m->ready > count ? m->ready - count : 0;
        m->busy_us = 0;
}

/* Drops what is not owned, and of the partition `cut` what stands at `cut_offset` or behind it. */
static void drop_gone(struct load_client *c, bool all, int32_t cut, int64_t cut_offset)
{
        struct load_member *m = c->member;
        int32_t kept = 0, ready = 0, batch = 0;
        bool keeps = c->plan->policy == COMMIT_BEFORE && !all;
        for (int32_t i = 0; i < m->count; i++) {
                const struct item *item = &m->items[i];
                bool is_ready = i < m->ready, is_asked = i < m->batch;
                bool is_gone = !m->partitions[item->partition].is_owned ||
                               (item->partition == cut && item->offset >= cut_offset);
                if (is_gone && !(keeps && (is_ready || is_asked))) {
                        m->must_abort |= is_asked;
                        continue;
                }
                m->items[kept++] = m->items[i];
                ready += is_ready;
                batch += is_asked;
        }
        if (kept < m->count)
                m->busy_us = 0;
        m->count = kept;
        m->ready = ready;
        m->batch = batch;
}

void member_drop_revoked(struct load_client *c, bool all)
{
        drop_gone(c, all, -1, 0);
}

void member_drop_cut(struct load_client *c, int32_t partition, int64_t offset)
{
        drop_gone(c, false, partition, offset);
}

void member_process(struct load_client *c, const struct item *item)
{
        struct workload *w = c->load;
        struct history_read *read = &w->history->reads[item->read];
        read->processed_ns = load_now_ns(c);
        read->transaction = c->txn.id;
        load_note(c, NOTE_PROCESSED, read->send, read->partition, item->offset);
        if (c->plan->verb != VERB_PIPELINE)
                return;
        int32_t target = (int32_t)c->plan->target;
        c->member->outputs++;
        load_send(c, target, item->partition % (int32_t)w->scenario->topics[target].partitions,
                  item->read);
}

/* Processes items[index], when its time has come; else *due_us says when. */
static bool try_process(struct load_client *c, int32_t index, int64_t now_us, int64_t *due_us)
{
        struct load_member *m = c->member;
        int64_t takes_us = c->plan->time_ns / SIM_NS_PER_US;
        if (m->busy_us == 0)
                m->busy_us = now_us + takes_us;
        if (now_us < m->busy_us) {
                *due_us = m->busy_us;
                return false;
        }
        m->busy_us = 0;
        member_process(c, &m->items[index]);
        consumer_polled(c->consumer);
        return true;
}

void load_member_on_delivery(struct load_client *c, enum outcome outcome)
{
        c->member->outputs--;
        c->member->output_lost |= outcome != OUTCOME_OK;
}

/* --- commits --- */

/* Only what is surely committed may be processed, and what may be committed must not be committed
 * again as if it had not been. */
static void end_commit(struct load_client *c, enum outcome outcome)
{
        struct load_member *m = c->member;
        if (c->plan->policy != COMMIT_BEFORE)
                return;
        if (outcome == OUTCOME_OK)
                m->ready = m->batch;
        else if (outcome == OUTCOME_UNKNOWN)
                drop_first(m, m->batch);
        m->batch = 0;
        if (outcome == OUTCOME_OK)
                return;
        for (int32_t i = 0; i < member_partition_count(c); i++)
                m->partitions[i].done = m->partitions[i].committed;
        member_drop_revoked(c, true);
}

static void on_committed(void *context, enum kerr err)
{
        struct load_client *c = context;
        struct load_member *m = c->member;
        struct history *h = c->load->history;
        bool is_unknown = err == KERR_CONNECTION_FAILED || err == KERR_TIMED_OUT_LOCALLY ||
                          err == KERR_REQUEST_TIMED_OUT || c->is_dying;
        enum outcome outcome = !err ? OUTCOME_OK : is_unknown ? OUTCOME_UNKNOWN : OUTCOME_FAILED;
        for (int32_t i = 0; i < m->commit_count; i++) {
                struct history_commit *commit = &h->commits[m->commit_first + i];
                struct progress *p = &m->partitions[commit->partition - member_first_partition(c)];
                commit->outcome = outcome;
                commit->done_ns = load_now_ns(c);
                load_note(c, NOTE_COMMIT_ENDED, m->commit_first + i, outcome, err);
                if (!err && p->asked == commit->offset)
                        p->committed = commit->offset;
                p->asked = p->committed;
        }
        m->is_committing = false;
        c->has_news = true;
        if (err)
                m->retry_us = sim_node_mono_ms(c->node) * 1000 + RETRY_US;
        end_commit(c, outcome);
}

/* Notes a commit of all that was done and is not committed; returns how many partitions. */
static int32_t begin_commit(struct load_client *c, struct consumer_offset *offsets)
{
        struct load_member *m = c->member;
        int32_t count = 0, generation = member_generation(c);
        for (int32_t i = 0; i < member_partition_count(c); i++) {
                struct progress *p = &m->partitions[i];
                if (!p->is_owned || p->done == p->committed)
                        continue;
                int32_t id = history_add_commit(c->load->history,
                                                &(struct history_commit){
                                                        .invoke_ns = load_now_ns(c),
                                                        .done_ns = INT64_MAX,
                                                        .group = member_group(c),
                                                        .client = c->id,
                                                        .generation = generation,
                                                        .partition = member_first_partition(c) + i,
                                                        .transaction = c->txn.id,
                                                        .offset = p->done,
                                                });
                load_note(c, NOTE_COMMITS, id, member_first_partition(c) + i, p->done);
                if (count == 0)
                        m->commit_first = id;
                offsets[count++] =
                        (struct consumer_offset){member_topic(c), i, p->done, p->leader_epoch};
                p->asked = p->done;
        }
        m->commit_count = count;
        return count;
}

void member_commit(struct load_client *c)
{
        struct consumer_offset offsets[SCENARIO_PARTITIONS_MAX];
        int32_t count = begin_commit(c, offsets);
        if (count == 0) {
                end_commit(c, OUTCOME_OK); /* after a reset it may be committed already */
                return;
        }
        c->member->is_committing = true;
        if (consumer_commit(c->consumer, offsets, count, on_committed, c))
                on_committed(c, KERR_UNKNOWN_MEMBER_ID);
}

/* The first `count` items are done with, as far as commits go. */
static void advance(struct load_client *c, int32_t count)
{
        struct load_member *m = c->member;
        for (int32_t i = 0; i < count; i++) {
                struct progress *p = &m->partitions[m->items[i].partition];
                if (!p->is_owned)
                        continue;
                p->done = m->items[i].offset + 1;
                p->leader_epoch = m->items[i].leader_epoch;
        }
}

bool member_has_uncommitted(const struct load_client *c)
{
        for (int32_t i = 0; i < member_partition_count(c); i++) {
                const struct progress *p = &c->member->partitions[i];
                if (p->is_owned && p->done != p->committed)
                        return true;
        }
        return false;
}

void member_take_processed(struct load_client *c)
{
        struct load_member *m = c->member;
        if (m->outputs > 0 || m->ready == 0)
                return;
        advance(c, m->ready);
        int64_t busy_us = m->busy_us;
        drop_first(m, m->ready);
        m->busy_us = busy_us;
}

/* --- the policies; each returns when to be called again --- */

static int64_t work_after(struct load_client *c, int64_t now_us)
{
        struct load_member *m = c->member;
        int64_t due_us = INT64_MAX;
        while (m->ready < m->count && m->ready < BATCH && try_process(c, m->ready, now_us, &due_us))
                m->ready++;
        if (m->ready == m->count || m->ready == BATCH)
                member_take_processed(c);
        if (m->is_committing || !member_has_uncommitted(c))
                return due_us;
        if (now_us < m->retry_us)
                return m->retry_us < due_us ? m->retry_us : due_us;
        member_commit(c);
        return due_us;
}

static int64_t work_before(struct load_client *c, int64_t now_us)
{
        struct load_member *m = c->member;
        int64_t due_us = INT64_MAX;
        while (m->ready > 0) {
                if (!try_process(c, 0, now_us, &due_us))
                        return due_us;
                drop_first(m, 1);
        }
        if (m->is_committing || m->count == 0)
                return INT64_MAX;
        if (now_us < m->retry_us)
                return m->retry_us;
        m->batch = m->count < BATCH ? m->count : BATCH;
        advance(c, m->batch);
        member_commit(c);
        return INT64_MAX;
}

/* Sends the offsets of the transaction's input. */
static void send_offsets(struct load_client *c)
{
        struct load_member *m = c->member;
        struct consumer_offset offsets[SCENARIO_PARTITIONS_MAX];
        struct transaction_offset sent[SCENARIO_PARTITIONS_MAX];
        struct group_metadata who;
        if (!consumer_group_metadata(c->consumer, &who)) {
                load_txn_end(c, false);
                return;
        }
        advance(c, m->batch);
        int32_t count = begin_commit(c, offsets);
        for (int32_t i = 0; i < count; i++)
                sent[i] = (struct transaction_offset){offsets[i].topic, offsets[i].partition,
                                                      offsets[i].offset, offsets[i].leader_epoch};
        if (count == 0) { /* after a reset it may be committed already */
                load_txn_end(c, true);
                return;
        }
        c->txn.state = LOAD_TXN_WAITS;
        m->is_committing = true;
        if (producer_send_offsets(c->producer, sent, count, &who)) {
                load_member_on_offsets(c, KERR_INVALID_TXN_STATE);
                load_txn_end(c, false);
        }
}

/* Whether they count, the transaction's end decides. */
void load_member_on_offsets(struct load_client *c, enum kerr err)
{
        struct load_member *m = c->member;
        for (int32_t i = 0; i < m->commit_count; i++) {
                struct history_commit *commit = &c->load->history->commits[m->commit_first + i];
                commit->outcome = err ? OUTCOME_UNKNOWN : OUTCOME_OK;
                commit->done_ns = load_now_ns(c);
                load_note(c, NOTE_COMMIT_ENDED, m->commit_first + i, commit->outcome, err);
        }
        m->must_abort |= err != KERR_NONE;
}

/* The transaction has ended: its input is done with, or to be done again. */
static void settle(struct load_client *c, bool committed)
{
        struct load_member *m = c->member;
        for (int32_t i = 0; i < member_partition_count(c); i++) {
                struct progress *p = &m->partitions[i];
                if (committed)
                        p->committed = p->done;
                p->done = p->asked = p->committed;
        }
        if (committed)
                drop_first(m, m->batch);
        m->ready = 0;
        m->batch = 0;
        m->is_committing = m->must_abort = m->output_lost = m->has_begun = false;
}

static int64_t work_in_transaction(struct load_client *c, int64_t now_us)
{
        struct load_member *m = c->member;
        int64_t due_us = INT64_MAX, most = c->plan->records > 0 ? c->plan->records : BATCH;
        if (!load_txn_is_free(c, now_us, &due_us))
                return due_us;
        if (c->txn.state == LOAD_TXN_READY && m->has_begun)
                settle(c, c->txn.committed);
        if (c->txn.state == LOAD_TXN_READY) {
                if (m->count == 0)
                        return INT64_MAX;
                load_txn_begin(c);
                if (c->txn.state != LOAD_TXN_OPEN)
                        return c->txn.retry_us;
                m->batch = (int32_t)(m->count < most ? m->count : most);
                m->has_begun = true;
        }
        if (m->must_abort || m->output_lost) {
                m->must_abort = true;
                load_txn_end(c, false);
                return INT64_MAX;
        }
        while (m->ready < m->batch && try_process(c, m->ready, now_us, &due_us))
                m->ready++;
        if (m->ready < m->batch)
                return due_us;
        if (!m->is_committing)
                send_offsets(c);
        else
                load_txn_end(c, true);
        return INT64_MAX;
}

int64_t member_work(struct load_client *c, int64_t now_us)
{
        if (c->member->busy_us == 0)
                consumer_polled(c->consumer);
        switch ((enum commit_policy)c->plan->policy) {
        case COMMIT_AFTER: return work_after(c, now_us);
        case COMMIT_BEFORE: return work_before(c, now_us);
        case COMMIT_AUTO: return INT64_MAX;
        case COMMIT_TRANSACTION: return work_in_transaction(c, now_us);
        }
        return INT64_MAX;
}
