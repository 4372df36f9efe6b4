#!/usr/bin/env bash
# Random rounds: `torture.sh SECONDS [SEED]`. Exits with 1 if a guarantee was broken.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-600}
seed=${2:-}

# In release, as users run it; the watchers are the processes of this same program.
cargo build --release -p honker-torture -p honker-testkit --bins
exec target/release/honker-torture run --seconds "$seconds" ${seed:+--seed "$seed"}
