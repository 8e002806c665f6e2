#include "copy/copy.h"

#include "copy/pipe.h"
#include "copy/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct copy_strategy *const *copy_all(int *count)
{
        static const struct copy_strategy *const all[] = {
                &copy_read_write, &copy_mmap,     &copy_sendfile,        &copy_splice,
                &copy_zerocopy,   &copy_io_uring, &copy_io_uring_splice, &copy_io_uring_zerocopy,
        };
        *count = sizeof all / sizeof *all;
        return all;
}

const struct copy_strategy *copy_find(const char *name)
{
        int count;
        const struct copy_strategy *const *all = copy_all(&count);
        for (int i = 0; i < count; i++) {
                if (strcmp(all[i]->name, name) == 0)
                        return all[i];
        }
        return NULL;
}

uint8_t *copy_lane_chunk(struct copy_lane *lane)
{
        if (!lane->chunk && !(lane->chunk = malloc(COPY_CHUNK_BYTES)))
                abort();
        return lane->chunk;
}

void copy_lane_deinit(struct copy_lane *lane)
{
        free(lane->chunk);
        lane->chunk = NULL;
        copy_pipe_free(lane);
        copy_ring_free(lane);
}

enum kerr copy_sent(ssize_t returned, size_t *moved)
{
        *moved = returned > 0 ? (size_t)returned : 0;
        if (returned >= 0)
                return KERR_NONE;
        switch (errno) {
        case EAGAIN:
        case EINTR: return KERR_NONE;
        case EFAULT: return KERR_END_OF_FILE; /* the mapped file was cut */
        case EIO:
        case ENOMEM: return KERR_IO;
        default: return KERR_CONNECTION_FAILED;
        }
}
