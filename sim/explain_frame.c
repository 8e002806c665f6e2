#include "sim/explain_frame.h"

#include "cluster/metadata_log.h"
#include "log/batch.h"
#include "sim/frame_words.h"
#include "wire/api.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { ARENA_BYTES = 1 << 20 };

/* A request that has no answer yet. */
struct asked {
        struct {
                int64_t connection;
                int64_t correlation_id;
        } key;
        int16_t api, version;
        UT_hash_handle hh;
};

/* What was told last of one API on one stream. */
struct told {
        struct {
                int64_t stream;
                int64_t api;
        } key;
        uint64_t sum;
        UT_hash_handle hh;
};

struct frame_teller {
        const struct history *h;
        struct asked *asked;
        struct told *told;
};

static void *allocate(size_t size)
{
        void *p = calloc(1, size);
        if (!p)
                abort();
        return p;
}

struct frame_teller *frame_teller_new(const struct history *h)
{
        struct frame_teller *t = allocate(sizeof *t);
        t->h = h;
        return t;
}

void frame_teller_free(struct frame_teller *t)
{
        struct asked *a, *next_asked;
        HASH_ITER (hh, t->asked, a, next_asked) {
                HASH_DEL(t->asked, a);
                free(a);
        }
        struct told *o, *next_told;
        HASH_ITER (hh, t->told, o, next_told) {
                HASH_DEL(t->told, o);
                free(o);
        }
        free(t);
}

/* --- requests and their answers --- */

static void remember(struct frame_teller *t, int64_t stream, const struct request_header *h)
{
        struct asked *a = allocate(sizeof *a);
        a->key.connection = stream / 2;
        a->key.correlation_id = h->correlation_id;
        a->api = h->api_key;
        a->version = h->api_version;
        struct asked *before;
        HASH_REPLACE(hh, t->asked, key, sizeof a->key, a, before);
        free(before);
}

static void tell_request(struct frame_teller *t, int64_t stream, struct serde *in,
                         struct buffer *into)
{
        struct request_header header;
        serde_request_header(in, &header);
        if (in->err)
                return;
        remember(t, stream, &header);
        const struct api *api = api_find(header.api_key);
        buffer_printf(into, "%s", api ? api->name : "?");
        frame_words(&(struct frame_words){t->h, in, into}, header.api_key, false);
}

static void tell_answer(struct frame_teller *t, int64_t stream, struct span frame,
                        struct arena *arena, struct buffer *into)
{
        struct asked key, *a;
        memset(&key, 0, sizeof key);
        key.key.connection = stream / 2;
        key.key.correlation_id = frame.size >= 4 ? load_be32(frame.data) : 0;
        HASH_FIND(hh, t->asked, &key.key, sizeof key.key, a);
        const struct api *api = a ? api_find(a->api) : NULL;
        buffer_printf(into, "answer to %s", api ? api->name : "?");
        if (!a)
                return;
        if (api) {
                int32_t correlation_id;
                struct serde in =
                        serde_reader(frame, a->version, a->version >= api->flexible_from, arena);
                serde_response_header(&in, api, &correlation_id);
                frame_words(&(struct frame_words){t->h, &in, into}, a->api, true);
        }
        HASH_DEL(t->asked, a);
        free(a);
}

/* --- what is new --- */

static bool repeats_itself(int64_t api)
{
        return api == API_FETCH || api == API_BROKER_HEARTBEAT || api == API_METADATA ||
               api == API_BROKER_REGISTRATION || api == API_HEARTBEAT;
}

static bool is_new(struct frame_teller *t, const struct sim_trace_entry *entry, struct span text)
{
        struct told key, *last;
        memset(&key, 0, sizeof key);
        key.key.stream = entry->numbers[0];
        key.key.api = entry->numbers[2];
        HASH_FIND(hh, t->told, &key.key, sizeof key.key, last);
        uint64_t sum = sim_trace_sum(text.data, text.size);
        if (last && last->sum == sum)
                return false;
        if (!last) {
                last = allocate(sizeof *last);
                last->key = key.key;
                HASH_ADD(hh, t->told, key, sizeof last->key, last);
        }
        last->sum = sum;
        return true;
}

bool frame_teller_tell(struct frame_teller *t, const struct sim_trace_entry *entry,
                       struct buffer *into)
{
        struct arena arena;
        struct buffer text = {0};
        arena_init(&arena, ARENA_BYTES);
        struct serde in = serde_reader(entry->frame, 0, false, &arena);
        if (frame_is_answer(entry))
                tell_answer(t, entry->numbers[0], entry->frame, &arena, &text);
        else
                tell_request(t, entry->numbers[0], &in, &text);
        arena_deinit(&arena);
        bool tells = !repeats_itself(entry->numbers[2]) || is_new(t, entry, buffer_span(&text));
        if (tells)
                buffer_append(into, text.data, text.size);
        buffer_deinit(&text);
        return tells;
}

void print_node_set(uint64_t set, struct buffer *into)
{
        bool is_first = true;
        buffer_printf(into, "{");
        for (int i = 0; i < 64; i++) {
                if (!(set >> i & 1))
                        continue;
                buffer_printf(into, "%s%d", is_first ? "" : ",", i);
                is_first = false;
        }
        buffer_printf(into, "}");
}
