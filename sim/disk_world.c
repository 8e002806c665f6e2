#include "sim/disk_world.h"

static struct sim_disk *disk_of(struct world *w)
{
        return ((struct sim_disk_world *)(void *)w)->disk;
}

static enum kerr open_file(struct world *w, const char *path, enum world_open how,
                           struct file **file)
{
        return sim_disk_open(disk_of(w), path, how, file);
}

static void retain_file(struct world *w, struct file *file)
{
        (void)w;
        sim_disk_retain(file);
}

static void close_file(struct world *w, struct file *file)
{
        (void)w;
        sim_disk_close(file);
}

static enum kerr append_file(struct world *w, struct file *file, const struct span *spans,
                             int count)
{
        return sim_disk_append(disk_of(w), file, spans, count);
}

static enum kerr read_file(struct world *w, struct file *file, int64_t position, void *into,
                           size_t size, size_t *got)
{
        return sim_disk_read(disk_of(w), file, position, into, size, got);
}

static int64_t file_size(struct world *w, struct file *file)
{
        (void)w;
        return sim_disk_size(file);
}

static enum kerr sync_file(struct world *w, struct file *file)
{
        return sim_disk_sync(disk_of(w), file);
}

static enum kerr truncate_file(struct world *w, struct file *file, int64_t size)
{
        return sim_disk_truncate(disk_of(w), file, size);
}

static enum kerr sync_directory(struct world *w, const char *path)
{
        return sim_disk_sync_dir(disk_of(w), path);
}

static enum kerr make_directory(struct world *w, const char *path)
{
        return sim_disk_make_dir(disk_of(w), path);
}

static enum kerr rename_path(struct world *w, const char *from, const char *to)
{
        return sim_disk_rename(disk_of(w), from, to);
}

static enum kerr remove_path(struct world *w, const char *path)
{
        return sim_disk_remove(disk_of(w), path);
}

static enum kerr list_directory(struct world *w, const char *path, struct buffer *names)
{
        return sim_disk_list(disk_of(w), path, names);
}

void sim_disk_world_init(struct sim_disk_world *w, struct sim_disk *disk)
{
        w->disk = disk;
        w->world.open = open_file;
        w->world.retain = retain_file;
        w->world.close = close_file;
        w->world.append = append_file;
        w->world.read = read_file;
        w->world.size = file_size;
        w->world.sync = sync_file;
        w->world.truncate = truncate_file;
        w->world.sync_dir = sync_directory;
        w->world.make_dir = make_directory;
        w->world.rename = rename_path;
        w->world.remove = remove_path;
        w->world.list = list_directory;
}
