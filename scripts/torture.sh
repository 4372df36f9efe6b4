#!/usr/bin/env bash
# Random rounds: `torture.sh SECONDS [SEED]`. Exits with 1 if a guarantee was broken.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-600}
seed=${2:-}

# With debug assertions and overflow checks; honker-core and SQLite are optimised all the same.
cargo build -p honker-torture -p honker-testkit --bins
exec target/debug/honker-torture run --seconds "$seconds" ${seed:+--seed "$seed"}
