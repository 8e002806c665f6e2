#include "log/snapshot_files.h"

#include "log/path.h"

#include <string.h>

/* *offset: the largest offset of a snapshot at or below `limit`, or -1. */
static int64_t newest(const struct buffer *names, int64_t limit)
{
        int64_t offset, found = -1;
        const char *suffix;
        for (size_t at = 0; at < names->size; at += strlen((const char *)names->data + at) + 1) {
                const char *name = (const char *)names->data + at;
                if (path_parse_offset(name, &offset, &suffix) && offset <= limit &&
                    offset > found && strcmp(suffix, ".snapshot") == 0)
                        found = offset;
        }
        return found;
}

/* Removes those in `from` .. `to`. */
static enum kerr remove_between(struct world *w, const char *directory, const struct buffer *names,
                                int64_t from, int64_t to)
{
        enum kerr err = KERR_NONE;
        for (int64_t offset; !err && (offset = newest(names, to)) >= from; to = offset - 1)
                err = w->remove(w, path_of(directory, "%020lld.snapshot", (long long)offset).text);
        return err;
}

enum kerr snapshot_files_remove_above(struct world *w, const char *directory, int64_t offset)
{
        struct buffer names = {0};
        enum kerr err = w->list(w, directory, &names);
        if (!err)
                err = remove_between(w, directory, &names, offset + 1, INT64_MAX);
        buffer_deinit(&names);
        return err;
}

enum kerr snapshot_files_remove_old(struct world *w, const char *directory, int64_t offset)
{
        struct buffer names = {0};
        enum kerr err = w->list(w, directory, &names);
        if (!err)
                err = remove_between(w, directory, &names, 0, newest(&names, offset) - 1);
        buffer_deinit(&names);
        return err;
}
