#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct str str_of(const char *text)
{
        return text ? (struct str){text, (int32_t)strlen(text)} : STR_NULL;
}

bool str_equal(struct str a, struct str b)
{
        return a.size == b.size && (a.size <= 0 || memcmp(a.data, b.data, (size_t)a.size) == 0);
}

bool str_equal_c(struct str a, const char *b)
{
        return str_equal(a, str_of(b));
}

bool str_copy(struct str s, char *into, size_t size)
{
        into[0] = '\0';
        if (s.size < 0 || (size_t)s.size >= size)
                return false;
        if (s.size > 0)
                memcpy(into, s.data, (size_t)s.size);
        into[s.size] = '\0';
        return true;
}

uint16_t load_be16(const void *at)
{
        uint16_t v;
        memcpy(&v, at, sizeof v);
        return __builtin_bswap16(v);
}

uint32_t load_be32(const void *at)
{
        uint32_t v;
        memcpy(&v, at, sizeof v);
        return __builtin_bswap32(v);
}

uint64_t load_be64(const void *at)
{
        uint64_t v;
        memcpy(&v, at, sizeof v);
        return __builtin_bswap64(v);
}

void store_be16(void *at, uint16_t value)
{
        value = __builtin_bswap16(value);
        memcpy(at, &value, sizeof value);
}

void store_be32(void *at, uint32_t value)
{
        value = __builtin_bswap32(value);
        memcpy(at, &value, sizeof value);
}

void store_be64(void *at, uint64_t value)
{
        value = __builtin_bswap64(value);
        memcpy(at, &value, sizeof value);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "load_be and store_be always swap");

void buffer_deinit(struct buffer *b)
{
        free(b->data);
        *b = (struct buffer){0};
}

void buffer_clear(struct buffer *b)
{
        b->size = 0;
}

uint8_t *buffer_reserve(struct buffer *b, size_t more)
{
        if (!b->data || more > b->capacity - b->size) {
                size_t capacity = b->capacity ? b->capacity : 256;
                while (capacity - b->size < more)
                        capacity *= 2;
                uint8_t *data = realloc(b->data, capacity);
                if (!data)
                        abort();
                b->data = data;
                b->capacity = capacity;
        }
        return b->data + b->size;
}

void buffer_append(struct buffer *b, const void *data, size_t size)
{
        if (size == 0)
                return;
        memcpy(buffer_reserve(b, size), data, size);
        b->size += size;
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        int length = vsnprintf(NULL, 0, format, args);
        va_end(args);
        uint8_t *at = buffer_reserve(b, (size_t)length + 1);
        va_start(args, format);
        vsnprintf((char *)at, (size_t)length + 1, format, args);
        va_end(args);
        b->size += (size_t)length;
}
