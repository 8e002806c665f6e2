#include "broker/state.h"

#include <stdio.h>
#include <stdlib.h>

/* What reading one request may take. A frame that claims more entries than it has bytes fails
 * before; this bounds the rest: entries that are larger in memory than on the wire. */
enum { REQUEST_ARENA_BYTES = 64 << 20 };

static void request_free(struct request *r)
{
        struct world *world = r->broker->world;
        if (r->on_gone)
                r->on_gone(r);
        forward_forget(r);
        verify_forget(r);
        purgatory_cancel(&r->broker->purgatory, &r->delayed);
        controller_forget(&r->broker->controller, r);
        packet_free(r->answer);
        world->release(world, r->frame);
        arena_deinit(&r->arena);
        free(r);
}

struct request *request_new(struct broker *b, struct peer *p, struct frame *frame)
{
        struct request *r = calloc(1, sizeof *r);
        if (!r)
                abort();
        r->broker = b;
        r->peer = p;
        r->frame = frame;
        arena_init(&r->arena, REQUEST_ARENA_BYTES);
        r->in = serde_reader(frame->bytes, 0, false, &r->arena);
        serde_request_header(&r->in, &r->header);
        r->api = api_find(r->header.api_key);
        if (r->in.err) {
                request_free(r);
                return NULL;
        }
        *p->end = r;
        p->end = &r->next;
        return r;
}

void *request_alloc(struct request *r, size_t size)
{
        void *memory = arena_alloc(&r->arena, size);
        if (!memory)
                abort();
        return memory;
}

/* Sends the finished answers at the head of the connection. */
static void peer_advance(struct broker *b, struct peer *p)
{
        while (p->first && p->first->finished) {
                struct request *r = p->first;
                p->first = r->next;
                if (!p->first)
                        p->end = &p->first;
                if (r->answer)
                        b->world->send(b->world, p->stream, r->answer);
                r->answer = NULL;
                request_free(r);
        }
}

static void finish(struct request *r, struct packet *answer)
{
        r->answer = answer;
        r->finished = true;
        purgatory_cancel(&r->broker->purgatory, &r->delayed);
        peer_advance(r->broker, r->peer);
}

bool request_is_sound(struct request *r)
{
        if (!r->in.err) {
                r->arena.limit_bytes = SIZE_MAX; /* from here on it is the broker that asks */
                return true;
        }
        if (r->is_enveloped) {
                finish(r, envelope_wrap(r, NULL, KERR_INVALID_REQUEST));
                return false;
        }
        char why[200];
        snprintf(why, sizeof why, "%s v%d: %s at byte %td of %zu", r->api->name,
                 r->header.api_version, kerr_text(r->in.err), r->in.at - r->in.start,
                 r->frame->bytes.size);
        peer_refuse(r->broker, r->peer, why);
        return false;
}

struct serde request_answer(struct request *r)
{
        struct packet *packet = packet_new(r->broker->world);
        struct serde out = serde_writer(packet, r->header.api_version, false);
        serde_response_header(&out, r->api, &r->header.correlation_id);
        return out;
}

void request_finish(struct request *r, struct serde *out)
{
        packet_finish(out->out);
        finish(r, r->is_enveloped ? envelope_wrap(r, out->out, KERR_NONE) : out->out);
}

void request_finish_packet(struct request *r, struct packet *answer)
{
        finish(r, answer);
}

void request_finish_silently(struct request *r)
{
        finish(r, NULL);
}

void peer_refuse(struct broker *b, struct peer *p, const char *why)
{
        world_log(b->world, WORLD_WARN, "closing the connection of %s: %s", p->name, why);
        b->world->hang_up(b->world, p->stream);
        peer_free(b, p);
}

void peer_free(struct broker *b, struct peer *p)
{
        while (p->first) {
                struct request *next = p->first->next;
                request_free(p->first);
                p->first = next;
        }
        HASH_DEL(b->peers, p);
        free(p);
}
