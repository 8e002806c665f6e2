/* message_walk.h - checks that hold for every message in every version, for tests.
 *
 * A test lists its messages with X(API, message, type) and makes a table of them:
 *
 *     MESSAGE_LIST(MESSAGE_ANY)
 *     static const struct message messages[] = {MESSAGE_LIST(MESSAGE_ROW)};
 *
 * Each check walks one message through the versions of its API; one without an API has version 0
 * and is flexible. */
#ifndef ODRADEK_TESTS_MESSAGE_WALK_H
#define ODRADEK_TESTS_MESSAGE_WALK_H

#include "wire/api.h"

/* One message: how to read and write it without knowing its type. */
struct message {
        const char *name;
        int16_t key; /* -1: a record, of no API */
        void *sample;
        size_t size;
        void (*serde)(struct serde *, void *);
};

#define MESSAGE_ANY(API, message, type)                     \
        static void any_##message(struct serde *s, void *m) \
        {                                                   \
                serde_##message(s, (struct type *)m);       \
        }
#define MESSAGE_ROW(API, message, type) \
        {#message, API_##API, &sample_##message, sizeof(struct type), any_##message},

/* A version of a message and its bytes, put down by hand. */
struct golden {
        const char *message;
        int16_t version;
        const char *hex;
};

struct serde message_write(const struct message *m, void *value, int16_t version,
                           struct packet *out);
/* Clears *value first. */
struct serde message_read(const struct message *m, void *value, int16_t version, struct span bytes,
                          struct arena *arena);
/* Writes the sample and reads it back into *value; all of it comes from `arena`. */
void message_copy_sample(const struct message *m, int16_t version, void *value,
                         struct arena *arena);

/* What was written so far. */
struct span message_bytes(const struct packet *p);

/* What is written reads back, and writes as the same bytes again. */
void message_check_round_trip(const struct message *m);
/* Cut at any length, in memory of just that length, it is TRUNCATED. */
void message_check_truncated(const struct message *m);
/* Bytes behind it are left alone. */
void message_check_trailing(const struct message *m);
/* With any byte set to any of five values that lengths and nulls are made of, it does not crash,
 * and what still reads can be written. */
void message_check_damaged(const struct message *m);
/* The sample's bytes in that version are these. */
void message_check_golden(const struct message *m, int16_t version, const char *hex);

/* CRC-32C over the sample's bytes in all versions. */
uint32_t message_crc(const struct message *m);

enum { MESSAGE_ARENA_BYTES_MAX = 1 << 20 };

/* For samples. */
#define STR(text)                        \
        {                                \
                (text), sizeof(text) - 1 \
        }
#define NULL_STR         \
        {                \
                NULL, -1 \
        }
#define ITEMS(type, ...)                                                            \
        {                                                                           \
                (type[]){__VA_ARGS__}, sizeof((type[]){__VA_ARGS__}) / sizeof(type) \
        }
#define BYTES(text)                                       \
        {                                                 \
                (const uint8_t *)(text), sizeof(text) - 1 \
        }
#define RECORDS(text)                \
        {                            \
                .bytes = BYTES(text) \
        }
#define UUID_OF(character)                                                           \
        {                                                                            \
                {                                                                    \
                        character, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 \
                }                                                                    \
        }

#endif
