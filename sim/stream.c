#include "sim/stream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define DIAL_TIMEOUT_NS (10 * SIM_NS_PER_S)
#define JITTER_NS       (200 * SIM_NS_PER_US)
#define PIECE_GAP_NS    (50 * SIM_NS_PER_US)

enum { FRAME_BYTES_MAX = 100 * 1024 * 1024 }; /* socket.request.max.bytes */

static int64_t now_ns(const struct sim_side *side)
{
        return side->stream->network->scheduler->now_ns;
}

void sim_stream_settle(struct sim_stream *s)
{
        for (int i = 0; i < 2; i++)
                if (sim_side_is_used(&s->sides[i]) || s->sides[i].state == SIM_WAITING)
                        return;
        if (!s->busy)
                sim_stream_free(s);
}

void sim_stream_free(struct sim_stream *s)
{
        for (int i = 0; i < 2; i++) {
                sim_pipe_discard(&s->sides[i].in);
                frame_cutter_deinit(&s->sides[i].in.cutter);
        }
        sim_cancel(s->network->scheduler, &s->dial_timeout);
        HASH_DEL(s->network->streams, s);
        free(s);
}

/* --- pipes --- */

static struct sim_parcel *pop(struct sim_pipe *pipe)
{
        struct sim_parcel *parcel = pipe->first;
        pipe->first = parcel->next;
        if (!pipe->first)
                pipe->last = NULL;
        return parcel;
}

static void free_parcel(struct sim_parcel *parcel)
{
        buffer_deinit(&parcel->bytes);
        free(parcel);
}

void sim_pipe_discard(struct sim_pipe *pipe)
{
        while (pipe->first)
                free_parcel(pop(pipe));
        sim_cancel(pipe->side->stream->network->scheduler, &pipe->arrival);
}

static bool is_answer(const struct sim_pipe *pipe)
{
        return pipe->side == &pipe->side->stream->sides[0];
}

struct sim_rule *sim_rule_find(struct sim_rule *rules, bool hold, const struct sim_link *link,
                               int16_t api, bool answer)
{
        for (struct sim_rule *rule = rules; rule; rule = rule->next)
                if (hold == (rule->remaining < 0) && rule->api == api && rule->answer == answer &&
                    (rule->from == SIM_ANY_HOST || rule->from == link->key.from) &&
                    (rule->to == SIM_ANY_HOST || rule->to == link->key.to))
                        return rule;
        return NULL;
}

/* True when the first parcel may not arrive. Whatever ends such a state kicks the pipe. */
static bool is_stopped(const struct sim_pipe *pipe)
{
        const struct sim_side *side = pipe->side;
        const struct sim_parcel *parcel = pipe->first;
        if (pipe->link->cut || side->host->paused)
                return true;
        /* A dial is sent again and again until a machine answers. */
        if (parcel->kind == SIM_PARCEL_DIAL)
                return !side->host->powered;
        if (parcel->kind != SIM_PARCEL_FRAME)
                return false;
        if (side->frames_unreleased >= SIM_FRAMES_UNRELEASED_MAX)
                return true;
        return parcel->arrived == 0 && sim_rule_find(side->stream->network->rules, true, pipe->link,
                                                     parcel->api, is_answer(pipe));
}

void sim_pipe_kick(struct sim_pipe *pipe)
{
        if (pipe->first && !sim_is_scheduled(&pipe->arrival) && !is_stopped(pipe))
                sim_schedule_at(pipe->side->stream->network->scheduler, &pipe->arrival,
                                pipe->first->ready_ns);
}

void sim_stream_put(struct sim_side *to, enum sim_parcel_kind kind, struct buffer *bytes,
                    int16_t api)
{
        if (to->state == SIM_GONE) {
                if (bytes)
                        buffer_deinit(bytes);
                return;
        }
        struct sim_parcel *parcel = malloc(sizeof *parcel);
        if (!parcel)
                abort();
        *parcel = (struct sim_parcel){.kind = kind, .api = api};
        if (bytes)
                parcel->bytes = *bytes;
        struct sim_pipe *pipe = &to->in;
        struct sim_link *link = pipe->link;
        int64_t delay_ns = link->base_ns + rng_between(&link->rng, 0, JITTER_NS);
        parcel->ready_ns = now_ns(to) + link->factor * delay_ns;
        if (pipe->first)
                pipe->last->next = parcel;
        else
                pipe->first = parcel;
        pipe->last = parcel;
        sim_pipe_kick(pipe);
}

/* --- arrivals --- */

static void open_side(struct sim_side *side)
{
        char peer[256];
        const struct sim_stream *s = side->stream;
        int32_t port = is_answer(&side->in) ? s->port : (int32_t)(32768 + s->number % 28232);
        snprintf(peer, sizeof peer, "%s:%d", sim_side_peer(side)->host->name, port);
        side->state = SIM_OPEN;
        side->host->hooks->on_open(side->host, sim_side_id(side), peer);
}

static void accept_dial(struct sim_side *side)
{
        if (!side->host->running || side->host->port != side->stream->port) {
                sim_side_end(side, true);
                return;
        }
        sim_stream_put(sim_side_peer(side), SIM_PARCEL_ACCEPT, NULL, -1);
        open_side(side);
}

static void lose(struct sim_side *side, bool tell, enum kerr why)
{
        int64_t id = sim_side_id(side);
        struct sim_host *host = side->host;
        sim_side_end(side, tell);
        host->hooks->on_close(host, id, why);
}

static void hand_over(struct sim_side *side, struct buffer body, int16_t api)
{
        struct sim_frame *f = calloc(1, sizeof *f);
        if (!f)
                abort();
        f->frame = (struct frame){sim_side_id(side), buffer_span(&body)};
        DL_APPEND(side->host->unreleased, f);
        side->frames_unreleased++;
        side->host->hooks->on_frame(side->host, &f->frame, api);
}

/* Lets one more piece of the first parcel in, up to the end of a frame. A quarter of the pieces end
 * at a random byte. */
static void take_piece(struct sim_pipe *pipe)
{
        struct sim_parcel *parcel = pipe->first;
        if (parcel->delivered == parcel->arrived) {
                size_t missing = parcel->bytes.size - parcel->arrived;
                uint64_t draw = rng_u64(&pipe->link->rng);
                parcel->arrived += draw % 4 == 0 ? 1 + (draw >> 2) % missing : missing;
        }
        struct span input = {parcel->bytes.data + parcel->delivered,
                             parcel->arrived - parcel->delivered};
        struct buffer body = {0};
        bool whole;
        enum kerr err = frame_cutter_take(&pipe->cutter, &input, &body, &whole);
        parcel->delivered = parcel->arrived - input.size;
        int16_t api = parcel->api;
        if (parcel->delivered == parcel->bytes.size)
                free_parcel(pop(pipe));
        else if (parcel->delivered == parcel->arrived)
                parcel->ready_ns = now_ns(pipe->side) + PIECE_GAP_NS;
        if (err)
                lose(pipe->side, true, err);
        else if (whole)
                hand_over(pipe->side, body, api);
}

static void deliver(struct sim_pipe *pipe)
{
        struct sim_side *side = pipe->side;
        enum sim_parcel_kind kind = pipe->first->kind;
        if (side->state == SIM_SILENT) {
                free_parcel(pop(pipe));
                side->unanswered = true;
                if (side->host->running)
                        sim_side_come_back(side);
                return;
        }
        if (kind == SIM_PARCEL_FRAME) {
                take_piece(pipe);
                return;
        }
        free_parcel(pop(pipe));
        if (kind == SIM_PARCEL_DIAL) {
                accept_dial(side);
        } else if (kind == SIM_PARCEL_ACCEPT) {
                sim_cancel(side->stream->network->scheduler, &side->stream->dial_timeout);
                open_side(side);
        } else {
                lose(side, false, KERR_CONNECTION_FAILED);
        }
}

static void arrive(void *context)
{
        struct sim_pipe *pipe = context;
        struct sim_host *host = pipe->side->host;
        struct sim_stream *s = pipe->side->stream;
        bool some = false;
        s->busy = true;
        while (pipe->first && pipe->first->ready_ns <= now_ns(pipe->side) && !is_stopped(pipe)) {
                deliver(pipe);
                some = true;
        }
        sim_pipe_kick(pipe);
        s->busy = false;
        sim_stream_settle(s);
        if (some && host->running)
                host->hooks->on_burst_end(host);
}

/* --- the life of a stream --- */

/* Nobody answered the dial. One that is still on its way is given up; one that arrived is undone.
 */
static void dial_timed_out(void *context)
{
        struct sim_stream *s = context;
        struct sim_host *host = s->sides[0].host;
        assert(s->sides[0].state == SIM_DIALLING);
        if (host->paused) {
                sim_schedule_after(s->network->scheduler, &s->dial_timeout, SIM_NS_PER_S);
                return;
        }
        s->busy = true;
        if (s->sides[1].state == SIM_WAITING)
                sim_side_end(&s->sides[1], false);
        lose(&s->sides[0], true, KERR_TIMED_OUT_LOCALLY);
        s->busy = false;
        sim_stream_settle(s);
        if (host->running)
                host->hooks->on_burst_end(host);
}

struct sim_stream *sim_stream_dial(struct sim_network *n, struct sim_host *from,
                                   struct sim_host *to, int32_t port, struct sim_link *there,
                                   struct sim_link *back)
{
        struct sim_stream *s = calloc(1, sizeof *s);
        if (!s)
                abort();
        s->number = ++n->streams_made;
        s->network = n;
        s->port = port;
        s->dial_timeout.run = dial_timed_out;
        s->dial_timeout.context = s;
        for (int i = 0; i < 2; i++) {
                struct sim_side *side = &s->sides[i];
                side->stream = s;
                side->host = i == 0 ? from : to;
                side->state = i == 0 ? SIM_DIALLING : SIM_WAITING;
                side->in.side = side;
                side->in.link = i == 0 ? back : there;
                side->in.arrival.run = arrive;
                side->in.arrival.context = &side->in;
                frame_cutter_init(&side->in.cutter, FRAME_BYTES_MAX);
        }
        HASH_ADD(hh, n->streams, number, sizeof s->number, s);
        sim_schedule_after(n->scheduler, &s->dial_timeout, DIAL_TIMEOUT_NS);
        sim_stream_put(&s->sides[1], SIM_PARCEL_DIAL, NULL, -1);
        return s;
}

void sim_side_end(struct sim_side *side, bool tell)
{
        struct sim_stream *s = side->stream;
        side->state = SIM_GONE;
        sim_pipe_discard(&side->in);
        if (side == &s->sides[0])
                sim_cancel(s->network->scheduler, &s->dial_timeout);
        if (tell)
                sim_stream_put(sim_side_peer(side), SIM_PARCEL_CLOSE, NULL, -1);
        sim_stream_settle(s);
}

void sim_side_fall_silent(struct sim_side *side)
{
        struct sim_stream *s = side->stream;
        struct sim_side *peer = sim_side_peer(side);
        assert(sim_side_is_used(side));
        side->state = SIM_SILENT;
        side->frames_unreleased = 0;
        /* What was on its way to the dead machine is sent again until somebody answers. */
        side->unanswered = side->in.first != NULL;
        sim_pipe_discard(&side->in);
        sim_cancel(s->network->scheduler, &s->dial_timeout);
        if (peer->in.link->cut) {
                /* It had not left the machine, which could send it again only while it lives. */
                sim_pipe_discard(&peer->in);
                if (peer->state == SIM_WAITING)
                        peer->state = SIM_GONE;
        }
        sim_stream_settle(s);
}

void sim_side_come_back(struct sim_side *side)
{
        assert(side->state == SIM_SILENT);
        if (side->unanswered)
                sim_side_end(side, true);
}
