#!/bin/sh
# Goal:   the book says what is so: commands print what stands below them, excerpts are the code's,
#         citations and links lead somewhere; and it is whole.
# Method: chapters/tool on each page of chapters/ and docs/, two pages at a time; SLOW=--slow runs the
#         slow commands too. Each chapter has its headings, commands, citations and a figure.
. tests/integration/lib.sh
SLOW=${SLOW:-}
export BUILD SLOW dir
find chapters docs -name '*.md' | sort >"$dir/pages"
# shellcheck disable=SC2016
xargs -P 2 -I PAGE sh -c '
        report=$dir/$(echo PAGE | tr / .)
        "$BUILD/book-tool" check $SLOW "$BUILD" PAGE >"$report.out" 2>&1
        echo $? >"$report.status"' <"$dir/pages"

has() { grep -qE "$1" "$page" || missing="$missing, $2"; }
while read -r page; do
        report=$dir/$(echo "$page" | tr / .)
        cat "$report.out"
        [ "$(cat "$report.status")" -le 1 ] || echo "not ok - $page could not be tried"
        case $page in chapters/[0-9]*) ;; *) continue ;; esac
        grep -q '^> \*\*Not written yet' "$page" && continue
        missing=
        for heading in 'The question' 'See it break' 'The idea' 'Read the code' Experiment \
                'What Apache Kafka does differently' Predict 'The lab' Terms Sources; do
                has "^## $heading\$" "\"$heading\""
        done
        has '^!\[.*\]\(figures/' "a figure"
        has '^```console' "a command"
        grep -q 'citations found' "$report.out" || missing="$missing, citations"
        ok "$page is whole${missing:+; it lacks${missing#,}}" test -z "$missing"
done <"$dir/pages"

find chapters -name '[0-9]*.md' | sort | sed 's,.*/,,; s/-.*//' >"$dir/numbers"
seq -w 1 20 >"$dir/all"
ok "there are chapters 1 to 20" diff "$dir/all" "$dir/numbers"

# The glossary: 70 terms or more, in order, each with its Chinese, a file that the tool has found, a chapter.
grep '^\*\*' chapters/glossary.md >"$dir/terms"
ok "the glossary has 70 terms or more" test "$(wc -l <"$dir/terms")" -ge 70
sed 's/^\*\*\([^*]*\)\*\*.*/\1/' "$dir/terms" >"$dir/names"
ok "they are in order" env LC_ALL=C sort -f -c "$dir/names"
odd=$(LC_ALL=C grep -vE '^\*\*[^*]+\*\* \([^)]*[^ -~][^)]*\): .+\. \[[^]]+\]\([a-z_]+/[^)]+\), chapter ([1-9]|1[0-9]|20)\.$' "$dir/terms")
ok "each has a sentence, a place in the code and a chapter: $odd" test -z "$odd"

# A term has the same Chinese in a chapter as in the glossary.
sed -n 's/^\*\*\([^*,(]*[^*,( ]\)[^*]*\*\* (\([^)]*\)).*/\1\t\2/p' chapters/glossary.md >"$dir/chinese"
for page in chapters/[0-9]*.md; do
        sed -n "s,^- \*\*\([^*\,(]*[^*\,( ]\)[^*]*\*\* (\([^)\,;]*\).*,\1\t\2\t$page,p" "$page"
done | awk -F '\t' 'NR == FNR { told[tolower($1)] = $2; next }
        tolower($1) in told && index(told[tolower($1)], $2) != 1 { print $3 ": " $1 ": " $2 ", in the glossary " told[tolower($1)] }' \
        "$dir/chinese" - >"$dir/other"
ok "terms have one Chinese word" diff /dev/null "$dir/other"
