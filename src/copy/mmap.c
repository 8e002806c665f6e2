/* mmap.c - the file is mapped once, send() copies from the mapping: see mapping.h. */
#include "copy/mapping.h"

static enum kerr move(struct copy_lane *lane, int socket, struct copy_source *source,
                      int64_t position, size_t size, bool more, size_t *moved)
{
        *moved = 0;
        const uint8_t *bytes = mapping_at(source, position, size);
        return bytes ? mapping_send(lane, socket, bytes, size, more, moved) : KERR_IO;
}

const struct copy_strategy copy_mmap = {.name = "mmap", .move = move};
