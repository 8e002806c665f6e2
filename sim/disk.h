/* disk.h - the disk of one simulated node: it survives the node's crashes, as a disk does.
 *
 * Files and directories are in memory. Writes land in a page cache; only a sync makes them durable,
 * and only a directory sync makes names durable (see content.h and inode.h).
 *
 * (1) What was synced survives every power cut, to the byte: bytes by sim_disk_sync() on the file,
 *     a name by sim_disk_sync_dir() on its directory, and on every directory above it. Syncing a
 *     file does not make its name durable.
 * (2) The death of the process (sim_disk_kill) loses nothing: the page cache is the kernel's.
 * (3) A removed file stays readable as long as somebody holds it open.
 * (4) Nothing is drawn but from the generators given: same calls, same disk.
 *
 * Paths are relative to the disk's root; leading, doubled and trailing slashes do not count.
 * Function by function this is the file part of struct world (base/world.h); disk_world.h puts it
 * behind one. */
#ifndef ODRADEK_SIM_DISK_H
#define ODRADEK_SIM_DISK_H

#include "base/world.h"
#include "sim/survival.h"

struct sim_disk;

/* An empty disk. */
struct sim_disk *sim_disk_new(void);

/* All files must have been closed. NULL is allowed. */
void sim_disk_free(struct sim_disk *disk);

/* --- files: as in struct world ---
 * Every call that changes something counts as one operation; a failing one changes nothing unless
 * said. A disk that has crashed (see below) answers IO to everything. */

/* Errors: NOT_FOUND; EXISTS when the path is a directory. */
enum kerr sim_disk_open(struct sim_disk *disk, const char *path, enum world_open how,
                        struct file **file);
void sim_disk_retain(struct file *file);
void sim_disk_close(struct file *file);

/* Errors: NO_SPACE, IO; some of the bytes may be in the file then. */
enum kerr sim_disk_append(struct sim_disk *disk, struct file *file, const struct span *spans,
                          int count);
enum kerr sim_disk_read(struct sim_disk *disk, struct file *file, int64_t position, void *into,
                        size_t size, size_t *got);
int64_t sim_disk_size(const struct file *file); /* bytes */

/* sim_disk_sync_until() covers the first `size` bytes only: those that were there when a sync that
 * takes its time was asked for. */
enum kerr sim_disk_sync(struct sim_disk *disk, struct file *file);
enum kerr sim_disk_sync_until(struct sim_disk *disk, struct file *file, int64_t size);

/* To at most the present size: files do not grow by this. */
enum kerr sim_disk_truncate(struct sim_disk *disk, struct file *file, int64_t size);

/* Errors: NOT_FOUND. make_dir: EXISTS. rename: EXISTS when `to` is a directory, IO when the two
 * names are in different directories (nothing here moves between directories). remove: EXISTS when
 * a directory is not empty. */
enum kerr sim_disk_sync_dir(struct sim_disk *disk, const char *path);
enum kerr sim_disk_make_dir(struct sim_disk *disk, const char *path);
enum kerr sim_disk_rename(struct sim_disk *disk, const char *from, const char *to);
enum kerr sim_disk_remove(struct sim_disk *disk, const char *path);
enum kerr sim_disk_list(struct sim_disk *disk, const char *path, struct buffer *names);

/* --- crashes: the owner of the disk calls these, not the broker on it ---
 * Close the dead process's files first (abandon it); one still open sees what the cut left. */

/* Each clears the "crashed" state and forgets failures that were asked for and have not come. */
void sim_disk_kill(struct sim_disk *disk);
void sim_disk_power_cut(struct sim_disk *disk, struct rng *r, const struct sim_survival *survival);
void sim_disk_wipe(struct sim_disk *disk); /* all is gone, the synced too */

/* What a power cut could take now. */
struct sim_unsynced sim_disk_unsynced(const struct sim_disk *disk);

/* --- failures on request --- */

/* The n-th append from now (1: the next) writes draw % size of its bytes, then returns `why`. */
void sim_disk_fail_append(struct sim_disk *disk, int64_t n, enum kerr why, uint64_t draw);

/* The next `count` syncs of files or directories fail with IO. With `drop`, the unsynced bytes of
 * the file are given up in silence: reads still see them and later syncs succeed, but the next
 * power cut shows zeros (fsyncgate). */
void sim_disk_fail_syncs(struct sim_disk *disk, int32_t count, bool drop);

/* Files may hold that many bytes together; an append beyond writes what fits, then NO_SPACE.
 * INT64_MAX (as at first): no limit. Survives crashes. */
void sim_disk_set_capacity(struct sim_disk *disk, int64_t size_bytes);

/* The n-th operation from now (1: the next) does not happen, and from then on everything fails:
 * the node has crashed inside it, and its owner must notice by sim_disk_has_crashed(). */
void sim_disk_crash_at(struct sim_disk *disk, int64_t n);

/* The same, now: what a dying process still tries has no effect. */
void sim_disk_crash_now(struct sim_disk *disk);
bool sim_disk_has_crashed(const struct sim_disk *disk);

/* Operations so far, so that a test can crash at each of them in turn. */
int64_t sim_disk_operations(const struct sim_disk *disk);

/* Open files, counted by sim_disk_open(), not by references: 0 when a process has left nothing. */
int64_t sim_disk_open_files(const struct sim_disk *disk);

#endif
