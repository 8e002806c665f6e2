#include "sim/disk.h"

#include "sim/inode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MAX = 255 };

struct file {
        struct sim_disk *disk;
        struct sim_inode *inode; /* +1 */
        int32_t references;
        bool writable;
};

struct sim_disk {
        struct sim_inode *root;
        int64_t capacity_bytes;
        int64_t operations, open_files;
        bool crashed;

        /* Failures on request. The counts are operations still to come; 0: none asked for. */
        int64_t crash_in, fail_append_in;
        enum kerr append_error;
        uint64_t append_draw;
        int32_t failing_syncs;
        bool drop_at_failed_sync;
};

struct sim_disk *sim_disk_new(void)
{
        struct sim_disk *disk = calloc(1, sizeof *disk);
        if (!disk)
                abort();
        disk->root = sim_inode_new(true);
        disk->capacity_bytes = INT64_MAX;
        return disk;
}

void sim_disk_free(struct sim_disk *disk)
{
        if (!disk)
                return;
        assert(disk->open_files == 0);
        sim_inode_release(disk->root);
        free(disk);
}

/* Counts an operation. False: the node is dead and must not change anything any more. */
static bool begin(struct sim_disk *disk)
{
        if (disk->crashed)
                return false;
        disk->operations++;
        if (disk->crash_in > 0 && --disk->crash_in == 0)
                disk->crashed = true;
        return !disk->crashed;
}

/* --- paths --- */

/* Takes the next component off the front of *path. False at its end. */
static bool next_name(const char **path, char name[NAME_BYTES_MAX + 1])
{
        *path += strspn(*path, "/");
        size_t size = strcspn(*path, "/");
        if (size == 0 || size > NAME_BYTES_MAX)
                return false;
        memcpy(name, *path, size);
        name[size] = '\0';
        *path += size;
        return true;
}

/* The directory that holds (or would hold) the last name of `path`, and that name, "" for the root
 * itself. NULL when there is no such directory. */
static struct sim_inode *find_parent(struct sim_disk *disk, const char *path,
                                     char name[NAME_BYTES_MAX + 1])
{
        struct sim_inode *directory = disk->root;
        name[0] = '\0';
        for (char next[NAME_BYTES_MAX + 1]; next_name(&path, next);) {
                if (name[0])
                        directory = sim_inode_lookup(directory, name);
                if (!directory || !directory->is_directory)
                        return NULL;
                strcpy(name, next);
        }
        return *path ? NULL : directory;
}

static struct sim_inode *find_inode(struct sim_disk *disk, const char *path)
{
        char name[NAME_BYTES_MAX + 1];
        struct sim_inode *directory = find_parent(disk, path, name);
        if (!directory || !name[0])
                return directory;
        return sim_inode_lookup(directory, name);
}

/* --- files --- */

static struct file *new_file(struct sim_disk *disk, struct sim_inode *inode, bool writable)
{
        struct file *file = malloc(sizeof *file);
        if (!file)
                abort();
        *file = (struct file){disk, sim_inode_retain(inode), 1, writable};
        disk->open_files++;
        return file;
}

static void create(struct sim_inode *directory, const char *name, bool is_directory)
{
        struct sim_inode *inode = sim_inode_new(is_directory);
        sim_inode_change(directory, NULL, name, inode);
        sim_inode_release(inode);
}

enum kerr sim_disk_open(struct sim_disk *disk, const char *path, enum world_open how,
                        struct file **file)
{
        *file = NULL;
        if (how == WORLD_CREATE ? !begin(disk) : disk->crashed)
                return KERR_IO;
        char name[NAME_BYTES_MAX + 1];
        struct sim_inode *directory = find_parent(disk, path, name);
        if (!directory)
                return KERR_NOT_FOUND;
        struct sim_inode *inode = name[0] ? sim_inode_lookup(directory, name) : directory;
        if (!inode && how != WORLD_CREATE)
                return KERR_NOT_FOUND;
        if (inode && inode->is_directory)
                return KERR_EXISTS;
        if (!inode)
                create(directory, name, false);
        else if (how == WORLD_CREATE)
                sim_content_truncate(&inode->content, 0);
        *file = new_file(disk, sim_inode_lookup(directory, name), how != WORLD_READ);
        return KERR_NONE;
}

void sim_disk_retain(struct file *file)
{
        file->references++;
}

void sim_disk_close(struct file *file)
{
        assert(file->references > 0);
        if (--file->references > 0)
                return;
        file->disk->open_files--;
        sim_inode_release(file->inode);
        free(file);
}

static int64_t used_bytes(const struct sim_inode *inode)
{
        int64_t sum = (int64_t)inode->content.bytes.size;
        for (const struct sim_name *name = inode->names; name; name = name->hh.next)
                sum += used_bytes(name->inode);
        return sum;
}

enum kerr sim_disk_append(struct sim_disk *disk, struct file *file, const struct span *spans,
                          int count)
{
        assert(file->writable);
        if (!begin(disk))
                return KERR_IO;
        size_t size = 0;
        for (int i = 0; i < count; i++)
                size += spans[i].size;
        size_t size_max = size;
        enum kerr err = KERR_NONE;
        if (disk->capacity_bytes < INT64_MAX) {
                int64_t room = disk->capacity_bytes - used_bytes(disk->root);
                if (room < (int64_t)size) {
                        size_max = room > 0 ? (size_t)room : 0;
                        err = KERR_NO_SPACE;
                }
        }
        if (disk->fail_append_in > 0 && --disk->fail_append_in == 0) {
                uint64_t some = size > 0 ? disk->append_draw % size : 0;
                size_max = some < size_max ? (size_t)some : size_max;
                err = disk->append_error;
        }
        sim_content_append(&file->inode->content, spans, count, size_max);
        return err;
}

enum kerr sim_disk_read(struct sim_disk *disk, struct file *file, int64_t position, void *into,
                        size_t size, size_t *got)
{
        *got = 0;
        if (disk->crashed)
                return KERR_IO;
        assert(position >= 0);
        const struct buffer *bytes = &file->inode->content.bytes;
        if ((uint64_t)position < bytes->size && size > 0) {
                size_t there = bytes->size - (size_t)position;
                *got = size < there ? size : there;
                memcpy(into, bytes->data + position, *got);
        }
        return KERR_NONE;
}

int64_t sim_disk_size(const struct file *file)
{
        return (int64_t)file->inode->content.bytes.size;
}

static bool sync_fails(struct sim_disk *disk)
{
        return disk->failing_syncs > 0 && disk->failing_syncs-- > 0;
}

enum kerr sim_disk_sync(struct sim_disk *disk, struct file *file)
{
        return sim_disk_sync_until(disk, file, INT64_MAX);
}

enum kerr sim_disk_sync_until(struct sim_disk *disk, struct file *file, int64_t size)
{
        if (!begin(disk))
                return KERR_IO;
        if (sync_fails(disk)) {
                if (disk->drop_at_failed_sync)
                        sim_content_drop_unsynced(&file->inode->content);
                return KERR_IO;
        }
        sim_content_sync(&file->inode->content, size);
        return KERR_NONE;
}

enum kerr sim_disk_truncate(struct sim_disk *disk, struct file *file, int64_t size)
{
        assert(file->writable);
        if (!begin(disk))
                return KERR_IO;
        sim_content_truncate(&file->inode->content, size);
        return KERR_NONE;
}

/* --- names --- */

enum kerr sim_disk_sync_dir(struct sim_disk *disk, const char *path)
{
        if (!begin(disk))
                return KERR_IO;
        struct sim_inode *directory = find_inode(disk, path);
        if (!directory || !directory->is_directory)
                return KERR_NOT_FOUND;
        if (sync_fails(disk))
                return KERR_IO;
        sim_inode_sync_names(directory);
        return KERR_NONE;
}

enum kerr sim_disk_make_dir(struct sim_disk *disk, const char *path)
{
        if (!begin(disk))
                return KERR_IO;
        char name[NAME_BYTES_MAX + 1];
        struct sim_inode *directory = find_parent(disk, path, name);
        if (!directory)
                return KERR_NOT_FOUND;
        if (!name[0] || sim_inode_lookup(directory, name))
                return KERR_EXISTS;
        create(directory, name, true);
        return KERR_NONE;
}

enum kerr sim_disk_rename(struct sim_disk *disk, const char *from, const char *to)
{
        if (!begin(disk))
                return KERR_IO;
        char from_name[NAME_BYTES_MAX + 1], to_name[NAME_BYTES_MAX + 1];
        struct sim_inode *directory = find_parent(disk, from, from_name);
        struct sim_inode *to_directory = find_parent(disk, to, to_name);
        struct sim_inode *moved = directory ? sim_inode_lookup(directory, from_name) : NULL;
        if (!moved || !to_directory)
                return KERR_NOT_FOUND;
        if (directory != to_directory)
                return KERR_IO;
        struct sim_inode *replaced = sim_inode_lookup(directory, to_name);
        if (replaced == moved)
                return KERR_NONE;
        if (!to_name[0] || (replaced && replaced->is_directory))
                return KERR_EXISTS;
        sim_inode_change(directory, from_name, to_name, moved);
        return KERR_NONE;
}

enum kerr sim_disk_remove(struct sim_disk *disk, const char *path)
{
        if (!begin(disk))
                return KERR_IO;
        char name[NAME_BYTES_MAX + 1];
        struct sim_inode *directory = find_parent(disk, path, name);
        struct sim_inode *inode = directory ? sim_inode_lookup(directory, name) : NULL;
        if (!inode)
                return KERR_NOT_FOUND;
        if (inode->names)
                return KERR_EXISTS;
        sim_inode_change(directory, name, NULL, inode);
        return KERR_NONE;
}

enum kerr sim_disk_list(struct sim_disk *disk, const char *path, struct buffer *names)
{
        if (disk->crashed)
                return KERR_IO;
        struct sim_inode *directory = find_inode(disk, path);
        if (!directory || !directory->is_directory)
                return KERR_NOT_FOUND;
        sim_inode_sort_names(directory);
        for (struct sim_name *name = directory->names; name; name = name->hh.next) {
                buffer_append(names, name->text, strlen(name->text));
                buffer_append(names, "/", name->inode->is_directory ? 1 : 0);
                buffer_append(names, "", 1);
        }
        return KERR_NONE;
}

/* --- crashes and failures --- */

void sim_disk_kill(struct sim_disk *disk)
{
        disk->crashed = false;
        disk->crash_in = 0;
        disk->fail_append_in = 0;
        disk->failing_syncs = 0;
}

void sim_disk_power_cut(struct sim_disk *disk, struct rng *r, const struct sim_survival *survival)
{
        sim_disk_kill(disk);
        sim_inode_power_cut(disk->root, survival, r);
}

struct sim_unsynced sim_disk_unsynced(const struct sim_disk *disk)
{
        struct sim_unsynced n = {0};
        sim_inode_count_unsynced(disk->root, &n);
        return n;
}

void sim_disk_wipe(struct sim_disk *disk)
{
        sim_disk_kill(disk);
        sim_inode_release(disk->root);
        disk->root = sim_inode_new(true);
}

void sim_disk_fail_append(struct sim_disk *disk, int64_t n, enum kerr why, uint64_t draw)
{
        assert(n > 0 && why != KERR_NONE);
        disk->fail_append_in = n;
        disk->append_error = why;
        disk->append_draw = draw;
}

void sim_disk_fail_syncs(struct sim_disk *disk, int32_t count, bool drop)
{
        disk->failing_syncs = count;
        disk->drop_at_failed_sync = drop;
}

void sim_disk_set_capacity(struct sim_disk *disk, int64_t size_bytes)
{
        disk->capacity_bytes = size_bytes;
}

void sim_disk_crash_at(struct sim_disk *disk, int64_t n)
{
        assert(n > 0);
        disk->crash_in = n;
}

void sim_disk_crash_now(struct sim_disk *disk)
{
        disk->crashed = true;
}

bool sim_disk_has_crashed(const struct sim_disk *disk)
{
        return disk->crashed;
}

int64_t sim_disk_operations(const struct sim_disk *disk)
{
        return disk->operations;
}

int64_t sim_disk_open_files(const struct sim_disk *disk)
{
        return disk->open_files;
}
