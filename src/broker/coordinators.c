/* Who leads a partition of __consumer_offsets coordinates the groups in it; who leads one of
 * __transaction_state, the transactions. Here their coordinators are told what this broker leads,
 * the two topics are made when somebody first asks for a coordinator, and clients are told where it
 * is. */
#include "broker/state.h"
#include "wire/coordinator_partition.h"
#include "wire/find_coordinator.h"

#include <stdio.h>

enum { PRODUCER_CHECK_MS = 600000 }; /* Kafka's producer.id.expiration.check.interval.ms */

static bool is_offsets(const char *name)
{
        return str_equal_c(str_of(name), OFFSETS_TOPIC_NAME);
}

static bool is_transactions(const char *name)
{
        return str_equal_c(str_of(name), TRANSACTIONS_TOPIC_NAME);
}

bool topic_is_internal(struct str name)
{
        return str_equal_c(name, OFFSETS_TOPIC_NAME) || str_equal_c(name, TRANSACTIONS_TOPIC_NAME);
}

/* --- what the coordinators ask --- */

static bool has_partition(void *broker, struct str topic, int32_t partition)
{
        return image_partition(&((struct broker *)broker)->image, topic, partition) != NULL;
}

static int32_t leader_of(void *broker, struct str topic, int32_t partition)
{
        struct broker *b = broker;
        const struct image_partition *p = image_partition(&b->image, topic, partition);
        return p ? p->leader : -2;
}

static int32_t controller_of(void *broker)
{
        return metadata_controller(broker);
}

static int64_t broker_epoch_of(void *broker)
{
        return ((struct broker *)broker)->replica_host.broker_epoch;
}

void coordinators_init(struct broker *b)
{
        const struct config *c = b->config;
        b->next_producer_check_ms = INT64_MAX;
        b->groups = group_coordinator_new(&(struct group_coordinator_config){
                .world = b->world,
                .session_timeout_min_ms = config_number(c, CONFIG_GROUP_SESSION_MIN_MS),
                .session_timeout_max_ms = config_number(c, CONFIG_GROUP_SESSION_MAX_MS),
                .initial_rebalance_delay_ms = config_number(c, CONFIG_GROUP_INITIAL_DELAY_MS),
                .group_max_size = (int32_t)config_number(c, CONFIG_GROUP_MAX_SIZE),
                .offset_metadata_max_bytes =
                        (int32_t)config_number(c, CONFIG_OFFSET_METADATA_BYTES),
                .offsets_retention_ms = config_number(c, CONFIG_OFFSETS_RETENTION_MIN) * 60000,
                .retention_check_ms = config_number(c, CONFIG_OFFSETS_CHECK_MS),
                .load_bytes = (int32_t)config_number(c, CONFIG_OFFSETS_LOAD_BYTES),
                .has_partition = has_partition,
                .context = b,
        });
        b->transactions = txn_coordinator_new(&(struct txn_coordinator_config){
                .world = b->world,
                .node_id = b->node_id,
                .sender = links_sender(b->links, LANE_MARKERS),
                .ids_sender = links_sender(b->links, LANE_CONTROLLER),
                .timeout_max_ms = config_number(c, CONFIG_TXN_TIMEOUT_MAX_MS),
                .abort_check_ms = config_number(c, CONFIG_TXN_ABORT_CHECK_MS),
                .expiration_ms = config_number(c, CONFIG_TXN_EXPIRATION_MS),
                .expiration_check_ms = config_number(c, CONFIG_TXN_EXPIRY_CHECK_MS),
                .request_timeout_ms = config_number(c, CONFIG_REPLICA_TIMEOUT_MS),
                .load_bytes = (int32_t)config_number(c, CONFIG_TXN_LOAD_BYTES),
                .leader_of = leader_of,
                .controller = controller_of,
                .broker_epoch = broker_epoch_of,
                .context = b,
        });
}

void coordinators_free(struct broker *b)
{
        if (b->groups)
                group_coordinator_free(b->groups);
        if (b->transactions)
                txn_coordinator_free(b->transactions);
}

/* --- leadership --- */

void coordinators_forget(struct broker *b, struct hosted_partition *p)
{
        if (is_offsets(p->topic->name))
                group_coordinator_resign(b->groups, p->index);
        if (is_transactions(p->topic->name))
                txn_coordinator_resign(b->transactions, p->index);
}

void coordinators_follow(struct broker *b, struct hosted_partition *p)
{
        if (!topic_is_internal(str_of(p->topic->name)))
                return;
        coordinators_forget(b, p);
        if (p->replica.role != REPLICA_LEADER)
                return;
        if (is_offsets(p->topic->name))
                group_coordinator_lead(b->groups, p->index, &p->replica);
        else
                txn_coordinator_lead(b->transactions, p->index, &p->replica);
}

static int32_t partitions_of(const struct broker *b, const char *topic)
{
        const struct image_topic *t = image_topic(&b->image, str_of(topic));
        return t ? t->partition_count : 0;
}

static void expire_producers(struct broker *b)
{
        for (struct hosted_topic *topic = b->topics; topic; topic = topic->hh.next) {
                for (int32_t i = 0; i < topic->partition_count; i++) {
                        struct hosted_partition *p = topic->partitions[i];
                        if (p && p->producers)
                                producer_state_expire(p->producers);
                }
        }
}

static int64_t earlier(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

int64_t coordinators_run(struct broker *b)
{
        int64_t now_ms = b->world->mono_ms(b->world);
        if (!b->is_broker)
                return INT64_MAX;
        if (b->next_producer_check_ms == INT64_MAX)
                b->next_producer_check_ms = now_ms + PRODUCER_CHECK_MS;
        if (now_ms >= b->next_producer_check_ms) {
                b->next_producer_check_ms = now_ms + PRODUCER_CHECK_MS;
                expire_producers(b);
        }
        int32_t group_partitions = partitions_of(b, OFFSETS_TOPIC_NAME);
        group_coordinator_set_partitions(b->groups, group_partitions);
        if (group_partitions == 0) /* as many as it will have */
                group_partitions = (int32_t)config_number(b->config, CONFIG_OFFSETS_PARTITIONS);
        txn_coordinator_set_partitions(b->transactions, partitions_of(b, TRANSACTIONS_TOPIC_NAME),
                                       group_partitions);
        int64_t next_ms = group_coordinator_run(b->groups);
        next_ms = earlier(next_ms, txn_coordinator_run(b->transactions));
        return earlier(next_ms, b->next_producer_check_ms);
}

/* --- FindCoordinator --- */

static const char *topic_of(int8_t key_type)
{
        return key_type == COORDINATOR_GROUP ? OFFSETS_TOPIC_NAME : TRANSACTIONS_TOPIC_NAME;
}

static void describe_coordinator(struct request *r, int8_t key_type, struct str key,
                                 struct find_coordinator_coordinator *out)
{
        struct broker *b = r->broker;
        const struct image_topic *topic = image_topic(&b->image, str_of(topic_of(key_type)));
        const struct image_broker *node = NULL;
        enum kerr err = KERR_COORDINATOR_NOT_AVAILABLE;
        if (key_type != COORDINATOR_GROUP && key_type != COORDINATOR_TRANSACTION)
                err = KERR_INVALID_REQUEST;
        else if (topic)
                node = image_broker(
                        &b->image,
                        topic->partitions[coordinator_partition(key, topic->partition_count)]
                                .leader);
        if (node && !node->fenced)
                err = KERR_NONE;
        *out = (struct find_coordinator_coordinator){
                .key = key,
                .node_id = err ? -1 : node->id,
                .host = err ? str_of("") : str_of(node->host),
                .port = err ? -1 : node->port,
                .error_code = errors_to_wire(err),
                .error_message = err ? str_of(kerr_text(err)) : STR_NULL,
        };
}

static void answer_coordinators(void *request, enum kerr err)
{
        struct request *r = request;
        const struct find_coordinator_request *in = r->state;
        struct find_coordinator_response answer = {0};
        (void)err; /* a topic that could not be made has no coordinator: asked for again */
        reply_array(r, &answer.coordinators, in->coordinator_keys.count);
        for (int32_t i = 0; i < in->coordinator_keys.count; i++)
                describe_coordinator(r, in->key_type, in->coordinator_keys.items[i],
                                     &answer.coordinators.items[i]);
        struct serde out = request_answer(r);
        serde_find_coordinator_response(&out, &answer);
        request_finish(r, &out);
}

/* Kafka's own setting of 3 replicas must not keep a node that is alone from working. */
static int32_t replication_of(const struct broker *b, enum config_id id)
{
        bool is_alone = *config_string(b->config, CONFIG_QUORUM_VOTERS) == '\0';
        return is_alone ? 1 : (int32_t)config_number(b->config, id);
}

static struct create_topics_config setting(struct request *r, const char *key, int64_t value)
{
        char *text = request_alloc(r, 24);
        snprintf(text, 24, "%lld", (long long)value);
        return (struct create_topics_config){.name = str_of(key), .value = str_of(text)};
}

static void make_topic(struct request *r, int8_t key_type)
{
        struct broker *b = r->broker;
        const struct config *c = b->config;
        bool groups = key_type == COORDINATOR_GROUP;
        int32_t replication =
                replication_of(b, groups ? CONFIG_OFFSETS_REPLICATION : CONFIG_TXN_REPLICATION);
        int64_t min_isr =
                config_number(c, groups ? CONFIG_MIN_INSYNC_REPLICAS : CONFIG_TXN_MIN_ISR);
        struct create_topics_config settings[] = {
                {.name = str_of("cleanup.policy"), .value = str_of("compact")},
                setting(r, "segment.bytes",
                        config_number(c, groups ? CONFIG_OFFSETS_SEGMENT_BYTES
                                                : CONFIG_TXN_SEGMENT_BYTES)),
                setting(r, "min.insync.replicas", min_isr < replication ? min_isr : replication),
        };
        struct new_topic topic = {
                .name = str_of(topic_of(key_type)),
                .partition_count = (int32_t)config_number(c, groups ? CONFIG_OFFSETS_PARTITIONS
                                                                    : CONFIG_TXN_PARTITIONS),
                .replication_factor = replication,
                .settings = settings,
                .setting_count = sizeof settings / sizeof settings[0],
        };
        char why[200];
        enum kerr err = controller_create_topic(&b->controller, &topic, why, sizeof why);
        if (err && err != KERR_TOPIC_ALREADY_EXISTS)
                world_log(b->world, WORLD_WARN, "%s cannot be made: %s", topic_of(key_type), why);
        controller_submit(&b->controller, answer_coordinators, r);
}

void handle_find_coordinator(struct request *r)
{
        struct find_coordinator_request *in = r->state = request_alloc(r, sizeof *in);
        serde_find_coordinator_request(&r->in, in);
        if (!request_is_sound(r))
                return;
        bool is_known =
                in->key_type == COORDINATOR_GROUP || in->key_type == COORDINATOR_TRANSACTION;
        if (!is_known || image_topic(&r->broker->image, str_of(topic_of(in->key_type))))
                answer_coordinators(r, KERR_NONE);
        else if (r->broker->controller.active)
                make_topic(r, in->key_type);
        else
                forward_request(r);
}
