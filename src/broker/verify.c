/* A Produce, or a TxnOffsetCommit, that would open a transaction in a partition waits until the
 * transaction's coordinator has said that it is open and that the partition is in it. Without that
 * a record that comes late, after its transaction has ended, would open one that nobody ends
 * (KIP-890).
 *
 * What comes behind it on the same connection waits too, or it would be appended before it. */
#include "broker/state.h"
#include "wire/coordinator_partition.h"

#include <stdlib.h>
#include <utlist.h>

enum { VERIFY_TIMEOUT_MS = 10000, VERIFY_VERSION = 4 };

/* A partition to be vouched for. */
struct suspect {
        struct str topic;
        int32_t partition;
        uint64_t ticket;
        enum kerr err; /* why it was not */
};

/* What one request needs. While that waits it is on the broker's list, in the order in which they
 * came; then it is the request's. */
struct verification {
        struct broker *broker;
        struct request *request; /* NULL: its client is gone */
        int64_t stream;          /* its connection */
        void (*go_on)(struct request *r);
        struct str transactional_id;
        int64_t producer_id;
        int16_t producer_epoch;
        struct suspect *suspects; /* in the request's memory */
        int32_t count;
        bool waits;     /* is on the list */
        bool is_asking; /* no answer has come yet */
        struct verification *prev, *next;
};

/* --- what must be asked --- */

static void look_at(struct verification *v, struct str topic, int32_t partition,
                    const struct batch_header *h)
{
        enum kerr err;
        uint64_t ticket;
        struct broker *b = v->broker;
        struct hosted_partition *p = hosted_find(b, topic, partition, &err);
        if (!p || !producer_state_must_verify(p->producers, h, &ticket))
                return;
        v->producer_id = h->producer_id;
        v->producer_epoch = h->producer_epoch;
        if (zoo_has(b->world->zoo, ZOO_LATE_WRITE) || /* KAFKA-14402 */
            !config_bool(b->config, CONFIG_TXN_VERIFICATION))
                producer_state_vouch(p->producers, h->producer_id, h->producer_epoch, ticket);
        else
                v->suspects[v->count++] = (struct suspect){topic, partition, ticket, KERR_NONE};
}

static void look_at_produce(struct verification *v, const struct produce_request *in)
{
        struct batch_header h;
        for (int32_t t = 0; t < in->topics.count; t++) {
                const struct produce_topic *topic = &in->topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        const struct produce_partition *p = &topic->partitions.items[i];
                        if (!batch_read_header(p->records.bytes, &h))
                                look_at(v, topic->name, p->index, &h);
                }
        }
}

/* Its records go to the group's partition, once they are made. */
static void look_at_offsets(struct verification *v, const struct txn_offset_commit_request *in)
{
        const struct image_topic *topic =
                image_topic(&v->broker->image, str_of(OFFSETS_TOPIC_NAME));
        struct batch_header h = {.attributes = BATCH_TRANSACTIONAL,
                                 .producer_id = in->producer_id,
                                 .producer_epoch = in->producer_epoch,
                                 .base_sequence = -1};
        if (topic)
                look_at(v, str_of(OFFSETS_TOPIC_NAME),
                        coordinator_partition(in->group_id, topic->partition_count), &h);
}

/* --- asking --- */

static void write_question(void *context, struct serde *out)
{
        struct verification *v = context;
        int32_t count = v->request ? v->count : 0;
        struct add_partitions_to_txn_topic *topics = NULL;
        if (count > 0)
                topics = request_alloc(v->request, (size_t)count * sizeof *topics);
        for (int32_t i = 0; i < count; i++) {
                topics[i].name = v->suspects[i].topic;
                topics[i].partitions.items = &v->suspects[i].partition;
                topics[i].partitions.count = 1;
        }
        struct add_partitions_to_txn_transaction transaction = {
                .transactional_id = v->transactional_id,
                .producer_id = v->producer_id,
                .producer_epoch = v->producer_epoch,
                .verify_only = true,
                .topics = {topics, count},
        };
        struct add_partitions_to_txn_request question = {.transactions = {&transaction, count > 0}};
        serde_add_partitions_to_txn_request(out, &question);
}

/* What a producer should hear: errors that will pass away look like a partition that is not ready,
 * because every producer tries again then. Source: Kafka's ReplicaManager. */
static enum kerr as_producers_know_it(enum kerr err)
{
        switch (err) {
        case KERR_NONE:
        case KERR_INVALID_TXN_STATE:
        case KERR_INVALID_PRODUCER_EPOCH:
        case KERR_INVALID_PRODUCER_ID_MAPPING: return err;
        case KERR_PRODUCER_FENCED: return KERR_INVALID_PRODUCER_EPOCH;
        default: return KERR_NOT_ENOUGH_REPLICAS;
        }
}

static enum kerr find_verdict(const struct add_partitions_to_txn_response *answer,
                              const struct suspect *s)
{
        for (int32_t x = 0; x < answer->transactions.count; x++) {
                const struct add_partitions_to_txn_transaction_response *transaction =
                        &answer->transactions.items[x];
                for (int32_t t = 0; t < transaction->topics.count; t++) {
                        const struct add_partitions_to_txn_topic_response *topic =
                                &transaction->topics.items[t];
                        for (int32_t i = 0; i < topic->partitions.count; i++) {
                                if (str_equal(topic->name, s->topic) &&
                                    topic->partitions.items[i].index == s->partition)
                                        return (enum kerr)topic->partitions.items[i].error_code;
                        }
                }
        }
        return KERR_UNKNOWN_SERVER_ERROR;
}

static void settle(struct verification *v, enum kerr err,
                   const struct add_partitions_to_txn_response *answer)
{
        for (int32_t i = 0; i < v->count; i++) {
                struct suspect *s = &v->suspects[i];
                enum kerr gone;
                struct hosted_partition *p = hosted_find(v->broker, s->topic, s->partition, &gone);
                s->err = as_producers_know_it(err ? err : find_verdict(answer, s));
                if (!s->err && p)
                        producer_state_vouch(p->producers, v->producer_id, v->producer_epoch,
                                             s->ticket);
        }
}

static struct verification *find_first(struct broker *b, int64_t stream)
{
        struct verification *v = b->verifications;
        while (v && v->stream != stream)
                v = v->next;
        return v;
}

/* Those at the head of the connection that need not wait any longer. */
static void advance(struct broker *b, int64_t stream)
{
        struct verification *v = find_first(b, stream);
        for (; v && !v->is_asking; v = find_first(b, stream)) {
                DL_DELETE(b->verifications, v);
                v->waits = false;
                if (v->request)
                        v->go_on(v->request);
                else
                        free(v);
        }
}

static void on_answer(void *context, enum kerr err, struct serde *body)
{
        struct verification *v = context;
        struct add_partitions_to_txn_response answer = {0};
        if (!err) {
                serde_add_partitions_to_txn_response(body, &answer);
                err = body->err ? body->err : (enum kerr)answer.error_code;
        }
        if (v->request)
                settle(v, err, &answer);
        v->is_asking = false;
        advance(v->broker, v->stream);
}

static void ask(struct verification *v)
{
        struct broker *b = v->broker;
        const struct image_topic *topic = image_topic(&b->image, str_of(TRANSACTIONS_TOPIC_NAME));
        int32_t node = -1;
        if (topic && v->transactional_id.size >= 0)
                node = topic->partitions[coordinator_partition(v->transactional_id,
                                                               topic->partition_count)]
                               .leader;
        if (node < 0) {
                settle(v, KERR_COORDINATOR_NOT_AVAILABLE, NULL);
                return;
        }
        struct rpc_sender *sender = links_sender(b->links, LANE_COORDINATOR);
        v->is_asking = true;
        sender->send(sender, &(struct rpc){.node = node,
                                           .api_key = API_ADD_PARTITIONS_TO_TXN,
                                           .version = VERIFY_VERSION,
                                           .timeout_ms = VERIFY_TIMEOUT_MS,
                                           .write = write_question,
                                           .on_answer = on_answer,
                                           .context = v});
}

/* --- for the handlers and request.c --- */

/* For `room` suspects at most. */
static struct verification *begin(struct request *r, struct str transactional_id, int32_t room,
                                  void (*go_on)(struct request *r))
{
        struct verification *v = calloc(1, sizeof *v);
        if (!v)
                abort();
        *v = (struct verification){
                .broker = r->broker,
                .request = r,
                .stream = r->peer->stream,
                .go_on = go_on,
                .transactional_id = transactional_id,
                .suspects = request_alloc(r, (size_t)room * sizeof *v->suspects),
        };
        r->verification = v;
        return v;
}

static bool must_wait(struct verification *v)
{
        bool is_behind = find_first(v->broker, v->stream) != NULL;
        if (v->count > 0)
                ask(v);
        v->waits = is_behind || v->is_asking;
        if (v->waits)
                DL_APPEND(v->broker->verifications, v);
        return v->waits;
}

bool verify_must_wait(struct request *r, const struct produce_request *in,
                      void (*go_on)(struct request *r))
{
        int32_t room = 0;
        if (in->transactional_id.size < 0 && !find_first(r->broker, r->peer->stream))
                return false;
        for (int32_t t = 0; t < in->topics.count; t++)
                room += in->topics.items[t].partitions.count;
        struct verification *v = begin(r, in->transactional_id, room, go_on);
        look_at_produce(v, in);
        return must_wait(v);
}

bool verify_offsets_must_wait(struct request *r, const struct txn_offset_commit_request *in,
                              void (*go_on)(struct request *r))
{
        struct verification *v = begin(r, in->transactional_id, 1, go_on);
        look_at_offsets(v, in);
        return must_wait(v);
}

enum kerr verify_offsets_error(const struct request *r)
{
        const struct verification *v = r->verification;
        enum kerr err = v->count > 0 ? v->suspects[0].err : KERR_NONE;
        return err == KERR_NOT_ENOUGH_REPLICAS ? KERR_COORDINATOR_NOT_AVAILABLE : err;
}

enum kerr verify_error(const struct request *r, struct str topic, int32_t partition)
{
        const struct verification *v = r->verification;
        for (int32_t i = 0; v && i < v->count; i++) {
                if (v->suspects[i].partition == partition && str_equal(v->suspects[i].topic, topic))
                        return v->suspects[i].err;
        }
        return KERR_NONE;
}

void verify_forget(struct request *r)
{
        struct verification *v = r->verification;
        r->verification = NULL;
        if (v && v->waits)
                v->request = NULL;
        else
                free(v);
}

void verify_free(struct broker *b)
{
        struct verification *v, *next;
        DL_FOREACH_SAFE (b->verifications, v, next)
                free(v);
}
