#include "bench/layout.h"
#include "bench/scratch.h"

#include "base/bytes.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ENTRY_BYTES = 20, ENTRIES_GATHERED = 256, PIECE_BYTES = LAYOUT_MESSAGE_MAX };

struct partition {
        struct disk_file file; /* its messages, or its index */
        int64_t size;
        bool dirty;        /* messages were written since the last sync */
        uint8_t *gathered; /* index entries not yet written */
        int gathered_count;
};

struct layout {
        enum layout_kind kind;
        int count;
        struct partition *partitions;
        struct disk_file log; /* of LAYOUT_COMMIT_LOG */
        int64_t log_size;
        bool log_dirty;
        uint8_t *piece; /* what was read */
};

int64_t layout_descriptor_limit(void)
{
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
                return 0;
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
        return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

struct layout *layout_open(enum layout_kind kind, const char *directory, int partitions)
{
        struct layout *l = scratch_memory(1, sizeof *l);
        l->kind = kind;
        l->count = partitions;
        l->partitions = scratch_memory((size_t)partitions, sizeof *l->partitions);
        l->piece = scratch_memory(1, PIECE_BYTES);
        bool ok = kind == LAYOUT_FILES || disk_file_make(&l->log, directory, 0);
        for (int i = 0; ok && i < partitions; i++) {
                ok = disk_file_make(&l->partitions[i].file, directory, 0);
                if (kind == LAYOUT_COMMIT_LOG)
                        l->partitions[i].gathered = scratch_memory(ENTRIES_GATHERED, ENTRY_BYTES);
        }
        if (ok)
                return l;
        int refused = errno;
        layout_close(l);
        errno = refused;
        return NULL;
}

void layout_close(struct layout *l)
{
        if (l == NULL)
                return;
        for (int i = 0; i < l->count; i++) {
                disk_file_remove(&l->partitions[i].file);
                free(l->partitions[i].gathered);
        }
        disk_file_remove(&l->log);
        free(l->partitions);
        free(l->piece);
        free(l);
}

/* --- writing --- */

static bool write_entries(struct partition *p)
{
        size_t size = (size_t)p->gathered_count * ENTRY_BYTES;
        if (!disk_write_all(p->file.fd, p->gathered, size, -1))
                return false;
        p->size += (int64_t)size;
        p->gathered_count = 0;
        return true;
}

static bool append_to_log(struct layout *l, struct partition *p, const void *message, size_t size)
{
        if (!disk_write_all(l->log.fd, message, size, -1))
                return false;
        uint8_t *entry = p->gathered + p->gathered_count++ * ENTRY_BYTES;
        store_be64(entry, (uint64_t)l->log_size);
        store_be32(entry + 8, (uint32_t)size);
        store_be64(entry + 12, 0);
        l->log_size += (int64_t)size;
        l->log_dirty = true;
        return p->gathered_count < ENTRIES_GATHERED || write_entries(p);
}

bool layout_append(struct layout *l, int partition, const void *message, size_t size)
{
        assert(size <= LAYOUT_MESSAGE_MAX);
        struct partition *p = &l->partitions[partition];
        if (l->kind == LAYOUT_COMMIT_LOG)
                return append_to_log(l, p, message, size);
        p->dirty = true;
        p->size += (int64_t)size;
        return disk_write_all(p->file.fd, message, size, -1);
}

bool layout_flush(struct layout *l)
{
        for (int i = 0; i < l->count; i++) {
                struct partition *p = &l->partitions[i];
                if (p->gathered_count > 0 && !write_entries(p))
                        return false;
        }
        return true;
}

int layout_sync(struct layout *l)
{
        int syncs = 0;
        for (int i = 0; i < l->count; i++) {
                struct partition *p = &l->partitions[i];
                if (!p->dirty)
                        continue;
                if (fdatasync(p->file.fd) != 0)
                        return -1;
                p->dirty = false;
                syncs++;
        }
        if (l->log_dirty) {
                if (fdatasync(l->log.fd) != 0)
                        return -1;
                l->log_dirty = false;
                syncs++;
        }
        return syncs;
}

/* --- reading --- */

typedef void visitor(void *context, const uint8_t *bytes, size_t size);

static bool read_all(int fd, uint8_t *into, size_t size, int64_t position)
{
        ssize_t n = pread(fd, into, size, position);
        if (n >= 0 && (size_t)n != size)
                errno = EIO;
        return n == (ssize_t)size;
}

static bool read_queue(struct layout *l, const uint8_t *entries, int64_t count, visitor *visit,
                       void *context, int64_t *bytes)
{
        for (int64_t i = 0; i < count; i++) {
                const uint8_t *entry = entries + i * ENTRY_BYTES;
                size_t size = load_be32(entry + 8);
                assert(size <= PIECE_BYTES);
                if (!read_all(l->log.fd, l->piece, size, (int64_t)load_be64(entry)))
                        return false;
                if (visit != NULL)
                        visit(context, l->piece, size);
                *bytes += (int64_t)size;
        }
        return true;
}

int64_t layout_read(struct layout *l, int partition, visitor *visit, void *context)
{
        struct partition *p = &l->partitions[partition];
        int64_t bytes = 0;
        bool ok = true;
        for (int64_t at = 0; ok && at < p->size && l->kind == LAYOUT_FILES; at += PIECE_BYTES) {
                size_t size = p->size - at < PIECE_BYTES ? (size_t)(p->size - at) : PIECE_BYTES;
                ok = read_all(p->file.fd, l->piece, size, at);
                if (ok && visit != NULL)
                        visit(context, l->piece, size);
                bytes += (int64_t)size;
        }
        if (l->kind == LAYOUT_COMMIT_LOG) {
                uint8_t *entries = scratch_memory((size_t)p->size + 1, 1);
                ok = read_all(p->file.fd, entries, (size_t)p->size, 0) &&
                     read_queue(l, entries, p->size / ENTRY_BYTES, visit, context, &bytes);
                free(entries);
        }
        return ok ? bytes : -1;
}

bool layout_evict(struct layout *l, int partition)
{
        struct partition *p = &l->partitions[partition];
        return disk_evict(p->file.fd, p->size) &&
               (l->kind == LAYOUT_FILES || disk_evict(l->log.fd, l->log_size));
}
