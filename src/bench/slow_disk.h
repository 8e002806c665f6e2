/* slow_disk.h - a disk of the classroom: this machine's own, held to so many operations and bytes a
 * second, for one thread.
 *
 * It is the throttle of the kernel's first control groups (blkio), which root may set where it is
 * mounted. It holds back direct, read and synced transfers; what goes to the page cache is written
 * back by the kernel later, at full speed, so buffered writes are not slow here. */
#ifndef ODRADEK_BENCH_SLOW_DISK_H
#define ODRADEK_BENCH_SLOW_DISK_H

#include "bench/disk_tools.h"

struct slow_disk {
        char home[256];  /* the control group that this process began in */
        char group[300]; /* a subgroup of it; "": none */
};

/* Makes the group, for the disk that `directory` lies on. False: `why` tells, nothing is left. */
bool slow_disk_make(struct slow_disk *d, const char *directory, int operations_per_s,
                    int64_t bytes_per_s, char *why);

/* The calling thread's transfers are held back from here to slow_disk_leave(). */
bool slow_disk_enter(const struct slow_disk *d);
void slow_disk_leave(const struct slow_disk *d);

/* Removes the group; nobody may be in it. */
void slow_disk_remove(struct slow_disk *d);

#endif
