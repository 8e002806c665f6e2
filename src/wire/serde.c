#include "wire/serde.h"

#include "base/varint.h"

#include <assert.h>
#include <string.h>

struct serde serde_reader(struct span frame, int16_t version, bool flexible, struct arena *arena)
{
        return (struct serde){.direction = SERDE_READ,
                              .version = version,
                              .flexible = flexible,
                              .start = frame.data,
                              .at = frame.data,
                              .end = frame.data + frame.size,
                              .arena = arena};
}

struct serde serde_writer(struct packet *out, int16_t version, bool flexible)
{
        return (struct serde){
                .direction = SERDE_WRITE, .version = version, .flexible = flexible, .out = out};
}

static void fail(struct serde *s, enum kerr err)
{
        if (!s->err)
                s->err = err;
}

/* The next `size` bytes of the frame, or NULL with the error set. */
static const uint8_t *take(struct serde *s, size_t size)
{
        if (s->err)
                return NULL;
        if (size > (size_t)(s->end - s->at)) {
                fail(s, KERR_TRUNCATED);
                return NULL;
        }
        const uint8_t *at = s->at;
        s->at += size;
        return at;
}

/* Room for `size` more bytes of the packet, now in use. */
static uint8_t *give(struct serde *s, size_t size)
{
        uint8_t *at = buffer_reserve(&s->out->memory, size);
        s->out->memory.size += size;
        return at;
}

/* One fixed-size number: big-endian in the frame, of the machine's order in the field. */
#define NUMBER(name, type, bits)                                                     \
        void name(struct serde *s, type *value)                                      \
        {                                                                            \
                if (!serde_reads(s)) {                                               \
                        store_be##bits(give(s, bits / 8), (uint##bits##_t) * value); \
                        return;                                                      \
                }                                                                    \
                const uint8_t *at = take(s, bits / 8);                               \
                *value = at ? (type)load_be##bits(at) : 0;                           \
        }
NUMBER(serde_i16, int16_t, 16)
NUMBER(serde_u16, uint16_t, 16)
NUMBER(serde_i32, int32_t, 32)
NUMBER(serde_i64, int64_t, 64)

void serde_i8(struct serde *s, int8_t *value)
{
        if (!serde_reads(s)) {
                *give(s, 1) = (uint8_t)*value;
                return;
        }
        const uint8_t *at = take(s, 1);
        *value = at ? (int8_t)*at : 0;
}

void serde_bool(struct serde *s, bool *value)
{
        int8_t byte = *value;
        serde_i8(s, &byte);
        *value = byte != 0;
}

void serde_uvarint(struct serde *s, uint32_t *value)
{
        if (!serde_reads(s)) {
                uint8_t *at = buffer_reserve(&s->out->memory, VARINT32_BYTES_MAX);
                s->out->memory.size += varint_write_unsigned(at, *value);
                return;
        }
        *value = 0;
        if (s->err)
                return;
        size_t left = (size_t)(s->end - s->at);
        size_t n = varint_read_unsigned32(s->at, left, value);
        if (n == 0)
                fail(s, left < VARINT32_BYTES_MAX ? KERR_TRUNCATED : KERR_MALFORMED);
        s->at += n;
}

void serde_uuid(struct serde *s, struct uuid *value)
{
        if (!serde_reads(s)) {
                memcpy(give(s, sizeof value->bytes), value->bytes, sizeof value->bytes);
                return;
        }
        const uint8_t *at = take(s, sizeof value->bytes);
        if (at)
                memcpy(value->bytes, at, sizeof value->bytes);
        else
                *value = (struct uuid){{0}};
}

/* A length: compact in flexible versions (n + 1, 0 for null), else `bits` wide (-1 for null). */
static int64_t serde_length(struct serde *s, int64_t length, int bits, bool nullable)
{
        assert(serde_reads(s) || (length >= 0 ? length < INT32_MAX : nullable));
        if (s->flexible) {
                uint32_t compact = (uint32_t)(length + 1);
                serde_uvarint(s, &compact);
                length = (int64_t)compact - 1;
        } else if (bits == 16) {
                int16_t narrow = (int16_t)length;
                assert(serde_reads(s) || narrow == length);
                serde_i16(s, &narrow);
                length = narrow;
        } else {
                int32_t wide = (int32_t)length;
                serde_i32(s, &wide);
                length = wide;
        }
        if (length < (nullable ? -1 : 0))
                fail(s, KERR_MALFORMED);
        return s->err ? -1 : length;
}

static void string_of(struct serde *s, struct str *value, bool nullable)
{
        int64_t size = serde_length(s, value->size, 16, nullable);
        if (!serde_reads(s)) {
                if (size > 0)
                        memcpy(give(s, (size_t)size), value->data, (size_t)size);
                return;
        }
        if (size > INT16_MAX) /* compact lengths could say more; Kafka refuses it as well */
                fail(s, KERR_MALFORMED);
        const uint8_t *at = size < 0 ? NULL : take(s, (size_t)size);
        *value = at ? (struct str){(const char *)at, (int32_t)size} : STR_NULL;
}

void serde_string(struct serde *s, struct str *value)
{
        string_of(s, value, false);
}

void serde_nullable_string(struct serde *s, struct str *value)
{
        string_of(s, value, true);
}

static void bytes_of(struct serde *s, struct span *value, bool nullable)
{
        bool is_null = nullable && !value->data;
        int64_t size = serde_length(s, is_null ? -1 : (int64_t)value->size, 32, nullable);
        if (!serde_reads(s)) {
                if (size > 0)
                        memcpy(give(s, (size_t)size), value->data, (size_t)size);
                return;
        }
        const uint8_t *at = size < 0 ? NULL : take(s, (size_t)size);
        *value = at ? span_of(at, (size_t)size) : span_of(NULL, 0);
}

void serde_bytes(struct serde *s, struct span *value)
{
        bytes_of(s, value, false);
}

void serde_nullable_bytes(struct serde *s, struct span *value)
{
        bytes_of(s, value, true);
}

void serde_records(struct serde *s, struct records *value)
{
        if (serde_reads(s)) {
                bytes_of(s, &value->bytes, true);
        } else if (value->extent.file) {
                serde_length(s, value->extent.length, 32, false);
                packet_insert(s->out, value->extent);
        } else {
                serde_length(s, (int64_t)value->bytes.size, 32, false);
                if (value->bytes.size > 0)
                        memcpy(give(s, value->bytes.size), value->bytes.data, value->bytes.size);
        }
}

void *serde_array_begin(struct serde *s, void *items, int32_t *count, size_t item_size,
                        bool nullable)
{
        int64_t length = serde_length(s, *count, 32, nullable);
        if (!serde_reads(s))
                return items;
        *count = 0;
        if (s->err)
                return NULL;
        if (length > s->end - s->at) {
                fail(s, KERR_TRUNCATED);
                return NULL;
        }
        *count = (int32_t)length;
        if (length < 0)
                return NULL;
        items = arena_alloc(s->arena, (size_t)length * item_size);
        if (!items) {
                *count = 0;
                fail(s, KERR_NO_MEMORY);
        }
        return items;
}

void *serde_only_item_begin(struct serde *s, void *items, int32_t *count, size_t item_size)
{
        if (!serde_reads(s)) {
                assert(*count == 1);
                return items;
        }
        *count = 0;
        items = s->err ? NULL : arena_alloc(s->arena, item_size);
        if (items)
                *count = 1;
        else if (!s->err)
                fail(s, KERR_NO_MEMORY);
        return items;
}

static void ignore_tag(struct serde *tag, uint32_t number, void *m)
{
        (void)tag;
        (void)number;
        (void)m;
}

void serde_read_tags(struct serde *s, void (*each)(struct serde *tag, uint32_t number, void *m),
                     void *m)
{
        uint32_t count = 0;
        serde_uvarint(s, &count);
        while (count-- > 0 && !s->err) {
                uint32_t number, size;
                serde_uvarint(s, &number);
                serde_uvarint(s, &size);
                const uint8_t *at = take(s, size);
                if (!at)
                        return;
                struct serde tag = serde_reader(span_of(at, size), s->version, true, s->arena);
                each(&tag, number, m);
                if (tag.err)
                        fail(s, tag.err);
        }
}

void serde_tags(struct serde *s)
{
        if (!s->flexible)
                return;
        if (serde_reads(s))
                serde_read_tags(s, ignore_tag, NULL);
        else
                serde_tag_count(s, 0);
}

void serde_tag_count(struct serde *s, uint32_t count)
{
        serde_uvarint(s, &count);
}

size_t serde_tag_begin(struct serde *s, uint32_t number)
{
        serde_uvarint(s, &number);
        return s->out->memory.size;
}

/* The size stands in front of the bytes and is a varint: write the bytes first, then make room. */
void serde_tag_end(struct serde *s, size_t begin)
{
        uint8_t size[VARINT32_BYTES_MAX];
        struct buffer *memory = &s->out->memory;
        size_t length = memory->size - begin;
        size_t n = varint_write_unsigned(size, length);
        give(s, n);
        memmove(memory->data + begin + n, memory->data + begin, length);
        memcpy(memory->data + begin, size, n);
}
