/* output.h - what is still to be written to one connection: a queue of packets and a place in it.
 *
 *     packet 1                                packet 2
 *     |memory ....|extent|memory|extent|      |memory ..|
 *           ^ written to here
 *
 * (1) Memory up to the next extent goes out in one call, across packets when there is no extent
 *     between them, so a burst of small answers costs one system call.
 * (2) Extents smaller than `copy.small.bytes` are read into the packet's memory when it is queued
 *     and go out with it: below about 16 KiB that beats every other way.
 * (3) Larger ones go by the copy strategy, with MSG_MORE on what is in front of them, and corked
 *     when something follows and the strategy cannot say so: no small segment leaves by itself.
 *
 * Threads: an output and the tools belong to the I/O thread of the connection. */
#ifndef ODRADEK_POSIX_OUTPUT_H
#define ODRADEK_POSIX_OUTPUT_H

#include "base/packet.h"
#include "copy/copy.h"
#include "posix/logger.h"

/* What an I/O thread uses for all of its connections. */
struct output_tools {
        const struct logger *logger; /* learns which file could not be read */
        const struct copy_strategy *strategy;
        int32_t small_bytes;
        struct copy_lane lane;
};

/* Zero-initialise; output_deinit() frees. */
struct output {
        struct packet *first, *last;
        int32_t packets;
        /* In the first packet. */
        size_t memory_sent;
        int32_t extents_sent;
        int32_t extent_sent; /* bytes of the extent that is being sent */
        bool corked;
};

void output_deinit(struct output *o);

/* Takes the packet. Errors: END_OF_FILE, IO from reading a small extent; the connection is to be
 * ended then. */
enum kerr output_add(struct output *o, struct output_tools *tools, struct packet *packet);

/* Writes what the socket takes, but about 1 MiB at most, so that one fast reader does not keep the
 * others waiting. Nothing is left when o->first is NULL; else call again when the socket can be
 * written to. *moved gets the bytes written. Errors: as for copy_strategy.move. */
enum kerr output_write(struct output *o, struct output_tools *tools, int socket, size_t *moved);

#endif
