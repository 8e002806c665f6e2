/* hex.h - bytes written as text in tests: "0001 ff" with blanks wherever they help to read. */
#ifndef ODRADEK_TESTS_HEX_H
#define ODRADEK_TESTS_HEX_H

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

/* Memory of exactly the bytes' size, so that a sanitizer sees a read beyond them. free() it. */
static inline uint8_t *exact_copy(const void *data, size_t size)
{
        uint8_t *copy = malloc(size ? size : 1);
        if (!copy)
                abort();
        if (size > 0)
                memcpy(copy, data, size);
        return copy;
}

static inline uint8_t hex_digit(char c)
{
        return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The bytes of `hex`, lower case, blanks ignored; free() the data. */
static inline struct span hex_bytes(const char *hex)
{
        uint8_t *bytes = malloc(strlen(hex) + 1);
        if (!bytes)
                abort();
        size_t digits = 0;
        for (; *hex; hex++) {
                if (*hex == ' ')
                        continue;
                uint8_t *at = &bytes[digits / 2];
                *at = (uint8_t)(digits % 2 ? *at << 4 | hex_digit(*hex) : hex_digit(*hex));
                digits++;
        }
        uint8_t *exact = exact_copy(bytes, digits / 2);
        free(bytes);
        return span_of(exact, digits / 2);
}

#endif
