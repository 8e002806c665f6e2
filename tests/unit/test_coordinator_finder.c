/* Who coordinates a group or a transaction: asked once, remembered, doubted. */
#include "script_world.h"

#include "client/coordinator_finder.h"

struct fixture {
        struct service service; /* first: the client's pointer is ours */
        struct script_world *w;
        struct coordinator_finder finder;
        int runs;
};

static int64_t run(struct service *service, int64_t now_ms)
{
        struct fixture *f = (struct fixture *)service;
        int64_t due_ms = coordinator_due_ms(&f->finder);
        f->runs++;
        return due_ms > now_ms ? due_ms : INT64_MAX; /* the test asks when it likes */
}

static void open_fixture(struct fixture *f, enum coordinator_type type, int16_t max_version)
{
        *f = (struct fixture){.service.run = run, .w = script_open(NULL)};
        f->w->max_version[API_FIND_COORDINATOR] = max_version;
        char key[] = "key";
        coordinator_finder_init(&f->finder, f->w->client, &f->service, type, key, 5000, 100);
        key[0] = '?';
        client_attach(f->w->client, &f->service);
}

static void close_fixture(struct fixture *f)
{
        client_detach(f->w->client, &f->service);
        coordinator_finder_deinit(&f->finder);
        script_close(f->w);
}

static enum kerr ask(struct fixture *f, int32_t *node)
{
        enum kerr err = coordinator_node(&f->finder, node);
        script_pump(f->w);
        return err;
}

static void write_found(struct serde *s, void *m)
{
        serde_find_coordinator_response(s, m);
}

static void write_nothing(struct serde *s, void *m)
{
        (void)s;
        (void)m;
}

static struct script_request take_question(struct fixture *f)
{
        struct script_request r = script_take(f->w, API_FIND_COORDINATOR);
        struct find_coordinator_request m = {.key_type = (int8_t)f->finder.type};
        serde_find_coordinator_request(&r.body, &m);
        assert_int_equal(r.body.err, KERR_NONE);
        assert_int_equal(m.key_type, f->finder.type);
        assert_int_equal(m.coordinator_keys.count, 1);
        assert_true(str_equal_c(m.coordinator_keys.items[0], "key"));
        return r;
}

static void answer(struct fixture *f, struct script_request *r, enum kerr err, int32_t node)
{
        struct find_coordinator_coordinator found = {.key = str_of("key"),
                                                     .node_id = node,
                                                     .host = str_of("broker"),
                                                     .port = SCRIPT_PORT + 1,
                                                     .error_code = (int16_t)err,
                                                     .error_message = STR_NULL};
        struct find_coordinator_response m = {.coordinators = {&found, 1}};
        script_reply(f->w, r, -1, write_found, &m);
        script_pump(f->w);
}

/* Goal:   the coordinator is asked for once, however often it is wanted, and then known without
 *         asking; its owner is run when the answer is there.
 * Method: in each version that there is, want it twice before the answer and once after. */
static void asks_once_and_remembers(void **state)
{
        (void)state;
        for (int16_t version = 0; version <= api_find(API_FIND_COORDINATOR)->client_max;
             version++) {
                struct fixture f;
                int32_t node;
                open_fixture(&f, version ? COORDINATOR_TRANSACTION : COORDINATOR_GROUP,
                             version ? version : SCRIPT_VERSION_0);
                assert_int_equal(coordinator_due_ms(&f.finder), 0);
                assert_int_equal(ask(&f, &node), KERR_COORDINATOR_NOT_AVAILABLE);
                assert_int_equal(ask(&f, &node), KERR_COORDINATOR_NOT_AVAILABLE);
                assert_int_equal(coordinator_due_ms(&f.finder), INT64_MAX);
                struct script_request r = take_question(&f);
                assert_int_equal(r.header.api_version, version);
                assert_int_equal(f.w->inbox_count, 0);
                int runs = f.runs;
                answer(&f, &r, KERR_NONE, 3);
                assert_true(f.runs > runs);
                assert_int_equal(ask(&f, &node), KERR_NONE);
                assert_int_equal(node, 3);
                assert_int_equal(coordinator_due_ms(&f.finder), INT64_MAX);
                assert_int_equal(f.w->inbox_count, 0);
                close_fixture(&f);
        }
}

/* Goal:   an error that may pass away is asked about again, not before the back-off is over; one
 *         that stays is the answer until it is doubted.
 * Method: COORDINATOR_NOT_AVAILABLE, then GROUP_AUTHORIZATION_FAILED. */
static void errors_are_asked_again_or_stay(void **state)
{
        (void)state;
        struct fixture f;
        int32_t node;
        open_fixture(&f, COORDINATOR_GROUP, 0);
        ask(&f, &node);
        struct script_request r = take_question(&f);
        script_advance(f.w, 30);
        answer(&f, &r, KERR_COORDINATOR_NOT_AVAILABLE, -1);
        assert_int_equal(coordinator_due_ms(&f.finder), 130);
        script_advance(f.w, 99);
        assert_int_equal(ask(&f, &node), KERR_COORDINATOR_NOT_AVAILABLE);
        assert_int_equal(f.w->inbox_count, 0);
        script_advance(f.w, 1);
        assert_int_equal(ask(&f, &node), KERR_COORDINATOR_NOT_AVAILABLE);
        r = take_question(&f);
        answer(&f, &r, KERR_GROUP_AUTHORIZATION_FAILED, -1);
        script_advance(f.w, 1000);
        assert_int_equal(ask(&f, &node), KERR_GROUP_AUTHORIZATION_FAILED);
        assert_int_equal(node, -1);
        assert_int_equal(f.w->inbox_count, 0);

        coordinator_doubt(&f.finder);
        script_advance(f.w, 100);
        assert_int_equal(ask(&f, &node), KERR_COORDINATOR_NOT_AVAILABLE);
        r = take_question(&f);
        answer(&f, &r, KERR_NONE, 2);
        assert_int_equal(ask(&f, &node), KERR_NONE);
        assert_int_equal(node, 2);
        close_fixture(&f);
}

/* Goal:   a coordinator that is doubted is forgotten and asked for after the back-off; to doubt
 *         while a question is under way changes nothing.
 * Method: doubt it when it is known, and again behind the question. */
static void doubt_forgets(void **state)
{
        (void)state;
        struct fixture f;
        int32_t node;
        open_fixture(&f, COORDINATOR_GROUP, 0);
        ask(&f, &node);
        struct script_request r = take_question(&f);
        answer(&f, &r, KERR_NONE, 1);
        coordinator_doubt(&f.finder);
        assert_int_equal(coordinator_due_ms(&f.finder), 100);
        assert_int_equal(ask(&f, &node), KERR_COORDINATOR_NOT_AVAILABLE);
        assert_int_equal(node, -1);
        assert_int_equal(f.w->inbox_count, 0);
        script_advance(f.w, 100);
        ask(&f, &node);
        r = take_question(&f);
        coordinator_doubt(&f.finder);
        assert_int_equal(coordinator_due_ms(&f.finder), INT64_MAX);
        answer(&f, &r, KERR_NONE, 2);
        assert_int_equal(ask(&f, &node), KERR_NONE);
        assert_int_equal(node, 2);
        close_fixture(&f);
}

/* Goal:   an answer that cannot be read is an error, and no node id is taken from it.
 * Method: bytes that end too soon. */
static void bad_answers_are_errors(void **state)
{
        (void)state;
        struct fixture f;
        int32_t node;
        open_fixture(&f, COORDINATOR_GROUP, 0);
        ask(&f, &node);
        struct script_request r = take_question(&f);
        script_reply(f.w, &r, -1, write_nothing, NULL);
        script_pump(f.w);
        assert_int_equal(ask(&f, &node), KERR_TRUNCATED);
        assert_int_equal(node, -1);
        close_fixture(&f);
}

/* Goal:   a lost connection and a question without an answer are asked again.
 * Method: cut the stream under the question; then let its time pass. */
static void lost_questions_are_asked_again(void **state)
{
        (void)state;
        struct fixture f;
        int32_t node;
        open_fixture(&f, COORDINATOR_TRANSACTION, 0);
        ask(&f, &node);
        struct script_request r = take_question(&f);
        packet_free(r.packet);
        script_cut(f.w, r.stream);
        assert_int_equal(ask(&f, &node), KERR_CONNECTION_FAILED);
        script_advance(f.w, 100);
        ask(&f, &node);
        r = take_question(&f);
        packet_free(r.packet);
        script_advance(f.w, 5000);
        assert_int_equal(ask(&f, &node), KERR_TIMED_OUT_LOCALLY);
        script_advance(f.w, 100);
        ask(&f, &node);
        r = take_question(&f);
        answer(&f, &r, KERR_NONE, 1);
        assert_int_equal(ask(&f, &node), KERR_NONE);
        close_fixture(&f);
}

/* Goal:   a broker that knows of groups only is not asked about transactions.
 * Method: a broker with version 0 alone. */
static void old_brokers_know_groups_only(void **state)
{
        (void)state;
        struct fixture f;
        int32_t node;
        open_fixture(&f, COORDINATOR_TRANSACTION, SCRIPT_VERSION_0);
        ask(&f, &node);
        assert_int_equal(f.w->inbox_count, 0);
        assert_int_equal(ask(&f, &node), KERR_UNSUPPORTED_VERSION);
        close_fixture(&f);
}

/* Goal:   which errors tell that the coordinator is another one.
 * Method: the four that do, and some that do not. */
static void doubtful_errors(void **state)
{
        (void)state;
        assert_true(coordinator_is_doubtful(KERR_NOT_COORDINATOR));
        assert_true(coordinator_is_doubtful(KERR_COORDINATOR_NOT_AVAILABLE));
        assert_true(coordinator_is_doubtful(KERR_CONNECTION_FAILED));
        assert_true(coordinator_is_doubtful(KERR_TIMED_OUT_LOCALLY));
        assert_false(coordinator_is_doubtful(KERR_NONE));
        assert_false(coordinator_is_doubtful(KERR_COORDINATOR_LOAD_IN_PROGRESS));
        assert_false(coordinator_is_doubtful(KERR_REBALANCE_IN_PROGRESS));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(asks_once_and_remembers),
                cmocka_unit_test(errors_are_asked_again_or_stay),
                cmocka_unit_test(doubt_forgets),
                cmocka_unit_test(bad_answers_are_errors),
                cmocka_unit_test(lost_questions_are_asked_again),
                cmocka_unit_test(old_brokers_know_groups_only),
                cmocka_unit_test(doubtful_errors),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
