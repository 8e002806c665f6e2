#!/bin/sh
# Makes the book out of chapters/ and docs/: $BUILD/book/index.html and what it leads to, and book.pdf
# where weasyprint is installed. The code that is cited becomes pages too, so that a citation leads to
# its line; CODE_BASE=https://…/ leads there instead.
#   chapters/make.sh [DIRECTORY]      PDF=none: leave the PDF out
set -eu
BUILD=${BUILD:-build}
out=${1:-$BUILD/book}
command -v pandoc >/dev/null || { echo "book: pandoc is not installed (sh tests/deps.sh book)" >&2; exit 1; }
rm -rf "$out"
mkdir -p "$out/figures"
cp chapters/book.css "$out/"
find "$BUILD/diagrams" -name '*.svg' -exec cp {} "$out/figures/" \; 2>/dev/null || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# --- which pages there are ---

chapters=$(find chapters -name '[0-9]*.md' | sort)
docs=$(find docs -name '*.md' ! -name LICENSE.md | sort)
name_of() { basename "$1" .md; }
title_of() { sed -n 's/^# //p' "$1" | head -n 1; }
number_of() { name_of "$1" | sed 's/-.*//; s/^0//'; }
as_html() { sed 's/&/\&amp;/g; s/</\&lt;/g'; }
question_of() { # its first sentence
        awk '/^## The question/ { on = 1; next } on && NF == 0 && said { exit } on && NF > 0 { said = said " " $0 }
                END { sub(/\?.*/, "?", said); gsub(/\*/, "", said); print substr(said, 2) }' "$1"
}

# The chapters and pages, as every page has them beside it.
nav_link() { echo "<li$2><a href=\"$(name_of "$1").html\">$(title_of "$1" | sed 's/^[0-9]*\. //' | as_html)</a></li>"; }
{
        echo '<nav class="site"><a class="home" href="index.html">Odradek</a>'
        echo '<a href="index.html#contents">Contents</a><a href="glossary.html">Glossary</a><ol>'
        for page in $chapters; do nav_link "$page" " value=\"$(number_of "$page")\""; done
        echo '</ol><ul>'
        for page in chapters/glossary.md $docs; do nav_link "$page" ""; done
        echo '</ul></nav>'
} >"$work/all"

# --- one page ---

# linked PAGE: the page with links that lead, for a reader of HTML.
linked() {
        "$BUILD/book-tool" link "${CODE_BASE:-code/}" "$1" >"$work/linked"
        [ "$1" != chapters/glossary.md ] || sed -E -i -f "$work/numbers" "$work/linked"
        sed -E 's,\]\(\.\./chapters/README\.md,](index.html,g; s,\]\(\.\./(chapters|docs)/,](,g
                s,\]\((code/[^)#]*)(#L[0-9]+)?\),](\1.html\2),g; s,\]\(([a-z0-9-]+)\.md(#[^)]*)?\),](\1.html\2),g' "$work/linked"
}
# "chapter 9." in the glossary leads there.
for page in $chapters; do
        printf '%s\n' "s,(chapter $(number_of "$page"))[.]\$,[\\1]($(name_of "$page").md).,"
done >"$work/numbers"
# Tables scroll by themselves, and long names in them may be broken behind a dot and before a capital.
to_html() { # OUTPUT OPTION...
        output=$1
        shift
        pandoc --from markdown-smart+raw_html --to html5 --columns 10000 --no-highlight --metadata lang=en --standalone \
                --css book.css "$@" >"$work/html"
        sed -E 's,<table,<div class="table">&,; s,</table>,&</div>,
                /<td/{
                        :next
                        s,(<code>([^<]|<wbr>)*([._]|[a-z][(]))([A-Za-z]),\1<wbr>\4,; t next
                        s,(<code>([^<]|<wbr>)*[a-z])([A-Z]),\1<wbr>\3,; t next
                }' "$work/html" >"$output"
}
# turn NAME TITLE: Markdown on standard input becomes NAME.html.
turn() {
        sed "s,<li\([^>]*\)><a href=\"$1.html\",<li\1><a aria-current=\"page\" href=\"$1.html\"," "$work/all" >"$work/nav"
        to_html "$out/$1.html" --include-before-body "$work/nav" --metadata pagetitle="$2"
}
# The way back and on, below a chapter. PREVIOUS and NEXT may be empty.
steps() {
        echo
        echo '<div class="turn">'
        if [ "$1" ]; then echo "<a rel=\"prev\" href=\"$(name_of "$1").html\">← $(title_of "$1" | as_html)</a>"; else echo '<a href="index.html">← Contents</a>'; fi
        [ -z "$2" ] || echo "<a rel=\"next\" href=\"$(name_of "$2").html\">$(title_of "$2" | as_html) →</a>"
        echo '</div>'
}

# --- the site ---

previous=
for page in $chapters chapters/glossary.md $docs; do
        next=$(printf '%s\n' $chapters chapters/glossary.md $docs | grep -A 1 -x "$page" | sed -n 2p)
        linked "$page" >"$work/page"
        steps "$previous" "$next" >>"$work/page"
        turn "$(name_of "$page")" "$(title_of "$page")" <"$work/page"
        previous=$page
done

contents() {
        for page in $chapters; do
                echo "$(number_of "$page"). [$(title_of "$page" | sed 's/^[0-9]*\. //')]($(name_of "$page").html)  "
                echo "   $(question_of "$page")"
        done
        echo
        echo "[Glossary](glossary.html), and reference pages:"
        for page in $docs; do
                echo
                echo "- [$(title_of "$page")]($(name_of "$page").html)"
        done
}
contents >"$work/contents"
linked chapters/README.md >"$work/page"
sed -i "/^<!-- contents -->/{
        r $work/contents
        d
}" "$work/page"
turn index "Odradek: the book" <"$work/page"

# The cited files, a line with a name for each of theirs.
if [ -z "${CODE_BASE:-}" ]; then
        grep -ho 'href="code/[^"#]*' "$out"/*.html | sed 's/^href="code\///; s/\.html$//' | sort -u | while read -r file; do
                [ -f "$file" ] || continue
                mkdir -p "$out/code/$(dirname "$file")"
                up=$(echo "$file" | sed 's/[^/]*$//; s,[^/]*/,../,g')../
                {
                        echo "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
                        echo "<title>$file</title><link rel=\"stylesheet\" href=\"${up}book.css\"><body class=\"code\">"
                        echo "<h1>$file</h1><p><a href=\"${up}index.html\">Odradek: the book</a></p><pre>"
                        as_html <"$file" | awk '{ printf "<span id=\"L%d\"><i>%4d</i> %s\n</span>", NR, NR, $0 }'
                        echo "</pre>"
                } >"$out/code/$file.html"
        done
fi
echo "book: $(echo "$chapters" | wc -l) chapters, $(echo "$docs" | wc -l) reference pages: $out/index.html"
grep -ho 'src="figures/[^"]*' "$out"/*.html | sort -u | sed 's/^src="//' | while read -r figure; do
        [ -e "$out/$figure" ] || echo "book: the figure $figure is missing: it was not drawn (make diagrams)"
done

# --- on paper ---

[ "${PDF:-}" != none ] || exit 0
if ! command -v weasyprint >/dev/null; then
        echo "book: no PDF, weasyprint is not installed"
        exit 0
fi
names=$(for page in $chapters chapters/glossary.md $docs; do printf '%s|' "$(name_of "$page")"; done)
for page in chapters/README.md $chapters chapters/glossary.md $docs; do
        # Code is cited by name alone; what is a page on the screen is a section here.
        linked "$page" >"$work/page"
        sed -E "s,\[([^]]*)\]\(code/[^)]*\),\1,g; s,\]\((${names}index)\.html(#[^)]*)?\),](#page-\1),g;
                1,/^# /s,^# (.*)$,# \1 {#page-$(name_of "$page" | sed s/README/index/)},; /^## Contents/d; /^<!-- contents -->/d" "$work/page"
        echo
done >"$work/whole"
to_html "$out/whole.html" --toc --toc-depth 1 --metadata title=Odradek \
        --metadata subtitle="A Kafka in C, to be read, taken apart and broken on purpose" <"$work/whole"
sed -i 's/<wbr>/\&#8203;/g' "$out/whole.html" # which weasyprint understands
weasyprint --quiet "$out/whole.html" "$out/book.pdf"
rm "$out/whole.html"
echo "book: $out/book.pdf"
