/* notes.h - the entries that the workload, the watch and the scripts add to a trace.
 *
 * They are of kind NOTE. The first number is one of the codes below, the other three are as the
 * table says; sets of brokers are bit masks. Numbers only: words are made by explain.c, and only
 * when somebody reads them. */
#ifndef ODRADEK_SIM_NOTES_H
#define ODRADEK_SIM_NOTES_H

/* X(CODE, b, c, d) */
#define NOTE_LIST(X)                                   \
        X(SENT, "send", "partition", NULL)             \
        X(ENDED, "send", "outcome", "offset or error") \
        X(READ, "send", "partition", "offset")         \
        X(RESET, "partition", "offset", NULL)          \
        X(CORRUPT, "partition", "offset", "error")     \
        X(ASKED, "operation", "place", "offset")       \
        X(ANSWERED, "operation", "place", "error")     \
        X(APPENDED, "partition", "first", "last")      \
        X(SYNCED, "partition", "offset", NULL)         \
        X(STARTS, "partition", "offset", NULL)         \
        X(OFFLINE, "partition", NULL, NULL)            \
        X(OPENED, "partition", "end", "end before")    \
        X(TRUNCATED, "partition", "end", "end before") \
        X(LEADS, "partition", "leader epoch", "end")   \
        X(FOLLOWS, "partition", "leader", "epoch")     \
        X(COMMITTED, "partition", "offset", NULL)      \
        X(CLOSED, "partition", NULL, NULL)             \
        X(PROPOSES, "partition", "isr", NULL)          \
        X(ELECTED, "partition", "leader", "epoch")     \
        X(ISR, "partition", "before", "now")           \
        X(ELR, "partition", "before", "now")           \
        X(BEYOND, "partition", NULL, NULL)             \
        X(FENCED, "broker", "fenced", "epoch")         \
        X(QUORUM, "role", "epoch", "leader")           \
        X(VOTED, "candidate", "epoch", NULL)           \
        X(CONTROLS, "active", NULL, NULL)              \
        X(ASSIGNED, "group", "partition", "kind")      \
        X(PROCESSED, "send", "partition", "offset")    \
        X(COMMITS, "commit", "partition", "offset")    \
        X(COMMIT_ENDED, "commit", "outcome", "error")  \
        X(OFFSET_TOLD, "group", "partition", "offset") \
        X(BEGINS, "transaction", NULL, NULL)           \
        X(ENDS, "transaction", "wish", NULL)           \
        X(TXN_ENDED, "transaction", "outcome", "err")  \
        X(STEP, "step", NULL, NULL)                    \
        X(NOT_DONE, "step", NULL, NULL)                \
        X(HEALED, NULL, NULL, NULL)                    \
        X(LAST_RECORDS, NULL, NULL, NULL)              \
        X(FINAL_READ, NULL, NULL, NULL)

enum note {
#define NOTE_ENUM(CODE, b, c, d) NOTE_##CODE,
        NOTE_LIST(NOTE_ENUM)
#undef NOTE_ENUM
                NOTES
};

#endif
