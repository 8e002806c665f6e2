#include "posix/machine_boot.h"

#include <stdio.h>

struct uuid machine_boot_read(const char *path)
{
        struct uuid id = {{0}};
        uint8_t *b = id.bytes;
        FILE *file = fopen(path, "re");
        if (!file)
                return id;
        int read = fscanf(file,
                          "%2hhx%2hhx%2hhx%2hhx-%2hhx%2hhx-%2hhx%2hhx-%2hhx%2hhx-"
                          "%2hhx%2hhx%2hhx%2hhx%2hhx%2hhx",
                          &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &b[6], &b[7], &b[8], &b[9],
                          &b[10], &b[11], &b[12], &b[13], &b[14], &b[15]);
        fclose(file);
        return read == UUID_BYTES ? id : (struct uuid){{0}};
}
