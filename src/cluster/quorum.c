#include "cluster/quorum_private.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_ELECTION_PART = 10 }; /* of the election time-out: how far chance spreads it */

static int64_t now_ms(const struct quorum *q)
{
        return q->config.world->mono_ms(q->config.world);
}

int32_t quorum_majority(const struct quorum *q)
{
        return q->config.voter_count / 2 + 1;
}

struct quorum_peer *quorum_peer(struct quorum *q, int32_t id)
{
        for (int32_t i = 0; i < q->config.voter_count; i++) {
                if (q->config.voters[i].id == id)
                        return &q->own->peers[i];
        }
        return NULL;
}

bool quorum_is_voter(const struct quorum *q)
{
        for (int32_t i = 0; i < q->config.voter_count; i++) {
                if (q->config.voters[i].id == q->config.node_id)
                        return true;
        }
        return false;
}

bool quorum_has_failed(const struct quorum *q)
{
        return q->own->has_failed;
}

bool quorum_may_write(const struct quorum *q)
{
        return q->role == QUORUM_LEADER && q->high_watermark > q->own->epoch_start;
}

void quorum_log_end(const struct quorum *q, int32_t *epoch, int64_t *end_offset)
{
        *end_offset = partition_log_end(q->config.log);
        *epoch = partition_log_last_epoch(q->config.log);
        if (q->own->snapshots.newest.end_offset == *end_offset)
                *epoch = q->own->snapshots.newest.epoch;
}

/* --- what must not be forgotten --- */

void quorum_fail(struct quorum *q, const char *what, enum kerr err)
{
        world_log(q->config.world, WORLD_ERROR,
                  "quorum: %s failed (%s): this node takes no part any more", what, kerr_text(err));
        q->role = QUORUM_UNATTACHED;
        q->leader = -1;
        q->own->has_failed = true;
}

bool quorum_save(struct quorum *q)
{
        struct quorum_private *own = q->own;
        if (own->has_failed)
                return false;
        /* An observer promises nothing. */
        if (!own->state_changed || !quorum_is_voter(q))
                return true;
        own->state_changed = false;
        if (zoo_has(q->config.world->zoo, ZOO_VOTE_FORGOTTEN)) /* Raft 5.2 */
                return true;
        struct quorum_state state = {
                .epoch = q->epoch,
                .leader = q->leader,
                .voted_for = q->voted_for,
                .voter_count = q->config.voter_count,
        };
        for (int32_t i = 0; i < state.voter_count; i++)
                state.voters[i] = q->config.voters[i].id;
        enum kerr err =
                quorum_state_write(q->config.world, partition_log_directory(q->config.log), &state);
        if (err)
                quorum_fail(q, "writing quorum-state", err);
        return !err;
}

/* --- roles --- */

void quorum_stay_quiet(struct quorum *q)
{
        struct world *w = q->config.world;
        int64_t timeout_ms = q->config.election_timeout_ms;
        q->own->is_new = false;
        q->own->deadline_ms = now_ms(q);
        /* Chance keeps voters from standing all at once, again and again. */
        if (q->config.voter_count > 1)
                q->own->deadline_ms +=
                        timeout_ms + (int64_t)(w->random_u64(w) % (uint64_t)timeout_ms);
}

static void take_role(struct quorum *q, enum quorum_role role, int32_t leader)
{
        struct quorum_private *own = q->own;
        if (q->role == QUORUM_LEADER)
                world_log(q->config.world, WORLD_INFO, "quorum: resigned in epoch %d", q->epoch);
        q->role = role;
        q->leader = leader;
        for (int32_t i = 0; i < q->config.voter_count; i++) {
                own->peers[i] =
                        (struct quorum_peer){.replica = {q->config.voters[i].id, -1, -1, -1, -1}};
        }
        own->observer_count = 0;
        own->fetch = NULL;
        own->fetch_after_ms = 0;
        quorum_drop_download(q);
}

/* The time-out runs on: else a voter that cannot win, but keeps standing, keeps those that could
 * win from standing. */
void quorum_unattach(struct quorum *q)
{
        bool led = q->role == QUORUM_LEADER;
        take_role(q, QUORUM_UNATTACHED, -1);
        if (led)
                quorum_stay_quiet(q);
}

void quorum_enter_epoch(struct quorum *q, int32_t epoch)
{
        assert(epoch > q->epoch);
        quorum_unattach(q);
        q->epoch = epoch;
        q->voted_for = -1;
        q->own->state_changed = true;
}

void quorum_follow(struct quorum *q, int32_t leader)
{
        take_role(q, QUORUM_FOLLOWER, leader);
        q->own->is_new = false;
        q->own->deadline_ms = now_ms(q) + q->config.fetch_timeout_ms;
        world_log(q->config.world, WORLD_INFO, "quorum: follows leader %d in epoch %d", leader,
                  q->epoch);
}

void quorum_stand(struct quorum *q)
{
        quorum_enter_epoch(q, q->epoch + 1);
        take_role(q, QUORUM_CANDIDATE, -1);
        quorum_stay_quiet(q);
        q->voted_for = q->config.node_id;
        struct quorum_peer *self = quorum_peer(q, q->config.node_id);
        self->granted = self->answered = true;
        if (quorum_majority(q) == 1)
                quorum_lead(q);
}

static enum kerr append(struct quorum *q, struct batch_builder *batch, int64_t *end_offset)
{
        struct buffer bytes = {0};
        struct log_append done;
        batch->header.base_offset = partition_log_end(q->config.log);
        batch->header.leader_epoch = q->epoch;
        enum kerr err = batch_builder_finish(batch, 0, &bytes);
        if (!err)
                err = partition_log_append_as_follower(q->config.log, buffer_span(&bytes), &done);
        buffer_deinit(&bytes);
        *end_offset = partition_log_end(q->config.log);
        if (!err)
                return KERR_NONE;
        quorum_fail(q, "appending", err);
        return KERR_KAFKA_STORAGE_ERROR;
}

void quorum_lead(struct quorum *q)
{
        struct quorum_private *own = q->own;
        int32_t voters[VOTERS_MAX], granting[VOTERS_MAX];
        struct leader_change_message message = {
                .leader_id = q->config.node_id,
                .voters = {voters, q->config.voter_count},
                .granting_voters = {granting, 0},
        };
        for (int32_t i = 0; i < q->config.voter_count; i++) {
                voters[i] = q->config.voters[i].id;
                if (own->peers[i].granted)
                        granting[message.granting_voters.count++] = voters[i];
        }
        take_role(q, QUORUM_LEADER, q->config.node_id);
        quorum_peer(q, q->config.node_id)->answered = true;
        if (!quorum_save(q))
                return;
        world_log(q->config.world, WORLD_INFO, "quorum: elected leader of epoch %d", q->epoch);
        own->led_since_ms = now_ms(q);
        own->epoch_start = partition_log_end(q->config.log);
        struct batch_builder batch;
        int64_t end_offset;
        batch_builder_init(&batch);
        metadata_log_add_leader_change(q->config.world, &batch, &message);
        append(q, &batch, &end_offset);
        batch_builder_deinit(&batch);
}

/* The voters but us, the one with the longest log first. */
static void list_successors(struct quorum *q)
{
        struct quorum_private *own = q->own;
        int32_t count = 0;
        for (int32_t i = 0; i < q->config.voter_count; i++) {
                const struct quorum_replica *r = &own->peers[i].replica;
                if (r->id == q->config.node_id)
                        continue;
                int32_t at = count++;
                for (; at > 0; at--) {
                        int32_t before = own->successors[at - 1];
                        if (quorum_peer(q, before)->replica.end_offset >= r->end_offset)
                                break;
                        own->successors[at] = before;
                }
                own->successors[at] = r->id;
        }
}

void quorum_resign(struct quorum *q)
{
        /* Nobody else could lead. */
        if (q->role != QUORUM_LEADER || q->config.voter_count == 1)
                return;
        list_successors(q);
        take_role(q, QUORUM_RESIGNED, -1);
        quorum_peer(q, q->config.node_id)->answered = true;
        quorum_stay_quiet(q);
        quorum_send_to_voters(q);
}

void quorum_hear(struct quorum *q, int32_t leader, int32_t epoch)
{
        if (epoch == INT32_MAX)
                return; /* nothing could follow it */
        if (epoch > q->epoch)
                quorum_enter_epoch(q, epoch);
        bool seeks = q->role == QUORUM_UNATTACHED || q->role == QUORUM_CANDIDATE;
        if (seeks && epoch == q->epoch && leader != q->config.node_id && quorum_peer(q, leader))
                quorum_follow(q, leader);
}

/* The election time-out gives a leader the time to be heard of. Where each of the others has said
 * that it knows none, it itself does not lead, so there is nobody to wait for. */
void quorum_hear_of_no_leader(struct quorum *q, int32_t voter)
{
        struct world *w = q->config.world;
        if (!q->own->is_new)
                return;
        quorum_peer(q, voter)->knows_no_leader = true;
        for (int32_t i = 0; i < q->config.voter_count; i++) {
                const struct quorum_peer *peer = &q->own->peers[i];
                if (peer->replica.id != q->config.node_id && !peer->knows_no_leader)
                        return;
        }
        /* They come to know it all at once: chance still keeps them apart. */
        int64_t soon_ms = q->config.election_timeout_ms / FIRST_ELECTION_PART;
        int64_t stand_ms = now_ms(q) + (int64_t)(w->random_u64(w) % (uint64_t)(soon_ms + 1));
        if (stand_ms < q->own->deadline_ms)
                q->own->deadline_ms = stand_ms;
        q->own->is_new = false;
}

/* --- the log as the controller sees it --- */

enum kerr quorum_append(struct quorum *q, struct batch_builder *batch, int64_t *end_offset)
{
        return q->role == QUORUM_LEADER ? append(q, batch, end_offset) : KERR_NOT_CONTROLLER;
}

static enum kerr store_append(struct metadata_store *store, struct batch_builder *change,
                              int64_t *end_offset)
{
        return quorum_append((struct quorum *)(void *)store, change, end_offset);
}

static int64_t store_next_offset(struct metadata_store *store)
{
        return partition_log_end(((struct quorum *)(void *)store)->config.log);
}

/* --- opening and closing --- */

/* After a restart the vote still binds, and an epoch that the log has is over for standing. */
static enum kerr load_state(struct quorum *q)
{
        struct quorum_state state = {.leader = -1, .voted_for = -1};
        enum kerr err = KERR_NONE;
        if (quorum_is_voter(q))
                err = quorum_state_read(q->config.world, partition_log_directory(q->config.log),
                                        &state);
        if (err)
                return err;
        for (int32_t i = 0; i < state.voter_count; i++) {
                if (state.voter_count == q->config.voter_count && quorum_peer(q, state.voters[i]))
                        continue;
                world_log(q->config.world, WORLD_ERROR,
                          "quorum-state has other voters than controller.quorum.voters");
                return KERR_INVALID_CONFIG;
        }
        int64_t end_offset;
        quorum_log_end(q, &q->epoch, &end_offset);
        if (state.epoch < q->epoch)
                return KERR_NONE;
        q->epoch = state.epoch;
        /* Kafka writes no vote where the leader is known. */
        q->voted_for = state.voted_for >= 0 ? state.voted_for : state.leader;
        return KERR_NONE;
}

/* Brings the log in line with the snapshots: it begins with one, or at 0, and does not end before
 * the newest. A crash may have come between the two. */
static enum kerr load_snapshots(struct quorum *q)
{
        struct partition_log *log = q->config.log;
        struct snapshots *s = &q->own->snapshots;
        enum kerr err = snapshot_tidy(q->config.world, partition_log_directory(log), s);
        int64_t snapshot_end = s->newest.end_offset, log_end = partition_log_end(log);
        bool differs = snapshot_end == log_end && partition_log_start(log) < log_end &&
                       partition_log_last_epoch(log) != s->newest.epoch;
        if (!err && (snapshot_end > log_end || differs))
                err = partition_log_restart_at(log, snapshot_end);
        if (err)
                return err;
        int64_t start = partition_log_start(log);
        if (start > 0 && start > snapshot_end) {
                world_log(q->config.world, WORLD_ERROR,
                          "%s: the log begins at %lld, and there is no snapshot of what lay below",
                          partition_log_directory(log), (long long)start);
                return KERR_MALFORMED;
        }
        q->high_watermark = snapshot_end;
        if (start == 0)
                return KERR_NONE;
        return partition_log_advance_start(log, start <= s->older.end_offset ? s->older.end_offset
                                                                             : snapshot_end);
}

enum kerr quorum_open(struct quorum *q, const struct quorum_config *config)
{
        *q = (struct quorum){
                .store = {store_append, store_next_offset},
                .config = *config,
                .leader = -1,
                .voted_for = -1,
                .high_watermark = -1,
                .own = calloc(1, sizeof *q->own),
        };
        if (!q->own)
                abort();
        q->own->safe_end = partition_log_recovery_point(config->log);
        enum kerr err = load_snapshots(q);
        if (!err)
                err = load_state(q);
        take_role(q, QUORUM_UNATTACHED, -1);
        quorum_stay_quiet(q);
        q->own->is_new = quorum_is_voter(q);
        /* A process killed while it wrote its vote may leave one that is not synced: nobody was
         * told of it yet, but we would. */
        q->own->state_changed = q->epoch > 0;
        if (!err)
                quorum_save(q);
        return err;
}

void quorum_close(struct quorum *q)
{
        while (q->own->calls)
                quorum_call_end(q->own->calls);
        quorum_drop_download(q);
        quorum_close_served(q);
        free(q->own);
        q->own = NULL;
}

/* --- calls --- */

struct quorum_call *quorum_call(const struct quorum_call *call, int16_t version, int64_t timeout_ms,
                                void (*write)(void *call, struct serde *out),
                                void (*on_answer)(void *call, enum kerr err, struct serde *body))
{
        struct quorum *q = call->q;
        if (!quorum_save(q))
                return NULL;
        struct quorum_call *copy = malloc(sizeof *copy);
        if (!copy)
                abort();
        *copy = *call;
        copy->next = q->own->calls;
        q->own->calls = copy;
        struct rpc rpc = {call->node, call->api_key, version, timeout_ms, write, on_answer, copy};
        q->config.sender->send(q->config.sender, &rpc);
        return copy;
}

struct quorum_call quorum_call_end(struct quorum_call *call)
{
        struct quorum_call **at = &call->q->own->calls;
        while (*at != call)
                at = &(*at)->next;
        *at = call->next;
        struct quorum_call copy = *call;
        free(call);
        return copy;
}

/* --- time --- */

static int64_t due_ms(const struct quorum *q)
{
        if (q->role == QUORUM_LEADER)
                return quorum_check_due_ms(q);
        bool waits = q->role != QUORUM_UNATTACHED || quorum_is_voter(q);
        return waits ? q->own->deadline_ms : INT64_MAX;
}

static void pass_time(struct quorum *q)
{
        if (now_ms(q) < due_ms(q))
                return;
        if (q->role == QUORUM_LEADER)
                quorum_resign(q);
        else if (quorum_is_voter(q))
                quorum_stand(q);
        else
                quorum_unattach(q);
}

/* One sync for all that was appended since the last one. */
static void flush(struct quorum *q)
{
        enum kerr err = KERR_NONE;
        /* KAFKA-10533: what is asked next, and what counts, runs ahead of the sync. */
        if (!zoo_has(q->config.world->zoo, ZOO_ANSWERS_BEFORE_FLUSH))
                err = partition_log_flush(q->config.log);
        if (err)
                quorum_fail(q, "syncing", err);
        else
                q->own->safe_end = partition_log_end(q->config.log);
}

int64_t quorum_run(struct quorum *q)
{
        if (!q->own->has_failed)
                pass_time(q);
        if (!q->own->has_failed)
                flush(q);
        if (q->own->has_failed)
                return INT64_MAX;
        if (q->role == QUORUM_LEADER)
                quorum_advance(q);
        int64_t voters_ms = quorum_send_to_voters(q), fetch_ms = quorum_send_fetch(q);
        int64_t next_ms = due_ms(q);
        if (voters_ms < next_ms)
                next_ms = voters_ms;
        return fetch_ms < next_ms ? fetch_ms : next_ms;
}
