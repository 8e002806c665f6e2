#include "message_walk.h"

#include "base/crc32c.h"

#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct serde message_write(const struct message *m, void *value, int16_t version,
                           struct packet *out)
{
        const struct api *api = api_find(m->key);
        struct serde s = serde_writer(out, version, !api || version >= api->flexible_from);
        m->serde(&s, value);
        return s;
}

struct serde message_read(const struct message *m, void *value, int16_t version, struct span bytes,
                          struct arena *arena)
{
        const struct api *api = api_find(m->key);
        struct serde s = serde_reader(bytes, version, !api || version >= api->flexible_from, arena);
        memset(value, 0, m->size);
        m->serde(&s, value);
        return s;
}

struct span message_bytes(const struct packet *p)
{
        return span_of(p->memory.data + PACKET_LENGTH_BYTES, p->memory.size - PACKET_LENGTH_BYTES);
}

void message_copy_sample(const struct message *m, int16_t version, void *value, struct arena *arena)
{
        struct packet *out = packet_new(NULL);
        message_write(m, m->sample, version, out);
        struct span bytes = message_bytes(out);
        uint8_t *kept = arena_alloc(arena, bytes.size);
        memcpy(kept, bytes.data, bytes.size);
        assert_int_equal(message_read(m, value, version, span_of(kept, bytes.size), arena).err, 0);
        packet_free(out);
}

typedef void check(const struct message *m, int16_t version, struct span bytes, void *value,
                   struct arena *arena);

/* Calls `each` for every version, with the sample's bytes and room to read into. */
static void walk(const struct message *m, check *each)
{
        const struct api *api = api_find(m->key);
        for (int16_t version = api ? api->min : 0; version <= (api ? api->max : 0); version++) {
                struct packet *out = packet_new(NULL);
                message_write(m, m->sample, version, out);
                void *value = exact_copy(m->sample, m->size);
                struct arena arena;
                arena_init(&arena, MESSAGE_ARENA_BYTES_MAX);
                each(m, version, message_bytes(out), value, &arena);
                arena_deinit(&arena);
                free(value);
                packet_free(out);
        }
}

static void check_round_trip(const struct message *m, int16_t version, struct span bytes,
                             void *value, struct arena *arena)
{
        struct serde s = message_read(m, value, version, bytes, arena);
        if (s.err || s.at != s.end)
                fail_msg("%s %d: %s, %td bytes left", m->name, version, kerr_name(s.err),
                         s.end - s.at);
        struct packet *again = packet_new(NULL);
        message_write(m, value, version, again);
        assert_int_equal(message_bytes(again).size, bytes.size);
        if (bytes.size > 0)
                assert_memory_equal(message_bytes(again).data, bytes.data, bytes.size);
        packet_free(again);
}

void message_check_round_trip(const struct message *m)
{
        walk(m, check_round_trip);
}

static void check_truncated(const struct message *m, int16_t version, struct span bytes,
                            void *value, struct arena *arena)
{
        for (size_t size = 0; size < bytes.size; size++) {
                uint8_t *part = exact_copy(bytes.data, size);
                struct serde s = message_read(m, value, version, span_of(part, size), arena);
                if (s.err != KERR_TRUNCATED)
                        fail_msg("%s %d cut to %zu bytes: %s", m->name, version, size,
                                 kerr_name(s.err));
                arena_deinit(arena);
                free(part);
        }
}

void message_check_truncated(const struct message *m)
{
        walk(m, check_truncated);
}

static void check_trailing(const struct message *m, int16_t version, struct span bytes, void *value,
                           struct arena *arena)
{
        struct buffer longer = {0};
        buffer_append(&longer, bytes.data, bytes.size);
        buffer_append(&longer, "\1\0\0", 3);
        struct serde s = message_read(m, value, version, buffer_span(&longer), arena);
        assert_int_equal(s.err, KERR_NONE);
        assert_int_equal(s.end - s.at, 3);
        buffer_deinit(&longer);
}

void message_check_trailing(const struct message *m)
{
        walk(m, check_trailing);
}

static void check_damaged(const struct message *m, int16_t version, struct span bytes, void *value,
                          struct arena *arena)
{
        const uint8_t damages[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
        for (size_t i = 0; i < bytes.size * sizeof damages; i++) {
                uint8_t *damaged = exact_copy(bytes.data, bytes.size);
                damaged[i / sizeof damages] = damages[i % sizeof damages];
                struct serde s =
                        message_read(m, value, version, span_of(damaged, bytes.size), arena);
                if (!s.err) {
                        struct packet *again = packet_new(NULL);
                        message_write(m, value, version, again);
                        packet_free(again);
                }
                arena_deinit(arena);
                free(damaged);
        }
}

void message_check_damaged(const struct message *m)
{
        walk(m, check_damaged);
}

void message_check_golden(const struct message *m, int16_t version, const char *hex)
{
        struct span expected = hex_bytes(hex);
        struct packet *out = packet_new(NULL);
        message_write(m, m->sample, version, out);
        if (message_bytes(out).size != expected.size)
                fail_msg("%s %d: %zu bytes, not %zu", m->name, version, message_bytes(out).size,
                         expected.size);
        assert_memory_equal(message_bytes(out).data, expected.data, expected.size);
        packet_free(out);
        free((void *)expected.data);
}

uint32_t message_crc(const struct message *m)
{
        const struct api *api = api_find(m->key);
        uint32_t crc = 0;
        for (int16_t version = api->min; version <= api->max; version++) {
                struct packet *out = packet_new(NULL);
                message_write(m, m->sample, version, out);
                crc = crc32c(crc, message_bytes(out).data, message_bytes(out).size);
                packet_free(out);
        }
        return crc;
}
