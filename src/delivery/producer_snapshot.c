/* Kafka's files of producers, NNN.snapshot, where NNN is the offset that they are known up to:
 *
 *      0  version = 1             2 |      0  producer id               8 |
 *      2  CRC-32C                 4 | over byte 6 to the end   8  epoch 2 |
 *      6  number of entries       4 |     10  last sequence             4 |
 *     10  entries of 46 bytes       |     14  last offset               8 | of the last batch; -1:
 *                                   |     22  its last offset delta     4 | none
 *                                   |     26  last timestamp            8 |
 *                                   |     34  coordinator epoch         4 |
 *                                   |     38  open transaction's first  8 | -1: none
 *
 * Source: ProducerStateManager.writeSnapshot, readSnapshot. */
#include "base/crc32c.h"
#include "delivery/producer_private.h"
#include "log/checkpoint.h"
#include "log/path.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

enum {
        SNAPSHOT_VERSION = 1,
        AT_VERSION = 0,
        AT_CRC = 2,
        AT_COUNT = 6, /* the CRC covers this and all behind it */
        HEADER_BYTES = 10,
        ENTRY_BYTES = 46,
        FILE_BYTES_MAX = 1 << 30,
};

/* --- one entry --- */

static void put_entry(void *context, const struct producer_entry *e)
{
        struct buffer *bytes = context;
        uint8_t *at = buffer_reserve(bytes, ENTRY_BYTES);
        struct producer_batch_seen last = {
                .last_sequence = -1, .base_offset = -1, .last_offset = -1};
        if (e->batch_count > 0)
                last = e->batches[e->batch_count - 1];
        store_be64(at, (uint64_t)e->producer_id);
        store_be16(at + 8, (uint16_t)e->epoch);
        store_be32(at + 10, (uint32_t)last.last_sequence);
        store_be64(at + 14, (uint64_t)last.last_offset);
        store_be32(at + 22, (uint32_t)(last.last_offset - last.base_offset));
        store_be64(at + 26, (uint64_t)e->last_timestamp_ms);
        store_be32(at + 34, (uint32_t)e->coordinator_epoch);
        store_be64(at + 38, (uint64_t)e->txn_first_offset);
        bytes->size += ENTRY_BYTES;
}

static struct producer_entry get_entry(const uint8_t *at)
{
        struct producer_entry e = producer_entry_new((int64_t)load_be64(at));
        int32_t last_sequence = (int32_t)load_be32(at + 10);
        int64_t last_offset = (int64_t)load_be64(at + 14);
        uint32_t delta = load_be32(at + 22);
        e.epoch = (int16_t)load_be16(at + 8);
        e.last_timestamp_ms = (int64_t)load_be64(at + 26);
        e.coordinator_epoch = (int32_t)load_be32(at + 34);
        e.txn_first_offset = (int64_t)load_be64(at + 38);
        //@lab 17 begin
        if (last_offset < 0 || last_sequence < 0)
                return e;
        e.batch_count = 1;
        e.batches[0] = (struct producer_batch_seen){
                .first_sequence = (int32_t)(((uint32_t)last_sequence - delta) & INT32_MAX),
                .last_sequence = last_sequence,
                .base_offset = last_offset - delta,
                .last_offset = last_offset,
                .timestamp_ms = e.last_timestamp_ms,
        };
        //@lab 17 starter
        // (void)last_sequence;
        // (void)last_offset;
        // (void)delta; /* yours to write: the batch that these three tell of */
        //@lab 17 end
        return e;
}

/* --- writing --- */

/* The newest snapshot of an offset in `from` .. `to`, or -1. */
static int64_t newest(const struct buffer *names, int64_t from, int64_t to)
{
        int64_t offset, found = -1;
        const char *suffix;
        for (size_t at = 0; at < names->size; at += strlen((const char *)names->data + at) + 1) {
                const char *name = (const char *)names->data + at;
                if (path_parse_offset(name, &offset, &suffix) && offset >= from && offset <= to &&
                    offset > found && strcmp(suffix, ".snapshot") == 0)
                        found = offset;
        }
        return found;
}

static struct path path_of_snapshot(const struct producer_state *s, int64_t offset)
{
        return path_of(partition_log_directory(s->log), "%020lld.snapshot", (long long)offset);
}

/* All but the newest, before there is another one. */
static enum kerr remove_old(const struct producer_state *s, int64_t end)
{
        struct world *w = s->world;
        struct buffer names = {0};
        enum kerr err = w->list(w, partition_log_directory(s->log), &names);
        int64_t offset = err ? -1 : newest(&names, 0, end - 1);
        while (!err && offset > 0 && (offset = newest(&names, 0, offset - 1)) >= 0)
                err = w->remove(w, path_of_snapshot(s, offset).text);
        buffer_deinit(&names);
        return err;
}

enum kerr producer_snapshot_write(struct producer_state *s)
{
        struct buffer bytes = {0};
        int64_t end = partition_log_end(s->log);
        buffer_reserve(&bytes, HEADER_BYTES);
        bytes.size = HEADER_BYTES;
        producer_state_each(s, put_entry, &bytes);
        store_be16(bytes.data + AT_VERSION, SNAPSHOT_VERSION);
        store_be32(bytes.data + AT_COUNT, HASH_COUNT(s->producers));
        store_be32(bytes.data + AT_CRC, crc32c(0, bytes.data + AT_COUNT, bytes.size - AT_COUNT));
        enum kerr err = remove_old(s, end);
        if (!err) {
                char name[40];
                snprintf(name, sizeof name, "%020lld.snapshot", (long long)end);
                err = checkpoint_replace(s->world, partition_log_directory(s->log), name,
                                         buffer_span(&bytes));
        }
        buffer_deinit(&bytes);
        return err;
}

/* --- reading --- */

static bool is_sane(struct span bytes)
{
        return bytes.size >= HEADER_BYTES &&
               load_be16(bytes.data + AT_VERSION) == SNAPSHOT_VERSION &&
               load_be32(bytes.data + AT_CRC) ==
                       crc32c(0, bytes.data + AT_COUNT, bytes.size - AT_COUNT) &&
               load_be32(bytes.data + AT_COUNT) == (bytes.size - HEADER_BYTES) / ENTRY_BYTES &&
               (bytes.size - HEADER_BYTES) % ENTRY_BYTES == 0;
}

static int by_first_offset(const struct undecided_txn *a, const struct undecided_txn *b)
{
        return (a->first_offset > b->first_offset) - (a->first_offset < b->first_offset);
}

static void load_entries(struct producer_state *s, struct span entries)
{
        for (size_t at = 0; at < entries.size; at += ENTRY_BYTES) {
                struct producer_entry e = get_entry(entries.data + at);
                if (e.producer_id < 0 || producer_state_find(s, e.producer_id))
                        continue;
                producer_state_add(s, e);
                if (e.txn_first_offset >= 0)
                        producer_state_open_txn(s, &e);
        }
        DL_SORT(s->undecided->head, by_first_offset);
}

/* *usable is false when the snapshot was no good. It is gone then: it must not come back when the
 * log has grown past it in another way. */
static enum kerr load_file(struct producer_state *s, int64_t offset, bool *usable)
{
        struct world *w = s->world;
        struct path path = path_of_snapshot(s, offset);
        struct buffer bytes = {0};
        enum kerr err = world_read_file(w, path.text, FILE_BYTES_MAX, &bytes);
        *usable = !err && is_sane(buffer_span(&bytes));
        if (*usable) {
                load_entries(s, span_of(bytes.data + HEADER_BYTES, bytes.size - HEADER_BYTES));
        } else if (err == KERR_NONE || err == KERR_NO_MEMORY) {
                world_log(w, WORLD_WARN, "%s: damaged, removed", path.text);
                err = w->remove(w, path.text);
                if (!err)
                        err = w->sync_dir(w, partition_log_directory(s->log));
        }
        buffer_deinit(&bytes);
        return err;
}

/* What lies between a snapshot below the log start and the start cannot be replayed any more. */
enum kerr producer_snapshot_load(struct producer_state *s, int64_t *offset)
{
        struct buffer names = {0};
        int64_t start = partition_log_start(s->log), end = partition_log_end(s->log);
        bool usable = false;
        enum kerr err = s->world->list(s->world, partition_log_directory(s->log), &names);
        *offset = start;
        while (!err && !usable && (end = newest(&names, start, end)) >= 0) {
                err = load_file(s, end, &usable);
                *offset = usable ? end : start;
                end--;
        }
        buffer_deinit(&names);
        return err;
}
