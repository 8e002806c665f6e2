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
        free(h->groups);
        free(h->assignments);
        free(h->commits);
        free(h->offset_fetches);
        free(h->transactions);
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
        struct history_client c = {.coordinator = -1, .group = -1};
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

int32_t history_find_group(const struct history *h, const char *name)
{
        for (int32_t i = 0; i < h->group_count; i++)
                if (strcmp(h->groups[i].name, name) == 0)
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
                .key = -1,
                .transaction = -1,
                .input = -1,
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
        if (s->is_tombstone)
                return;
        /* Filler that a codec can make smaller, but that differs from value to value. */
        uint8_t step = (uint8_t)(s->serial % 7 + 1);
        uint8_t *at = buffer_reserve(into, (size_t)s->size_bytes);
        for (; into->size < (size_t)s->size_bytes; into->size++)
                *at++ = (uint8_t)('a' + into->size / 5 * step % 26);
}

/* The send that a value which begins like this belongs to, by its name alone. */
static int32_t find_named(const struct history *h, struct span value)
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
                if (strlen(c->name) == name_size && memcmp(c->name, value.data, name_size) == 0)
                        return serial < c->send_count ? c->sends[serial] : SEND_PHANTOM;
        }
        return SEND_PHANTOM;
}

static int32_t find(const struct history *h, struct span value, bool is_tombstone)
{
        struct buffer whole = {0};
        int32_t send = find_named(h, value);
        if (send == SEND_PHANTOM || h->sends[send].is_tombstone != is_tombstone)
                return SEND_PHANTOM;
        history_value(h, send, &whole);
        bool same = whole.size == value.size && memcmp(whole.data, value.data, value.size) == 0;
        buffer_deinit(&whole);
        return same ? send : SEND_PHANTOM;
}

int32_t history_find_value(const struct history *h, struct span value)
{
        return find(h, value, false);
}

int32_t history_find_tombstone(const struct history *h, struct span header)
{
        return find(h, header, true);
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

void history_add_assignment(struct history *h, const struct history_assignment *assignment)
{
        ADD(h, assignments, assignment, *assignment);
}

void history_add_offset_fetch(struct history *h, const struct history_offset_fetch *fetch)
{
        ADD(h, offset_fetches, offset_fetch, *fetch);
}

int32_t history_add_group(struct history *h, const struct history_group *group)
{
        ADD(h, groups, group, *group);
        return h->group_count - 1;
}

int32_t history_add_commit(struct history *h, const struct history_commit *commit)
{
        ADD(h, commits, commit, *commit);
        return h->commit_count - 1;
}

int32_t history_begin_transaction(struct history *h, int64_t now_ns, int32_t client)
{
        struct history_transaction t = {
                .begin_ns = now_ns, .invoke_ns = INT64_MAX, .done_ns = INT64_MAX, .client = client};
        ADD(h, transactions, transaction, t);
        return h->transaction_count - 1;
}

struct history_read history_read_init(void)
{
        return (struct history_read){.send = SEND_PHANTOM,
                                     .group = -1,
                                     .generation = -1,
                                     .transaction = -1,
                                     .processed_ns = INT64_MAX};
}

enum visibility history_visibility(const struct history *h, int32_t transaction)
{
        if (transaction < 0)
                return VISIBILITY_COMMITTED;
        const struct history_transaction *t = &h->transactions[transaction];
        if (t->wish != TRANSACTION_WISH_COMMIT)
                return VISIBILITY_ABORTED;
        switch (t->outcome) {
        case OUTCOME_OK: return VISIBILITY_COMMITTED;
        case OUTCOME_FAILED: return VISIBILITY_ABORTED;
        default: return VISIBILITY_UNKNOWN;
        }
}
