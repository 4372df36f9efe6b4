#!/usr/bin/env bash
# Writes crates/honker-c/include/honker.h from the functions that the library exports; with --check only says, and fails, if
# it differs.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
'') export HONKER_WRITE_HEADER=1 ;;
--check) unset HONKER_WRITE_HEADER ;;
*)
    echo "header: unknown argument '$1': use --check, or nothing" >&2
    exit 2
    ;;
esac
# With all features, so that nothing is built for this alone that the tests do not build anyway.
cargo test -q --workspace --all-features --test header
