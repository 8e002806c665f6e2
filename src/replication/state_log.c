#include "replication/state_log.h"

#include "log/compression.h"
#include "wire/control_records.h"

#include <stdlib.h>
#include <utlist.h>

void state_log_begin(struct state_log *l, struct replica *replica,
                     const struct state_log_events *events)
{
        *l = (struct state_log){
                .replica = replica,
                .leader_epoch = replica->assignment.leader_epoch,
                .events = *events,
                .load_position = partition_log_start(replica->log),
                .load_end = partition_log_end(replica->log),
        };
}

/* --- loading --- */

/* A control batch holds one record: the marker of a transaction, or one that is none of our
 * business. */
static void load_marker(struct state_log *l, const struct batch_header *h, const struct record *r)
{
        struct serde key = serde_reader(r->key, 0, false, NULL);
        struct control_record_key m = {0};
        serde_control_record_key(&key, &m);
        if (!key.err && (m.type == CONTROL_ABORT || m.type == CONTROL_COMMIT))
                l->events.on_marker(l->events.context, h->producer_id, m.type == CONTROL_COMMIT);
}

static enum kerr load_records(struct state_log *l, const struct batch_header *h, struct span plain)
{
        struct record_iterator it;
        struct record r;
        bool more = true;
        record_iterator_init(&it, h, plain);
        while (more) {
                enum kerr err = record_next(&it, &r, &more);
                if (err)
                        return err;
                if (!more || r.offset < l->load_position)
                        continue;
                if (h->attributes & BATCH_CONTROL) {
                        load_marker(l, h, &r);
                        continue;
                }
                l->events.on_record(l->events.context,
                                    &(struct state_record){
                                            .offset = r.offset,
                                            .timestamp_ms = r.timestamp,
                                            .key = r.key,
                                            .value = r.value,
                                            .is_transactional = h->attributes & BATCH_TRANSACTIONAL,
                                            .producer_id = h->producer_id,
                                            .producer_epoch = h->producer_epoch,
                                    });
        }
        return KERR_NONE;
}

static enum kerr load_batch(struct state_log *l, const struct batch_header *h, struct span batch)
{
        struct buffer plain = {0};
        struct span payload =
                span_of(batch.data + BATCH_HEADER_BYTES, batch.size - BATCH_HEADER_BYTES);
        int codec = h->attributes & BATCH_CODEC_MASK;
        enum kerr err = KERR_NONE;
        if (codec) {
                err = compression_decompress(codec, payload, PLAIN_BYTES_MAX, &plain);
                payload = buffer_span(&plain);
        }
        if (!err)
                err = load_records(l, h, payload);
        buffer_deinit(&plain);
        l->load_position = batch_last_offset(h) + 1;
        return err;
}

/* All whole batches; there is one at least. */
static enum kerr load_batches(struct state_log *l, struct span bytes)
{
        while (bytes.size > 0) {
                struct batch_header h;
                enum kerr err = batch_check(bytes, &h);
                if (err == KERR_TRUNCATED)
                        return KERR_NONE; /* cut by the size asked for */
                size_t size = err ? 0 : (size_t)batch_size(&h);
                if (!err)
                        err = load_batch(l, &h, span_of(bytes.data, size));
                if (err)
                        return err;
                bytes = span_of(bytes.data + size, bytes.size - size);
        }
        return KERR_NONE;
}

static enum kerr load_some(struct state_log *l, int32_t bytes_max)
{
        struct partition_log *log = l->replica->log;
        struct world *w = l->replica->host->world;
        struct extent at;
        if (l->load_position < partition_log_start(log))
                l->load_position = partition_log_start(log);
        int64_t before = l->load_position;
        enum kerr err =
                partition_log_read(log, l->load_position, l->load_end, bytes_max, true, &at);
        if (!err && at.length == 0)
                l->load_position = l->load_end; /* the rest was compacted away */
        if (err || at.length == 0)
                return err;
        uint8_t *bytes = malloc((size_t)at.length);
        if (!bytes)
                abort();
        err = world_read_exactly(w, at.file, at.position, bytes, (size_t)at.length);
        if (!err)
                err = load_batches(l, span_of(bytes, (size_t)at.length));
        free(bytes);
        return err || l->load_position > before ? err : KERR_CORRUPT_MESSAGE;
}

bool state_log_load(struct state_log *l, int32_t bytes_max)
{
        if (state_log_is_loaded(l) || l->has_failed)
                return !l->has_failed;
        enum kerr err = load_some(l, bytes_max);
        if (err) {
                world_log(l->replica->host->world, WORLD_ERROR,
                          "%s: cannot be replayed from offset %lld on: %s",
                          partition_log_directory(l->replica->log), (long long)l->load_position,
                          kerr_text(err));
                l->has_failed = true;
        }
        return state_log_is_loaded(l);
}

bool state_log_is_loaded(const struct state_log *l)
{
        return !l->has_failed && l->load_position >= l->load_end;
}

/* --- changes --- */

static enum kerr append(struct state_log *l, struct batch_builder *b)
{
        struct buffer batch = {0};
        struct log_append result;
        int64_t committed_at;
        enum kerr err = batch_builder_finish(b, COMPRESSION_NONE, &batch);
        if (!err)
                err = replica_append(l->replica, buffer_span(&batch), true, APPEND_COORDINATOR,
                                     &result, &committed_at);
        buffer_deinit(&batch);
        return err;
}

enum kerr state_log_append(struct state_log *l, const struct state_change *change)
{
        struct batch_builder b;
        if (l->replica->assignment.leader_epoch != l->leader_epoch)
                return KERR_NOT_LEADER_OR_FOLLOWER;
        batch_builder_init(&b);
        for (int32_t i = 0; i < change->count; i++)
                batch_builder_add(&b, &change->records[i], NULL, 0);
        if (change->producer_id >= 0) {
                b.header.attributes |= BATCH_TRANSACTIONAL;
                b.header.producer_id = change->producer_id;
                b.header.producer_epoch = change->producer_epoch;
        }
        enum kerr err = append(l, &b);
        batch_builder_deinit(&b);
        return err;
}

/* --- waiting --- */

void state_log_forget(struct state_wait *w)
{
        if (!w->log)
                return;
        DL_DELETE(w->log->waits, w);
        w->log = NULL;
}

void state_log_wait(struct state_log *l, struct state_wait *w)
{
        w->log = l;
        w->position = partition_log_end(l->replica->log);
        DL_APPEND(l->waits, w);
        state_log_run(l);
}

static void finish_first(struct state_log *l, enum kerr err)
{
        struct state_wait *w = l->waits;
        state_log_forget(w);
        w->done(w, err);
}

/* That the ISR has shrunk since takes nothing back of what is committed. */
static bool is_committed(struct state_log *l, int64_t position)
{
        bool done;
        enum kerr err = replica_committed(l->replica, l->leader_epoch, position, &done);
        l->has_failed |= err && err != KERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND;
        return done || err == KERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND;
}

void state_log_run(struct state_log *l)
{
        while (l->waits && !l->has_failed && is_committed(l, l->waits->position))
                finish_first(l, KERR_NONE);
        if (l->has_failed)
                state_log_end(l);
}

void state_log_end(struct state_log *l)
{
        l->has_failed = true;
        while (l->waits)
                finish_first(l, KERR_NOT_COORDINATOR);
}
