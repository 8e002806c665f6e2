#include "copy/copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct copy_strategy *copy_find(const char *name)
{
        static const struct copy_strategy *const all[] = {&copy_read_write, &copy_mmap,
                                                          &copy_sendfile};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
                if (strcmp(all[i]->name, name) == 0)
                        return all[i];
        }
        return NULL;
}

void copy_lane_deinit(struct copy_lane *lane)
{
        free(lane->chunk);
        lane->chunk = NULL;
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
