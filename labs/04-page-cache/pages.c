/* pages - a file, and what of it is in the page cache.
 *
 *     pages write FILE BYTES EACH SYNC
 *         a new file, by writes of EACH bytes; fdatasync() after every SYNC of them (0: never)
 *     pages read FILE FROM BYTES
 *         in order, 64 KiB at a time
 *     pages scatter FILE STEP
 *         one page, every STEP pages, announced as random
 *     pages drop FILE
 *         synced, and then dropped from the cache
 *     pages show FILE
 *         a map: # all of it is cached, + some, . nothing
 *
 * Each ends with a line of counts: system calls, bytes that this process made the disk read
 * (getrusage), and pages that are cached (mincore). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, PIECE = 64 << 10, MAP_CHARACTERS = 512, MAP_WIDTH = 64 };

static char *piece;
static long reads, writes, syncs;

static void must(int holds, const char *what)
{
        if (holds)
                return;
        perror(what);
        exit(1);
}

static long size_of(int fd)
{
        struct stat st;
        must(fstat(fd, &st) == 0, "fstat");
        return (long)st.st_size;
}

/* The kernel's own account, in blocks of 512 bytes whatever the disk's are. */
static long disk_bytes(void)
{
        struct rusage r;
        getrusage(RUSAGE_SELF, &r);
        return r.ru_inblock * 512;
}

/* A byte for each page: bit 0 says that it is cached. To be freed. */
static unsigned char *look(int fd, long *pages)
{
        long size = size_of(fd);
        *pages = (size + PAGE - 1) / PAGE;
        unsigned char *there = calloc((size_t)*pages + 1, 1);
        if (size == 0)
                return there;
        void *map = mmap(NULL, (size_t)size, PROT_NONE, MAP_SHARED, fd, 0);
        must(map != MAP_FAILED && mincore(map, (size_t)size, there) == 0, "mincore");
        munmap(map, (size_t)size);
        return there;
}

static void write_file(int fd, long bytes, long each, long sync)
{
        char *message = calloc((size_t)each, 1);
        for (long at = 0; at < bytes; at += each) {
                must(write(fd, message, (size_t)each) == each, "write");
                writes++;
                if (sync > 0 && writes % sync == 0) {
                        must(fdatasync(fd) == 0, "fdatasync");
                        syncs++;
                }
        }
        free(message);
}

static void read_file(int fd, long from, long bytes)
{
        for (long at = from; at < from + bytes; at += PIECE, reads++)
                must(pread(fd, piece, PIECE, at) >= 0, "pread");
}

static void scatter(int fd, long step)
{
        must(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM) == 0, "posix_fadvise");
        for (long at = 0; at < size_of(fd); at += step * PAGE, reads++)
                must(pread(fd, piece, PAGE, at) >= 0, "pread");
}

/* Only clean pages are dropped; some may be busy for a moment. */
static void drop(int fd)
{
        for (int i = 0; i < 20; i++) {
                must(fdatasync(fd) == 0, "fdatasync");
                posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
                usleep(1000);
        }
}

static void show(int fd)
{
        long pages;
        unsigned char *there = look(fd, &pages);
        long each = (pages + MAP_CHARACTERS - 1) / MAP_CHARACTERS;
        for (long first = 0, n = 0; first < pages; first += each) {
                long cached = 0, end = first + each < pages ? first + each : pages;
                for (long p = first; p < end; p++)
                        cached += there[p] & 1;
                putchar(cached == end - first ? '#' : cached ? '+' : '.');
                if (++n % MAP_WIDTH == 0 || end == pages)
                        putchar('\n');
        }
        free(there);
}

int main(int argc, char **argv)
{
        const char *what = argc > 2 ? argv[1] : "";
        long number[3] = {0};
        for (int i = 3; i < argc && i < 6; i++)
                number[i - 3] = atol(argv[i]);
        int is_new = strcmp(what, "write") == 0;
        if (argc < 3 || (is_new && (argc != 6 || number[0] < 1 || number[1] < 1))) {
                fprintf(stderr, "usage: pages write|read|scatter|drop|show FILE [NUMBERS]: see "
                                "the top of pages.c\n");
                return 2;
        }
        int fd = open(argv[2], is_new ? O_RDWR | O_CREAT | O_TRUNC : O_RDWR, 0666);
        must(fd >= 0, argv[2]);
        piece = calloc(PIECE, 1);
        long before = disk_bytes(), pages, cached = 0;
        if (is_new)
                write_file(fd, number[0], number[1], number[2]);
        else if (strcmp(what, "read") == 0)
                read_file(fd, number[0], number[1]);
        else if (strcmp(what, "scatter") == 0)
                scatter(fd, number[0] > 0 ? number[0] : 1);
        else if (strcmp(what, "drop") == 0)
                drop(fd);
        else
                show(fd);
        long disk = disk_bytes() - before;
        unsigned char *there = look(fd, &pages);
        for (long p = 0; p < pages; p++)
                cached += there[p] & 1;
        printf("%ld write, %ld fdatasync, %ld pread; %ld bytes from the disk; %ld of %ld pages "
               "cached\n",
               writes, syncs, reads, disk, cached, pages);
        free(there);
        free(piece);
        close(fd);
        return 0;
}
