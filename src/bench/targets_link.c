/* The targets of consumers that are not on this machine: behind a link of fixed speed, which all
 * ways can fill, so that only their CPU tells; and behind TLS.
 *
 * CPU is that of both ends. Most packets leave when those before them have been acknowledged, in an
 * interrupt that is charged to whoever runs then: between the ends it is chance, and the sum is
 * not. Both receivers throw the bytes away. */
#include "bench/targets_private.h"
#include "bench/usage.h"
#include "bench/veth.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

static const double gib = 1 << 30;
static const int64_t link_bits_per_s = 4000000000;
/* Shorter, and what is on its way at both ends of the clock would count. */
static const double shortest_s = 0.6;

enum { MIB = 1 << 20, FILLED_BYTES = 64 << 20, OURS = 0, RAW = 1 };

static double load_s(const struct targets *t)
{
        return t->seconds > shortest_s ? t->seconds : shortest_s;
}

/* The caller is in B, where consumers are. What it produces is not on the slow way. */
static bool fetch_over(const struct targets *t, const struct broker_process *broker, double *values,
                       char *why)
{
        struct target_side side = {.host = VETH_A_ADDRESS,
                                   .port = broker->port,
                                   .pid = broker->pid,
                                   .topic = "linked",
                                   .produce = true,
                                   .load = {.records = FILLED_BYTES / TARGET_RECORD_BYTES,
                                            .in_flight = 16,
                                            .acks = 1,
                                            .record_size = TARGET_RECORD_BYTES,
                                            .records_per_request = TARGET_BIG_RECORDS}};
        struct raw_outcome ours;
        if (!target_side_run(&side, &ours, why))
                return false;
        side.produce = false;
        side.load = (struct raw_load){.seconds = load_s(t), .in_flight = 4, .max_bytes = MIB};
        if (!target_side_run(&side, &ours, why))
                return false;
        double sent_gib = (double)ours.bytes / gib;
        double client_s = ours.spent.user_s + ours.spent.system_s;
        values[OURS] = (ours.server_cpu_s + client_s) * 1e3 / sent_gib;
        values[TARGET_FIGURES + OURS] = sent_gib / ours.seconds;
        return true;
}

static bool run_ours(const struct targets *t, const struct veth_cable *cable, double *values,
                     char *why)
{
        struct broker_process broker;
        veth_enter(cable, VETH_A);
        bool done = target_broker_start(t, &broker, VETH_A_ADDRESS, NULL, why);
        veth_enter(cable, VETH_B);
        if (done) {
                done = fetch_over(t, &broker, values, why);
                broker_process_stop(&broker, true);
        }
        veth_enter(cable, VETH_HOME);
        return done;
}

/* A blocking socket, and sendfile in a loop. */
static bool run_raw(const struct targets *t, const struct veth_cable *cable, double *values,
                    char *why)
{
        struct veth v;
        int64_t sent_bytes = 0;
        ssize_t sent = 1;
        if (!veth_join(&v, cable, why))
                return false;
        fcntl(v.socket, F_SETFL, 0);
        struct usage start = usage_now();
        while (sent > 0 && usage_clock_s() < start.wall_s + load_s(t)) {
                off_t at = sent_bytes % (t->segment.size / MIB * MIB);
                sent = sendfile(v.socket, t->segment.source.fd, &at, (size_t)(MIB - at % MIB));
                sent_bytes += sent > 0 ? sent : 0;
        }
        struct usage end = usage_now(), spent = usage_between(&start, &end);
        struct usage taken = veth_close(&v);
        double cpu_s = spent.user_s + spent.system_s + taken.user_s + taken.system_s;
        double sent_gib = (double)sent_bytes / gib;
        values[RAW] = cpu_s * 1e3 / sent_gib;
        values[TARGET_FIGURES + RAW] = sent_gib / (usage_clock_s() - start.wall_s);
        return sent > 0 || target_fail(why, "sending over the virtual cards");
}

static bool measure_link(struct targets *t, double *values, char *why)
{
        struct veth_cable cable;
        if (!veth_lay(&cable, link_bits_per_s, why))
                return false;
        bool done = run_ours(t, &cable, values, why) && run_raw(t, &cable, values, why);
        veth_cut(&cable);
        return done;
}

const struct target_trial target_link = {
        .name = "link of 4 Gbit/s (veth and tbf)",
        .raw = "sendfile in a loop over the same link",
        .measure = measure_link,
        .row_count = 2,
        .rows = {{"link of 4 Gbit/s, CPU, both ends", "ms/GiB", TARGET_RATIO_AT_MOST, 1.5, 1.2, 1},
                 {"… its throughput", "GiB/s", TARGET_RATIO_AT_LEAST, 0.95, 0.95, 3}},
};

/* --- TLS --- */

static bool measure_tls(struct targets *t, double *values, char *why)
{
        (void)t;
        (void)values;
        snprintf(why, CASE_WHY_BYTES, "our broker does not speak TLS");
        return false;
}

const struct target_trial target_tls = {
        .name = "TLS consumer",
        .raw = "",
        .measure = measure_tls,
};
