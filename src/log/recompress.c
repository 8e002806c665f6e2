#include "log/recompress.h"

#include "base/crc32c.h"
#include "log/compression.h"

enum { CRC_FROM = 21, CRC_AT = 17 };

static enum kerr recompress_one(struct span batch, struct batch_header *h, int codec,
                                size_t size_max, struct buffer *out)
{
        struct buffer plain = {0};
        struct span packed = {batch.data + BATCH_HEADER_BYTES, batch.size - BATCH_HEADER_BYTES};
        enum kerr err =
                compression_decompress(h->attributes & BATCH_CODEC_MASK, packed, size_max, &plain);
        size_t begin = out->size;
        if (!err) {
                buffer_reserve(out, BATCH_HEADER_BYTES);
                out->size += BATCH_HEADER_BYTES;
                err = compression_compress(codec, buffer_span(&plain), out);
        }
        buffer_deinit(&plain);
        if (err)
                return err;
        h->attributes = (int16_t)((h->attributes & ~BATCH_CODEC_MASK) | codec);
        h->batch_length = (int32_t)(out->size - begin) - BATCH_OVERHEAD_BYTES;
        batch_write_header(h, out->data + begin);
        store_be32(out->data + begin + CRC_AT,
                   crc32c(0, out->data + begin + CRC_FROM, out->size - begin - CRC_FROM));
        return KERR_NONE;
}

enum kerr recompress(struct span batches, int codec, size_t size_max, struct buffer *out)
{
        while (batches.size > 0) {
                struct batch_header h;
                enum kerr err = batch_check(batches, &h);
                if (err)
                        return err == KERR_TRUNCATED ? KERR_CORRUPT_MESSAGE : err;
                struct span batch = {batches.data, (size_t)batch_size(&h)};
                if ((h.attributes & BATCH_CODEC_MASK) == codec)
                        buffer_append(out, batch.data, batch.size);
                else
                        err = recompress_one(batch, &h, codec, size_max, out);
                if (err)
                        return err;
                batches.data += batch.size;
                batches.size -= batch.size;
        }
        return KERR_NONE;
}
