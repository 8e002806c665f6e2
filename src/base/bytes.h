/* bytes.h - spans of memory, strings with a length, big-endian numbers, growing buffers.
 *
 * A span or str never owns what it points at. A buffer owns its bytes. All numbers on the wire and
 * in Kafka's files are big-endian. */
#ifndef ODRADEK_BASE_BYTES_H
#define ODRADEK_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes. data == NULL stands for the protocol's null. */
struct span {
        const uint8_t *data;
        size_t size;
};

/* Borrowed text, not NUL-terminated. size == -1 stands for the protocol's null. */
struct str {
        const char *data;
        int32_t size;
};

#define STR_NULL ((struct str){NULL, -1})

static inline struct span span_of(const void *data, size_t size)
{
        return (struct span){data, size};
}

/* Borrows a C string; NULL becomes the protocol's null. */
struct str str_of(const char *text);

bool str_equal(struct str a, struct str b);
bool str_equal_c(struct str a, const char *b);

/* Copies `s` with a NUL behind it into `into`; false (and an empty string) when it does not fit. */
bool str_copy(struct str s, char *into, size_t size);

uint16_t load_be16(const void *at);
uint32_t load_be32(const void *at);
uint64_t load_be64(const void *at);
void store_be16(void *at, uint16_t value);
void store_be32(void *at, uint32_t value);
void store_be64(void *at, uint64_t value);

/* A buffer that grows by doubling. Zero-initialise it; buffer_deinit() frees. It aborts when the
 * machine has no memory left: sizes that come from outside are limited before they get here. */
struct buffer {
        uint8_t *data;
        size_t size;     /* bytes in use */
        size_t capacity; /* bytes allocated */
};

void buffer_deinit(struct buffer *b);
void buffer_clear(struct buffer *b);

/* Makes room for `more` bytes behind the used ones and returns where they go; size is unchanged. */
uint8_t *buffer_reserve(struct buffer *b, size_t more);

void buffer_append(struct buffer *b, const void *data, size_t size);

/* Appends formatted text without its NUL. */
void buffer_printf(struct buffer *b, const char *format, ...)
        __attribute__((format(printf, 2, 3), nonnull));

static inline struct span buffer_span(const struct buffer *b)
{
        return (struct span){b->data, b->size};
}

#endif
