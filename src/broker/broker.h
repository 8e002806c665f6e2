/* broker.h - one broker: takes frames, routes requests, owns all the parts below.
 *
 * A broker is a deterministic state machine: the world calls its actor with frames, closed streams
 * and timers; the broker answers through the world. It opens no file and no socket of its own.
 *
 * (1) Requests of one connection are answered in the order in which they came (as Kafka promises),
 *     though they may be finished in any.
 * (2) A request that must wait (long poll, acks, a change of metadata) stays in purgatory; nothing
 *     blocks.
 * (3) What is answered with success has reached the durability that the topic's settings promise.
 *
 * Source: Kafka's KafkaServer, SocketServer, KafkaApis. */
#ifndef ODRADEK_BROKER_BROKER_H
#define ODRADEK_BROKER_BROKER_H

#include "base/world.h"
#include "broker/config.h"

struct broker;

/* Opens the log root, recovers, replays the metadata log and opens all partitions. `config` is
 * borrowed and must outlive the broker. `port` is the one that clients reach us at when
 * advertised.listeners says nothing else (a listener may have asked for port 0). On error *broker
 * is NULL and a log line says why. */
enum kerr broker_open(struct world *world, const struct config *config, int32_t port,
                      struct broker **broker);

/* What the world is to call. Lives as long as the broker. */
struct actor *broker_actor(struct broker *b);

/* The clean stop: flushes and marks the logs. The broker is gone afterwards. Errors: those of
 * log_dir_close(): the next start recovers. */
enum kerr broker_close(struct broker *b);

/* Gives all memory back and leaves the disk as it is: the end of a simulated crash. */
void broker_abandon(struct broker *b);

/* Begins the stop in good order: hands over leaderships, tells the controller. broker_may_close()
 * becomes true when that is done, or has taken too long; then broker_close(). */
void broker_begin_stop(struct broker *b);
bool broker_may_close(const struct broker *b);

/* True from when the controller has unfenced this broker for the first time (a node that is only a
 * controller: from when it knows who leads the quorum): now it serves. */
bool broker_is_ready(const struct broker *b);

/* --- for tests and checkers: what can be seen inside. Borrowed, valid until the broker runs. ---
 */

struct controller;
struct group_coordinator;
struct image;
struct partition_log;
struct quorum;
struct replica;

struct broker_partition {
        const char *topic;
        const struct uuid *topic_id;
        int32_t index;
        const struct replica *replica;
};

/* In the order in which they were opened. */
void broker_each_partition(struct broker *b,
                           void (*each)(void *context, const struct broker_partition *p),
                           void *context);

const struct image *broker_image(const struct broker *b); /* what is applied */
int64_t broker_applied(const struct broker *b); /* all below this metadata offset is applied; -1 */
const struct quorum *broker_quorum(const struct broker *b);
const struct controller *broker_controller(const struct broker *b); /* ->active: it decides */
struct partition_log *broker_metadata_log(struct broker *b);

const struct group_coordinator *broker_groups(const struct broker *b);

/* The log of a hosted partition, or NULL. */
struct partition_log *broker_log(struct broker *b, const char *topic, int32_t partition);

#endif
