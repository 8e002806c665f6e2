#include "sim/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one item more than `count`. */
static void *grow(void *items, int32_t count, int32_t *capacity, size_t item_bytes)
{
        if (count < *capacity)
                return items;
        *capacity = count > 0 ? 2 * count : 16;
        items = realloc(items, (size_t)*capacity * item_bytes);
        if (!items)
                abort();
        return items;
}

/* Appends `item` to one of the growing arrays of `h`. */
#define ADD(h, items, one, ...)                                                       \
        do {                                                                          \
                (h)->items = grow((h)->items, (h)->one##_count, &(h)->one##_capacity, \
                                  sizeof *(h)->items);                                \
                (h)->items[(h)->one##_count++] = __VA_ARGS__;                         \
        } while (0)

void history_deinit(struct history *h)
{
        for (int32_t i = 0; i < h->client_count; i++)
                free(h->clients[i].sends);
        free(h->partitions);
        free(h->clients);
        free(h->sends);
        free(h->reads);
        free(h->marks);
        free(h->cuts);
        *h = (struct history){0};
}

int32_t history_add_partition(struct history *h, const char *topic, int32_t partition)
{
        struct history_partition p = {
                .index = partition, .replication = 1, .min_isr = 1, .final_end = -1};
        snprintf(p.topic, sizeof p.topic, "%s", topic);
        snprintf(p.name, sizeof p.name, "%s/%" PRId32, p.topic, partition);
        ADD(h, partitions, partition, p);
        return h->partition_count - 1;
}

int32_t history_add_client(struct history *h, const char *name)
{
        struct history_client c = {.sends = NULL};
        snprintf(c.name, sizeof c.name, "%s", name);
        ADD(h, clients, client, c);
        return h->client_count - 1;
}

int32_t history_find_partition(const struct history *h, const char *topic, int32_t partition)
{
        for (int32_t i = 0; i < h->partition_count; i++)
                if (h->partitions[i].index == partition &&
                    strcmp(h->partitions[i].topic, topic) == 0)
                        return i;
        return -1;
}

int32_t history_invoke_send(struct history *h, int64_t now_ns, int32_t client, int32_t partition,
                            int16_t acks, int32_t size_bytes)
{
        struct history_client *c = &h->clients[client];
        struct history_send send = {
                .invoke_ns = now_ns,
                .done_ns = INT64_MAX,
                .client = client,
                .serial = c->send_count,
                .partition = partition,
                .size_bytes = size_bytes,
                .acks = acks,
                .offset = -1,
        };
        ADD(h, sends, send, send);
        ADD(c, sends, send, h->send_count - 1);
        return h->send_count - 1;
}

void history_end_send(struct history *h, int32_t send, int64_t now_ns, enum outcome outcome,
                      int64_t offset, bool retried)
{
        struct history_send *s = &h->sends[send];
        s->done_ns = now_ns;
        s->outcome = outcome;
        s->offset = offset;
        s->retried = retried;
        struct history_partition *p = &h->partitions[s->partition];
        if (outcome == OUTCOME_OK && s->acks == -1 && offset >= p->acked_end)
                p->acked_end = offset + 1;
}

void history_value(const struct history *h, int32_t send, struct buffer *into)
{
        const struct history_send *s = &h->sends[send];
        buffer_clear(into);
        buffer_printf(into, "%s/%" PRId32 " ", h->clients[s->client].name, s->serial);
        /* Filler that a codec can make smaller, but that differs from value to value. */
        uint8_t step = (uint8_t)(s->serial % 7 + 1);
        uint8_t *at = buffer_reserve(into, (size_t)s->size_bytes);
        for (; into->size < (size_t)s->size_bytes; into->size++)
                *at++ = (uint8_t)('a' + into->size / 5 * step % 26);
}

int32_t history_find_value(const struct history *h, struct span value)
{
        const uint8_t *slash = value.size > 0 ? memchr(value.data, '/', value.size) : NULL;
        if (!slash)
                return SEND_PHANTOM;
        size_t name_size = (size_t)(slash - value.data);
        int32_t serial = 0;
        const uint8_t *at = slash + 1, *end = value.data + value.size;
        for (; at < end && *at >= '0' && *at <= '9' && serial < 100000000; at++)
                serial = serial * 10 + (*at - '0');
        for (int32_t i = 0; i < h->client_count; i++) {
                const struct history_client *c = &h->clients[i];
                if (strlen(c->name) != name_size || memcmp(c->name, value.data, name_size) != 0)
                        continue;
                if (serial >= c->send_count)
                        break;
                struct buffer whole = {0};
                history_value(h, c->sends[serial], &whole);
                bool same =
                        whole.size == value.size && memcmp(whole.data, value.data, value.size) == 0;
                buffer_deinit(&whole);
                return same ? c->sends[serial] : SEND_PHANTOM;
        }
        return SEND_PHANTOM;
}

void history_add_read(struct history *h, const struct history_read *read)
{
        ADD(h, reads, read, *read);
}

void history_add_mark(struct history *h, const struct history_mark *mark)
{
        ADD(h, marks, mark, *mark);
}

void history_add_cut(struct history *h, const struct history_cut *cut)
{
        ADD(h, cuts, cut, *cut);
}
