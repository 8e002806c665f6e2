#!/bin/sh
# Each fuzz target for a few seconds: make fuzz runs them longer.
FUZZ_SECONDS=${FUZZ_SECONDS:-5} exec sh tests/fuzz.sh
