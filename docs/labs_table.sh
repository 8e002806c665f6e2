#!/bin/sh
# The table of labs, from each lab's lab.toml: prints it, or writes it into the book's first page.
#   docs/labs_table.sh [update]
set -eu
page=chapters/README.md

table() {
        echo '| lab | chapter | what for | kind | minutes | points |'
        echo '| --- | --- | --- | --- | --- | --- |'
        for lab in labs/[0-9]*-*/lab.toml; do
                awk -v chapters="$(find chapters -name '[0-9]*.md' | sort | sed 's,.*/,,' | tr '\n' ' ')" '
                function value() { sub(/^[a-z_]* = "?/, ""); sub(/"?[ \t]*(#.*)?$/, ""); return $0 }
                /^\[\[test\]\]/ { in_test = 1 }
                in_test && /^points = / { points += value() }
                in_test { next }
                /^id = / { id = value() }
                /^title = / { title = value() }
                /^chapter = / { chapter = value() }
                /^kind = / { kind = value() }
                /^minutes = / { minutes = value() }
                END {
                        count = split(chapters, page, " ")
                        where = chapter
                        for (i = 1; i <= count; i++)
                                if (page[i] + 0 == chapter + 0) where = "[" chapter "](" page[i] ")"
                        print "| " id " | " where " | " title " | " kind " | " minutes " | " points " |"
                }' "$lab"
        done
}

case "${1:-print}" in
print) table ;;
update)
        made=$(mktemp)
        trap 'rm -f "$made"' EXIT
        table >"$made"
        sed -i -e "/^| lab | chapter /{
                r $made
                d
        }" -e '/^| --- | --- | --- | --- | --- | --- |$/d; /^| [0-9][0-9] | /d' "$page"
        ;;
*) echo "usage: labs_table.sh [update]" >&2; exit 2 ;;
esac
