/* read_write.c - the classic way: pread() into a buffer of ours, send() from it.
 *
 * The first copy (page cache to buffer) is the dear one, its bytes are cold; the second finds them
 * in the cache of the core, which is why the buffer is small and used again and again. What the
 * socket did not take is read anew next time: one chunk per full socket, so that a connection needs
 * no memory of its own. */
#include "copy/copy.h"

#include <sys/socket.h>
#include <unistd.h>

static enum kerr move_chunk(struct copy_lane *lane, int socket, int fd, int64_t position,
                            size_t size, bool more, size_t *moved)
{
        uint8_t *chunk = copy_lane_chunk(lane);
        *moved = 0;
        ssize_t got = pread(fd, chunk, size, position);
        copy_count(&lane->counters.syscalls, 2);
        if (got < 0)
                return KERR_IO;
        if ((size_t)got < size)
                return KERR_END_OF_FILE;
        int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
        enum kerr err = copy_sent(send(socket, chunk, size, flags), moved);
        copy_count(&lane->counters.user_bytes, (int64_t)*moved);
        return err;
}

static enum kerr move(struct copy_lane *lane, int socket, struct copy_source *source,
                      int64_t position, size_t size, bool more, size_t *moved)
{
        *moved = 0;
        while (*moved < size) {
                size_t left = size - *moved;
                size_t some = left < COPY_CHUNK_BYTES ? left : COPY_CHUNK_BYTES;
                size_t taken;
                enum kerr err = move_chunk(lane, socket, source->fd, position + (int64_t)*moved,
                                           some, more || some < left, &taken);
                if (err) {
                        *moved = 0;
                        return err;
                }
                *moved += taken;
                if (taken < some)
                        break;
        }
        return KERR_NONE;
}

const struct copy_strategy copy_read_write = {.name = "read-write", .move = move};
