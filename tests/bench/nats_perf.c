/* nats_perf: NATS JetStream by libnats. Publishing: asynchronously, 4096 unacknowledged at most,
 * into a stream that is made anew, on file. Replaying: an ordered push consumer, once through the
 * stream. */
#include <nats/nats.h>

#include "perf.h"

enum { PENDING_MAX = 4096, STALL_MS = 5000, COMPLETE_MS = 30000, CLOCK_EVERY = 256 };

static void check(natsStatus status, const char *what)
{
        if (status != NATS_OK)
                perf_die("%s: %s", what, natsStatus_GetText(status));
}

static void publish_failed(jsCtx *js, jsPubAckErr *error, void *closure)
{
        (void)js;
        (void)closure;
        perf_die("not acknowledged: %s",
                 error->ErrText ? error->ErrText : natsStatus_GetText(error->Err));
}

static void produce(jsCtx *js, const struct perf_task *t)
{
        jsErrCode code;
        jsStreamConfig config;
        const char *subjects[] = {t->name};
        char *payload = perf_payload(t->size);
        struct perf perf;

        js_DeleteStream(js, t->name, NULL, &code); /* from an earlier run, if there is one */
        jsStreamConfig_Init(&config);
        config.Name = t->name;
        config.Subjects = subjects;
        config.SubjectsLen = 1;
        config.Storage = js_FileStorage;
        check(js_AddStream(NULL, js, &config, NULL, &code), "making the stream");
        perf_begin(&perf);
        for (int64_t sent = 0; sent % CLOCK_EVERY != 0 || perf_elapsed_s(&perf) < t->seconds;
             sent++) {
                check(js_PublishAsync(js, t->name, payload, (int)t->size, NULL), "publishing");
                perf_count(&perf, 1, (int64_t)t->size);
        }
        jsPubOptions options;
        jsPubOptions_Init(&options);
        options.MaxWait = COMPLETE_MS;
        check(js_PublishAsyncComplete(js, &options), "waiting for acknowledgements");
        perf_report(&perf);
        free(payload);
}

static int64_t messages_of(jsCtx *js, const char *name)
{
        jsStreamInfo *info;
        jsErrCode code;
        check(js_GetStreamInfo(&info, js, name, NULL, &code), "asking for the stream");
        int64_t count = (int64_t)info->State.Msgs;
        jsStreamInfo_Destroy(info);
        return count;
}

static void consume(jsCtx *js, const struct perf_task *t)
{
        int64_t count = messages_of(js, t->name);
        if (count == 0)
                perf_die("nothing to consume");
        jsSubOptions options;
        jsErrCode code;
        natsSubscription *subscription;
        struct perf perf;
        jsSubOptions_Init(&options);
        options.Ordered = true;
        check(js_SubscribeSync(&subscription, js, t->name, NULL, &options, &code), "subscribing");
        check(natsSubscription_SetPendingLimits(subscription, -1, -1), "lifting limits");
        perf_begin(&perf);
        while (perf.messages < count && perf_elapsed_s(&perf) < t->seconds) {
                natsMsg *message;
                check(natsSubscription_NextMsg(&message, subscription, COMPLETE_MS),
                      "the next message");
                perf_count(&perf, 1, natsMsg_GetDataLength(message));
                natsMsg_Destroy(message);
        }
        perf_report(&perf);
        natsSubscription_Destroy(subscription);
}

int main(int argc, char **argv)
{
        struct perf_task t = perf_task(argc, argv);
        char url[192];
        natsConnection *connection;
        jsCtx *js;
        jsOptions options;

        snprintf(url, sizeof url, "nats://%s:%d", t.host, t.port);
        check(natsConnection_ConnectTo(&connection, url), "connecting");
        jsOptions_Init(&options);
        options.PublishAsync.MaxPending = PENDING_MAX;
        options.PublishAsync.StallWait = STALL_MS;
        options.PublishAsync.ErrHandler = publish_failed;
        check(natsConnection_JetStream(&js, connection, &options), "JetStream");
        (t.producing ? produce : consume)(js, &t);
        jsCtx_Destroy(js);
        natsConnection_Destroy(connection);
        return 0;
}
