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

bool path_parse_offset(const char *name, int64_t *offset, const char **suffix)
{
        enum { DIGITS = 20 };
        int64_t value = 0;
        for (int i = 0; i < DIGITS; i++) {
                int digit = name[i] - '0';
                if (digit < 0 || digit > 9 || value > (INT64_MAX - INT32_MAX - digit) / 10)
                        return false;
                value = value * 10 + digit;
        }
        *offset = value;
        *suffix = name + DIGITS;
        return true;
}
