/* errors.h - the one list of error codes.
 *
 * A fallible function returns enum kerr. Codes from -1 up carry Apache Kafka's own numbers
 * (clients/…/protocol/Errors.java) and may go out on the wire. Codes from -2 down are local to this
 * process: errors_to_wire() maps them before an answer leaves.
 *
 * Each entry pairs the code with its text, so the enum, kerr_name() and kerr_text() cannot drift.
 */
#ifndef ODRADEK_BASE_ERRORS_H
#define ODRADEK_BASE_ERRORS_H

#include <stdint.h>

#define KERR_LIST(X)                                                                            \
        X(CONNECTION_FAILED, -13, "the connection could not be made or was lost")               \
        X(TIMED_OUT_LOCALLY, -12, "no answer came in time")                                     \
        X(QUEUE_FULL, -11, "the local queue is full, try again later")                          \
        X(NO_MEMORY, -10, "the request needs more memory than it may use")                      \
        X(MALFORMED, -9, "bytes do not follow their format")                                    \
        X(TRUNCATED, -8, "bytes end before their message does")                                 \
        X(END_OF_FILE, -7, "the file ends before the bytes asked for")                          \
        X(NO_SPACE, -6, "no space left on the device")                                          \
        X(IO, -5, "input or output error")                                                      \
        X(EXISTS, -4, "a file of that name exists")                                             \
        X(NOT_FOUND, -3, "no such file or directory")                                           \
        X(SEGMENT_FULL, -2, "the segment has no room, roll to a new one")                       \
        X(UNKNOWN_SERVER_ERROR, -1, "unexpected server error")                                  \
        X(NONE, 0, "no error")                                                                  \
        X(OFFSET_OUT_OF_RANGE, 1, "the offset is outside the log")                              \
        X(CORRUPT_MESSAGE, 2, "a batch fails its CRC or is otherwise corrupt")                  \
        X(UNKNOWN_TOPIC_OR_PARTITION, 3, "this server does not host this topic-partition")      \
        X(INVALID_FETCH_SIZE, 4, "the requested fetch size is invalid")                         \
        X(LEADER_NOT_AVAILABLE, 5, "there is no leader for this topic-partition")               \
        X(NOT_LEADER_OR_FOLLOWER, 6, "this broker is not the leader (or not a replica)")        \
        X(REQUEST_TIMED_OUT, 7, "the request timed out")                                        \
        X(BROKER_NOT_AVAILABLE, 8, "the broker is not available")                               \
        X(REPLICA_NOT_AVAILABLE, 9, "the replica is not available")                             \
        X(MESSAGE_TOO_LARGE, 10, "a batch is larger than max.message.bytes")                    \
        X(STALE_CONTROLLER_EPOCH, 11, "the controller moved to another broker")                 \
        X(OFFSET_METADATA_TOO_LARGE, 12, "the metadata of the offset commit is too large")      \
        X(NETWORK_EXCEPTION, 13, "the server disconnected before it answered")                  \
        X(COORDINATOR_LOAD_IN_PROGRESS, 14, "the coordinator is loading its state")             \
        X(COORDINATOR_NOT_AVAILABLE, 15, "the coordinator is not available")                    \
        X(NOT_COORDINATOR, 16, "this is not the correct coordinator")                           \
        X(INVALID_TOPIC_EXCEPTION, 17, "the topic name is not valid")                           \
        X(RECORD_LIST_TOO_LARGE, 18, "the batches are larger than a segment may be")            \
        X(NOT_ENOUGH_REPLICAS, 19, "fewer in-sync replicas than min.insync.replicas")           \
        X(NOT_ENOUGH_REPLICAS_AFTER_APPEND, 20, "appended, but to too few in-sync replicas")    \
        X(INVALID_REQUIRED_ACKS, 21, "acks must be -1, 0 or 1")                                 \
        X(ILLEGAL_GENERATION, 22, "the group generation is not the current one")                \
        X(INCONSISTENT_GROUP_PROTOCOL, 23, "the group has no protocol in common")               \
        X(INVALID_GROUP_ID, 24, "the group id is not valid")                                    \
        X(UNKNOWN_MEMBER_ID, 25, "the coordinator does not know this member")                   \
        X(INVALID_SESSION_TIMEOUT, 26, "the session time-out is outside its range")             \
        X(REBALANCE_IN_PROGRESS, 27, "the group is rebalancing, join again")                    \
        X(INVALID_COMMIT_OFFSET_SIZE, 28, "the offset commit is too large")                     \
        X(TOPIC_AUTHORIZATION_FAILED, 29, "topic authorization failed")                         \
        X(GROUP_AUTHORIZATION_FAILED, 30, "group authorization failed")                         \
        X(CLUSTER_AUTHORIZATION_FAILED, 31, "cluster authorization failed")                     \
        X(INVALID_TIMESTAMP, 32, "a record's timestamp is out of range")                        \
        X(UNSUPPORTED_SASL_MECHANISM, 33, "the SASL mechanism is not supported")                \
        X(ILLEGAL_SASL_STATE, 34, "the request is not valid in this SASL state")                \
        X(UNSUPPORTED_VERSION, 35, "this version of the API is not supported")                  \
        X(TOPIC_ALREADY_EXISTS, 36, "a topic of this name exists")                              \
        X(INVALID_PARTITIONS, 37, "the number of partitions is not valid")                      \
        X(INVALID_REPLICATION_FACTOR, 38, "the replication factor is not valid")                \
        X(INVALID_REPLICA_ASSIGNMENT, 39, "the replica assignment is not valid")                \
        X(INVALID_CONFIG, 40, "a configuration is not valid")                                   \
        X(NOT_CONTROLLER, 41, "this is not the controller")                                     \
        X(INVALID_REQUEST, 42, "the request contradicts itself or the protocol")                \
        X(UNSUPPORTED_FOR_MESSAGE_FORMAT, 43, "the message format does not support this")       \
        X(POLICY_VIOLATION, 44, "the request violates a policy")                                \
        X(OUT_OF_ORDER_SEQUENCE_NUMBER, 45, "a producer's sequence number is out of order")     \
        X(DUPLICATE_SEQUENCE_NUMBER, 46, "a producer's sequence number was seen before")        \
        X(INVALID_PRODUCER_EPOCH, 47, "the producer's epoch is older than the known one")       \
        X(INVALID_TXN_STATE, 48, "the transaction is not in a state for this")                  \
        X(INVALID_PRODUCER_ID_MAPPING, 49, "the producer id does not fit its transactional id") \
        X(INVALID_TRANSACTION_TIMEOUT, 50, "the transaction time-out is too large")             \
        X(CONCURRENT_TRANSACTIONS, 51, "another operation on the transaction is going on")      \
        X(TRANSACTION_COORDINATOR_FENCED, 52, "the transaction coordinator was replaced")       \
        X(TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 53, "transactional id authorization failed")   \
        X(SECURITY_DISABLED, 54, "security features are disabled")                              \
        X(OPERATION_NOT_ATTEMPTED, 55, "not attempted, because another part of it failed")      \
        X(KAFKA_STORAGE_ERROR, 56, "disk error in the log directory")                           \
        X(LOG_DIR_NOT_FOUND, 57, "the log directory was not found")                             \
        X(SASL_AUTHENTICATION_FAILED, 58, "SASL authentication failed")                         \
        X(UNKNOWN_PRODUCER_ID, 59, "no state is kept for this producer id")                     \
        X(REASSIGNMENT_IN_PROGRESS, 60, "a partition reassignment is in progress")              \
        X(NON_EMPTY_GROUP, 68, "the group is not empty")                                        \
        X(GROUP_ID_NOT_FOUND, 69, "no such group")                                              \
        X(FETCH_SESSION_ID_NOT_FOUND, 70, "the fetch session does not exist")                   \
        X(INVALID_FETCH_SESSION_EPOCH, 71, "the fetch session epoch is not valid")              \
        X(LISTENER_NOT_FOUND, 72, "the leader has no listener of that name")                    \
        X(TOPIC_DELETION_DISABLED, 73, "topic deletion is disabled")                            \
        X(FENCED_LEADER_EPOCH, 74, "the request carries an older leader epoch")                 \
        X(UNKNOWN_LEADER_EPOCH, 75, "the request carries a newer leader epoch")                 \
        X(UNSUPPORTED_COMPRESSION_TYPE, 76, "the compression codec is not supported")           \
        X(STALE_BROKER_EPOCH, 77, "the broker epoch is not the current one")                    \
        X(OFFSET_NOT_AVAILABLE, 78, "the new leader's high watermark has not caught up")        \
        X(MEMBER_ID_REQUIRED, 79, "join again with the member id given")                        \
        X(PREFERRED_LEADER_NOT_AVAILABLE, 80, "the preferred leader is not available")          \
        X(GROUP_MAX_SIZE_REACHED, 81, "the group is full")                                      \
        X(FENCED_INSTANCE_ID, 82, "another member took this group instance id")                 \
        X(ELIGIBLE_LEADERS_NOT_AVAILABLE, 83, "no eligible leader is available")                \
        X(ELECTION_NOT_NEEDED, 84, "the partition has the leader it should have")               \
        X(NO_REASSIGNMENT_IN_PROGRESS, 85, "no partition reassignment is in progress")          \
        X(GROUP_SUBSCRIBED_TO_TOPIC, 86, "the group still reads this topic")                    \
        X(INVALID_RECORD, 87, "a record fails the broker's validation")                         \
        X(UNSTABLE_OFFSET_COMMIT, 88, "offsets of an open transaction are pending")             \
        X(THROTTLING_QUOTA_EXCEEDED, 89, "the throttling quota is exceeded")                    \
        X(PRODUCER_FENCED, 90, "a newer producer uses this transactional id")                   \
        X(RESOURCE_NOT_FOUND, 91, "no such resource")                                           \
        X(DUPLICATE_RESOURCE, 92, "the resource is named twice")                                \
        X(UNACCEPTABLE_CREDENTIAL, 93, "the credential is not acceptable")                      \
        X(INCONSISTENT_VOTER_SET, 94, "the voter sets differ")                                  \
        X(INVALID_UPDATE_VERSION, 95, "the update's version is not valid")                      \
        X(FEATURE_UPDATE_FAILED, 96, "the feature could not be updated")                        \
        X(PRINCIPAL_DESERIALIZATION_FAILURE, 97, "the principal could not be read")             \
        X(SNAPSHOT_NOT_FOUND, 98, "no such snapshot")                                           \
        X(POSITION_OUT_OF_RANGE, 99, "the position is outside the snapshot")                    \
        X(UNKNOWN_TOPIC_ID, 100, "this server does not know the topic id")                      \
        X(DUPLICATE_BROKER_REGISTRATION, 101, "a broker of this id is registered and alive")    \
        X(BROKER_ID_NOT_REGISTERED, 102, "no broker of this id is registered")                  \
        X(INCONSISTENT_TOPIC_ID, 103, "the topic id does not match")                            \
        X(INCONSISTENT_CLUSTER_ID, 104, "the cluster id does not match")                        \
        X(TRANSACTIONAL_ID_NOT_FOUND, 105, "no such transactional id")                          \
        X(FETCH_SESSION_TOPIC_ID_ERROR, 106, "the fetch session mixes topic ids and names")     \
        X(INELIGIBLE_REPLICA, 107, "the new ISR holds a replica that may not join it")          \
        X(NEW_LEADER_ELECTED, 108, "the partition change elected another leader")

enum kerr {
#define KERR_ENUM(name, number, text) KERR_##name = (number),
        KERR_LIST(KERR_ENUM)
#undef KERR_ENUM
};

/* The code's name, as Kafka spells it ("NOT_LEADER_OR_FOLLOWER"); "UNLISTED" for a number that is
 * not in the list (a peer may send one). Static storage. */
const char *kerr_name(int code);

/* One clause for people. Static storage. */
const char *kerr_text(int code);

/* What a client may see: Kafka's codes unchanged, local ones as the nearest of Kafka's. */
int16_t errors_to_wire(enum kerr err);

#endif
