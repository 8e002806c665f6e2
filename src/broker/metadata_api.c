/* Metadata, DescribeCluster and ApiVersions: what a client asks before it works. */
#include "broker/state.h"
#include "wire/api_versions.h"
#include "wire/describe_cluster.h"
#include "wire/metadata.h"

void handle_api_versions(struct request *r)
{
        struct api_versions_request in = {0};
        struct api_versions_response answer = {0};
        int32_t count;
        const struct api *table = api_table(&count);
        if (r->header.api_version > r->api->max || r->header.api_version < 0) {
                /* The client is newer than we are: version 0, where every client can read it. */
                answer.error_code = KERR_UNSUPPORTED_VERSION;
                r->header.api_version = 0;
        } else {
                serde_api_versions_request(&r->in, &in);
                if (!request_is_sound(r))
                        return;
        }
        reply_array(r, &answer.apis, count);
        answer.apis.count = 0;
        for (int32_t i = 0; i < count; i++) {
                const struct api *api = &table[i];
                if (api->advertised_min >= 0)
                        answer.apis.items[answer.apis.count++] =
                                (struct api_versions_api){api->key, api->advertised_min, api->max};
        }
        struct serde out = request_answer(r);
        serde_api_versions_response(&out, &answer);
        request_finish(r, &out);
}

static int32_t live_brokers(const struct broker *b)
{
        int32_t count = 0;
        for (struct image_broker *other = b->image.brokers; other; other = other->hh.next)
                count += !other->fenced;
        return count;
}

/* The active controller, where clients can reach it; else any broker, because each forwards. */
static int32_t controller_for_clients(const struct broker *b)
{
        const struct image_broker *other = image_broker(&b->image, metadata_controller(b));
        if (other && !other->fenced)
                return other->id;
        other = b->image.brokers;
        while (other && other->fenced)
                other = other->hh.next;
        return other ? other->id : -1;
}

void handle_describe_cluster(struct request *r)
{
        struct describe_cluster_request in = {0};
        serde_describe_cluster_request(&r->in, &in);
        if (!request_is_sound(r))
                return;
        struct broker *b = r->broker;
        struct describe_cluster_response answer = {
                .error_message = STR_NULL,
                .endpoint_type = in.endpoint_type,
                .cluster_id = str_of(log_dir_cluster_id(b->logs)),
                .controller_id = controller_for_clients(b),
                .authorized_operations = AUTHORIZED_OPERATIONS_NOT_ASKED,
        };
        reply_array(r, &answer.brokers, live_brokers(b));
        int32_t i = 0;
        for (struct image_broker *other = b->image.brokers; other; other = other->hh.next) {
                if (!other->fenced)
                        answer.brokers.items[i++] = (struct describe_cluster_broker){
                                other->id, str_of(other->host), other->port, STR_NULL};
        }
        struct serde out = request_answer(r);
        serde_describe_cluster_response(&out, &answer);
        request_finish(r, &out);
}

/* Replicas on brokers that are fenced, or whose log cannot be opened here. */
static void add_offline(struct request *r, const struct image_partition *p, bool here,
                        struct metadata_partition_response *out)
{
        struct broker *b = r->broker;
        out->offline_replicas.items =
                request_alloc(r, (size_t)p->replicas.count * sizeof *out->offline_replicas.items);
        for (int32_t i = 0; i < p->replicas.count; i++) {
                int32_t id = p->replicas.ids[i];
                const struct image_broker *other = image_broker(&b->image, id);
                if (!other || other->fenced || (id == b->node_id && !here))
                        out->offline_replicas.items[out->offline_replicas.count++] = id;
        }
}

static void describe_partition(struct request *r, struct image_topic *topic, int32_t index,
                               struct metadata_partition_response *out)
{
        struct image_partition *p = &topic->partitions[index];
        enum kerr err;
        hosted_find(r->broker, str_of(topic->name), index, &err);
        bool here = err != KERR_KAFKA_STORAGE_ERROR;
        bool led = p->leader >= 0 && (here || p->leader != r->broker->node_id);
        *out = (struct metadata_partition_response){
                .error_code = led ? KERR_NONE : KERR_LEADER_NOT_AVAILABLE,
                .index = index,
                .leader_id = led ? p->leader : -1,
                .leader_epoch = p->leader_epoch,
                .replicas = {p->replicas.ids, p->replicas.count},
                .isr = {p->isr.ids, p->isr.count},
        };
        add_offline(r, p, here, out);
}

static void describe_topic(struct request *r, struct image_topic *topic,
                           struct metadata_topic_response *out)
{
        *out = (struct metadata_topic_response){
                .name = str_of(topic->name),
                .topic_id = topic->id,
                .is_internal = topic_is_internal(str_of(topic->name)),
                .authorized_operations = AUTHORIZED_OPERATIONS_NOT_ASKED,
        };
        reply_array(r, &out->partitions, topic->partition_count);
        for (int32_t i = 0; i < topic->partition_count; i++)
                describe_partition(r, topic, i, &out->partitions.items[i]);
}

/* Java's client sends an empty name, not null, with an id. */
static bool asks_by_id(const struct metadata_topic *in)
{
        static const struct uuid none;
        return in->name.size < 0 || !uuid_equal(&in->topic_id, &none);
}

static struct image_topic *find_topic(struct request *r, const struct metadata_topic *in)
{
        return asks_by_id(in) ? image_topic_by_id(&r->broker->image, &in->topic_id)
                              : image_topic(&r->broker->image, in->name);
}

static void describe_asked(struct request *r, const struct metadata_topic *in,
                           struct metadata_topic_response *out)
{
        struct image_topic *topic = find_topic(r, in);
        if (topic) {
                describe_topic(r, topic, out);
                return;
        }
        enum kerr err = KERR_UNKNOWN_TOPIC_OR_PARTITION;
        struct str name = in->name;
        if (asks_by_id(in)) {
                err = KERR_UNKNOWN_TOPIC_ID;
                name = r->header.api_version >= 12 ? STR_NULL : str_of(""); /* null from 12 on */
        } else if (!controller_topic_name_is_valid(in->name)) {
                err = KERR_INVALID_TOPIC_EXCEPTION;
        }
        *out = (struct metadata_topic_response){
                .error_code = (int16_t)err,
                .name = name,
                .topic_id = in->topic_id,
                .authorized_operations = AUTHORIZED_OPERATIONS_NOT_ASKED,
        };
}

static void answer_metadata(struct request *r)
{
        struct broker *b = r->broker;
        struct metadata_request *in = r->state;
        struct metadata_response answer = {
                .cluster_id = str_of(log_dir_cluster_id(b->logs)),
                .controller_id = controller_for_clients(b),
                .authorized_operations = AUTHORIZED_OPERATIONS_NOT_ASKED,
        };
        int32_t live = 0;
        reply_array(r, &answer.brokers, live_brokers(b));
        for (struct image_broker *other = b->image.brokers; other; other = other->hh.next) {
                if (!other->fenced)
                        answer.brokers.items[live++] = (struct metadata_broker){
                                other->id, str_of(other->host), other->port, STR_NULL};
        }
        if (in->topics.count >= 0) {
                reply_array(r, &answer.topics, in->topics.count);
                for (int32_t i = 0; i < in->topics.count; i++)
                        describe_asked(r, &in->topics.items[i], &answer.topics.items[i]);
        } else {
                int32_t i = 0;
                reply_array(r, &answer.topics, (int32_t)HASH_COUNT(b->image.topics));
                for (struct image_topic *t = b->image.topics; t; t = t->hh.next)
                        describe_topic(r, t, &answer.topics.items[i++]);
        }
        struct serde out = request_answer(r);
        serde_metadata_response(&out, &answer);
        request_finish(r, &out);
}

/* --- topics that are made because somebody asks for them --- */

static bool is_to_be_made(const struct request *r, const struct metadata_topic *in)
{
        return !asks_by_id(in) && !image_topic(&r->broker->image, in->name) &&
               controller_topic_name_is_valid(in->name);
}

static bool any_is_to_be_made(const struct request *r)
{
        const struct metadata_request *in = r->state;
        if (!in->allow_auto_topic_creation ||
            !config_bool(r->broker->config, CONFIG_AUTO_CREATE_TOPICS))
                return false;
        for (int32_t i = 0; i < in->topics.count; i++) {
                if (is_to_be_made(r, &in->topics.items[i]))
                        return true;
        }
        return false;
}

static void on_created(void *context, enum kerr err)
{
        (void)err; /* a topic that could not be made is answered as unknown, and asked for again */
        answer_metadata(context);
}

static void create_missing(struct request *r)
{
        const struct metadata_request *in = r->state;
        struct broker *b = r->broker;
        for (int32_t i = 0; i < in->topics.count; i++) {
                struct new_topic topic = {
                        .name = in->topics.items[i].name,
                        .partition_count = (int32_t)config_number(b->config, CONFIG_NUM_PARTITIONS),
                        .replication_factor = (int32_t)config_number(
                                b->config, CONFIG_DEFAULT_REPLICATION_FACTOR),
                };
                char why[200];
                if (is_to_be_made(r, &in->topics.items[i]))
                        controller_create_topic(&b->controller, &topic, why, sizeof why);
        }
        controller_submit(&b->controller, on_created, r);
}

void handle_metadata(struct request *r)
{
        struct metadata_request *in = r->state = request_alloc(r, sizeof *in);
        serde_metadata_request(&r->in, in);
        if (!request_is_sound(r))
                return;
        if (!any_is_to_be_made(r))
                answer_metadata(r);
        else if (r->broker->controller.active)
                create_missing(r);
        else
                forward_request(r);
}
