/* A whole broker on a simulated network, and requests whose bodies are the input: it may refuse
 * them, it must not die, and it must still serve the next client.
 *
 * The first byte chooses the API, the second its version; the rest is the body. An input is cut
 * into up to four requests at 0xff bytes, so that one can build on what another did.
 *
 * links: tests/unit/broker_bench.c */
#include "../unit/broker_bench.h"
#include "wire/metadata.h"
#include "wire/produce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void send_request(struct bench *b, const uint8_t *data, size_t size)
{
        if (size < 2)
                return;
        int32_t count;
        const struct api *table = api_table(&count);
        const struct api *api = &table[data[0] % count];
        int16_t version = (int16_t)(api->min + data[1] % (api->max - api->min + 1));
        struct serde out = bench_ask(b, (enum api_key)api->key, version);
        buffer_append(&out.out->memory, data + 2, size - 2);
        bench_send(b, 0, &out);
        bench_run(b, 20);
}

/* A topic "t" with a batch in it, for the input to find. */
static void prepare(struct bench *b)
{
        struct metadata_topic topic = {.name = str_of("t")};
        struct metadata_request ask = {.topics = {&topic, 1}, .allow_auto_topic_creation = true};
        struct serde out = bench_ask(b, API_METADATA, 9);
        serde_metadata_request(&out, &ask);
        bench_send(b, 1, &out);
        struct buffer batch = {0};
        bench_batch(&batch, "value", 3, 1000);
        struct produce_partition partition = {.records.bytes = buffer_span(&batch)};
        struct produce_topic in = {.name = str_of("t"), .partitions = {&partition, 1}};
        struct produce_request produce = {
                .transactional_id = STR_NULL, .acks = 1, .topics = {&in, 1}};
        out = bench_ask(b, API_PRODUCE, 7);
        serde_produce_request(&out, &produce);
        bench_send(b, 1, &out);
        buffer_deinit(&batch);
        bench_run(b, 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct bench b;
        bench_open(&b, NULL);
        prepare(&b);
        for (int i = 0; i < 4 && size > 0; i++) {
                const uint8_t *cut = memchr(data, 0xff, size);
                size_t some = cut ? (size_t)(cut - data) : size;
                send_request(&b, data, some);
                size -= cut ? some + 1 : some;
                data += cut ? some + 1 : some;
        }
        b.answer_taken = b.answer_count;
        struct serde out = bench_ask(&b, API_API_VERSIONS, 0), in;
        bench_send(&b, 1, &out);
        if (!bench_answer(&b, API_API_VERSIONS, 0, 1000, &in, NULL))
                abort(); /* the bystander was not served */
        bench_close(&b);
        return 0;
}
