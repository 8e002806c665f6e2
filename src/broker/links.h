/* links.h - the streams from this node to the other nodes of the cluster, by node id and lane.
 *
 * Answers on one stream come in order, so a Fetch that waits for half a second would hold up all
 * that was asked behind it. What must not wait for another kind has a lane, a stream, of its own.
 *
 * (1) A link dials when something is to be sent, and again after a pause when it is lost.
 * (2) An rpc to a node whose address is not known fails as if it could not be reached.
 *
 * Source: Kafka's NodeToControllerChannelManager, InterBrokerSendThread. */
#ifndef ODRADEK_BROKER_LINKS_H
#define ODRADEK_BROKER_LINKS_H

#include "base/world.h"
#include "wire/rpc.h"

struct links;

enum lane {
        LANE_QUORUM,      /* votes and Fetches of the metadata log */
        LANE_HEARTBEAT,   /* a session hangs on them */
        LANE_CONTROLLER,  /* other questions to the controller, answered when they are committed */
        LANE_REPLICATION, /* Fetches of partitions */
        LANE_MARKERS,     /* of transactions, answered when they are committed */
        LANE_COORDINATOR, /* questions to a transaction coordinator */
        LANES
};

/* `setup_timeout_ms`: for dialling and handshake. Never NULL. */
struct links *links_new(struct world *w, int64_t setup_timeout_ms);

/* Hangs up; rpcs under way are forgotten without a word. */
void links_free(struct links *l);

struct rpc_sender *links_sender(struct links *l, enum lane lane);

/* Where the node is reached from the next dialling on. */
void links_set_address(struct links *l, int32_t node, const char *host, int32_t port);

/* The actor's events; false when the stream is none of ours. The frame stays the caller's. */
bool links_on_open(struct links *l, int64_t stream);
bool links_on_frame(struct links *l, const struct frame *frame);
bool links_on_close(struct links *l, int64_t stream, enum kerr why);

/* Sends, dials, ends what is late. Returns when to call again (mono_ms) at the latest. */
int64_t links_run(struct links *l);

#endif
