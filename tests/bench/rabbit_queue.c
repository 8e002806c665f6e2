/* rabbit_queue: a durable classic queue of RabbitMQ by librabbitmq. Publishing: persistent messages
 * with confirms, 1000 unconfirmed at most; the queue is emptied first. Replaying a queue is
 * consuming it: acknowledged by 250, once through. */
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdbool.h>

#include "perf.h"

enum {
        CHANNEL = 1,
        WINDOW = 1000,
        ACK_EVERY = 250,
        PREFETCH = 2 * ACK_EVERY,
        FRAME_BYTES = 131072,
        WAIT_S = 1
};

static void check(amqp_connection_state_t c, const char *what)
{
        amqp_rpc_reply_t reply = amqp_get_rpc_reply(c);
        if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
                perf_die("%s: %s", what, amqp_error_string2(reply.library_error));
        if (reply.reply_type != AMQP_RESPONSE_NORMAL)
                perf_die("%s: refused", what);
}

static amqp_connection_state_t open_channel(const struct perf_task *t)
{
        amqp_connection_state_t c = amqp_new_connection();
        amqp_socket_t *socket = amqp_tcp_socket_new(c);
        if (!socket || amqp_socket_open(socket, t->host, t->port))
                perf_die("cannot connect");
        if (amqp_login(c, "/", 0, FRAME_BYTES, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest")
                    .reply_type != AMQP_RESPONSE_NORMAL)
                perf_die("cannot log in");
        amqp_channel_open(c, CHANNEL);
        check(c, "opening a channel");
        return c;
}

/* What was sent and not yet confirmed: tags first ... first + WINDOW - 1. */
struct window {
        uint64_t first; /* the lowest that is not confirmed */
        bool confirmed[WINDOW];
};

/* Waits for one confirm, of one message or of all up to it. */
static void await_confirm(amqp_connection_state_t c, struct window *w)
{
        amqp_frame_t frame;
        if (amqp_simple_wait_frame(c, &frame) != AMQP_STATUS_OK)
                perf_die("the connection was lost");
        if (frame.frame_type != AMQP_FRAME_METHOD ||
            frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
                perf_die("a message was not confirmed");
        const amqp_basic_ack_t *ack = frame.payload.method.decoded;
        for (uint64_t tag = ack->multiple ? w->first : ack->delivery_tag; tag <= ack->delivery_tag;
             tag++)
                w->confirmed[tag % WINDOW] = true;
        for (; w->confirmed[w->first % WINDOW]; w->first++)
                w->confirmed[w->first % WINDOW] = false;
        amqp_maybe_release_buffers(c);
}

static void produce(amqp_connection_state_t c, const struct perf_task *t)
{
        amqp_bytes_t queue = amqp_cstring_bytes(t->name);
        char *payload = perf_payload(t->size);
        amqp_bytes_t body = {.len = t->size, .bytes = payload};
        amqp_basic_properties_t properties = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG,
                                              .delivery_mode = 2};
        struct window window = {.first = 1}; /* tags begin at 1 */
        uint64_t sent = 0;
        struct perf perf;

        amqp_queue_declare(c, CHANNEL, queue, false, true, false, false, amqp_empty_table);
        check(c, "declaring the queue");
        amqp_queue_purge(c, CHANNEL, queue);
        check(c, "emptying the queue");
        amqp_confirm_select(c, CHANNEL);
        check(c, "asking for confirms");
        perf_begin(&perf);
        for (bool more = true; more || window.first <= sent;) {
                more = more && perf_elapsed_s(&perf) < t->seconds;
                if (more && sent + 1 - window.first < WINDOW) {
                        if (amqp_basic_publish(c, CHANNEL, amqp_empty_bytes, queue, false, false,
                                               &properties, body))
                                perf_die("cannot publish");
                        sent++;
                } else if (window.first <= sent) {
                        await_confirm(c, &window);
                }
        }
        perf_count(&perf, (int64_t)sent, (int64_t)(sent * t->size));
        perf_report(&perf);
        free(payload);
}

static void consume(amqp_connection_state_t c, const struct perf_task *t)
{
        amqp_bytes_t queue = amqp_cstring_bytes(t->name);
        amqp_queue_declare_ok_t *known =
                amqp_queue_declare(c, CHANNEL, queue, true, true, false, false, amqp_empty_table);
        check(c, "asking for the queue");
        int64_t count = known->message_count;
        struct timeval patience = {.tv_sec = WAIT_S};
        struct perf perf;

        if (count == 0)
                perf_die("nothing to consume");
        amqp_basic_qos(c, CHANNEL, 0, PREFETCH, false);
        amqp_basic_consume(c, CHANNEL, queue, amqp_empty_bytes, false, false, false,
                           amqp_empty_table);
        check(c, "consuming");
        perf_begin(&perf);
        while (perf.messages < count && perf_elapsed_s(&perf) < t->seconds) {
                amqp_envelope_t envelope;
                amqp_maybe_release_buffers(c);
                if (amqp_consume_message(c, &envelope, &patience, 0).reply_type !=
                    AMQP_RESPONSE_NORMAL)
                        perf_die("%lld of %lld messages came", (long long)perf.messages,
                                 (long long)count);
                perf_count(&perf, 1, (int64_t)envelope.message.body.len);
                if (perf.messages % ACK_EVERY == 0 || perf.messages == count)
                        amqp_basic_ack(c, CHANNEL, envelope.delivery_tag, true);
                amqp_destroy_envelope(&envelope);
        }
        perf_report(&perf);
}

int main(int argc, char **argv)
{
        struct perf_task t = perf_task(argc, argv);
        amqp_connection_state_t c = open_channel(&t);
        (t.producing ? produce : consume)(c, &t);
        amqp_connection_close(c, AMQP_REPLY_SUCCESS);
        amqp_destroy_connection(c);
        return 0;
}
