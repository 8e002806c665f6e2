/* commands.h - the subcommands of `odradek`: one line each, one file each (NAME_cmd.c).
 *
 * Each takes its own arguments, argv[0] being the subcommand's name, and gives the process's exit
 * status: 0 done, 1 something went wrong (told on stderr), 2 usage. Each knows --help. */
#ifndef ODRADEK_CLI_COMMANDS_H
#define ODRADEK_CLI_COMMANDS_H

int broker_cmd(int argc, char **argv);
int cluster_cmd(int argc, char **argv);
int topics_cmd(int argc, char **argv);
int configs_cmd(int argc, char **argv);
int leader_election_cmd(int argc, char **argv);
int reassign_partitions_cmd(int argc, char **argv);
int metadata_quorum_cmd(int argc, char **argv);
int console_producer_cmd(int argc, char **argv);
int console_consumer_cmd(int argc, char **argv);
int consumer_groups_cmd(int argc, char **argv);
int transactions_cmd(int argc, char **argv);
int producer_perf_cmd(int argc, char **argv);
int consumer_perf_cmd(int argc, char **argv);
int dump_log_cmd(int argc, char **argv);
int bench_cmd(int argc, char **argv);

#endif
