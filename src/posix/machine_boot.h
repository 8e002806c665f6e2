/* machine_boot.h - which boot of the machine this is: see struct world. */
#ifndef ODRADEK_POSIX_MACHINE_BOOT_H
#define ODRADEK_POSIX_MACHINE_BOOT_H

#include "base/uuid.h"

/* Reads the kernel's boot id, as "0f3c2a1e-….": all zeros when it is not to be had. `path` is
 * MACHINE_BOOT_PATH, but for tests. */
#define MACHINE_BOOT_PATH "/proc/sys/kernel/random/boot_id"
struct uuid machine_boot_read(const char *path);

#endif
