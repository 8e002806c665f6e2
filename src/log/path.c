#include "log/path.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

struct path path_of(const char *directory, const char *format, ...)
{
        struct path path;
        int length = snprintf(path.text, sizeof path.text, "%s/", directory);
        assert(length >= 0 && length < PATH_BYTES_MAX);
        va_list args;
        va_start(args, format);
        length += vsnprintf(path.text + length, sizeof path.text - (size_t)length, format, args);
        va_end(args);
        assert(length < PATH_BYTES_MAX); /* see ROOT_PATH_MAX */
        return path;
}
