#include "posix/clock.h"
#include "posix/world_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int64_t wall_ms(struct world *world)
{
        (void)world;
        return clock_wall_ms();
}

static int64_t mono_ms(struct world *world)
{
        (void)world;
        return clock_mono_ms();
}

static uint64_t random_u64(struct world *world)
{
        (void)world;
        return clock_random_u64();
}

static void log_line(struct world *world, enum world_log level, const char *text)
{
        logger_line(&posix_world_of(world)->shared.logger, level, text);
}

/* System calls of the handler. A file's calls that are done once count what they are made of, and
 * opening counts the closing that is to come. */
static void count_calls(struct world *world, int64_t calls)
{
        copy_count(&posix_world_of(world)->syscalls, calls);
}

/* Errors that are nobody's plan are logged here, where the kernel's reason is still known. */
static enum kerr tell(struct world *world, enum kerr err, const char *what, const char *path)
{
        if (err == KERR_IO || err == KERR_NO_SPACE)
                logger_printf(&posix_world_of(world)->shared.logger, WORLD_ERROR,
                              "cannot %s %s: %s", what, path, strerror(errno));
        return err;
}

static enum kerr open_file(struct world *world, const char *path, enum world_open how,
                           struct file **file)
{
        count_calls(world, 3); /* open, fstat, close */
        return tell(world, file_open(path, how, file), "open", path);
}

static void retain_file(struct world *world, struct file *f)
{
        (void)world;
        file_retain(f);
}

static void close_file(struct world *world, struct file *f)
{
        (void)world;
        file_close(f);
}

static enum kerr append_file(struct world *world, struct file *f, const struct span *spans,
                             int count)
{
        int64_t end_before = f->end;
        enum kerr err = file_append(f, spans, count);
        count_calls(world, (count + FILE_SPANS_AT_ONCE - 1) / FILE_SPANS_AT_ONCE);
        copy_count(&posix_world_of(world)->appended_bytes, f->end - end_before);
        return tell(world, err, "append to", f->path);
}

static enum kerr read_file(struct world *world, struct file *f, int64_t position, void *into,
                           size_t size, size_t *got)
{
        enum kerr err = file_read(f, position, into, size, got);
        count_calls(world, *got < size ? 2 : 1); /* the second one is told of the end */
        return tell(world, err, "read", f->path);
}

static int64_t size_of_file(struct world *world, struct file *f)
{
        (void)world;
        return f->end;
}

static enum kerr sync_file(struct world *world, struct file *f)
{
        count_calls(world, 1);
        return tell(world, file_sync_do(file_sync_begin(f)), "sync", f->path);
}

static enum kerr truncate_file(struct world *world, struct file *f, int64_t size)
{
        count_calls(world, 1);
        return tell(world, file_truncate(f, size), "truncate", f->path);
}

static enum kerr sync_dir(struct world *world, const char *path)
{
        count_calls(world, 3); /* open, fsync, close */
        return tell(world, files_sync_dir(path), "sync directory", path);
}

static enum kerr make_dir(struct world *world, const char *path)
{
        count_calls(world, 1);
        return tell(world, files_make_dir(path), "make directory", path);
}

static enum kerr rename_path(struct world *world, const char *from, const char *to)
{
        count_calls(world, 1);
        return tell(world, files_rename(from, to), "rename", from);
}

static enum kerr remove_path(struct world *world, const char *path)
{
        count_calls(world, 1);
        return tell(world, files_remove(path), "remove", path);
}

static enum kerr list_dir(struct world *world, const char *path, struct buffer *names)
{
        count_calls(world, 5); /* open, fstat, twice getdents, close */
        return tell(world, files_list(path, names), "list", path);
}

/* On the syncer's thread. */
static void do_sync(void *context, struct message *m)
{
        struct posix_world *w = context;
        enum kerr err = file_sync_do(m->job->sync);
        tell(&w->world, err, "sync", m->job->file->path);
        sync_job_free(m->job);
        mailbox_post(&w->shared.handler,
                     (struct message){.kind = MESSAGE_SYNCED, .token = m->token, .result = err});
}

static void sync_start(struct world *world, struct file *f, uint64_t token)
{
        struct posix_world *w = posix_world_of(world);
        struct sync_job *job = malloc(sizeof *job);
        if (!job)
                abort();
        file_retain(f);
        *job = (struct sync_job){f, file_sync_begin(f)};
        struct message m = {.kind = MESSAGE_SYNC, .token = token, .job = job};
        enum kerr err = worker_post(&w->syncer, m);
        if (err)
                mailbox_post(
                        &w->shared.handler,
                        (struct message){.kind = MESSAGE_SYNCED, .token = token, .result = err});
}

void world_files_init(struct posix_world *w)
{
        struct world *calls = &w->world;
        calls->wall_ms = wall_ms;
        calls->mono_ms = mono_ms;
        calls->random_u64 = random_u64;
        calls->log = log_line;
        calls->open = open_file;
        calls->retain = retain_file;
        calls->close = close_file;
        calls->append = append_file;
        calls->read = read_file;
        calls->size = size_of_file;
        calls->sync = sync_file;
        calls->sync_start = sync_start;
        calls->truncate = truncate_file;
        calls->sync_dir = sync_dir;
        calls->make_dir = make_dir;
        calls->rename = rename_path;
        calls->remove = remove_path;
        calls->list = list_dir;
        w->syncer = (struct worker){.work = do_sync, .context = w};
}
