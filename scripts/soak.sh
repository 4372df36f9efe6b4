#!/usr/bin/env bash
# Soaks: `soak.sh HOURS`. Exits with 1 if what a watcher uses grows.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build -p honker-torture -p honker-testkit --bins
exec target/debug/honker-torture soak --seconds "$((${1:-4} * 3600))"
