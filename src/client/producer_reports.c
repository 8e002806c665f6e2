#include "client/producer_private.h"

#include <stdlib.h>
#include <utlist.h>

static void report(struct producer *p, const struct delivery *delivery)
{
        p->pending--;
        if (p->pending == 0)
                p->flushing = false;
        if (delivery->err && p->transactions)
                transactions_lost(p, delivery->err);
        p->config.on_delivery(p->config.context, delivery);
}

void report_batch(struct producer *p, struct producer_batch *batch, const struct outcome *outcome)
{
        struct batch_record *records = batch->records;
        int32_t count = batch->record_count;
        batch->records = NULL;
        batch->record_count = batch->record_capacity = 0;
        p->accumulator.used_bytes -= batch->charged_bytes;
        batch->charged_bytes = 0;
        bool placed = !outcome->err && outcome->base_offset >= 0;
        for (int32_t i = 0; i < count; i++) {
                struct delivery delivery = {.opaque = records[i].opaque,
                                            .err = outcome->err,
                                            .unknown = outcome->err && outcome->unknown,
                                            .twice = !outcome->err && outcome->twice,
                                            .topic = batch->queue->topic->name,
                                            .partition = batch->queue->partition,
                                            .offset = placed ? outcome->base_offset + i : -1,
                                            .timestamp_ms =
                                                    placed && outcome->log_append_time_ms >= 0
                                                            ? outcome->log_append_time_ms
                                                            : records[i].timestamp_ms};
                report(p, &delivery);
        }
        free(records);
}

void fail_batch(struct producer *p, struct producer_batch *batch, enum kerr err, bool unknown)
{
        numbers_break(p, batch);
        report_batch(p, batch, &(struct outcome){.err = err, .unknown = unknown});
        accumulator_remove(batch);
}

void fail_waiting(struct producer *p, struct topic_queue *topic, struct waiting_record *w,
                  enum kerr err)
{
        DL_DELETE(topic->waiting, w);
        p->accumulator.used_bytes -= w->charged_bytes;
        report(p, &(struct delivery){.opaque = w->opaque,
                                     .err = err,
                                     .topic = topic->name,
                                     .partition = w->record.partition,
                                     .offset = -1,
                                     .timestamp_ms = w->record.timestamp_ms});
        free(w);
}

void drop_batches(struct producer *p, bool all)
{
        struct topic_queue *topic;
        for (topic = p->accumulator.topics; topic; topic = topic->hh.next) {
                while (topic->waiting)
                        fail_waiting(p, topic, topic->waiting, KERR_OPERATION_NOT_ATTEMPTED);
        }
        struct partition_queue *q;
        DL_FOREACH (p->accumulator.queues, q) {
                struct producer_batch *batch, *next;
                DL_FOREACH_SAFE (q->batches, batch, next) {
                        if (batch->in_flight && !all)
                                continue;
                        bool unknown = batch->in_flight || batch->unknown;
                        fail_batch(p, batch,
                                   unknown ? KERR_CONNECTION_FAILED : KERR_OPERATION_NOT_ATTEMPTED,
                                   unknown);
                }
        }
}
