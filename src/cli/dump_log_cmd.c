#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/dump_log.h"

/* Each file of the list "F,F…"; false when it names none. */
static bool dump_files(struct dump_log *d, const char *files)
{
        bool any = false;
        while (*files) {
                size_t length = strcspn(files, ",");
                if (length > 0) {
                        char *path = strndup(files, length);
                        dump_log_file(d, path);
                        free(path);
                        any = true;
                }
                files += length + (files[length] == ',');
        }
        return any;
}

int dump_log_cmd(int argc, char **argv)
{
        struct dump_log d = {.out = stdout, .err = stderr};
        const char *files = "";
        const struct cli_option options[] = {
                {.name = "files",
                 .type = CLI_TEXT,
                 .into = &files,
                 .argument = "F[,F...]",
                 .text = ".log, .index, .timeindex and -checkpoint files"},
                {.name = "deep-iteration",
                 .into = &d.deep,
                 .text = "print each record's offset, time and sizes"},
                {.name = "print-data-log",
                 .into = &d.print_data,
                 .text = "print each record's key and payload as well"},
                {.name = "cluster-metadata-decoder",
                 .into = &d.cluster_metadata,
                 .text = "print payloads as records of the metadata log"},
                {.name = "offsets-decoder",
                 .into = &d.offsets,
                 .text = "print records as those of __consumer_offsets"},
                {.name = "transaction-log-decoder",
                 .into = &d.transactions,
                 .text = "print records as those of __transaction_state"},
                {.name = "hex",
                 .into = &d.hex,
                 .text = "print the bytes of each batch, field by field"},
                {.name = "index-sanity-check",
                 .into = &d.index_check_only,
                 .text = "only say whether an index is sound"},
        };
        const struct cli_usage usage = {
                .synopsis = "--files F[,F...] [options]",
                .text = "Prints what is in the files of a partition, and checks it.\n"
                        "Exit status: 0 all is well, 1 a file is damaged or missing, 2 wrong "
                        "usage.",
                .example = "odradek dump-log --print-data-log "
                           "--files data/orders-0/00000000000000000000.log",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status != CLI_GO_ON)
                return status;
        if (!dump_files(&d, files))
                return cli_misuse(argv[0], "--files is missing");
        return d.damaged ? CLI_FAILED : CLI_DONE;
}
