/* Tests of the simulated network: streams that behave as TCP does, and the faults put on them. */
#include "sim/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A host that writes down what it hears, one line each: "+peer" opened, "-why" closed, and for a
 * frame the text behind its header. */
struct listener {
        struct sim_host host; /* first */
        struct net *net;
        struct buffer heard;
        int frames, bursts;
        int64_t last_stream;
        bool keeps; /* does not give frames back */
        struct frame *kept[64];
};

struct net {
        struct sim_scheduler scheduler;
        struct sim_trace trace;
        struct sim_network network;
        struct listener a, b;
};

enum { A = 1, B = 2, PORT = 9092, HEADER = 8, API_X = 5, API_Y = 6 };

static void on_open(struct sim_host *host, int64_t stream, const char *peer)
{
        struct listener *l = (struct listener *)(void *)host;
        l->last_stream = stream;
        buffer_printf(&l->heard, "+%s\n", peer);
}

static void on_frame(struct sim_host *host, struct frame *frame, int16_t api)
{
        struct listener *l = (struct listener *)(void *)host;
        (void)api;
        l->last_stream = frame->stream;
        size_t text = frame->bytes.size < HEADER ? frame->bytes.size : HEADER;
        buffer_append(&l->heard, frame->bytes.data + text, frame->bytes.size - text);
        buffer_append(&l->heard, "\n", 1);
        if (l->keeps)
                l->kept[l->frames] = frame;
        else
                sim_network_release(&l->net->network, host, frame);
        l->frames++;
}

static void on_close(struct sim_host *host, int64_t stream, enum kerr why)
{
        (void)stream;
        buffer_printf(&((struct listener *)(void *)host)->heard, "-%s\n", kerr_name(why));
}

static void on_burst_end(struct sim_host *host)
{
        ((struct listener *)(void *)host)->bursts++;
}

static const struct sim_host_hooks hooks = {on_open, on_frame, on_close, on_burst_end};

static void add(struct net *n, struct listener *l, int32_t id, const char *name)
{
        l->net = n;
        l->host.id = id;
        l->host.name = name;
        l->host.port = PORT;
        l->host.hooks = &hooks;
        sim_network_add(&n->network, &l->host);
        sim_host_up(&n->network, &l->host);
}

static struct net *start(uint64_t seed)
{
        struct net *n = calloc(1, sizeof *n);
        struct rng r;
        rng_init(&r, seed);
        n->trace.now_ns = &n->scheduler.now_ns;
        sim_network_init(&n->network, &n->scheduler, &n->trace, r);
        add(n, &n->a, A, "a");
        add(n, &n->b, B, "b");
        return n;
}

static void finish(struct net *n)
{
        sim_host_down(&n->network, &n->a.host);
        sim_host_down(&n->network, &n->b.host);
        sim_network_deinit(&n->network);
        sim_scheduler_deinit(&n->scheduler);
        buffer_deinit(&n->a.heard);
        buffer_deinit(&n->b.heard);
        free(n);
}

static void run_ms(struct net *n, int64_t ms)
{
        int64_t end_ns = n->scheduler.now_ns + ms * SIM_NS_PER_MS;
        while (sim_scheduler_next_ns(&n->scheduler) <= end_ns)
                sim_scheduler_step(&n->scheduler);
        n->scheduler.now_ns = end_ns;
}

static int64_t dial(struct net *n)
{
        int64_t stream = 0;
        assert_int_equal(sim_network_dial(&n->network, &n->a.host, "b", PORT, &stream), 0);
        assert_true(stream > 0);
        return stream;
}

static void send_bytes(struct net *n, struct listener *from, int64_t stream, const void *data,
                       size_t size)
{
        struct buffer bytes = {0};
        buffer_append(&bytes, data, size);
        sim_network_send(&n->network, &from->host, stream, &bytes);
}

/* A request (api, correlation id) or, with api < 0, an answer to that correlation id. */
static void send_text(struct net *n, struct listener *from, int64_t stream, int api,
                      uint32_t correlation, const char *text)
{
        uint8_t frame[4 + HEADER + 100] = {0};
        size_t size = HEADER + strlen(text);
        store_be32(frame, (uint32_t)size);
        if (api >= 0)
                store_be16(frame + 4, (uint16_t)api);
        store_be32(frame + (api >= 0 ? 8 : 4), correlation);
        memcpy(frame + 4 + HEADER, text, strlen(text));
        send_bytes(n, from, stream, frame, 4 + size);
}

/* What the listener has heard since the last call. */
static void assert_heard(struct listener *l, const char *expected)
{
        buffer_append(&l->heard, "", 1);
        assert_string_equal((char *)l->heard.data, expected);
        buffer_clear(&l->heard);
}

/* A stream that both ends have open. */
static int64_t connect_both(struct net *n)
{
        int64_t stream = dial(n);
        run_ms(n, 10);
        buffer_clear(&n->a.heard);
        buffer_clear(&n->b.heard);
        return stream;
}

/* Goal:   frames arrive whole and in order however the bytes are cut.
 * Method: 2,000 frames of random size and content; compare each with what was sent. */
static void frames_arrive_in_order(void **state)
{
        (void)state;
        struct net *n = start(7);
        int64_t stream = connect_both(n);
        struct buffer sent = {0};
        struct rng r;
        rng_init(&r, 7);
        for (int i = 0; i < 2000; i++) {
                uint8_t frame[2000];
                uint32_t size = (uint32_t)rng_between(&r, HEADER, sizeof frame - 4);
                store_be32(frame, size);
                for (uint32_t j = 0; j < size; j++)
                        frame[4 + j] = (uint8_t)rng_u64(&r);
                send_bytes(n, &n->a, stream, frame, 4 + size);
                buffer_append(&sent, frame + 4 + HEADER, size - HEADER);
                buffer_append(&sent, "\n", 1);
                if (i % 100 == 0)
                        run_ms(n, 1);
        }
        assert_true(n->b.heard.size < sent.size);
        run_ms(n, 1000);
        assert_int_equal(n->b.heard.size, sent.size);
        assert_memory_equal(n->b.heard.data, sent.data, sent.size);
        assert_true(n->b.bursts < n->b.frames);
        assert_true(n->scheduler.steps > 200); /* pieces */
        buffer_deinit(&sent);
        finish(n);
}

/* Goal:   a dial is answered, refused, or not heard of for ten seconds; bytes may follow at once.
 * Method: each state that the dialled host can be in. */
static void dials_end_one_way_or_another(void **state)
{
        (void)state;
        struct net *n = start(1);
        int64_t stream;
        send_text(n, &n->a, dial(n), API_X, 1, "hello");
        run_ms(n, 10);
        assert_heard(&n->a, "+b:9092\n");
        assert_heard(&n->b, "+a:32769\nhello\n");

        assert_int_equal(sim_network_dial(&n->network, &n->a.host, "x", PORT, &stream),
                         KERR_CONNECTION_FAILED);
        assert_int_equal(sim_network_dial(&n->network, &n->a.host, "b", PORT + 1, &stream), 0);
        run_ms(n, 10);
        assert_heard(&n->a, "-CONNECTION_FAILED\n");

        sim_network_cut(&n->network, B, A);
        dial(n);
        run_ms(n, 9990);
        assert_heard(&n->a, "");
        assert_heard(&n->b, "+a:32771\n");
        run_ms(n, 20);
        assert_heard(&n->a, "-TIMED_OUT_LOCALLY\n");
        assert_heard(&n->b, "-CONNECTION_FAILED\n");
        sim_network_heal(&n->network, B, A);
        run_ms(n, 2000);
        assert_heard(&n->a, "");

        sim_host_power_off(&n->network, &n->b.host);
        run_ms(n, 10);
        dial(n);
        run_ms(n, 5000);
        assert_heard(&n->a, "");
        sim_host_up(&n->network, &n->b.host);
        run_ms(n, 10);
        assert_heard(&n->a, "+b:9092\n");
        sim_host_down(&n->network, &n->b.host);
        dial(n);
        run_ms(n, 10);
        assert_heard(&n->a, "-CONNECTION_FAILED\n-CONNECTION_FAILED\n");
        finish(n);
}

/* Goal:   hanging up lets through what was sent before, and nothing that comes back.
 * Method: a sends and hangs up; b answers. A dead process is the same to its peer. */
static void hanging_up_is_orderly(void **state)
{
        (void)state;
        struct net *n = start(2);
        for (int dies = 0; dies < 2; dies++) {
                int64_t stream = connect_both(n);
                send_text(n, &n->a, stream, API_X, 1, "last");
                if (dies)
                        sim_host_down(&n->network, &n->a.host);
                else
                        sim_network_hang_up(&n->network, &n->a.host, stream);
                send_text(n, &n->b, n->b.last_stream, -1, 1, "answer");
                send_text(n, &n->a, stream, API_X, 2, "too late");
                run_ms(n, 10);
                assert_heard(&n->b, "last\n-CONNECTION_FAILED\n");
                assert_heard(&n->a, "");
                assert_null(n->network.streams);
        }
        finish(n);
}

/* Goal:   a machine that lost power closes nothing: its peer hears of it when it has sent something
 *         and the machine is back.
 * Method: power off b; a sends before, while or after b is off, or never. */
static void half_open_until_it_speaks(void **state)
{
        (void)state;
        for (int when = 0; when < 4; when++) {
                struct net *n = start(3);
                int64_t stream = connect_both(n);
                if (when == 0)
                        send_text(n, &n->a, stream, API_X, 1, "in flight");
                sim_host_power_off(&n->network, &n->b.host);
                if (when == 1)
                        send_text(n, &n->a, stream, API_X, 1, "to nobody");
                run_ms(n, 60000);
                assert_heard(&n->a, "");
                sim_host_up(&n->network, &n->b.host);
                run_ms(n, 10);
                assert_heard(&n->a, when < 2 ? "-CONNECTION_FAILED\n" : "");
                if (when == 2)
                        send_text(n, &n->a, stream, API_X, 1, "who is there");
                run_ms(n, 10);
                assert_heard(&n->a, when == 2 ? "-CONNECTION_FAILED\n" : "");
                assert_heard(&n->b, "");
                finish(n);
        }
}

/* Goal:   a cut stops one direction only, loses nothing, and bytes wait for the healing.
 * Method: cut a to b; both send. */
static void a_cut_is_one_way(void **state)
{
        (void)state;
        struct net *n = start(4);
        int64_t stream = connect_both(n);
        sim_network_cut(&n->network, A, B);
        send_text(n, &n->a, stream, API_X, 1, "one");
        send_text(n, &n->a, stream, API_X, 2, "two");
        send_text(n, &n->b, n->b.last_stream, -1, 9, "back");
        run_ms(n, 100000);
        assert_heard(&n->a, "back\n");
        assert_heard(&n->b, "");
        sim_network_heal(&n->network, SIM_ANY_HOST, SIM_ANY_HOST);
        run_ms(n, 1100);
        assert_heard(&n->b, "one\ntwo\n");
        finish(n);
}

/* Goal:   an old connection may deliver after its client has retried on a new one.
 * Method: send on a stream that is cut, hang up, retry on a new one, heal; over several seeds both
 *         orders happen. */
static void old_streams_may_deliver_late(void **state)
{
        (void)state;
        int old_first = 0, new_first = 0;
        for (uint64_t seed = 0; seed < 40; seed++) {
                struct net *n = start(seed);
                int64_t old = connect_both(n);
                sim_network_cut(&n->network, A, B);
                send_text(n, &n->a, old, API_X, 1, "old");
                sim_network_hang_up(&n->network, &n->a.host, old);
                send_text(n, &n->a, dial(n), API_X, 1, "new");
                sim_network_heal(&n->network, A, B);
                run_ms(n, 1100);
                buffer_append(&n->b.heard, "", 1);
                const char *heard = (char *)n->b.heard.data;
                assert_non_null(strstr(heard, "old"));
                assert_non_null(strstr(heard, "new"));
                if (strstr(heard, "old") < strstr(heard, "new"))
                        old_first++;
                else
                        new_first++;
                finish(n);
        }
        assert_true(old_first > 0 && new_first > 0);
}

/* Goal:   a held API waits, and what is behind it on its stream; other streams go on; answers can
 *         be held too.
 * Method: hold requests X from a, release; hold answers to X from b, release. */
static void frames_are_held_by_api(void **state)
{
        (void)state;
        struct net *n = start(5);
        int64_t first = connect_both(n), second = connect_both(n);
        sim_network_hold(&n->network, API_X, false, A, SIM_ANY_HOST);
        send_text(n, &n->a, first, API_Y, 1, "y1");
        send_text(n, &n->a, first, API_X, 2, "x1");
        send_text(n, &n->a, first, API_Y, 3, "y2");
        run_ms(n, 10);
        send_text(n, &n->a, second, API_Y, 1, "y3");
        run_ms(n, 1000);
        assert_heard(&n->b, "y1\ny3\n");
        sim_network_release_held(&n->network, API_X, false, A, SIM_ANY_HOST);
        run_ms(n, 10);
        assert_heard(&n->b, "x1\ny2\n");

        sim_network_hold(&n->network, API_X, true, B, A);
        send_text(n, &n->b, n->b.last_stream, -1, 1, "to y1");
        send_text(n, &n->b, n->b.last_stream, -1, 2, "to x1");
        run_ms(n, 1000);
        assert_heard(&n->a, "to y1\n");
        sim_network_heal_all(&n->network);
        run_ms(n, 10);
        assert_heard(&n->a, "to x1\n");
        finish(n);
}

/* Goal:   a dropped answer takes its connection with it, once; a reset takes all connections.
 * Method: drop one answer to X; the next one comes through on a new stream. */
static void answers_are_dropped(void **state)
{
        (void)state;
        struct net *n = start(6);
        int64_t stream = connect_both(n);
        sim_network_drop_answers(&n->network, API_X, B, SIM_ANY_HOST, 1);
        send_text(n, &n->a, stream, API_Y, 1, "y");
        send_text(n, &n->a, stream, API_X, 2, "x");
        run_ms(n, 10);
        send_text(n, &n->b, n->b.last_stream, -1, 1, "to y");
        send_text(n, &n->b, n->b.last_stream, -1, 2, "to x");
        send_text(n, &n->b, n->b.last_stream, -1, 3, "more");
        run_ms(n, 10);
        assert_heard(&n->a, "to y\n-CONNECTION_FAILED\n");
        assert_heard(&n->b, "y\nx\n-CONNECTION_FAILED\n");
        assert_null(n->network.streams);

        stream = connect_both(n);
        connect_both(n);
        send_text(n, &n->a, stream, API_X, 1, "x");
        run_ms(n, 10);
        send_text(n, &n->b, n->b.last_stream, -1, 1, "to x");
        run_ms(n, 10);
        assert_heard(&n->a, "to x\n");
        sim_network_reset(&n->network, B, A);
        run_ms(n, 10);
        assert_heard(&n->a, "-CONNECTION_FAILED\n-CONNECTION_FAILED\n");
        assert_heard(&n->b, "x\n-CONNECTION_FAILED\n-CONNECTION_FAILED\n");
        finish(n);
}

/* Goal:   a stream with too many frames not given back waits, others do not.
 * Method: b keeps 16 of 40 frames, then gives one back at a time. */
static void unreleased_frames_hold_the_stream(void **state)
{
        (void)state;
        struct net *n = start(8);
        int64_t stream = connect_both(n);
        n->b.keeps = true;
        for (uint32_t i = 0; i < 40; i++)
                send_text(n, &n->a, stream, API_X, i, "x");
        run_ms(n, 100);
        assert_int_equal(n->b.frames, SIM_FRAMES_UNRELEASED_MAX);
        sim_network_release(&n->network, &n->b.host, n->b.kept[3]);
        run_ms(n, 100);
        assert_int_equal(n->b.frames, SIM_FRAMES_UNRELEASED_MAX + 1);
        send_text(n, &n->a, connect_both(n), API_X, 1, "x");
        run_ms(n, 100);
        assert_int_equal(n->b.frames, SIM_FRAMES_UNRELEASED_MAX + 2);
        sim_network_hang_up(&n->network, &n->b.host, n->b.kept[0]->stream);
        sim_network_release(&n->network, &n->b.host, n->b.kept[0]);
        run_ms(n, 100);
        assert_int_equal(n->b.frames, SIM_FRAMES_UNRELEASED_MAX + 2);
        finish(n); /* frees the rest */
}

/* Goal:   a length that no frame may have ends the stream on both sides.
 * Method: a frame, then 0xffffffff. */
static void bad_lengths_end_the_stream(void **state)
{
        (void)state;
        struct net *n = start(9);
        int64_t stream = connect_both(n);
        send_text(n, &n->a, stream, API_X, 1, "good");
        send_bytes(n, &n->a, stream, "\xff\xff\xff\xff????", 8);
        run_ms(n, 10);
        assert_heard(&n->b, "good\n-INVALID_REQUEST\n");
        assert_heard(&n->a, "-CONNECTION_FAILED\n");
        finish(n);
}

/* Goal:   slow links are slow, paused hosts take nothing in until they go on.
 * Method: look just before and just after. */
static void slow_links_and_paused_hosts(void **state)
{
        (void)state;
        struct net *n = start(10);
        int64_t stream = connect_both(n);
        sim_network_slow(&n->network, A, B, 1000);
        send_text(n, &n->a, stream, API_X, 1, "slow");
        run_ms(n, 99);
        assert_heard(&n->b, "");
        run_ms(n, 700);
        assert_heard(&n->b, "slow\n");
        sim_network_slow(&n->network, A, B, 1);
        sim_host_pause(&n->network, &n->b.host, true);
        send_text(n, &n->a, stream, API_X, 2, "wait");
        run_ms(n, 5000);
        assert_heard(&n->b, "");
        sim_host_pause(&n->network, &n->b.host, false);
        run_ms(n, 1);
        assert_heard(&n->b, "wait\n");
        finish(n);
}

/* Goal:   a host can talk to itself, die so, and leave nothing behind.
 * Method: a dials a; its machine loses power. */
static void a_host_may_dial_itself(void **state)
{
        (void)state;
        struct net *n = start(11);
        int64_t stream;
        sim_network_dial(&n->network, &n->a.host, "a", PORT, &stream);
        run_ms(n, 10);
        assert_heard(&n->a, "+a:32769\n+a:9092\n");
        send_text(n, &n->a, stream, API_X, 1, "me");
        run_ms(n, 10);
        assert_heard(&n->a, "me\n");
        sim_network_dial(&n->network, &n->a.host, "a", PORT, &stream);
        sim_host_power_off(&n->network, &n->a.host);
        sim_host_up(&n->network, &n->a.host);
        run_ms(n, 10);
        finish(n);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(frames_arrive_in_order),
                cmocka_unit_test(dials_end_one_way_or_another),
                cmocka_unit_test(hanging_up_is_orderly),
                cmocka_unit_test(half_open_until_it_speaks),
                cmocka_unit_test(a_cut_is_one_way),
                cmocka_unit_test(old_streams_may_deliver_late),
                cmocka_unit_test(frames_are_held_by_api),
                cmocka_unit_test(answers_are_dropped),
                cmocka_unit_test(unreleased_frames_hold_the_stream),
                cmocka_unit_test(bad_lengths_end_the_stream),
                cmocka_unit_test(slow_links_and_paused_hosts),
                cmocka_unit_test(a_host_may_dial_itself),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
