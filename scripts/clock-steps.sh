#!/usr/bin/env bash
# Random rounds with steps of the real-time clock: `clock-steps.sh [SECONDS]`. Needs Debian's package `faketime`.
set -euo pipefail
cd "$(dirname "$0")/.."

# honker asks the kernel for the time, past libfaketime. So here it asks libc, in a build of its own.
export RUSTFLAGS="--cfg rustix_use_libc" CARGO_TARGET_DIR=target/libc
cargo build -p honker-torture -p honker-testkit --bins
exec target/libc/debug/honker-torture run --fault clock-steps --seconds "${1:-60}"
