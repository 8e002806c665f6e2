#include "sim/frame_words_private.h"

#include "cluster/metadata_log.h"
#include "log/batch.h"
#include "wire/alter_partition.h"
#include "wire/api.h"
#include "wire/broker_heartbeat.h"
#include "wire/broker_registration.h"
#include "wire/fetch_snapshot.h"
#include "wire/produce.h"
#include "wire/quorum_epoch.h"
#include "wire/vote.h"

#include <inttypes.h>

enum { PARTITIONS_TOLD = 4 }; /* of one message; the others are counted */

/* --- partitions --- */

bool begin_partition(struct listing *l, struct str name, const struct uuid *id, int32_t index)
{
        struct buffer *into = l->w->into;
        if (l->count++ >= PARTITIONS_TOLD)
                return false;
        buffer_printf(into, "%s ", l->count > 1 ? "," : "");
        if (id && uuid_equal(id, &metadata_topic_id)) {
                buffer_printf(into, "metadata");
                return true;
        }
        const char *known = NULL;
        for (int32_t i = 0; id && !known && i < l->w->h->partition_count; i++)
                if (uuid_equal(&l->w->h->partitions[i].topic_id, id))
                        known = l->w->h->partitions[i].topic;
        if (known)
                buffer_printf(into, "%s/%" PRId32, known, index);
        else
                buffer_printf(into, "%.*s/%" PRId32, name.size, name.data, index);
        return true;
}

void end_listing(const struct listing *l)
{
        if (l->count > PARTITIONS_TOLD)
                buffer_printf(l->w->into, " and %" PRId32 " more", l->count - PARTITIONS_TOLD);
}

bool tell_error(const struct frame_words *w, int16_t error_code)
{
        if (error_code != 0)
                buffer_printf(w->into, ": %s", kerr_text(error_code));
        return error_code != 0;
}

/* Records in the batches at the start of `bytes`; the last may be cut. */
static int64_t count_records(struct span bytes, int64_t *first)
{
        int64_t records = 0;
        struct batch_header h;
        *first = -1;
        while (bytes.size > 0 && !batch_read_header(bytes, &h)) {
                if (*first < 0)
                        *first = h.base_offset;
                records += h.records_count;
                if ((size_t)batch_size(&h) >= bytes.size)
                        break;
                bytes = span_of(bytes.data + batch_size(&h), bytes.size - (size_t)batch_size(&h));
        }
        return records;
}

static void tell_count(const struct frame_words *w, int64_t records)
{
        buffer_printf(w->into, ": %" PRId64 " record%s", records, records == 1 ? "" : "s");
}

/* --- Produce --- */

static void produce_request(const struct frame_words *w)
{
        struct produce_request m = {0};
        struct listing l = {w, 0};
        int64_t first;
        serde_produce_request(w->in, &m);
        for (int32_t t = 0; !w->in->err && t < m.topics.count; t++)
                for (int32_t i = 0; i < m.topics.items[t].partitions.count; i++) {
                        const struct produce_partition *p = &m.topics.items[t].partitions.items[i];
                        if (begin_partition(&l, m.topics.items[t].name, NULL, p->index))
                                tell_count(w, count_records(p->records.bytes, &first));
                }
        end_listing(&l);
}

static void produce_answer(const struct frame_words *w)
{
        struct produce_response m = {0};
        struct listing l = {w, 0};
        serde_produce_response(w->in, &m);
        for (int32_t t = 0; !w->in->err && t < m.topics.count; t++)
                for (int32_t i = 0; i < m.topics.items[t].partitions.count; i++) {
                        const struct produce_partition_response *p =
                                &m.topics.items[t].partitions.items[i];
                        if (begin_partition(&l, m.topics.items[t].name, NULL, p->index) &&
                            !tell_error(w, p->error_code))
                                buffer_printf(w->into, ": from offset %" PRId64, p->base_offset);
                }
        end_listing(&l);
}

/* --- Fetch --- */

static void fetch_request(const struct frame_words *w)
{
        struct fetch_request m = {0};
        struct listing l = {w, 0};
        serde_fetch_request(w->in, &m);
        for (int32_t t = 0; !w->in->err && t < m.topics.count; t++)
                for (int32_t i = 0; i < m.topics.items[t].partitions.count; i++) {
                        const struct fetch_topic *topic = &m.topics.items[t];
                        const struct fetch_partition *p = &topic->partitions.items[i];
                        if (!begin_partition(&l, topic->name, &topic->topic_id, p->index))
                                continue;
                        buffer_printf(w->into, " from %" PRId64, p->fetch_offset);
                        if (m.replica_id >= 0)
                                buffer_printf(w->into, " in epoch %" PRId32,
                                              p->current_leader_epoch);
                }
        end_listing(&l);
}

static void fetched(const struct frame_words *w, const struct fetch_partition_response *p)
{
        int64_t first;
        int64_t records = count_records(p->records.bytes, &first);
        if (p->has_diverging_epoch)
                buffer_printf(w->into,
                              ": your log parts from mine, epoch %" PRId32 " ends at %" PRId64,
                              p->diverging_epoch.epoch, p->diverging_epoch.end_offset);
        if (p->has_snapshot_id)
                buffer_printf(w->into, ": take the snapshot at %" PRId64,
                              p->snapshot_id.end_offset);
        if (records > 0) {
                tell_count(w, records);
                buffer_printf(w->into, " from %" PRId64, first);
        }
        buffer_printf(w->into, "%s high watermark %" PRId64, records > 0 ? "," : ":",
                      p->high_watermark);
}

static void fetch_answer(const struct frame_words *w)
{
        struct fetch_response m = {0};
        struct listing l = {w, 0};
        serde_fetch_response(w->in, &m);
        if (w->in->err || tell_error(w, m.error_code))
                return;
        for (int32_t t = 0; t < m.topics.count; t++)
                for (int32_t i = 0; i < m.topics.items[t].partitions.count; i++) {
                        const struct fetch_topic_response *topic = &m.topics.items[t];
                        const struct fetch_partition_response *p = &topic->partitions.items[i];
                        if (begin_partition(&l, topic->name, &topic->topic_id, p->index) &&
                            !tell_error(w, p->error_code))
                                fetched(w, p);
                }
        end_listing(&l);
}

static void fetch_snapshot_request(const struct frame_words *w)
{
        struct fetch_snapshot_request m = {0};
        serde_fetch_snapshot_request(w->in, &m);
        if (w->in->err || m.topics.count == 0 || m.topics.items[0].partitions.count == 0)
                return;
        const struct fetch_snapshot_partition *p = &m.topics.items[0].partitions.items[0];
        buffer_printf(w->into, " at %" PRId64 " from byte %" PRId64, p->snapshot_id.end_offset,
                      p->position);
}

/* --- AlterPartition --- */

static void alter_partition_request(const struct frame_words *w)
{
        struct alter_partition_request m = {0};
        struct listing l = {w, 0};
        serde_alter_partition_request(w->in, &m);
        for (int32_t t = 0; !w->in->err && t < m.topics.count; t++)
                for (int32_t i = 0; i < m.topics.items[t].partitions.count; i++) {
                        const struct alter_partition_topic *topic = &m.topics.items[t];
                        const struct alter_partition_partition *p = &topic->partitions.items[i];
                        if (!begin_partition(&l, STR_NULL, &topic->topic_id, p->index))
                                continue;
                        buffer_printf(w->into, ": ISR {");
                        for (int32_t k = 0; k < p->new_isr.count; k++)
                                buffer_printf(w->into, "%s%" PRId32, k > 0 ? "," : "",
                                              p->new_isr.items[k].broker_id);
                        buffer_printf(w->into, "} in epoch %" PRId32, p->leader_epoch);
                }
        end_listing(&l);
}

static void alter_partition_answer(const struct frame_words *w)
{
        struct alter_partition_response m = {0};
        struct listing l = {w, 0};
        serde_alter_partition_response(w->in, &m);
        if (w->in->err || tell_error(w, m.error_code))
                return;
        for (int32_t t = 0; t < m.topics.count; t++)
                for (int32_t i = 0; i < m.topics.items[t].partitions.count; i++) {
                        const struct alter_partition_topic_response *topic = &m.topics.items[t];
                        const struct alter_partition_partition_response *p =
                                &topic->partitions.items[i];
                        if (begin_partition(&l, STR_NULL, &topic->topic_id, p->index) &&
                            !tell_error(w, p->error_code))
                                buffer_printf(w->into, ": taken");
                }
        end_listing(&l);
}

/* --- the metadata quorum --- */

static void vote_request(const struct frame_words *w)
{
        struct vote_request m = {0};
        serde_vote_request(w->in, &m);
        if (w->in->err || m.topics.count == 0 || m.topics.items[0].partitions.count == 0)
                return;
        const struct vote_partition *p = &m.topics.items[0].partitions.items[0];
        buffer_printf(w->into,
                      " for %" PRId32 " in epoch %" PRId32 ", whose log ends at %" PRId64
                      " in epoch %" PRId32,
                      p->candidate_id, p->candidate_epoch, p->last_offset, p->last_offset_epoch);
}

static void vote_answer(const struct frame_words *w)
{
        struct vote_response m = {0};
        serde_vote_response(w->in, &m);
        if (w->in->err || tell_error(w, m.error_code) || m.topics.count == 0 ||
            m.topics.items[0].partitions.count == 0)
                return;
        const struct vote_partition_response *p = &m.topics.items[0].partitions.items[0];
        if (!tell_error(w, p->error_code))
                buffer_printf(w->into, ": %s in epoch %" PRId32,
                              p->vote_granted ? "granted" : "refused", p->leader_epoch);
}

static void begin_epoch_request(const struct frame_words *w)
{
        struct begin_quorum_epoch_request m = {0};
        serde_begin_quorum_epoch_request(w->in, &m);
        if (w->in->err || m.topics.count == 0 || m.topics.items[0].partitions.count == 0)
                return;
        const struct begin_quorum_epoch_partition *p = &m.topics.items[0].partitions.items[0];
        buffer_printf(w->into, " %" PRId32 ", led by %" PRId32, p->leader_epoch, p->leader_id);
}

static void end_epoch_request(const struct frame_words *w)
{
        struct end_quorum_epoch_request m = {0};
        serde_end_quorum_epoch_request(w->in, &m);
        if (w->in->err || m.topics.count == 0 || m.topics.items[0].partitions.count == 0)
                return;
        buffer_printf(w->into, " %" PRId32, m.topics.items[0].partitions.items[0].leader_epoch);
}

/* --- brokers and their controller --- */

static void registration_request(const struct frame_words *w)
{
        struct broker_registration_request m = {0};
        serde_broker_registration_request(w->in, &m);
        if (w->in->err)
                return;
        if (m.previous_broker_epoch >= 0)
                buffer_printf(w->into, " of broker %" PRId32 ", which was whole in epoch %" PRId64,
                              m.broker_id, m.previous_broker_epoch);
        else
                buffer_printf(w->into, " of broker %" PRId32 ", which may have lost bytes",
                              m.broker_id);
}

static void registration_answer(const struct frame_words *w)
{
        struct broker_registration_response m = {0};
        serde_broker_registration_response(w->in, &m);
        if (!w->in->err && !tell_error(w, m.error_code))
                buffer_printf(w->into, ": broker epoch %" PRId64, m.broker_epoch);
}

static void heartbeat_request(const struct frame_words *w)
{
        struct broker_heartbeat_request m = {0};
        serde_broker_heartbeat_request(w->in, &m);
        if (!w->in->err)
                buffer_printf(w->into, " of broker %" PRId32 "%s%s", m.broker_id,
                              m.want_fence ? ", which would be fenced" : "",
                              m.want_shut_down ? ", which would stop" : "");
}

static void heartbeat_answer(const struct frame_words *w)
{
        struct broker_heartbeat_response m = {0};
        serde_broker_heartbeat_response(w->in, &m);
        if (!w->in->err && !tell_error(w, m.error_code))
                buffer_printf(w->into, ": %s%s", m.is_fenced ? "fenced" : "unfenced",
                              m.should_shut_down ? ", may stop" : "");
}

/* --- all of them --- */

static const struct message_words messages[] = {
        {API_PRODUCE, produce_request, produce_answer},
        {API_FETCH, fetch_request, fetch_answer},
        {API_FETCH_SNAPSHOT, fetch_snapshot_request, NULL},
        {API_ALTER_PARTITION, alter_partition_request, alter_partition_answer},
        {API_VOTE, vote_request, vote_answer},
        {API_BEGIN_QUORUM_EPOCH, begin_epoch_request, NULL},
        {API_END_QUORUM_EPOCH, end_epoch_request, NULL},
        {API_BROKER_REGISTRATION, registration_request, registration_answer},
        {API_BROKER_HEARTBEAT, heartbeat_request, heartbeat_answer},
};

static const struct message_words *find(const struct message_words *of, size_t count, int16_t api)
{
        for (size_t i = 0; i < count; i++)
                if (of[i].api == api)
                        return &of[i];
        return NULL;
}

void frame_words(const struct frame_words *w, int16_t api, bool is_answer)
{
        size_t count;
        const struct message_words *of_groups = frame_words_of_groups(&count);
        const struct message_words *words =
                find(messages, sizeof messages / sizeof messages[0], api);
        if (!words)
                words = find(of_groups, count, api);
        if (!words)
                return;
        if (!is_answer)
                words->request(w);
        else if (words->answer)
                words->answer(w);
}
