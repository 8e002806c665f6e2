/* A libFuzzer target: what may a stranger send us as a frame?
 *
 * The input is taken for a request: header, then the message of that key and version. The bytes
 * behind the header are also read as that API's response, which our clients and followers get from
 * strangers too, and the whole input as a metadata record. What reads cleanly is written, and must
 * then read and write as the same bytes.
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -std=c11 -Isrc -I. \
 *           src/base/[a-z]*.c src/wire/[a-z]*.c tests/fuzz/fuzz_frame.c -o fuzz_frame */
#include "tests/unit/message_samples.h"
#include "tests/unit/message_samples_cluster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void serde_any(struct serde *s, void *m);

/* Reads `bytes` into *value and appends what was read to `out`; false when it does not read. */
static bool copy(serde_any *serde, void *value, size_t value_size, const struct serde *like,
                 struct span bytes, struct packet *out)
{
        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);
        struct serde reader = serde_reader(bytes, like->version, like->flexible, &arena);
        memset(value, 0, value_size);
        serde(&reader, value);
        if (!reader.err) {
                struct serde writer = serde_writer(out, like->version, like->flexible);
                serde(&writer, value);
        }
        arena_deinit(&arena);
        assert(arena.used_bytes == 0);
        return !reader.err;
}

static void try(serde_any *serde, size_t value_size, const struct serde *like, struct span bytes)
{
        void *value = malloc(value_size);
        struct packet *first = packet_new(NULL), *second = packet_new(NULL);
        if (copy(serde, value, value_size, like, bytes, first)) {
                struct span body = span_of(first->memory.data + PACKET_LENGTH_BYTES,
                                           first->memory.size - PACKET_LENGTH_BYTES);
                bool again = copy(serde, value, value_size, like, body, second);
                assert(again && second->memory.size == first->memory.size);
                assert(memcmp(first->memory.data, second->memory.data, first->memory.size) == 0);
        }
        packet_free(first);
        packet_free(second);
        free(value);
}

MESSAGE_LIST(MESSAGE_ANY)
CLUSTER_MESSAGE_LIST(MESSAGE_ANY)

static void any_metadata_record(struct serde *s, void *m)
{
        serde_metadata_record(s, m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct serde record = {.flexible = true};
        try(any_metadata_record, sizeof(struct metadata_record), &record, span_of(data, size));

        struct arena arena;
        arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);
        struct request_header header;
        struct serde s = serde_reader(span_of(data, size), 0, false, &arena);
        serde_request_header(&s, &header);
        const struct api *api = api_find(header.api_key);
        struct span body = span_of(s.at, (size_t)(s.end - s.at));
        arena_deinit(&arena);
        if (s.err || !api || header.api_version < api->min || header.api_version > api->max)
                return 0;
#define TRY(API, message, type)    \
        if (api->key == API_##API) \
                try(any_##message, sizeof(struct type), &s, body);
        MESSAGE_LIST(TRY)
        CLUSTER_MESSAGE_LIST(TRY)
        return 0;
}
