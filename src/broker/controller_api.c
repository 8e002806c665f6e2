/* What brokers and operators ask of the controller: each is handed to src/cluster, and answered
 * when the change it made is committed. */
#include "broker/state.h"

/* --- BrokerRegistration --- */

static void on_registration(void *context, enum kerr err)
{
        struct request *r = context;
        struct broker_registration_response *answer = r->state;
        if (err)
                *answer = (struct broker_registration_response){.error_code = errors_to_wire(err),
                                                                .broker_epoch = -1};
        struct serde out = request_answer(r);
        serde_broker_registration_response(&out, answer);
        request_finish(r, &out);
}

void handle_broker_registration(struct request *r)
{
        struct controller *c = &r->broker->controller;
        struct broker_registration_request in = {0};
        struct broker_registration_response *answer = r->state = request_alloc(r, sizeof *answer);
        serde_broker_registration_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        if (str_equal_c(in.cluster_id, log_dir_cluster_id(r->broker->logs)))
                controller_register_broker(c, &in, answer);
        else
                answer->error_code = KERR_INCONSISTENT_CLUSTER_ID;
        controller_submit(c, on_registration, r);
}

/* --- BrokerHeartbeat --- */

static void on_heartbeat(void *context, enum kerr err)
{
        struct request *r = context;
        struct broker_heartbeat_response *answer = r->state;
        if (err)
                answer->error_code = errors_to_wire(err);
        struct serde out = request_answer(r);
        serde_broker_heartbeat_response(&out, answer);
        request_finish(r, &out);
}

void handle_broker_heartbeat(struct request *r)
{
        struct controller *c = &r->broker->controller;
        struct broker_heartbeat_request in = {0};
        struct broker_heartbeat_response *answer = r->state = request_alloc(r, sizeof *answer);
        serde_broker_heartbeat_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        controller_heartbeat(c, &in, answer);
        controller_submit(c, on_heartbeat, r);
}

/* --- AlterPartition --- */

static void on_alter_partition(void *context, enum kerr err)
{
        struct request *r = context;
        struct alter_partition_response *answer = r->state;
        if (err)
                *answer = (struct alter_partition_response){.error_code = errors_to_wire(err)};
        struct serde out = request_answer(r);
        serde_alter_partition_response(&out, answer);
        request_finish(r, &out);
}

void handle_alter_partition(struct request *r)
{
        struct controller *c = &r->broker->controller;
        struct alter_partition_request in = {0};
        struct alter_partition_response *answer = r->state = request_alloc(r, sizeof *answer);
        serde_alter_partition_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        controller_alter_partition(c, &in, &r->arena, answer);
        controller_submit(c, on_alter_partition, r);
}

/* --- AllocateProducerIds --- */

static void on_producer_ids(void *context, enum kerr err)
{
        struct request *r = context;
        struct allocate_producer_ids_response *answer = r->state;
        if (err)
                *answer =
                        (struct allocate_producer_ids_response){.error_code = errors_to_wire(err)};
        struct serde out = request_answer(r);
        serde_allocate_producer_ids_response(&out, answer);
        request_finish(r, &out);
}

void handle_allocate_producer_ids(struct request *r)
{
        struct controller *c = &r->broker->controller;
        struct allocate_producer_ids_request in = {0};
        struct allocate_producer_ids_response *answer = r->state = request_alloc(r, sizeof *answer);
        serde_allocate_producer_ids_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        controller_allocate_producer_ids(c, &in, answer);
        controller_submit(c, on_producer_ids, r);
}

/* --- ElectLeaders --- */

static void on_elected(void *context, enum kerr err)
{
        struct request *r = context;
        struct elect_leaders_response *answer = r->state;
        if (err)
                *answer = (struct elect_leaders_response){.error_code = errors_to_wire(err)};
        struct serde out = request_answer(r);
        serde_elect_leaders_response(&out, answer);
        request_finish(r, &out);
}

void handle_elect_leaders(struct request *r)
{
        struct controller *c = &r->broker->controller;
        struct elect_leaders_request in = {0};
        struct elect_leaders_response *answer = r->state = request_alloc(r, sizeof *answer);
        serde_elect_leaders_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        controller_elect_leaders(c, &in, &r->arena, answer);
        controller_submit(c, on_elected, r);
}

/* --- AlterPartitionReassignments, ListPartitionReassignments --- */

static void on_reassigned(void *context, enum kerr err)
{
        struct request *r = context;
        struct alter_reassignments_response *answer = r->state;
        if (err)
                *answer = (struct alter_reassignments_response){
                        .error_code = errors_to_wire(err), .error_message = str_of(kerr_text(err))};
        struct serde out = request_answer(r);
        serde_alter_reassignments_response(&out, answer);
        request_finish(r, &out);
}

void handle_alter_reassignments(struct request *r)
{
        struct controller *c = &r->broker->controller;
        struct alter_reassignments_request in = {0};
        struct alter_reassignments_response *answer = r->state = request_alloc(r, sizeof *answer);
        serde_alter_reassignments_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        controller_reassign(c, &in, &r->arena, answer);
        controller_submit(c, on_reassigned, r);
}

void handle_list_reassignments(struct request *r)
{
        struct list_reassignments_request in = {0};
        struct list_reassignments_response answer = {0};
        serde_list_reassignments_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        controller_list_reassignments(&r->broker->controller, &in, &r->arena, &answer);
        struct serde out = request_answer(r);
        serde_list_reassignments_response(&out, &answer);
        request_finish(r, &out);
}
