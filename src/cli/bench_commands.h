/* bench_commands.h - the subcommands of `odradek bench`: one file each (NAME_cmd.c).
 *
 * As in commands.h, with argv[0] being "bench copy", "bench disk" …, so that messages name them
 * whole. */
#ifndef ODRADEK_CLI_BENCH_COMMANDS_H
#define ODRADEK_CLI_BENCH_COMMANDS_H

int bench_list_cmd(int argc, char **argv);
int bench_run_cmd(int argc, char **argv);
int bench_experiments_cmd(int argc, char **argv);
int bench_copy_cmd(int argc, char **argv);
int bench_disk_cmd(int argc, char **argv);
int bench_wire_cmd(int argc, char **argv);
int bench_null_broker_cmd(int argc, char **argv);
int bench_targets_cmd(int argc, char **argv);

#endif
