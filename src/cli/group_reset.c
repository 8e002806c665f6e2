#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/consumer_groups.h"

/* One error is told; the others end the same way. */
static void take(struct consumer_groups *g, const struct admin_result *result, const char *about,
                 const char *name)
{
        if (g->status == CLI_DONE)
                g->status = real_client_outcome(&g->client, result, about, name);
}

/* --- which partitions --- */

struct topic_choice {
        struct consumer_groups *groups;
        struct group_rows *rows; /* those chosen */
        char *topic;
        const char *partitions; /* "0,1"; NULL: all */
};

static void on_topic(void *context, const struct admin_result *result)
{
        struct topic_choice *choice = context;
        struct consumer_groups *g = choice->groups;
        take(g, result, "topic", choice->topic);
        if (result->err)
                return;
        int32_t count = result->metadata->topics.items[0].partitions.count;
        for (int32_t i = 0; !choice->partitions && i < count; i++)
                group_rows_at(choice->rows, str_of(choice->topic), i);
        for (const char *at = choice->partitions; at; at = strchr(at, ',')) {
                char *end;
                at += *at == ',';
                long partition = strtol(at, &end, 10);
                if (end == at || (*end && *end != ',') || partition < 0 || partition >= count) {
                        g->status = cli_fail(g->client.command, "topic %s has no partition '%.*s'",
                                             choice->topic, (int)strcspn(at, ","), at);
                        return;
                }
                group_rows_at(choice->rows, str_of(choice->topic), (int32_t)partition);
        }
}

/* `rows`: the partitions of --topic. */
static void choose(struct consumer_groups *g, struct group_rows *rows)
{
        for (int i = 0; i < g->topics.count && g->status == CLI_DONE; i++) {
                const char *item = g->topics.items[i], *colon = strchr(item, ':');
                struct topic_choice choice = {
                        .groups = g,
                        .rows = rows,
                        .topic = strndup(item, colon ? (size_t)(colon - item) : strlen(item)),
                        .partitions = colon ? colon + 1 : NULL,
                };
                admin_describe_topic(g->admin, choice.topic, on_topic, &choice);
                consumer_groups_go_on(g);
                free(choice.topic);
        }
}

/* Leaves in g->rows only the chosen partitions, with what the group has committed for them. */
static bool keep_chosen(struct consumer_groups *g)
{
        struct group_rows chosen = {0};
        if (g->all_topics)
                return true;
        choose(g, &chosen);
        for (int32_t i = 0; i < chosen.count; i++) {
                struct group_row *row = &chosen.items[i];
                row->committed =
                        group_rows_at(&g->rows, str_of(row->topic), row->partition)->committed;
        }
        group_rows_deinit(&g->rows);
        g->rows = chosen;
        group_rows_sort(&g->rows);
        return g->status == CLI_DONE;
}

/* --- to where --- */

static int64_t within(const struct group_row *row, int64_t offset)
{
        if (offset < row->log_start)
                return row->log_start;
        return offset > row->log_end ? row->log_end : offset;
}

static void set_new_offset(const struct consumer_groups *g, struct group_row *row)
{
        int64_t now = row->committed >= 0 ? row->committed : row->log_end, by = g->shift_by;
        if (g->to_earliest)
                row->new_offset = row->log_start;
        else if (g->to_latest)
                row->new_offset = row->log_end;
        else if (g->to_current)
                row->new_offset = now;
        else if (g->to_offset != INT64_MIN)
                row->new_offset = within(row, g->to_offset);
        else if (by > 0)
                row->new_offset = by > row->log_end - now ? row->log_end : now + by;
        else
                row->new_offset = within(row, now < -by ? 0 : now + by);
}

/* The first record that is not older, else the end. */
static void on_time(void *context, const struct admin_result *result)
{
        struct group_row *row = context;
        if (!result->err)
                row->new_offset =
                        result->offset->offset >= 0 ? result->offset->offset : row->log_end;
}

static bool find_times(struct consumer_groups *g)
{
        struct tm parts = {0};
        const char *rest = strptime(g->to_datetime, "%Y-%m-%dT%H:%M:%S", &parts);
        int64_t milliseconds = 0;
        if (rest && *rest == '.' && cli_number(rest + 1, 0, 999, &milliseconds))
                rest = "";
        if (!rest || *rest) {
                g->status =
                        cli_fail(g->client.command, "not a time like 2026-12-31T23:59:59.999: '%s'",
                                 g->to_datetime);
                return false;
        }
        int64_t timestamp_ms = (int64_t)timegm(&parts) * 1000 + milliseconds;
        for (int32_t i = 0; i < g->rows.count; i++) {
                struct group_row *row = &g->rows.items[i];
                admin_list_offsets(g->admin, row->topic, row->partition, timestamp_ms, on_time,
                                   row);
        }
        return consumer_groups_go_on(g);
}

static bool find_new_offsets(struct consumer_groups *g)
{
        if (!consumer_groups_fetch_ends(g))
                return false;
        if (g->to_datetime)
                return find_times(g);
        for (int32_t i = 0; i < g->rows.count; i++)
                set_new_offset(g, &g->rows.items[i]);
        return true;
}

/* --- doing it --- */

static void on_committed(void *context, const struct admin_result *result)
{
        struct consumer_groups *g = context;
        take(g, result, "group", g->group);
        for (int32_t t = 0; !result->err && t < result->committed->topics.count; t++) {
                const struct offset_commit_topic_response *topic =
                        &result->committed->topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        take(g,
                             &(struct admin_result){
                                     .err = (enum kerr)topic->partitions.items[i].error_code,
                                     .message = STR_NULL},
                             "group", g->group);
        }
}

static void commit(struct consumer_groups *g)
{
        size_t count = (size_t)g->rows.count;
        struct offset_commit_topic *topics = calloc(count + 1, sizeof *topics);
        struct offset_commit_partition *partitions = calloc(count + 1, sizeof *partitions);
        if (!topics || !partitions)
                abort();
        for (size_t i = 0; i < count; i++) {
                const struct group_row *row = &g->rows.items[i];
                partitions[i] = (struct offset_commit_partition){
                        .index = row->partition,
                        .committed_offset = row->new_offset,
                        .committed_leader_epoch = -1,
                        .commit_timestamp_ms = -1,
                };
                topics[i].name = str_of(row->topic);
                topics[i].partitions.items = &partitions[i];
                topics[i].partitions.count = 1;
        }
        admin_alter_group_offsets(g->admin, g->group, topics, (int32_t)count, on_committed, g);
        consumer_groups_go_on(g);
        free(topics);
        free(partitions);
}

void consumer_groups_reset(struct consumer_groups *g)
{
        if (!consumer_groups_fetch(g))
                return;
        if (strcmp(g->state, "Empty") != 0 && strcmp(g->state, "Dead") != 0) {
                g->status = cli_fail(g->client.command,
                                     "offsets can only be reset if the group '%s' is inactive, but "
                                     "its state is %s",
                                     g->group, g->state);
                return;
        }
        if (!keep_chosen(g) || !find_new_offsets(g))
                return;
        if (g->execute)
                commit(g);
        else
                cli_note(g->client.command, "nothing is changed without --execute");
        if (g->status == CLI_DONE)
                group_rows_print_reset(&g->rows, g->group, stdout);
}

static void on_deleted(void *context, const struct admin_result *result)
{
        struct consumer_groups *g = context;
        take(g, result, "group", g->group);
        for (int32_t t = 0; !result->err && t < result->deleted->topics.count; t++) {
                const struct offset_delete_topic_response *topic =
                        &result->deleted->topics.items[t];
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        take(g,
                             &(struct admin_result){
                                     .err = (enum kerr)topic->partitions.items[i].error_code,
                                     .message = STR_NULL},
                             "group", g->group);
        }
}

void consumer_groups_delete_offsets(struct consumer_groups *g)
{
        struct group_rows rows = {0};
        choose(g, &rows);
        struct offset_delete_topic *topics = calloc((size_t)rows.count + 1, sizeof *topics);
        if (!topics)
                abort();
        for (int32_t i = 0; i < rows.count; i++) {
                topics[i].name = str_of(rows.items[i].topic);
                topics[i].partitions.items = &rows.items[i].partition;
                topics[i].partitions.count = 1;
        }
        if (g->status == CLI_DONE) {
                admin_delete_group_offsets(g->admin, g->group, topics, rows.count, on_deleted, g);
                consumer_groups_go_on(g);
        }
        if (g->status == CLI_DONE)
                printf("Deleted offsets of %d partitions of group %s.\n", rows.count, g->group);
        free(topics);
        group_rows_deinit(&rows);
}
