#!/bin/sh
# Tests of what the kill matrix cannot show: bad markers and bad descriptions are refused, good ones
# come out as they should. sh labs/tool/test.sh build/lab
set -eu
lab=$(realpath "$1")
dir=$(mktemp -d "${TMPDIR:-/tmp}/odradek-lab.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir -p src labs/77-tried out
bad=0 count=0

# strip NAME EXPECTED: src/a.c comes from stdin; EXPECTED is ok or refused.
strip() {
        cat >src/a.c
        count=$((count + 1))
        if "$lab" strip 77 --out out >/dev/null 2>err; then got=ok; else got=refused; fi
        [ $got = "$2" ] || { echo "test.sh: $1: $got, not $2"; cat err; bad=1; }
}
strip 'a region' ok <<'X'
int a;
        //@lab 77 begin
        one
        //@lab 77 starter
        // two
        //
        //   three
        //@lab 77 end
//@lab 78 begin
other
//@lab 78 starter
// not this
//@lab 78 end
X
cat >expected <<'X'
int a;
        two

          three
other
X
cmp out/src/a.c expected || bad=1
strip 'no end' refused <<'X'
//@lab 77 begin
//@lab 77 starter
X
strip 'no starter' refused <<'X'
//@lab 77 begin
//@lab 77 end
X
strip 'nested' refused <<'X'
//@lab 77 begin
//@lab 78 begin
//@lab 78 starter
//@lab 78 end
//@lab 77 starter
//@lab 77 end
X
strip 'an end alone' refused <<'X'
//@lab 77 end
X
strip 'another lab ends it' refused <<'X'
//@lab 77 begin
//@lab 78 starter
//@lab 77 end
X
strip 'an unknown word' refused <<'X'
//@lab 77 begins
X
strip 'a starter that is no comment' refused <<'X'
//@lab 77 begin
//@lab 77 starter
return 0;
//@lab 77 end
X
strip 'no region at all' refused <<'X'
int a;
X

# describe NAME TEXT: lab.toml comes from stdin; the message must have TEXT in it.
describe() {
        cat >labs/77-tried/lab.toml
        count=$((count + 1))
        "$lab" grade 77 >/dev/null 2>err && bad=1
        grep -q "$2" err || { echo "test.sh: $1: no word of '$2'"; cat err; bad=1; }
}
describe 'a key twice' ':2: a key that was there before' <<'X'
id = "77"
id = "77"
X
describe 'an open string' ':1: a string without an end' <<'X'
id = "77
X
describe 'an open array' 'an array without an end' <<'X'
files = ["a" "b"]
X
describe 'no pair' 'neither KEY = VALUE' <<'X'
[table]
X
describe 'two tests of one id' 'test 2 wants an id of its own' <<'X'
[[test]]
id = "01"
title = "t"
points = 1
kind = "sweep"
[[test]]
id = "01"
title = "t"
points = 1
kind = "sweep"
X
describe 'an unknown kind' 'test 1 wants' <<'X'
[[test]]
id = "01"
title = "t"
points = 1
kind = "essay"
file = "a"
X
describe 'a hunt for nothing' 'test 1 wants' <<'X'
[[test]]
id = "01"
title = "t"
points = 1
kind = "hunt"
file = "a.scn"
words = ["acks ACKS"]
holds = ["acks all"]
guarantee = "nothing lost"
X
describe 'questions without a key' 'test 1 wants' <<'X'
[[test]]
id = "01"
title = "t"
points = 1
kind = "predict"
file = "a.txt"
X
# Reference bodies of some: by function, around a region or in it, and by file.
cat >src/a.c <<'X'
static int one(int a)
{
//@lab 77 begin
        return a;
//@lab 77 starter
// return 0;
//@lab 77 end
}
//@lab 77 begin
struct two *two_of(void)
{
}
//@lab 77 starter
// none
//@lab 77 end
int not_one(int a)
{
//@lab 77 begin
        return b;
//@lab 77 starter
// return 1;
//@lab 77 end
}
X
keep() { # NAMES EXPECTED: what differs, as one word
        count=$((count + 1))
        "$lab" strip 77 --out out --keep "$1" >/dev/null
        got=$(grep -E 'return|two|none' out/src/a.c | tr -d ' \n')
        [ "$got" = "$2" ] || { echo "test.sh: keep $1: $got, not $2"; bad=1; }
}
keep '' 'return0;nonereturn1;'
keep one 'returna;nonereturn1;'
keep 'two_of not_one' 'return0;structtwo*two_of(void)returnb;'
keep a.c 'returna;structtwo*two_of(void)returnb;'
keep of 'return0;nonereturn1;'

[ $bad = 0 ] && echo "lab: $count cases of markers and descriptions: good"
exit $bad
