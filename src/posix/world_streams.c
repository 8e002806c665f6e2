#include "posix/socket.h"
#include "posix/world_parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* A stream that the actor knows of: what comes for any other is old news. */
struct known_stream {
        int64_t stream;
        UT_hash_handle hh;
};

static struct known_stream *find_stream(struct posix_world *w, int64_t stream)
{
        struct known_stream *known;
        HASH_FIND(hh, w->streams, &stream, sizeof stream, known);
        return known;
}

static void learn_stream(struct posix_world *w, int64_t stream)
{
        struct known_stream *known = calloc(1, sizeof *known);
        if (!known)
                abort();
        known->stream = stream;
        HASH_ADD(hh, w->streams, stream, sizeof stream, known);
}

static void forget_stream(struct posix_world *w, struct known_stream *known)
{
        HASH_DELETE(hh, w->streams, known);
        free(known);
}

static void put_in_outbox(struct posix_world *w, struct message m)
{
        message_list_add(&w->outboxes[m.stream % w->shared.thread_count], m);
}

/* On the resolver's thread. */
static void do_resolve(void *context, struct message *m)
{
        struct posix_world *w = context;
        char *colon = strrchr(m->text, ':');
        *colon = '\0';
        struct message found = {.kind = MESSAGE_CONNECT, .stream = m->stream};
        found.addresses = socket_resolve(m->text, colon + 1, 0);
        free(m->text);
        mailbox_post(w->shared.inboxes[found.stream % w->shared.thread_count], found);
}

static char *host_and_port(const char *host, int32_t port)
{
        char *text;
        if (asprintf(&text, "%s:%d", host, port) < 0)
                abort();
        return text;
}

static enum kerr dial(struct world *world, const char *host, int32_t port, int64_t *stream)
{
        struct posix_world *w = posix_world_of(world);
        int32_t reactor = (int32_t)(atomic_load(&w->shared.streams_made) % w->shared.thread_count);
        *stream = io_shared_new_stream(&w->shared, reactor);
        learn_stream(w, *stream);
        struct message begin = {.kind = MESSAGE_DIAL, .stream = *stream};
        begin.text = host_and_port(host, port);
        put_in_outbox(w, begin);

        char port_text[16];
        snprintf(port_text, sizeof port_text, "%d", port);
        struct message connect = {.kind = MESSAGE_CONNECT, .stream = *stream};
        connect.addresses = socket_resolve(host, port_text, AI_NUMERICHOST);
        if (!connect.addresses) {
                /* A name. Its address may be found before the outbox is emptied, so that goes now.
                 */
                mailbox_post_all(w->shared.inboxes[reactor], &w->outboxes[reactor]);
                struct message resolve = {.kind = MESSAGE_RESOLVE, .stream = *stream};
                resolve.text = host_and_port(host, port);
                if (!worker_post(&w->resolver, resolve))
                        return KERR_NONE;
        }
        put_in_outbox(w, connect);
        return KERR_NONE;
}

static void send_packet(struct world *world, int64_t stream, struct packet *packet)
{
        struct posix_world *w = posix_world_of(world);
        if (find_stream(w, stream))
                put_in_outbox(w, (struct message){
                                         .kind = MESSAGE_SEND, .stream = stream, .packet = packet});
        else
                packet_free(packet);
}

static void hang_up(struct world *world, int64_t stream)
{
        struct posix_world *w = posix_world_of(world);
        struct known_stream *known = find_stream(w, stream);
        if (!known)
                return;
        forget_stream(w, known);
        put_in_outbox(w, (struct message){.kind = MESSAGE_HANG_UP, .stream = stream});
}

static void release_frame(struct world *world, struct frame *frame)
{
        struct posix_world *w = posix_world_of(world);
        int64_t stream = frame->stream;
        if (intake_release(&w->shared.intake, frame))
                put_in_outbox(w, (struct message){.kind = MESSAGE_RESUME, .stream = stream});
}

void world_streams_handle(struct posix_world *w, struct message *m)
{
        struct actor *actor = w->actor;
        if (m->kind == MESSAGE_ACCEPTED)
                learn_stream(w, m->stream);
        struct known_stream *known = find_stream(w, m->stream);
        switch (m->kind) {
        case MESSAGE_ACCEPTED:
        case MESSAGE_CONNECTED:
                if (known)
                        actor->on_open(actor, m->stream, m->text);
                free(m->text);
                break;
        case MESSAGE_FRAME:
                if (known)
                        actor->on_frame(actor, &m->frame->frame);
                else
                        release_frame(&w->world, &m->frame->frame);
                break;
        case MESSAGE_CLOSED:
                if (known) {
                        forget_stream(w, known);
                        actor->on_close(actor, m->stream, m->result);
                }
                break;
        default: assert(!"a message to the handler");
        }
}

void world_streams_init(struct posix_world *w)
{
        struct world *calls = &w->world;
        calls->dial = dial;
        calls->send = send_packet;
        calls->hang_up = hang_up;
        calls->release = release_frame;
        w->resolver = (struct worker){.work = do_resolve, .context = w};
}

void world_streams_deinit(struct posix_world *w)
{
        struct known_stream *known, *next;
        HASH_ITER (hh, w->streams, known, next) {
                forget_stream(w, known);
        }
}
