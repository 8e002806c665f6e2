#include "bench/strawmen.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "copy/mapping.h"
#include "copy/pipe.h"

/* --- mmap-each --- */

static enum kerr move_mmap_each(struct copy_lane *lane, int socket, struct copy_source *source,
                                int64_t position, size_t size, bool more, size_t *moved)
{
        size_t into_page = (size_t)(position % sysconf(_SC_PAGESIZE));
        *moved = 0;
        copy_count(&lane->counters.syscalls, 1);
        uint8_t *map = mmap(NULL, into_page + size, PROT_READ, MAP_SHARED, source->fd,
                            position - (int64_t)into_page);
        if (map == MAP_FAILED)
                return KERR_IO;
        enum kerr err = mapping_send(lane, socket, map + into_page, size, more, moved);
        munmap(map, into_page + size);
        copy_count(&lane->counters.syscalls, 1);
        return err;
}

const struct copy_strategy strawman_mmap_each = {.name = "mmap-each", .move = move_mmap_each};

/* --- mmap-fresh --- */

static enum kerr move_mmap_fresh(struct copy_lane *lane, int socket, struct copy_source *source,
                                 int64_t position, size_t size, bool more, size_t *moved)
{
        if (position == 0 && atomic_load(&source->mapping)) {
                copy_source_deinit(source);
                copy_count(&lane->counters.syscalls, 2); /* unmapped here, mapped below */
        }
        return copy_mmap.move(lane, socket, source, position, size, more, moved);
}

const struct copy_strategy strawman_mmap_fresh = {.name = "mmap-fresh", .move = move_mmap_fresh};

/* --- vmsplice --- */

static enum kerr move_through_pipe(struct copy_lane *lane, int socket, const uint8_t *bytes,
                                   size_t size, bool more, size_t *wanted, size_t *moved)
{
        struct iovec vector = {(void *)(uintptr_t)bytes, size};
        *moved = 0;
        ssize_t filled = vmsplice(lane->pipe->in, &vector, 1, SPLICE_F_NONBLOCK);
        copy_count(&lane->counters.syscalls, 1);
        if (filled <= 0)
                return KERR_IO;
        *wanted = (size_t)filled;
        return copy_pipe_to_socket(lane, socket, *wanted, more || *wanted < size, moved);
}

static enum kerr move_vmsplice(struct copy_lane *lane, int socket, struct copy_source *source,
                               int64_t position, size_t size, bool more, size_t *moved)
{
        const uint8_t *bytes = mapping_at(source, position, size);
        size_t done = 0, wanted = 0, some = 0;
        *moved = 0;
        if (!bytes)
                return KERR_IO;
        while (done < size && some == wanted) {
                struct copy_pipe *pipe = copy_pipe_of(lane);
                if (!pipe)
                        return KERR_IO;
                size_t left = size - done;
                size_t part = left < pipe->bytes ? left : pipe->bytes;
                enum kerr err = move_through_pipe(lane, socket, bytes + done, part,
                                                  more || part < left, &wanted, &some);
                if (err)
                        return err;
                done += some;
        }
        *moved = done;
        return KERR_NONE;
}

const struct copy_strategy strawman_vmsplice = {.name = "vmsplice", .move = move_vmsplice};

/* --- hot --- */

/* One send of the whole range, as mmap does, but all of it out of one small buffer. */
static enum kerr move_hot(struct copy_lane *lane, int socket, struct copy_source *source,
                          int64_t position, size_t size, bool more, size_t *moved)
{
        enum { VECTORS_MAX = 16 };
        (void)source;
        (void)position;
        bool fresh = !lane->chunk;
        uint8_t *bytes = copy_lane_chunk(lane);
        if (fresh)
                memset(bytes, 'h', COPY_CHUNK_BYTES);
        struct iovec vectors[VECTORS_MAX];
        struct msghdr message = {.msg_iov = vectors};
        size_t gathered = 0;
        while (gathered < size && message.msg_iovlen < VECTORS_MAX) {
                size_t left = size - gathered;
                size_t part = left < COPY_CHUNK_BYTES ? left : COPY_CHUNK_BYTES;
                vectors[message.msg_iovlen++] = (struct iovec){bytes, part};
                gathered += part;
        }
        int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more || gathered < size ? MSG_MORE : 0);
        enum kerr err = copy_sent(sendmsg(socket, &message, flags), moved);
        copy_count(&lane->counters.syscalls, 1);
        copy_count(&lane->counters.user_bytes, (int64_t)*moved);
        return err;
}

const struct copy_strategy strawman_hot = {.name = "hot", .move = move_hot};

/* --- the list --- */

const struct copy_strategy *const *strawmen_all(int *count)
{
        static const struct copy_strategy *const all[] = {&strawman_mmap_each, &strawman_mmap_fresh,
                                                          &strawman_vmsplice, &strawman_hot};
        *count = (int)(sizeof all / sizeof *all);
        return all;
}

const struct copy_strategy *strawmen_find(const char *name)
{
        int count;
        const struct copy_strategy *const *all = strawmen_all(&count);
        for (int i = 0; i < count; i++) {
                if (strcmp(all[i]->name, name) == 0)
                        return all[i];
        }
        return copy_find(name);
}
