#include "log/compression.h"

#include <assert.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum {
        SNAPPY_BLOCK_BYTES = 32 << 10,  /* input of one xerial block */
        XERIAL_HEADER_BYTES = 16,       /* magic, version, compatible version */
        OUTPUT_CHUNK_BYTES = 64 << 10,  /* room given to a decompressor per step */
        GZIP_WINDOW_BITS = 15 + 16,     /* 32 KiB window; 16 asks zlib for the gzip wrapper */
        GZIP_MEMORY_LEVEL = 8,          /* zlib's default */
        ONE_BLOCK_BYTES_MAX = INT32_MAX /* zlib counts in 32 bits, and so does a batch's length */
};

static const uint8_t xerial_header[XERIAL_HEADER_BYTES] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0,
                                                           0,    0,   0,   1,   0,   0,   0,   1};
enum { XERIAL_MAGIC_BYTES = 8 };

static const char *const codec_names[COMPRESSION_CODECS] = {"none", "gzip", "snappy", "lz4",
                                                            "zstd"};

const char *compression_name(int codec)
{
        return codec >= 0 && codec < COMPRESSION_CODECS ? codec_names[codec] : "unknown";
}

enum compression compression_find(const char *name)
{
        int codec = 0;
        while (codec < COMPRESSION_CODECS && strcmp(codec_names[codec], name) != 0)
                codec++;
        return (enum compression)codec;
}

/* --- compressing --- */

static enum kerr gzip_compress(struct span in, struct buffer *out)
{
        z_stream z = {0};
        if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY_LEVEL,
                         Z_DEFAULT_STRATEGY) != Z_OK)
                return KERR_NO_MEMORY;
        size_t room = deflateBound(&z, in.size);
        z.next_in = (Bytef *)(uintptr_t)in.data; /* zlib reads it only */
        z.avail_in = (uInt)in.size;
        z.next_out = buffer_reserve(out, room);
        z.avail_out = (uInt)room;
        int result = deflate(&z, Z_FINISH);
        assert(result == Z_STREAM_END); /* deflateBound() promised that it fits */
        out->size += room - z.avail_out;
        deflateEnd(&z);
        return KERR_NONE;
}

static enum kerr snappy_compress_xerial(struct span in, struct buffer *out)
{
        buffer_append(out, xerial_header, sizeof xerial_header);
        while (in.size > 0) {
                size_t some = in.size < SNAPPY_BLOCK_BYTES ? in.size : SNAPPY_BLOCK_BYTES;
                size_t length = snappy_max_compressed_length(some);
                uint8_t *at = buffer_reserve(out, 4 + length);
                snappy_status status =
                        snappy_compress((const char *)in.data, some, (char *)at + 4, &length);
                assert(status == SNAPPY_OK);
                store_be32(at, (uint32_t)length);
                out->size += 4 + length;
                in = span_of(in.data + some, in.size - some);
        }
        return KERR_NONE;
}

static enum kerr lz4_compress(struct span in, struct buffer *out)
{
        LZ4F_preferences_t how = {0};
        how.frameInfo.blockSizeID = LZ4F_max64KB;
        how.frameInfo.blockMode = LZ4F_blockIndependent;
        size_t room = LZ4F_compressFrameBound(in.size, &how);
        size_t got = LZ4F_compressFrame(buffer_reserve(out, room), room, in.data, in.size, &how);
        if (LZ4F_isError(got))
                return KERR_NO_MEMORY;
        out->size += got;
        return KERR_NONE;
}

static enum kerr zstd_compress(struct span in, struct buffer *out)
{
        size_t room = ZSTD_compressBound(in.size);
        size_t got = ZSTD_compress(buffer_reserve(out, room), room, in.data, in.size,
                                   ZSTD_CLEVEL_DEFAULT);
        if (ZSTD_isError(got))
                return KERR_NO_MEMORY;
        out->size += got;
        return KERR_NONE;
}

enum kerr compression_compress(int codec, struct span in, struct buffer *out)
{
        if (in.size > ONE_BLOCK_BYTES_MAX)
                return KERR_MESSAGE_TOO_LARGE;
        switch (codec) {
        case COMPRESSION_NONE: buffer_append(out, in.data, in.size); return KERR_NONE;
        case COMPRESSION_GZIP: return gzip_compress(in, out);
        case COMPRESSION_SNAPPY: return snappy_compress_xerial(in, out);
        case COMPRESSION_LZ4: return lz4_compress(in, out);
        case COMPRESSION_ZSTD: return zstd_compress(in, out);
        default: return KERR_UNSUPPORTED_COMPRESSION_TYPE;
        }
}

/* --- decompressing --- */

/* One piece of work of a streaming decompressor: reads up to *consumed bytes of `in`, writes up to
 * *produced bytes to `into`, sets both to what it did. *ended: a frame is complete and all of it
 * has been written. False when the bytes are corrupt. */
typedef bool decompress_step(void *codec, const uint8_t *in, size_t *consumed, uint8_t *into,
                             size_t *produced, bool *ended);

static bool gzip_step(void *codec, const uint8_t *in, size_t *consumed, uint8_t *into,
                      size_t *produced, bool *ended)
{
        z_stream *z = codec;
        z->next_in = (Bytef *)(uintptr_t)in;
        z->avail_in = (uInt)*consumed;
        z->next_out = into;
        z->avail_out = (uInt)*produced;
        int result = inflate(z, Z_NO_FLUSH);
        *consumed -= z->avail_in;
        *produced -= z->avail_out;
        *ended = result == Z_STREAM_END;
        if (*ended)
                inflateReset(z);
        return *ended || result == Z_OK;
}

static bool lz4_step(void *codec, const uint8_t *in, size_t *consumed, uint8_t *into,
                     size_t *produced, bool *ended)
{
        size_t result = LZ4F_decompress(codec, into, produced, in, consumed, NULL);
        *ended = result == 0;
        return !LZ4F_isError(result);
}

static bool zstd_step(void *codec, const uint8_t *in, size_t *consumed, uint8_t *into,
                      size_t *produced, bool *ended)
{
        ZSTD_inBuffer from = {in, *consumed, 0};
        ZSTD_outBuffer to = {into, *produced, 0};
        size_t result = ZSTD_decompressStream(codec, &to, &from);
        *consumed = from.pos;
        *produced = to.pos;
        *ended = result == 0;
        return !ZSTD_isError(result);
}

/* Steps until the input is used up at the end of a frame; several frames in a row are fine. */
static enum kerr decompress_stream(decompress_step *step, void *codec, struct span in,
                                   size_t size_max, struct buffer *out)
{
        size_t start = out->size;
        for (;;) {
                /* One byte more than allowed, so that the limit is passed visibly. */
                size_t room = size_max - (out->size - start) + 1;
                if (room > OUTPUT_CHUNK_BYTES)
                        room = OUTPUT_CHUNK_BYTES;
                size_t consumed = in.size, produced = room;
                bool ended = false;
                if (!step(codec, in.data, &consumed, buffer_reserve(out, room), &produced, &ended))
                        return KERR_CORRUPT_MESSAGE;
                in = span_of(in.data + consumed, in.size - consumed);
                out->size += produced;
                if (out->size - start > size_max)
                        return KERR_MESSAGE_TOO_LARGE;
                if (ended && in.size == 0)
                        return KERR_NONE;
                if (consumed == 0 && produced == 0)
                        return KERR_CORRUPT_MESSAGE; /* the frame goes on behind the input */
        }
}

static enum kerr gzip_decompress(struct span in, size_t size_max, struct buffer *out)
{
        z_stream z = {0};
        if (inflateInit2(&z, GZIP_WINDOW_BITS) != Z_OK)
                return KERR_NO_MEMORY;
        enum kerr err = decompress_stream(gzip_step, &z, in, size_max, out);
        inflateEnd(&z);
        return err;
}

static enum kerr lz4_decompress(struct span in, size_t size_max, struct buffer *out)
{
        LZ4F_dctx *context;
        if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
                return KERR_NO_MEMORY;
        enum kerr err = decompress_stream(lz4_step, context, in, size_max, out);
        LZ4F_freeDecompressionContext(context);
        return err;
}

static enum kerr zstd_decompress(struct span in, size_t size_max, struct buffer *out)
{
        ZSTD_DCtx *context = ZSTD_createDCtx();
        if (!context)
                return KERR_NO_MEMORY;
        enum kerr err = decompress_stream(zstd_step, context, in, size_max, out);
        ZSTD_freeDCtx(context);
        return err;
}

static enum kerr snappy_block(struct span in, size_t size_max, struct buffer *out)
{
        size_t length;
        if (snappy_uncompressed_length((const char *)in.data, in.size, &length) != SNAPPY_OK)
                return KERR_CORRUPT_MESSAGE;
        if (length > size_max)
                return KERR_MESSAGE_TOO_LARGE;
        /* One byte more: an empty block still needs a pointer. */
        char *into = (char *)buffer_reserve(out, length + 1);
        if (snappy_uncompress((const char *)in.data, in.size, into, &length) != SNAPPY_OK)
                return KERR_CORRUPT_MESSAGE;
        out->size += length;
        return KERR_NONE;
}

static bool is_xerial(struct span in)
{
        return in.size >= XERIAL_HEADER_BYTES &&
               memcmp(in.data, xerial_header, XERIAL_MAGIC_BYTES) == 0;
}

static enum kerr snappy_decompress(struct span in, size_t size_max, struct buffer *out)
{
        if (!is_xerial(in))
                return snappy_block(in, size_max, out);
        size_t start = out->size;
        while (in.size > 0) {
                if (is_xerial(in)) { /* also in the middle: streams may be put end to end */
                        in = span_of(in.data + XERIAL_HEADER_BYTES, in.size - XERIAL_HEADER_BYTES);
                        continue;
                }
                uint32_t length = in.size < 4 ? UINT32_MAX : load_be32(in.data);
                if (in.size < 4 || length > in.size - 4)
                        return KERR_CORRUPT_MESSAGE;
                enum kerr err = snappy_block(span_of(in.data + 4, length),
                                             size_max - (out->size - start), out);
                if (err)
                        return err;
                in = span_of(in.data + 4 + length, in.size - 4 - length);
        }
        return KERR_NONE;
}

static enum kerr decompress(int codec, struct span in, size_t size_max, struct buffer *out)
{
        if (codec == COMPRESSION_NONE) {
                if (in.size > size_max)
                        return KERR_MESSAGE_TOO_LARGE;
                buffer_append(out, in.data, in.size);
                return KERR_NONE;
        }
        if (codec < 0 || codec >= COMPRESSION_CODECS)
                return KERR_UNSUPPORTED_COMPRESSION_TYPE;
        if (in.size == 0)
                return KERR_CORRUPT_MESSAGE; /* even nothing compresses to something */
        switch (codec) {
        case COMPRESSION_GZIP: return gzip_decompress(in, size_max, out);
        case COMPRESSION_SNAPPY: return snappy_decompress(in, size_max, out);
        case COMPRESSION_LZ4: return lz4_decompress(in, size_max, out);
        default: return zstd_decompress(in, size_max, out);
        }
}

enum kerr compression_decompress(int codec, struct span in, size_t size_max, struct buffer *out)
{
        if (in.size > ONE_BLOCK_BYTES_MAX)
                return KERR_MESSAGE_TOO_LARGE;
        if (size_max > ONE_BLOCK_BYTES_MAX)
                size_max = ONE_BLOCK_BYTES_MAX;
        size_t start = out->size;
        enum kerr err = decompress(codec, in, size_max, out);
        if (err)
                out->size = start;
        return err;
}
