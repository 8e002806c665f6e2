#!/bin/sh
# Goal:   the labs are whole, the book speaks only of labs that there are, and the grader tells what
#         it found in each of its forms.
# Method: the folders are looked through; the grader's own tests; the reference of one build lab is
#         graded here, with hidden tests, and a lab that nobody has begun. (make labs does more.)
. tests/integration/lib.sh
lab=$BUILD/lab

missing=
for of in labs/[0-9]*-*/; do
        name=$(basename "$of")
        for file in README.md lab.toml Makefile hints/1.md; do
                [ -f "$of$file" ] || missing="$missing $of$file"
        done
        for file in GUIDE.md answers.md; do
                [ -f "labs/instructor/$name/$file" ] || missing="$missing labs/instructor/$name/$file"
        done
done
ok "each lab has its handout, hints and guide:$missing" test -z "$missing"
sh docs/labs_table.sh >"$dir/table"
sed -n '/^| lab | chapter/,/^$/p' chapters/README.md | sed '$d' >"$dir/told"
ok "the book's first page has the table of labs (make docs)" diff "$dir/table" "$dir/told"

# Each "Lab 07" in the book is a folder, or a sentence says that it comes later.
missing=
for page in chapters/*.md docs/*.md; do
        for id in $(grep -oE '\bLab [0-9]{2}\b' "$page" | cut -d' ' -f2 | sort -u); do
                [ -d "$(echo labs/"$id"-*)" ] ||
                        tr '\n' ' ' <"$page" | grep -qE "Lab $id[^.]* later edition" ||
                        missing="$missing $page: $id,"
        done
done
ok "the labs that the book names exist, or are said to come later:$missing" test -z "$missing"
missing=
for toml in labs/[0-9]*-*/lab.toml; do
        id=$(sed -n 's/^id = "\([0-9]*\)"/\1/p' "$toml")
        page=$(printf 'chapters/%02d-*.md' "$(sed -n 's/^chapter = //p' "$toml")")
        # shellcheck disable=SC2086
        grep -q "Lab $id" $page || missing="$missing $id"
done
ok "each lab is named in its chapter:$missing" test -z "$missing"

ok "the grader's own tests" sh labs/tool/test.sh "$lab"

# A reference gets full marks, hidden tests included, in five forms.
"$lab" grade 12 --build "$BUILD" --json "$dir/a.json" --gradescope "$dir/a.gradescope" --junit "$dir/a.xml" \
        --csv "$dir/a.csv" \
        --hidden labs/instructor/12-high-watermark/hidden --student anna --secret autumn >"$dir/report" 2>&1
status=$?
ok "lab 12: the reference gets full marks, and the exit status says so" test $status -eq 0
[ $status -eq 0 ] || sed 's/^/# /' "$dir/report"
/usr/bin/python3 - "$dir" >"$dir/forms" 2>&1 <<'END'
import csv, json, sys, xml.etree.ElementTree as tree
d = sys.argv[1]
a = json.load(open(d + "/a.json"))
assert a["schema"] == 1 and a["lab"] == "12" and a["score"] == a["max"] > 0, a
assert a["declared"] == a["ran"] == len(a["tests"]), a
assert sum(t["points"] for t in a["tests"]) == a["score"]
hidden = [t for t in a["tests"] if t.get("hidden")]
assert hidden and not any("seed" in t or "repro" in t for t in hidden), hidden
g = json.load(open(d + "/a.gradescope"))
assert sum(t["score"] for t in g["tests"]) == a["score"] and len(g["tests"]) == a["ran"], g
x = tree.parse(d + "/a.xml").getroot()
assert len(list(x.iter("testcase"))) == a["ran"] and not list(x.iter("failure"))
c = list(csv.DictReader(open(d + "/a.csv")))
assert [(r["test"], r["title"]) for r in c] == [(t["id"], t["title"]) for t in a["tests"]], c
assert sum(int(r["points"]) for r in c) == a["score"] and {r["student"] for r in c} == {"anna"}, c
assert a["student"] == "anna" and a["build"]["cc"].split()[0] in ("gcc", "clang"), a["build"]
assert "commit" in a["build"]
END
ok "JSON, Gradescope, JUnit and CSV tell the same: $(tail -n 1 "$dir/forms")" test ! -s "$dir/forms"
seed() { sed -n '1s/.*seed //p'; }
ok "a student has one seed" test "$(seed <"$dir/report")" = \
        "$("$lab" grade 12 --build "$BUILD" --student anna --secret autumn --stop | seed)"
ok "another has another" test "$(seed <"$dir/report")" != \
        "$("$lab" grade 12 --build "$BUILD" --student boris --secret autumn --stop | seed)"

"$lab" questions 10 --build "$BUILD" --student anna --secret autumn >"$dir/questions" 2>&1
ok "a student's questions say for which seed they are" grep -q '^# seed [0-9]*$' "$dir/questions"

# What READMEs show is compared (make labs does it); here, that a wrong line is seen and mended.
page() { # LINE...: a block in a list, whose command prints three lines
        printf '1. A step.\n\n   ```console seconds\n   $ printf "01 one 4/4 0.1 s\\n02 two 3/3 12.5 s\\nsum 7 $WORD\\n"\n'
        printf '   %s\n' "$@"
        printf '   ```\n'
}
echo "WORD=trace\$BLOCK" >"$dir/before"
try() { "$BUILD/book-tool" "$@" --before "$dir/before" "$BUILD" "$dir/page.md" >"$dir/tried" 2>&1; }
page '01 one 4/4    2.0 s' '02 two 3/3 0.1 s' 'sum 7 trace1' >"$dir/page.md"
ok "seconds and gaps may differ" try check
page '  ...' '02 two 3/3 0.1 s' 'sum 7   ...' >"$dir/page.md"
ok "dots stand for lines, and for the rest of one" try check
page '  ...' '02 two 2/3 0.1 s' 'sum 7 trace2' >"$dir/page.md"
try check
ok "marks and words may not" test $? -eq 1
try update
page '  ...' '02 two 3/3 12.5 s' 'sum 7 trace1' >"$dir/wanted"
ok "what is wrong is written anew, and dots stay" diff "$dir/wanted" "$dir/page.md"
page '  ...' '03 three 3/3 0.1 s' >"$dir/page.md"
cp "$dir/page.md" "$dir/wanted"
try update
ok "but not behind dots where nothing begins so" diff "$dir/wanted" "$dir/page.md"

# The other statuses.
"$lab" grade 99 --build "$BUILD" >/dev/null 2>&1
ok "a lab that there is not: status 2" test $? -eq 2
"$lab" grade 12 --build "$BUILD" --hidden "$dir/nothing" >/dev/null 2>&1
ok "hidden tests that there are not: status 2" test $? -eq 2
