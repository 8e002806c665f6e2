#!/bin/sh
# Goal: the newest kafka-python (PyPI) produces, consumes and administers; see kafka_python_new.py.
#       Debian's, which is years older, is in tests/integration/kafka_python.sh.
. tests/integration/lib.sh
. tests/interop/registries.inc
from_registry kafka-python python_packages kafka-python lz4 zstandard python-snappy || exit 0
start_broker one
client kafka-python "$got/venv/bin/python" tests/interop/kafka_python_new.py "$at"
