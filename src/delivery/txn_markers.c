/* The second phase: what is decided goes to every partition of the transaction, until each has its
 * marker. One WriteTxnMarkers to a broker carries all that is due there; what becomes due meanwhile
 * goes with the next one. Source: Kafka's TransactionMarkerChannelManager. */
#include "delivery/txn_private.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

/* PREPARE_… is the committed state, unless a bug has put the cart before the horse. */
static const struct txn_state *decision_of(const struct txn *t)
{
        return txn_is_prepared(&t->now) ? &t->now : &t->next;
}

void markers_begin(struct txn *t, const struct txn_state *decided)
{
        struct txn_coordinator *c = t->log->coordinator;
        assert(txn_is_prepared(decided));
        if (t->is_decided)
                return;
        t->owed_count = t->owed_left = txn_topics_partitions(&decided->topics);
        t->owed = calloc((size_t)t->owed_count + 1, sizeof *t->owed);
        if (!t->owed)
                abort();
        struct marker_owed *owed = t->owed;
        for (int32_t i = 0; i < decided->topics.count; i++) {
                const struct transaction_log_topic *topic = &decided->topics.items[i];
                for (int32_t p = 0; p < topic->partitions.count; p++)
                        *owed++ = (struct marker_owed){.topic = topic->name,
                                                       .partition = topic->partitions.items[p],
                                                       .asked_node = -1};
        }
        t->retry_ms = INT64_MIN;
        t->is_decided = true;
        DL_APPEND2(c->decided, t, prev, next_decided);
}

void markers_end(struct txn *t)
{
        if (!t->is_decided)
                return;
        DL_DELETE2(t->log->coordinator->decided, t, prev, next_decided);
        t->is_decided = false;
        free(t->owed);
        t->owed = NULL;
        t->owed_count = t->owed_left = 0;
}

static void done_with(struct txn *t, struct marker_owed *owed)
{
        owed->is_done = true;
        t->owed_left--;
}

static void retry_later(struct txn *t)
{
        t->retry_ms = txn_mono_ms(t->log->coordinator) + TXN_RETRY_MS;
}

/* --- one WriteTxnMarkers --- */

static bool owes(const struct txn *t, int32_t node)
{
        for (int32_t i = 0; i < t->owed_count; i++) {
                if (t->owed[i].asked_node == node)
                        return true;
        }
        return false;
}

static void fill_marker(const struct txn *t, int32_t node, struct arena *arena,
                        struct write_txn_markers_marker *marker)
{
        const struct txn_state *decided = decision_of(t);
        struct write_txn_markers_topic *topic = NULL;
        *marker = (struct write_txn_markers_marker){
                .producer_id = decided->producer_id,
                .producer_epoch = decided->producer_epoch,
                .transaction_result = decided->status == TRANSACTION_PREPARE_COMMIT,
                .coordinator_epoch = t->log->log.leader_epoch,
        };
        marker->topics.items =
                txn_alloc(arena, (size_t)t->owed_count * sizeof *marker->topics.items);
        for (int32_t i = 0; i < t->owed_count; i++) {
                const struct marker_owed *owed = &t->owed[i];
                if (owed->asked_node != node)
                        continue;
                if (!topic || !str_equal(topic->name, owed->topic)) {
                        topic = &marker->topics.items[marker->topics.count++];
                        topic->name = owed->topic;
                        topic->partitions.items =
                                txn_alloc(arena, (size_t)t->owed_count * sizeof owed->partition);
                }
                topic->partitions.items[topic->partitions.count++] = owed->partition;
        }
}

/* Of what was due when it was sent, what still is. */
static void write_request(void *context, struct serde *out)
{
        struct marker_node *node = context;
        struct write_txn_markers_request request = {0};
        struct arena arena;
        struct txn *t;
        int32_t decided = 0;
        arena_init(&arena, SIZE_MAX);
        DL_COUNT2(node->coordinator->decided, t, decided, next_decided);
        request.markers.items = txn_alloc(&arena, (size_t)decided * sizeof *request.markers.items);
        DL_FOREACH2(node->coordinator->decided, t, next_decided)
        {
                if (owes(t, node->id) && txn_log_leads(t->log))
                        fill_marker(t, node->id, &arena,
                                    &request.markers.items[request.markers.count++]);
        }
        serde_write_txn_markers_request(out, &request);
        arena_deinit(&arena);
}

static const struct write_txn_markers_marker_response *
marker_answer(const struct write_txn_markers_response *answer, int64_t producer_id)
{
        for (int32_t i = 0; i < answer->markers.count; i++) {
                if (answer->markers.items[i].producer_id == producer_id)
                        return &answer->markers.items[i];
        }
        return NULL;
}

static bool is_written(const struct write_txn_markers_marker_response *marker,
                       const struct marker_owed *owed)
{
        for (int32_t t = 0; marker && t < marker->topics.count; t++) {
                const struct write_txn_markers_topic_response *topic = &marker->topics.items[t];
                if (!str_equal(topic->name, owed->topic))
                        continue;
                for (int32_t p = 0; p < topic->partitions.count; p++) {
                        if (topic->partitions.items[p].index == owed->partition)
                                return !topic->partitions.items[p].error_code;
                }
        }
        return false;
}

/* Whatever is wrong, it is tried again: the leader has moved, or its replicas are too few. A
 * coordinator that is told that there is a newer one tries in vain until it hears so itself. */
static void take_answer(struct txn *t, int32_t node,
                        const struct write_txn_markers_response *answer)
{
        const struct write_txn_markers_marker_response *marker =
                marker_answer(answer, decision_of(t)->producer_id);
        for (int32_t i = 0; i < t->owed_count; i++) {
                struct marker_owed *owed = &t->owed[i];
                if (owed->asked_node != node)
                        continue;
                owed->asked_node = -1;
                if (is_written(marker, owed))
                        done_with(t, owed);
                else
                        retry_later(t);
        }
}

static void on_answer(void *context, enum kerr err, struct serde *body)
{
        struct marker_node *node = context;
        struct write_txn_markers_response answer = {0};
        struct txn *t;
        node->is_asked = false;
        if (!err) {
                serde_write_txn_markers_response(body, &answer);
                if (body->err)
                        answer = (struct write_txn_markers_response){0};
        }
        DL_FOREACH2(node->coordinator->decided, t, next_decided)
        {
                take_answer(t, node->id, &answer);
        }
}

static void send_markers(struct txn_coordinator *c, struct marker_node *node)
{
        node->is_due = false;
        node->is_asked = true;
        c->config.sender->send(c->config.sender,
                               &(struct rpc){.node = node->id,
                                             .api_key = API_WRITE_TXN_MARKERS,
                                             .version = 1,
                                             .timeout_ms = c->config.request_timeout_ms,
                                             .write = write_request,
                                             .on_answer = on_answer,
                                             .context = node});
}

/* --- what is due --- */

static struct marker_node *node_of(struct txn_coordinator *c, int32_t id)
{
        struct marker_node *node;
        HASH_FIND_INT(c->nodes, &id, node);
        if (node)
                return node;
        node = calloc(1, sizeof *node);
        if (!node)
                abort();
        node->coordinator = c;
        node->id = id;
        HASH_ADD_INT(c->nodes, id, node);
        return node;
}

static void address_to(struct marker_node *node, struct marker_owed *owed)
{
        if (node->is_asked)
                return; /* it goes with the next request */
        owed->asked_node = node->id;
        node->is_due = true;
}

/* For each marker that is due, who should get it. */
static void address(struct txn_coordinator *c, struct txn *t)
{
        for (int32_t i = 0; i < t->owed_count; i++) {
                struct marker_owed *owed = &t->owed[i];
                if (owed->is_done || owed->asked_node >= 0)
                        continue;
                int32_t leader =
                        c->config.leader_of(c->config.context, owed->topic, owed->partition);
                if (leader == -2)
                        done_with(t, owed);
                else if (leader < 0)
                        retry_later(t);
                else
                        address_to(node_of(c, leader), owed);
        }
}

static void complete(struct txn *t)
{
        struct txn_state next = txn_next_complete(&t->now, txn_wall_ms(t->log->coordinator));
        if (txn_write(t, next, NULL, 0, KERR_NONE))
                retry_later(t);
}

int64_t markers_run(struct txn_coordinator *c)
{
        int64_t now = txn_mono_ms(c), next = INT64_MAX;
        struct txn *t, *following;
        DL_FOREACH2(c->decided, t, next_decided)
        {
                if (t->retry_ms <= now && txn_log_leads(t->log))
                        address(c, t);
        }
        for (struct marker_node *node = c->nodes; node; node = node->hh.next) {
                if (node->is_due)
                        send_markers(c, node);
        }
        /* An append may be what commits the end of `following`: then it is on the list no more. */
        DL_FOREACH_SAFE2(c->decided, t, following, next_decided)
        {
                if (t->is_decided && t->retry_ms <= now && t->owed_left == 0 && !t->is_pending &&
                    txn_log_leads(t->log))
                        complete(t);
                if (t->retry_ms > now && t->retry_ms < next)
                        next = t->retry_ms;
        }
        return next;
}
