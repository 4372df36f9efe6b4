#!/usr/bin/env bash
# Runs a command and says last how it ended and how long it took: `timed.sh NAME COMMAND [ARGS...]`.
set -uo pipefail

name=${1:?usage: timed.sh NAME COMMAND [ARGS...]}
shift
SECONDS=0
"$@"
status=$?
took="$((SECONDS / 60)) min $((SECONDS % 60)) s"
if [ "$status" -eq 0 ]; then
    echo "$name: ok, $took"
else
    echo "$name: FAILED (exit status $status), $took" >&2
fi
exit "$status"
