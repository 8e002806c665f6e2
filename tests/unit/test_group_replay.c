/* Unit tests of src/groups/coordinator.c, group_log.c and deferred.c: what survives a coordinator,
 * and when it may speak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* cmocka first: the fixture asserts */
#include "group_fixture.h"
#include "wire/group_records.h"

#define SIMPLE                    \
        (struct who)              \
        {                         \
                "g", "", NULL, -1 \
        }

enum { LOADING = -100 - KERR_COORDINATOR_LOAD_IN_PROGRESS, GONE = -100 - KERR_NOT_COORDINATOR };

/* --- views as text, a line each, sorted --- */

enum { LINES_MAX = 64, LINE_BYTES = 300 };

struct lines {
        char text[LINES_MAX][LINE_BYTES];
        int count;
};

static void add_group(void *context, const struct group_view *g)
{
        struct lines *l = context;
        char *into = l->text[l->count++];
        int at = snprintf(into, LINE_BYTES, "group %.*s %d %d:", (int)g->group_id.size,
                          g->group_id.data, (int)g->state, g->generation);
        for (int32_t i = 0; i < g->member_count; i++)
                at += snprintf(into + at, (size_t)(LINE_BYTES - at), " %.*s=%.*s/%zu",
                               (int)g->members[i].member_id.size, g->members[i].member_id.data,
                               (int)g->members[i].assignment.size,
                               (const char *)g->members[i].assignment.data,
                               g->members[i].subscription.size);
}

static void add_offset(void *context, const struct committed_offset_view *o)
{
        struct lines *l = context;
        snprintf(l->text[l->count++], LINE_BYTES, "offset %.*s %.*s-%d %lld %s",
                 (int)o->group_id.size, o->group_id.data, (int)o->topic.size, o->topic.data,
                 o->partition, (long long)o->offset, o->is_pending ? "pending" : "");
}

static int compare_lines(const void *a, const void *b)
{
        return strcmp(a, b);
}

static struct lines *views(const struct group_coordinator *c)
{
        struct lines *l = calloc(1, sizeof *l);
        assert_non_null(l);
        group_coordinator_each(c, add_group, l);
        group_coordinator_each_offset(c, add_offset, l);
        assert_in_range(l->count, 0, LINES_MAX);
        qsort(l->text, (size_t)l->count, LINE_BYTES, compare_lines);
        return l;
}

static void expect_same_views(struct group_coordinator *a, struct group_coordinator *b)
{
        struct lines *x = views(a), *y = views(b);
        assert_int_equal(x->count, y->count);
        for (int i = 0; i < x->count; i++)
                assert_string_equal(x->text[i], y->text[i]);
        free(x);
        free(y);
}

/* A second coordinator, over the log of node n. */
static struct group_coordinator *second(struct group_fixture *f, int n)
{
        struct group_coordinator *c = group_coordinator_new(&f->config);
        group_coordinator_lead(c, 0, replica_of(&f->x, n));
        while (group_coordinator_run(c) <= f->x.f.mono_ms)
                ;
        return c;
}

/* All kinds of records: a stable group, one whose sessions end, one left, one deleted; offsets
 * overwritten, deleted and expired, in transactions committed, aborted and open. */
static void write_everything(struct group_fixture *f, struct crew *c)
{
        crew_make(f, c, "lost", 3);
        crew_make(f, c, "left", 2);
        assert_int_equal(commit_of(f, crew_who(c, "left", 0), "orders", 8), KERR_NONE);
        assert_int_equal(leave_of(f, crew_who(c, "left", 0)), KERR_NONE);
        assert_int_equal(leave_of(f, crew_who(c, "left", 1)), KERR_NONE);
        crew_make(f, c, "gone", 1);
        assert_int_equal(commit_of(f, crew_who(c, "gone", 0), "orders", 8), KERR_NONE);
        assert_int_equal(leave_of(f, crew_who(c, "gone", 0)), KERR_NONE);
        assert_int_equal(txn_commit_of(f, (struct who){"gone", "", NULL, -1}, 4, "x", 1),
                         KERR_NONE);
        assert_int_equal(delete_of(f, "gone"), KERR_NONE);
        end_txn(f, 4, true);
        crew_make(f, c, "busy", 2);
        assert_int_equal(commit_of(f, SIMPLE, "t", 1), KERR_NONE);
        assert_int_equal(commit_of(f, SIMPLE, "t", 2), KERR_NONE);
        assert_int_equal(commit_of(f, SIMPLE, "deleted", 3), KERR_NONE);
        assert_int_equal(delete_offset_of(f, "g", "deleted"), KERR_NONE);
        assert_int_equal(txn_commit_of(f, SIMPLE, 5, "committed", 10), KERR_NONE);
        assert_int_equal(txn_commit_of(f, SIMPLE, 5, "overtaken", 10), KERR_NONE);
        assert_int_equal(txn_commit_of(f, SIMPLE, 6, "aborted", 11), KERR_NONE);
        assert_int_equal(txn_commit_of(f, SIMPLE, 7, "open", 12), KERR_NONE);
        assert_int_equal(commit_of(f, SIMPLE, "overtaken", 13), KERR_NONE);
        end_txn(f, 5, true);
        end_txn(f, 6, false);
}

/* Goal: replay makes the tables that were there. Method: every kind of record, copied to another
 * broker that then leads; and once more after a transaction that was open is committed there. */
static void replay_gives_the_same_tables(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        groups_init(&f, "1");
        write_everything(&f, &c);
        copy_all(&f.x, 0, 1);
        assign_all(&f.x, assignment(2, 2, 2, "2"));
        struct group_coordinator *other = second(&f, 1);
        expect_same_views(f.c, other);
        struct lines *l = views(other);
        assert_int_equal(l->count, 4 + 5); /* groups; offsets */
        free(l);
        group_coordinator_free(f.c);
        f.c = other;
        expect_group(&f, "busy", "Stable 2");
        assert_int_equal(heartbeat_of(&f, crew_who(&c, "busy", 1)), KERR_NONE);
        assert_int_equal(fetch_of(&f, "g", "open", true), -100 - KERR_UNSTABLE_OFFSET_COMMIT);
        groups_complete_txn(f.c, 0, 7, true);
        assert_int_equal(fetch_of(&f, "g", "open", true), 12);

        /* members that do not come back have a full session, and no more */
        groups_pass(&f, SESSION_MS - 1);
        expect_group(&f, "busy", "Stable 2");
        groups_pass(&f, 1);
        expect_group(&f, "busy", "Empty 0");
        groups_deinit(&f);
}

/* Goal: what compaction takes out is not missed. Method: a log copied without the batches whose
 * keys come again later. */
static void gaps_are_no_matter(void **state)
{
        (void)state;
        struct group_fixture f;
        struct buffer all = {0};
        struct log_append done;
        struct batch_header h;
        struct extent at;
        groups_init(&f, "1");
        for (int i = 0; i < 6; i++)
                assert_int_equal(commit_of(&f, SIMPLE, i % 2 ? "t" : "u", i), KERR_NONE);
        assert_int_equal(replica_read(replica_of(&f.x, 0), 0, READER_FOLLOWER, 1 << 20, true, &at),
                         KERR_NONE);
        read_extent(&f.x, &at, &all);
        for (size_t from = 0; from < all.size; from += (size_t)batch_size(&h)) {
                struct span rest = span_of(all.data + from, all.size - from);
                assert_int_equal(batch_check(rest, &h), KERR_NONE);
                if (h.base_offset >= 4)
                        assert_int_equal(partition_log_append_as_follower(
                                                 f.x.nodes[2].log,
                                                 span_of(rest.data, (size_t)batch_size(&h)), &done),
                                         KERR_NONE);
        }
        buffer_deinit(&all);
        assign_all(&f.x, assignment(3, 2, 2, "3"));
        struct group_coordinator *other = second(&f, 2);
        expect_same_views(f.c, other);
        group_coordinator_free(other);
        groups_deinit(&f);
}

/* Goal: a record that cannot be read is left out with a word; the rest counts. Method: keys and
 * values of newer kinds, and nonsense. */
static void nonsense_is_left_out(void **state)
{
        (void)state;
        struct group_fixture f;
        struct buffer batch = {0};
        struct batch_builder b;
        struct log_append done;
        int64_t at;
        static const uint8_t newer[] = {0, 9, 1, 2}, cut[] = {0, 1, 0, 9},
                             group[] = {0, 2, 0, 1, 'n'};
        static const uint8_t offset[] = {0, 1, 0, 1, 'n', 0, 1, 't', 0, 0, 0, 0};
        groups_init(&f, "1");
        assert_int_equal(commit_of(&f, SIMPLE, "t", 1), KERR_NONE);
        batch_builder_init(&b);
        struct record records[] = {{.key = span_of(newer, 4), .value = span_of(newer, 4)},
                                   {.key = span_of(cut, 4), .value = span_of(newer, 4)},
                                   {.key = span_of(group, 5), .value = span_of(newer, 4)},
                                   {.key = span_of(offset, 12), .value = span_of(cut, 4)},
                                   {.key = span_of(offset, 12)},
                                   {.key = span_of(group, 5)},
                                   {.value = span_of(cut, 4)}};
        for (size_t i = 0; i < sizeof records / sizeof records[0]; i++)
                batch_builder_add(&b, &records[i], NULL, 0);
        assert_int_equal(batch_builder_finish(&b, 0, &batch), KERR_NONE);
        batch_builder_deinit(&b);
        assert_int_equal(replica_append(replica_of(&f.x, 0), buffer_span(&batch), true,
                                        APPEND_COORDINATOR, &done, &at),
                         KERR_NONE);
        buffer_deinit(&batch);
        assert_int_equal(commit_of(&f, SIMPLE, "u", 2), KERR_NONE);
        groups_reload(&f);
        assert_int_equal(fetch_of(&f, "g", "t", true), 1);
        assert_int_equal(fetch_of(&f, "g", "u", true), 2);
        expect_group(&f, "n", "Dead 0");
        assert_true(fake_world_logged(&f.x.f, "the record at offset 2 cannot be read"));
        groups_deinit(&f);
}

/* --- before and after leading --- */

/* Goal: nothing is told before the log has been replayed, nor by others than the leader; heartbeats
 * alone are taken in the meantime. With the bug OffsetFetch tells what it has so far. Method: lead
 * without running; then resign. */
static void no_answer_before_load(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        groups_init(&f, "1");
        crew_make(&f, &c, "g", 1);
        assert_int_equal(commit_of(&f, crew_who(&c, "g", 0), "t", 5), KERR_NONE);
        group_coordinator_lead(f.c, 0, replica_of(&f.x, 0));
        struct who me = crew_who(&c, "g", 0);
        struct ask a;
        assert_int_equal(fetch_of(&f, "g", "t", true), LOADING);
        assert_int_equal(commit_of(&f, me, "t", 6), KERR_COORDINATOR_LOAD_IN_PROGRESS);
        assert_int_equal(txn_commit_of(&f, me, 9, "t", 6), KERR_COORDINATOR_LOAD_IN_PROGRESS);
        assert_int_equal(leave_of(&f, me), KERR_COORDINATOR_LOAD_IN_PROGRESS);
        assert_int_equal(delete_of(&f, "g"), KERR_COORDINATOR_LOAD_IN_PROGRESS);
        assert_int_equal(delete_offset_of(&f, "g", "t"), KERR_COORDINATOR_LOAD_IN_PROGRESS);
        assert_int_equal(heartbeat_of(&f, me), KERR_NONE);
        ask_sync(&f, &a, me, NULL, 0);
        assert_int_equal(a.out.sync.error_code, KERR_REBALANCE_IN_PROGRESS);
        ask_end(&a);
        ask_join(&f, &a, 5, me, "r");
        assert_int_equal(a.out.join.error_code, KERR_COORDINATOR_LOAD_IN_PROGRESS);
        ask_end(&a);

        /* old versions: no error of a group in OffsetFetch 1; a producer that would give up */
        ask_fetch(&f, &a, "g", "t", false);
        ask_end(&a);
        a.call.version = 1;
        arena_init(&a.arena, SIZE_MAX);
        groups_fetch(f.c, &a.in.fetch, &a.out.fetch, &a.call);
        const struct offset_fetch_group_response *g = &a.out.fetch.groups.items[0];
        assert_int_equal(g->topics.items[0].partitions.items[0].error_code,
                         KERR_COORDINATOR_LOAD_IN_PROGRESS);
        ask_end(&a);
        ask_txn_commit(&f, &a, me, 9, "t", 6);
        ask_end(&a);
        a.call.version = 1;
        arena_init(&a.arena, SIZE_MAX);
        groups_txn_commit(f.c, &a.in.txn, &a.out.txn, &a.call);
        assert_int_equal(a.out.txn.topics.items[0].partitions.items[0].error_code,
                         KERR_COORDINATOR_NOT_AVAILABLE);
        ask_end(&a);

        put_back(&f.x, ZOO_ANSWERS_BEFORE_LOAD);
        assert_int_equal(fetch_of(&f, "g", "t", true), -1);
        f.x.f.world.zoo.bits = 0;
        group_coordinator_run(f.c);
        assert_int_equal(fetch_of(&f, "g", "t", true), 5);

        group_coordinator_resign(f.c, 0);
        group_coordinator_resign(f.c, 0);
        assert_int_equal(fetch_of(&f, "g", "t", true), GONE);
        assert_int_equal(heartbeat_of(&f, me), KERR_NOT_COORDINATOR);
        group_coordinator_set_partitions(f.c, 0);
        assert_int_equal(fetch_of(&f, "g", "t", true), GONE);
        groups_deinit(&f);
}

/* Goal: a marker that comes while the table is being loaded is not lost. Method: the marker of an
 * open transaction between lead() and run(). */
static void markers_while_loading(void **state)
{
        (void)state;
        struct group_fixture f;
        groups_init(&f, "1");
        assert_int_equal(txn_commit_of(&f, SIMPLE, 9, "t", 6), KERR_NONE);
        group_coordinator_lead(f.c, 0, replica_of(&f.x, 0));
        end_txn(&f, 9, true);
        group_coordinator_run(f.c);
        assert_int_equal(fetch_of(&f, "g", "t", true), 6);
        groups_deinit(&f);
}

/* --- waiting for the high watermark --- */

static void commit_all(struct group_fixture *f)
{
        node_fetched(&f->x, 0, 1, end_of(&f->x, 0));
        group_coordinator_run(f->c);
}

/* Goal: an answer waits until all that it says is committed; with the bug a commit does not.
 * Method: an ISR of two of which the second is slow. */
static void answers_wait(void **state)
{
        (void)state;
        struct group_fixture f;
        struct ask commit, fetch, other;
        groups_init(&f, "12");
        ask_commit(&f, &commit, SIMPLE, "t", 5);
        ask_fetch(&f, &fetch, "g", "t", true);
        group_coordinator_run(f.c);
        assert_int_equal(commit.done + fetch.done, 0);
        node_fetched(&f.x, 0, 1, 0);
        group_coordinator_run(f.c);
        assert_int_equal(commit.done + fetch.done, 0);
        ask_commit(&f, &other, SIMPLE, "t", 6);
        node_fetched(&f.x, 0, 1, 1);
        group_coordinator_run(f.c);
        assert_int_equal(commit.done + fetch.done, 2);
        assert_int_equal(commit_code(&commit), KERR_NONE);
        assert_int_equal(fetched(&fetch), 5);
        assert_int_equal(other.done, 0);
        commit_all(&f);
        assert_int_equal(other.done, 1);
        ask_end(&commit), ask_end(&fetch), ask_end(&other);

        put_back(&f.x, ZOO_COMMIT_ACKED_EARLY);
        assert_int_equal(commit_of(&f, SIMPLE, "t", 7), KERR_NONE);
        groups_deinit(&f);
}

/* Goal: an OffsetFetch waits no longer than five seconds for missing replicas, and then says: ask
 * again; one that was forgotten meanwhile is not answered; the next is, once all is committed.
 * Method: an ISR of two of which the second is silent. */
static void fetches_do_not_wait_for_ever(void **state)
{
        (void)state;
        struct group_fixture f;
        struct ask commit, late, gone;
        groups_init(&f, "12");
        ask_commit(&f, &commit, SIMPLE, "t", 5);
        ask_fetch(&f, &late, "g", "t", true);
        ask_fetch(&f, &gone, "g", "t", true);
        group_call_forget(&gone.call);
        groups_pass(&f, 4999);
        assert_int_equal(late.done, 0);
        groups_pass(&f, 1);
        assert_int_equal(late.done, 1);
        assert_int_equal(fetched(&late), -100 - KERR_COORDINATOR_LOAD_IN_PROGRESS);
        assert_int_equal(commit.done, 0);
        commit_all(&f);
        assert_int_equal(commit.done, 1);
        assert_int_equal(late.done, 1);
        assert_int_equal(gone.done, 0);
        assert_int_equal(fetch_of(&f, "g", "t", true), 5);
        ask_end(&commit), ask_end(&late), ask_end(&gone);
        groups_deinit(&f);
}

/* Goal: an assignment is told once its record is committed. Method: as above, with a group. */
static void assignments_wait(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask a;
        struct sync_group_assignment part;
        groups_init(&f, "12");
        commit_all(&f);
        crew_join(&f, &c, "g", 1);
        groups_pass(&f, DELAY_MS);
        crew_joined(&c);
        part = (struct sync_group_assignment){str_of(c.ids[0]), span_of("P", 1)};
        ask_sync(&f, &a, crew_who(&c, "g", 0), &part, 1);
        assert_int_equal(a.done, 0);
        commit_all(&f);
        assert_int_equal(a.done, 1);
        assert_int_equal(a.out.sync.assignment.size, 1);
        ask_end(&a);
        groups_deinit(&f);
}

/* All that can wait, for three groups. */
struct waiting {
        struct ask commit, fetch, txn, join, sync, leave;
        struct crew c;
};

static void make_wait(struct group_fixture *f, struct waiting *w)
{
        crew_join(f, &w->c, "two", 2);
        groups_pass(f, DELAY_MS);
        groups_pass(f, DELAY_MS);
        crew_joined(&w->c);
        ask_sync(f, &w->sync, crew_who(&w->c, "two", 1), NULL, 0);
        ask_join(f, &w->join, 3, (struct who){"new", "", NULL, 0}, "r");
        ask_commit(f, &w->commit, SIMPLE, "t", 5);
        ask_fetch(f, &w->fetch, "g", NULL, true);
        ask_txn_commit(f, &w->txn, SIMPLE, 9, "t", 5);
        ask_leave(f, &w->leave, (struct who){"nobody", "m", NULL, 0});
        assert_int_equal(w->commit.done + w->fetch.done + w->txn.done + w->join.done +
                                 w->sync.done + w->leave.done,
                         0);
}

/* Goal: resigning ends all that waits with NOT_COORDINATOR, once. Method: a call of each kind; by
 * resign(), and by a replica that follows before anybody has told the coordinator. */
static void resigning_ends_what_waits(void **state)
{
        (void)state;
        for (int told = 0; told < 2; told++) {
                struct group_fixture f;
                struct waiting *w = calloc(1, sizeof *w);
                groups_init(&f, "12");
                make_wait(&f, w);
                if (!told)
                        assign_all(&f.x, assignment(2, 2, 2, "12"));
                else
                        group_coordinator_resign(f.c, 0);
                group_coordinator_run(f.c);
                assert_int_equal(w->commit.done, 1);
                assert_int_equal(commit_code(&w->commit), KERR_NOT_COORDINATOR);
                assert_int_equal(w->fetch.done, 1);
                assert_int_equal(w->fetch.out.fetch.groups.items[0].error_code,
                                 KERR_NOT_COORDINATOR);
                assert_int_equal(w->fetch.out.fetch.groups.items[0].topics.count, 0);
                assert_int_equal(w->txn.done, 1);
                assert_int_equal(w->txn.out.txn.topics.items[0].partitions.items[0].error_code,
                                 KERR_NOT_COORDINATOR);
                assert_int_equal(w->join.done, 1);
                assert_int_equal(w->join.out.join.error_code, KERR_NOT_COORDINATOR);
                assert_int_equal(w->sync.done, 1);
                assert_int_equal(w->sync.out.sync.error_code, KERR_NOT_COORDINATOR);
                assert_int_equal(w->leave.done, 1);
                assert_int_equal(w->leave.out.leave.error_code, KERR_NOT_COORDINATOR);
                ask_end(&w->commit), ask_end(&w->fetch), ask_end(&w->txn);
                ask_end(&w->join), ask_end(&w->sync), ask_end(&w->leave);
                free(w);
                groups_deinit(&f);
        }
}

/* Goal: a call may be forgotten at any moment, and a coordinator freed: nobody is called, nothing
 * leaks, and what was asked for happens. Method: forget all or none, then commit or free. */
static void calls_are_forgotten(void **state)
{
        (void)state;
        for (int i = 0; i < 4; i++) {
                struct group_fixture f;
                bool forget = i & 1, commits = i & 2;
                struct waiting *w = calloc(1, sizeof *w);
                groups_init(&f, "12");
                make_wait(&f, w);
                struct ask *all[] = {&w->commit, &w->fetch, &w->txn, &w->join, &w->sync, &w->leave};
                for (int k = 0; k < 6 && forget; k++)
                        group_call_forget(&all[k]->call);
                if (commits) {
                        commit_all(&f);
                        groups_pass(&f, DELAY_MS);
                        expect_group(&f, "new", "CompletingRebalance 1");
                        for (int k = 0; k < 4; k++)
                                assert_int_equal(all[k]->done, forget ? 0 : 1);
                        groups_pass(&f, SESSION_MS);
                        assert_int_equal(w->sync.done, forget ? 0 : 1);
                }
                int before = 0, after = 0;
                for (int k = 0; k < 6; k++)
                        before += all[k]->done;
                groups_deinit(&f);
                for (int k = 0; k < 6; k++) {
                        after += all[k]->done;
                        arena_deinit(&all[k]->arena);
                }
                assert_int_equal(before, after);
                free(w);
        }
}

/* Goal: errors of the log are told as the group protocol knows them, and change nothing. Method:
 * too few in-sync replicas; a batch too large; leadership lost. */
static void append_errors(void **state)
{
        (void)state;
        struct group_fixture f;
        struct crew c;
        struct ask a;
        groups_init(&f, "1");
        crew_join(&f, &c, "g", 1);
        groups_pass(&f, DELAY_MS);
        crew_joined(&c);
        struct replica_assignment few = assignment(1, 1, 1, "1");
        few.min_isr = 2;
        assign_all(&f.x, few);
        assert_int_equal(commit_of(&f, (struct who){"h", "", NULL, -1}, "t", 1),
                         KERR_COORDINATOR_NOT_AVAILABLE);
        expect_group(&f, "h", "Dead 0");
        ask_sync(&f, &a, crew_who(&c, "g", 0), NULL, 0);
        assert_int_equal(a.done, 1);
        assert_int_equal(a.out.sync.error_code, KERR_COORDINATOR_NOT_AVAILABLE);
        expect_group(&f, "g", "PreparingRebalance 1");
        ask_end(&a);
        few.min_isr = 1;
        assign_all(&f.x, few);

        struct log_config small = f.x.config;
        small.max_message_bytes = 100;
        partition_log_configure(f.x.nodes[0].log, &small);
        assert_int_equal(commit_of(&f, (struct who){"h", "", NULL, -1}, "t", 1),
                         KERR_INVALID_COMMIT_OFFSET_SIZE);
        assign_all(&f.x, assignment(2, 2, 2, "2"));
        assert_int_equal(commit_of(&f, (struct who){"h", "", NULL, -1}, "t", 1),
                         KERR_NOT_COORDINATOR);
        groups_deinit(&f);
}

/* Goal: one OffsetFetch for several groups (version 8) waits for all of their partitions, and each
 * group has its own error. Method: two partitions, of which one is led here. */
static void batches_of_groups(void **state)
{
        (void)state;
        struct group_fixture f;
        struct ask a;
        groups_init(&f, "1");
        assert_int_equal(commit_of(&f, SIMPLE, "t", 5), KERR_NONE);
        group_coordinator_set_partitions(f.c, 2);
        ask_begin(&a, 8);
        struct offset_fetch_group groups[8] = {0};
        char names[8][2] = {"a", "b", "c", "d", "e", "f", "g", "h"};
        for (int i = 0; i < 8; i++) {
                groups[i].group_id = str_of(names[i]);
                groups[i].topics.count = -1;
        }
        names[0][1] = 0;
        a.in.fetch.groups.items = groups;
        a.in.fetch.groups.count = 8;
        groups_fetch(f.c, &a.in.fetch, &a.out.fetch, &a.call);
        assert_int_equal(a.done, 1);
        for (int i = 0; i < 8; i++) { /* the hash of one letter is its code */
                const struct offset_fetch_group_response *g = &a.out.fetch.groups.items[i];
                assert_int_equal(g->error_code, names[i][0] % 2 ? KERR_NOT_COORDINATOR : KERR_NONE);
                assert_int_equal(g->topics.count, 0);
        }
        ask_end(&a);
        groups_deinit(&f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(replay_gives_the_same_tables),
                cmocka_unit_test(gaps_are_no_matter),
                cmocka_unit_test(nonsense_is_left_out),
                cmocka_unit_test(no_answer_before_load),
                cmocka_unit_test(markers_while_loading),
                cmocka_unit_test(answers_wait),
                cmocka_unit_test(fetches_do_not_wait_for_ever),
                cmocka_unit_test(assignments_wait),
                cmocka_unit_test(resigning_ends_what_waits),
                cmocka_unit_test(calls_are_forgotten),
                cmocka_unit_test(append_errors),
                cmocka_unit_test(batches_of_groups),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
