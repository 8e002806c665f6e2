#include "posix/clock.h"

#include <assert.h>
#include <sys/random.h>
#include <time.h>

static int64_t read_ms(clockid_t which)
{
        struct timespec t;
        clock_gettime(which, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
        return read_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
        return read_ms(CLOCK_MONOTONIC);
}

uint64_t clock_random_u64(void)
{
        uint64_t value;
        ssize_t got = getrandom(&value, sizeof value, 0);
        assert(got == sizeof value); /* the kernel never gives less than 256 bytes in parts */
        return value;
}
