/* Bytes as text, "12 00 6b", to be compared and shown. */
#ifndef ODRADEK_LABS_03_HEX_H
#define ODRADEK_LABS_03_HEX_H

#include "base/bytes.h"
#include "labs/tool/lab_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEX_SHOWN_MAX = 100 };

/* At most HEX_SHOWN_MAX bytes of it. */
static inline void hex_of(struct span bytes, char text[3 * HEX_SHOWN_MAX + 1])
{
        size_t shown = bytes.size < HEX_SHOWN_MAX ? bytes.size : HEX_SHOWN_MAX;
        *text = 0;
        for (size_t i = 0; i < shown; i++)
                snprintf(text + 3 * i, 4, "%02x ", bytes.data[i]);
        if (shown > 0)
                text[3 * shown - 1] = 0;
}

static inline bool expect_hex(const char *what, struct span got, const char *expected)
{
        char text[3 * HEX_SHOWN_MAX + 1];
        hex_of(got, text);
        return expect_string(what, text, expected);
}

/* Adds the bytes of such a text; blanks are free. */
static inline void unhex(const char *text, struct buffer *into)
{
        unsigned byte;
        for (int used; sscanf(text, " %2x%n", &byte, &used) == 1; text += used)
                buffer_append(into, &(uint8_t){(uint8_t)byte}, 1);
}

#endif
