#include "log/partition_dir.h"

#include <stdio.h>
#include <string.h>

bool partition_dir_name(struct partition_dir *d, struct str topic, int32_t partition)
{
        d->partition = partition;
        if (!str_copy(topic, d->topic, sizeof d->topic))
                return false;
        int size = snprintf(d->name, sizeof d->name, "%s-%d", d->topic, partition);
        return size <= DIRECTORY_NAME_MAX;
}

bool partition_dir_parse(struct partition_dir *d, struct str name)
{
        int32_t dash = name.size - 1;
        while (dash > 0 && name.data[dash] != '-')
                dash--;
        if (dash <= 0)
                return false;
        struct str digits = {name.data + dash + 1, name.size - dash - 1};
        int64_t partition;
        return checkpoint_take_number(&digits, INT32_MAX, &partition) &&
               partition_dir_name(d, (struct str){name.data, dash}, (int32_t)partition) &&
               str_equal_c(name, d->name);
}

bool partition_dir_is_deleted(struct str name)
{
        struct str suffix = str_of("-delete");
        return name.size > suffix.size &&
               str_equal((struct str){name.data + name.size - suffix.size, suffix.size}, suffix);
}

enum kerr partition_dir_rename_away(struct world *w, const char *root,
                                    const struct partition_dir *d, const char *why, struct path *to)
{
        char suffix[64];
        unsigned long long high = w->random_u64(w), low = w->random_u64(w);
        int size = snprintf(suffix, sizeof suffix, "-%d.%016llx%016llx-%s", d->partition, high, low,
                            why);
        struct path from = path_of(root, "%s", d->name);
        *to = path_of(root, "%.*s%s", DIRECTORY_NAME_MAX - size, d->topic, suffix);
        enum kerr err = w->rename(w, from.text, to->text);
        return err ? err : w->sync_dir(w, root);
}

enum kerr partition_dir_remove(struct world *w, const char *path)
{
        struct buffer names = {0};
        enum kerr err = w->list(w, path, &names);
        for (size_t at = 0; at < names.size && !err;) {
                const char *name = (const char *)names.data + at;
                at += strlen(name) + 1;
                err = w->remove(w, path_of(path, "%s", name).text);
        }
        buffer_deinit(&names);
        return err ? err : w->remove(w, path);
}
