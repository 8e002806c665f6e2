#include "base/uuid.h"

#include "base/world.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
        return memcmp(a->bytes, b->bytes, UUID_BYTES) == 0;
}

struct uuid uuid_random(struct world *w)
{
        struct uuid id;
        char text[UUID_TEXT_CHARS + 1];
        do {
                store_be64(id.bytes, w->random_u64(w));
                store_be64(id.bytes + 8, w->random_u64(w));
                id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x40); /* version 4 */
                id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80); /* the RFC's variant */
                uuid_format(&id, text);
        } while (text[0] == '-');
        return id;
}

/* Each character holds 6 bits, the highest first; the last one's 4 lowest bits are padding. */
void uuid_format(const struct uuid *id, char text[UUID_TEXT_CHARS + 1])
{
        for (int i = 0; i < UUID_TEXT_CHARS; i++) {
                int byte = i * 6 / 8, shift = i * 6 % 8;
                unsigned pair = (unsigned)id->bytes[byte] << 8;
                if (byte + 1 < UUID_BYTES)
                        pair |= id->bytes[byte + 1];
                text[i] = alphabet[pair >> (10 - shift) & 0x3f];
        }
        text[UUID_TEXT_CHARS] = '\0';
}

bool uuid_parse(struct str text, struct uuid *id)
{
        if (text.size != UUID_TEXT_CHARS)
                return false;
        *id = (struct uuid){0};
        for (int i = 0; i < UUID_TEXT_CHARS; i++) {
                const char *found = memchr(alphabet, text.data[i], sizeof alphabet - 1);
                if (!found)
                        return false;
                int byte = i * 6 / 8, shift = i * 6 % 8;
                unsigned pair = (unsigned)(found - alphabet) << (10 - shift);
                id->bytes[byte] |= (uint8_t)(pair >> 8);
                if (byte + 1 < UUID_BYTES)
                        id->bytes[byte + 1] |= (uint8_t)pair;
        }
        return true;
}
