#include "cluster/quorum_private.h"

/* --- messages that come in --- */

/* What all three have in common: they come from a voter to a voter, in an epoch that is not over.
 */
static enum kerr check_sender(struct quorum *q, int32_t sender, int32_t epoch)
{
        if (q->own->has_failed)
                return KERR_KAFKA_STORAGE_ERROR;
        if (!quorum_is_voter(q) || !quorum_peer(q, sender))
                return KERR_INCONSISTENT_VOTER_SET;
        if (sender == q->config.node_id || epoch == INT32_MAX)
                return KERR_INVALID_REQUEST;
        return epoch < q->epoch ? KERR_FENCED_LEADER_EPOCH : KERR_NONE;
}

/* Raft 5.4.1: who leads must have all that was committed. A majority has it, so one voter of every
 * majority would know better than to vote for a log that lacks some. */
static bool is_long_enough(const struct quorum *q, int32_t last_epoch, int64_t end_offset)
{
        int32_t our_epoch;
        int64_t our_end;
        if (zoo_has(q->config.world->zoo, ZOO_VOTES_FOR_SHORTER_LOG)) /* Raft 5.4.1 */
                return true;
        quorum_log_end(q, &our_epoch, &our_end);
        return last_epoch > our_epoch || (last_epoch == our_epoch && end_offset >= our_end);
}

static bool may_vote(const struct quorum *q, const struct vote_partition *p)
{
        bool is_free = q->voted_for < 0 || q->voted_for == p->candidate_id;
        return q->role == QUORUM_UNATTACHED && is_free &&
               is_long_enough(q, p->last_offset_epoch, p->last_offset);
}

void quorum_handle_vote(struct quorum *q, const struct vote_request *in, struct arena *arena,
                        struct vote_response *out)
{
        const struct vote_partition *p = QUORUM_PARTITION(in);
        out->error_code = KERR_INVALID_REQUEST;
        if (!p || !QUORUM_MAKE_ONE(arena, &out->topics) ||
            !QUORUM_MAKE_ONE(arena, &out->topics.items->partitions))
                return;
        enum kerr err = check_sender(q, p->candidate_id, p->candidate_epoch);
        if (!err && p->candidate_epoch > q->epoch)
                quorum_enter_epoch(q, p->candidate_epoch);
        bool granted = !err && may_vote(q, p);
        if (granted && q->voted_for != p->candidate_id) {
                q->voted_for = p->candidate_id;
                q->own->state_changed = true;
        }
        if (granted)
                quorum_stay_quiet(q);
        if (!quorum_save(q))
                err = KERR_KAFKA_STORAGE_ERROR;
        out->error_code = KERR_NONE;
        out->topics.items->name = str_of(METADATA_TOPIC_NAME);
        *out->topics.items->partitions.items = (struct vote_partition_response){
                .error_code = (int16_t)err,
                .leader_id = q->leader,
                .leader_epoch = q->epoch,
                .vote_granted = granted && !err,
        };
}

void quorum_handle_begin_epoch(struct quorum *q, const struct begin_quorum_epoch_request *in,
                               struct arena *arena, struct begin_quorum_epoch_response *out)
{
        const struct begin_quorum_epoch_partition *p = QUORUM_PARTITION(in);
        out->error_code = KERR_INVALID_REQUEST;
        if (!p || !QUORUM_MAKE_ONE(arena, &out->topics) ||
            !QUORUM_MAKE_ONE(arena, &out->topics.items->partitions))
                return;
        enum kerr err = check_sender(q, p->leader_id, p->leader_epoch);
        if (!err)
                quorum_hear(q, p->leader_id, p->leader_epoch);
        /* It says that it leads in an epoch of which we know another leader, or were it. */
        if (!err && q->leader != p->leader_id)
                err = KERR_INVALID_REQUEST;
        if (!quorum_save(q))
                err = KERR_KAFKA_STORAGE_ERROR;
        out->error_code = KERR_NONE;
        out->topics.items->name = str_of(METADATA_TOPIC_NAME);
        *out->topics.items->partitions.items = (struct quorum_epoch_partition_response){
                .error_code = (int16_t)err, .leader_id = q->leader, .leader_epoch = q->epoch};
}

/* The first successor stands at once, the others one after the other if it does not succeed. */
static void succeed(struct quorum *q, const struct end_quorum_epoch_partition *p)
{
        quorum_unattach(q);
        for (int32_t i = 0; i < p->preferred_successors.count; i++) {
                if (p->preferred_successors.items[i] != q->config.node_id)
                        continue;
                q->own->deadline_ms =
                        q->config.world->mono_ms(q->config.world) +
                        q->config.election_backoff_max_ms * i / p->preferred_successors.count;
                return;
        }
}

void quorum_handle_end_epoch(struct quorum *q, const struct end_quorum_epoch_request *in,
                             struct arena *arena, struct end_quorum_epoch_response *out)
{
        const struct end_quorum_epoch_partition *p = QUORUM_PARTITION(in);
        out->error_code = KERR_INVALID_REQUEST;
        if (!p || !QUORUM_MAKE_ONE(arena, &out->topics) ||
            !QUORUM_MAKE_ONE(arena, &out->topics.items->partitions))
                return;
        enum kerr err = check_sender(q, p->leader_id, p->leader_epoch);
        if (!err && p->leader_epoch > q->epoch)
                quorum_enter_epoch(q, p->leader_epoch);
        bool waits = q->role == QUORUM_UNATTACHED ||
                     (q->role == QUORUM_FOLLOWER && q->leader == p->leader_id);
        if (!err && waits)
                succeed(q, p);
        if (!quorum_save(q))
                err = KERR_KAFKA_STORAGE_ERROR;
        out->error_code = KERR_NONE;
        out->topics.items->name = str_of(METADATA_TOPIC_NAME);
        *out->topics.items->partitions.items = (struct quorum_epoch_partition_response){
                .error_code = (int16_t)err, .leader_id = q->leader, .leader_epoch = q->epoch};
}

/* --- messages that go out --- */

static void write_vote(void *context, struct serde *out)
{
        const struct quorum_call *call = context;
        struct vote_partition p = {
                .candidate_epoch = call->epoch,
                .candidate_id = call->q->config.node_id,
                .last_offset_epoch = call->last_epoch,
                .last_offset = call->end_offset,
        };
        struct vote_topic topic = {str_of(METADATA_TOPIC_NAME), {&p, 1}};
        struct vote_request request = {STR_NULL, {&topic, 1}};
        serde_vote_request(out, &request);
}

static void write_begin_epoch(void *context, struct serde *out)
{
        const struct quorum_call *call = context;
        struct begin_quorum_epoch_partition p = {0, call->q->config.node_id, call->epoch};
        struct begin_quorum_epoch_topic topic = {str_of(METADATA_TOPIC_NAME), {&p, 1}};
        struct begin_quorum_epoch_request request = {STR_NULL, {&topic, 1}};
        serde_begin_quorum_epoch_request(out, &request);
}

static void write_end_epoch(void *context, struct serde *out)
{
        const struct quorum_call *call = context;
        struct quorum *q = call->q;
        struct end_quorum_epoch_partition p = {
                .leader_id = q->config.node_id,
                .leader_epoch = call->epoch,
                .preferred_successors = {q->own->successors, q->config.voter_count - 1},
        };
        struct end_quorum_epoch_topic topic = {str_of(METADATA_TOPIC_NAME), {&p, 1}};
        struct end_quorum_epoch_request request = {STR_NULL, {&topic, 1}};
        serde_end_quorum_epoch_request(out, &request);
}

/* --- answers --- */

/* What the three answers have in common. */
struct voter_answer {
        enum kerr err;
        int32_t leader, epoch;
        bool granted;
};

static bool read_vote(struct serde *body, struct voter_answer *answer)
{
        struct vote_response m = {0};
        serde_vote_response(body, &m);
        const struct vote_partition_response *p = QUORUM_PARTITION(&m);
        if (body->err || !p)
                return false;
        *answer = (struct voter_answer){p->error_code, p->leader_id, p->leader_epoch,
                                        p->vote_granted};
        return true;
}

static bool read_begin_epoch(struct serde *body, struct voter_answer *answer)
{
        struct begin_quorum_epoch_response m = {0};
        serde_begin_quorum_epoch_response(body, &m);
        const struct quorum_epoch_partition_response *p = QUORUM_PARTITION(&m);
        if (body->err || !p)
                return false;
        *answer = (struct voter_answer){p->error_code, p->leader_id, p->leader_epoch, false};
        return true;
}

static bool read_end_epoch(struct serde *body, struct voter_answer *answer)
{
        struct end_quorum_epoch_response m = {0};
        serde_end_quorum_epoch_response(body, &m);
        const struct quorum_epoch_partition_response *p = QUORUM_PARTITION(&m);
        if (body->err || !p)
                return false;
        *answer = (struct voter_answer){p->error_code, p->leader_id, p->leader_epoch, false};
        return true;
}

/* Wins with a majority; without a chance for one, stands again soon. */
static void count_votes(struct quorum *q)
{
        struct world *w = q->config.world;
        int32_t granted = 0, refused = 0;
        for (int32_t i = 0; i < q->config.voter_count; i++) {
                granted += q->own->peers[i].granted;
                refused += q->own->peers[i].answered && !q->own->peers[i].granted;
        }
        if (granted >= quorum_majority(q)) {
                quorum_lead(q);
        } else if (refused > q->config.voter_count - quorum_majority(q)) {
                uint64_t backoff_max_ms = (uint64_t)q->config.election_backoff_max_ms;
                int64_t again_ms =
                        w->mono_ms(w) + (int64_t)(w->random_u64(w) % (backoff_max_ms + 1));
                if (again_ms < q->own->deadline_ms)
                        q->own->deadline_ms = again_ms;
        }
}

static void on_answer(void *context, enum kerr err, struct serde *body)
{
        struct quorum *q = ((struct quorum_call *)context)->q;
        struct quorum_peer *peer = quorum_peer(q, ((struct quorum_call *)context)->node);
        bool counts = peer->call == context;
        struct quorum_call call = quorum_call_end(context);
        struct voter_answer answer = {.err = err};
        if (counts) {
                peer->call = NULL;
                peer->retry_ms = q->config.world->mono_ms(q->config.world) + RETRY_MS;
        }
        if (err || q->own->has_failed)
                return;
        bool whole = call.api_key == API_VOTE                 ? read_vote(body, &answer)
                     : call.api_key == API_BEGIN_QUORUM_EPOCH ? read_begin_epoch(body, &answer)
                                                              : read_end_epoch(body, &answer);
        if (!whole)
                return;
        enum quorum_role role = q->role;
        quorum_hear(q, answer.leader, answer.epoch);
        if (!counts || q->role != role || q->epoch != call.epoch || answer.err)
                return;
        peer->answered = true;
        peer->granted = answer.granted;
        if (role == QUORUM_CANDIDATE)
                count_votes(q);
}

static struct quorum_call *send_to(struct quorum *q, int32_t node)
{
        struct quorum_call call = {.q = q, .node = node, .epoch = q->epoch};
        int64_t timeout_ms = q->config.request_timeout_ms;
        if (q->role == QUORUM_LEADER) {
                call.api_key = API_BEGIN_QUORUM_EPOCH;
                return quorum_call(&call, 0, timeout_ms, write_begin_epoch, on_answer);
        }
        if (q->role == QUORUM_RESIGNED) {
                call.api_key = API_END_QUORUM_EPOCH;
                return quorum_call(&call, 0, timeout_ms, write_end_epoch, on_answer);
        }
        call.api_key = API_VOTE;
        quorum_log_end(q, &call.last_epoch, &call.end_offset);
        return quorum_call(&call, 0, timeout_ms, write_vote, on_answer);
}

int64_t quorum_send_to_voters(struct quorum *q)
{
        int64_t now_ms = q->config.world->mono_ms(q->config.world), next_ms = INT64_MAX;
        if (q->role == QUORUM_UNATTACHED || q->role == QUORUM_FOLLOWER)
                return next_ms;
        for (int32_t i = 0; i < q->config.voter_count; i++) {
                struct quorum_peer *peer = &q->own->peers[i];
                if (peer->answered || peer->call)
                        continue;
                if (peer->retry_ms <= now_ms)
                        peer->call = send_to(q, peer->replica.id);
                else if (peer->retry_ms < next_ms)
                        next_ms = peer->retry_ms;
        }
        return next_ms;
}
