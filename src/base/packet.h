/* packet.h - one frame on its way out: bytes in memory, with parts of files set in between.
 *
 * A fetch answer is a few hundred bytes that the broker made and megabytes that lie in a segment
 * file. The packet names those megabytes instead of holding them, so the real world can send them
 * without touching them (sendfile) and the simulated one can copy them.
 *
 *     memory:   |4-byte length| header … |        … middle … |      … end |
 *     inserts:                           ^ extent 0           ^ extent 1
 *
 * The 4-byte length in front covers both; packet_finish() fills it in.
 *
 * Ownership: whoever made the packet owns it until world->send() takes it. Each extent holds one
 * reference on its file, taken by packet_insert() and dropped by packet_free(), so a segment may be
 * closed and unlinked while its bytes are still on their way. */
#ifndef ODRADEK_BASE_PACKET_H
#define ODRADEK_BASE_PACKET_H

#include "base/bytes.h"

struct file;
struct world;

/* `length` bytes of a file from `position`: what is to be sent without being looked at. */
struct extent {
        struct file *file; /* NULL: no extent */
        int64_t position;  /* bytes from the start of the file */
        int32_t length;    /* bytes */
};

struct packet_insert {
        size_t at; /* the extent goes out when this many bytes of memory have gone out */
        struct extent extent;
};

struct packet {
        struct world *world;  /* whose files the extents are in */
        struct buffer memory; /* begins with the frame's length */
        struct packet_insert *inserts;
        int32_t insert_count, insert_capacity;
        int64_t extent_bytes; /* sum of the extents' lengths */
        struct packet *next;  /* for the queue of whoever owns the packet */
};

enum { PACKET_LENGTH_BYTES = 4 };

/* An empty frame with room for its length kept. Never NULL. */
struct packet *packet_new(struct world *world);

/* Sets `extent` in after the bytes written so far; takes a reference on its file. */
void packet_insert(struct packet *p, struct extent extent);

/* All bytes that go out, the length in front included. */
int64_t packet_size(const struct packet *p);

/* Writes the frame's length. Call once, when all is in. */
void packet_finish(struct packet *p);

/* Frees the packet and drops its references. NULL is allowed. */
void packet_free(struct packet *p);

#endif
