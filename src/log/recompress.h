/* recompress.h - the batches of a produce request in the codec that the topic wants.
 *
 * Only for topics whose compression.type is not "producer": the broker has to decompress and
 * compress, and gives up what makes it cheap. Records are not decoded: the payload is one block.
 * Source: Kafka's LogValidator, KIP-390. */
#ifndef ODRADEK_LOG_RECOMPRESS_H
#define ODRADEK_LOG_RECOMPRESS_H

#include "log/batch.h"

/* Appends to `out` the batches in `batches`, those of another codec than `codec` (enum compression)
 * compressed anew. A payload may unpack to `size_max` bytes. Errors: those of batch_check(),
 * but CORRUPT_MESSAGE for TRUNCATED, and of compression_decompress(); `out` then holds nothing to
 * use. */
enum kerr recompress(struct span batches, int codec, size_t size_max, struct buffer *out);

#endif
