#include "base/world.h"

#include <stdarg.h>
#include <stdio.h>

void world_log(struct world *w, enum world_log level, const char *format, ...)
{
        char text[1000];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        w->log(w, level, text);
}

enum kerr world_read_exactly(struct world *w, struct file *file, int64_t position, void *into,
                             size_t size)
{
        size_t got = 0;
        enum kerr err = w->read(w, file, position, into, size, &got);
        if (err)
                return err;
        return got == size ? KERR_NONE : KERR_END_OF_FILE;
}

enum kerr world_read_file(struct world *w, const char *path, size_t size_max, struct buffer *into)
{
        struct file *file;
        enum kerr err = w->open(w, path, WORLD_READ, &file);
        if (err)
                return err;
        int64_t size = w->size(w, file);
        if ((uint64_t)size > size_max) {
                err = KERR_NO_MEMORY;
        } else {
                uint8_t *at = buffer_reserve(into, (size_t)size);
                err = world_read_exactly(w, file, 0, at, (size_t)size);
                if (!err)
                        into->size += (size_t)size;
        }
        w->close(w, file);
        return err;
}
