/* config.h - the broker's configuration: Kafka's keys, types, defaults and limits in one table.
 *
 * Some keys have a form for one topic (`log.retention.ms` for all, `retention.ms` for a topic). A
 * struct config holds what was set and asks the one it is laid over (`under`) for the rest, down to
 * the table's defaults: a topic's overrides lie over the broker's file.
 *
 * Source: Kafka's ServerConfigs, LogConfig, TopicConfig. Keys of our own say "Odradek" in their
 * text. */
#ifndef ODRADEK_BROKER_CONFIG_H
#define ODRADEK_BROKER_CONFIG_H

#include "base/bytes.h"
#include "base/errors.h"
#include "log/partition_log.h"
#include "wire/configs.h"

#define CONFIG_MAX_LONG "9223372036854775807"

/* X(identifier, "key", "topic key" or NULL, type, default, min, max, "a|b" allowed words or NULL,
 * text) */
#define CONFIG_LIST(X)                                                                             \
        X(NODE_ID, "node.id", NULL, INT, "1", 0, INT32_MAX, NULL,                                  \
          "The id of this broker; broker.id means the same.")                                      \
        X(PROCESS_ROLES, "process.roles", NULL, STRING, "broker,controller", 0, 0,                 \
          "broker|controller|broker,controller|controller,broker",                                 \
          "What this node is: a broker, a voter of the metadata quorum, or both.")                 \
        X(QUORUM_VOTERS, "controller.quorum.voters", NULL, STRING, "", 0, 0, NULL,                 \
          "The quorum, as ID@HOST:PORT,…; empty: this node alone.")                                \
        X(CONTROLLER_LISTENERS, "controller.listener.names", NULL, STRING, "CONTROLLER", 0, 0,     \
          NULL, "Which of the listeners are for controllers; clients are not told of them.")       \
        X(SESSION_TIMEOUT_MS, "broker.session.timeout.ms", NULL, INT, "9000", 1, INT32_MAX, NULL,  \
          "A broker not heard of for so long is fenced: others lead in its place.")                \
        X(HEARTBEAT_INTERVAL_MS, "broker.heartbeat.interval.ms", NULL, INT, "2000", 1, INT32_MAX,  \
          NULL, "How often a broker tells the controller that it lives.")                          \
        X(ELECTION_TIMEOUT_MS, "controller.quorum.election.timeout.ms", NULL, INT, "1000", 1,      \
          INT32_MAX, NULL,                                                                         \
          "A voter that knows no leader stands after so long, and up to twice; at its start "      \
          "sooner, when no other voter knows one.")                                                \
        X(ELECTION_BACKOFF_MS, "controller.quorum.election.backoff.max.ms", NULL, INT, "1000", 1,  \
          INT32_MAX, NULL, "The longest pause after a lost election.")                             \
        X(QUORUM_FETCH_TIMEOUT_MS, "controller.quorum.fetch.timeout.ms", NULL, INT, "2000", 1,     \
          INT32_MAX, NULL, "Without a good Fetch for so long, a voter stands, a leader resigns.")  \
        X(QUORUM_REQUEST_TIMEOUT_MS, "controller.quorum.request.timeout.ms", NULL, INT, "2000", 1, \
          INT32_MAX, NULL, "How long to wait for an answer of the controller.")                    \
        X(SNAPSHOT_BYTES, "metadata.log.max.record.bytes.between.snapshots", NULL, LONG,           \
          "20971520", 1, INT64_MAX, NULL, "So many bytes of changes make a new snapshot.")         \
        X(REPLICA_LAG_MS, "replica.lag.time.max.ms", NULL, LONG, "30000", 1, INT64_MAX, NULL,      \
          "A follower that has not caught up for so long leaves the ISR.")                         \
        X(REPLICA_FETCH_WAIT_MS, "replica.fetch.wait.max.ms", NULL, INT, "500", 0, INT32_MAX,      \
          NULL, "How long a leader may hold a follower's Fetch when there is nothing.")            \
        X(REPLICA_FETCH_MIN_BYTES, "replica.fetch.min.bytes", NULL, INT, "1", 0, INT32_MAX, NULL,  \
          "What there should be before a follower's Fetch is answered.")                           \
        X(REPLICA_FETCH_BYTES, "replica.fetch.max.bytes", NULL, INT, "1048576", 0, INT32_MAX,      \
          NULL, "The most a follower fetches of one partition at a time.")                         \
        X(REPLICA_RESPONSE_BYTES, "replica.fetch.response.max.bytes", NULL, INT, "10485760", 0,    \
          INT32_MAX, NULL, "The most a follower fetches at a time.")                               \
        X(REPLICA_BACKOFF_MS, "replica.fetch.backoff.ms", NULL, INT, "1000", 0, INT32_MAX, NULL,   \
          "How long a follower rests after an error.")                                             \
        X(REPLICA_TIMEOUT_MS, "replica.socket.timeout.ms", NULL, INT, "30000", 1, INT32_MAX, NULL, \
          "How long a follower waits for an answer.")                                              \
        X(HW_CHECKPOINT_MS, "replica.high.watermark.checkpoint.interval.ms", NULL, LONG, "5000",   \
          1, INT64_MAX, NULL, "How often high watermarks are written down.")                       \
        X(UNCLEAN_ELECTION, "unclean.leader.election.enable", "unclean.leader.election.enable",    \
          BOOLEAN, "false", 0, 0, NULL, "A replica that may lack records may lead, if no other.")  \
        X(AUTO_REBALANCE, "auto.leader.rebalance.enable", NULL, BOOLEAN, "true", 0, 0, NULL,       \
          "Move leaders back to the preferred replica.")                                           \
        X(IMBALANCE_CHECK_S, "leader.imbalance.check.interval.seconds", NULL, LONG, "300", 1,      \
          INT32_MAX, NULL, "How often.")                                                           \
        X(CONTROLLED_SHUTDOWN, "controlled.shutdown.enable", NULL, BOOLEAN, "true", 0, 0, NULL,    \
          "Hand over leaderships before a clean stop.")                                            \
        X(LISTENERS, "listeners", NULL, STRING, "PLAINTEXT://127.0.0.1:9092", 0, 0, NULL,          \
          "Where to listen, as PLAINTEXT://HOST:PORT; port 0 picks a free one.")                   \
        X(ADVERTISED_LISTENERS, "advertised.listeners", NULL, STRING, "", 0, 0, NULL,              \
          "What clients are told to connect to; empty: the same as listeners.")                    \
        X(LOG_DIRS, "log.dirs", NULL, STRING, "odradek-data", 0, 0, NULL,                          \
          "The directory for the logs (one; Kafka takes a list).")                                 \
        X(NUM_NETWORK_THREADS, "num.network.threads", NULL, INT, "0", 0, 64, NULL,                 \
          "I/O threads beside the handler; 0: one loop does both (Odradek; Kafka: 3).")            \
        X(QUEUED_MAX_REQUESTS, "queued.max.requests", NULL, INT, "500", 1, 1000000, NULL,          \
          "Requests that may wait for the handler before I/O threads stop reading.")               \
        X(QUEUED_MAX_BYTES, "queued.max.request.bytes", NULL, LONG, "268435456", -1, INT64_MAX,    \
          NULL, "Bytes of requests in memory before reading stops (Kafka: -1, no limit).")         \
        X(SOCKET_REQUEST_MAX_BYTES, "socket.request.max.bytes", NULL, INT, "104857600", 1,         \
          INT32_MAX, NULL, "The largest request; a larger one ends its connection.")               \
        X(SOCKET_SEND_BUFFER_BYTES, "socket.send.buffer.bytes", NULL, INT, "-1", -1, INT32_MAX,    \
          NULL, "SO_SNDBUF; -1 leaves it to the kernel (Kafka's 102400 halves sendfile).")         \
        X(SOCKET_RECEIVE_BUFFER_BYTES, "socket.receive.buffer.bytes", NULL, INT, "-1", -1,         \
          INT32_MAX, NULL, "SO_RCVBUF; -1 leaves it to the kernel.")                               \
        X(SOCKET_LISTEN_BACKLOG, "socket.listen.backlog.size", NULL, INT, "50", 1, INT32_MAX,      \
          NULL, "Connections that may wait to be accepted.")                                       \
        X(CONGESTION_CONTROL, "socket.tcp.congestion", NULL, STRING, "reno", 0, 0, NULL,           \
          "TCP_CONGESTION where the kernel allows it; empty: the system's (Odradek).")             \
        X(MAX_CONNECTIONS, "max.connections", NULL, INT, "2147483647", 1, INT32_MAX, NULL,         \
          "Connections at a time; more wait until one ends.")                                      \
        X(CONNECTIONS_MAX_IDLE_MS, "connections.max.idle.ms", NULL, LONG, "600000", -1, INT64_MAX, \
          NULL, "A connection idle for longer is closed; -1: never.")                              \
        X(COPY_STRATEGY, "copy.strategy", NULL, STRING, "sendfile", 0, 0,                          \
          "read-write|mmap|sendfile|splice|zerocopy|io-uring|io-uring-splice|io-uring-zerocopy",   \
          "How segment bytes get to a socket; one that the machine lacks is refused (Odradek).")   \
        X(COPY_SMALL_BYTES, "copy.small.bytes", NULL, INT, "16384", 0, INT32_MAX, NULL,            \
          "Ranges below this are read into the answer, whatever the strategy (Odradek).")          \
        X(AUTO_CREATE_TOPICS, "auto.create.topics.enable", NULL, BOOLEAN, "true", 0, 0, NULL,      \
          "Create a topic when a client asks for its metadata.")                                   \
        X(DELETE_TOPIC_ENABLE, "delete.topic.enable", NULL, BOOLEAN, "true", 0, 0, NULL,           \
          "Allow DeleteTopics.")                                                                   \
        X(NUM_PARTITIONS, "num.partitions", NULL, INT, "1", 1, 100000, NULL,                       \
          "Partitions of a topic that is created without saying.")                                 \
        X(DEFAULT_REPLICATION_FACTOR, "default.replication.factor", NULL, INT, "1", 1, 32767,      \
          NULL, "Replicas of a topic that is created without saying.")                             \
        X(FETCH_MAX_BYTES, "fetch.max.bytes", NULL, INT, "57671680", 1024, INT32_MAX, NULL,        \
          "The most record bytes one Fetch answer may have.")                                      \
        X(RETENTION_CHECK_MS, "log.retention.check.interval.ms", NULL, LONG, "300000", 1,          \
          INT64_MAX, NULL, "How often retention looks for segments to drop.")                      \
        X(CHECKPOINT_MS, "log.flush.offset.checkpoint.interval.ms", NULL, LONG, "60000", 1,        \
          INT64_MAX, NULL, "How often recovery points are written down.")                          \
        X(SEGMENT_BYTES, "log.segment.bytes", "segment.bytes", INT, "1073741824", 14, INT32_MAX,   \
          NULL, "Roll the segment before it grows past this.")                                     \
        X(SEGMENT_MS, "log.roll.ms", "segment.ms", LONG, "604800000", 1, INT64_MAX, NULL,          \
          "Roll the segment when its first record is older than this.")                            \
        X(INDEX_INTERVAL_BYTES, "log.index.interval.bytes", "index.interval.bytes", INT, "4096",   \
          0, INT32_MAX, NULL, "Log bytes between two index entries.")                              \
        X(SEGMENT_INDEX_BYTES, "log.index.size.max.bytes", "segment.index.bytes", INT, "10485760", \
          4, INT32_MAX, NULL, "The largest index file; the segment rolls when it is full.")        \
        X(RETENTION_MS, "log.retention.ms", "retention.ms", LONG, "604800000", -1, INT64_MAX,      \
          NULL, "Drop segments whose newest record is older; -1: never.")                          \
        X(RETENTION_BYTES, "log.retention.bytes", "retention.bytes", LONG, "-1", -1, INT64_MAX,    \
          NULL, "Drop the oldest segments while the log is larger; -1: never.")                    \
        X(FLUSH_MESSAGES, "log.flush.interval.messages", "flush.messages", LONG, CONFIG_MAX_LONG,  \
          1, INT64_MAX, NULL, "Sync the log when so many records wait; 1: before each answer.")    \
        X(FLUSH_MS, "log.flush.interval.ms", "flush.ms", LONG, CONFIG_MAX_LONG, 0, INT64_MAX,      \
          NULL, "Sync the log when a record has waited so long.")                                  \
        X(MESSAGE_MAX_BYTES, "message.max.bytes", "max.message.bytes", INT, "1048588", 0,          \
          INT32_MAX, NULL, "The largest record batch.")                                            \
        X(TIMESTAMP_TYPE, "log.message.timestamp.type", "message.timestamp.type", STRING,          \
          "CreateTime", 0, 0, "CreateTime|LogAppendTime",                                          \
          "Whose clock stamps the records: the producer's or the broker's.")                       \
        X(COMPRESSION_TYPE, "compression.type", "compression.type", STRING, "producer", 0, 0,      \
          "producer|uncompressed|gzip|snappy|lz4|zstd",                                            \
          "The codec on disk; producer: as it came, untouched.")                                   \
        X(CLEANUP_POLICY, "log.cleanup.policy", "cleanup.policy", LIST, "delete", 0, 0,            \
          "delete|compact|compact,delete|delete,compact",                                          \
          "What happens to old segments: dropped, or only the last record of a key is kept.")      \
        X(CLEANER_ENABLE, "log.cleaner.enable", NULL, BOOLEAN, "true", 0, 0, NULL,                 \
          "Compact the logs whose cleanup.policy says so.")                                        \
        X(CLEANER_BACKOFF_MS, "log.cleaner.backoff.ms", NULL, LONG, "15000", 0, INT64_MAX, NULL,   \
          "How long the cleaner rests when there is nothing to clean.")                            \
        X(CLEANER_BUFFER_BYTES, "log.cleaner.dedupe.buffer.size", NULL, LONG, "134217728", 1024,   \
          INT64_MAX, NULL, "Memory for the keys of one round of cleaning.")                        \
        X(CLEANABLE_RATIO, "log.cleaner.min.cleanable.ratio", "min.cleanable.dirty.ratio", DOUBLE, \
          "0.5", 0, 1, NULL, "Clean when this part of the log has not been cleaned.")              \
        X(COMPACTION_LAG_MS, "log.cleaner.min.compaction.lag.ms", "min.compaction.lag.ms", LONG,   \
          "0", 0, INT64_MAX, NULL, "A record stays at least so long before it is compacted away.") \
        X(COMPACTION_LAG_MAX_MS, "log.cleaner.max.compaction.lag.ms", "max.compaction.lag.ms",     \
          LONG, CONFIG_MAX_LONG, 1, INT64_MAX, NULL,                                               \
          "Clean when a record has waited so long, whatever the ratio.")                           \
        X(DELETE_RETENTION_MS, "log.cleaner.delete.retention.ms", "delete.retention.ms", LONG,     \
          "86400000", 0, INT64_MAX, NULL,                                                          \
          "Tombstones and markers stay so long after they were cleaned for the first time.")       \
        X(MIN_INSYNC_REPLICAS, "min.insync.replicas", "min.insync.replicas", INT, "1", 1, 32767,   \
          NULL, "acks=all needs at least so many in-sync replicas.")                               \
        X(OFFSETS_PARTITIONS, "offsets.topic.num.partitions", NULL, INT, "50", 1, 100000, NULL,    \
          "Partitions of __consumer_offsets, when it is made.")                                    \
        X(OFFSETS_REPLICATION, "offsets.topic.replication.factor", NULL, INT, "3", 1, 32767, NULL, \
          "Its replicas; 1 on a node that is alone.")                                              \
        X(OFFSETS_SEGMENT_BYTES, "offsets.topic.segment.bytes", NULL, INT, "104857600", 1,         \
          INT32_MAX, NULL, "Its segment.bytes.")                                                   \
        X(OFFSETS_RETENTION_MIN, "offsets.retention.minutes", NULL, INT, "10080", 1, INT32_MAX,    \
          NULL, "Offsets are kept so long after their group has become empty.")                    \
        X(OFFSETS_CHECK_MS, "offsets.retention.check.interval.ms", NULL, LONG, "600000", 1,        \
          INT64_MAX, NULL, "How often is looked for those that are not.")                          \
        X(OFFSETS_LOAD_BYTES, "offsets.load.buffer.size", NULL, INT, "5242880", 1, INT32_MAX,      \
          NULL, "A new coordinator reads so much of it at a time, and does other work between.")   \
        X(OFFSET_METADATA_BYTES, "offset.metadata.max.bytes", NULL, INT, "4096", 0, INT32_MAX,     \
          NULL, "The longest text that may come with a committed offset.")                         \
        X(GROUP_SESSION_MIN_MS, "group.min.session.timeout.ms", NULL, INT, "6000", 0, INT32_MAX,   \
          NULL, "The shortest session time-out that a group's member may ask for.")                \
        X(GROUP_SESSION_MAX_MS, "group.max.session.timeout.ms", NULL, INT, "1800000", 0,           \
          INT32_MAX, NULL, "The longest.")                                                         \
        X(GROUP_INITIAL_DELAY_MS, "group.initial.rebalance.delay.ms", NULL, INT, "3000", 0,        \
          INT32_MAX, NULL, "An empty group waits so long for more members to join.")               \
        X(GROUP_MAX_SIZE, "group.max.size", NULL, INT, "2147483647", 1, INT32_MAX, NULL,           \
          "The most members of a group.")                                                          \
        X(TXN_PARTITIONS, "transaction.state.log.num.partitions", NULL, INT, "50", 1, 100000,      \
          NULL, "Partitions of __transaction_state, when it is made.")                             \
        X(TXN_REPLICATION, "transaction.state.log.replication.factor", NULL, INT, "3", 1, 32767,   \
          NULL, "Its replicas; 1 on a node that is alone.")                                        \
        X(TXN_MIN_ISR, "transaction.state.log.min.isr", NULL, INT, "2", 1, 32767, NULL,            \
          "Its min.insync.replicas, but never more than it has replicas.")                         \
        X(TXN_SEGMENT_BYTES, "transaction.state.log.segment.bytes", NULL, INT, "104857600", 1,     \
          INT32_MAX, NULL, "Its segment.bytes.")                                                   \
        X(TXN_LOAD_BYTES, "transaction.state.log.load.buffer.size", NULL, INT, "5242880", 1,       \
          INT32_MAX, NULL, "As offsets.load.buffer.size.")                                         \
        X(TXN_TIMEOUT_MAX_MS, "transaction.max.timeout.ms", NULL, INT, "900000", 1, INT32_MAX,     \
          NULL, "The longest time-out that a transactional producer may ask for.")                 \
        X(TXN_EXPIRATION_MS, "transactional.id.expiration.ms", NULL, LONG, "604800000", 1,         \
          INT64_MAX, NULL, "A transactional id that is idle for so long is forgotten.")            \
        X(TXN_ABORT_CHECK_MS, "transaction.abort.timed.out.transaction.cleanup.interval.ms", NULL, \
          INT, "10000", 1, INT32_MAX, NULL, "How often is looked for transactions out of time.")   \
        X(TXN_EXPIRY_CHECK_MS, "transaction.remove.expired.transaction.cleanup.interval.ms", NULL, \
          INT, "3600000", 1, INT32_MAX, NULL, "How often is looked for ids to forget.")            \
        X(TXN_VERIFICATION, "transaction.partition.verification.enable", NULL, BOOLEAN, "true", 0, \
          0, NULL, "Ask the coordinator before a record opens a transaction here (KIP-890).")      \
        X(PRODUCER_EXPIRATION_MS, "producer.id.expiration.ms", NULL, INT, "86400000", 1,           \
          INT32_MAX, NULL, "An idempotent producer that is silent for so long is forgotten.")

enum config_id {
#define CONFIG_ENUM(id, key, topic_key, type, value, min, max, words, text) CONFIG_##id,
        CONFIG_LIST(CONFIG_ENUM)
#undef CONFIG_ENUM
                CONFIG_KEYS
};

struct config_key {
        const char *name;
        const char *topic_name; /* NULL: no topic may override it */
        enum config_type type;
        const char *value; /* the default */
        int64_t min, max;  /* of numbers */
        const char *words; /* the only values a string may have; NULL: any */
        const char *text;
};

const struct config_key *config_key(enum config_id id);

/* The key of that name, or CONFIG_KEYS. The second looks among topic names. */
enum config_id config_find(struct str name);
enum config_id config_find_topic(struct str name);

struct config {
        const struct config *under; /* NULL: the table's defaults */
        char *values[CONFIG_KEYS];  /* NULL: not set here */
};

/* Zero-initialise, with `under` if there is one; this frees the values. */
void config_deinit(struct config *c);

/* Checks and sets; NULL takes the value away again. Errors: INVALID_CONFIG, with a clause that says
 * what is wrong in `why` (may be NULL). */
enum kerr config_set(struct config *c, enum config_id id, struct str value, char *why,
                     size_t why_size);

/* The value in force. Strings live until the value is set again. */
const char *config_string(const struct config *c, enum config_id id);
int64_t config_number(const struct config *c, enum config_id id);
double config_fraction(const struct config *c, enum config_id id);
bool config_bool(const struct config *c, enum config_id id);

/* Where the value in force was set: 0 here, 1 in the one under it, … ; -1: the table's default. */
int config_depth(const struct config *c, enum config_id id);

/* The same as the protocol says it (enum config_source), for the configuration of a topic or of the
 * broker. */
int8_t config_source(const struct config *c, enum config_id id, bool is_topic);

/* The part of a topic's (or the broker's) configuration that its logs obey. */
struct log_config config_of_log(const struct config *c);

/* Splits "PLAINTEXT://host:port"; an empty host is 127.0.0.1. Of a list (Kafka's files also name a
 * controller's listener) the first is taken. False when it is none. */
bool config_parse_listener(const char *text, char *host, size_t host_size, int32_t *port);

#endif
