#include "base/packet.h"

#include "base/world.h"

#include <assert.h>
#include <stdlib.h>

struct packet *packet_new(struct world *world)
{
        struct packet *p = calloc(1, sizeof *p);
        if (!p)
                abort();
        p->world = world;
        buffer_reserve(&p->memory, PACKET_LENGTH_BYTES);
        p->memory.size = PACKET_LENGTH_BYTES;
        return p;
}

void packet_insert(struct packet *p, struct extent extent)
{
        assert(extent.file && extent.length >= 0);
        if (p->insert_count == p->insert_capacity) {
                p->insert_capacity = p->insert_capacity ? 2 * p->insert_capacity : 4;
                p->inserts = realloc(p->inserts, (size_t)p->insert_capacity * sizeof *p->inserts);
                if (!p->inserts)
                        abort();
        }
        p->world->retain(p->world, extent.file);
        p->inserts[p->insert_count++] = (struct packet_insert){p->memory.size, extent};
        p->extent_bytes += extent.length;
}

int64_t packet_size(const struct packet *p)
{
        return (int64_t)p->memory.size + p->extent_bytes;
}

void packet_finish(struct packet *p)
{
        store_be32(p->memory.data, (uint32_t)(packet_size(p) - PACKET_LENGTH_BYTES));
}

void packet_free(struct packet *p)
{
        if (!p)
                return;
        for (int32_t i = 0; i < p->insert_count; i++)
                p->world->close(p->world, p->inserts[i].extent.file);
        free(p->inserts);
        buffer_deinit(&p->memory);
        free(p);
}
