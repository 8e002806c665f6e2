#include "wire/broker_registration.h"

static void serde_broker_registration_listener(struct serde *s,
                                               struct broker_registration_listener *m)
{
        serde_string(s, &m->name);
        serde_string(s, &m->host);
        serde_u16(s, &m->port);
        serde_i16(s, &m->security_protocol);
        serde_tags(s);
}

static void serde_broker_registration_feature(struct serde *s,
                                              struct broker_registration_feature *m)
{
        serde_string(s, &m->name);
        serde_i16(s, &m->min_supported_version);
        serde_i16(s, &m->max_supported_version);
        serde_tags(s);
}

/* BrokerRegistration says: I have started, clients reach me there (KIP-631). */
void serde_broker_registration_request(struct serde *s, struct broker_registration_request *m)
{
        bool is_migrating_zk_broker = false; /* there are none here */
        serde_i32(s, &m->broker_id);
        serde_string(s, &m->cluster_id);
        serde_uuid(s, &m->incarnation_id);
        serde_array(s, &m->listeners, serde_broker_registration_listener);
        serde_array(s, &m->features, serde_broker_registration_feature);
        serde_nullable_string(s, &m->rack);
        serde_bool(s, &is_migrating_zk_broker);
        serde_array(s, &m->log_dirs, serde_uuid);
        serde_i64(s, &m->previous_broker_epoch);
        serde_tags(s);
}

/* The answer: the broker's epoch, by which this life of it is known from now on. */
void serde_broker_registration_response(struct serde *s, struct broker_registration_response *m)
{
        serde_i32(s, &m->throttle_time_ms);
        serde_i16(s, &m->error_code);
        serde_i64(s, &m->broker_epoch);
        serde_tags(s);
}
