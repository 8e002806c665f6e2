/* What the null broker answers; see null_broker.h. */
#include "bench/null_private.h"
#include "log/batch.h"
#include "wire/api_versions.h"
#include "wire/create_topics.h"
#include "wire/fetch.h"
#include "wire/find_coordinator.h"
#include "wire/list_offsets.h"
#include "wire/metadata.h"
#include "wire/produce.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

enum {
        NODE_ID = 1,
        ARENA_BYTES = 16 << 20,
        OFFSET_BYTES = 8, /* the base offset, first in a batch and outside its CRC */
};

/* Where all logs end: nobody gets there. */
static const int64_t end_offset = (int64_t)1 << 40;

static const int16_t spoken[] = {
        API_PRODUCE,          API_FETCH,        API_LIST_OFFSETS, API_METADATA,
        API_FIND_COORDINATOR, API_API_VERSIONS, API_CREATE_TOPICS};
enum { SPOKEN = sizeof spoken / sizeof spoken[0] };

static const struct str localhost = {"127.0.0.1", 9};

/* A request, and the answer to it as far as it is written. */
struct exchange {
        struct null_connection *c;
        struct serde *in;
        struct arena *arena;
        const struct api *api;
        int32_t correlation;
        struct packet *answer; /* NULL: none goes out */
};

static struct serde begin_answer(struct exchange *e)
{
        e->answer = packet_new(&e->c->broker->world);
        struct serde out = serde_writer(e->answer, e->in->version, false);
        serde_response_header(&out, e->api, &e->correlation);
        return out;
}

#define ANSWER(e, name, message)                           \
        do {                                               \
                struct serde out_ = begin_answer(e);       \
                serde_##name##_response(&out_, (message)); \
        } while (0)

/* An array of the answer, as long as one of the request. */
#define LIKE(e, array, count_)                                                                \
        ((array)->items = arena_alloc((e)->arena, (size_t)(count_) * sizeof *(array)->items), \
         (array)->count = (array)->items ? (count_) : 0)

static void answer_api_versions(struct exchange *e, int16_t error_code)
{
        struct api_versions_api apis[SPOKEN];
        struct api_versions_response response = {error_code, {apis, SPOKEN}, 0};
        for (int i = 0; i < SPOKEN; i++) {
                const struct api *api = api_find(spoken[i]);
                apis[i] = (struct api_versions_api){api->key, api->advertised_min, api->client_max};
        }
        ANSWER(e, api_versions, &response);
}

static void describe_topic(struct exchange *e, struct str name, struct metadata_topic_response *t)
{
        static int32_t self[] = {NODE_ID};
        *t = (struct metadata_topic_response){
                .name = name, .authorized_operations = AUTHORIZED_OPERATIONS_NOT_ASKED};
        LIKE(e, &t->partitions, e->c->broker->config.partitions);
        for (int32_t i = 0; i < t->partitions.count; i++)
                t->partitions.items[i] = (struct metadata_partition_response){
                        .index = i, .leader_id = NODE_ID, .replicas = {self, 1}, .isr = {self, 1}};
}

static void answer_metadata(struct exchange *e)
{
        struct metadata_request request = {0};
        struct metadata_broker self = {NODE_ID, localhost, e->c->broker->port, STR_NULL};
        struct metadata_response response = {.brokers = {&self, 1},
                                             .cluster_id = str_of("null"),
                                             .controller_id = NODE_ID,
                                             .authorized_operations =
                                                     AUTHORIZED_OPERATIONS_NOT_ASKED};
        serde_metadata_request(e->in, &request);
        if (e->in->err)
                return;
        LIKE(e, &response.topics, request.topics.count > 0 ? request.topics.count : 0);
        for (int32_t i = 0; i < response.topics.count; i++)
                describe_topic(e, request.topics.items[i].name, &response.topics.items[i]);
        ANSWER(e, metadata, &response);
}

static void answer_create_topics(struct exchange *e)
{
        struct create_topics_request request = {0};
        struct create_topics_response response = {0};
        serde_create_topics_request(e->in, &request);
        if (e->in->err)
                return;
        LIKE(e, &response.topics, request.topics.count);
        for (int32_t i = 0; i < response.topics.count; i++)
                response.topics.items[i] =
                        (struct create_topics_topic_response){.name = request.topics.items[i].name,
                                                              .error_message = STR_NULL,
                                                              .num_partitions = -1,
                                                              .replication_factor = -1,
                                                              .configs.count = -1};
        ANSWER(e, create_topics, &response);
}

static void answer_find_coordinator(struct exchange *e)
{
        struct find_coordinator_request request = {0};
        struct find_coordinator_response response = {0};
        serde_find_coordinator_request(e->in, &request);
        if (e->in->err)
                return;
        LIKE(e, &response.coordinators, request.coordinator_keys.count);
        for (int32_t i = 0; i < response.coordinators.count; i++)
                response.coordinators.items[i] =
                        (struct find_coordinator_coordinator){request.coordinator_keys.items[i],
                                                              NODE_ID,
                                                              localhost,
                                                              e->c->broker->port,
                                                              KERR_NONE,
                                                              STR_NULL};
        ANSWER(e, find_coordinator, &response);
}

static void answer_list_offsets(struct exchange *e)
{
        struct list_offsets_request request = {0};
        struct list_offsets_response response = {0};
        serde_list_offsets_request(e->in, &request);
        if (e->in->err)
                return;
        LIKE(e, &response.topics, request.topics.count);
        for (int32_t t = 0; t < response.topics.count; t++) {
                const struct list_offsets_topic *in = &request.topics.items[t];
                struct list_offsets_topic_response *out = &response.topics.items[t];
                out->name = in->name;
                LIKE(e, &out->partitions, in->partitions.count);
                for (int32_t i = 0; i < out->partitions.count; i++) {
                        bool first = in->partitions.items[i].timestamp_ms != LIST_OFFSETS_LATEST;
                        out->partitions.items[i] = (struct list_offsets_partition_response){
                                in->partitions.items[i].index, KERR_NONE, -1,
                                first ? 0 : end_offset, -1};
                }
        }
        ANSWER(e, list_offsets, &response);
}

/* What an append cannot do without. */
static int16_t take_records(const struct null_broker *b, const struct produce_partition *p)
{
        struct batch_header header;
        if (b->append < 0)
                return KERR_NONE;
        enum kerr err = batch_check(p->records.bytes, &header);
        if (err)
                return errors_to_wire(err);
        ssize_t written = write(b->append, p->records.bytes.data, p->records.bytes.size);
        return written == (ssize_t)p->records.bytes.size ? KERR_NONE : KERR_KAFKA_STORAGE_ERROR;
}

static void answer_produce(struct exchange *e)
{
        struct produce_request request = {0};
        struct produce_response response = {0};
        serde_produce_request(e->in, &request);
        if (e->in->err || request.acks == 0)
                return;
        LIKE(e, &response.topics, request.topics.count);
        for (int32_t t = 0; t < response.topics.count; t++) {
                const struct produce_topic *in = &request.topics.items[t];
                struct produce_topic_response *out = &response.topics.items[t];
                out->name = in->name;
                LIKE(e, &out->partitions, in->partitions.count);
                for (int32_t i = 0; i < out->partitions.count; i++)
                        out->partitions.items[i] = (struct produce_partition_response){
                                .index = in->partitions.items[i].index,
                                .error_code = take_records(e->c->broker, &in->partitions.items[i]),
                                .log_append_time_ms = -1,
                                .error_message = STR_NULL};
        }
        ANSWER(e, produce, &response);
}

/* --- fetch --- */

/* Records are an insert: what of, is decided when the answer goes out. */
static void describe_fetched(struct exchange *e, const struct fetch_topic *in,
                             struct fetch_topic_response *out)
{
        const struct null_broker *b = e->c->broker;
        out->name = in->name;
        LIKE(e, &out->partitions, in->partitions.count);
        for (int32_t i = 0; i < out->partitions.count; i++) {
                const struct fetch_partition *p = &in->partitions.items[i];
                int64_t size = (int64_t)b->batch.size;
                if (b->segment >= 0)
                        size = p->max_bytes < b->segment_bytes ? p->max_bytes : b->segment_bytes;
                out->partitions.items[i] = (struct fetch_partition_response){
                        .index = p->index,
                        .high_watermark = end_offset,
                        .last_stable_offset = end_offset,
                        .aborted_transactions.count = -1,
                        .preferred_read_replica = -1,
                        .records.extent = {(struct file *)e->c, p->fetch_offset,
                                           (int32_t)(size > 0 ? size : 0)}};
        }
}

static void answer_fetch(struct exchange *e)
{
        struct fetch_request request = {0};
        struct fetch_response response = {0};
        serde_fetch_request(e->in, &request);
        if (e->in->err)
                return;
        LIKE(e, &response.topics, request.topics.count);
        for (int32_t t = 0; t < response.topics.count; t++)
                describe_fetched(e, &request.topics.items[t], &response.topics.items[t]);
        ANSWER(e, fetch, &response);
}

/* The part of the segment that follows the one before, and from the start again at its end. */
static int64_t next_range(struct null_broker *b, int32_t size)
{
        if (b->segment_at + size > b->segment_bytes)
                b->segment_at = 0;
        b->segment_at += size;
        return b->segment_at - size;
}

static bool push_records(struct null_connection *c, const struct extent *records)
{
        struct null_broker *b = c->broker;
        size_t from = c->out.size;
        if (b->config.fetch == NULL_FETCH_MEMORY) {
                store_be64(buffer_reserve(&c->out, OFFSET_BYTES), (uint64_t)records->position);
                c->out.size += OFFSET_BYTES;
                null_piece_add(c, PIECE_BYTES, (int64_t)from, (int64_t)c->out.size);
                null_piece_add(c, PIECE_BATCH, OFFSET_BYTES, records->length);
                return true;
        }
        int64_t at = next_range(b, records->length);
        if (b->config.fetch == NULL_FETCH_SENDFILE) {
                null_piece_add(c, PIECE_FILE, at, at + records->length);
                return true;
        }
        uint8_t *into = buffer_reserve(&c->out, (size_t)records->length);
        ssize_t n = pread(b->segment, into, (size_t)records->length, at);
        c->out.size += (size_t)records->length;
        null_piece_add(c, PIECE_BYTES, (int64_t)from, (int64_t)c->out.size);
        return n == records->length;
}

static bool push(struct null_connection *c, const struct packet *p)
{
        size_t done = 0;
        bool sound = true;
        for (int32_t i = 0; i <= p->insert_count; i++) {
                size_t to = i < p->insert_count ? p->inserts[i].at : p->memory.size;
                size_t from = c->out.size;
                buffer_append(&c->out, p->memory.data + done, to - done);
                null_piece_add(c, PIECE_BYTES, (int64_t)from, (int64_t)c->out.size);
                done = to;
                if (i < p->insert_count)
                        sound = sound && push_records(c, &p->inserts[i].extent);
        }
        return sound;
}

/* A client that fetches from one topic asks the same again and again, but for the offset, which
 * ranges of a file do not depend on. What may differ otherwise stands in front of the topics: the
 * client id (2 bytes and its text) and 25 bytes that hold how much is wanted. */
static bool is_fetched_again(const struct null_connection *c, struct span frame)
{
        const struct buffer *before = &c->fetched_for;
        if (!c->fetched || frame.size != before->size || load_be16(frame.data) != API_FETCH)
                return false;
        size_t front = 2 + (size_t)load_be16(frame.data + 8) + 25;
        return frame.size >= 8 + front && memcmp(frame.data + 8, before->data + 8, front) == 0;
}

static bool fetch_again(struct null_connection *c, struct span frame)
{
        store_be32(c->fetched->memory.data + 4, load_be32(frame.data + 4));
        return push(c, c->fetched);
}

/* Takes the answer over. */
static void keep(struct null_connection *c, struct packet *answer, struct span frame)
{
        packet_free(c->fetched);
        c->fetched = answer;
        buffer_clear(&c->fetched_for);
        buffer_append(&c->fetched_for, frame.data, frame.size);
}

/* --- any request --- */

static bool answer_by_key(struct exchange *e, int16_t version)
{
        if (version > e->api->max || version < e->api->min) {
                e->in->version = 0; /* the only one that any client can read (KIP-511) */
                if (e->api->key == API_API_VERSIONS)
                        answer_api_versions(e, KERR_UNSUPPORTED_VERSION);
                return e->answer != NULL;
        }
        switch (e->api->key) {
        case API_API_VERSIONS: answer_api_versions(e, KERR_NONE); return true;
        case API_METADATA: answer_metadata(e); return true;
        case API_CREATE_TOPICS: answer_create_topics(e); return true;
        case API_FIND_COORDINATOR: answer_find_coordinator(e); return true;
        case API_LIST_OFFSETS: answer_list_offsets(e); return true;
        case API_PRODUCE: answer_produce(e); return true;
        case API_FETCH: answer_fetch(e); return true;
        default: return false;
        }
}

bool null_answer(struct null_connection *c, struct span frame)
{
        struct arena arena;
        struct request_header header = {0};
        bool from_file = c->broker->segment >= 0;
        if (is_fetched_again(c, frame))
                return fetch_again(c, frame);
        arena_init(&arena, ARENA_BYTES);
        struct serde in = serde_reader(frame, 0, false, &arena);
        serde_request_header(&in, &header);
        struct exchange e = {.c = c,
                             .in = &in,
                             .arena = &arena,
                             .api = api_find(header.api_key),
                             .correlation = header.correlation_id};
        bool sound = !in.err && e.api && answer_by_key(&e, header.api_version) && !in.err;
        if (e.answer) {
                packet_finish(e.answer);
                sound = push(c, e.answer) && sound;
                if (from_file && header.api_key == API_FETCH)
                        keep(c, e.answer, frame);
                else
                        packet_free(e.answer);
        }
        arena_deinit(&arena);
        return sound;
}
