#include "sim/inode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct sim_inode *sim_inode_new(bool is_directory)
{
        struct sim_inode *inode = calloc(1, sizeof *inode);
        if (!inode)
                abort();
        inode->references = 1;
        inode->is_directory = is_directory;
        return inode;
}

struct sim_inode *sim_inode_retain(struct sim_inode *inode)
{
        inode->references++;
        return inode;
}

static void drop_name(struct sim_inode *directory, struct sim_name *name)
{
        HASH_DEL(directory->names, name);
        sim_inode_release(name->inode);
        free(name->text);
        free(name);
}

static void drop_change(struct sim_name_change *change)
{
        sim_inode_release(change->moved);
        sim_inode_release(change->replaced);
        free(change->from);
        free(change->to);
}

void sim_inode_release(struct sim_inode *inode)
{
        if (!inode || --inode->references > 0)
                return;
        sim_inode_sync_names(inode);
        free(inode->changes);
        struct sim_name *name, *next;
        HASH_ITER (hh, inode->names, name, next)
                drop_name(inode, name);
        sim_content_deinit(&inode->content);
        free(inode);
}

static struct sim_name *find(const struct sim_inode *directory, const char *text)
{
        struct sim_name *name;
        HASH_FIND_STR(directory->names, text, name);
        return name;
}

struct sim_inode *sim_inode_lookup(const struct sim_inode *directory, const char *name)
{
        struct sim_name *found = find(directory, name);
        return found ? found->inode : NULL;
}

static char *copy_text(const char *text)
{
        char *copy = text ? strdup(text) : NULL;
        if (text && !copy)
                abort();
        return copy;
}

/* Takes over no reference. inode NULL: the name goes. */
static void bind(struct sim_inode *directory, const char *text, struct sim_inode *inode)
{
        if (inode)
                sim_inode_retain(inode);
        struct sim_name *name = find(directory, text);
        if (name)
                drop_name(directory, name);
        if (!inode)
                return;
        name = calloc(1, sizeof *name);
        if (!name)
                abort();
        name->text = copy_text(text);
        name->inode = inode;
        HASH_ADD_KEYPTR(hh, directory->names, name->text, strlen(name->text), name);
}

void sim_inode_change(struct sim_inode *directory, const char *from, const char *to,
                      struct sim_inode *moved)
{
        struct sim_inode *d = directory;
        if (d->change_count == d->change_capacity) {
                d->change_capacity = d->change_capacity ? 2 * d->change_capacity : 8;
                d->changes = realloc(d->changes, (size_t)d->change_capacity * sizeof *d->changes);
                if (!d->changes)
                        abort();
        }
        struct sim_inode *replaced = to ? sim_inode_lookup(d, to) : NULL;
        d->changes[d->change_count++] = (struct sim_name_change){
                .from = copy_text(from),
                .to = copy_text(to),
                .moved = sim_inode_retain(moved),
                .replaced = replaced ? sim_inode_retain(replaced) : NULL,
        };
        if (from)
                bind(d, from, NULL);
        if (to)
                bind(d, to, moved);
}

static int by_text(const struct sim_name *a, const struct sim_name *b)
{
        return strcmp(a->text, b->text);
}

void sim_inode_sort_names(struct sim_inode *directory)
{
        HASH_SORT(directory->names, by_text);
}

void sim_inode_sync_names(struct sim_inode *directory)
{
        while (directory->change_count > 0)
                drop_change(&directory->changes[--directory->change_count]);
}

static void undo(struct sim_inode *directory, const struct sim_name_change *change)
{
        if (change->to) {
                assert(sim_inode_lookup(directory, change->to) == change->moved);
                bind(directory, change->to, change->replaced);
        }
        if (change->from)
                bind(directory, change->from, change->moved);
}

static bool touches(const struct sim_name_change *change, const char *name)
{
        return name && ((change->from && strcmp(change->from, name) == 0) ||
                        (change->to && strcmp(change->to, name) == 0));
}

/* True when one of the lost changes before number `i` touches a name of it. File systems keep the
 * operations on one name in order; without that, what was synced could vanish. */
static bool follows_lost(const struct sim_inode *d, const bool *lost, int32_t i)
{
        for (int32_t j = 0; j < i; j++)
                if (lost[j] && (touches(&d->changes[j], d->changes[i].from) ||
                                touches(&d->changes[j], d->changes[i].to)))
                        return true;
        return false;
}

static void power_cut_names(struct sim_inode *d, enum sim_keep_names keep, struct rng *r)
{
        bool *lost = calloc((size_t)d->change_count, sizeof *lost);
        if (!lost)
                abort();
        int64_t first = 0;
        if (keep == SIM_KEEP_FIRST_NAMES)
                first = rng_between(r, 0, d->change_count);
        for (int32_t i = 0; i < d->change_count; i++) {
                if (keep == SIM_KEEP_SOME_NAMES)
                        lost[i] = follows_lost(d, lost, i) || rng_chance(r, 1, 2);
                else
                        lost[i] = keep != SIM_KEEP_ALL_NAMES && i >= first;
        }
        for (int32_t i = d->change_count; i-- > 0;)
                if (lost[i])
                        undo(d, &d->changes[i]);
        free(lost);
        sim_inode_sync_names(d);
}

void sim_inode_count_unsynced(const struct sim_inode *inode, struct sim_unsynced *n)
{
        n->writes += inode->content.unsynced.count;
        n->names += inode->change_count;
        for (const struct sim_name *name = inode->names; name; name = name->hh.next)
                sim_inode_count_unsynced(name->inode, n);
}

void sim_inode_power_cut(struct sim_inode *inode, const struct sim_survival *survival,
                         struct rng *r)
{
        if (!inode->is_directory) {
                sim_content_power_cut(&inode->content, sim_survival_draw_bytes(survival, r), r);
                return;
        }
        if (inode->change_count > 0)
                power_cut_names(inode, sim_survival_draw_names(survival, r), r);
        for (struct sim_name *name = inode->names; name; name = name->hh.next)
                sim_inode_power_cut(name->inode, survival, r);
}
