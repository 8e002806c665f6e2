#include "wire/describe_cluster.h"

/* DescribeCluster asks for brokers and controller (KIP-700), or for the controllers (KIP-919). */
void serde_describe_cluster_request(struct serde *s, struct describe_cluster_request *m)
{
        if (serde_reads(s))
                m->endpoint_type = ENDPOINT_BROKERS;
        serde_bool(s, &m->include_cluster_authorized_operations);
        if (s->version >= 1)
                serde_i8(s, &m->endpoint_type);
        serde_tags(s);
}

static void serde_describe_cluster_broker(struct serde *s, struct describe_cluster_broker *m)
{
        serde_i32(s, &m->node_id);
        serde_string(s, &m->host);
        serde_i32(s, &m->port);
        serde_nullable_string(s, &m->rack);
        serde_tags(s);
}

/* The answer: who is in the cluster. */
void serde_describe_cluster_response(struct serde *s, struct describe_cluster_response *m)
{
        if (serde_reads(s))
                m->endpoint_type = ENDPOINT_BROKERS;
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_nullable_string(s, &m->error_message);
        if (s->version >= 1)
                serde_i8(s, &m->endpoint_type);
        serde_string(s, &m->cluster_id);
        serde_i32(s, &m->controller_id);
        serde_array(s, &m->brokers, serde_describe_cluster_broker);
        serde_i32(s, &m->authorized_operations);
        serde_tags(s);
}
