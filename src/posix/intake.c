#include "posix/intake.h"

#include <stdlib.h>

struct stream_intake *stream_intake_new(void)
{
        struct stream_intake *s = calloc(1, sizeof *s);
        if (!s)
                abort();
        s->holders = 1;
        return s;
}

void stream_intake_drop(struct stream_intake *s)
{
        if (atomic_fetch_sub(&s->holders, 1) == 1)
                free(s);
}

struct incoming *intake_admit(struct intake *all, struct stream_intake *from, int64_t stream,
                              struct buffer *body)
{
        struct incoming *in = malloc(sizeof *in);
        if (!in)
                abort();
        *in = (struct incoming){{stream, buffer_span(body)}, from};
        atomic_fetch_add(&from->holders, 1);
        atomic_fetch_add(&from->frames, 1);
        atomic_fetch_add(&all->waiting, 1);
        atomic_fetch_add(&all->bytes, (int64_t)body->size);
        return in;
}

static bool has_too_many(struct stream_intake *s)
{
        return atomic_load(&s->frames) >= STREAM_FRAMES_MAX;
}

static bool is_full(struct intake *all)
{
        return atomic_load(&all->waiting) >= all->waiting_max ||
               (all->bytes_max >= 0 && atomic_load(&all->bytes) >= all->bytes_max);
}

bool stream_intake_pause(struct stream_intake *s)
{
        if (!has_too_many(s))
                return false;
        atomic_store(&s->paused, true);
        return has_too_many(s) || !atomic_exchange(&s->paused, false);
}

bool intake_pause(struct intake *all, _Atomic bool *starved)
{
        if (!is_full(all))
                return false;
        atomic_store(starved, true);
        return is_full(all) || !atomic_exchange(starved, false);
}

void intake_took(struct intake *all, int64_t frames)
{
        atomic_fetch_sub(&all->waiting, frames);
}

bool intake_release(struct intake *all, struct frame *frame)
{
        struct incoming *in = (struct incoming *)frame;
        struct stream_intake *from = in->from;
        atomic_fetch_sub(&all->bytes, (int64_t)frame->bytes.size);
        atomic_fetch_sub(&from->frames, 1);
        bool resume = !has_too_many(from) && atomic_exchange(&from->paused, false);
        incoming_free(in);
        return resume;
}

bool intake_resume(struct intake *all, _Atomic bool *starved)
{
        return atomic_load(starved) && !is_full(all) && atomic_exchange(starved, false);
}

void incoming_free(struct incoming *in)
{
        stream_intake_drop(in->from);
        free((void *)in->frame.bytes.data);
        free(in);
}
