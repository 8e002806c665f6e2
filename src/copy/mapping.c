#include "copy/mapping.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum { SMALLEST_BYTES = 64 << 20 };

struct copy_mapping {
        uint8_t *bytes;
        int64_t size;
        struct copy_mapping *smaller; /* the one before it */
};

static struct copy_mapping *map(int fd, int64_t size, struct copy_mapping *smaller)
{
        void *bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
        if (bytes == MAP_FAILED)
                return NULL;
        struct copy_mapping *m = malloc(sizeof *m);
        if (!m)
                abort();
        *m = (struct copy_mapping){bytes, size, smaller};
        return m;
}

static void unmap(struct copy_mapping *m)
{
        munmap(m->bytes, (size_t)m->size);
        free(m);
}

/* The newest mapping, made larger when it ends before `end`. */
static const struct copy_mapping *mapping_to(struct copy_source *source, int64_t end)
{
        struct copy_mapping *newest = atomic_load(&source->mapping);
        while (!newest || newest->size < end) {
                int64_t size = newest ? 2 * newest->size : SMALLEST_BYTES;
                while (size < end)
                        size *= 2;
                struct copy_mapping *larger = map(source->fd, size, newest);
                if (!larger)
                        return NULL;
                /* Another thread may have been faster; then its mapping counts. */
                if (atomic_compare_exchange_strong(&source->mapping, &newest, larger))
                        return larger;
                unmap(larger);
        }
        return newest;
}

const uint8_t *mapping_at(struct copy_source *source, int64_t position, size_t size)
{
        const struct copy_mapping *m = mapping_to(source, position + (int64_t)size);
        return m ? m->bytes + position : NULL;
}

enum kerr mapping_send(struct copy_lane *lane, int socket, const uint8_t *bytes, size_t size,
                       bool more, size_t *moved)
{
        int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
        enum kerr err = copy_sent(send(socket, bytes, size, flags), moved);
        copy_count(&lane->counters.syscalls, 1);
        copy_count(&lane->counters.user_bytes, (int64_t)*moved);
        return err;
}

void copy_source_deinit(struct copy_source *source)
{
        struct copy_mapping *m = atomic_exchange(&source->mapping, NULL);
        while (m) {
                struct copy_mapping *smaller = m->smaller;
                unmap(m);
                m = smaller;
        }
}
