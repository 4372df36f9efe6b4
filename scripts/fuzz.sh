#!/usr/bin/env bash
# Fuzzes each target: `fuzz.sh [SECONDS]`. Needs nightly Rust and cargo-fuzz; without them it says so and does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo "fuzz: skipped: nightly Rust or cargo-fuzz is not installed; the corpora were replayed by the tests"
    exit 0
fi
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
for target in decode files position arguments; do
    # What is found goes to a directory of its own: the corpus in the repository stays small.
    mkdir "$found/$target"
    cargo +nightly fuzz run "$target" "$found/$target" "fuzz/corpus/$target" -- -max_total_time="${1:-60}"
done
