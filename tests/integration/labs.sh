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

# A reference gets full marks, hidden tests included, in four forms.
"$lab" grade 12 --build "$BUILD" --json "$dir/a.json" --gradescope "$dir/a.gradescope" --junit "$dir/a.xml" \
        --hidden labs/instructor/12-high-watermark/hidden --student anna --secret autumn >"$dir/report" 2>&1
status=$?
ok "lab 12: the reference gets full marks, and the exit status says so" test $status -eq 0
[ $status -eq 0 ] || sed 's/^/# /' "$dir/report"
/usr/bin/python3 - "$dir" >"$dir/forms" 2>&1 <<'END'
import json, sys, xml.etree.ElementTree as tree
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
END
ok "JSON, Gradescope and JUnit tell the same: $(tail -n 1 "$dir/forms")" test ! -s "$dir/forms"
seed() { sed -n '1s/.*seed //p'; }
ok "a student has one seed" test "$(seed <"$dir/report")" = \
        "$("$lab" grade 12 --build "$BUILD" --student anna --secret autumn --stop | seed)"
ok "another has another" test "$(seed <"$dir/report")" != \
        "$("$lab" grade 12 --build "$BUILD" --student boris --secret autumn --stop | seed)"

# The other statuses.
"$lab" grade 99 --build "$BUILD" >/dev/null 2>&1
ok "a lab that there is not: status 2" test $? -eq 2
"$lab" grade 12 --build "$BUILD" --hidden "$dir/nothing" >/dev/null 2>&1
ok "hidden tests that there are not: status 2" test $? -eq 2
