/* The life of a member of a group, and what its group tells it. Callbacks only note what has
 * happened; what follows from it is done in load_member_work(). */
#include "sim/load_member.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_US = 50000 };

/* --- what the group says --- */

static void add_assignment(struct load_client *c, int32_t partition, enum assignment kind)
{
        struct history_assignment a = {
                .time_ns = load_now_ns(c),
                .kind = kind,
                .group = member_group(c),
                .client = c->id,
                .generation = kind == ASSIGNMENT_ENDED ? -1 : member_generation(c),
                .partition = member_first_partition(c) + partition,
        };
        history_add_assignment(c->load->history, &a);
        load_note(c, NOTE_ASSIGNED, a.group, a.partition, kind);
}

static void on_assigned(void *context, const struct consumer_partition *partitions, int32_t count)
{
        struct load_client *c = context;
        for (int32_t i = 0; i < count; i++) {
                int32_t partition = partitions[i].partition;
                c->member->partitions[partition] = (struct progress){.is_owned = true,
                                                                     .leader_epoch = -1,
                                                                     .done = -1,
                                                                     .asked = -1,
                                                                     .committed = -1,
                                                                     .read = -1};
                add_assignment(c, partition, ASSIGNMENT_GIVEN);
                load_add_start(c, member_first_partition(c) + partition);
        }
        if (c->is_stalled)
                load_pause(c, true);
}

static void on_revoked(void *context, const struct consumer_partition *partitions, int32_t count,
                       enum revocation how)
{
        struct load_client *c = context;
        struct load_member *m = c->member;
        if (how == REVOKED && c->plan->policy == COMMIT_AFTER) {
                member_take_processed(c);
                if (!m->is_committing)
                        member_commit(c);
        }
        for (int32_t i = 0; i < count; i++) {
                int32_t partition = partitions[i].partition;
                m->partitions[partition].is_owned = false;
                add_assignment(c, partition, how == REVOKED ? ASSIGNMENT_REVOKED : ASSIGNMENT_LOST);
        }
        member_drop_revoked(c, false);
        c->has_news = true;
}

static bool shares_instance(const struct load_client *c)
{
        const struct scenario *s = c->load->scenario;
        int32_t count = 0;
        for (int32_t i = 0; i < s->client_count; i++)
                count += strcmp(s->clients[i].instance, c->plan->instance) == 0;
        return count > 1;
}

/* Two members of one instance id are meant to fence each other. One alone may be taken for two when
 * what its last life has asked for comes late; then it starts anew, as a program must. */
static void on_group_error(void *context, enum kerr err)
{
        struct load_client *c = context;
        c->has_news = true;
        c->is_fenced = err == KERR_FENCED_INSTANCE_ID && shares_instance(c);
        c->member->must_restart = !c->is_fenced;
        c->member->retry_us = sim_node_mono_ms(c->node) * 1000 + RETRY_US;
}

static void on_record(void *context, const struct consumer_record *record)
{
        struct load_client *c = context;
        struct load_member *m = c->member;
        struct item item = {
                .read = load_add_record(c, record, member_group(c), member_generation(c)),
                .partition = record->partition,
                .offset = record->offset,
                .leader_epoch = record->leader_epoch,
        };
        if (c->plan->policy == COMMIT_AUTO) {
                member_process(c, &item);
                return;
        }
        if (item.offset < m->partitions[item.partition].read)
                member_drop_cut(c, item.partition, item.offset);
        m->partitions[item.partition].read = item.offset + 1;
        if (m->count == m->capacity) {
                m->capacity = m->capacity > 0 ? 2 * m->capacity : 16;
                m->items = realloc(m->items, (size_t)m->capacity * sizeof *m->items);
                if (!m->items)
                        abort();
        }
        m->items[m->count++] = item;
        c->has_news = true;
}

/* --- its life --- */

void load_member_open(struct load_client *c)
{
        const char *topic = member_topic(c);
        struct consumer_config config = load_consumer_config(c);
        c->member = calloc(1, sizeof *c->member);
        if (!c->member)
                abort();
        config.group_id = c->plan->group;
        if (*c->plan->instance)
                config.group_instance_id = c->plan->instance;
        config.assignor = (enum assignor_kind)c->plan->assignor;
        config.session_timeout_ms = (int32_t)(c->plan->session_ns / SIM_NS_PER_MS);
        config.heartbeat_interval_ms = config.session_timeout_ms / 4 + 1;
        config.max_poll_interval_ms = 3 * config.session_timeout_ms;
        config.enable_auto_commit = c->plan->policy == COMMIT_AUTO;
        config.auto_commit_interval_ms = load_draw(c, 50, 500);
        config.on_assigned = on_assigned;
        config.on_revoked = on_revoked;
        config.on_group_error = on_group_error;
        config.on_record = on_record;
        c->consumer = consumer_open(c->client, &config);
        if (c->plan->verb == VERB_PIPELINE)
                load_producer_open(c);
        consumer_subscribe(c->consumer, &topic, 1);
}

void load_member_close(struct load_client *c)
{
        struct load_member *m = c->member;
        consumer_close(c->consumer);
        c->consumer = NULL;
        if (c->producer)
                load_producer_close(c);
        for (int32_t i = 0; i < m->commit_count && m->is_committing; i++) {
                struct history_commit *commit = &c->load->history->commits[m->commit_first + i];
                if (commit->outcome == OUTCOME_PENDING)
                        commit->outcome = OUTCOME_UNKNOWN;
        }
        for (int32_t i = 0; i < member_partition_count(c); i++)
                if (m->partitions[i].is_owned)
                        add_assignment(c, i, ASSIGNMENT_ENDED);
        free(m->items);
        free(m);
        c->member = NULL;
}

/* As a program does that meets what it cannot mend. */
static bool must_restart(const struct load_client *c)
{
        const struct load_member *m = c->member;
        if (c->plan->policy == COMMIT_TRANSACTION)
                return m->must_restart || c->txn.state == LOAD_TXN_BROKEN;
        return m->must_restart || (m->output_lost && c->plan->policy == COMMIT_AFTER);
}

int64_t load_member_work(struct load_client *c, int64_t now_us)
{
        if (c->is_fenced)
                return INT64_MAX;
        if (!c->member) {
                /* Nobody but the group's leader would see the topic come, and a leader that is a
                 * static member does not know that it is one after a restart (KIP-814). */
                if (c->load->topics[c->plan->topic] == LOAD_UNMADE ||
                    c->load->topics[c->plan->topic] == LOAD_ASKED_FOR)
                        return INT64_MAX;
                load_member_open(c);
        }
        if (must_restart(c)) {
                int64_t at_us =
                        c->txn.state == LOAD_TXN_BROKEN ? c->txn.retry_us : c->member->retry_us;
                if (now_us < at_us)
                        return at_us;
                load_member_close(c);
                load_member_open(c);
        }
        return member_work(c, now_us);
}

bool load_member_owns(const struct load_client *c, int32_t partition)
{
        return c->member && c->member->partitions[partition - member_first_partition(c)].is_owned;
}

bool load_member_is_idle(const struct load_client *c)
{
        const struct load_member *m = c->member;
        if (!m || m->count > 0 || m->outputs > 0 || m->is_committing || must_restart(c) ||
            member_has_uncommitted(c))
                return false;
        for (int32_t i = 0; i < member_partition_count(c); i++) {
                struct consumer_position position;
                if (m->partitions[i].is_owned &&
                    (consumer_position(c->consumer, member_topic(c), i, &position) ||
                     position.position < c->load->must_reach[member_first_partition(c) + i]))
                        return false;
        }
        return true;
}

void load_member_tell(const struct load_client *c, struct buffer *waiting)
{
        const struct load_member *m = c->member;
        buffer_printf(waiting, "    %s of group %s: ", c->name, c->plan->group);
        if (!m) {
                buffer_printf(waiting, "does not run\n");
                return;
        }
        buffer_printf(waiting, "generation %" PRId32 ", %" PRId32 " records wait%s, owns",
                      member_generation(c), m->count, m->is_committing ? ", commits" : "");
        for (int32_t i = 0; i < member_partition_count(c); i++) {
                struct consumer_position at = {.position = -1};
                if (!m->partitions[i].is_owned)
                        continue;
                consumer_position(c->consumer, member_topic(c), i, &at);
                buffer_printf(waiting, " %s/%" PRId32 " (at %" PRId64 " of %" PRId64 ")",
                              member_topic(c), i, at.position,
                              c->load->must_reach[member_first_partition(c) + i]);
        }
        buffer_printf(waiting, "\n");
}
