#include "bench/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *scratch_memory(size_t count, size_t size)
{
        void *memory = calloc(count, size);
        if (!memory)
                abort();
        return memory;
}

int scratch_file(const char *directory)
{
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/scratch-XXXXXX", directory);
        int fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
                unlink(path);
        return fd;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
        (void)info;
        (void)type;
        (void)walk;
        return remove(path);
}

void scratch_remove(const char *directory)
{
        enum { OPEN_AT_ONCE = 16 };
        nftw(directory, remove_one, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS);
}
