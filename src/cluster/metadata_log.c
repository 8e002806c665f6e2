#include "cluster/metadata_log.h"

enum { READ_BYTES = 1 << 20, RECORD_ARENA_BYTES = 1 << 20 };

const struct uuid metadata_topic_id = {{[15] = 1}};

struct log_config metadata_log_config(void)
{
        return (struct log_config){
                .segment_bytes = 1 << 30,
                .segment_ms = INT64_MAX,
                .segment_index_bytes = 10 << 20,
                .index_interval_bytes = 4096,
                .retention_bytes = -1,
                .retention_ms = -1,
                .flush_messages = 1,
                .flush_ms = INT64_MAX,
                .max_message_bytes = INT32_MAX,
        };
}

void metadata_log_add(struct world *w, struct batch_builder *batch,
                      const struct metadata_record *record)
{
        struct packet *packet = packet_new(w);
        struct serde out = serde_writer(packet, 0, true);
        struct metadata_record copy = *record;
        serde_metadata_record(&out, &copy);
        struct record r = {
                .timestamp = w->wall_ms(w),
                .value = span_of(packet->memory.data + PACKET_LENGTH_BYTES,
                                 packet->memory.size - PACKET_LENGTH_BYTES),
        };
        batch_builder_add(batch, &r, NULL, 0);
        packet_free(packet);
}

struct reader {
        struct world *world;
        enum kerr (*each)(void *context, const struct metadata_record *record);
        void *context;
};

static enum kerr read_record(const struct reader *reader, const struct record *r)
{
        struct arena arena;
        arena_init(&arena, RECORD_ARENA_BYTES);
        struct serde in = serde_reader(r->value, 0, true, &arena);
        struct metadata_record record = {0};
        serde_metadata_record(&in, &record);
        enum kerr err = in.err ? in.err : reader->each(reader->context, &record);
        arena_deinit(&arena);
        if (err)
                world_log(reader->world, WORLD_ERROR, "%s-0 offset %lld: %s", METADATA_TOPIC_NAME,
                          (long long)r->offset, kerr_text(err));
        return err;
}

/* All whole batches in `bytes`; *next becomes the offset behind the last. */
static enum kerr read_batches(const struct reader *reader, struct span bytes, int64_t *next)
{
        struct batch_header header;
        while (bytes.size >= BATCH_HEADER_BYTES) {
                enum kerr err = batch_check(bytes, &header);
                if (err == KERR_TRUNCATED)
                        return KERR_NONE; /* cut by the size of the read: it comes next time */
                if (err)
                        return err;
                struct record_iterator it;
                struct record record;
                bool more = true;
                record_iterator_init(&it, &header,
                                     span_of(bytes.data + BATCH_HEADER_BYTES,
                                             (size_t)batch_size(&header) - BATCH_HEADER_BYTES));
                while (!(err = record_next(&it, &record, &more)) && more) {
                        if ((err = read_record(reader, &record)))
                                return err;
                }
                if (err)
                        return err;
                *next = batch_last_offset(&header) + 1;
                bytes.data += batch_size(&header);
                bytes.size -= (size_t)batch_size(&header);
        }
        return KERR_NONE;
}

enum kerr metadata_log_read(struct world *w, struct partition_log *log, int64_t from, int64_t to,
                            enum kerr (*each)(void *context, const struct metadata_record *record),
                            void *context)
{
        struct reader reader = {w, each, context};
        struct buffer bytes = {0};
        enum kerr err = KERR_NONE;
        while (from < to && !err) {
                struct extent extent;
                err = partition_log_read(log, from, to, READ_BYTES, true, &extent);
                if (err || !extent.file)
                        break;
                buffer_clear(&bytes);
                uint8_t *into = buffer_reserve(&bytes, (size_t)extent.length);
                err = world_read_exactly(w, extent.file, extent.position, into,
                                         (size_t)extent.length);
                if (!err)
                        err = read_batches(&reader, span_of(into, (size_t)extent.length), &from);
        }
        buffer_deinit(&bytes);
        return err;
}
