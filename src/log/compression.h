/* compression.h - the four codecs of record batches, each by its own library.
 *
 * gzip: RFC 1952. snappy: Kafka's Java clients wrap blocks in xerial framing (magic 82 "SNAPPY"
 * 00); we write that and read both that and a raw block. lz4: the frame format. zstd: a frame.
 * Source: Kafka's CompressionType; KIP-110 (zstd). */
#ifndef ODRADEK_LOG_COMPRESSION_H
#define ODRADEK_LOG_COMPRESSION_H

#include "base/bytes.h"
#include "base/errors.h"

/* A batch may unpack to so much and no more: as large as Kafka lets a whole request be. */
enum { PLAIN_BYTES_MAX = 100 << 20 };

enum compression {
        COMPRESSION_NONE,
        COMPRESSION_GZIP,
        COMPRESSION_SNAPPY,
        COMPRESSION_LZ4,
        COMPRESSION_ZSTD,
        COMPRESSION_CODECS
};

/* "none", "gzip", "snappy", "lz4", "zstd"; "unknown" for anything else. Static storage. */
const char *compression_name(int codec);

/* The codec of that name, or COMPRESSION_CODECS when there is none. */
enum compression compression_find(const char *name);

/* Appends the compressed (or plain) form of `in` to `out`. Errors: UNSUPPORTED_COMPRESSION_TYPE for
 * a number that is no codec; NO_MEMORY and CORRUPT_MESSAGE. Decompressing refuses to add more than
 * `size_max` bytes (MESSAGE_TOO_LARGE), so a small batch cannot explode. Several streams or frames
 * put end to end are read as one. After an error `out` holds what it held before. */
enum kerr compression_compress(int codec, struct span in, struct buffer *out);
enum kerr compression_decompress(int codec, struct span in, size_t size_max, struct buffer *out);

#endif
