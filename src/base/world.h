/* world.h - the wall: everything that is not computation is asked for here.
 *
 * A broker or a client is a deterministic state machine (struct actor): an event goes in, effects
 * go out through struct world. There are two worlds. In the real one (src/posix) these functions
 * are files, epoll, sockets and clocks; in the simulated one (sim) they are memory, a seeded
 * generator and an event heap. The same object code runs in both and cannot tell which it is in.
 *
 * Rules that hold in both worlds:
 *  (1) An actor is called by one thread at a time, and never from inside one of its own calls.
 *  (2) No call blocks on another machine. File calls may wait for the disk.
 *  (3) Bytes of an append are in the page cache on return: they survive the death of the process,
 *      not a power cut. Only sync() makes a file's bytes and size survive one, and only sync_dir()
 *      makes a name survive: a new, renamed or removed one.
 *  (4) Streams never reorder, duplicate or invent bytes; a stream can end at any moment. */
#ifndef ODRADEK_BASE_WORLD_H
#define ODRADEK_BASE_WORLD_H

#include "base/bytes.h"
#include "base/errors.h"
#include "base/packet.h"
#include "base/uuid.h"
#include "base/zoo.h"

struct file; /* an open file; each world has its own definition */

/* One message that came in on a stream, without its 4-byte length. The world owns the memory; the
 * actor gives it back with release() once it needs neither the bytes nor anything that points into
 * them. A world stops reading a stream that has too many frames (or bytes) not given back: that is
 * the back-pressure. */
struct frame {
        int64_t stream;
        struct span bytes;
};

/* What a broker or a client is to its world. The world calls run_timers() after each burst of other
 * calls and when the time it returned has come, so work that is cheaper for many at once (a sync
 * shared by several appends) belongs there. */
struct actor {
        /* A stream is open: accepted, or dialled by us. `peer` is "address:port", for logs. */
        void (*on_open)(struct actor *, int64_t stream, const char *peer);
        /* A frame came in. The actor must give it back: see struct frame. */
        void (*on_frame)(struct actor *, struct frame *);
        /* The stream is gone: the peer closed or died, dialling failed, or the world gave it up.
         * Not called for streams that the actor itself hung up. Frames of the stream that were not
         * given back stay valid. */
        void (*on_close)(struct actor *, int64_t stream, enum kerr why);
        /* A sync asked for by sync_start() has ended. */
        void (*on_synced)(struct actor *, uint64_t token, enum kerr result);
        /* Does what is due and returns the mono_ms() at which to call again; INT64_MAX: never. */
        int64_t (*run_timers)(struct actor *);
};

enum world_open {
        WORLD_READ,   /* must exist; read only */
        WORLD_APPEND, /* must exist; read and append */
        WORLD_CREATE, /* made empty, an existing one is emptied; read and append */
};

enum world_log { WORLD_DEBUG, WORLD_INFO, WORLD_WARN, WORLD_ERROR };

struct world {
        struct zoo zoo; /* bugs put back on purpose; none in the real world */
        /* Another one after each power cut: where it is still the same, the page cache has kept
         * what a process wrote before it died. All zeros: unknown. */
        struct uuid machine_boot;

        /* --- time --- */
        int64_t (*wall_ms)(struct world *); /* since 1970, may jump: record timestamps, retention */
        int64_t (*mono_ms)(struct world *); /* never goes back: every time-out and lease */

        /* --- chance --- */
        uint64_t (*random_u64)(struct world *);

        /* --- files: paths are UTF-8, NUL-terminated, '/' separates --- */

        /* On success *file holds one reference for the caller, dropped by close(). */
        enum kerr (*open)(struct world *, const char *path, enum world_open how,
                          struct file **file);
        void (*retain)(struct world *, struct file *); /* one more reference; any thread */
        void (*close)(struct world *, struct file *);  /* one reference less; any thread */
        /* All spans in order at the end of the file, as one write. On error the file may have grown
         * by some of the bytes. Errors: NO_SPACE, IO. */
        enum kerr (*append)(struct world *, struct file *, const struct span *spans, int count);
        /* Up to `size` bytes from `position`; *got is less only at the end of the file. */
        enum kerr (*read)(struct world *, struct file *, int64_t position, void *into, size_t size,
                          size_t *got);
        int64_t (*size)(struct world *, struct file *); /* bytes */
        /* Blocks until bytes and size are on the disk. After an error nobody knows which bytes
         * are (fsyncgate): treat the file as failed. */
        enum kerr (*sync)(struct world *, struct file *);
        /* The same without blocking: the actor's on_synced() tells the end. Holds a reference. */
        void (*sync_start)(struct world *, struct file *, uint64_t token);
        /* Never on bytes that may be in a packet: an extent is sent by reference. */
        enum kerr (*truncate)(struct world *, struct file *, int64_t size);
        enum kerr (*sync_dir)(struct world *, const char *path);
        enum kerr (*make_dir)(struct world *, const char *path); /* an existing one: EXISTS */
        enum kerr (*rename)(struct world *, const char *from, const char *to); /* replaces `to` */
        enum kerr (*remove)(struct world *, const char *path); /* a file or an empty directory */
        /* Appends the names in the directory to `names`, sorted by bytes, a NUL behind each,
         * a '/' before the NUL of a directory's. */
        enum kerr (*list)(struct world *, const char *path, struct buffer *names);

        /* --- streams --- */

        /* *stream names the new stream at once; on_open or on_close follows. Never 0. */
        enum kerr (*dial)(struct world *, const char *host, int32_t port, int64_t *stream);
        /* Takes the packet, whatever happens. Packets of a stream go out in order. A stream that is
         * gone swallows them. */
        void (*send)(struct world *, int64_t stream, struct packet *);
        void (*hang_up)(struct world *, int64_t stream); /* what was sent before still goes out */
        void (*release)(struct world *, struct frame *);

        /* --- words for people: stderr in the real world, the trace in the simulated one --- */
        void (*log)(struct world *, enum world_log level, const char *text);
};

/* Formats and logs one line (without a newline), cut at 1,000 bytes. */
void world_log(struct world *w, enum world_log level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Reads exactly `size` bytes, or END_OF_FILE. */
enum kerr world_read_exactly(struct world *w, struct file *file, int64_t position, void *into,
                             size_t size);

/* Reads a whole file into `into` (appending). Errors: NOT_FOUND, IO, NO_MEMORY when it is larger
 * than `size_max`. */
enum kerr world_read_file(struct world *w, const char *path, size_t size_max, struct buffer *into);

#endif
