#include "delivery/producer_ids.h"

#include "wire/producer_ids.h"

#include <assert.h>
#include <utlist.h>

void producer_ids_init(struct producer_ids *p, const struct producer_ids_config *config)
{
        *p = (struct producer_ids){.config = *config};
}

void producer_ids_deinit(struct producer_ids *p)
{
        assert(!p->waits && "those who wait for a producer id are gone before the ids are");
}

void producer_ids_forget(struct producer_id_wait *w)
{
        if (!w->ids)
                return;
        DL_DELETE(w->ids->waits, w);
        w->ids = NULL;
}

static void finish_first(struct producer_ids *p, enum kerr err, int64_t producer_id)
{
        struct producer_id_wait *w = p->waits;
        producer_ids_forget(w);
        w->done(w, err, producer_id);
}

/* All that wait now; who comes while they are told asks anew. */
static void fail(struct producer_ids *p)
{
        struct producer_id_wait *w;
        int32_t count;
        DL_COUNT(p->waits, w, count);
        for (; count > 0 && p->waits; count--)
                finish_first(p, KERR_COORDINATOR_LOAD_IN_PROGRESS, -1);
}

static void write_request(void *context, struct serde *out)
{
        struct producer_ids *p = context;
        struct allocate_producer_ids_request request = {
                .broker_id = p->config.node_id,
                .broker_epoch = p->config.broker_epoch(p->config.context),
        };
        serde_allocate_producer_ids_request(out, &request);
}

static void serve(struct producer_ids *p);

static void on_answer(void *context, enum kerr err, struct serde *body)
{
        struct producer_ids *p = context;
        struct allocate_producer_ids_response answer = {0};
        p->is_asking = false;
        if (!err) {
                serde_allocate_producer_ids_response(body, &answer);
                err = body->err;
        }
        if (err || answer.error_code || answer.producer_id_start < 0 ||
            answer.producer_id_count <= 0 ||
            answer.producer_id_start > INT64_MAX - answer.producer_id_count) {
                fail(p);
                return;
        }
        p->next_id = answer.producer_id_start;
        p->end_id = p->next_id + answer.producer_id_count;
        serve(p);
}

static void ask(struct producer_ids *p)
{
        int32_t controller = p->config.controller(p->config.context);
        if (controller < 0) {
                fail(p);
                return;
        }
        p->is_asking = true;
        p->config.sender->send(p->config.sender,
                               &(struct rpc){.node = controller,
                                             .api_key = API_ALLOCATE_PRODUCER_IDS,
                                             .version = 0,
                                             .timeout_ms = p->config.request_timeout_ms,
                                             .write = write_request,
                                             .on_answer = on_answer,
                                             .context = p});
}

static void serve(struct producer_ids *p)
{
        while (p->waits && p->next_id < p->end_id)
                finish_first(p, KERR_NONE, p->next_id++);
        if (p->waits && !p->is_asking)
                ask(p);
}

void producer_ids_next(struct producer_ids *p, struct producer_id_wait *w)
{
        w->ids = p;
        DL_APPEND(p->waits, w);
        serve(p);
}
