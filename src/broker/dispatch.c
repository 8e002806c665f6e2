#include "broker/state.h"

#include <stdio.h>

static const struct {
        enum api_key key;
        void (*handle)(struct request *r);
} handlers[] = {
        {API_PRODUCE, handle_produce},
        {API_FETCH, handle_fetch},
        {API_LIST_OFFSETS, handle_list_offsets},
        {API_METADATA, handle_metadata},
        {API_FIND_COORDINATOR, handle_find_coordinator},
        {API_API_VERSIONS, handle_api_versions},
        {API_CREATE_TOPICS, handle_create_topics},
        {API_DELETE_TOPICS, handle_delete_topics},
        {API_DELETE_RECORDS, handle_delete_records},
        {API_OFFSET_FOR_LEADER_EPOCH, handle_offset_for_leader_epoch},
        {API_DESCRIBE_CONFIGS, handle_describe_configs},
        {API_ALTER_CONFIGS, handle_alter_configs},
        {API_INCREMENTAL_ALTER_CONFIGS, handle_incremental_alter_configs},
        {API_CREATE_PARTITIONS, handle_create_partitions},
        {API_DESCRIBE_CLUSTER, handle_describe_cluster},
        {API_VOTE, handle_vote},
        {API_BEGIN_QUORUM_EPOCH, handle_begin_quorum_epoch},
        {API_END_QUORUM_EPOCH, handle_end_quorum_epoch},
        {API_DESCRIBE_QUORUM, handle_describe_quorum},
        {API_FETCH_SNAPSHOT, handle_fetch_snapshot},
        {API_ALTER_PARTITION, handle_alter_partition},
        {API_ENVELOPE, handle_envelope},
        {API_BROKER_REGISTRATION, handle_broker_registration},
        {API_BROKER_HEARTBEAT, handle_broker_heartbeat},
        {API_ELECT_LEADERS, handle_elect_leaders},
        {API_ALTER_PARTITION_REASSIGNMENTS, handle_alter_reassignments},
        {API_LIST_PARTITION_REASSIGNMENTS, handle_list_reassignments},
        {API_ALLOCATE_PRODUCER_IDS, handle_allocate_producer_ids},
        {API_JOIN_GROUP, handle_join_group},
        {API_SYNC_GROUP, handle_sync_group},
        {API_HEARTBEAT, handle_heartbeat},
        {API_LEAVE_GROUP, handle_leave_group},
        {API_OFFSET_COMMIT, handle_offset_commit},
        {API_OFFSET_FETCH, handle_offset_fetch},
        {API_OFFSET_DELETE, handle_offset_delete},
        {API_LIST_GROUPS, handle_list_groups},
        {API_DESCRIBE_GROUPS, handle_describe_groups},
        {API_DELETE_GROUPS, handle_delete_groups},
        {API_TXN_OFFSET_COMMIT, handle_txn_offset_commit},
        {API_INIT_PRODUCER_ID, handle_init_producer_id},
        {API_ADD_PARTITIONS_TO_TXN, handle_add_partitions_to_txn},
        {API_ADD_OFFSETS_TO_TXN, handle_add_offsets_to_txn},
        {API_END_TXN, handle_end_txn},
        {API_DESCRIBE_TRANSACTIONS, handle_describe_transactions},
        {API_LIST_TRANSACTIONS, handle_list_transactions},
        {API_WRITE_TXN_MARKERS, handle_write_txn_markers},
        {API_DESCRIBE_PRODUCERS, handle_describe_producers},
};

/* Asked by clients of any broker; other brokers ask the controller itself. */
static const enum api_key controllers[] = {
        API_CREATE_TOPICS,
        API_DELETE_TOPICS,
        API_CREATE_PARTITIONS,
        API_ALTER_CONFIGS,
        API_ELECT_LEADERS,
        API_INCREMENTAL_ALTER_CONFIGS,
        API_DESCRIBE_QUORUM,
        API_ALTER_PARTITION_REASSIGNMENTS,
        API_LIST_PARTITION_REASSIGNMENTS,
};

bool dispatch_is_controllers(int16_t api_key)
{
        for (size_t i = 0; i < sizeof controllers / sizeof controllers[0]; i++) {
                if ((int16_t)controllers[i] == api_key)
                        return true;
        }
        return false;
}

/* What clients ask before all else. Who asks what there is must not hear of an empty cluster, only
 * because we do not know it yet: a producer would give its records up. And one whose batch is
 * refused may send the next one first. (Kafka takes no connection before it is ready.) */
static const enum api_key clients[] = {
        API_METADATA, API_DESCRIBE_CLUSTER, API_PRODUCE, API_LIST_OFFSETS, API_FIND_COORDINATOR,
};

static bool must_wait(const struct request *r)
{
        if (!r->broker->is_broker || broker_is_ready(r->broker) || r->is_enveloped)
                return false;
        for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
                if ((int16_t)clients[i] == r->api->key)
                        return true;
        }
        return false;
}

static bool not_yet(struct delayed *d, bool late)
{
        (void)d;
        (void)late;
        return false;
}

static void wait_until_ready(struct request *r)
{
        struct watch_list *list = &r->broker->ready_waiters;
        r->delayed.try_complete = not_yet;
        purgatory_add(&r->broker->purgatory, &r->delayed, INT64_MAX, &list, 1);
}

void dispatch_waiting(struct broker *b)
{
        while (b->ready_waiters.first && broker_is_ready(b)) {
                struct request *r =
                        heap_owner(b->ready_waiters.first->delayed, struct request, delayed);
                purgatory_cancel(&b->purgatory, &r->delayed);
                dispatch(r);
        }
}

void dispatch(struct request *r)
{
        const struct api *api = r->api;
        int16_t version = r->header.api_version;
        bool known = api && version >= api->min && version <= api->max;
        if (known && must_wait(r)) {
                wait_until_ready(r);
                return;
        }
        if (known && dispatch_is_controllers(api->key) && !r->broker->controller.active) {
                forward_request(r);
                return;
        }
        if (known || (api && api->key == API_API_VERSIONS)) {
                for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
                        if ((int16_t)handlers[i].key == api->key) {
                                handlers[i].handle(r);
                                return;
                        }
                }
        }
        char why[100];
        snprintf(why, sizeof why, "unsupported request: %s (key %d) version %d",
                 api ? api->name : "unknown API", r->header.api_key, version);
        peer_refuse(r->broker, r->peer, why);
}
