#include "script_world.h"

#include "wire/describe_cluster.h"
#include "wire/find_coordinator.h"

/* A service that sends what the tests want and remembers what came back. */
struct probe {
        struct service service;
        int32_t ended;
        enum kerr err;
        bool sent, had_body;
};

static int64_t run_nothing(struct service *s, int64_t now_ms)
{
        (void)s;
        (void)now_ms;
        return INT64_MAX;
}

static void write_describe_cluster(struct serde *s, void *context)
{
        (void)context;
        struct describe_cluster_request m = {.endpoint_type = ENDPOINT_BROKERS};
        serde_describe_cluster_request(s, &m);
}

static void note_end(void *context, const struct client_response *response)
{
        struct probe *probe = context;
        probe->ended++;
        probe->err = response->err;
        probe->sent = response->sent;
        probe->had_body = response->body != NULL;
}

static struct probe *attach(struct script_world *w, struct probe *probe)
{
        *probe = (struct probe){.service.run = run_nothing};
        client_attach(w->client, &probe->service);
        return probe;
}

static void ask(struct script_world *w, struct probe *probe, int32_t node, int64_t timeout_ms)
{
        client_send(w->client, &(struct client_request){.owner = &probe->service,
                                                        .node = node,
                                                        .api_key = API_DESCRIBE_CLUSTER,
                                                        .timeout_ms = timeout_ms,
                                                        .write = write_describe_cluster,
                                                        .on_response = note_end,
                                                        .context = probe});
}

static void write_cluster(struct serde *s, void *m)
{
        serde_describe_cluster_response(s, m);
}

static void answer(struct script_world *w, struct script_request *r)
{
        struct describe_cluster_response m = {.error_message = STR_NULL,
                                              .cluster_id = str_of("script")};
        script_reply(w, r, -1, write_cluster, &m);
}

/* Goal: a request goes out in the highest version of both sides and its answer comes back.
 * Method: a broker that knows Metadata up to 5 and the rest as we do. */
static void speaks_the_highest_common_version(void **state)
{
        (void)state;
        struct script_world *w = script_open(NULL);
        struct probe probe;
        w->max_version[API_METADATA] = 5;
        client_topic(w->client, "t");
        script_pump(w);
        assert_true(client_topic(w->client, "t")->answered);

        w->mute = true;
        client_topic(w->client, "u");
        ask(w, attach(w, &probe), NODE_ANY, 1000);
        struct script_request metadata, cluster;
        script_pump(w);
        assert_int_equal(w->inbox_count, 2);
        bool in_order = w->inbox[0].header.api_key == API_METADATA;
        metadata = script_remove(w, in_order ? 0 : 1);
        cluster = script_remove(w, 0);
        assert_int_equal(metadata.header.api_version, 5);
        assert_int_equal(cluster.header.api_version, api_find(API_DESCRIBE_CLUSTER)->max);
        assert_true(str_equal_c(cluster.header.client_id, "odradek"));
        if (!in_order)
                answer(w, &cluster);
        script_answer_metadata(w, &metadata);
        if (in_order)
                answer(w, &cluster);
        assert_int_equal(probe.ended, 1);
        assert_true(probe.had_body);
        assert_true(client_topic(w->client, "u")->answered);
        client_detach(w->client, &probe.service);
        script_close(w);
}

/* Goal: without a common version the request fails at once, for certain, and says why.
 * Method: a request that needs version 2 of an API that has 0 and 1. */
static void no_common_version_is_an_error(void **state)
{
        (void)state;
        struct script_world *w = script_open(NULL);
        struct probe probe;
        attach(w, &probe);
        client_send(w->client, &(struct client_request){.owner = &probe.service,
                                                        .node = NODE_ANY,
                                                        .api_key = API_DESCRIBE_CLUSTER,
                                                        .version_min = 2,
                                                        .timeout_ms = 1000,
                                                        .write = write_describe_cluster,
                                                        .on_response = note_end,
                                                        .context = &probe});
        script_pump(w);
        assert_int_equal(probe.ended, 1);
        assert_int_equal(probe.err, KERR_UNSUPPORTED_VERSION);
        assert_false(probe.sent);
        client_detach(w->client, &probe.service);
        script_close(w);
}

/* Goal: a broker too old for our ApiVersions is asked again in the version it names.
 * Method: it answers UNSUPPORTED_VERSION in version 0 and offers 0 to 2 (KIP-511). */
static void handshake_steps_down(void **state)
{
        (void)state;
        struct script_world *w = script_open(NULL);
        struct probe probe;
        w->mute = true;
        ask(w, attach(w, &probe), NODE_ANY, 1000);
        struct script_request r = script_take(w, API_API_VERSIONS);
        assert_int_equal(r.header.api_version, 3);
        struct api_versions_api own = {API_API_VERSIONS, 0, 2};
        struct api_versions_response m = {.error_code = KERR_UNSUPPORTED_VERSION,
                                          .apis = {&own, 1}};
        script_reply(w, &r, 0, script_write_api_versions, &m);
        r = script_take(w, API_API_VERSIONS);
        assert_int_equal(r.header.api_version, 2);
        script_answer_api_versions(w, &r);
        r = script_take(w, API_DESCRIBE_CLUSTER);
        answer(w, &r);
        assert_int_equal(probe.ended, 1);
        assert_int_equal(w->stream_count, 1);
        client_detach(w->client, &probe.service);
        script_close(w);
}

/* Goal: bootstrap addresses are tried in turn.
 * Method: the first refuses, the second (port 9093) does not. */
static void bootstrap_takes_turns(void **state)
{
        (void)state;
        struct client_config config = client_config_default();
        config.bootstrap_servers = "boot:9092, [::1]:9093";
        struct script_world *w = script_open(&config);
        struct probe probe;
        w->refused[0] = true;
        ask(w, attach(w, &probe), NODE_ANY, 1000);
        struct script_request r = script_take(w, API_DESCRIBE_CLUSTER);
        assert_int_equal(r.port, 9093);
        assert_int_equal(w->stream_count, 2);
        answer(w, &r);
        assert_int_equal(probe.ended, 1);
        client_detach(w->client, &probe.service);
        script_close(w);
}

/* Goal: bootstrap.servers that make no sense are refused.
 * Method: some that do not. */
static void bad_bootstrap_is_an_error(void **state)
{
        (void)state;
        struct script_world *w = script_open(NULL);
        static const char *const bad[] = {"",         "host",       "host:", ":9092",
                                          "host:0",   "host:1x2",   "a:1,b", "a:1,",
                                          "a:1,,b:2", "host:70000", "[]:1"};
        struct client_config config = client_config_default();
        struct client *client;
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                config.bootstrap_servers = bad[i];
                assert_int_equal(client_open(&w->world, &config, &client), KERR_INVALID_CONFIG);
        }
        script_close(w);
}

/* Goal: who is refused dials again, ever more slowly, never all at the same beat.
 * Method: nobody listens; measure the pauses between dials: 50 ms doubled up to 1 s, +-20 %. */
static void reconnects_back_off(void **state)
{
        (void)state;
        struct script_world *w = script_open(NULL);
        struct probe probe;
        w->refused[0] = true;
        ask(w, attach(w, &probe), NODE_ANY, 10000);
        script_advance(w, 10001);
        assert_int_equal(probe.ended, 1);
        assert_int_equal(probe.err, KERR_TIMED_OUT_LOCALLY);
        assert_false(probe.sent);
        assert_in_range(w->stream_count, 12, 17);
        int64_t expected_ms = 50;
        bool jitter = false;
        for (int32_t i = 1; i < w->stream_count; i++) {
                int64_t pause_ms = w->dialled_ms[i] - w->dialled_ms[i - 1];
                assert_in_range(pause_ms, expected_ms * 8 / 10, expected_ms * 12 / 10);
                jitter |= pause_ms != expected_ms;
                expected_ms = expected_ms * 2 < 1000 ? expected_ms * 2 : 1000;
        }
        assert_true(jitter);
        client_detach(w->client, &probe.service);
        script_close(w);
}

/* Goal: a lost connection ends what is in flight on it, saying that it had been sent.
 * Method: cut the stream between request and answer. */
static void lost_connection_ends_requests(void **state)
{
        (void)state;
        struct script_world *w = script_open(NULL);
        struct probe probe;
        ask(w, attach(w, &probe), NODE_ANY, 1000);
        struct script_request r = script_take(w, API_DESCRIBE_CLUSTER);
        assert_int_equal(probe.ended, 0);
        script_cut(w, r.stream);
        packet_free(r.packet);
        assert_int_equal(probe.ended, 1);
        assert_int_equal(probe.err, KERR_CONNECTION_FAILED);
        assert_true(probe.sent);

        /* The next one waits for the new connection. */
        ask(w, &probe, NODE_ANY, 1000);
        script_advance(w, 100);
        r = script_take(w, API_DESCRIBE_CLUSTER);
        answer(w, &r);
        assert_int_equal(probe.ended, 2);
        assert_int_equal(probe.err, KERR_NONE);
        client_detach(w->client, &probe.service);
        script_close(w);
}

/* Goal: a request to a known broker that cannot be reached fails, for certain, without waiting for
 * its time-out.
 * Method: learn of broker 2 from the metadata; it refuses. */
static void unreachable_node_fails_at_once(void **state)
{
        (void)state;
        struct script_world *w = script_open(NULL);
        struct probe probe;
        w->refused[2] = true;
        ask(w, attach(w, &probe), 2, 10000);
        script_pump(w);
        assert_int_equal(w->metadata_count, 1);
        assert_int_equal(probe.ended, 1);
        assert_int_equal(probe.err, KERR_CONNECTION_FAILED);
        assert_false(probe.sent);
        client_detach(w->client, &probe.service);
        script_close(w);
}

/* Goal: silence ends a request and, because everything behind it would wait too, its connection.
 * Method: two requests with time-outs of 1 s and 5 s, no answer. */
static void silence_ends_the_connection(void **state)
{
        (void)state;
        struct script_world *w = script_open(NULL);
        struct probe early, late;
        ask(w, attach(w, &early), 1, 1000);
        ask(w, attach(w, &late), 1, 5000);
        struct script_request r = script_take(w, API_DESCRIBE_CLUSTER);
        packet_free(r.packet);
        script_advance(w, 999);
        assert_int_equal(early.ended, 0);
        script_advance(w, 1);
        assert_int_equal(early.err, KERR_TIMED_OUT_LOCALLY);
        assert_int_equal(late.err, KERR_CONNECTION_FAILED);
        assert_true(early.sent && late.sent);
        assert_int_equal(w->ports[r.stream - 1], 0);
        client_detach(w->client, &early.service);
        client_detach(w->client, &late.service);
        script_close(w);
}

/* Goal: a broker that accepts but never finishes the handshake is given up.
 * Method: dial into a port that does nothing at all; after the set-up time-out another is tried. */
static void setup_has_a_time_out(void **state)
{
        (void)state;
        struct client_config config = client_config_default();
        config.bootstrap_servers = "boot:9092,other:9093";
        config.socket_connection_setup_timeout_ms = 500;
        struct script_world *w = script_open(&config);
        struct probe probe;
        w->deaf[0] = true;
        ask(w, attach(w, &probe), NODE_ANY, 2000);
        script_advance(w, 499);
        assert_int_equal(w->stream_count, 1);
        script_advance(w, 1);
        struct script_request r = script_take(w, API_DESCRIBE_CLUSTER);
        assert_int_equal(r.port, 9093);
        answer(w, &r);
        client_detach(w->client, &probe.service);
        script_close(w);
}

/* Goal: an answer to a question that was not asked is not believed.
 * Method: change the correlation id. */
static void foreign_answer_ends_the_connection(void **state)
{
        (void)state;
        struct script_world *w = script_open(NULL);
        struct probe probe;
        ask(w, attach(w, &probe), NODE_ANY, 1000);
        struct script_request r = script_take(w, API_DESCRIBE_CLUSTER);
        r.header.correlation_id++;
        answer(w, &r);
        assert_int_equal(probe.ended, 1);
        assert_int_equal(probe.err, KERR_CONNECTION_FAILED);
        assert_false(probe.had_body);
        client_detach(w->client, &probe.service);
        script_close(w);
}

/* Goal: a service that goes away hears nothing more, whatever its requests were doing.
 * Method: one in flight, one waiting for an unknown node; detach; answer the first. */
static void detached_service_hears_nothing(void **state)
{
        (void)state;
        struct script_world *w = script_open(NULL);
        struct probe probe;
        ask(w, attach(w, &probe), 1, 1000);
        ask(w, &probe, 77, 1000);
        struct script_request r = script_take(w, API_DESCRIBE_CLUSTER);
        client_detach(w->client, &probe.service);
        answer(w, &r);
        script_advance(w, 2000);
        assert_int_equal(probe.ended, 0);
        script_close(w);
}

/* Goal: metadata is refreshed when it is old, and an answer with an older leader epoch does not
 * lead back (KIP-320).
 * Method: let metadata.max.age.ms go by; the answers name leader 2 of epoch 4, then 3 of epoch 6.
 */
static void stale_leaders_are_not_believed(void **state)
{
        (void)state;
        struct client_config config = client_config_default();
        config.metadata_max_age_ms = 1000;
        struct script_world *w = script_open(&config);
        struct leader leader;
        assert_int_equal(client_leader(w->client, "t", 0, &leader), KERR_LEADER_NOT_AVAILABLE);
        script_pump(w);
        assert_int_equal(client_leader(w->client, "t", 0, &leader), KERR_NONE);
        assert_int_equal(leader.node, 1);
        assert_int_equal(leader.epoch, 5);
        assert_int_equal(w->metadata_count, 1);

        w->leader[0] = 2;
        w->leader_epoch = 4;
        script_advance(w, 1000);
        assert_int_equal(w->metadata_count, 2);
        assert_int_equal(client_leader(w->client, "t", 0, &leader), KERR_NONE);
        assert_int_equal(leader.node, 1);

        w->leader[0] = 3;
        w->leader_epoch = 6;
        script_advance(w, 1000);
        assert_int_equal(client_leader(w->client, "t", 0, &leader), KERR_NONE);
        assert_int_equal(leader.node, 3);
        assert_int_equal(client_leader(w->client, "t", 3, &leader),
                         KERR_UNKNOWN_TOPIC_OR_PARTITION);
        script_close(w);
}

/* Goal: asking for fresh metadata again and again does not flood the brokers.
 * Method: an unknown topic, asked for every millisecond of a second; retry.backoff.ms is 100. */
static void refreshes_are_spaced(void **state)
{
        (void)state;
        struct script_world *w = script_open(NULL);
        struct leader leader;
        w->partition_count = 0;
        client_leader(w->client, "t", 0, &leader);
        script_pump(w);
        for (int i = 0; i < 1000; i++) {
                assert_int_equal(client_leader(w->client, "t", 0, &leader),
                                 KERR_UNKNOWN_TOPIC_OR_PARTITION);
                script_advance(w, 1);
        }
        assert_in_range(w->metadata_count, 9, 11);
        script_close(w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(speaks_the_highest_common_version),
                cmocka_unit_test(no_common_version_is_an_error),
                cmocka_unit_test(handshake_steps_down),
                cmocka_unit_test(bootstrap_takes_turns),
                cmocka_unit_test(bad_bootstrap_is_an_error),
                cmocka_unit_test(reconnects_back_off),
                cmocka_unit_test(lost_connection_ends_requests),
                cmocka_unit_test(unreachable_node_fails_at_once),
                cmocka_unit_test(silence_ends_the_connection),
                cmocka_unit_test(setup_has_a_time_out),
                cmocka_unit_test(foreign_answer_ends_the_connection),
                cmocka_unit_test(detached_service_hears_nothing),
                cmocka_unit_test(stale_leaders_are_not_believed),
                cmocka_unit_test(refreshes_are_spaced),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
