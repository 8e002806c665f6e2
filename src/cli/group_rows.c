#include "cli/group_rows.h"

#include <stdlib.h>
#include <string.h>

#include "wire/consumer_protocol.h"

enum { ASSIGNMENT_BYTES_MAX = 16 << 20 };

void group_rows_deinit(struct group_rows *rows)
{
        for (int32_t i = 0; i < rows->count; i++) {
                struct group_row *row = &rows->items[i];
                free(row->topic);
                free(row->member_id);
                free(row->host);
                free(row->client_id);
        }
        free(rows->items);
        *rows = (struct group_rows){0};
}

static char *copy(struct str s)
{
        char *text = strndup(s.size > 0 ? s.data : "", s.size > 0 ? (size_t)s.size : 0);
        if (!text)
                abort();
        return text;
}

static struct group_row *add_row(struct group_rows *rows)
{
        if (rows->count == rows->capacity) {
                rows->capacity = rows->capacity ? 2 * rows->capacity : 16;
                rows->items = realloc(rows->items, (size_t)rows->capacity * sizeof *rows->items);
                if (!rows->items)
                        abort();
        }
        struct group_row *row = &rows->items[rows->count++];
        *row = (struct group_row){
                .partition = -1, .committed = -1, .log_start = -1, .log_end = -1, .new_offset = -1};
        return row;
}

struct group_row *group_rows_at(struct group_rows *rows, struct str topic, int32_t partition)
{
        for (int32_t i = 0; i < rows->count; i++) {
                struct group_row *row = &rows->items[i];
                if (row->partition == partition && row->topic && str_equal_c(topic, row->topic))
                        return row;
        }
        struct group_row *row = add_row(rows);
        row->topic = copy(topic);
        row->partition = partition;
        return row;
}

/* --- members --- */

static void set_member(struct group_row *row, const struct describe_groups_member *m)
{
        free(row->member_id);
        free(row->host);
        free(row->client_id);
        row->member_id = copy(m->member_id);
        row->host = copy(m->client_host);
        row->client_id = copy(m->client_id);
}

/* An assignment of no bytes is one of no partitions. */
static bool read_assignment(const struct describe_groups_member *m, struct arena *arena,
                            struct consumer_protocol_assignment *assignment)
{
        *assignment = (struct consumer_protocol_assignment){0};
        if (m->member_assignment.size == 0)
                return true;
        struct serde s = serde_reader(m->member_assignment, 0, false, arena);
        serde_consumer_protocol_assignment(&s, assignment);
        return !s.err;
}

static bool add_member(struct group_rows *rows, const struct describe_groups_member *m)
{
        struct arena arena;
        struct consumer_protocol_assignment assignment;
        int32_t before = rows->count, partitions = 0;
        arena_init(&arena, ASSIGNMENT_BYTES_MAX);
        bool good = read_assignment(m, &arena, &assignment);
        for (int32_t t = 0; good && t < assignment.topics.count; t++) {
                const struct consumer_protocol_topic *topic = &assignment.topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++, partitions++)
                        set_member(group_rows_at(rows, topic->name, topic->partitions.items[i]), m);
        }
        if (good && partitions == 0 && rows->count == before)
                set_member(add_row(rows), m);
        arena_deinit(&arena);
        return good;
}

bool group_rows_add_members(struct group_rows *rows, const struct describe_groups_group *group)
{
        bool good = true;
        for (int32_t i = 0; i < group->members.count; i++)
                good &= add_member(rows, &group->members.items[i]);
        return good;
}

static int32_t count_partitions(const struct describe_groups_member *m)
{
        struct group_rows rows = {0};
        int32_t count = 0;
        add_member(&rows, m);
        for (int32_t i = 0; i < rows.count; i++)
                count += rows.items[i].topic != NULL;
        group_rows_deinit(&rows);
        return count;
}

/* --- tables --- */

/* Those that read nothing come last. */
static int compare(const void *a, const void *b)
{
        const struct group_row *one = a, *other = b;
        if (!one->topic && !other->topic)
                return strcmp(one->member_id, other->member_id);
        if (!one->topic || !other->topic)
                return one->topic ? -1 : 1;
        int order = strcmp(one->topic, other->topic);
        return order ? order
                     : (one->partition > other->partition) - (one->partition < other->partition);
}

void group_rows_sort(struct group_rows *rows)
{
        if (rows->count > 0)
                qsort(rows->items, (size_t)rows->count, sizeof *rows->items, compare);
}

static const char *or_dash(const char *text)
{
        return text && *text ? text : "-";
}

static const char *number(int64_t value, char *into, size_t size)
{
        snprintf(into, size, "%lld", (long long)value);
        return value < 0 ? "-" : into;
}

void group_rows_print(const struct group_rows *rows, const char *group, FILE *to)
{
        fprintf(to, "\n%-15s %-15s %-10s %-15s %-15s %-15s %-47s %-15s %s\n", "GROUP", "TOPIC",
                "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST",
                "CLIENT-ID");
        for (int32_t i = 0; i < rows->count; i++) {
                const struct group_row *row = &rows->items[i];
                char partition[24], committed[24], end[24], lag[24];
                bool known = row->committed >= 0 && row->log_end >= 0;
                fprintf(to, "%-15s %-15s %-10s %-15s %-15s %-15s %-47s %-15s %s\n", group,
                        or_dash(row->topic), number(row->partition, partition, sizeof partition),
                        number(row->committed, committed, sizeof committed),
                        number(row->log_end, end, sizeof end),
                        number(known ? row->log_end - row->committed : -1, lag, sizeof lag),
                        or_dash(row->member_id), or_dash(row->host), or_dash(row->client_id));
        }
}

void group_rows_print_reset(const struct group_rows *rows, const char *group, FILE *to)
{
        fprintf(to, "\n%-30s %-30s %-10s %s\n", "GROUP", "TOPIC", "PARTITION", "NEW-OFFSET");
        for (int32_t i = 0; i < rows->count; i++) {
                const struct group_row *row = &rows->items[i];
                fprintf(to, "%-30s %-30s %-10d %lld\n", group, row->topic, row->partition,
                        (long long)row->new_offset);
        }
}

void group_print_members(const struct describe_groups_group *group, FILE *to)
{
        fprintf(to, "\n%-15s %-47s %-15s %-15s %s\n", "GROUP", "CONSUMER-ID", "HOST", "CLIENT-ID",
                "#PARTITIONS");
        for (int32_t i = 0; i < group->members.count; i++) {
                const struct describe_groups_member *m = &group->members.items[i];
                fprintf(to, "%-15.*s %-47.*s %-15.*s %-15.*s %d\n", group->group_id.size,
                        group->group_id.data, m->member_id.size, m->member_id.data,
                        m->client_host.size, m->client_host.data, m->client_id.size,
                        m->client_id.data, count_partitions(m));
        }
}
