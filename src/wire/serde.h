/* serde.h - reads and writes the fields of Kafka's messages; the only place with bounds checks.
 *
 * A message is one C function that calls these in the order of its schema; the direction decides
 * whether a call reads into the field or writes from it:
 *
 *     void serde_epoch_end_partition(struct serde *s, struct epoch_end_partition *m)
 *     {
 *             serde_i32(s, &m->index);
 *             if (s->version >= 2)
 *                     serde_i32(s, &m->current_leader_epoch);
 *             serde_i32(s, &m->leader_epoch);
 *             serde_tags(s);
 *     }
 *
 * Rules:
 *  (1) The error is sticky: after the first one every call does nothing (a read leaves the field
 *      zero), so a message function needs no checks; the caller looks at s->err once.
 *  (2) Strings, bytes and records that are read point into the frame. Arrays come from the arena.
 *      Both die with the request.
 *  (3) A field that the version lacks is given the schema's default by the message function when
 *      that is not zero, else it keeps what it had: zero the struct before reading.
 *  (4) `flexible` (KIP-482) changes strings, bytes and arrays to their compact forms and makes
 *      serde_tags() real; message functions need not care.
 *
 * Names are the schema's, without what the struct already says, and the same in all messages: a
 * topic has a `name`, a partition an `index`; arrays are called after what is in them (`topics`,
 * `partitions`). A nested struct of a response ends in _response when the request has its like.
 *
 * Source: kafka.apache.org/protocol, KIP-482; the schemas' JSON files. */
#ifndef ODRADEK_WIRE_SERDE_H
#define ODRADEK_WIRE_SERDE_H

#include "base/arena.h"
#include "base/errors.h"
#include "base/packet.h"
#include "base/uuid.h"

enum serde_direction { SERDE_READ, SERDE_WRITE };

struct serde {
        enum serde_direction direction;
        int16_t version;
        bool flexible;
        enum kerr err; /* NONE, TRUNCATED, MALFORMED or NO_MEMORY */
        /* reading */
        const uint8_t *start, *at, *end;
        struct arena *arena;
        /* writing */
        struct packet *out;
};

/* Nothing is copied: `frame` must live as long as what was read from it. */
struct serde serde_reader(struct span frame, int16_t version, bool flexible, struct arena *arena);

/* Appends to `out`, which stays the caller's. */
struct serde serde_writer(struct packet *out, int16_t version, bool flexible);

static inline bool serde_reads(const struct serde *s)
{
        return s->direction == SERDE_READ;
}

void serde_bool(struct serde *s, bool *value);
void serde_i8(struct serde *s, int8_t *value);
void serde_i16(struct serde *s, int16_t *value);
void serde_i32(struct serde *s, int32_t *value);
void serde_i64(struct serde *s, int64_t *value);
void serde_u16(struct serde *s, uint16_t *value);
void serde_uvarint(struct serde *s, uint32_t *value);

void serde_uuid(struct serde *s, struct uuid *value);

/* Text may be null (size -1) only where the schema says so: that is the second form. A null where
 * none may be is MALFORMED when read and an assertion when written. */
void serde_string(struct serde *s, struct str *value);
void serde_nullable_string(struct serde *s, struct str *value);

/* The same two for bytes; null is data == NULL, which the first form writes as no bytes. */
void serde_bytes(struct serde *s, struct span *value);
void serde_nullable_bytes(struct serde *s, struct span *value);

/* Record batches: memory, or a part of a file that goes out without passing through memory. */
struct records {
        struct span bytes;    /* what was read, or what to write when there is no extent */
        struct extent extent; /* extent.file != NULL: write this instead of bytes */
};
/* Null may be read, but none is written: librdkafka refuses a Fetch answer with null records. */
void serde_records(struct serde *s, struct records *value);

/* A typed array: ARRAY_OF(struct broker) brokers; count -1 stands for null. */
#define ARRAY_OF(type)         \
        struct {               \
                type *items;   \
                int32_t count; \
        }

/* `each` is the function of one element, as in serde_array(s, &m->topics, serde_produce_topic). */
#define serde_array(s, array, each)                                                      \
        do {                                                                             \
                (array)->items = serde_array_begin((s), (array)->items, &(array)->count, \
                                                   sizeof *(array)->items, false);       \
                serde_each((s), (array), each);                                          \
        } while (0)
#define serde_nullable_array(s, array, each)                                             \
        do {                                                                             \
                (array)->items = serde_array_begin((s), (array)->items, &(array)->count, \
                                                   sizeof *(array)->items, true);        \
                serde_each((s), (array), each);                                          \
        } while (0)
#define serde_each(s, array, each)                                   \
        for (int32_t i_ = 0; i_ < (array)->count && !(s)->err; i_++) \
        each((s), &(array)->items[i_])

/* An array in messages whose older versions have exactly one element, without a count: that form.
 */
#define serde_only_item(s, array, each)                                                      \
        do {                                                                                 \
                (array)->items = serde_only_item_begin((s), (array)->items, &(array)->count, \
                                                       sizeof *(array)->items);              \
                serde_each((s), (array), each);                                              \
        } while (0)
void *serde_only_item_begin(struct serde *s, void *items, int32_t *count, size_t item_size);

/* Reads or writes the count. Reading: checks it against the bytes left (an element takes at least
 * one) and gives zeroed items from the arena. Writing: returns `items`. */
void *serde_array_begin(struct serde *s, void *items, int32_t *count, size_t item_size,
                        bool nullable);

/* The tagged fields at the end of a flexible struct: none are written, unknown ones are skipped.
 * Nothing in an inflexible version. */
void serde_tags(struct serde *s);

/* For messages that do have tagged fields; see fetch.c for the pattern. When reading, calls `each`
 * with the tag and a reader of the tag's bytes; it may ignore tags. When writing use
 * serde_tag_count() and then, per tag in rising order, serde_tag_begin() … serde_tag_end(). */
void serde_read_tags(struct serde *s, void (*each)(struct serde *tag, uint32_t number, void *m),
                     void *m);
void serde_tag_count(struct serde *s, uint32_t count);
size_t serde_tag_begin(struct serde *s, uint32_t number);
void serde_tag_end(struct serde *s, size_t begin);

#endif
