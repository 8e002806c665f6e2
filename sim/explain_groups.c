#include "sim/explain_groups.h"

#include "base/errors.h"
#include "sim/notes.h"

#include <inttypes.h>

static void tell_assigned(const struct history *h, const int64_t *n, struct buffer *into)
{
        const char *group = h->groups[n[1]].name, *partition = h->partitions[n[2]].name;
        switch (n[3]) {
        case ASSIGNMENT_GIVEN:
                buffer_printf(into, "is given %s in group %s", partition, group);
                break;
        case ASSIGNMENT_REVOKED:
                buffer_printf(into, "gives %s of group %s back", partition, group);
                break;
        case ASSIGNMENT_LOST:
                buffer_printf(into, "has lost %s of group %s", partition, group);
                break;
        default: buffer_printf(into, "ends, with %s of group %s its own", partition, group);
        }
}

static void tell_processed(const struct history *h, const int64_t *n, struct buffer *into)
{
        if (n[1] >= 0)
                buffer_printf(into, "has processed %s/%" PRId32 " at %s offset %" PRId64,
                              h->clients[h->sends[n[1]].client].name, h->sends[n[1]].serial,
                              h->partitions[n[2]].name, n[3]);
        else
                buffer_printf(into, "has processed what nobody sent at %s offset %" PRId64,
                              h->partitions[n[2]].name, n[3]);
}

static void tell_commit_end(const struct history *h, const int64_t *n, struct buffer *into)
{
        const struct history_commit *c = &h->commits[n[1]];
        const char *partition = h->partitions[c->partition].name;
        if (n[2] == OUTCOME_OK)
                buffer_printf(into, "%s at offset %" PRId64 " is %s", partition, c->offset,
                              c->transaction >= 0 ? "taken into the transaction" : "committed");
        else
                buffer_printf(into, "%s at offset %" PRId64 " is %s: %s", partition, c->offset,
                              n[2] == OUTCOME_FAILED ? "not committed" : "perhaps committed",
                              kerr_text((int)n[3]));
}

static void tell_transaction_end(const struct history *h, const int64_t *n, struct buffer *into)
{
        static const char *const wishes[] = {"was never to be ended", "was to be committed",
                                             "was to be aborted"};
        const struct history_transaction *t = &h->transactions[n[1]];
        if (n[2] == OUTCOME_OK)
                buffer_printf(into, "the transaction is %s",
                              t->wish == TRANSACTION_WISH_COMMIT ? "committed" : "aborted");
        else
                buffer_printf(into, "the transaction %s, and nobody knows: %s", wishes[t->wish],
                              kerr_text((int)n[3]));
}

bool explain_group_note(const struct history *h, const struct sim_trace_entry *entry,
                        struct buffer *into)
{
        const int64_t *n = entry->numbers;
        switch (n[0]) {
        case NOTE_ASSIGNED: tell_assigned(h, n, into); return true;
        case NOTE_PROCESSED: tell_processed(h, n, into); return true;
        case NOTE_COMMITS:
                buffer_printf(into, "commits %s at offset %" PRId64, h->partitions[n[2]].name,
                              n[3]);
                return true;
        case NOTE_COMMIT_ENDED: tell_commit_end(h, n, into); return true;
        case NOTE_OFFSET_TOLD:
                if (n[3] >= 0)
                        buffer_printf(into, "is told: group %s has committed %s offset %" PRId64,
                                      h->groups[n[1]].name, h->partitions[n[2]].name, n[3]);
                else
                        buffer_printf(into, "is told: group %s has committed nothing of %s",
                                      h->groups[n[1]].name, h->partitions[n[2]].name);
                return true;
        case NOTE_BEGINS: buffer_printf(into, "begins a transaction"); return true;
        case NOTE_ENDS:
                buffer_printf(into, "asks to %s the transaction",
                              n[2] == TRANSACTION_WISH_COMMIT ? "commit" : "abort");
                return true;
        case NOTE_TXN_ENDED: tell_transaction_end(h, n, into); return true;
        default: return false;
        }
}
