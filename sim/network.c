#include "sim/network.h"

#include "sim/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* A link's base latency; each parcel adds a jitter. */
#define LATENCY_MIN_NS (100 * SIM_NS_PER_US)
#define LATENCY_MAX_NS (500 * SIM_NS_PER_US)
#define RESEND_MAX_NS  SIM_NS_PER_S

void sim_network_init(struct sim_network *n, struct sim_scheduler *scheduler,
                      struct sim_trace *trace, struct rng rng)
{
        *n = (struct sim_network){.scheduler = scheduler, .trace = trace, .rng = rng};
}

static void forget_rules(struct sim_network *n)
{
        struct sim_rule *rule, *next;
        DL_FOREACH_SAFE (n->rules, rule, next) {
                DL_DELETE(n->rules, rule);
                free(rule);
        }
}

void sim_network_deinit(struct sim_network *n)
{
        while (n->streams)
                sim_stream_free(n->streams);
        struct sim_link *link, *next;
        HASH_ITER (hh, n->links, link, next) {
                HASH_DEL(n->links, link);
                free(link);
        }
        forget_rules(n);
}

/* --- links --- */

/* Made when it is first needed, with a base latency of its own. */
static struct sim_link *link_of(struct sim_network *n, int32_t from, int32_t to)
{
        const struct sim_link probe = {.key = {from, to}};
        struct sim_link *link;
        HASH_FIND(hh, n->links, &probe.key, sizeof probe.key, link);
        if (link)
                return link;
        link = calloc(1, sizeof *link);
        if (!link)
                abort();
        link->key = probe.key;
        link->factor = 1;
        link->rng = rng_fork(&n->rng, (uint64_t)from << 32 | (uint64_t)to);
        link->base_ns = rng_between(&link->rng, LATENCY_MIN_NS, LATENCY_MAX_NS);
        HASH_ADD(hh, n->links, key, sizeof link->key, link);
        return link;
}

static bool matches(int32_t id, int32_t pattern)
{
        return pattern == SIM_ANY_HOST || pattern == id;
}

static void kick_all(struct sim_network *n)
{
        for (struct sim_stream *s = n->streams; s; s = s->hh.next)
                for (int i = 0; i < 2; i++)
                        sim_pipe_kick(&s->sides[i].in);
}

/* --- hosts --- */

void sim_network_add(struct sim_network *n, struct sim_host *host)
{
        host->powered = true;
        LL_APPEND(n->hosts, host);
}

static void free_frame(struct sim_host *host, struct sim_frame *f)
{
        DL_DELETE(host->unreleased, f);
        free((void *)(uintptr_t)f->frame.bytes.data);
        free(f);
}

/* Nothing runs on the host any more: frees its frames and ends its streams. */
static void stop_running(struct sim_network *n, struct sim_host *host, bool silently)
{
        host->running = host->paused = false;
        while (host->unreleased)
                free_frame(host, host->unreleased);
        struct sim_stream *s, *next;
        HASH_ITER (hh, n->streams, s, next) {
                bool was_busy = s->busy;
                /* A host may have dialled itself: both sides must be done before the end. */
                s->busy = true;
                for (int i = 0; i < 2; i++) {
                        struct sim_side *side = &s->sides[i];
                        if (side->host != host || !sim_side_is_used(side))
                                continue;
                        if (silently)
                                sim_side_fall_silent(side);
                        else
                                sim_side_end(side, true);
                }
                s->busy = was_busy;
                sim_stream_settle(s);
        }
}

void sim_host_up(struct sim_network *n, struct sim_host *host)
{
        assert(!host->running);
        host->powered = host->running = true;
        struct sim_stream *s, *next;
        HASH_ITER (hh, n->streams, s, next) {
                for (int i = 0; i < 2; i++)
                        if (s->sides[i].host == host && s->sides[i].state == SIM_SILENT) {
                                sim_side_come_back(&s->sides[i]);
                                break;
                        }
        }
        kick_all(n);
}

void sim_host_down(struct sim_network *n, struct sim_host *host)
{
        stop_running(n, host, false);
}

void sim_host_power_off(struct sim_network *n, struct sim_host *host)
{
        host->powered = false;
        stop_running(n, host, true);
}

void sim_host_pause(struct sim_network *n, struct sim_host *host, bool paused)
{
        host->paused = paused;
        kick_all(n);
}

/* --- what a process does --- */

static struct sim_side *find_side(struct sim_network *n, const struct sim_host *host, int64_t id)
{
        int64_t number = id / 2;
        struct sim_stream *s;
        HASH_FIND(hh, n->streams, &number, sizeof number, s);
        if (!s || s->sides[id % 2].host != host || !sim_side_is_used(&s->sides[id % 2]))
                return NULL;
        return &s->sides[id % 2];
}

enum kerr sim_network_dial(struct sim_network *n, struct sim_host *from, const char *name,
                           int32_t port, int64_t *stream)
{
        struct sim_host *to = n->hosts;
        while (to && strcmp(to->name, name) != 0)
                to = to->next;
        if (!to)
                return KERR_CONNECTION_FAILED;
        struct sim_stream *s = sim_stream_dial(n, from, to, port, link_of(n, from->id, to->id),
                                               link_of(n, to->id, from->id));
        *stream = sim_side_id(&s->sides[0]);
        return KERR_NONE;
}

/* Where the fields stand that both kinds of header begin with, behind the frame's length. */
enum { API_AT = 4, REQUEST_CORRELATION_AT = 8, ANSWER_CORRELATION_AT = 4 };

static int16_t remember_request(struct sim_stream *s, const struct buffer *bytes)
{
        if (bytes->size < REQUEST_CORRELATION_AT + 4)
                return -1;
        int64_t place = s->request_count++ % SIM_REQUESTS_REMEMBERED;
        s->requests[place].api = (int16_t)load_be16(bytes->data + API_AT);
        s->requests[place].correlation_id =
                (int32_t)load_be32(bytes->data + REQUEST_CORRELATION_AT);
        return s->requests[place].api;
}

static int16_t find_request(const struct sim_stream *s, const struct buffer *bytes)
{
        if (bytes->size < ANSWER_CORRELATION_AT + 4)
                return -1;
        int32_t id = (int32_t)load_be32(bytes->data + ANSWER_CORRELATION_AT);
        int64_t oldest = s->request_count - SIM_REQUESTS_REMEMBERED;
        for (int64_t i = s->request_count; i-- > 0 && i >= oldest;)
                if (s->requests[i % SIM_REQUESTS_REMEMBERED].correlation_id == id)
                        return s->requests[i % SIM_REQUESTS_REMEMBERED].api;
        return -1;
}

/* True when a rule says that this answer, and its connection, are to be lost. */
static bool drop_answer(struct sim_network *n, struct sim_side *to, int16_t api)
{
        struct sim_rule *rule = sim_rule_find(n->rules, false, to->in.link, api, true);
        if (!rule)
                return false;
        if (--rule->remaining == 0) {
                DL_DELETE(n->rules, rule);
                free(rule);
        }
        sim_trace(n->trace, -1, DROP_ANSWER, NULL, api, to->in.link->key.from, to->in.link->key.to,
                  sim_side_id(to));
        sim_stream_put(to, SIM_PARCEL_CLOSE, NULL, -1);
        sim_stream_put(sim_side_peer(to), SIM_PARCEL_CLOSE, NULL, -1);
        return true;
}

void sim_network_send(struct sim_network *n, struct sim_host *from, int64_t stream,
                      struct buffer *bytes)
{
        assert(bytes->size > 0);
        struct sim_side *side = find_side(n, from, stream);
        if (!side) {
                buffer_deinit(bytes);
                return;
        }
        struct sim_side *to = sim_side_peer(side);
        bool answer = to == &side->stream->sides[0];
        int16_t api =
                answer ? find_request(side->stream, bytes) : remember_request(side->stream, bytes);
        if (answer && drop_answer(n, to, api))
                buffer_deinit(bytes);
        else
                sim_stream_put(to, SIM_PARCEL_FRAME, bytes, api);
}

void sim_network_hang_up(struct sim_network *n, struct sim_host *host, int64_t stream)
{
        struct sim_side *side = find_side(n, host, stream);
        if (side)
                sim_side_end(side, true);
}

void sim_network_release(struct sim_network *n, struct sim_host *host, struct frame *frame)
{
        struct sim_side *side = find_side(n, host, frame->stream);
        free_frame(host, (struct sim_frame *)(void *)frame);
        if (!side)
                return;
        assert(side->frames_unreleased > 0);
        if (side->frames_unreleased-- == SIM_FRAMES_UNRELEASED_MAX)
                sim_pipe_kick(&side->in);
}

/* --- faults --- */

/* What waited for a cut link is sent again when its sender's timer next fires: some time after the
 * link is healed, and another time for each stream. So an old stream may deliver after a new one.
 */
static void resend_later(struct sim_network *n, struct sim_link *link)
{
        for (struct sim_stream *s = n->streams; s; s = s->hh.next)
                for (int i = 0; i < 2; i++) {
                        struct sim_pipe *pipe = &s->sides[i].in;
                        if (pipe->link == link && pipe->first)
                                pipe->first->ready_ns = n->scheduler->now_ns +
                                                        rng_between(&link->rng, 0, RESEND_MAX_NS);
                }
}

/* Sets what is not NULL on every link that matches. */
static void set_links(struct sim_network *n, int32_t from, int32_t to, const bool *cut,
                      const int32_t *factor)
{
        for (struct sim_host *a = n->hosts; a; a = a->next)
                for (struct sim_host *b = n->hosts; b; b = b->next) {
                        if (a == b || !matches(a->id, from) || !matches(b->id, to))
                                continue;
                        struct sim_link *link = link_of(n, a->id, b->id);
                        if (cut && link->cut && !*cut)
                                resend_later(n, link);
                        link->cut = cut ? *cut : link->cut;
                        link->factor = factor ? *factor : link->factor;
                }
        kick_all(n);
}

void sim_network_cut(struct sim_network *n, int32_t from, int32_t to)
{
        sim_trace(n->trace, -1, CUT, NULL, from, to);
        set_links(n, from, to, &(bool){true}, NULL);
}

void sim_network_heal(struct sim_network *n, int32_t from, int32_t to)
{
        sim_trace(n->trace, -1, HEAL, NULL, from, to);
        set_links(n, from, to, &(bool){false}, NULL);
}

void sim_network_slow(struct sim_network *n, int32_t from, int32_t to, int32_t factor)
{
        assert(factor >= 1);
        sim_trace(n->trace, -1, SLOW, NULL, from, to, factor);
        set_links(n, from, to, NULL, &factor);
}

static void add_rule(struct sim_network *n, struct sim_rule rule)
{
        struct sim_rule *made = malloc(sizeof *made);
        if (!made)
                abort();
        *made = rule;
        DL_APPEND(n->rules, made);
}

void sim_network_hold(struct sim_network *n, int16_t api, bool answer, int32_t from, int32_t to)
{
        sim_trace(n->trace, -1, HOLD, NULL, api, answer, from, to);
        add_rule(n, (struct sim_rule){api, answer, from, to, -1, NULL, NULL});
}

void sim_network_release_held(struct sim_network *n, int16_t api, bool answer, int32_t from,
                              int32_t to)
{
        sim_trace(n->trace, -1, RELEASE, NULL, api, answer, from, to);
        struct sim_rule *rule, *next;
        DL_FOREACH_SAFE (n->rules, rule, next) {
                if (rule->remaining >= 0 || rule->api != api || rule->answer != answer ||
                    !matches(rule->from, from) || !matches(rule->to, to))
                        continue;
                DL_DELETE(n->rules, rule);
                free(rule);
        }
        kick_all(n);
}

void sim_network_drop_answers(struct sim_network *n, int16_t api, int32_t from, int32_t to,
                              int32_t count)
{
        assert(count > 0);
        add_rule(n, (struct sim_rule){api, true, from, to, count, NULL, NULL});
}

void sim_network_reset(struct sim_network *n, int32_t a, int32_t b)
{
        sim_trace(n->trace, -1, RESET, NULL, a, b);
        for (struct sim_stream *s = n->streams; s; s = s->hh.next) {
                int32_t from = s->sides[0].host->id, to = s->sides[1].host->id;
                if (!(matches(from, a) && matches(to, b)) && !(matches(from, b) && matches(to, a)))
                        continue;
                sim_stream_put(&s->sides[0], SIM_PARCEL_CLOSE, NULL, -1);
                sim_stream_put(&s->sides[1], SIM_PARCEL_CLOSE, NULL, -1);
        }
}

void sim_network_heal_all(struct sim_network *n)
{
        forget_rules(n);
        sim_network_slow(n, SIM_ANY_HOST, SIM_ANY_HOST, 1);
        sim_network_heal(n, SIM_ANY_HOST, SIM_ANY_HOST);
}
