#include "sim/explain.h"

#include "base/errors.h"
#include "cluster/quorum.h"
#include "sim/explain_frame.h"
#include "sim/explain_groups.h"
#include "sim/load_client.h"
#include "sim/notes.h"
#include "wire/api.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { NAME_BYTES = 48, LINE_BYTES = 1200 };

/* Whom a stream leads to, as its owner was told when it opened. */
struct stream_peer {
        int64_t stream;
        char name[NAME_BYTES];
        UT_hash_handle hh;
};

struct explain {
        const struct scenario *s;
        const struct history *h;
        explain_line *tell;
        void *context;
        struct stream_peer *peers;
        struct frame_teller *frames;
        /* Notes that follow each other and become one line. */
        struct sim_trace_entry first;
        int64_t last_send, last_offset;
        bool is_pending;
};

struct explain *explain_new(const struct scenario *s, const struct history *h, explain_line *tell,
                            void *context)
{
        struct explain *e = calloc(1, sizeof *e);
        if (!e)
                abort();
        e->s = s;
        e->h = h;
        e->tell = tell;
        e->context = context;
        e->frames = frame_teller_new(h);
        return e;
}

/* --- lines --- */

/* Names that no scenario gives: the admin and the final reader come behind its clients. */
static const char *node_name(const struct explain *e, int32_t id, char name[NAME_BYTES])
{
        int32_t extra = id - SCENARIO_CLIENT_ID - e->s->client_count;
        if (extra >= 0)
                snprintf(name, NAME_BYTES, "%s", extra == 0 ? "admin" : "reader");
        else if (id < 0)
                snprintf(name, NAME_BYTES, "%s", "");
        else
                scenario_node_name(e->s, id, name, NAME_BYTES);
        return name;
}

__attribute__((format(printf, 4, 5))) static void line(const struct explain *e,
                                                       const struct sim_trace_entry *entry,
                                                       const char *who, const char *format, ...)
{
        char text[LINE_BYTES];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        e->tell(e->context, entry, who, text);
}

void explain_print(void *file, const struct sim_trace_entry *entry, const char *who,
                   const char *text)
{
        fprintf(file, "%9.3f s  #%-6" PRIu64 " %-24s %s\n", (double)entry->time_ns / 1e9,
                entry->number, who, text);
}

static const char *partition_name(const struct explain *e, int64_t partition)
{
        bool is_known = partition >= 0 && partition < e->h->partition_count;
        return is_known ? e->h->partitions[partition].name : "?";
}

/* "p1/12" or, for several, "p1/12-16". */
static void print_sends(const struct explain *e, int64_t first, int64_t last, char text[NAME_BYTES])
{
        if (first < 0 || last < 0) {
                snprintf(text, NAME_BYTES, "something nobody sent");
                return;
        }
        const struct history_send *a = &e->h->sends[first], *b = &e->h->sends[last];
        const char *name = e->h->clients[a->client].name;
        if (first == last)
                snprintf(text, NAME_BYTES, "%.32s/%" PRId32, name, a->serial);
        else
                snprintf(text, NAME_BYTES, "%.24s/%" PRId32 "-%" PRId32, name, a->serial,
                         b->serial);
}

/* --- records --- */

/* The send that a note is about; the notes that may be merged have one. */
static bool is_about_a_send(const struct sim_trace_entry *entry)
{
        int64_t code = entry->numbers[0];
        return entry->kind == SIM_TRACE_NOTE &&
               (code == NOTE_SENT || code == NOTE_ENDED || code == NOTE_READ);
}

static void offsets_text(int64_t first, int64_t last, char text[NAME_BYTES])
{
        if (first == last)
                snprintf(text, NAME_BYTES, "offset %" PRId64, first);
        else
                snprintf(text, NAME_BYTES, "offsets %" PRId64 "-%" PRId64, first, last);
}

static void print_end(const struct explain *e, const char *who, const char *sends,
                      const char *offsets)
{
        const struct sim_trace_entry *entry = &e->first;
        const char *partition = partition_name(e, e->h->sends[entry->numbers[1]].partition);
        int error = (int)entry->numbers[3];
        switch (entry->numbers[2]) {
        case OUTCOME_OK:
                if (entry->numbers[3] < 0)
                        line(e, entry, who, "%s: sent to %s, no answer wanted", sends, partition);
                else
                        line(e, entry, who, "%s: acknowledged at %s %s", sends, partition, offsets);
                break;
        case OUTCOME_FAILED:
                line(e, entry, who, "%s to %s: failed, %s", sends, partition, kerr_text(error));
                break;
        default:
                line(e, entry, who, "%s to %s: nobody knows, %s", sends, partition,
                     kerr_text(error));
        }
}

static void flush(struct explain *e)
{
        if (!e->is_pending)
                return;
        e->is_pending = false;
        char who[NAME_BYTES], sends[NAME_BYTES], offsets[NAME_BYTES];
        const struct sim_trace_entry *entry = &e->first;
        node_name(e, entry->node, who);
        print_sends(e, entry->numbers[1], e->last_send, sends);
        offsets_text(entry->numbers[3], e->last_offset, offsets);
        if (entry->numbers[0] == NOTE_SENT)
                line(e, entry, who, "sends %s to %s", sends, partition_name(e, entry->numbers[2]));
        else if (entry->numbers[0] == NOTE_READ)
                line(e, entry, who, "reads %s at %s %s", sends,
                     partition_name(e, entry->numbers[2]), offsets);
        else
                print_end(e, who, sends, offsets);
}

/* The entry goes on where the pending ones ended: the same client, partition and outcome, the next
 * serial and, where there are offsets, the next one. */
static bool goes_on(const struct explain *e, const struct sim_trace_entry *entry)
{
        const struct sim_trace_entry *first = &e->first;
        int64_t send = entry->numbers[1], last = e->last_send;
        if (!e->is_pending || entry->node != first->node || send < 0 || last < 0 ||
            entry->numbers[0] != first->numbers[0])
                return false;
        if (entry->time_ns != first->time_ns && entry->numbers[0] != NOTE_SENT)
                return false;
        const struct history_send *a = &e->h->sends[last], *b = &e->h->sends[send];
        if (a->client != b->client || a->serial + 1 != b->serial || a->partition != b->partition)
                return false;
        bool has_offset = entry->numbers[0] == NOTE_READ ||
                          (entry->numbers[0] == NOTE_ENDED && entry->numbers[2] == OUTCOME_OK &&
                           entry->numbers[3] >= 0);
        return entry->numbers[2] == first->numbers[2] &&
               entry->numbers[3] == (has_offset ? e->last_offset + 1 : first->numbers[3]);
}

static void tell_record(struct explain *e, const struct sim_trace_entry *entry)
{
        if (!goes_on(e, entry)) {
                flush(e);
                e->first = *entry;
                e->is_pending = true;
        }
        e->last_send = entry->numbers[1];
        e->last_offset = entry->numbers[3];
}

/* --- the other notes --- */

static void tell_task(const struct explain *e, const struct sim_trace_entry *entry, const char *who)
{
        int64_t operation = entry->numbers[1], place = entry->numbers[2];
        const char *name = load_operations[operation];
        char where[NAME_BYTES];
        int size = snprintf(where, sizeof where, "%s",
                            e->s->topics[place / SCENARIO_PARTITIONS_MAX].name);
        if (operation != LOAD_CREATE_TOPIC && operation != LOAD_DELETE_TOPIC)
                snprintf(where + size, sizeof where - (size_t)size, "/%d",
                         (int)(place % SCENARIO_PARTITIONS_MAX));
        if (entry->numbers[0] == NOTE_ANSWERED)
                line(e, entry, who, "%s of %s ended: %s", name, where,
                     kerr_text((int)entry->numbers[3]));
        else if (operation == LOAD_DELETE_RECORDS)
                line(e, entry, who, "asks for %s of %s before offset %" PRId64, name, where,
                     entry->numbers[3]);
        else
                line(e, entry, who, "asks for %s of %s", name, where);
}

static void tell_opened(const struct explain *e, const struct sim_trace_entry *entry,
                        const char *who)
{
        const char *partition = partition_name(e, entry->numbers[1]);
        int64_t end = entry->numbers[2], before = entry->numbers[3];
        if (end < before)
                line(e, entry, who, "recovers %s: cut at %" PRId64 ", it ended at %" PRId64,
                     partition, end, before);
        else
                line(e, entry, who, "opens %s: it ends at %" PRId64, partition, end);
}

static void tell_step(const struct explain *e, const struct sim_trace_entry *entry)
{
        struct buffer text = {0};
        scenario_print_statement(e->s, &e->s->steps[entry->numbers[1]].action, &text);
        line(e, entry, "the script", "%.*s", (int)text.size, (const char *)text.data);
        buffer_deinit(&text);
}

/* What happens to one log. */
static bool tell_log(const struct explain *e, const struct sim_trace_entry *entry, const char *who)
{
        const int64_t *n = entry->numbers;
        const char *partition = partition_name(e, n[1]);
        char offsets[NAME_BYTES];
        switch (n[0]) {
        case NOTE_APPENDED:
                offsets_text(n[2], n[3], offsets);
                line(e, entry, who, "appends %s %s (not synced)", partition, offsets);
                return true;
        case NOTE_SYNCED:
                line(e, entry, who, "has synced %s up to %" PRId64, partition, n[2]);
                return true;
        case NOTE_STARTS:
                line(e, entry, who, "lets %s start at %" PRId64, partition, n[2]);
                return true;
        case NOTE_OFFLINE:
                line(e, entry, who, "takes %s offline after a failed write or sync", partition);
                return true;
        case NOTE_OPENED: tell_opened(e, entry, who); return true;
        case NOTE_CLOSED: line(e, entry, who, "closes %s for good", partition); return true;
        case NOTE_TRUNCATED:
                line(e, entry, who, "truncates %s from %" PRId64 " to %" PRId64, partition, n[3],
                     n[2]);
                return true;
        case NOTE_LEADS:
                line(e, entry, who, "leads %s in epoch %" PRId64 " from offset %" PRId64, partition,
                     n[2], n[3]);
                return true;
        case NOTE_FOLLOWS:
                line(e, entry, who, "follows broker %" PRId64 " for %s in epoch %" PRId64, n[2],
                     partition, n[3]);
                return true;
        case NOTE_COMMITTED:
                line(e, entry, who, "moves the high watermark of %s to %" PRId64, partition, n[2]);
                return true;
        default: return false;
        }
}

/* "ISR of orders/0: {1,2,3} -> {1,2}" */
static void tell_sets(const struct explain *e, const struct sim_trace_entry *entry,
                      const char *what)
{
        const int64_t *n = entry->numbers;
        struct buffer text = {0};
        print_node_set((uint64_t)n[2], &text);
        buffer_printf(&text, " -> ");
        print_node_set((uint64_t)n[3], &text);
        line(e, entry, "the metadata", "%s of %s: %.*s", what, partition_name(e, n[1]),
             (int)text.size, (const char *)text.data);
        buffer_deinit(&text);
}

static void tell_proposal(const struct explain *e, const struct sim_trace_entry *entry,
                          const char *who)
{
        struct buffer text = {0};
        print_node_set((uint64_t)entry->numbers[2], &text);
        line(e, entry, who, "proposes ISR %.*s for %s", (int)text.size, (const char *)text.data,
             partition_name(e, entry->numbers[1]));
        buffer_deinit(&text);
}

static void tell_quorum(const struct explain *e, const struct sim_trace_entry *entry,
                        const char *who)
{
        int64_t epoch = entry->numbers[2];
        char leader[NAME_BYTES];
        switch (entry->numbers[1]) {
        case QUORUM_LEADER:
                line(e, entry, who, "is elected leader of the quorum in epoch %" PRId64, epoch);
                break;
        case QUORUM_CANDIDATE:
                line(e, entry, who, "stands for election in the quorum, epoch %" PRId64, epoch);
                break;
        case QUORUM_FOLLOWER:
                line(e, entry, who, "follows %s in the quorum, epoch %" PRId64,
                     node_name(e, (int32_t)entry->numbers[3], leader), epoch);
                break;
        case QUORUM_RESIGNED:
                line(e, entry, who, "resigns as leader of the quorum in epoch %" PRId64, epoch);
                break;
        default: line(e, entry, who, "knows no leader of the quorum in epoch %" PRId64, epoch);
        }
}

/* What the controller decides, and who is the controller. */
static bool tell_cluster(const struct explain *e, const struct sim_trace_entry *entry,
                         const char *who)
{
        const int64_t *n = entry->numbers;
        const char *partition = partition_name(e, n[1]);
        char other[NAME_BYTES];
        switch (n[0]) {
        case NOTE_PROPOSES: tell_proposal(e, entry, who); return true;
        case NOTE_ELECTED:
                if (n[2] >= 0)
                        line(e, entry, "the metadata",
                             "leader of %s: broker %" PRId64 ", in epoch %" PRId64, partition, n[2],
                             n[3]);
                else
                        line(e, entry, "the metadata", "leader of %s: none, in epoch %" PRId64,
                             partition, n[3]);
                return true;
        case NOTE_ISR: tell_sets(e, entry, "ISR"); return true;
        case NOTE_ELR: tell_sets(e, entry, "eligible leader replicas"); return true;
        case NOTE_BEYOND:
                line(e, entry, "", "--- of %s nothing is promised from here on ---", partition);
                return true;
        case NOTE_FENCED:
                line(e, entry, "the metadata", "broker %" PRId64 " (epoch %" PRId64 ") is %s", n[1],
                     n[3], n[2] ? "fenced" : "unfenced");
                return true;
        case NOTE_QUORUM: tell_quorum(e, entry, who); return true;
        case NOTE_VOTED:
                line(e, entry, who, "votes for %s in epoch %" PRId64,
                     node_name(e, (int32_t)n[1], other), n[2]);
                return true;
        case NOTE_CONTROLS:
                line(e, entry, who, n[1] ? "is the active controller" : "is not the controller");
                return true;
        default: return false;
        }
}

static bool tell_group(const struct explain *e, const struct sim_trace_entry *entry,
                       const char *who)
{
        struct buffer text = {0};
        bool is_told = explain_group_note(e->h, entry, &text);
        if (is_told)
                line(e, entry, who, "%.*s", (int)text.size, (const char *)text.data);
        buffer_deinit(&text);
        return is_told;
}

static void tell_note(const struct explain *e, const struct sim_trace_entry *entry, const char *who)
{
        const char *partition = partition_name(e, entry->numbers[1]);
        if (tell_log(e, entry, who) || tell_cluster(e, entry, who) || tell_group(e, entry, who))
                return;
        switch (entry->numbers[0]) {
        case NOTE_RESET:
                line(e, entry, who, "%s: offset %" PRId64 " is out of range, starts anew",
                     partition, entry->numbers[2]);
                break;
        case NOTE_CORRUPT:
                line(e, entry, who, "gets a bad batch of %s at offset %" PRId64 ": %s", partition,
                     entry->numbers[2], kerr_text((int)entry->numbers[3]));
                break;
        case NOTE_ASKED:
        case NOTE_ANSWERED: tell_task(e, entry, who); break;
        case NOTE_STEP: tell_step(e, entry); break;
        case NOTE_NOT_DONE:
                line(e, entry, "the script",
                     "… and that was not done: nobody has that role, or "
                     "the fault budget is spent");
                break;
        case NOTE_HEALED: line(e, entry, "", "--- all is healed from here on ---"); break;
        case NOTE_LAST_RECORDS: line(e, entry, "", "--- one last record each ---"); break;
        case NOTE_FINAL_READ: line(e, entry, "", "--- the final read ---"); break;
        default: break;
        }
}

/* --- frames --- */

static struct stream_peer *find_peer(const struct explain *e, int64_t stream)
{
        struct stream_peer *peer;
        HASH_FIND(hh, e->peers, &stream, sizeof stream, peer);
        return peer;
}

static void remember_peer(struct explain *e, const struct sim_trace_entry *entry)
{
        struct stream_peer *peer = find_peer(e, entry->numbers[0]);
        if (!peer) {
                peer = calloc(1, sizeof *peer);
                if (!peer)
                        abort();
                peer->stream = entry->numbers[0];
                HASH_ADD(hh, e->peers, stream, sizeof peer->stream, peer);
        }
        /* "broker1:9092" is broker 1; a client's port says nothing. */
        int32_t id;
        if (sscanf(entry->text, "broker%" SCNd32 ":", &id) == 1)
                snprintf(peer->name, sizeof peer->name, "broker %" PRId32, id);
        else if (sscanf(entry->text, "controller%" SCNd32 ":", &id) == 1)
                snprintf(peer->name, sizeof peer->name, "controller %" PRId32, id);
        else
                snprintf(peer->name, sizeof peer->name, "%.*s", (int)strcspn(entry->text, ":"),
                         entry->text);
}

static void tell_frame(const struct explain *e, const struct sim_trace_entry *entry,
                       const char *who)
{
        const struct stream_peer *peer = find_peer(e, entry->numbers[0]);
        char names[2 * NAME_BYTES + 8];
        struct buffer text = {0};
        snprintf(names, sizeof names, "%s -> %s", peer ? peer->name : "?", who);
        if (frame_teller_tell(e->frames, entry, &text))
                line(e, entry, names, "%.*s", (int)text.size, (const char *)text.data);
        buffer_deinit(&text);
}

/* --- all entries --- */

static void tell_machine(const struct explain *e, const struct sim_trace_entry *entry,
                         const char *who)
{
        const int64_t *n = entry->numbers;
        switch (entry->kind) {
        case SIM_TRACE_BOOT: line(e, entry, who, "starts (life %" PRId64 ")", n[0]); break;
        case SIM_TRACE_BOOT_FAILED:
                line(e, entry, who, "cannot start: %s", kerr_text((int)n[0]));
                break;
        case SIM_TRACE_STOP: line(e, entry, who, "stops in good order"); break;
        case SIM_TRACE_KILL: line(e, entry, who, "is killed; its page cache survives"); break;
        case SIM_TRACE_POWER_CUT: line(e, entry, who, "power cut"); break;
        case SIM_TRACE_AT_STAKE:
                line(e, entry, who,
                     "is without power; at stake is what was not synced: %" PRId64
                     " writes, %" PRId64 " names",
                     n[0], n[1]);
                break;
        case SIM_TRACE_WIPE: line(e, entry, who, "gets an empty disk"); break;
        case SIM_TRACE_PAUSE: line(e, entry, who, "is paused"); break;
        case SIM_TRACE_RESUME: line(e, entry, who, "goes on"); break;
        case SIM_TRACE_DISK_CRASH:
                line(e, entry, who, "crashes inside its file operation %" PRId64, n[0]);
                break;
        case SIM_TRACE_CLOCK:
                line(e, entry, who, "clock: jumps by %" PRId64 " ms, drifts by %" PRId64 " ppm",
                     n[0], n[1]);
                break;
        case SIM_TRACE_LOG: line(e, entry, who, "says: %s", entry->text); break;
        case SIM_TRACE_CLOSE:
                line(e, entry, who, "loses its connection: %s", kerr_text((int)n[1]));
                break;
        default: break;
        }
}

/* Of clients only what the user of one would notice. */
static bool is_of_machinery(const struct sim_trace_entry *entry)
{
        switch (entry->kind) {
        case SIM_TRACE_LOG: return entry->node >= SCENARIO_CLIENT_ID;
        case SIM_TRACE_CLOSE: return entry->node < SCENARIO_CLIENT_ID;
        case SIM_TRACE_FRAME: return entry->numbers[2] == API_API_VERSIONS;
        case SIM_TRACE_TIMERS:
        case SIM_TRACE_SEND:
        case SIM_TRACE_SYNCED:
        case SIM_TRACE_CUT:
        case SIM_TRACE_HEAL:
        case SIM_TRACE_SLOW:
        case SIM_TRACE_HOLD:
        case SIM_TRACE_RELEASE:
        case SIM_TRACE_RESET: return true; /* the script's line tells, or what follows */
        default: return false;
        }
}

void explain_entry(void *explain, const struct sim_trace_entry *entry)
{
        struct explain *e = explain;
        char who[NAME_BYTES];
        node_name(e, entry->node, who);
        if (entry->kind == SIM_TRACE_OPEN)
                remember_peer(e, entry);
        if (entry->kind == SIM_TRACE_OPEN || is_of_machinery(entry))
                return;
        if (is_about_a_send(entry)) {
                tell_record(e, entry);
                return;
        }
        flush(e);
        if (entry->kind == SIM_TRACE_FRAME)
                tell_frame(e, entry, who);
        else if (entry->kind == SIM_TRACE_NOTE)
                tell_note(e, entry, who);
        else if (entry->kind == SIM_TRACE_DROP_ANSWER)
                line(e, entry, "", "an answer is lost, with its connection");
        else
                tell_machine(e, entry, who);
}

void explain_free(struct explain *e)
{
        struct stream_peer *peer, *next;
        flush(e);
        frame_teller_free(e->frames);
        HASH_ITER (hh, e->peers, peer, next) {
                HASH_DEL(e->peers, peer);
                free(peer);
        }
        free(e);
}
