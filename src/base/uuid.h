/* uuid.h - 128-bit names of topics, directories and clusters, in the text form that Kafka prints.
 *
 * The text is 22 characters of URL-safe base64 (RFC 4648, section 5) without padding. The zero uuid
 * means "none". Source: Kafka's org.apache.kafka.common.Uuid. */
#ifndef ODRADEK_BASE_UUID_H
#define ODRADEK_BASE_UUID_H

#include "base/bytes.h"

struct world;

enum { UUID_BYTES = 16, UUID_TEXT_CHARS = 22 };

struct uuid {
        uint8_t bytes[UUID_BYTES];
};

bool uuid_equal(const struct uuid *a, const struct uuid *b);

/* A version 4 uuid (RFC 4122) whose text does not begin with '-': as Kafka's tools take it for an
 * option. */
struct uuid uuid_random(struct world *w);

/* Writes the text and a NUL. */
void uuid_format(const struct uuid *id, char text[UUID_TEXT_CHARS + 1]);

/* False when `text` is not the text of a uuid. */
bool uuid_parse(struct str text, struct uuid *id);

#endif
