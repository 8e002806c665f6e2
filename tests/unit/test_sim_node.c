/* Tests of a simulated node and of the whole simulator, with two small actors.
 *
 * The echo server appends each frame to a file, syncs, and answers with the frame, as an extent of
 * that file. The pinger dials it, sends a number every 10 ms, and dials again when it is cut off.
 */
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SERVER = 1, CLIENT = 2, PORT = 9092, PING_BYTES = 16 };

/* --- the echo server --- */

struct echo {
        struct actor actor; /* first */
        struct sim_node *node;
        struct world *world;
        struct file *file;
        struct frame *waiting[1000]; /* frames whose sync is under way, by token */
        int64_t positions[1000];
        uint64_t tokens;
        bool keeps; /* answers nothing */
};

/* What a test looks at; the owner of both nodes. */
struct seen {
        struct echo *echo;
        int clean_stops, crashes, answers, closed, timer_calls;
        bool restless; /* the pinger always has more to do */
        int stops_begun;
        bool may_stop;
        int kept; /* frames that the server has not given back */
        int64_t file_size_at_boot;
        enum kerr boot_error;
};

static struct seen *seen_of(struct world *w)
{
        return ((struct sim_node *)(void *)w)->config.owner;
}

static void echo_on_open(struct actor *a, int64_t stream, const char *peer)
{
        struct echo *e = (struct echo *)(void *)a;
        (void)stream;
        world_log(e->world, WORLD_INFO, "accepted %s", peer);
}

static void echo_on_frame(struct actor *a, struct frame *frame)
{
        struct echo *e = (struct echo *)(void *)a;
        if (e->keeps) {
                seen_of(e->world)->kept++;
                return;
        }
        uint64_t token = e->tokens++ % 1000;
        e->positions[token] = e->world->size(e->world, e->file);
        e->waiting[token] = frame;
        if (e->world->append(e->world, e->file, &frame->bytes, 1) == KERR_NONE)
                e->world->sync_start(e->world, e->file, token);
}

static void echo_on_close(struct actor *a, int64_t stream, enum kerr why)
{
        struct echo *e = (struct echo *)(void *)a;
        world_log(e->world, WORLD_INFO, "stream %d: %s", (int)stream, kerr_name(why));
}

static void echo_on_synced(struct actor *a, uint64_t token, enum kerr result)
{
        struct echo *e = (struct echo *)(void *)a;
        struct frame *frame = e->waiting[token];
        int32_t size = (int32_t)frame->bytes.size;
        e->waiting[token] = NULL;
        if (result == KERR_NONE) {
                struct packet *p = packet_new(e->world);
                buffer_append(&p->memory, "echo", 4);
                packet_insert(p, (struct extent){e->file, e->positions[token], size});
                buffer_append(&p->memory, "!", 1);
                packet_finish(p);
                e->world->send(e->world, frame->stream, p);
        }
        e->world->release(e->world, frame);
}

static int64_t echo_run_timers(struct actor *a)
{
        (void)a;
        return INT64_MAX;
}

static enum kerr echo_boot(struct sim_node *node, struct actor **actor)
{
        struct seen *seen = node->config.owner;
        struct world *w = &node->files.world;
        if (seen->boot_error)
                return seen->boot_error;
        struct file *file;
        enum kerr err = w->open(w, "log", WORLD_APPEND, &file);
        if (err == KERR_NOT_FOUND) {
                err = w->open(w, "log", WORLD_CREATE, &file);
                if (!err && (err = w->sync_dir(w, "")) != KERR_NONE)
                        w->close(w, file);
        }
        if (err)
                return err;
        struct echo *e = calloc(1, sizeof *e);
        e->actor = (struct actor){echo_on_open, echo_on_frame, echo_on_close, echo_on_synced,
                                  echo_run_timers};
        e->node = node;
        e->world = w;
        e->file = file;
        seen->echo = e;
        seen->file_size_at_boot = w->size(w, file);
        *actor = &e->actor;
        return KERR_NONE;
}

static void echo_destroy(struct sim_node *node, struct actor *actor, bool clean)
{
        struct seen *seen = node->config.owner;
        struct echo *e = (struct echo *)(void *)actor;
        seen->clean_stops += clean;
        seen->crashes += !clean;
        enum kerr err = e->world->sync(e->world, e->file);
        assert_int_equal(err != KERR_NONE, sim_disk_has_crashed(node->files.disk));
        e->world->close(e->world, e->file);
        seen->echo = NULL;
        free(e);
}

static void echo_begin_stop(struct sim_node *node)
{
        ((struct seen *)node->config.owner)->stops_begun++;
}

static bool echo_may_stop(const struct sim_node *node)
{
        return ((struct seen *)node->config.owner)->may_stop;
}

/* --- the pinger --- */

struct pinger {
        struct actor actor; /* first */
        struct world *world;
        int64_t stream, next_ms;
        uint32_t sent;
};

static void pinger_on_open(struct actor *a, int64_t stream, const char *peer)
{
        struct pinger *p = (struct pinger *)(void *)a;
        assert_int_equal(stream, p->stream);
        assert_string_equal(peer, "server:9092");
}

static void pinger_on_frame(struct actor *a, struct frame *frame)
{
        struct pinger *p = (struct pinger *)(void *)a;
        assert_int_equal(frame->bytes.size, 4 + PING_BYTES + 1);
        assert_memory_equal(frame->bytes.data, "echo", 4);
        assert_int_equal(frame->bytes.data[4 + PING_BYTES], '!');
        seen_of(p->world)->answers++;
        p->world->release(p->world, frame);
}

static void pinger_on_close(struct actor *a, int64_t stream, enum kerr why)
{
        struct pinger *p = (struct pinger *)(void *)a;
        (void)why;
        assert_int_equal(stream, p->stream);
        seen_of(p->world)->closed++;
        p->stream = 0;
        p->next_ms = p->world->mono_ms(p->world) + 100;
}

static void pinger_on_synced(struct actor *a, uint64_t token, enum kerr result)
{
        (void)a, (void)token, (void)result;
}

static int64_t pinger_run_timers(struct actor *a)
{
        struct pinger *p = (struct pinger *)(void *)a;
        struct world *w = p->world;
        int64_t now_ms = w->mono_ms(w);
        seen_of(w)->timer_calls++;
        if (seen_of(w)->restless)
                return now_ms;
        if (now_ms < p->next_ms)
                return p->next_ms;
        p->next_ms = now_ms + 10;
        if (p->stream == 0) {
                assert_int_equal(w->dial(w, "server", PORT, &p->stream), KERR_NONE);
                return p->next_ms;
        }
        struct packet *packet = packet_new(w);
        uint8_t ping[PING_BYTES] = {0};
        store_be32(ping + 4, ++p->sent);
        store_be64(ping + 8, w->random_u64(w));
        buffer_append(&packet->memory, ping, sizeof ping);
        packet_finish(packet);
        w->send(w, p->stream, packet);
        return p->next_ms;
}

static enum kerr pinger_boot(struct sim_node *node, struct actor **actor)
{
        struct pinger *p = calloc(1, sizeof *p);
        p->actor = (struct actor){pinger_on_open, pinger_on_frame, pinger_on_close,
                                  pinger_on_synced, pinger_run_timers};
        p->world = &node->files.world;
        *actor = &p->actor;
        return KERR_NONE;
}

static void pinger_destroy(struct sim_node *node, struct actor *actor, bool clean)
{
        (void)node, (void)clean;
        free(actor);
}

/* --- the cluster of two --- */

static struct sim *start(uint64_t seed, struct seen *seen)
{
        *seen = (struct seen){0};
        struct sim *s = sim_new(seed);
        sim_add_node(s, &(struct sim_node_config){.id = SERVER,
                                                  .name = "server",
                                                  .port = PORT,
                                                  .owner = seen,
                                                  .boot = echo_boot,
                                                  .destroy = echo_destroy});
        sim_add_node(s, &(struct sim_node_config){.id = CLIENT,
                                                  .name = "client",
                                                  .owner = seen,
                                                  .boot = pinger_boot,
                                                  .destroy = pinger_destroy});
        assert_int_equal(sim_node_boot(sim_find_node(s, SERVER)), KERR_NONE);
        assert_int_equal(sim_node_boot(sim_find_node(s, CLIENT)), KERR_NONE);
        return s;
}

static void run_ms(struct sim *s, int64_t ms)
{
        assert_int_equal(sim_run_until(s, sim_now_ns(s) + ms * SIM_NS_PER_MS), SIM_REACHED);
}

static struct sim_survival survival(const char *name)
{
        struct sim_survival s;
        assert_true(sim_survival_find(name, &s));
        return s;
}

static void collect(void *context, const struct sim_trace_entry *entry)
{
        sim_trace_print(entry, context);
        buffer_append(context, "\n", 1);
}

/* A run with a bit of everything in it. */
static uint64_t run_all(uint64_t seed, struct buffer *lines)
{
        struct seen seen;
        struct sim *s = start(seed, &seen);
        struct sim_survival any = survival("any");
        struct sim_node *server = sim_find_node(s, SERVER);
        if (lines) {
                s->trace.sink = collect;
                s->trace.context = lines;
        }
        run_ms(s, 300);
        sim_node_kill(server);
        run_ms(s, 50);
        sim_node_boot(server);
        run_ms(s, 300);
        sim_network_cut(&s->network, SERVER, CLIENT);
        run_ms(s, 300);
        sim_node_power_cut(server, &any);
        sim_network_heal_all(&s->network);
        run_ms(s, 300);
        sim_node_boot(server);
        sim_node_drift_clock(sim_find_node(s, CLIENT), 1000);
        run_ms(s, 1000);
        sim_node_stop(server);
        run_ms(s, 300);
        uint64_t hash = s->trace.hash;
        sim_free(s);
        return hash;
}

/* Goal:   one seed is one run; a sink changes nothing; another seed is another run.
 * Method: compare hashes, and the traces line by line as one text. */
static void same_seed_same_run(void **state)
{
        (void)state;
        struct buffer one = {0}, two = {0};
        uint64_t hash = run_all(42, &one);
        assert_true(run_all(42, &two) == hash);
        assert_true(run_all(42, NULL) == hash);
        assert_int_equal(one.size, two.size);
        assert_memory_equal(one.data, two.data, one.size);
        assert_true(run_all(43, NULL) != hash);
        buffer_append(&one, "", 1);
        assert_non_null(strstr((char *)one.data, "kill"));
        assert_non_null(strstr((char *)one.data, "cut from=1 to=2"));
        buffer_deinit(&one);
        buffer_deinit(&two);
}

/* Goal:   the hash depends on each field and on the order.
 * Method: change one thing at a time. */
static void the_hash_sees_every_field(void **state)
{
        (void)state;
        uint64_t hashes[9];
        for (int i = 0; i < 9; i++) {
                int64_t now_ns = i == 1;
                struct sim_trace t = {.now_ns = &now_ns};
                sim_trace_add(&t, i == 2, i == 3 ? SIM_TRACE_KILL : SIM_TRACE_NOTE,
                              (int64_t[4]){i == 4, i == 5, i == 6, i == 7}, i == 8 ? "x" : NULL);
                hashes[i] = t.hash;
                for (int j = 0; j < i; j++)
                        assert_true(hashes[i] != hashes[j]);
        }
}

/* Goal:   pings are stored, synced and echoed, again after a kill; the file survives it.
 * Method: count answers before and after; look at the file's size at the second boot. */
static void a_killed_node_comes_back(void **state)
{
        (void)state;
        struct seen seen;
        struct sim *s = start(1, &seen);
        struct sim_node *server = sim_find_node(s, SERVER);
        run_ms(s, 1000);
        assert_in_range(seen.answers, 90, 100);
        int64_t size = seen.echo->world->size(seen.echo->world, seen.echo->file);
        assert_int_equal(size % PING_BYTES, 0);
        sim_node_kill(server);
        sim_node_kill(server);
        assert_false(sim_node_is_running(server));
        assert_int_equal(seen.crashes, 1);
        run_ms(s, 1000);
        assert_true(seen.closed >= 2); /* once cut off, then refused */
        int answers = seen.answers;
        assert_int_equal(sim_node_boot(server), KERR_NONE);
        assert_int_equal(seen.file_size_at_boot, size);
        run_ms(s, 1000);
        assert_in_range(seen.answers, answers + 70, answers + 100);
        sim_node_stop(server);
        assert_int_equal(seen.clean_stops, 1);
        sim_free(s);
}

/* Goal:   a power cut keeps what was synced: every ping that was answered.
 * Method: 50 seeds, cut at a drawn moment, every way of surviving. */
static void answered_pings_survive_power_cuts(void **state)
{
        (void)state;
        struct sim_survival any = survival("any");
        for (uint64_t seed = 0; seed < 50; seed++) {
                struct seen seen;
                struct sim *s = start(seed, &seen);
                struct sim_node *server = sim_find_node(s, SERVER);
                run_ms(s, 200 + (int64_t)seed);
                int64_t answers = seen.answers;
                sim_node_power_cut(server, &any);
                run_ms(s, 100);
                assert_int_equal(seen.closed, 0); /* the client does not know */
                assert_int_equal(sim_node_boot(server), KERR_NONE);
                assert_true(seen.file_size_at_boot >= answers * PING_BYTES);
                run_ms(s, 500);
                assert_int_equal(seen.closed, 1);
                assert_true(seen.answers > answers);
                sim_node_wipe(server);
                assert_int_equal(sim_node_boot(server), KERR_NONE);
                assert_int_equal(seen.file_size_at_boot, 0);
                sim_free(s);
        }
}

/* Goal:   a crash inside any file operation ends the process there, and it comes back.
 * Method: crash at the n-th operation, as a kill and as a power cut, for n up to 20; none of the
 *         pings whose operation came too late is answered. */
static void crashes_inside_file_operations(void **state)
{
        (void)state;
        struct sim_survival torn = survival("torn");
        for (int64_t n = 1; n <= 40; n++) {
                struct seen seen;
                struct sim *s = start(3, &seen);
                struct sim_node *server = sim_find_node(s, SERVER);
                sim_node_crash_at(server, 1 + n / 2, n % 2 ? &torn : NULL);
                run_ms(s, 500);
                assert_false(sim_node_is_running(server));
                assert_int_equal(seen.crashes, 1);
                assert_true(2 * seen.answers <= n / 2);
                assert_int_equal(sim_node_boot(server), KERR_NONE);
                assert_true(seen.file_size_at_boot >= seen.answers * PING_BYTES);
                run_ms(s, 500);
                assert_true(2 * seen.answers > n / 2);
                sim_free(s);
        }
}

/* Goal:   boots that fail leave nothing; a crash point inside a boot or a clean stop is a crash.
 * Method: refuse to boot; crash at the first operation of a first boot; at the sync of a stop. */
static void boots_and_stops_may_fail(void **state)
{
        (void)state;
        struct seen seen;
        struct sim *s = start(4, &seen);
        struct sim_node *server = sim_find_node(s, SERVER);
        run_ms(s, 200);
        struct sim_survival nothing = survival("nothing");
        sim_node_crash_at(server, 1, &nothing);
        sim_node_stop(server);
        assert_int_equal(seen.clean_stops, 1);
        assert_false(server->host.powered);
        seen.boot_error = KERR_INVALID_CONFIG;
        assert_int_equal(sim_node_boot(server), KERR_INVALID_CONFIG);
        assert_false(sim_node_is_running(server));
        seen.boot_error = KERR_NONE;
        sim_node_wipe(server);
        sim_node_crash_at(server, 2, NULL);
        assert_int_equal(sim_node_boot(server), KERR_IO);
        assert_false(sim_node_is_running(server));
        assert_int_equal(sim_node_boot(server), KERR_NONE);
        run_ms(s, 500);
        assert_true(seen.answers > 20);
        sim_free(s);
}

/* Goal:   a paused process does nothing and misses nothing.
 * Method: pause the server while pings go on; after it resumes all are answered. */
static void pauses_only_delay(void **state)
{
        (void)state;
        struct seen seen;
        struct sim *s = start(5, &seen);
        struct sim_node *server = sim_find_node(s, SERVER);
        run_ms(s, 205);
        sim_node_pause(server);
        run_ms(s, 5);
        int answers = seen.answers;
        run_ms(s, 150);
        assert_int_equal(seen.answers, answers);
        sim_node_resume(server);
        run_ms(s, 45);
        assert_in_range(seen.answers, 36, 41);
        sim_node_pause(sim_find_node(s, CLIENT));
        int calls = seen.timer_calls;
        run_ms(s, 1000);
        assert_int_equal(seen.timer_calls, calls);
        sim_node_resume(sim_find_node(s, CLIENT));
        run_ms(s, 100);
        assert_true(seen.timer_calls > calls);
        sim_free(s);
}

/* Goal:   an actor that gives no frames back is sent no more than the limit on a stream.
 * Method: the server keeps all frames; look at how many it holds. */
static void unreleased_frames_stop_a_stream(void **state)
{
        (void)state;
        struct seen seen;
        struct sim *s = start(6, &seen);
        struct sim_node *server = sim_find_node(s, SERVER);
        seen.echo->keeps = true;
        run_ms(s, 1000);
        assert_int_equal(seen.kept, SIM_FRAMES_UNRELEASED_MAX);
        assert_non_null(server->host.unreleased);
        sim_node_kill(server); /* gives them all back */
        assert_null(server->host.unreleased);
        sim_free(s);
}

/* Goal:   the monotonic clock ignores jumps, follows drift and never goes back; timers come on the
 *         local clock's time; two nodes' clocks differ.
 * Method: jump and drift the client's clock, compare with virtual time. */
static void clocks_jump_and_drift(void **state)
{
        (void)state;
        struct seen seen;
        struct sim *s = start(7, &seen);
        struct sim_node *client = sim_find_node(s, CLIENT), *server = sim_find_node(s, SERVER);
        assert_true(sim_node_mono_ms(client) != sim_node_mono_ms(server));
        assert_in_range(sim_node_wall_ms(client) - sim_node_wall_ms(server) + 40, 0, 80);
        int64_t wall_ms = sim_node_wall_ms(client), mono_ms = sim_node_mono_ms(client);
        sim_node_jump_clock(client, -60000);
        assert_int_equal(sim_node_wall_ms(client), wall_ms - 60000);
        assert_int_equal(sim_node_mono_ms(client), mono_ms);
        int64_t paces[] = {0, 100000, -100000, 499999, -499999, 37};
        for (int i = 0; i < 6; i++) {
                sim_node_drift_clock(client, paces[i]);
                mono_ms = sim_node_mono_ms(client);
                run_ms(s, 500); /* let the timers fall into step */
                int answers = seen.answers;
                run_ms(s, 1000);
                int64_t passed_ms = sim_node_mono_ms(client) - mono_ms;
                int64_t expected_ms = 1500 + 1500 * paces[i] / 1000000;
                assert_in_range(passed_ms, expected_ms - 1, expected_ms + 1);
                assert_in_range(seen.answers - answers, expected_ms / 15 - 3, expected_ms / 15 + 1);
        }
        sim_free(s);
}

/* Goal:   steps_max ends a run; time is set to where the run was to go, also when an actor always
 *         wants another turn at once.
 * Method: a limit below what the run takes; a restless pinger. */
static void runs_have_limits(void **state)
{
        (void)state;
        struct seen seen;
        struct sim *s = start(8, &seen);
        s->steps_max = 50;
        assert_int_equal(sim_run_until(s, SIM_NS_PER_S), SIM_LIMIT);
        assert_false(sim_step(s));
        s->steps_max = UINT64_MAX;
        assert_int_equal(sim_run_until(s, SIM_NS_PER_S), SIM_REACHED);
        assert_int_equal(sim_now_ns(s), SIM_NS_PER_S);
        assert_null(sim_find_node(s, 3));
        int calls = seen.timer_calls;
        seen.restless = true;
        run_ms(s, 100);
        assert_in_range(seen.timer_calls - calls, 100, 1001);
        sim_free(s);
}

/* Goal:   a stop that takes its time: the process goes on meanwhile, ends once it says so, or after
 *         10 s, and starts again when it was asked to; a kill ends it at once.
 * Method: an echo server that says when it may stop; count its answers. */
static void stops_take_their_time(void **state)
{
        (void)state;
        struct seen seen;
        struct sim *s = start(9, &seen);
        struct sim_node *server = sim_find_node(s, SERVER);
        server->config.begin_stop = echo_begin_stop;
        server->config.may_stop = echo_may_stop;
        run_ms(s, 200);
        int answers = seen.answers;
        sim_node_stop(server);
        sim_node_stop(server);
        run_ms(s, 200);
        assert_int_equal(seen.stops_begun, 1);
        assert_true(seen.answers > answers);
        seen.may_stop = true;
        run_ms(s, 50);
        assert_int_equal(seen.clean_stops, 1);
        assert_false(sim_node_is_running(server));
        seen.may_stop = false;
        sim_node_start(server);
        run_ms(s, 200);
        sim_node_stop(server);
        sim_node_start(server);
        run_ms(s, 9000);
        assert_int_equal(server->boots, 2);
        run_ms(s, 1100);
        assert_int_equal(seen.clean_stops, 2);
        assert_int_equal(server->boots, 3);
        assert_true(sim_node_is_running(server));
        sim_node_stop(server);
        sim_node_kill(server);
        assert_int_equal(seen.crashes, 1);
        run_ms(s, 20000);
        assert_false(sim_node_is_running(server));
        sim_free(s);
}

/* Goal: a machine's boot is named anew after each power cut and wipe, and only then; no two
 * machines have the same. */
static void machines_boot_anew(void **state)
{
        (void)state;
        struct seen seen;
        struct sim *s = start(10, &seen);
        struct sim_node *server = sim_find_node(s, SERVER);
        struct sim_survival all = survival("all");
        struct uuid first = server->files.world.machine_boot, second;
        assert_false(uuid_equal(&first, &sim_find_node(s, CLIENT)->files.world.machine_boot));
        sim_node_kill(server);
        sim_node_boot(server);
        sim_node_stop(server);
        assert_true(uuid_equal(&first, &server->files.world.machine_boot));
        sim_node_power_cut(server, &all);
        second = server->files.world.machine_boot;
        assert_false(uuid_equal(&first, &second));
        sim_node_wipe(server);
        assert_false(uuid_equal(&first, &server->files.world.machine_boot));
        assert_false(uuid_equal(&second, &server->files.world.machine_boot));
        sim_free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(same_seed_same_run),
                cmocka_unit_test(the_hash_sees_every_field),
                cmocka_unit_test(a_killed_node_comes_back),
                cmocka_unit_test(answered_pings_survive_power_cuts),
                cmocka_unit_test(crashes_inside_file_operations),
                cmocka_unit_test(boots_and_stops_may_fail),
                cmocka_unit_test(pauses_only_delay),
                cmocka_unit_test(unreleased_frames_stop_a_stream),
                cmocka_unit_test(clocks_jump_and_drift),
                cmocka_unit_test(runs_have_limits),
                cmocka_unit_test(stops_take_their_time),
                cmocka_unit_test(machines_boot_anew),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
