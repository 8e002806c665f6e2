#include "bench/usage.h"

#include <time.h>

double usage_clock_s(void)
{
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
        return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

struct usage usage_from(const struct rusage *r)
{
        return (struct usage){.user_s = seconds(r->ru_utime),
                              .system_s = seconds(r->ru_stime),
                              .voluntary = r->ru_nvcsw,
                              .involuntary = r->ru_nivcsw,
                              .minor_faults = r->ru_minflt,
                              .major_faults = r->ru_majflt};
}

struct usage usage_now(void)
{
        struct rusage r;
        getrusage(RUSAGE_SELF, &r);
        struct usage u = usage_from(&r);
        u.wall_s = usage_clock_s();
        return u;
}

struct usage usage_between(const struct usage *earlier, const struct usage *later)
{
        return (struct usage){.wall_s = later->wall_s - earlier->wall_s,
                              .user_s = later->user_s - earlier->user_s,
                              .system_s = later->system_s - earlier->system_s,
                              .voluntary = later->voluntary - earlier->voluntary,
                              .involuntary = later->involuntary - earlier->involuntary,
                              .minor_faults = later->minor_faults - earlier->minor_faults,
                              .major_faults = later->major_faults - earlier->major_faults};
}
