/* Which parts of a file are in the page cache? A digit for each of CELLS equal parts: 0 when no
 * page of it is there, 9 when all are.
 *
 *     cc -o residency residency.c && ./residency CELLS FILE */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int show(const unsigned char *present, size_t pages, size_t page_bytes, size_t cells)
{
        size_t all = 0;
        for (size_t cell = 0; cell < cells; cell++) {
                size_t from = pages * cell / cells, to = pages * (cell + 1) / cells, some = 0;
                for (size_t i = from; i < to; i++)
                        some += present[i] & 1;
                printf("%zu", some == 0 ? 0 : 1 + 8 * some / (to - from));
                all += some;
        }
        printf(" %zu of %zu KiB\n", all * page_bytes / 1024, pages * page_bytes / 1024);
        return 0;
}

int main(int argc, char **argv)
{
        struct stat status;
        size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
        int cells = argc == 3 ? atoi(argv[1]) : 0, fd = cells > 0 ? open(argv[2], O_RDONLY) : -1;
        if (fd < 0 || fstat(fd, &status) < 0 || status.st_size == 0)
                return 1;
        size_t size = (size_t)status.st_size, pages = (size + page_bytes - 1) / page_bytes;
        unsigned char *present = malloc(pages);
        void *map = mmap(NULL, size, PROT_NONE, MAP_SHARED, fd, 0); /* looks at nothing itself */
        if (!present || map == MAP_FAILED || mincore(map, size, present) < 0)
                return 1;
        return show(present, pages, page_bytes, (size_t)cells);
}
