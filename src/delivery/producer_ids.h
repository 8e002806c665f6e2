/* producer_ids.h - producer ids that nobody else ever gets, out of this broker's block.
 *
 *     next() -> block has one left: at once
 *            -> else wait; ask the controller for a block (AllocateProducerIds, KIP-730)
 *
 * (1) No id is given out twice, by whichever broker: the controller writes down that a block is
 *     taken before it hands it out. What is left of a block when the broker dies is lost.
 * (2) One AllocateProducerIds is under way at a time, however many wait.
 * (3) When it fails, all that wait hear COORDINATOR_LOAD_IN_PROGRESS: their clients pause and ask
 *     again. So no timer is needed here.
 *
 * Source: Kafka's RPCProducerIdManager. */
#ifndef ODRADEK_DELIVERY_PRODUCER_IDS_H
#define ODRADEK_DELIVERY_PRODUCER_IDS_H

#include "base/errors.h"
#include "wire/rpc.h"

struct producer_ids_config {
        struct rpc_sender *sender;
        int32_t node_id;
        int64_t request_timeout_ms;
        int32_t (*controller)(void *context); /* -1: not known */
        int64_t (*broker_epoch)(void *context);
        void *context;
};

struct producer_ids;

/* Embedded in what waits for an id. Zero-initialise, then set done. */
struct producer_id_wait {
        /* The end, once, maybe at once: NONE and an id, or COORDINATOR_LOAD_IN_PROGRESS. */
        void (*done)(struct producer_id_wait *w, enum kerr err, int64_t producer_id);
        struct producer_ids *ids; /* NULL: does not wait */
        struct producer_id_wait *prev, *next;
};

struct producer_ids {
        struct producer_ids_config config;
        int64_t next_id, end_id; /* the rest of the block */
        bool is_asking;
        struct producer_id_wait *waits; /* the first come is served first */
};

void producer_ids_init(struct producer_ids *p, const struct producer_ids_config *config);

/* Who waits must have been forgotten; an rpc under way ends with the sender. */
void producer_ids_deinit(struct producer_ids *p);

void producer_ids_next(struct producer_ids *p, struct producer_id_wait *w);

/* Does nothing when it does not wait. */
void producer_ids_forget(struct producer_id_wait *w);

#endif
