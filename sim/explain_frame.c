#include "sim/explain_frame.h"

#include "log/batch.h"
#include "wire/api.h"
#include "wire/fetch.h"
#include "wire/produce.h"

#include <inttypes.h>

enum { ARENA_BYTES = 1 << 20 };

static void print_produce(struct serde *in, struct buffer *into)
{
        struct produce_request m = {0};
        serde_produce_request(in, &m);
        for (int32_t t = 0; !in->err && t < m.topics.count; t++) {
                const struct produce_topic *topic = &m.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++) {
                        const struct produce_partition *p = &topic->partitions.items[i];
                        struct batch_header h;
                        int32_t records = 0;
                        if (!batch_read_header(p->records.bytes, &h))
                                records = h.records_count;
                        buffer_printf(into, "%s %.*s/%" PRId32 ": %" PRId32 " record%s",
                                      into->size > 0 ? "," : "", topic->name.size, topic->name.data,
                                      p->index, records, records == 1 ? "" : "s");
                }
        }
}

static void print_fetch(struct serde *in, struct buffer *into)
{
        struct fetch_request m = {0};
        serde_fetch_request(in, &m);
        for (int32_t t = 0; !in->err && t < m.topics.count; t++) {
                const struct fetch_topic *topic = &m.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        buffer_printf(into, "%s %.*s/%" PRId32 " from %" PRId64,
                                      into->size > 0 ? "," : "", topic->name.size, topic->name.data,
                                      topic->partitions.items[i].index,
                                      topic->partitions.items[i].fetch_offset);
        }
}

void explain_frame(struct span frame, struct buffer *into)
{
        struct arena arena;
        struct request_header header;
        arena_init(&arena, ARENA_BYTES);
        struct serde in = serde_reader(frame, 0, false, &arena);
        serde_request_header(&in, &header);
        if (!in.err && header.api_key == API_PRODUCE)
                print_produce(&in, into);
        else if (!in.err && header.api_key == API_FETCH)
                print_fetch(&in, into);
        arena_deinit(&arena);
}
