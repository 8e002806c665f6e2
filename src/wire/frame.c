#include "wire/frame.h"

#include <string.h>

void frame_cutter_init(struct frame_cutter *c, int32_t size_max)
{
        *c = (struct frame_cutter){.size_max = size_max};
}

void frame_cutter_deinit(struct frame_cutter *c)
{
        buffer_deinit(&c->body);
}

static void take_bytes(struct span *input, void *into, size_t size)
{
        memcpy(into, input->data, size);
        input->data += size;
        input->size -= size;
}

enum kerr frame_cutter_take(struct frame_cutter *c, struct span *input, struct buffer *body,
                            bool *whole)
{
        *whole = false;
        while (c->length_have < 4 && input->size > 0) {
                take_bytes(input, &c->length[c->length_have++], 1);
                c->size = (int32_t)load_be32(c->length);
        }
        if (c->length_have < 4)
                return KERR_NONE;
        if (c->size < 0 || c->size > c->size_max)
                return KERR_INVALID_REQUEST;
        size_t missing = (size_t)c->size - c->body.size;
        size_t some = input->size < missing ? input->size : missing;
        if (some > 0) {
                take_bytes(input, buffer_reserve(&c->body, some), some);
                c->body.size += some;
        }
        if (some == missing) {
                *body = c->body;
                c->body = (struct buffer){0};
                c->length_have = 0;
                *whole = true;
        }
        return KERR_NONE;
}

size_t frame_cutter_wants(const struct frame_cutter *c)
{
        if (c->length_have < 4)
                return (size_t)(4 - c->length_have);
        return (size_t)c->size - c->body.size;
}
