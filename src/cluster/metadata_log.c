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
                .flush_messages = INT64_MAX,
                .flush_ms = INT64_MAX,
                .max_message_bytes = INT32_MAX,
        };
}

/* A serde function of any message, as both take it. */
typedef void write_part(struct serde *s, void *m);

static void write_record(struct serde *s, void *m)
{
        serde_metadata_record(s, m);
}

static void write_key(struct serde *s, void *m)
{
        serde_control_record_key(s, m);
}

static void write_leader_change(struct serde *s, void *m)
{
        serde_leader_change_message(s, m);
}

static void write_snapshot_header(struct serde *s, void *m)
{
        serde_snapshot_header_record(s, m);
}

static void write_snapshot_footer(struct serde *s, void *m)
{
        (void)m;
        serde_snapshot_footer_record(s);
}

/* *bytes: what `write` makes of `m`; they lie in the packet. */
static struct packet *encode(struct world *w, write_part *write, void *m, struct span *bytes)
{
        struct packet *packet = packet_new(w);
        struct serde out = serde_writer(packet, 0, true);
        write(&out, m);
        *bytes = span_of(packet->memory.data + PACKET_LENGTH_BYTES,
                         packet->memory.size - PACKET_LENGTH_BYTES);
        return packet;
}

void metadata_log_add(struct world *w, struct batch_builder *batch,
                      const struct metadata_record *record)
{
        struct metadata_record copy = *record;
        struct record r = {.timestamp = w->wall_ms(w)};
        struct packet *value = encode(w, write_record, &copy, &r.value);
        batch_builder_add(batch, &r, NULL, 0);
        packet_free(value);
}

/* --- control batches --- */

static void add_control(struct world *w, struct batch_builder *batch, enum control_record_type type,
                        write_part *write, void *m)
{
        struct control_record_key control = {.type = (int16_t)type};
        struct record r = {.timestamp = w->wall_ms(w)};
        struct packet *key = encode(w, write_key, &control, &r.key);
        struct packet *value = encode(w, write, m, &r.value);
        batch->header.attributes |= BATCH_CONTROL;
        batch_builder_add(batch, &r, NULL, 0);
        packet_free(key);
        packet_free(value);
}

void metadata_log_add_leader_change(struct world *w, struct batch_builder *batch,
                                    struct leader_change_message *message)
{
        add_control(w, batch, CONTROL_LEADER_CHANGE, write_leader_change, message);
}

void metadata_log_add_snapshot_header(struct world *w, struct batch_builder *batch,
                                      struct snapshot_header_record *header)
{
        add_control(w, batch, CONTROL_SNAPSHOT_HEADER, write_snapshot_header, header);
}

void metadata_log_add_snapshot_footer(struct world *w, struct batch_builder *batch)
{
        add_control(w, batch, CONTROL_SNAPSHOT_FOOTER, write_snapshot_footer, NULL);
}

/* --- reading --- */

static enum kerr read_record(const struct record *r, metadata_each *each, void *context)
{
        struct arena arena;
        arena_init(&arena, RECORD_ARENA_BYTES);
        struct serde in = serde_reader(r->value, 0, true, &arena);
        struct metadata_record record = {0};
        serde_metadata_record(&in, &record);
        enum kerr err = in.err ? in.err : each(context, &record);
        arena_deinit(&arena);
        return err;
}

static enum kerr read_batch(const struct batch_header *header, struct span payload,
                            metadata_each *each, void *context)
{
        struct record_iterator it;
        struct record record;
        bool more = true;
        record_iterator_init(&it, header, payload);
        enum kerr err = record_next(&it, &record, &more);
        while (!err && more) {
                err = read_record(&record, each, context);
                if (!err)
                        err = record_next(&it, &record, &more);
        }
        return err;
}

enum kerr metadata_log_read_batches(struct world *w, struct span bytes, metadata_each *each,
                                    void *context, struct batch_header *last)
{
        struct batch_header header = {0};
        enum kerr err;
        for (;;) {
                err = batch_check(bytes, &header);
                if (err == KERR_TRUNCATED)
                        return KERR_NONE;
                size_t size = (size_t)batch_size(&header);
                if (!err && !(header.attributes & BATCH_CONTROL))
                        err = read_batch(
                                &header,
                                span_of(bytes.data + BATCH_HEADER_BYTES, size - BATCH_HEADER_BYTES),
                                each, context);
                if (err)
                        break;
                *last = header;
                bytes = span_of(bytes.data + size, bytes.size - size);
        }
        world_log(w, WORLD_ERROR, "%s-0: the batch at offset %lld cannot be read: %s",
                  METADATA_TOPIC_NAME, (long long)header.base_offset, kerr_text(err));
        return err;
}

enum kerr metadata_log_read(struct world *w, struct partition_log *log, int64_t from, int64_t to,
                            metadata_each *each, void *context)
{
        struct buffer bytes = {0};
        enum kerr err = KERR_NONE;
        while (from < to && !err) {
                struct extent extent;
                err = partition_log_read(log, from, to, READ_BYTES, true, &extent);
                if (err || !extent.file)
                        break;
                size_t size = (size_t)extent.length;
                buffer_clear(&bytes);
                uint8_t *into = buffer_reserve(&bytes, size);
                err = world_read_exactly(w, extent.file, extent.position, into, size);
                struct batch_header last = {.base_offset = from - 1};
                if (!err)
                        err = metadata_log_read_batches(w, span_of(into, size), each, context,
                                                        &last);
                if (!err && batch_last_offset(&last) < from)
                        err = KERR_CORRUPT_MESSAGE; /* shorter in the file than its header says */
                from = batch_last_offset(&last) + 1;
        }
        buffer_deinit(&bytes);
        return err;
}
