/* pipe.h - a lane's pipe: what splice() needs between a file and a socket.
 *
 * The pipe carries references to pages, not bytes. It is empty between calls of `move`: what the
 * socket did not take is thrown away and taken from the file anew next time, so that the lane's one
 * pipe does for all connections.
 *
 * Internal to src/copy; for the lane's thread. */
#ifndef ODRADEK_COPY_PIPE_H
#define ODRADEK_COPY_PIPE_H

#include "copy/copy.h"

struct copy_pipe {
        int out, in;  /* read from, written to */
        int null;     /* /dev/null */
        size_t bytes; /* of a range that surely fits, wherever it begins */
};

/* The lane's pipe, made when it has none. NULL: no descriptor or memory was left. */
struct copy_pipe *copy_pipe_of(struct copy_lane *lane);

/* Passes `size` bytes on that are in the pipe, and empties it. Errors: as copy_sent(). */
enum kerr copy_pipe_to_socket(struct copy_lane *lane, int socket, size_t size, bool more,
                              size_t *moved);

/* `size` bytes are in it, nobody wants them. Errors: IO; it has been given up then. */
enum kerr copy_pipe_empty(struct copy_lane *lane, size_t size);

void copy_pipe_free(struct copy_lane *lane);

#endif
