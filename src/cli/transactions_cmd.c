/* odradek transactions: lists and describes transactions, and shows which producers have one open,
 * as kafka-transactions.sh does. */
#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/real_client.h"

struct transactions {
        struct real_client client;
        struct admin *admin;
        int status;

        const char *server, *transactional_id, *topic;
        int64_t partition;
};

static bool is_good(struct transactions *t, const struct admin_result *result, const char *about,
                    const char *name)
{
        if (t->status == CLI_DONE)
                t->status = real_client_outcome(&t->client, result, about, name);
        return !result->err;
}

/* --- list --- */

struct listing {
        struct transactions *transactions;
        int32_t node;
};

static void on_list(void *context, const struct admin_result *result)
{
        const struct listing *l = context;
        if (!is_good(l->transactions, result, "transactions", NULL))
                return;
        for (int32_t i = 0; i < result->transactions->transaction_states.count; i++) {
                const struct list_transactions_state *s =
                        &result->transactions->transaction_states.items[i];
                printf("%-30.*s\t%-11d\t%-10lld\t%.*s\n", s->transactional_id.size,
                       s->transactional_id.data, l->node, (long long)s->producer_id,
                       s->transaction_state.size, s->transaction_state.data);
        }
}

static void list(struct transactions *t)
{
        struct brokers brokers;
        t->status = real_client_brokers(&t->client, t->admin, &brokers);
        if (t->status != CLI_DONE)
                return;
        printf("%-30s\t%-11s\t%-10s\t%s\n", "TransactionalId", "Coordinator", "ProducerId",
               "TransactionState");
        for (int32_t i = 0; i < brokers.count; i++) {
                struct listing listing = {t, brokers.ids[i]};
                admin_list_transactions(t->admin, brokers.ids[i], on_list, &listing);
                real_client_finish(&t->client, t->admin);
        }
        free(brokers.ids);
}

/* --- describe --- */

static void print_line(const char *name, struct str value)
{
        printf("%-18s%.*s\n", name, value.size, value.data);
}

static void print_number(const char *name, int64_t value)
{
        printf("%-18s%lld\n", name, (long long)value);
}

static void on_described(void *context, const struct admin_result *result)
{
        struct transactions *t = context;
        if (!is_good(t, result, "transactional id", t->transactional_id))
                return;
        const struct describe_transactions_state *s = result->transaction;
        print_line("TransactionalId", s->transactional_id);
        print_number("ProducerId", s->producer_id);
        print_number("ProducerEpoch", s->producer_epoch);
        print_line("TransactionState", s->transaction_state);
        print_number("TimeoutMs", s->transaction_timeout_ms);
        print_number("StartTimeMs", s->transaction_start_time_ms);
        printf("%-18s", "TopicPartitions");
        const char *separator = "";
        for (int32_t i = 0; i < s->topics.count; i++) {
                const struct describe_transactions_topic *topic = &s->topics.items[i];
                for (int32_t p = 0; p < topic->partitions.count; p++, separator = ",")
                        printf("%s%.*s-%d", separator, topic->name.size, topic->name.data,
                               topic->partitions.items[p]);
        }
        printf("\n");
}

static void on_producers(void *context, const struct admin_result *result)
{
        struct transactions *t = context;
        if (!is_good(t, result, "topic", t->topic))
                return;
        printf("ProducerId\tProducerEpoch\tLatestCoordinatorEpoch\tLastSequence\tLastTimestamp\t"
               "CurrentTransactionStartOffset\n");
        for (int32_t i = 0; i < result->producers->active_producers.count; i++) {
                const struct describe_producers_producer *p =
                        &result->producers->active_producers.items[i];
                printf("%lld\t%d\t%d\t%d\t%lld\t", (long long)p->producer_id, p->producer_epoch,
                       p->coordinator_epoch, p->last_sequence, (long long)p->last_timestamp_ms);
                if (p->current_txn_start_offset >= 0)
                        printf("%lld\n", (long long)p->current_txn_start_offset);
                else
                        printf("None\n");
        }
}

/* --- the command --- */

static int parse(struct transactions *t, int argc, char **argv, const char **what)
{
        struct cli_list words = {0};
        const struct cli_option options[] = {
                {"transactional-id", CLI_TEXT, &t->transactional_id, "ID", "for describe", 0, 0},
                {"topic", CLI_TEXT, &t->topic, "T", "for describe-producers", 0, 0},
                {"partition", CLI_NUMBER, &t->partition, "P", "the same", 0, INT32_MAX},
                OPTION_SERVER(&t->server),
        };
        const struct cli_usage usage = {
                .synopsis = "list | describe --transactional-id ID | describe-producers --topic T "
                            "--partition P [options]",
                .text = "Shows transactions, and which producers have one open in a partition.",
                .example = "odradek transactions list",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, &words);
        if (status != CLI_GO_ON)
                return status;
        *what = words.count == 1 ? words.items[0] : "";
        if (strcmp(*what, "describe") == 0 && !t->transactional_id)
                return cli_misuse(argv[0], "give --transactional-id");
        if (strcmp(*what, "describe-producers") == 0 && (!t->topic || t->partition < 0))
                return cli_misuse(argv[0], "give --topic and --partition");
        if (strcmp(*what, "list") != 0 && strcmp(*what, "describe") != 0 &&
            strcmp(*what, "describe-producers") != 0)
                return cli_misuse(argv[0], "say what to do: list, describe or describe-producers");
        return CLI_GO_ON;
}

int transactions_cmd(int argc, char **argv)
{
        struct transactions t = {.server = DEFAULT_SERVER, .partition = -1};
        const char *what;
        int status = parse(&t, argc, argv, &what);
        if (status != CLI_GO_ON)
                return status;
        status = real_client_open_admin(&t.client, argv[0], t.server, &t.admin);
        if (status != CLI_GO_ON)
                return status;
        if (strcmp(what, "list") == 0)
                list(&t);
        else if (strcmp(what, "describe") == 0)
                admin_describe_transaction(t.admin, t.transactional_id, on_described, &t);
        else
                admin_describe_producers(t.admin, t.topic, (int32_t)t.partition, on_producers, &t);
        real_client_finish(&t.client, t.admin);
        admin_close(t.admin);
        real_client_close(&t.client);
        return t.status;
}
