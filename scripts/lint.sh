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
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps
