/* inode.h - one file or one directory of a simulated disk.
 *
 * A directory shows its names as the page cache has them. `changes` is the list of what was done to
 * them since the last sync_dir(), oldest first. A power cut undoes those that it does not keep,
 * newest first, so no second table of durable names is needed.
 *
 * Ownership: an inode is counted. Its name, every unsynced change that mentions it and every open
 * file hold one reference, so a removed file lives as long as one of them does. */
#ifndef ODRADEK_SIM_INODE_H
#define ODRADEK_SIM_INODE_H

#include "sim/content.h"

#include <uthash.h>

struct sim_inode;

struct sim_name {
        char *text;
        struct sim_inode *inode; /* +1 */
        UT_hash_handle hh;
};

/* One operation on names, in a form that can be undone:
 *     create, make_dir:  from NULL,  to set
 *     remove:            from set,   to NULL
 *     rename:            both set */
struct sim_name_change {
        char *from, *to;
        struct sim_inode *moved;    /* +1; the file or directory it is about */
        struct sim_inode *replaced; /* +1; what `to` named before, or NULL */
};

struct sim_inode {
        int32_t references;
        bool is_directory;
        struct sim_content content; /* of a file */
        struct sim_name *names;     /* of a directory: a hash table */
        struct sim_name_change *changes;
        int32_t change_count, change_capacity;
};

/* With one reference for the caller. */
struct sim_inode *sim_inode_new(bool is_directory);
struct sim_inode *sim_inode_retain(struct sim_inode *inode);
void sim_inode_release(struct sim_inode *inode); /* NULL is allowed */

/* The inode of that name, not retained, or NULL. */
struct sim_inode *sim_inode_lookup(const struct sim_inode *directory, const char *name);

/* One operation as above: `from` must name `moved`, or be NULL; `to` may name something, which is
 * replaced. The caller keeps its own reference. */
void sim_inode_change(struct sim_inode *directory, const char *from, const char *to,
                      struct sim_inode *moved);

/* Sorts the names by their bytes, in the order of hh.next. */
void sim_inode_sort_names(struct sim_inode *directory);

/* sync_dir(): forgets how to undo. */
void sim_inode_sync_names(struct sim_inode *directory);

/* Adds what a power cut could take from this inode and all below it. */
void sim_inode_count_unsynced(const struct sim_inode *inode, struct sim_unsynced *n);

/* The power is gone: settles this inode and all below it. */
void sim_inode_power_cut(struct sim_inode *inode, const struct sim_survival *survival,
                         struct rng *r);

#endif
