/* Tests 07 and 08: transactions of producers 5, 6 and 8. */
#include "labs/15-compaction/tests/keyed_log.h"

/* Offsets 0 to 7: 5 is aborted, 6 and 8 are committed. */
static void begin(struct log_fixture *x)
{
        fixture_init(x, keyed_config());
        x->f.wall_ms = 5000;
        put(x, "k1=a");
        int64_t first = put_in_transaction(x, 5, "k1=x");
        put_in_transaction(x, 6, "k2=b");
        put_in_transaction(x, 8, "k8=q");
        put_marker(x, 5, false, first);
        put_marker(x, 6, true, -1);
        put_marker(x, 8, true, -1);
        put(x, "k9=z");
}

/* A number as a key, as an IntegerSerializer writes it; 1 has the bytes of a commit marker's. */
static void put_number(struct log_fixture *x, const char *four_bytes, const char *value)
{
        struct batch_builder b;
        struct record r = {.key = span_of(four_bytes, 4), .value = span_of(value, strlen(value))};
        batch_builder_init(&b);
        batch_builder_add(&b, &r, NULL, 0);
        append_batch(x, &b);
}

static void expect_markers_have_no_key(void)
{
        struct log_fixture x;
        fixture_init(&x, keyed_config());
        put_number(&x, "\0\0\0\1", "a");
        put_in_transaction(&x, 6, "k2=b");
        put_marker(&x, 6, true, -1);
        bool good = clean(&x) && expect_log("a marker does not replace the key 1, of equal bytes",
                                            &x, "0:0x00000001=a 1:k2=b 2:commit(6)");
        put_number(&x, "\0\0\0\1", "c");
        if (good && clean(&x))
                expect_log("and the key 1 replaces no marker", &x,
                           "1:k2=b 2:commit(6) 3:0x00000001=c");
        fixture_deinit(&x);
}

LAB_TEST(07, "what was aborted goes, and replaces nothing")
{
        struct log_fixture x;
        begin(&x);
        bool good =
                clean(&x) && expect_log("k1=x was aborted: k1=a counts", &x,
                                        "0:k1=a 2:k2=b 3:k8=q 4:abort(5) 5:commit(6) 6:commit(8) "
                                        "7:k9=z");
        fixture_deinit(&x);

        /* The data lies segments away from its marker. */
        fixture_init(&x, keyed_config());
        put(&x, "k1=a");
        int64_t first = put_in_transaction(&x, 5, "k1=x");
        for (int i = 0; i < 5; i++) {
                put_each(&x, "k2=b k3=c k2=d k3=e k2=f k3=g");
                put_in_transaction(&x, 5, "k3=x");
        }
        put_marker(&x, 5, false, first);
        good = good && clean(&x) &&
               expect_log("a long one over several segments", &x,
                          "0:k1=a 34:k2=f 35:k3=g 37:abort(5)");
        fixture_deinit(&x);
        if (good)
                expect_markers_have_no_key();
}

LAB_TEST(08, "a marker stays as long as its data, and then a while")
{
        struct log_fixture x;
        begin(&x);
        bool good = clean(&x);
        if (good) {
                put(&x, "k2=c");
                good = clean(&x) &&
                       expect_log("now neither 5 nor 6 has data left", &x,
                                  "0:k1=a 3:k8=q 4:abort(5) 5:commit(6) 6:commit(8) 7:k9=z 8:k2=c");
        }
        if (good) {
                x.f.wall_ms = 6000;
                put(&x, "k3=d");
                good = clean(&x) &&
                       expect_log("5 was found without data a second ago, 6 only now", &x,
                                  "0:k1=a 3:k8=q 5:commit(6) 6:commit(8) 7:k9=z 8:k2=c 9:k3=d");
        }
        if (good) {
                x.f.wall_ms = 7000;
                put(&x, "k4=e");
                good = clean(&x) && expect_log("a second later; 8 still has data", &x,
                                               "0:k1=a 3:k8=q 6:commit(8) 7:k9=z 8:k2=c 9:k3=d "
                                               "10:k4=e");
        }
        fixture_deinit(&x);
}
