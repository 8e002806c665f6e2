/* intake.h - back-pressure: how much may come in before the handler has dealt with what is here.
 *
 *     limit                        counts                                what stops
 *     queued.max.requests          frames that wait for the handler      reading any stream
 *     queued.max.request.bytes     bytes of frames not released          reading any stream
 *     STREAM_FRAMES_MAX            frames of one stream not released     reading that stream
 *
 * Not reading fills the kernel's buffer, and then TCP stops the sender. Frames that wait in
 * purgatory count against the second and third limit but not the first, else five hundred idle
 * consumers could stop a broker. Limits are looked at between two reads, so one can be passed by
 * what a read brings in; frames that are still incomplete are not counted.
 *
 * Neither side may miss the other's move, so each writes first and looks afterwards (all of this is
 * sequentially consistent):
 *
 *     I/O thread: paused = true;  still too many? stop reading : paused = false
 *     handler:    one frame less; few enough and paused?  paused = false, tell it to resume
 *
 * Threads: the counters and flags are atomic; the rest is constant once made. */
#ifndef ODRADEK_POSIX_INTAKE_H
#define ODRADEK_POSIX_INTAKE_H

#include "base/world.h"

#include <stdatomic.h>

enum { STREAM_FRAMES_MAX = 16 };

/* Of all streams of a world. */
struct intake {
        int64_t waiting_max;
        int64_t bytes_max;       /* -1: no limit */
        _Atomic int64_t waiting; /* frames that the handler has not taken */
        _Atomic int64_t bytes;   /* in frames that are not released */
};

/* Of one stream. It lives as long as the connection or a frame of it. */
struct stream_intake {
        _Atomic int32_t holders; /* the connection, and each frame that is not released */
        _Atomic int32_t frames;  /* not released */
        _Atomic bool paused;
};

/* A frame with what it takes to give it back. */
struct incoming {
        struct frame frame; /* first: the actor knows only this */
        struct stream_intake *from;
};

/* --- for the I/O thread of the stream --- */

struct stream_intake *stream_intake_new(void);

/* The connection is gone. */
void stream_intake_drop(struct stream_intake *s);

/* Counts a whole frame in; takes over body->data. */
struct incoming *intake_admit(struct intake *all, struct stream_intake *from, int64_t stream,
                              struct buffer *body);

/* True: do not read this stream until MESSAGE_RESUME names it. */
bool stream_intake_pause(struct stream_intake *s);

/* True: read nothing until MESSAGE_RESUME comes for all. `starved` is the I/O thread's. */
bool intake_pause(struct intake *all, _Atomic bool *starved);

/* --- for the handler --- */

/* So many frames are in its hands. */
void intake_took(struct intake *all, int64_t frames);

/* Frees the frame; true: its stream is to be resumed. */
bool intake_release(struct intake *all, struct frame *frame);

/* True: the I/O thread that this flag belongs to is to be resumed. */
bool intake_resume(struct intake *all, _Atomic bool *starved);

/* Frees a frame of a world that ends, without counting. */
void incoming_free(struct incoming *in);

#endif
