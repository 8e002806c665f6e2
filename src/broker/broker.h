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

struct partition_log;

/* For tests and checkers: the log of a hosted partition, or NULL; and, in the order in which they
 * were opened, every hosted one. */
struct partition_log *broker_log(struct broker *b, const char *topic, int32_t partition);
void broker_each_log(struct broker *b,
                     void (*each)(void *context, const char *topic, int32_t partition,
                                  struct partition_log *log),
                     void *context);

#endif
