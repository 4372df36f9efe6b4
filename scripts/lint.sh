#!/usr/bin/env bash
# Format, lints and documentation, with every warning an error.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
cargo clippy --workspace --all-targets --all-features -- -D warnings
# What a user gets who turns every feature off has to be just as clean.
cargo clippy -p honker-core --no-default-features -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps
