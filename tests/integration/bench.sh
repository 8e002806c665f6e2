#!/bin/sh
# Goal:   each command of `odradek bench` runs, and what it writes has the right shape.
# Method: quick runs, as few as there are; CSV and JSON are read by a program. Never looks at speed.
. tests/integration/lib.sh
scratch=$dir/scratch
mkdir "$scratch"

says() { # CLUE COMMAND...
        clue=$1
        shift
        "$@" 2>&1 | grep -q -- "$clue"
}
fails() { # STATUS CLUE COMMAND...
        wanted=$1 clue=$2
        shift 2
        "$@" >/dev/null 2>"$dir/errors" </dev/null
        [ $? -eq "$wanted" ] && grep -q -- "$clue" "$dir/errors" && return 0
        cat "$dir/errors"
        return 1
}
# Both files name the experiment, have every case, and agree on the number of runs.
well_formed() { # CSV JSON
        python3 - "$1" "$2" <<'END'
import csv, json, sys
rows = list(csv.reader(line for line in open(sys.argv[1]) if not line.startswith('#')))
data = json.load(open(sys.argv[2]))
assert rows[0][:6] == ['experiment', 'series', 'setting', 'x', 'run', 'disturbed'], rows[0]
assert all(len(row) == len(rows[0]) for row in rows)
assert all(float(value) == float(value) for row in rows[1:] for value in row[3:])
assert data['schema'] == 1 and data['machine']['cpus'] >= 1 and data['cases']
assert sum(case['runs'] for case in data['cases']) == len(rows) - 1 > 0
for case in data['cases']:
    assert case['runs'] > 0 or case['skipped'], case
    for figure in case['figures'].values():
        assert len(figure['runs']) == case['runs'] and figure['min'] <= figure['median'] <= figure['max']
END
}

ok "bench list" says '^E0 *limits ' $odradek bench list
ok "bench run" $odradek bench run limits --quick --runs 1 --dir "$scratch" --csv "$dir/l.csv" --json "$dir/l.json"
ok "bench run writes CSV and JSON" well_formed "$dir/l.csv" "$dir/l.json"
ok "bench run finds experiments by number" says '^kernel ' $odradek bench run w5 --quick --runs 1 --dir "$scratch"
ok "bench run --output" $odradek bench run checksum --quick --runs 1 --dir "$scratch" --output "$dir/out"
ok "bench run --output writes a script for gnuplot" test -s "$dir/out/checksum.csv" -a -s "$dir/out/checksum-throughput.gp"
ok "bench copy --quick" $odradek bench copy --quick --runs 1 --dir "$scratch" --csv "$dir/c.csv" --json "$dir/c.json"
ok "bench copy writes CSV and JSON" well_formed "$dir/c.csv" "$dir/c.json"
ok "bench disk --quick" $odradek bench disk --quick --runs 1 --dir "$scratch"
ok "scratch files are gone" test -z "$(ls "$scratch")"

# Ctrl-C in the middle ends in order and takes the scratch files along.
interrupt() {
        $odradek bench run copypath --dir "$scratch" >"$dir/cut" 2>&1 &
        pid=$!
        sleep 2
        kill -TERM "$pid"
        wait "$pid"
        [ $? -eq 1 ] && grep -q 'interrupted' "$dir/cut" && [ -z "$(ls "$scratch")" ]
}
ok "an interrupt ends a run in order" interrupt

ok "no such experiment" fails 2 'no such experiment' $odradek bench run warp
ok "which experiment?" fails 2 'which experiment' $odradek bench run
ok "two experiments and one file" fails 2 'one experiment at a time' $odradek bench run limits checksum --csv x
ok "a mode that there is not" fails 2 'same or two' $odradek bench run limits --mode three
ok "a directory that there is not" fails 1 'cannot make a directory' $odradek bench run limits --dir /nowhere
ok "a file that cannot be written" fails 1 'cannot write' $odradek bench run checksum --quick --runs 1 --dir "$scratch" --csv /nowhere/x
ok "bench experiments wants a directory" fails 2 'output must be given' $odradek bench experiments
ok "no such command" fails 2 'no such command' $odradek bench warp
ok "no command" fails 2 'which of its commands' $odradek bench
ok "bench --help" says 'odradek bench copy' $odradek bench --help
for command in list run experiments copy disk wire null-broker targets; do
        ok "bench $command --help has an example" says "odradek bench $command" $odradek bench "$command" --help
        ok "bench $command: an unknown option is named, exit status 2" fails 2 'no-such-option' $odradek bench "$command" --no-such-option
done
