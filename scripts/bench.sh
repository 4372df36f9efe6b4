#!/usr/bin/env bash
# Builds the bench and the published crate's contender, and runs it: `bench.sh [OPTIONS OF honker-bench run]`.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release -p honker-bench -p honker-testkit --bins
# A workspace of its own: one lock file holds one copy of SQLite only.
cargo build --release --locked --manifest-path bench/published/Cargo.toml --target-dir target/published
target/release/honker-bench run "$@"
