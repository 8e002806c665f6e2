/* disk_world.h - the file functions of a struct world, over a simulated disk.
 *
 * A simulated node embeds this and adds time, chance and streams. A unit test of the log needs no
 * more than this and a few functions of its own. */
#ifndef ODRADEK_SIM_DISK_WORLD_H
#define ODRADEK_SIM_DISK_WORLD_H

#include "sim/disk.h"

struct sim_disk_world {
        struct world world; /* first, so that a struct world * leads back to the disk */
        struct sim_disk *disk;
};

/* Fills in the functions for files, but for sync_start(): how long a sync takes is for the owner to
 * say. Every other member of w->world is left as it is. The disk is borrowed. */
void sim_disk_world_init(struct sim_disk_world *w, struct sim_disk *disk);

#endif
