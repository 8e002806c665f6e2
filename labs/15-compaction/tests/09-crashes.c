/* Tests 09 and 10: a round of compaction dies in each of its file operations in turn. Whatever is
 * found at the next start, it must come to the same table. */
#include "labs/15-compaction/tests/keyed_log.h"

enum { OPERATIONS_MAX = 500, KEYS = 10 };

struct table {
        char values[KEYS][4]; /* of k0 to k9; "": none */
        int records;
};

static void table_add(struct table *t, const struct record *r)
{
        int key = r->key.size == 2 ? ((const char *)r->key.data)[1] - '0' : KEYS;
        t->records++;
        if (key < 0 || key >= KEYS)
                return;
        int size = r->value.data ? (int)r->value.size : 0;
        snprintf(t->values[key], sizeof t->values[key], "%.*s", size,
                 size > 0 ? (const char *)r->value.data : "");
}

/* What a reader of the whole log ends with. False when it cannot be read to its end. */
static bool read_table(struct log_fixture *x, struct table *t)
{
        struct buffer all = {0};
        struct batch_header h;
        memset(t, 0, sizeof *t);
        bool good = fixture_read(x, partition_log_start(x->log), &all) == KERR_NONE;
        for (struct span left = buffer_span(&all); left.size > 0 && good;) {
                struct record_iterator it;
                struct record r;
                bool more = true;
                good = batch_check(left, &h) == KERR_NONE;
                if (!good)
                        break;
                record_iterator_init(&it, &h,
                                     span_of(left.data + BATCH_HEADER_BYTES,
                                             (size_t)batch_size(&h) - BATCH_HEADER_BYTES));
                while (good && (good = !record_next(&it, &r, &more)) && more)
                        table_add(t, &r);
                left = span_of(left.data + batch_size(&h), left.size - (size_t)batch_size(&h));
        }
        buffer_deinit(&all);
        return good;
}

static bool is_same(const struct table *a, const struct table *b)
{
        return memcmp(a->values, b->values, sizeof a->values) == 0;
}

/* A log that was cleaned once, as far as it went, and is dirty again. All of it is synced. */
static void prepare(struct log_fixture *x)
{
        struct log_config config = keyed_config();
        config.segment_bytes = 600;
        fixture_init(x, config);
        put_each(x, "k0=a k1=b k2=c k1=d k2=e k1=f k2=g k1=h k2=i k1=j k2=k");
        put_each(x, "k3=l k1=m k2=n k1=o k2=p k1=q k2=r k1=s k2=t k1=u k2=v");
        roll(x);
        clean_below(x, partition_log_end(x->log), ALL_KEYS);
        if (partition_log_is_offline(x->log))
                return;
        put_each(x, "k4=a k1=b k2=c k1=d k2=e k1=f k2=- k1=h k4=i k1=j k4=k k5=l k1=m k0=n");
        roll(x);
        put(x, "k1=z");
        if (partition_log_flush(x->log))
                abort();
        while (x->f.sync_count > 0)
                fixture_end_sync(x, 0, KERR_NONE);
}

enum how { KILLED, POWER_CUT };

struct crash {
        enum how how;
        int64_t operation;
        uint64_t seed; /* of what survives */
};

static bool expect_after(struct crash c, const char *what, bool holds)
{
        char words[120];
        snprintf(words, sizeof words, "%s in file operation %lld of a round: %s",
                 c.how == KILLED ? "killed" : "power cut", (long long)c.operation, what);
        return expect_that(words, holds);
}

static bool check_after(struct log_fixture *x, struct crash c, const struct table *before,
                        int64_t end)
{
        struct table after;
        return expect_after(c, "the log ends where it did", partition_log_end(x->log) == end) &&
               expect_after(c, "it can be read to its end", read_table(x, &after)) &&
               expect_after(c, "it comes to the same table", is_same(before, &after)) && clean(x) &&
               expect_after(c, "it can be cleaned and read", read_table(x, &after)) &&
               expect_after(c, "and still comes to the same table", is_same(before, &after));
}

/* One life that ends in an operation of a round, and the one after. *reached: whether there is
 * such an operation. */
static bool survives(struct crash c, bool *reached)
{
        struct log_fixture x;
        struct table before;
        prepare(&x);
        if (!expect_after(c, "before it, the log can be read", read_table(&x, &before)))
                return false;
        int64_t end = partition_log_end(x.log), point = partition_log_recovery_point(x.log);
        sim_disk_crash_at(x.f.disk, c.operation);
        clean_below(&x, end, ALL_KEYS);
        *reached = sim_disk_has_crashed(x.f.disk);
        partition_log_abandon(x.log);
        x.log = NULL;
        if (c.how == KILLED)
                fake_world_kill(&x.f);
        else
                fake_world_power_cut(&x.f, c.seed == 0 ? "nothing" : "any", c.seed);
        enum kerr err = fixture_open(&x, c.seed % 2 ? point : 0, 0, false);
        bool good = expect_after(c, "the log opens", !err) && check_after(&x, c, &before, end);
        if (err)
                fake_world_deinit(&x.f);
        else
                fixture_deinit(&x);
        return good;
}

/* Without a crash: there is something to clean, and it takes some operations. */
static bool cleans(void)
{
        struct log_fixture x;
        struct table before, after = {.records = 0};
        prepare(&x);
        bool good = expect_that("a first round ends well", !partition_log_is_offline(x.log)) &&
                    expect_that("the log can be read", read_table(&x, &before)) &&
                    expect_that("a round without a crash ends well",
                                clean_below(&x, partition_log_end(x.log), ALL_KEYS) ==
                                        COMPACTION_DONE) &&
                    expect_that("the log can be read", read_table(&x, &after)) &&
                    expect_that("fewer records are left", after.records < before.records) &&
                    expect_that("it comes to the same table", is_same(&before, &after));
        fixture_deinit(&x);
        return good;
}

static void survive_all(enum how how, uint64_t seeds)
{
        bool reached = true, good = cleans();
        for (int64_t n = 1; reached && good && n < OPERATIONS_MAX; n++)
                for (uint64_t seed = 0; seed < seeds && good; seed++)
                        good = survives((struct crash){how, n, seed}, &reached);
}

LAB_TEST(09, "the process may die at any moment")
{
        survive_all(KILLED, 2);
}

LAB_TEST(10, "and so may the machine")
{
        survive_all(POWER_CUT, 12);
}
