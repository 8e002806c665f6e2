/* DeleteRecords: moves the beginning of logs. */
#include "broker/state.h"
#include "wire/delete_records.h"

/* One partition that is asked about. */
struct deletion {
        struct str topic;
        const struct delete_records_partition *in;
        struct delete_records_partition_response *out;
        int64_t offset; /* delete all before it */
        bool waiting;
};

struct delete_records_wait {
        struct delete_records_request request;
        struct delete_records_response answer;
        struct deletion *deletions;
        int32_t count;
};

static struct hosted_partition *find_led(struct request *r, const struct deletion *d,
                                         enum kerr *err)
{
        struct hosted_partition *p = hosted_find(r->broker, d->topic, d->in->index, err);
        if (p)
                *err = replica_check_leader(&p->replica, -1);
        return *err ? NULL : p;
}

/* Flattens the question. */
static void list_deletions(struct request *r)
{
        struct delete_records_wait *wait = r->state;
        int32_t room = 0;
        reply_array(r, &wait->answer.topics, wait->request.topics.count);
        for (int32_t t = 0; t < wait->request.topics.count; t++)
                room += wait->request.topics.items[t].partitions.count;
        wait->deletions = request_alloc(r, (size_t)room * sizeof *wait->deletions);
        for (int32_t t = 0; t < wait->request.topics.count; t++) {
                struct delete_records_topic *topic = &wait->request.topics.items[t];
                struct delete_records_topic_response *out = &wait->answer.topics.items[t];
                out->name = topic->name;
                reply_array(r, &out->partitions, topic->partitions.count);
                for (int32_t i = 0; i < topic->partitions.count; i++)
                        wait->deletions[wait->count++] = (struct deletion){
                                topic->name, &topic->partitions.items[i], &out->partitions.items[i],
                                topic->partitions.items[i].offset, false};
        }
}

static void begin(struct request *r, struct deletion *d)
{
        enum kerr err;
        struct hosted_partition *p = find_led(r, d, &err);
        *d->out = (struct delete_records_partition_response){.index = d->in->index,
                                                             .low_watermark = -1};
        if (p) {
                if (d->offset == -1)
                        d->offset = p->replica.high_watermark;
                if (d->offset < 0 || d->offset > p->replica.high_watermark)
                        err = KERR_OFFSET_OUT_OF_RANGE;
                else
                        err = partition_log_advance_start(p->replica.log, d->offset);
                replicas_touch(r->broker, p);
        }
        d->out->error_code = errors_to_wire(err);
        d->waiting = !err;
}

/* Ends the deletions that every replica that may lead next has made too. */
static bool try_complete(struct delayed *delayed, bool late)
{
        struct request *r = heap_owner(delayed, struct request, delayed);
        struct delete_records_wait *wait = r->state;
        bool done = true;
        for (int32_t i = 0; i < wait->count; i++) {
                struct deletion *d = &wait->deletions[i];
                enum kerr err;
                if (!d->waiting)
                        continue;
                struct hosted_partition *p = find_led(r, d, &err);
                int64_t low_watermark = p ? replica_low_watermark(&p->replica) : -1;
                if (!err && low_watermark < d->offset && late)
                        err = KERR_REQUEST_TIMED_OUT;
                if (!err && low_watermark >= d->offset)
                        d->out->low_watermark = low_watermark;
                d->out->error_code = errors_to_wire(err);
                d->waiting = !err && d->out->low_watermark < 0;
                done &= !d->waiting;
        }
        if (!done)
                return false;
        struct serde out = request_answer(r);
        serde_delete_records_response(&out, &wait->answer);
        request_finish(r, &out);
        return true;
}

static void wait_for_followers(struct request *r)
{
        struct delete_records_wait *wait = r->state;
        struct broker *b = r->broker;
        int32_t count = 0;
        enum kerr err;
        struct watch_list **lists = request_alloc(r, (size_t)wait->count * sizeof(void *));
        for (int32_t i = 0; i < wait->count; i++) {
                if (wait->deletions[i].waiting)
                        lists[count++] = &find_led(r, &wait->deletions[i], &err)->hw_waiters;
        }
        purgatory_add(&b->purgatory, &r->delayed,
                      b->world->mono_ms(b->world) + wait->request.timeout_ms, lists, count);
}

/* The new starts are written down before the answer, and so they are at the followers, so what was
 * answered as deleted stays deleted (Kafka writes them once a minute, and a crash may bring records
 * back). */
void handle_delete_records(struct request *r)
{
        struct delete_records_wait *wait = r->state = request_alloc(r, sizeof *wait);
        serde_delete_records_request(&r->in, &wait->request);
        if (!request_is_sound(r))
                return;
        list_deletions(r);
        for (int32_t i = 0; i < wait->count; i++)
                begin(r, &wait->deletions[i]);
        enum kerr err = log_dir_checkpoint(r->broker->logs);
        for (int32_t i = 0; err && i < wait->count; i++) {
                wait->deletions[i].out->error_code = errors_to_wire(err);
                wait->deletions[i].waiting = false;
        }
        r->delayed.try_complete = try_complete;
        if (!try_complete(&r->delayed, wait->request.timeout_ms <= 0))
                wait_for_followers(r);
}
