/* redis_perf: Redis Streams by hiredis. Publishing: XADD, 512 in a pipeline, each answered by its
 * id; the stream is made anew. Replaying: XREAD COUNT 1000 from the beginning, round and round. */
#include <hiredis/hiredis.h>

#include "perf.h"

enum { PIPELINE = 512, COUNT = 1000, ID_BYTES = 64 };

static redisReply *answer(redisContext *c)
{
        void *reply = NULL;
        if (redisGetReply(c, &reply) != REDIS_OK)
                perf_die("%s", c->errstr);
        redisReply *r = reply;
        if (r->type == REDIS_REPLY_ERROR)
                perf_die("%s", r->str);
        return r;
}

static void produce(redisContext *c, const struct perf_task *t)
{
        char *payload = perf_payload(t->size);
        struct perf perf;
        redisAppendCommand(c, "DEL %s", t->name);
        freeReplyObject(answer(c));
        perf_begin(&perf);
        while (perf_elapsed_s(&perf) < t->seconds) {
                for (int i = 0; i < PIPELINE; i++)
                        redisAppendCommand(c, "XADD %s * d %b", t->name, payload, t->size);
                for (int i = 0; i < PIPELINE; i++)
                        freeReplyObject(answer(c));
                perf_count(&perf, PIPELINE, (int64_t)(PIPELINE * t->size));
        }
        perf_report(&perf);
        free(payload);
}

/* One answer is [[name, [[id, [field, value]], ...]]], or nil at the end. */
static void consume(redisContext *c, const struct perf_task *t)
{
        char last[ID_BYTES] = "0";
        struct perf perf;
        perf_begin(&perf);
        while (perf_elapsed_s(&perf) < t->seconds) {
                redisAppendCommand(c, "XREAD COUNT %d STREAMS %s %s", COUNT, t->name, last);
                redisReply *r = answer(c);
                if (r->type == REDIS_REPLY_NIL) {
                        if (perf.messages == 0)
                                perf_die("nothing to consume");
                        snprintf(last, sizeof last, "0");
                } else {
                        redisReply *entries = r->element[0]->element[1];
                        for (size_t i = 0; i < entries->elements; i++)
                                perf_count(
                                        &perf, 1,
                                        (int64_t)entries->element[i]->element[1]->element[1]->len);
                        snprintf(last, sizeof last, "%s",
                                 entries->element[entries->elements - 1]->element[0]->str);
                }
                freeReplyObject(r);
        }
        perf_report(&perf);
}

int main(int argc, char **argv)
{
        struct perf_task t = perf_task(argc, argv);
        redisContext *c = redisConnect(t.host, t.port);
        if (!c || c->err)
                perf_die("%s", c ? c->errstr : "out of memory");
        (t.producing ? produce : consume)(c, &t);
        redisFree(c);
        return 0;
}
