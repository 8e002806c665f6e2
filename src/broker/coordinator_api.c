/* The requests that a coordinator answers: read, hand over, write the answer when it is there.
 * What they mean is in groups/coordinator.h and delivery/transaction.h. */
#include "broker/state.h"

#include <string.h>

union coordinator_question {
        struct join_group_request join_group;
        struct sync_group_request sync_group;
        struct heartbeat_request heartbeat;
        struct leave_group_request leave_group;
        struct offset_commit_request offset_commit;
        struct offset_fetch_request offset_fetch;
        struct offset_delete_request offset_delete;
        struct list_groups_request list_groups;
        struct describe_groups_request describe_groups;
        struct delete_groups_request delete_groups;
        struct txn_offset_commit_request txn_offset_commit;
        struct init_producer_id_request init_producer_id;
        struct add_partitions_to_txn_request add_partitions_to_txn;
        struct add_offsets_to_txn_request add_offsets_to_txn;
        struct end_txn_request end_txn;
        struct describe_transactions_request describe_transactions;
        struct list_transactions_request list_transactions;
};

union coordinator_answer {
        struct join_group_response join_group;
        struct sync_group_response sync_group;
        struct heartbeat_response heartbeat;
        struct leave_group_response leave_group;
        struct offset_commit_response offset_commit;
        struct offset_fetch_response offset_fetch;
        struct offset_delete_response offset_delete;
        struct list_groups_response list_groups;
        struct describe_groups_response describe_groups;
        struct delete_groups_response delete_groups;
        struct txn_offset_commit_response txn_offset_commit;
        struct init_producer_id_response init_producer_id;
        struct add_partitions_to_txn_response add_partitions_to_txn;
        struct add_offsets_to_txn_response add_offsets_to_txn;
        struct end_txn_response end_txn;
        struct describe_transactions_response describe_transactions;
        struct list_transactions_response list_transactions;
};

struct coordinator_call {
        struct request *request;
        void (*write)(struct serde *out, union coordinator_answer *answer);
        union coordinator_question in;
        union coordinator_answer answer;
        struct group_call group;
        struct txn_call txn;
};

static void forget(struct request *r)
{
        struct coordinator_call *call = r->state;
        group_call_forget(&call->group);
        txn_call_forget(&call->txn);
}

static void finish(struct coordinator_call *call)
{
        struct request *r = call->request;
        r->on_gone = NULL;
        struct serde out = request_answer(r);
        call->write(&out, &call->answer);
        request_finish(r, &out);
}

static void on_group_done(struct group_call *call)
{
        finish(heap_owner(call, struct coordinator_call, group));
}

static void on_txn_done(struct txn_call *call)
{
        finish(heap_owner(call, struct coordinator_call, txn));
}

/* "/127.0.0.1", as Kafka's tools show it, of "127.0.0.1:53211". */
static struct str host_of(struct request *r)
{
        const char *name = r->peer->name, *colon = strrchr(name, ':');
        size_t size = colon ? (size_t)(colon - name) : strlen(name);
        char *host = request_alloc(r, size + 1);
        host[0] = '/';
        memcpy(host + 1, name, size);
        return (struct str){host, (int32_t)size + 1};
}

static struct coordinator_call *begin(struct request *r,
                                      void (*write)(struct serde *, union coordinator_answer *))
{
        struct coordinator_call *call = r->state = request_alloc(r, sizeof *call);
        int16_t version = r->header.api_version;
        call->request = r;
        call->write = write;
        call->group = (struct group_call){
                .done = on_group_done,
                .arena = &r->arena,
                .version = version,
                .client_id = r->header.client_id,
                .client_host = host_of(r),
        };
        call->txn = (struct txn_call){.done = on_txn_done, .arena = &r->arena, .version = version};
        return call;
}

/* A handler: `api` names the messages, `function` of `coordinator` answers, through `kind` of call.
 */
#define COORDINATOR_API(api, function, coordinator, kind)                                        \
        static void write_##api(struct serde *out, union coordinator_answer *answer)             \
        {                                                                                        \
                serde_##api##_response(out, &answer->api);                                       \
        }                                                                                        \
                                                                                                 \
        void handle_##api(struct request *r)                                                     \
        {                                                                                        \
                struct coordinator_call *call = begin(r, write_##api);                           \
                serde_##api##_request(&r->in, &call->in.api);                                    \
                if (!request_is_sound(r))                                                        \
                        return;                                                                  \
                r->on_gone = forget;                                                             \
                function(r->broker->coordinator, &call->in.api, &call->answer.api, &call->kind); \
        }

COORDINATOR_API(join_group, groups_join, groups, group)
COORDINATOR_API(sync_group, groups_sync, groups, group)
COORDINATOR_API(heartbeat, groups_heartbeat, groups, group)
COORDINATOR_API(leave_group, groups_leave, groups, group)
COORDINATOR_API(offset_commit, groups_commit, groups, group)
COORDINATOR_API(offset_fetch, groups_fetch, groups, group)
COORDINATOR_API(offset_delete, groups_delete_offsets, groups, group)
COORDINATOR_API(list_groups, groups_list, groups, group)
COORDINATOR_API(describe_groups, groups_describe, groups, group)
COORDINATOR_API(delete_groups, groups_delete, groups, group)
COORDINATOR_API(init_producer_id, txns_init_producer, transactions, txn)
COORDINATOR_API(add_partitions_to_txn, txns_add_partitions, transactions, txn)
COORDINATOR_API(add_offsets_to_txn, txns_add_offsets, transactions, txn)
COORDINATOR_API(end_txn, txns_end, transactions, txn)
COORDINATOR_API(describe_transactions, txns_describe, transactions, txn)
COORDINATOR_API(list_transactions, txns_list, transactions, txn)

/* --- TxnOffsetCommit waits for the word of another coordinator first --- */

static void write_txn_offset_commit(struct serde *out, union coordinator_answer *answer)
{
        serde_txn_offset_commit_response(out, &answer->txn_offset_commit);
}

static void commit_in_txn(struct request *r)
{
        struct coordinator_call *call = r->state;
        const struct txn_offset_commit_request *in = &call->in.txn_offset_commit;
        enum kerr err = verify_offsets_error(r);
        r->on_gone = forget;
        if (err)
                groups_txn_refuse(in, &call->answer.txn_offset_commit, &call->group, err);
        else
                groups_txn_commit(r->broker->groups, in, &call->answer.txn_offset_commit,
                                  &call->group);
}

void handle_txn_offset_commit(struct request *r)
{
        struct coordinator_call *call = begin(r, write_txn_offset_commit);
        serde_txn_offset_commit_request(&r->in, &call->in.txn_offset_commit);
        if (request_is_sound(r) &&
            !verify_offsets_must_wait(r, &call->in.txn_offset_commit, commit_in_txn))
                commit_in_txn(r);
}
