#include "posix/output.h"

#include "posix/files.h"
#include "posix/socket.h"

#include <sys/socket.h>
#include <sys/uio.h>

enum { VECTORS_MAX = 64, TURN_BYTES = 1 << 20 };

void output_deinit(struct output *o)
{
        while (o->first) {
                struct packet *next = o->first->next;
                packet_free(o->first);
                o->first = next;
        }
        *o = (struct output){0};
}

/* An empty extent is small whatever the limit is: a strategy could not tell it from a file's end.
 */
static bool is_small(const struct output_tools *tools, const struct extent *e)
{
        return e->length < tools->small_bytes || e->length == 0;
}

static void log_failure(const struct output_tools *tools, const struct extent *e, enum kerr err)
{
        if (err == KERR_END_OF_FILE || err == KERR_IO)
                logger_printf(tools->logger, WORLD_ERROR, "cannot send %d bytes at %lld of %s: %s",
                              e->length, (long long)e->position, e->file->path, kerr_text(err));
}

static enum kerr read_small(struct output_tools *tools, const struct extent *e, struct buffer *into)
{
        size_t got;
        uint8_t *at = buffer_reserve(into, (size_t)e->length);
        enum kerr err = file_read(e->file, e->position, at, (size_t)e->length, &got);
        if (!err && got < (size_t)e->length)
                err = KERR_END_OF_FILE;
        into->size += got;
        log_failure(tools, e, err);
        copy_count(&tools->lane.counters.syscalls, 1);
        copy_count(&tools->lane.counters.user_bytes, (int64_t)got);
        return err;
}

/* Rebuilds the packet's memory with its small extents, `bytes` in all, in their places. */
static enum kerr take_small_in(struct output_tools *tools, struct packet *p, size_t bytes)
{
        struct buffer merged = {0};
        buffer_reserve(&merged, p->memory.size + bytes);
        size_t done = 0; /* bytes of the old memory */
        int32_t kept = 0;
        enum kerr err = KERR_NONE;
        for (int32_t i = 0; i < p->insert_count; i++) {
                struct packet_insert insert = p->inserts[i];
                buffer_append(&merged, p->memory.data + done, insert.at - done);
                done = insert.at;
                if (!err && is_small(tools, &insert.extent)) {
                        err = read_small(tools, &insert.extent, &merged);
                        p->extent_bytes -= insert.extent.length;
                        file_close(insert.extent.file);
                } else {
                        p->inserts[kept++] = (struct packet_insert){merged.size, insert.extent};
                }
        }
        buffer_append(&merged, p->memory.data + done, p->memory.size - done);
        p->insert_count = kept;
        buffer_deinit(&p->memory);
        p->memory = merged;
        return err;
}

enum kerr output_add(struct output *o, struct output_tools *tools, struct packet *packet)
{
        packet->next = NULL;
        if (o->last)
                o->last->next = packet;
        else
                o->first = packet;
        o->last = packet;
        o->packets++;
        bool any = false;
        size_t bytes = 0;
        for (int32_t i = 0; i < packet->insert_count; i++) {
                const struct extent *e = &packet->inserts[i].extent;
                if (is_small(tools, e)) {
                        any = true;
                        bytes += (size_t)e->length;
                }
        }
        return any ? take_small_in(tools, packet, bytes) : KERR_NONE;
}

static bool at_extent(const struct output *o)
{
        const struct packet *p = o->first;
        return o->extents_sent < p->insert_count &&
               p->inserts[o->extents_sent].at == o->memory_sent;
}

/* Collects memory up to the next extent, which *stopped tells of, or until the vectors are full. */
static int gather(const struct output *o, struct iovec *vectors, bool *stopped)
{
        int count = 0;
        size_t from = o->memory_sent;
        int32_t insert = o->extents_sent;
        *stopped = false;
        for (struct packet *p = o->first; p && count < VECTORS_MAX && !*stopped; p = p->next) {
                *stopped = insert < p->insert_count;
                size_t to = *stopped ? p->inserts[insert].at : p->memory.size;
                if (to > from)
                        vectors[count++] = (struct iovec){p->memory.data + from, to - from};
                from = 0;
                insert = 0;
        }
        return count;
}

static void drop_finished(struct output *o, int socket)
{
        struct packet *p = o->first;
        if (o->memory_sent < p->memory.size || o->extents_sent < p->insert_count)
                return;
        o->first = p->next;
        if (!o->first)
                o->last = NULL;
        o->packets--;
        o->memory_sent = 0;
        o->extents_sent = 0;
        packet_free(p);
        if (o->corked)
                socket_cork(socket, false);
        o->corked = false;
}

static void advance_memory(struct output *o, int socket, size_t moved)
{
        while (moved > 0) {
                const struct packet *p = o->first;
                bool extent_left = o->extents_sent < p->insert_count;
                size_t end = extent_left ? p->inserts[o->extents_sent].at : p->memory.size;
                size_t some = moved < end - o->memory_sent ? moved : end - o->memory_sent;
                o->memory_sent += some;
                moved -= some;
                drop_finished(o, socket);
        }
}

/* Memory, up to the next extent. *full: the socket took less than there was. */
static enum kerr write_memory(struct output *o, struct output_tools *tools, int socket,
                              size_t *moved, bool *full)
{
        struct iovec vectors[VECTORS_MAX];
        bool more;
        struct msghdr message = {.msg_iov = vectors};
        message.msg_iovlen = (size_t)gather(o, vectors, &more);
        size_t size = 0;
        for (size_t i = 0; i < message.msg_iovlen; i++)
                size += vectors[i].iov_len;
        int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
        enum kerr err = copy_sent(sendmsg(socket, &message, flags), moved);
        copy_count(&tools->lane.counters.syscalls, 1);
        advance_memory(o, socket, *moved);
        *full = *moved < size;
        return err;
}

static enum kerr write_extent(struct output *o, struct output_tools *tools, int socket, size_t room,
                              size_t *moved, bool *full)
{
        const struct packet *p = o->first;
        const struct extent *e = &p->inserts[o->extents_sent].extent;
        bool last = o->extents_sent + 1 == p->insert_count && o->memory_sent == p->memory.size;
        if (!last && !o->corked && tools->strategy->needs_cork) {
                socket_cork(socket, true);
                o->corked = true;
                copy_count(&tools->lane.counters.syscalls, 2); /* and taken off again */
        }
        size_t left = (size_t)(e->length - o->extent_sent);
        size_t some = left < room ? left : room;
        enum kerr err = tools->strategy->move(&tools->lane, socket, &e->file->source,
                                              e->position + o->extent_sent, some,
                                              !last || some < left, moved);
        log_failure(tools, e, err);
        o->extent_sent += (int32_t)*moved;
        *full = *moved < some;
        if (o->extent_sent == e->length) {
                o->extents_sent++;
                o->extent_sent = 0;
                drop_finished(o, socket);
        }
        return err;
}

enum kerr output_write(struct output *o, struct output_tools *tools, int socket, size_t *moved)
{
        enum kerr err = KERR_NONE;
        bool full = false;
        *moved = 0;
        while (o->first && !full && !err && *moved < TURN_BYTES) {
                size_t some;
                if (at_extent(o))
                        err = write_extent(o, tools, socket, TURN_BYTES, &some, &full);
                else
                        err = write_memory(o, tools, socket, &some, &full);
                *moved += some;
        }
        return err;
}
