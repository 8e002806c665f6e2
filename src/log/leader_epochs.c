#include "log/leader_epochs.h"

#include <stdlib.h>
#include <string.h>

static const char checkpoint_name[] = "leader-epoch-checkpoint";

static enum kerr write_checkpoint(struct leader_epochs *e)
{
        struct buffer text = {0};
        buffer_printf(&text, "0\n%d\n", e->count);
        for (int32_t i = 0; i < e->count; i++)
                buffer_printf(&text, "%d %lld\n", e->entries[i].epoch,
                              (long long)e->entries[i].start_offset);
        enum kerr err =
                checkpoint_replace(e->world, e->directory, checkpoint_name, buffer_span(&text));
        buffer_deinit(&text);
        e->is_behind = err != KERR_NONE;
        return err;
}

static void push(struct leader_epochs *e, int32_t epoch, int64_t start_offset)
{
        if (e->count == e->capacity) {
                e->capacity = e->capacity ? 2 * e->capacity : 4;
                e->entries = realloc(e->entries, (size_t)e->capacity * sizeof *e->entries);
                if (!e->entries)
                        abort();
        }
        e->entries[e->count++] = (struct leader_epoch){epoch, start_offset};
}

static bool read_line(void *context, struct str line)
{
        struct leader_epochs *e = context;
        int64_t epoch, start_offset;
        if (!checkpoint_take_number(&line, INT32_MAX, &epoch) ||
            !checkpoint_take_number(&line, INT64_MAX, &start_offset) || line.size > 0)
                return false;
        const struct leader_epoch *last = e->count ? &e->entries[e->count - 1] : NULL;
        if (last && (epoch <= last->epoch || start_offset <= last->start_offset))
                return false;
        push(e, (int32_t)epoch, start_offset);
        return true;
}

enum kerr leader_epochs_open(struct leader_epochs *e, struct world *w, const char *directory)
{
        *e = (struct leader_epochs){.world = w, .directory = strdup(directory)};
        if (!e->directory)
                abort();
        return checkpoint_read(w, directory, checkpoint_name, read_line, e);
}

void leader_epochs_close(struct leader_epochs *e)
{
        free(e->directory);
        free(e->entries);
        *e = (struct leader_epochs){0};
}

/* Drops the entries that start at or behind `offset`. True when there were some. */
static bool drop_from(struct leader_epochs *e, int64_t offset)
{
        int32_t before = e->count;
        while (e->count > 0 && e->entries[e->count - 1].start_offset >= offset)
                e->count--;
        return e->count < before;
}

void leader_epochs_note(struct leader_epochs *e, int32_t epoch, int64_t start_offset)
{
        if (epoch <= leader_epochs_latest(e))
                return;
        drop_from(e, start_offset);
        push(e, epoch, start_offset);
        e->is_behind = true;
}

enum kerr leader_epochs_write(struct leader_epochs *e)
{
        return e->is_behind ? write_checkpoint(e) : KERR_NONE;
}

enum kerr leader_epochs_assign(struct leader_epochs *e, int32_t epoch, int64_t start_offset)
{
        if (epoch <= leader_epochs_latest(e))
                return KERR_NONE;
        leader_epochs_note(e, epoch, start_offset);
        return leader_epochs_write(e);
}

int32_t leader_epochs_latest(const struct leader_epochs *e)
{
        return e->count ? e->entries[e->count - 1].epoch : -1;
}

void leader_epochs_end(const struct leader_epochs *e, int32_t epoch, int64_t log_end_offset,
                       int32_t *found, int64_t *end_offset)
{
        //@lab 12 begin
        *found = -1;
        *end_offset = -1;
        if (e->count == 0 || epoch < 0 || epoch > leader_epochs_latest(e))
                return;
        int32_t next = 0; /* the first entry of a later epoch */
        while (next < e->count && e->entries[next].epoch <= epoch)
                next++;
        *found = next > 0 ? e->entries[next - 1].epoch : epoch;
        if (zoo_has(e->world->zoo, ZOO_ONE_EPOCH_ANSWER)) /* KAFKA-6361, before KIP-279 */
                *found = epoch;
        *end_offset = next < e->count ? e->entries[next].start_offset : log_end_offset;
        //@lab 12 starter
        // (void)e;
        // (void)epoch;
        // (void)log_end_offset;
        // *found = -1; /* yours to write: no epoch is known yet */
        // *end_offset = -1;
        //@lab 12 end
}

int64_t leader_epochs_common_end(const struct leader_epochs *e, int32_t epoch, int64_t end_offset,
                                 int64_t log_end_offset)
{
        //@lab 12 begin
        int32_t found;
        int64_t own_end = -1;
        if (!zoo_has(e->world->zoo, ZOO_ONE_EPOCH_ANSWER)) /* KAFKA-6361: looks for no epoch */
                leader_epochs_end(e, epoch, log_end_offset, &found, &own_end);
        if (own_end < 0) /* we know no epoch at all, or none after the leader's */
                own_end = log_end_offset;
        return end_offset < own_end ? end_offset : own_end;
        //@lab 12 starter
        // (void)e;
        // (void)epoch;
        // (void)end_offset;
        // return log_end_offset; /* yours to write: nothing is cut yet */
        //@lab 12 end
}

enum kerr leader_epochs_cut_end(struct leader_epochs *e, int64_t offset)
{
        return drop_from(e, offset) ? write_checkpoint(e) : KERR_NONE;
}

enum kerr leader_epochs_cut_start(struct leader_epochs *e, int64_t offset)
{
        int32_t ended = 0; /* entries whose epoch ends at or before `offset` */
        while (ended + 1 < e->count && e->entries[ended + 1].start_offset <= offset)
                ended++;
        if (e->count == 0 || e->entries[0].start_offset >= offset)
                return KERR_NONE;
        e->count -= ended;
        memmove(e->entries, e->entries + ended, (size_t)e->count * sizeof *e->entries);
        e->entries[0].start_offset = offset;
        return write_checkpoint(e);
}
