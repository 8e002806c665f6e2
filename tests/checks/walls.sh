#!/bin/sh
# The walls hold, and planted offences are seen.
exec sh tests/walls_have_teeth.sh "${BUILD:-build}/libodradek.a"
