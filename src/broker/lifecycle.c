/* This broker as a member of the cluster: registration, heartbeats, the stop in good order. Source:
 * KIP-631; Kafka's BrokerLifecycleManager. */
#include "broker/state.h"

enum {
        RETRY_MS = 100,      /* after an error, or while fenced */
        STOP_WAIT_MS = 3000, /* then it closes without the controller's word */
};

void lifecycle_init(struct broker *b)
{
        b->replica_host.broker_epoch = -1;
        store_be64(b->life.incarnation.bytes, b->world->random_u64(b->world));
        store_be64(b->life.incarnation.bytes + 8, b->world->random_u64(b->world));
        if (!b->is_broker)
                b->life.state = LIFE_SERVING; /* of nothing: it has no partitions */
}

static void ask(struct broker *b, int32_t controller, enum api_key key,
                void (*write)(void *context, struct serde *out),
                void (*on_answer)(void *context, enum kerr err, struct serde *body))
{
        struct rpc_sender *sender = links_sender(b->links, LANE_HEARTBEAT);
        b->life.in_flight = true;
        sender->send(sender, &(struct rpc){.node = controller,
                                           .api_key = (int16_t)key,
                                           .version = api_find((int16_t)key)->max,
                                           .timeout_ms = config_number(
                                                   b->config, CONFIG_QUORUM_REQUEST_TIMEOUT_MS),
                                           .write = write,
                                           .on_answer = on_answer,
                                           .context = b});
}

static void again_in(struct broker *b, int64_t delay_ms)
{
        b->life.next_ms = b->world->mono_ms(b->world) + delay_ms;
}

/* --- registration --- */

static void write_registration(void *broker, struct serde *out)
{
        struct broker *b = broker;
        struct broker_registration_listener listener = {str_of("PLAINTEXT"), str_of(b->host),
                                                        (uint16_t)b->port, 0};
        struct broker_registration_request request = {
                .broker_id = b->node_id,
                .cluster_id = str_of(log_dir_cluster_id(b->logs)),
                .incarnation_id = b->life.incarnation,
                .listeners = {&listener, 1},
                .rack = STR_NULL,
                .previous_broker_epoch = log_dir_previous_epoch(b->logs),
        };
        serde_broker_registration_request(out, &request);
}

/* From now on the bytes on the disk are this life's. */
static enum kerr begin_life(struct broker *b, int64_t epoch)
{
        enum kerr err = log_dir_begin_life(b->logs, epoch);
        if (err)
                return err;
        b->replica_host.broker_epoch = epoch;
        b->life.state = LIFE_REGISTERED;
        world_log(b->world, WORLD_INFO, "registered with broker epoch %lld", (long long)epoch);
        return KERR_NONE;
}

static void on_registered(void *broker, enum kerr err, struct serde *body)
{
        struct broker *b = broker;
        struct broker_registration_response answer = {0};
        b->life.in_flight = false;
        if (b->life.state != LIFE_UNREGISTERED)
                return;
        if (!err) {
                serde_broker_registration_response(body, &answer);
                err = body->err ? body->err : (enum kerr)answer.error_code;
        }
        if (!err)
                err = begin_life(b, answer.broker_epoch);
        if (err) {
                world_log(b->world, WORLD_INFO, "not registered yet: %s", kerr_text(err));
                again_in(b, RETRY_MS);
        }
}

bool lifecycle_applied(struct broker *b)
{
        const struct image_broker *self = image_broker(&b->image, b->node_id);
        struct lifecycle *life = &b->life;
        bool is_member = life->state == LIFE_REGISTERED || life->state == LIFE_SERVING;
        if (!self || !is_member)
                return false;
        /* A registration of an earlier life of ours came late and took our place. */
        if (self->epoch > b->replica_host.broker_epoch) {
                life->state = LIFE_UNREGISTERED;
                life->next_ms = 0;
                return false;
        }
        life->was_unfenced |= self->epoch == b->replica_host.broker_epoch && !self->fenced;
        if (life->state != LIFE_REGISTERED || self->epoch != b->replica_host.broker_epoch)
                return false;
        life->state = LIFE_SERVING;
        life->next_ms = 0;
        return true;
}

/* --- heartbeats --- */

/* With a failed log we are a bad leader. Where nobody else could lead, a bad one is better than
 * none: other partitions may be whole. */
static bool wants_fence(const struct broker *b)
{
        if (!replicas_have_failed(b))
                return false;
        for (const struct image_broker *other = b->image.brokers; other; other = other->hh.next) {
                if (other->id != b->node_id && !other->fenced)
                        return true;
        }
        return false;
}

static void write_heartbeat(void *broker, struct serde *out)
{
        struct broker *b = broker;
        struct broker_heartbeat_request request = {
                .broker_id = b->node_id,
                .broker_epoch = b->replica_host.broker_epoch,
                .current_metadata_offset = b->applied - 1,
                .want_fence = wants_fence(b),
                .want_shut_down = b->life.state == LIFE_STOPPING,
        };
        serde_broker_heartbeat_request(out, &request);
}

static void on_heartbeat(void *broker, enum kerr err, struct serde *body)
{
        struct broker *b = broker;
        struct broker_heartbeat_response answer = {0};
        b->life.in_flight = false;
        if (!err) {
                serde_broker_heartbeat_response(body, &answer);
                err = body->err ? body->err : (enum kerr)answer.error_code;
        }
        if (err) {
                again_in(b, RETRY_MS);
                return;
        }
        bool is_settled = !answer.is_fenced && b->life.state == LIFE_SERVING;
        if (answer.should_shut_down && b->life.state == LIFE_STOPPING)
                b->life.state = LIFE_STOPPED;
        int64_t interval_ms = config_number(b->config, CONFIG_HEARTBEAT_INTERVAL_MS);
        again_in(b, is_settled || interval_ms < RETRY_MS ? interval_ms : RETRY_MS);
}

int64_t lifecycle_run(struct broker *b)
{
        struct lifecycle *life = &b->life;
        int64_t now_ms = b->world->mono_ms(b->world);
        int32_t controller = metadata_controller(b);
        if (!b->is_broker || life->state == LIFE_STOPPED)
                return INT64_MAX;
        if (life->state == LIFE_STOPPING && now_ms >= life->give_up_ms) {
                world_log(b->world, WORLD_WARN, "stopping without the controller's word");
                life->state = LIFE_STOPPED;
                return INT64_MAX;
        }
        int64_t next_ms = life->state == LIFE_STOPPING ? life->give_up_ms : INT64_MAX;
        if (life->in_flight || controller < 0 || !b->loaded || life->state == LIFE_REGISTERED)
                return next_ms;
        if (now_ms < life->next_ms)
                return life->next_ms < next_ms ? life->next_ms : next_ms;
        if (life->state == LIFE_UNREGISTERED)
                ask(b, controller, API_BROKER_REGISTRATION, write_registration, on_registered);
        else
                ask(b, controller, API_BROKER_HEARTBEAT, write_heartbeat, on_heartbeat);
        return next_ms;
}

/* --- the stop --- */

void broker_begin_stop(struct broker *b)
{
        bool asks = b->is_broker && b->life.state == LIFE_SERVING &&
                    config_bool(b->config, CONFIG_CONTROLLED_SHUTDOWN);
        b->life.state = asks ? LIFE_STOPPING : LIFE_STOPPED;
        b->life.next_ms = 0;
        b->life.give_up_ms = b->world->mono_ms(b->world) + STOP_WAIT_MS;
}

bool broker_may_close(const struct broker *b)
{
        return b->life.state == LIFE_STOPPED;
}

bool broker_is_ready(const struct broker *b)
{
        return b->is_broker ? b->life.was_unfenced : b->quorum.leader >= 0;
}
