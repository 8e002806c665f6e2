/* rpc.h - how a part of the broker asks another broker something.
 *
 * Replication and the quorum are state machines that know no connections. They hand an rpc to a
 * sender; src/broker (or a test) brings it there and the answer back.
 *
 * (1) Each rpc ends exactly once with on_answer(), never from inside send(), unless the sender is
 *     closed before: then it is forgotten without a word.
 * (2) Rpcs to one node go out in order and are answered in order. */
#ifndef ODRADEK_WIRE_RPC_H
#define ODRADEK_WIRE_RPC_H

#include "wire/api.h"

struct rpc {
        int32_t node; /* the id of the broker or controller asked */
        int16_t api_key;
        int16_t version; /* of the body: nodes of a cluster speak the same */
        int64_t timeout_ms;
        /* Writes the body. Called once at most, before on_answer. */
        void (*write)(void *context, struct serde *out);
        /* The end. err NONE: `body` stands at the body of the answer, to be read in `version`;
         * check body->err after that. What is read points into the frame: valid during the call.
         * Else body is NULL: CONNECTION_FAILED, TIMED_OUT_LOCALLY, UNSUPPORTED_VERSION. When the
         * sender cannot say whether it was handled, nobody can. */
        void (*on_answer)(void *context, enum kerr err, struct serde *body);
        void *context; /* lives until the end */
};

struct rpc_sender {
        void (*send)(struct rpc_sender *, const struct rpc *);
};

#endif
