/* quorum_state.h - what a voter must not forget: the file `quorum-state`.
 *
 * The file is replaced as a whole and is durable on return. It is Kafka's, version 0:
 *
 *     {"clusterId":"","leaderId":1,"leaderEpoch":2,"votedId":-1,"appliedOffset":0,
 *      "currentVoters":[{"voterId":1}],"data_version":0}
 *
 * Source: KIP-595; Kafka's FileQuorumStateStore, QuorumStateData. */
#ifndef ODRADEK_CLUSTER_QUORUM_STATE_H
#define ODRADEK_CLUSTER_QUORUM_STATE_H

#include "base/world.h"

enum { VOTERS_MAX = 9 };

struct quorum_state {
        int32_t epoch;
        int32_t leader;    /* -1: unknown when this was written */
        int32_t voted_for; /* -1: nobody */
        int32_t voters[VOTERS_MAX];
        int32_t voter_count;
};

/* A missing file leaves *state as it is. Keys that are not ours are skipped. Errors: IO; MALFORMED,
 * with a log line. */
enum kerr quorum_state_read(struct world *w, const char *directory, struct quorum_state *state);

/* Errors: IO, NO_SPACE. */
enum kerr quorum_state_write(struct world *w, const char *directory,
                             const struct quorum_state *state);

#endif
