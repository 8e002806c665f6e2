#include "cli/transaction_step.h"

#include <assert.h>

enum { STEP_WAIT_MS = 100 };

void transaction_step_ended(struct transaction_steps *t, enum kerr err)
{
        t->ended = true;
        t->err = err;
}

static enum kerr run_step(struct transaction_steps *t, enum transaction_step step)
{
        assert(step != TRANSACTION_OFFSETS);
        t->ended = false;
        enum kerr err = step == TRANSACTION_INIT
                                ? producer_init_transactions(t->producer)
                                : producer_end_transaction(t->producer, step == TRANSACTION_COMMIT);
        if (err)
                return err;
        while (!t->ended)
                real_client_step(t->client, STEP_WAIT_MS);
        return t->err;
}

int transaction_step_run(struct transaction_steps *t, enum transaction_step step)
{
        static const char *const names[] = {[TRANSACTION_INIT] =
                                                    "begin to use the transactional id",
                                            [TRANSACTION_COMMIT] = "commit the transaction",
                                            [TRANSACTION_ABORT] = "abort the transaction"};
        enum kerr err = run_step(t, step);
        if (!err)
                return CLI_GO_ON;
        cli_fail(t->client->command, "cannot %s: %s", names[step], kerr_text(err));
        if (step == TRANSACTION_COMMIT &&
            producer_transaction_state(t->producer) == TRANSACTION_ABORTABLE)
                transaction_step_run(t, TRANSACTION_ABORT);
        return CLI_FAILED;
}
