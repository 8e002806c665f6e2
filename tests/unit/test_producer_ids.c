/* Unit tests of src/delivery/producer_ids.c: ids in blocks from the controller. */
#include "delivery/producer_ids.h"
#include "fake_world.h"
#include "wire/producer_ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WAITS = 6 };

struct wait {
        struct producer_id_wait wait; /* first */
        int times;
        enum kerr err;
        int64_t id;
};

struct fixture {
        struct rpc_sender sender; /* first */
        struct fake_world world;
        struct producer_ids ids;
        struct rpc rpc;
        int sent, pending;
        int32_t controller;
        struct wait waits[WAITS];
};

static void send_rpc(struct rpc_sender *sender, const struct rpc *rpc)
{
        struct fixture *f = (struct fixture *)(void *)sender;
        f->rpc = *rpc;
        f->sent++;
        f->pending++;
}

static int32_t controller(void *context)
{
        return ((struct fixture *)context)->controller;
}

static int64_t broker_epoch(void *context)
{
        (void)context;
        return 42;
}

static void done(struct producer_id_wait *w, enum kerr err, int64_t id)
{
        struct wait *wait = (struct wait *)(void *)w;
        wait->times++;
        wait->err = err;
        wait->id = id;
}

static void init(struct fixture *f)
{
        memset(f, 0, sizeof *f);
        fake_world_init(&f->world);
        f->sender.send = send_rpc;
        f->controller = 9;
        producer_ids_init(&f->ids, &(struct producer_ids_config){.sender = &f->sender,
                                                                 .node_id = 5,
                                                                 .request_timeout_ms = 1234,
                                                                 .controller = controller,
                                                                 .broker_epoch = broker_epoch,
                                                                 .context = f});
        for (int i = 0; i < WAITS; i++)
                f->waits[i].wait.done = done;
}

static void deinit(struct fixture *f)
{
        producer_ids_deinit(&f->ids);
        fake_world_deinit(&f->world);
}

static void ask(struct fixture *f, int i)
{
        producer_ids_next(&f->ids, &f->waits[i].wait);
}

/* The controller answers; with `cut` half of the answer's bytes are missing. */
static void answer(struct fixture *f, int16_t code, int64_t start, int32_t count, bool cut)
{
        struct allocate_producer_ids_request request = {0};
        struct allocate_producer_ids_response response = {0, code, start, count};
        struct packet *asked = packet_new(&f->world.world), *said = packet_new(&f->world.world);
        struct serde out = serde_writer(asked, 0, true);
        f->rpc.write(f->rpc.context, &out);
        struct serde in = serde_reader(span_of(asked->memory.data + 4, asked->memory.size - 4), 0,
                                       true, NULL);
        serde_allocate_producer_ids_request(&in, &request);
        assert_int_equal(in.err, KERR_NONE);
        assert_int_equal(request.broker_id, 5);
        assert_int_equal(request.broker_epoch, 42);
        out = serde_writer(said, 0, true);
        serde_allocate_producer_ids_response(&out, &response);
        size_t size = said->memory.size - 4;
        in = serde_reader(span_of(said->memory.data + 4, cut ? size / 2 : size), 0, true, NULL);
        f->pending--;
        f->rpc.on_answer(f->rpc.context, KERR_NONE, &in);
        packet_free(asked);
        packet_free(said);
}

static void expect(struct fixture *f, int i, enum kerr err, int64_t id)
{
        assert_int_equal(f->waits[i].times, 1);
        assert_int_equal(f->waits[i].err, err);
        assert_int_equal(f->waits[i].id, id);
}

/* Goal:   ids come in the order of asking, one rpc at a time asks for them, and a block that is too
 *         small for all is followed by another.
 * Method: four wait, blocks of three; a fifth and sixth find two left. */
static void ids_come_in_order(void **state)
{
        (void)state;
        struct fixture f;
        init(&f);
        for (int i = 0; i < 4; i++)
                ask(&f, i);
        assert_int_equal(f.sent, 1);
        assert_int_equal(f.rpc.node, 9);
        assert_int_equal(f.rpc.api_key, API_ALLOCATE_PRODUCER_IDS);
        assert_int_equal(f.rpc.timeout_ms, 1234);
        answer(&f, 0, 100, 3, false);
        for (int i = 0; i < 3; i++)
                expect(&f, i, KERR_NONE, 100 + i);
        assert_int_equal(f.waits[3].times, 0);
        assert_int_equal(f.sent, 2);
        answer(&f, 0, 200, 3, false);
        expect(&f, 3, KERR_NONE, 200);
        ask(&f, 4);
        ask(&f, 5);
        expect(&f, 4, KERR_NONE, 201);
        expect(&f, 5, KERR_NONE, 202);
        assert_int_equal(f.sent, 2);
        deinit(&f);
}

/* Goal:   whatever goes wrong, who waits is told to come again, and the next one asks anew; a block
 *         that cannot be is not used.
 * Method: no controller, no connection, a refusal, half an answer, impossible blocks. */
static void failures_end_the_waiting(void **state)
{
        (void)state;
        static const struct {
                int16_t code;
                int64_t start;
                int32_t count;
                bool cut;
        } bad[] = {{KERR_STALE_BROKER_EPOCH, 0, 0, false},
                   {0, 100, 3, true},
                   {0, 100, 0, false},
                   {0, -5, 3, false},
                   {0, INT64_MAX - 1, 3, false}};
        struct fixture f;
        init(&f);
        f.controller = -1;
        ask(&f, 0);
        expect(&f, 0, KERR_COORDINATOR_LOAD_IN_PROGRESS, -1);
        assert_int_equal(f.sent, 0);
        f.controller = 9;
        ask(&f, 1);
        f.rpc.on_answer(f.rpc.context, KERR_CONNECTION_FAILED, NULL);
        expect(&f, 1, KERR_COORDINATOR_LOAD_IN_PROGRESS, -1);
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                f.waits[2].times = f.waits[3].times = 0;
                ask(&f, 2);
                ask(&f, 3);
                answer(&f, bad[i].code, bad[i].start, bad[i].count, bad[i].cut);
                expect(&f, 2, KERR_COORDINATOR_LOAD_IN_PROGRESS, -1);
                expect(&f, 3, KERR_COORDINATOR_LOAD_IN_PROGRESS, -1);
        }
        ask(&f, 4);
        answer(&f, 0, 300, 1, false);
        expect(&f, 4, KERR_NONE, 300);
        deinit(&f);
}

/* Goal:   who is forgotten hears nothing and costs no id. Method: the first, the middle and the
 * last of five go; one who does not wait is forgotten too. */
static void forgotten_waits_cost_nothing(void **state)
{
        (void)state;
        struct fixture f;
        init(&f);
        for (int i = 0; i < 5; i++)
                ask(&f, i);
        for (int i = 0; i < 5; i += 2)
                producer_ids_forget(&f.waits[i].wait);
        producer_ids_forget(&f.waits[5].wait);
        answer(&f, 0, 100, 9, false);
        expect(&f, 1, KERR_NONE, 100);
        expect(&f, 3, KERR_NONE, 101);
        for (int i = 0; i < 5; i += 2)
                assert_int_equal(f.waits[i].times, 0);
        deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(ids_come_in_order),
                cmocka_unit_test(failures_end_the_waiting),
                cmocka_unit_test(forgotten_waits_cost_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
