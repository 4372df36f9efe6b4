#!/usr/bin/env bash
# Fuzzes each target: `fuzz.sh [SECONDS]`. Installs what it lacks: nightly Rust through rustup, and cargo-fuzz below target/.
# Where that can't be had it says so and does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
    echo "fuzz: skipped: $1; the corpora were replayed by the tests" >&2
    exit 0
}

tools=$PWD/target/tools
PATH=$tools/bin:$PATH
rustup toolchain list 2>/dev/null | grep -q '^nightly' ||
    rustup toolchain install nightly --profile minimal ||
    skip "nightly Rust is not installed ('rustup toolchain install nightly')"
command -v cargo-fuzz >/dev/null ||
    cargo install --quiet --locked --root "$tools" cargo-fuzz ||
    skip "cargo-fuzz could not be installed ('cargo install cargo-fuzz')"

found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
for target in decode files events position arguments; do
    # Its events are those of inotify.
    [ "$target" != events ] || [ "$(uname)" = Linux ] || continue
    # What is found goes to a directory of its own: the corpus in the repository stays small.
    mkdir "$found/$target"
    cargo +nightly fuzz run "$target" "$found/$target" "fuzz/corpus/$target" -- -max_total_time="${1:-60}"
done
