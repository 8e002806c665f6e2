#include "cluster/controller.h"

#include "cluster/change.h"
#include "cluster/leaders.h"
#include "cluster/membership.h"

#include <assert.h>
#include <stdlib.h>

enum { PRODUCER_ID_BLOCK = 1000 };

struct controller_waiter {
        struct controller_waiter *next;
        int64_t offset; /* all below this must be committed; INT64_MIN: the wait is over */
        enum kerr err;
        void (*done)(void *context, enum kerr err);
        void *context;
};

void controller_init(struct controller *c, const struct controller_config *config)
{
        *c = (struct controller){.config = *config};
        c->waiters_end = &c->waiters;
        batch_builder_init(&c->batch);
}

void controller_deinit(struct controller *c)
{
        while (c->waiters) {
                struct controller_waiter *next = c->waiters->next;
                free(c->waiters);
                c->waiters = next;
        }
        membership_stop(c);
        batch_builder_deinit(&c->batch);
        image_deinit(&c->image);
}

/* --- active, or not --- */

static void apply_to_image(void *image, const struct metadata_record *record)
{
        enum kerr err = image_apply(image, record);
        assert(!err && "an image's records make an image");
}

void controller_activate(struct controller *c, const struct image *committed)
{
        assert(!c->active && "activated once in each epoch that it leads");
        image_each_record(committed, apply_to_image, &c->image);
        c->active = true;
        membership_start(c);
        c->next_rebalance_ms =
                c->config.world->mono_ms(c->config.world) + c->config.imbalance_check_ms;
}

static void call_waiters(struct controller *c, int64_t applied)
{
        while (c->waiters && c->waiters->offset <= applied) {
                struct controller_waiter *waiter = c->waiters;
                c->waiters = waiter->next;
                if (!c->waiters)
                        c->waiters_end = &c->waiters;
                if (waiter->done)
                        waiter->done(waiter->context, waiter->err);
                free(waiter);
        }
}

/* Decides no more. Those who wait will hear so, but not from in here. */
static void depose(struct controller *c)
{
        c->active = false;
        for (struct controller_waiter *w = c->waiters; w; w = w->next) {
                w->offset = INT64_MIN;
                w->err = KERR_NOT_CONTROLLER;
        }
        membership_stop(c);
        image_deinit(&c->image);
        batch_builder_deinit(&c->batch);
        batch_builder_init(&c->batch);
}

void controller_resign(struct controller *c)
{
        depose(c);
        call_waiters(c, INT64_MIN);
}

int64_t controller_run(struct controller *c)
{
        call_waiters(c, INT64_MIN);
        if (!c->active)
                return INT64_MAX;
        int64_t next = membership_check(c);
        if (c->config.imbalance_check_ms > 0) {
                int64_t now = c->config.world->mono_ms(c->config.world);
                if (now >= c->next_rebalance_ms) {
                        leaders_rebalance(c);
                        c->next_rebalance_ms = now + c->config.imbalance_check_ms;
                }
                next = c->next_rebalance_ms < next ? c->next_rebalance_ms : next;
        }
        if (c->batch.header.records_count > 0)
                controller_submit(c, NULL, NULL);
        return next;
}

/* --- commit --- */

void controller_submit(struct controller *c, void (*done)(void *context, enum kerr err),
                       void *context)
{
        struct controller_waiter *waiter = calloc(1, sizeof *waiter);
        if (!waiter)
                abort();
        waiter->done = done;
        waiter->context = context;
        *c->waiters_end = waiter;
        c->waiters_end = &waiter->next;

        /* Even who changed nothing waits for what was there: the image, from which the answer is
         * taken, runs ahead of what is committed. */
        struct metadata_store *store = c->config.store;
        waiter->offset = store->next_offset(store);
        if (!c->active ||
            (c->batch.header.records_count > 0 && store->append(store, &c->batch, &waiter->offset)))
                depose(c);
}

void controller_forget(struct controller *c, const void *context)
{
        for (struct controller_waiter *w = c->waiters; w; w = w->next) {
                if (w->context == context)
                        w->done = NULL;
        }
}

void controller_complete(struct controller *c, int64_t applied)
{
        call_waiters(c, applied);
}

/* --- producer ids --- */

void controller_allocate_producer_ids(struct controller *c,
                                      const struct allocate_producer_ids_request *in,
                                      struct allocate_producer_ids_response *out)
{
        const struct image_broker *broker = image_broker(&c->image, in->broker_id);
        *out = (struct allocate_producer_ids_response){0};
        if (!c->active)
                out->error_code = KERR_NOT_CONTROLLER;
        else if (!broker || broker->epoch != in->broker_epoch)
                out->error_code = KERR_STALE_BROKER_EPOCH;
        if (out->error_code)
                return;
        out->producer_id_start = c->image.next_producer_id;
        out->producer_id_count = PRODUCER_ID_BLOCK;
        change_add(c, &(struct metadata_record){
                              .type = METADATA_PRODUCER_IDS,
                              .producer_ids = {in->broker_id, in->broker_epoch,
                                               out->producer_id_start + PRODUCER_ID_BLOCK}});
}
