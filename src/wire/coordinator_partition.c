#include "wire/coordinator_partition.h"

#include <assert.h>

enum { REPLACEMENT_CHARACTER = 0xFFFD };

/* What a code point of n + 1 bytes looks like. Fewer bytes must not do for it. */
static const struct {
        uint8_t mask, first; /* the first byte under the mask */
        uint32_t smallest;
} forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};

/* The code point at the front of `key`, which is cut off there. */
static uint32_t next_code_point(struct str *key)
{
        const uint8_t *at = (const uint8_t *)key->data;
        int32_t following = 0;
        while (following < 4 && (at[0] & forms[following].mask) != forms[following].first)
                following++;
        bool valid = following < 4 && following < key->size;
        uint32_t point = valid ? at[0] & ~(uint32_t)forms[following].mask : 0;
        for (int32_t i = 1; valid && i <= following; i++) {
                valid = (at[i] & 0xC0) == 0x80;
                point = point << 6 | (at[i] & 0x3F);
        }
        bool surrogate = point >= 0xD800 && point <= 0xDFFF;
        valid = valid && point >= forms[following].smallest && point <= 0x10FFFF && !surrogate;
        int32_t used = valid ? following + 1 : 1;
        *key = (struct str){key->data + used, key->size - used};
        return valid ? point : REPLACEMENT_CHARACTER;
}

/* Java's String.hashCode(), over the units of UTF-16: a code point above 0xFFFF has two. */
static uint32_t java_hash(struct str key)
{
        uint32_t hash = 0;
        while (key.size > 0) {
                uint32_t point = next_code_point(&key);
                if (point > 0xFFFF) {
                        point -= 0x10000;
                        hash = 31 * hash + (0xD800 | point >> 10);
                        point = 0xDC00 | (point & 0x3FF);
                }
                hash = 31 * hash + point;
        }
        return hash;
}

int32_t coordinator_partition(struct str key, int32_t count)
{
        assert(count > 0);
        int32_t hash = (int32_t)java_hash(key);
        if (hash == INT32_MIN) /* has no absolute value in 32 bits; Kafka's Utils.abs() says 0 */
                return 0;
        return (hash < 0 ? -hash : hash) % count;
}
