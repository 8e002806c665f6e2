#!/bin/sh
# Goal:   chapters/tool lets nothing through: it is what holds the book to the truth.
# Method: small pages, each with one thing true or wrong; its verdict, and the line that it names.
. tests/integration/lib.sh
page=$dir/page.md
export TMPDIR="$dir"

# A page is made of standard input, in which ``` is written ~~~.
write() { sed 's/~~~/```/' >"$page"; }
check() { "$BUILD/book-tool" check "$@" "$BUILD" "$page" >"$dir/report" 2>&1; }
agrees() { # WHAT [--slow]
        what=$1
        shift
        check "$@"
        status=$?
        ok "$what" test $status -eq 0
        [ $status -eq 0 ] || sed 's/^/# /' "$dir/report"
}
refuses() { # WHAT LINE TEXT: exit status 1, and one report that names the line and says TEXT
        check
        status=$?
        ok "$1" test $status -eq 1
        ok "$1, and line $2 is named" grep -qF -- "not ok - $page:$2:" "$dir/report"
        ok "$1, and it says: $3" grep -qF -- "$3" "$dir/report"
}
cannot() { # WHAT TEXT
        check
        status=$?
        ok "$1" test $status -eq 2
        ok "$1, and it says: $2" grep -qF -- "$2" "$dir/report"
}
ran() { grep -c '^ok - .*:[0-9]*: ' "$dir/report"; }

# --- output ---

write <<'END'
~~~console
$ echo one; echo two
one
two
$ printf 'no newline'
no newline
$ echo $(
> echo three)
three
$ true
~~~
END
agrees "output that is the same"
ok "each of four commands was run and told" test "$(ran)" -eq 4

write <<'END'
Text.

~~~console
$ echo one; echo two
one
three
~~~
END
refuses "a changed line" 4 "printed something else"
ok "what was said and what was printed are shown" grep -qF '+ two' "$dir/report"

printf '```console\n$ echo one; echo two\none\n```\n' >"$page"
refuses "a line too many" 2 "printed something else"
printf '```console\n$ echo one\none\ntwo\n```\n' >"$page"
refuses "a line too few" 2 "printed something else"
printf '```console\n$ echo one\n```\n' >"$page"
refuses "output that the page has forgotten" 2 "printed something else"

write <<'END'
~~~console
$ seq 9
1
...
5
...
$ seq 3
...
3
~~~
END
agrees "three dots stand for any lines"
write <<'END'
~~~console
$ seq 9
1
...
12
...
~~~
END
refuses "what stands between dots must be there" 2 "printed something else"
printf '```console\n$ seq 9\n1\n...\n8\n```\n' >"$page"
refuses "what stands behind dots must be the end" 2 "printed something else"

write <<'END'
~~~console numbers
$ echo "took    12.5 ms, 1,024 records"
took 7 ms, 3 records
~~~
END
agrees "numbers and gaps may differ where the block says so"
sed 's/ms, 3/s, 3/' "$page" >"$page.other" && mv "$page.other" "$page"
refuses "the words between numbers may not" 2 "printed something else"
printf '```console\n$ echo 12\n13\n```\n' >"$page"
refuses "elsewhere numbers count" 2 "printed something else"

# --- how commands end ---

printf '```console\n$ echo bad; false\nbad\n```\n' >"$page"
refuses "a command that fails" 2 "failed"
printf '```console fails\n$ echo bad; false\nbad\n```\n' >"$page"
agrees "a command that is said to fail"
printf '```console fails\n$ echo good\ngood\n```\n' >"$page"
refuses "a command that should fail and does not" 2 "ended well"
printf '```console\n$ exit 0\n$ echo after\nafter\n```\n' >"$page"
refuses "a command that ends the shell" 2 "did not come back"
ok "no command behind it counts as run" grep -qF "$page:3: echo after: did not come back" "$dir/report"
printf '```console\n$ if\n```\n' >"$page"
refuses "a command that is none" 2 "did not come back"

printf '```console slow\n$ echo one\ntwo\n```\n' >"$page"
agrees "a slow command is left out of the short run"
ok "and is not told as run" test "$(ran)" -eq 0
check --slow
ok "the long run runs it" test $? -eq 1

# --- where they run ---

write <<'END'
~~~console
$ ls build | grep odradek
odradek
odradek-sim
$ test -x build/odradek && head -c 9 src/base/world.h | wc -c
9
$ echo 127.0.0.1:9092
127.0.0.1:9092
$ there=yes; mkdir -p build/try; sleep 60 & echo $! >$TMPDIR/job; cd build/try
$ echo $there in $(basename $PWD)
yes in try
~~~
END
agrees "in a place like the repository, one bash for all"
ok "background jobs are ended" sh -c '! kill -0 "$1"' sh "$(cat "$dir/job")"
ok "nothing is left of it" test -z "$(ls "$dir"/odradek-book.* 2>/dev/null)"

# --- citations ---

write <<'END'
See [the wall](src/base/world.h:/^struct world \{/) and [a file](src/base/world.h) and [it](page.md#there).
END
agrees "citations that find their line"
ok "they are counted" grep -qF "1 citations found" "$dir/report"
printf '\nSee [x](src/base/world.h:/^struct underworld/).\n' >"$page"
refuses "a citation that finds no line" 2 "no line of the file matches"
printf '\nSee [x](src/base/underworld.h:/^struct/).\n' >"$page"
refuses "a citation of a file that is not there" 2 "there is no such file"
printf '\nSee [x](src/base/underworld.h).\n' >"$page"
refuses "a link to a file that is not there" 2 "there is no such file"
printf '\n![x](figures/none.svg)\n' >"$page"
refuses "a figure without a source" 2 "there is no such file"
printf '```c src/base/world.h:/^#ifndef/,/^#define/\n#ifndef ODRADEK_BASE_WORLD_H\n#define ODRADEK_BASE_WORLD_H\n```\n' >"$page"
agrees "an excerpt that is the code's"
printf '```c src/base/world.h:/^#ifndef/,/^#define/\n#ifndef ODRADEK_BASE_WORLD_H\n```\n' >"$page"
refuses "an excerpt that is not" 1 "the code has changed"
printf '```c\nhandlers[i](src/none.h);\n```\n```console\n$ echo "](src/none.h)"\n](src/none.h)\n```\n' >"$page"
agrees "what looks like a link in a block is none"

# --- pages that are wrong themselves ---

printf '```console\necho one\n```\n' >"$page"
cannot "a block without a command" "begins with '$ '"
printf '```console\n$ echo one\none\n' >"$page"
cannot "a block without an end" "has no end"
printf '```console\n```\n' >"$page"
cannot "an empty block" "has no command"
printf '```console slwo\n$ echo one\none\n```\n' >"$page"
cannot "a misspelt word behind console" "slwo"
rm "$page"
cannot "a page that is not there" "cannot read"

# --- update ---

write <<'END'
Before.
~~~console
$ echo one; echo two
nothing
$ seq 3
...
9
$ echo three
~~~
Between.
~~~c src/base/world.h:/^#ifndef/,/^#define/
~~~
After.
END
"$BUILD/book-tool" update "$BUILD" "$page" >"$dir/report" 2>&1
sed 's/~~~/```/' >"$dir/wanted" <<'END'
Before.
~~~console
$ echo one; echo two
one
two
$ seq 3
...
9
$ echo three
three
~~~
Between.
~~~c src/base/world.h:/^#ifndef/,/^#define/
#ifndef ODRADEK_BASE_WORLD_H
#define ODRADEK_BASE_WORLD_H
~~~
After.
END
ok "update writes output and excerpts, and leaves what was shortened by dots" diff "$dir/wanted" "$page"
refuses "what update left is still refused" 6 "printed something else"

# --- link ---

printf 'See [a](src/base/world.h:/^#ifndef/), [b](README.md), [c](https://example.org/x).\n```c src/x.c:/a/\na[i](README.md)\n```\n' >"$page"
"$BUILD/book-tool" link code/ "$page" >"$dir/linked"
line=$(grep -n '^#ifndef' src/base/world.h | head -n 1 | cut -d: -f1)
printf 'See [a](code/src/base/world.h#L%d), [b](code/README.md), [c](https://example.org/x).\n```c\na[i](README.md)\n```\n' "$line" >"$dir/wanted"
ok "links lead to the line" diff "$dir/wanted" "$dir/linked"
"$BUILD/book-tool" check "$BUILD" >"$dir/report" 2>&1
ok "without a page there is nothing to pass" test $? -eq 2
