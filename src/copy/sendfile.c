/* sendfile.c - the kernel hangs the file's pages into the socket's queue; no byte is copied.
 *
 * The pages are read again when the network takes them, so what the receiver gets is the file as it
 * is then, not as it was at the call: rule (2) of copy.h. sendfile() knows no MSG_MORE. */
#include "copy/copy.h"

#include <sys/sendfile.h>

//@lab 06 begin
static enum kerr move(struct copy_lane *lane, int socket, struct copy_source *source,
                      int64_t position, size_t size, bool more, size_t *moved)
{
        (void)more; /* the caller has corked the socket */
        off_t from = position;
        ssize_t sent = sendfile(socket, source->fd, &from, size);
        copy_count(&lane->counters.syscalls, 1);
        enum kerr err = copy_sent(sent, moved);
        copy_count(&lane->counters.reference_bytes, (int64_t)*moved);
        return sent == 0 ? KERR_END_OF_FILE : err;
}

const struct copy_strategy copy_sendfile = {.name = "sendfile", .needs_cork = true, .move = move};
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
// const struct copy_strategy copy_sendfile = {
//         .name = "sendfile",
//         .needs_cork = true,
//         .move = move,
// };
//@lab 06 end
