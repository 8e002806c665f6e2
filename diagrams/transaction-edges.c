/* Tells what the transaction coordinators write down in runs of the simulator: a line for each
 * record of __transaction_state, with the transactional id, the coordinator's leader epoch, the
 * state before, the state that is written, and why:
 *
 *     p1 0 Ongoing PrepareCommit EndTxn
 *
 *     transaction-edges SEEDS      seeds 1 to SEEDS of a sweep, those with transactions: each is a
 *                                  run "faults", and then one "calm", in which nothing goes wrong
 *     transaction-edges FILE.scn   one run of the scenario, "faults"
 *
 * The linker puts __wrap_txn_write() in the place of txn_write() (ld --wrap), which every change of
 * a state goes through. See transaction-edges.sh. */
#include "delivery/txn_private.h"
#include "sim/run.h"
#include "sim/swarm.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_BYTES = 1 << 16, ERROR_BYTES = 256 };

enum kerr __real_txn_write(struct txn *t, struct txn_state next, struct txn_request *asker,
                           int32_t part, enum kerr answer);
enum kerr __wrap_txn_write(struct txn *t, struct txn_state next, struct txn_request *asker,
                           int32_t part, enum kerr answer);

/* Without an asker it is the coordinator's own wish. */
static const char *why(const struct txn_request *asker, enum transaction_status next)
{
        if (!asker && next == TRANSACTION_DEAD)
                return "expired";
        if (!asker)
                return next == TRANSACTION_PREPARE_ABORT ? "time-out" : "markers";
        switch (asker->api) {
        case API_INIT_PRODUCER_ID: return "InitProducerId";
        case API_END_TXN: return "EndTxn";
        default: return "Add"; /* AddPartitionsToTxn, AddOffsetsToTxn */
        }
}

enum kerr __wrap_txn_write(struct txn *t, struct txn_state next, struct txn_request *asker,
                           int32_t part, enum kerr answer)
{
        char line[256]; /* made now: afterwards `t` may be gone */
        snprintf(line, sizeof line, "%.*s %d %s %s %s", (int)t->id.size, t->id.data,
                 (int)t->log->log.leader_epoch,
                 t->now.producer_id < 0 ? "new" : transaction_status_name(t->now.status),
                 transaction_status_name(next.status), why(asker, next.status));
        enum kerr err = __real_txn_write(t, next, asker, part, answer);
        if (!err)
                puts(line);
        return err;
}

static void run(const char *name, const struct scenario *s, uint64_t seed)
{
        struct run_report report;
        printf("run %s\n", name);
        run_scenario(s, &(struct run_options){.seed = seed}, &report);
        run_report_deinit(&report);
}

static bool has_transactions(const struct scenario *s)
{
        for (int32_t i = 0; i < s->client_count; i++)
                if (scenario_transactional_id(&s->clients[i])[0])
                        return true;
        return false;
}

/* No step is taken, and nobody uses the transactional id of another: such a one is to come only
 * while the other is away. */
static void calm_down(struct scenario *s)
{
        int32_t kept = 0;
        s->step_count = 0;
        for (int32_t i = 0; i < s->client_count; i++)
                if (!s->clients[i].id[0])
                        s->clients[kept++] = s->clients[i];
        s->client_count = kept;
}

static void sweep(struct scenario *s, uint64_t seeds)
{
        for (uint64_t seed = 1; seed <= seeds; seed++) {
                swarm_draw(seed, s);
                if (!has_transactions(s))
                        continue;
                run("faults", s, seed);
                calm_down(s);
                run("calm", s, seed);
        }
}

static bool read_scenario(struct scenario *s, const char *path)
{
        char text[TEXT_BYTES] = "", error[ERROR_BYTES] = "it cannot be read";
        FILE *file = fopen(path, "r");
        bool is_good = file && fread(text, 1, sizeof text - 1, file) > 0 &&
                       scenario_parse(s, path, text, error, sizeof error);
        if (file)
                fclose(file);
        if (!is_good)
                fprintf(stderr, "%s: %s\n", path, error);
        return is_good;
}

int main(int count, char **arguments)
{
        static struct scenario s;
        uint64_t seeds = count == 2 ? strtoull(arguments[1], NULL, 10) : 0;
        if (seeds > 0)
                sweep(&s, seeds);
        else if (count == 2 && read_scenario(&s, arguments[1]))
                run("faults", &s, 1);
        else
                return 2;
        return 0;
}
