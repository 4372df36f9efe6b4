#!/usr/bin/env bash
# Format, lints and documentation, with every warning an error.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
# Workspaces of their own, because they are built in other ways.
cargo fmt --manifest-path models/Cargo.toml --check
cargo fmt --manifest-path fuzz/Cargo.toml --check
cargo fmt --manifest-path bench/published/Cargo.toml --check
cargo clippy --workspace --all-targets --all-features -- -D warnings
# It is not among all targets, because a build of the C library has to be there to run it.
cargo clippy -p honker-c --all-features --test c_programs -- -D warnings
scripts/header.sh --check
python3 scripts/mutants.py --check
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps
