/* Two batches as Apache Kafka writes them (class MemoryRecordsBuilder of its Java clients, 3.9 and
 * 4.1 alike), and what is in them. Not compressed. */
#ifndef ODRADEK_LABS_03_GOLDEN_H
#define ODRADEK_LABS_03_GOLDEN_H

#include "labs/03-record-batches/tests/hex.h"
#include "log/batch.h"

/* The six records of the book, as a leader has stamped them. */
static const char kafka_six[] =
        "00 00 00 00 00 00 00 2a  00 00 00 6d  00 00 00 07  02  7d 13 ce c7  00 00  "
        "00 00 00 05  00 00 01 8b cf e5 68 00  00 00 01 8b cf e5 68 14  "
        "ff ff ff ff ff ff ff ff  ff ff  ff ff ff ff  00 00 00 06  "
        "12 00 00 00 04 6b 31 02 61 00 12 00 0a 02 04 6b 32 02 62 00 12 00 0a 04 04 6b "
        "31 02 63 00 12 00 18 06 04 6b 33 02 64 00 12 00 12 08 04 6b 32 02 65 00 12 00 "
        "28 0a 04 6b 31 02 66 00 ";

/* Headers, nulls, a time that goes back, a value of 100 bytes; from an idempotent producer. */
static const char kafka_odd[] =
        "00 00 00 00 00 00 00 00  00 00 00 d1  00 00 00 00  02  84 fd 2b 94  00 00  "
        "00 00 00 03  00 00 01 8b cf e5 68 00  00 00 01 8b cf e5 69 2c  "
        "00 00 00 00 00 00 12 67  00 03  00 00 00 4d  00 00 00 04  "
        "1a 00 00 00 04 6b 30 0a 68 65 6c 6c 6f 00 30 00 0a 02 01 0c 6e 6f 20 6b 65 79 "
        "06 04 68 31 04 76 31 00 01 04 68 33 00 0c 00 13 04 00 01 00 e0 01 00 d8 04 06 "
        "08 6c 6f 6e 67 c8 01 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 "
        "78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 "
        "78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 "
        "78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 "
        "78 78 78 00 ";

struct golden_record {
        int64_t timestamp;
        const char *key, *value; /* NULL: null */
        int32_t header_count;
};

#define GOLDEN_TIME INT64_C(1700000000000)

static const struct golden_record six_records[6] = {
        {GOLDEN_TIME, "k1", "a", 0},     {GOLDEN_TIME + 5, "k2", "b", 0},
        {GOLDEN_TIME + 5, "k1", "c", 0}, {GOLDEN_TIME + 12, "k3", "d", 0},
        {GOLDEN_TIME + 9, "k2", "e", 0}, {GOLDEN_TIME + 20, "k1", "f", 0},
};

#define TEN_X "xxxxxxxxxx"

static const struct golden_record odd_records[4] = {
        {GOLDEN_TIME, "k0", "hello", 0},
        {GOLDEN_TIME + 5, NULL, "no key", 3},
        {GOLDEN_TIME - 10, "", NULL, 0},
        {GOLDEN_TIME + 300, "long", TEN_X TEN_X TEN_X TEN_X TEN_X TEN_X TEN_X TEN_X TEN_X TEN_X, 0},
};

/* Of the second of them. */
static const struct {
        const char *key, *value;
} odd_headers[3] = {{"h1", "v1"}, {"", NULL}, {"h3", ""}};

static inline struct span golden_span(const char *text)
{
        return span_of(text, text ? strlen(text) : 0);
}

#endif
