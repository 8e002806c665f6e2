/* Requests that only the controller may decide travel there in an Envelope (KIP-590): the client's
 * request as it came, with its header; the answer comes back the same way and goes out unread. */
#include "broker/state.h"
#include "wire/envelope.h"

#include <stdlib.h>
#include <utlist.h>

enum {
        FORWARD_TIMEOUT_MS = 10000, /* a controller must be found and answer within */
        RETRY_MS = 50,
};

/* One request on its way; outlives it when its client goes. */
struct forward {
        struct broker *broker;
        struct request *request; /* NULL: its client is gone, and so is it */
        int64_t give_up_ms;
        struct forward *prev, *next;
};

static void try_now(struct forward *f);

/* --- to the controller --- */

static void write_envelope(void *context, struct serde *out)
{
        struct forward *f = context;
        struct request *r = f->request;
        uint8_t nowhere[4] = {127, 0, 0, 1}; /* nobody asks where a client comes from */
        struct envelope_request envelope = {
                .request_data = r ? r->frame->bytes : span_of("", 0),
                .request_principal = {NULL, 0},
                .client_host_address = span_of(nowhere, sizeof nowhere),
        };
        serde_envelope_request(out, &envelope);
}

static bool wait_over(struct delayed *d, bool late)
{
        struct request *r = heap_owner(d, struct request, delayed);
        if (!late)
                return false;
        purgatory_cancel(&r->broker->purgatory, d);
        try_now(r->forward);
        return true;
}

static void try_later(struct forward *f)
{
        struct request *r = f->request;
        struct broker *b = f->broker;
        r->delayed.try_complete = wait_over;
        purgatory_add(&b->purgatory, &r->delayed, b->world->mono_ms(b->world) + RETRY_MS, NULL, 0);
}

static void forget(struct forward *f)
{
        DL_DELETE(f->broker->forwards, f);
        if (f->request)
                f->request->forward = NULL;
        free(f);
}

static void end(struct forward *f, struct span answer)
{
        struct request *r = f->request;
        struct packet *packet = packet_new(f->broker->world);
        buffer_append(&packet->memory, answer.data, answer.size);
        packet_finish(packet);
        forget(f);
        request_finish_packet(r, packet);
}

static void refuse(struct forward *f, const char *why)
{
        struct request *r = f->request;
        forget(f);
        peer_refuse(r->broker, r->peer, why);
}

static void on_answer(void *context, enum kerr err, struct serde *body)
{
        struct forward *f = context;
        struct envelope_response answer = {0};
        if (!f->request) {
                forget(f);
                return;
        }
        if (!err) {
                serde_envelope_response(body, &answer);
                err = body->err ? body->err : (enum kerr)answer.error_code;
        }
        if (!err)
                end(f, answer.response_data);
        else if (err == KERR_NOT_CONTROLLER)
                try_later(f);
        else /* whether it was done nobody knows */
                refuse(f, kerr_text(err));
}

static void try_now(struct forward *f)
{
        struct broker *b = f->broker;
        int32_t controller = metadata_controller(b);
        if (b->world->mono_ms(b->world) >= f->give_up_ms) {
                refuse(f, "no controller to be found");
        } else if (controller < 0) {
                try_later(f);
        } else {
                struct rpc_sender *sender = links_sender(b->links, LANE_CONTROLLER);
                sender->send(sender, &(struct rpc){.node = controller,
                                                   .api_key = API_ENVELOPE,
                                                   .version = api_find(API_ENVELOPE)->max,
                                                   .timeout_ms = FORWARD_TIMEOUT_MS,
                                                   .write = write_envelope,
                                                   .on_answer = on_answer,
                                                   .context = f});
        }
}

void forward_request(struct request *r)
{
        struct broker *b = r->broker;
        struct forward *f = malloc(sizeof *f);
        if (!f)
                abort();
        *f = (struct forward){
                .broker = b,
                .request = r,
                .give_up_ms = b->world->mono_ms(b->world) + FORWARD_TIMEOUT_MS,
        };
        DL_APPEND(b->forwards, f);
        r->forward = f;
        try_now(f);
}

/* One that waits for its next try is nobody's then; to the others an answer still comes. */
void forward_forget(struct request *r)
{
        struct forward *f = r->forward;
        if (f && heap_contains(&r->delayed.deadline))
                forget(f);
        else if (f)
                f->request = NULL;
}

void forward_free(struct broker *b)
{
        struct forward *f, *next;
        DL_FOREACH_SAFE (b->forwards, f, next)
                forget(f);
}

/* --- at the controller --- */

static void answer_error(struct request *r, enum kerr err)
{
        struct envelope_response answer = {.response_data = {NULL, 0},
                                           .error_code = errors_to_wire(err)};
        struct serde out = request_answer(r);
        serde_envelope_response(&out, &answer);
        request_finish(r, &out);
}

void handle_envelope(struct request *r)
{
        struct envelope_request envelope = {0};
        serde_envelope_request(&r->in, &envelope);
        if (!request_is_sound(r))
                return;
        if (!r->broker->controller.active) {
                answer_error(r, KERR_NOT_CONTROLLER);
                return;
        }
        struct request_header header = {0};
        struct serde in = serde_reader(envelope.request_data, 0, false, &r->arena);
        serde_request_header(&in, &header);
        const struct api *api = api_find(header.api_key);
        if (in.err || !api || header.api_version < api->min || header.api_version > api->max ||
            !(dispatch_is_controllers(header.api_key) || header.api_key == API_METADATA ||
              header.api_key == API_FIND_COORDINATOR)) {
                answer_error(r, KERR_INVALID_REQUEST);
                return;
        }
        r->envelope = r->header;
        r->is_enveloped = true;
        r->header = header;
        r->api = api;
        r->in = in;
        dispatch(r);
}

struct packet *envelope_wrap(struct request *r, struct packet *answer, enum kerr err)
{
        struct packet *packet = packet_new(r->broker->world);
        struct serde out = serde_writer(packet, r->envelope.api_version, false);
        struct envelope_response envelope = {.response_data = {NULL, 0},
                                             .error_code = errors_to_wire(err)};
        if (answer)
                envelope.response_data = span_of(answer->memory.data + PACKET_LENGTH_BYTES,
                                                 answer->memory.size - PACKET_LENGTH_BYTES);
        serde_response_header(&out, api_find(API_ENVELOPE), &r->envelope.correlation_id);
        serde_envelope_response(&out, &envelope);
        packet_finish(packet);
        packet_free(answer);
        return packet;
}
