#!/usr/bin/env bash
# Runs the wake through every schedule of its threads, with loom.
set -euo pipefail
cd "$(dirname "$0")/../models"

# --cfg loom also changes the dependencies, so they are built apart from the workspace's.
RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=../target/models cargo test --release -- --test-threads=2
