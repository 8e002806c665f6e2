# The medians of what `odradek bench … --csv FILE` has written: a line for each case.
#     awk -F, -f diagrams/median.awk -v names='syscalls;total cpu' FILE
# names: the figures, in order, with ';' between them. only: the cases whose series,setting matches
# this. settings=1: prints the setting too. ranges=1: behind each median its least and largest run.
# at: the head of the column that is a size in most experiments.
function size(x) {
        return x >= 1048576 ? x / 1048576 " MiB" : x >= 1024 ? x / 1024 " KiB" : x
}
function number(value) {
        return sprintf(value == int(value) || value >= 100 ? "%.0f" : value < 0.01 ? "%.4f" : "%.2f", value)
}
function row(first, second, third) {
        printf "%-18s", first
        if (settings)
                printf "%-17s", second
        if (third != "")
                printf "%9s", third
}
function column_of(text) {
        printf (ranges ? "%21s" : "%14s"), text
}
# The median of figure k; sorts its runs by insertion, for there are few.
function cell(k,   i, j, value) {
        for (i = 2; i <= runs; i++) {
                value = run[k, i]
                for (j = i - 1; j > 0 && run[k, j] > value; j--)
                        run[k, j + 1] = run[k, j]
                run[k, j + 1] = value
        }
        value = number((run[k, int((runs + 1) / 2)] + run[k, int(runs / 2) + 1]) / 2)
        return ranges ? value " (" number(run[k, 1]) "-" number(run[k, runs]) ")" : value
}
function print_case(   k) {
        if (runs && (only == "" || series "," setting ~ only)) {
                row(series, setting, x > 0 ? size(x) : "")
                for (k = 1; k <= count; k++)
                        column_of(cell(k))
                print ""
        }
        runs = 0
}
/^#/ { next }
!count {
        count = split(names, name, ";")
        for (i = 7; i <= NF; i++)
                for (k = 1; k <= count; k++)
                        if (index($i, name[k] " (") == 1)
                                column[k] = i
        next
}
!headed++ {
        row("way", "setting", $4 > 0 ? (at ? at : "size") : "")
        for (k = 1; k <= count; k++)
                column_of(name[k])
        print ""
}
$2 != series || $3 != setting || $4 != x { print_case() }
{
        series = $2
        setting = $3
        x = $4
        runs++
        for (k = 1; k <= count; k++)
                run[k, runs] = $column[k]
}
END { print_case() }
