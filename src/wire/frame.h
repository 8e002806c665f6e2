/* frame.h - cuts a stream of bytes into frames: a 4-byte length, then that many bytes.
 *
 * Both worlds cut with this, so the simulator exercises what the sockets use. A length below zero
 * or above the limit (`socket.request.max.bytes`) ends the stream: nothing behind it can be
 * trusted. Memory for a frame is taken as its bytes arrive, not when its length is claimed: a peer
 * that says 100 MB and sends nothing costs nothing. */
#ifndef ODRADEK_WIRE_FRAME_H
#define ODRADEK_WIRE_FRAME_H

#include "base/bytes.h"
#include "base/errors.h"

struct frame_cutter {
        int32_t size_max;    /* bytes a frame may have */
        uint8_t length[4];   /* the length, as far as it has come */
        int32_t length_have; /* bytes of it that are in */
        int32_t size;        /* of the frame being filled; valid when length_have is 4 */
        struct buffer body;
};

/* Zero-initialises; frame_cutter_deinit() frees what is half filled. */
void frame_cutter_init(struct frame_cutter *c, int32_t size_max);
void frame_cutter_deinit(struct frame_cutter *c);

/* Takes bytes from the front of *input, up to the end of one frame, and moves *input on. *body gets
 * the whole frame, and its ownership (free() body->data; it may be NULL for a frame of 0 bytes),
 * and *whole says so. Call again while *input is not empty. Errors: INVALID_REQUEST when the length
 * is out of range; nothing is consumed any more then. */
enum kerr frame_cutter_take(struct frame_cutter *c, struct span *input, struct buffer *body,
                            bool *whole);

/* How many bytes the present frame (or its length) still lacks: what a reader should ask for. */
size_t frame_cutter_wants(const struct frame_cutter *c);

#endif
