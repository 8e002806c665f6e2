/* admin_fixture.h - an admin in a scripted cluster, and what its last operation ended with. */
#ifndef ODRADEK_TESTS_ADMIN_FIXTURE_H
#define ODRADEK_TESTS_ADMIN_FIXTURE_H

#include "script_world.h"

#include "client/admin.h"

struct fixture {
        struct script_world *w;
        struct admin *admin;
        int32_t done;
        enum kerr err;
        bool unknown;
        char message[64];
        int64_t numbers[3]; /* whatever the operation brought */
};

static inline void open_fixture(struct fixture *f)
{
        *f = (struct fixture){.w = script_open(NULL)};
        struct admin_config config = admin_config_default();
        f->admin = admin_open(f->w->client, &config);
}

static inline void close_fixture(struct fixture *f)
{
        assert_int_equal(admin_pending(f->admin), 0);
        admin_close(f->admin);
        script_close(f->w);
}

static inline void note(void *context, const struct admin_result *result)
{
        struct fixture *f = context;
        f->done++;
        f->err = result->err;
        f->unknown = result->unknown;
        str_copy(result->message, f->message, sizeof f->message);
}

/* What writes the answers of one API. */
#define WRITER(name)                                       \
        static void write_##name(struct serde *s, void *m) \
        {                                                  \
                serde_##name##_response(s, m);             \
        }

#endif
