/* odradek bench null-broker: what a client reaches against a broker that does nothing. */
#include "cli/bench_commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/null_broker.h"
#include "cli/cli.h"
#include "cli/data_dir.h"
#include "cli/real_client.h"

int bench_null_broker_cmd(int argc, char **argv)
{
        struct null_broker_config config = null_broker_config_default();
        struct null_broker *broker;
        int64_t port = 0, partitions = config.partitions, record_size = config.record_size;
        const char *port_path = NULL;
        const struct cli_option options[] = {
                {"port", CLI_NUMBER, &port, "P", "to listen on (a free one)", 0, 65535},
                {"port-file", CLI_TEXT, &port_path, "F", "write the port there when ready", 0, 0},
                {"record-size", CLI_NUMBER, &record_size, "BYTES",
                 "of a value that consumers get (100)", 0, 1000000},
                {"partitions", CLI_NUMBER, &partitions, "N", "of every topic (1)", 1, 10000},
        };
        const struct cli_usage usage = {
                .synopsis = "[options]",
                .text = "Listens on 127.0.0.1 until Ctrl-C, takes what producers send, drops it, "
                        "and\n"
                        "hands one ready batch to consumers, for ever: what a client reaches here\n"
                        "is the client's own limit.",
                .example = "odradek bench null-broker --port 9092",
                .options = options,
                .option_count = sizeof options / sizeof options[0],
        };
        int status = cli_parse(&usage, argc, argv, NULL);
        if (status != CLI_GO_ON)
                return status;
        config.port = (int32_t)port;
        config.partitions = (int32_t)partitions;
        config.record_size = (int32_t)record_size;
        enum kerr err = null_broker_open(&config, &broker);
        if (err)
                return cli_fail(argv[0], "cannot listen on port %d: %s", config.port,
                                strerror(errno));
        interrupts_catch();
        printf("odradek: null broker on 127.0.0.1:%d\n", null_broker_port(broker));
        fflush(stdout);
        status = CLI_DONE;
        if (port_path &&
            number_file_write(argv[0], port_path, null_broker_port(broker)) != CLI_GO_ON)
                status = CLI_FAILED;
        else
                null_broker_serve(broker, interrupted);
        null_broker_close(broker);
        return status;
}
