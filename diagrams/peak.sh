#!/bin/sh
# What arrives, what is processed, and the lag between them, second by second, from a run of peak.scn.
set -eu
"$BUILD/odradek-sim" replay sim/scenarios/peak.scn | awk -v seconds=60 -v rate_max=1100 -v lag_max=4400 '
/: acknowledged at/ { n = split($NF, range, "-"); arrived = range[n] + 1 }
/ has processed / { processed = $NF + 1 }
int($1) > t && t < seconds { t++; a[t] = arrived; p[t] = processed }
function x(t) { return 70 + t * 780 / seconds }
function y(value, top, bottom, max) { return bottom - value * (bottom - top) / max }
function text(at_x, at_y, anchor, words) {
        printf "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\" font-size=\"14\">%s</text>\n", at_x, at_y, anchor, words
}
function axis(top, bottom, max, step, title,   v) {
        for (v = 0; v <= max; v += step) {
                printf "<path d=\"M70 %.1fH850\" stroke=\"#ccc\"/>\n", y(v, top, bottom, max)
                text(62, y(v, top, bottom, max) + 5, "end", v)
        }
        text(70, top - 12, "start", title)
}
function line(points, style) { printf "<path d=\"%s\" %s/>\n", points, style }
END {
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"470\" viewBox=\"0 0 880 470\" font-family=\"sans-serif\" fill=\"#111\">"
        print "<rect width=\"880\" height=\"470\" fill=\"#ffffff\"/>"
        axis(40, 200, rate_max, 200, "records a second")
        axis(260, 420, lag_max, 1000, "lag: records that wait in the log")
        for (t = 0; t <= seconds; t += 10) text(x(t), 440, "middle", t " s")
        for (t = 1; t <= seconds; t++) {
                step_in = " " x(t - 1) " " y(a[t] - a[t - 1], 40, 200, rate_max) "H" x(t)
                step_out = " " x(t - 1) " " y(p[t] - p[t - 1], 40, 200, rate_max) "H" x(t)
                came = came (t == 1 ? "M" : "L") step_in
                went = went (t == 1 ? "M" : "L") step_out
                lag = lag "L" x(t) " " y(a[t] - p[t], 260, 420, lag_max)
                if (a[t] - p[t] > most) { most = a[t] - p[t]; most_at = t }
        }
        line("M" x(0) " 420" lag "L" x(seconds) " 420Z", "fill=\"#f6c667\" stroke=\"#7a5200\" stroke-width=\"2\"")
        line(came, "fill=\"none\" stroke=\"#7a5200\" stroke-width=\"2\" stroke-dasharray=\"6 4\"")
        line(went, "fill=\"none\" stroke=\"#1f4e8c\" stroke-width=\"3\"")
        text(x(10) + 8, y(900, 40, 200, rate_max) + 5, "start", "what the shop sends (dashed)")
        text(x(20), y(300, 40, 200, rate_max) + 5, "start", "what the kitchen processes (solid)")
        text(x(most_at) + 24, y(most, 260, 420, lag_max) + 4, "start", "at most " most)
        print "</svg>"
}'
