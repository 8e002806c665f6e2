/* transaction_step.h - the steps of a transaction for commands: each blocks until it has ended. */
#ifndef ODRADEK_CLI_TRANSACTION_STEP_H
#define ODRADEK_CLI_TRANSACTION_STEP_H

#include "cli/real_client.h"
#include "client/producer.h"

struct transaction_steps {
        struct real_client *client;
        struct producer *producer;
        bool ended; /* the step under way */
        enum kerr err;
};

/* To be called from the producer's on_transaction(). */
void transaction_step_ended(struct transaction_steps *t, enum kerr err);

/* INIT, COMMIT or ABORT; TRANSACTION_OFFSETS is not among them. CLI_GO_ON, or CLI_FAILED after
 * telling what went wrong; a commit that failed and can be aborted is aborted then. */
int transaction_step_run(struct transaction_steps *t, enum transaction_step step);

#endif
