#include "fake_world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct fake_world *fake_of(struct world *w)
{
        return (struct fake_world *)(void *)w;
}

static int64_t wall_ms(struct world *w)
{
        return fake_of(w)->wall_ms;
}

static int64_t mono_ms(struct world *w)
{
        return fake_of(w)->mono_ms;
}

static uint64_t random_u64(struct world *w)
{
        return rng_u64(&fake_of(w)->rng);
}

static void log_line(struct world *w, enum world_log level, const char *text)
{
        (void)level;
        buffer_printf(&fake_of(w)->log, "%s\n", text);
}

static enum kerr read_file(struct world *w, struct file *file, int64_t position, void *into,
                           size_t size, size_t *got)
{
        enum kerr err = sim_disk_read(fake_of(w)->disk, file, position, into, size, got);
        fake_of(w)->reads++;
        fake_of(w)->read_bytes += (int64_t)*got;
        return err;
}

static enum kerr sync_file(struct world *w, struct file *file)
{
        fake_of(w)->file_syncs++;
        return sim_disk_sync(fake_of(w)->disk, file);
}

static enum kerr sync_directory(struct world *w, const char *path)
{
        fake_of(w)->directory_syncs++;
        return sim_disk_sync_dir(fake_of(w)->disk, path);
}

static void sync_start(struct world *w, struct file *file, uint64_t token)
{
        struct fake_world *f = fake_of(w);
        assert(f->sync_count < FAKE_SYNCS_MAX);
        sim_disk_retain(file);
        f->syncs[f->sync_count++] = (struct fake_sync){file, sim_disk_size(file), token};
}

void fake_world_init(struct fake_world *f)
{
        *f = (struct fake_world){.wall_ms = 1700000000000, .mono_ms = 1000};
        sim_disk_world_init(&f->files, sim_disk_new());
        f->world.wall_ms = wall_ms;
        f->world.mono_ms = mono_ms;
        f->world.random_u64 = random_u64;
        f->world.log = log_line;
        f->world.read = read_file;
        f->world.sync = sync_file;
        f->world.sync_dir = sync_directory;
        f->world.sync_start = sync_start;
        f->world.machine_boot.bytes[0] = 1;
        rng_init(&f->rng, 1);
}

static void forget_syncs(struct fake_world *f)
{
        while (f->sync_count > 0)
                sim_disk_close(f->syncs[--f->sync_count].file);
}

void fake_world_deinit(struct fake_world *f)
{
        forget_syncs(f);
        sim_disk_free(f->disk);
        buffer_deinit(&f->log);
}

uint64_t fake_world_end_sync(struct fake_world *f, int i, enum kerr result)
{
        assert(i < f->sync_count);
        struct fake_sync sync = f->syncs[i];
        f->sync_count--;
        memmove(&f->syncs[i], &f->syncs[i + 1], (size_t)(f->sync_count - i) * sizeof sync);
        if (!result)
                sim_disk_sync_until(f->disk, sync.file, sync.size_bytes);
        sim_disk_close(sync.file);
        return sync.token;
}

void fake_world_kill(struct fake_world *f)
{
        forget_syncs(f);
        sim_disk_kill(f->disk);
}

void fake_world_power_cut(struct fake_world *f, const char *survival, uint64_t seed)
{
        struct sim_survival what;
        struct rng rng;
        if (!sim_survival_find(survival, &what))
                abort();
        rng_init(&rng, seed);
        forget_syncs(f);
        f->world.machine_boot.bytes[0]++;
        sim_disk_power_cut(f->disk, &rng, &what);
}

bool fake_world_logged(const struct fake_world *f, const char *text)
{
        return f->log.size > 0 && memmem(f->log.data, f->log.size, text, strlen(text));
}

void fake_world_read(struct fake_world *f, const char *path, struct buffer *into)
{
        if (world_read_file(&f->world, path, SIZE_MAX, into))
                abort();
}

void fake_world_write(struct fake_world *f, const char *path, struct span content)
{
        struct file *file;
        if (sim_disk_open(f->disk, path, WORLD_CREATE, &file) ||
            sim_disk_append(f->disk, file, &content, 1) || sim_disk_sync(f->disk, file))
                abort();
        sim_disk_close(file);
}

bool fake_world_exists(struct fake_world *f, const char *path)
{
        struct file *file;
        if (sim_disk_open(f->disk, path, WORLD_READ, &file))
                return false;
        sim_disk_close(file);
        return true;
}
