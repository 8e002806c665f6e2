/* splice.c - file -> pipe -> socket, and only references to pages go that way.
 *
 * splice() joins two ends of which one must be a pipe: between a file and a socket there are two
 * calls, where sendfile() has its own pipe inside the kernel. It can say "more follows", and its
 * pipe may be larger than sendfile's 16 pages. */
#include "copy/pipe.h"

#include <fcntl.h>

//@lab 06 begin
static enum kerr move_some(struct copy_lane *lane, int socket, int fd, int64_t position,
                           size_t size, bool more, size_t *wanted, size_t *moved)
{
        struct copy_pipe *pipe = lane->pipe;
        *moved = 0;
        off_t from = position;
        ssize_t filled = splice(fd, &from, pipe->in, NULL, size, 0);
        copy_count(&lane->counters.syscalls, 1);
        if (filled < 0)
                return KERR_IO;
        if (filled == 0)
                return KERR_END_OF_FILE;
        *wanted = (size_t)filled;
        return copy_pipe_to_socket(lane, socket, *wanted, more || *wanted < size, moved);
}

static enum kerr move(struct copy_lane *lane, int socket, struct copy_source *source,
                      int64_t position, size_t size, bool more, size_t *moved)
{
        *moved = 0;
        while (*moved < size) {
                struct copy_pipe *pipe = copy_pipe_of(lane);
                if (!pipe)
                        return KERR_IO;
                size_t left = size - *moved;
                size_t some = left < pipe->bytes ? left : pipe->bytes;
                size_t wanted = 0, taken;
                enum kerr err = move_some(lane, socket, source->fd, position + (int64_t)*moved,
                                          some, more || some < left, &wanted, &taken);
                if (err) {
                        *moved = 0;
                        return err;
                }
                *moved += taken;
                if (taken < wanted)
                        break;
        }
        return KERR_NONE;
}

const struct copy_strategy copy_splice = {.name = "splice", .move = move};
//@lab 06 starter
// static enum kerr move(struct copy_lane *lane, int socket, struct copy_source *source,
//                       int64_t position, size_t size, bool more, size_t *moved)
// {
//         (void)lane;
//         (void)socket;
//         (void)source;
//         (void)position;
//         (void)size;
//         (void)more;
//         *moved = 0;
//         return KERR_IO; /* yours to write */
// }
//
// const struct copy_strategy copy_splice = {.name = "splice", .move = move};
//@lab 06 end
