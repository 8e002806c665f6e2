/* Fuzzes what a broker does with a batch from a stranger: header, decompression, every record and
 * header. The CRC is passed over, because random bytes never have a right one. Besides the
 * sanitizers' verdict: what is handed out lies inside the bytes given in. */
#include <assert.h>
#include <stdlib.h>

#include "log/batch.h"
#include "log/compression.h"

enum { FUZZ_PLAIN_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_within(struct span part, struct span whole)
{
        assert(!part.data || (part.data >= whole.data &&
                              part.size <= (size_t)(whole.data + whole.size - part.data)));
}

static void walk(const struct batch_header *h, struct span plain)
{
        struct record_iterator it;
        struct record r;
        bool more;
        record_iterator_init(&it, h, plain);
        while (!record_next(&it, &r, &more) && more) {
                assert(r.offset >= h->base_offset && r.offset <= batch_last_offset(h));
                assert_within(r.key, plain);
                assert_within(r.value, plain);
                struct record_header header;
                for (int32_t i = 0; i < r.header_count && !record_next_header(&r, &header); i++) {
                        assert_within(span_of(header.key.data, (size_t)header.key.size), plain);
                        assert_within(header.value, plain);
                }
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct batch_header h;
        batch_check(span_of(data, size), &h);
        if (batch_read_header(span_of(data, size), &h))
                return 0;
        uint8_t again[BATCH_HEADER_BYTES];
        batch_write_header(&h, again);
        for (int i = 0; i < BATCH_HEADER_BYTES; i++)
                assert(again[i] == data[i]);

        struct span records = span_of(data + BATCH_HEADER_BYTES, size - BATCH_HEADER_BYTES);
        struct buffer plain = {0};
        if (!compression_decompress(h.attributes & BATCH_CODEC_MASK, records, FUZZ_PLAIN_BYTES,
                                    &plain)) {
                assert(plain.size <= FUZZ_PLAIN_BYTES);
                walk(&h, buffer_span(&plain));
        }
        buffer_deinit(&plain);
        return 0;
}
