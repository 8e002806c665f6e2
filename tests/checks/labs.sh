#!/bin/sh
# Goal:   the grader is right, and what a student gets suffices.
# Method: one lab's matrix: each wrong program fails the tests that were written for it, the reference
#         none, the starter those declared; and its README's commands print what it says. One lab's
#         tarball, unpacked, built and graded without the bodies and with them. LABS and HANDOUTS name
#         others; make labs and make handout do all.
build=${BUILD:-build}
check() { # WHAT TARGET LAB
        if MAKEFLAGS='' make -s "BUILD=$build" "$2" "LAB=$3" >/tmp/labs.$$ 2>&1; then
                echo "ok - lab $3: $1"
        else
                echo "not ok - lab $3: $1"
                tail -n 40 /tmp/labs.$$ | sed 's/^/# /'
        fi
}
for lab in ${LABS:-12}; do check "the matrix is good" labs "$lab"; done
for lab in ${HANDOUTS:-02}; do check "the tarball is built and graded" handout "$lab"; done
rm -f /tmp/labs.$$
