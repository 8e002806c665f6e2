#include "bench/slow_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool write_text(const char *directory, const char *file, const char *text)
{
        char path[400];
        snprintf(path, sizeof path, "%s/%s", directory, file);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        ssize_t size = (ssize_t)strlen(text), n = write(fd, text, (size_t)size);
        int err = errno;
        close(fd);
        errno = err;
        return n == size;
}

/* "major:minor" of the whole disk: a partition cannot be throttled. */
static bool disk_of(const char *directory, char *name, int size)
{
        struct stat st;
        if (stat(directory, &st) != 0)
                return false;
        char path[160];
        unsigned major_number = major(st.st_dev), minor_number = minor(st.st_dev);
        snprintf(path, sizeof path, "/sys/dev/block/%u:%u/partition", major_number, minor_number);
        const char *up = access(path, F_OK) == 0 ? "/.." : "";
        snprintf(path, sizeof path, "/sys/dev/block/%u:%u%s/dev", major_number, minor_number, up);
        FILE *file = fopen(path, "re");
        if (file == NULL)
                return false;
        bool found = fgets(name, size, file) != NULL;
        fclose(file);
        name[strcspn(name, "\n")] = '\0';
        return found;
}

/* /proc/self/cgroup has lines like "7:blkio:/some/group". */
static bool find_home(struct slow_disk *d)
{
        char line[256];
        bool found = false;
        FILE *file = fopen("/proc/self/cgroup", "re");
        if (file == NULL)
                return false;
        while (!found && fgets(line, sizeof line, file) != NULL) {
                const char *path = strstr(line, ":blkio:/");
                line[strcspn(line, "\n")] = '\0';
                if (path == NULL)
                        continue;
                snprintf(d->home, sizeof d->home, "/sys/fs/cgroup/blkio%.200s",
                         path + strlen(":blkio:"));
                found = true;
        }
        fclose(file);
        return found;
}

static bool set_limits(const struct slow_disk *d, const char *disk, int operations_per_s,
                       int64_t bytes_per_s)
{
        char text[80];
        snprintf(text, sizeof text, "%s %d", disk, operations_per_s);
        if (!write_text(d->group, "blkio.throttle.read_iops_device", text) ||
            !write_text(d->group, "blkio.throttle.write_iops_device", text))
                return false;
        snprintf(text, sizeof text, "%s %lld", disk, (long long)bytes_per_s);
        return write_text(d->group, "blkio.throttle.read_bps_device", text) &&
               write_text(d->group, "blkio.throttle.write_bps_device", text);
}

bool slow_disk_make(struct slow_disk *d, const char *directory, int operations_per_s,
                    int64_t bytes_per_s, char *why)
{
        char disk[32];
        if (!disk_of(directory, disk, sizeof disk)) {
                snprintf(why, CASE_WHY_BYTES, "no block device is known for %.60s", directory);
                return false;
        }
        if (!find_home(d)) {
                snprintf(why, CASE_WHY_BYTES,
                         "a throttle needs the blkio control groups of version 1");
                return false;
        }
        snprintf(d->group, sizeof d->group, "%s/odradek-bench-%d", d->home, (int)getpid());
        if (mkdir(d->group, 0755) != 0) {
                d->group[0] = '\0';
                return disk_why(why, "a throttle needs root");
        }
        if (set_limits(d, disk, operations_per_s, bytes_per_s))
                return true;
        disk_why(why, "throttle");
        slow_disk_remove(d);
        return false;
}

/* A thread that writes 0 moves itself. */
bool slow_disk_enter(const struct slow_disk *d)
{
        return write_text(d->group, "tasks", "0");
}

void slow_disk_leave(const struct slow_disk *d)
{
        write_text(d->home, "tasks", "0");
}

void slow_disk_remove(struct slow_disk *d)
{
        if (d->group[0] != '\0')
                rmdir(d->group);
        d->group[0] = '\0';
}
