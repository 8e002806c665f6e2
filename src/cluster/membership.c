#include "cluster/membership.h"

#include "cluster/change.h"

#include <assert.h>
#include <stdlib.h>

/* --- sessions --- */

static struct broker_session *session_of(struct controller *c, int32_t id)
{
        struct broker_session *session;
        HASH_FIND(hh, c->sessions, &id, sizeof id, session);
        return session;
}

static void start_session(struct controller *c, int32_t id)
{
        struct broker_session *session = session_of(c, id);
        if (!session) {
                session = calloc(1, sizeof *session);
                if (!session)
                        abort();
                session->id = id;
                HASH_ADD(hh, c->sessions, id, sizeof session->id, session);
        }
        session->last_heard_ms = c->config.world->mono_ms(c->config.world);
        session->applied_offset = -1;
        session->shutdown_offset = 0;
}

void membership_start(struct controller *c)
{
        for (const struct image_broker *b = c->image.brokers; b; b = b->hh.next)
                start_session(c, b->id);
}

void membership_stop(struct controller *c)
{
        struct broker_session *session, *next;
        HASH_ITER (hh, c->sessions, session, next) {
                HASH_DEL(c->sessions, session);
                free(session);
        }
}

static int64_t session_end_ms(const struct controller *c, const struct broker_session *session)
{
        return session->last_heard_ms + c->config.session_timeout_ms;
}

/* --- fencing --- */

static void change_broker(struct controller *c, const struct image_broker *b, int8_t fenced,
                          int8_t in_shutdown, const char *why)
{
        world_log(c->config.world, WORLD_INFO, "broker %d (epoch %lld) %s", b->id,
                  (long long)b->epoch, why);
        change_add(c, &(struct metadata_record){.type = METADATA_BROKER_REGISTRATION_CHANGE,
                                                .broker_registration_change = {
                                                        .broker_id = b->id,
                                                        .broker_epoch = b->epoch,
                                                        .fenced = fenced,
                                                        .in_controlled_shutdown = in_shutdown,
                                                }});
}

static void fence(struct controller *c, const struct image_broker *b, const char *why)
{
        change_broker(c, b, BROKER_FENCED, BROKER_SAME, why);
}

int64_t membership_check(struct controller *c)
{
        int64_t now = c->config.world->mono_ms(c->config.world), next = INT64_MAX;
        bool any = false;
        for (const struct image_broker *b = c->image.brokers; b; b = b->hh.next) {
                if (b->fenced)
                        continue;
                int64_t end = session_end_ms(c, session_of(c, b->id));
                if (end > now) {
                        next = end < next ? end : next;
                } else {
                        fence(c, b, "is fenced: its session is over");
                        any = true;
                }
        }
        /* After all of them: no leadership should go to one that is about to lose it. */
        if (any)
                change_settle_all(c, -1);
        return next;
}

/* --- registration --- */

static enum kerr check_registration(struct controller *c, const struct image_broker *old,
                                    const struct broker_registration_request *in)
{
        char host[sizeof old->host];
        if (!c->active)
                return KERR_NOT_CONTROLLER;
        if (in->broker_id < 0 || in->listeners.count < 1 ||
            !str_copy(in->listeners.items[0].host, host, sizeof host))
                return KERR_INVALID_REQUEST;
        /* Its old process is dead for certain when it wrote in the same directory, or was ours. */
        bool is_dead = (old && in->previous_broker_epoch == old->epoch) ||
                       in->broker_id == c->config.node_id;
        if (!old || old->fenced || old->in_shutdown || is_dead)
                return KERR_NONE;
        int64_t now = c->config.world->mono_ms(c->config.world);
        return session_end_ms(c, session_of(c, old->id)) > now ? KERR_DUPLICATE_BROKER_REGISTRATION
                                                               : KERR_NONE;
}

/* The broker's life before is over: it leads no more. If it did not keep all that it had written,
 * it is in no ISR or ELR either (KIP-966). */
static void end_old_life(struct controller *c, const struct image_broker *old,
                         int64_t previous_broker_epoch)
{
        bool lost = previous_broker_epoch != old->epoch;
        /* Before KIP-966 a replica counted for all that it had ever acknowledged (KAFKA-3410). */
        if (zoo_has(c->config.world->zoo, ZOO_LAST_REPLICA_STANDING))
                lost = false;
        if (!old->fenced)
                fence(c, old, "is fenced: it has started anew");
        change_settle_all(c, lost ? old->id : -1);
}

void controller_register_broker(struct controller *c, const struct broker_registration_request *in,
                                struct broker_registration_response *out)
{
        const struct image_broker *old = image_broker(&c->image, in->broker_id);
        *out = (struct broker_registration_response){.broker_epoch = -1};
        if (old && uuid_equal(&old->incarnation, &in->incarnation_id)) {
                out->broker_epoch = old->epoch; /* its first answer got lost */
                return;
        }
        out->error_code = (int16_t)check_registration(c, old, in);
        if (out->error_code)
                return;
        if (old)
                end_old_life(c, old, in->previous_broker_epoch);
        const struct broker_registration_listener *listener = &in->listeners.items[0];
        struct register_broker_endpoint endpoint = {listener->name, listener->host, listener->port,
                                                    listener->security_protocol};
        out->broker_epoch = change_next_offset(c);
        world_log(c->config.world, WORLD_INFO, "broker %d is registered, epoch %lld%s",
                  in->broker_id, (long long)out->broker_epoch,
                  old && in->previous_broker_epoch != old->epoch ? "; it may have lost records"
                                                                 : "");
        change_add(c, &(struct metadata_record){.type = METADATA_REGISTER_BROKER,
                                                .register_broker = {
                                                        .broker_id = in->broker_id,
                                                        .incarnation_id = in->incarnation_id,
                                                        .broker_epoch = out->broker_epoch,
                                                        .endpoints = {&endpoint, 1},
                                                        .rack = in->rack,
                                                        .fenced = true,
                                                }});
        start_session(c, in->broker_id);
}

/* --- heartbeats --- */

static bool leads_any(const struct controller *c, int32_t broker)
{
        for (const struct image_topic *t = c->image.topics; t; t = t->hh.next) {
                for (int32_t i = 0; i < t->partition_count; i++) {
                        if (t->partitions[i].leader == broker)
                                return true;
                }
        }
        return false;
}

/* True when every active broker has applied all below `offset`. */
static bool all_have_applied(struct controller *c, int64_t offset)
{
        for (const struct image_broker *b = c->image.brokers; b; b = b->hh.next) {
                if (change_is_active(c, b->id) && session_of(c, b->id)->applied_offset < offset - 1)
                        return false;
        }
        return true;
}

/* True when the broker may go: clients find the new leaders by then. */
static bool shut_down(struct controller *c, const struct image_broker *b,
                      struct broker_session *session)
{
        if (!b->fenced && !b->in_shutdown) {
                bool led = leads_any(c, b->id);
                change_broker(c, b, BROKER_SAME, BROKER_IN_SHUTDOWN, "wants to shut down");
                change_settle_all(c, -1);
                session->shutdown_offset = led ? change_next_offset(c) : 0;
        }
        if (!b->fenced && !all_have_applied(c, session->shutdown_offset))
                return false;
        if (!b->fenced)
                fence(c, b, "is fenced: it shuts down");
        return true;
}

void controller_heartbeat(struct controller *c, const struct broker_heartbeat_request *in,
                          struct broker_heartbeat_response *out)
{
        const struct image_broker *b = image_broker(&c->image, in->broker_id);
        *out = (struct broker_heartbeat_response){.is_fenced = true};
        if (!c->active)
                out->error_code = KERR_NOT_CONTROLLER;
        else if (!b)
                out->error_code = KERR_BROKER_ID_NOT_REGISTERED;
        else if (b->epoch != in->broker_epoch)
                out->error_code = KERR_STALE_BROKER_EPOCH;
        if (out->error_code)
                return;

        struct broker_session *session = session_of(c, b->id);
        session->last_heard_ms = c->config.world->mono_ms(c->config.world);
        session->applied_offset = in->current_metadata_offset;
        out->is_caught_up = in->current_metadata_offset >= b->epoch;
        if (in->want_shut_down || b->in_shutdown) {
                out->should_shut_down = shut_down(c, b, session);
        } else if (in->want_fence && !b->fenced) {
                fence(c, b, "is fenced: it wants to be");
                change_settle_all(c, -1);
        } else if (!in->want_fence && b->fenced && out->is_caught_up) {
                change_broker(c, b, BROKER_UNFENCED, BROKER_SAME, "is unfenced");
                change_settle_all(c, -1);
        }
        out->is_fenced = b->fenced;
}
