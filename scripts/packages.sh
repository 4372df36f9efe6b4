#!/usr/bin/env bash
# Builds what the tests of the C library, the Python and the Node package need, and downloads what that takes.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/wheel.sh
scripts/c.sh
# Builds without the backends poll, and say so: the specification's fall-back.
cargo build --package honker-python --no-default-features --target-dir target/python-bare

. scripts/node-env.sh test
scripts/addon.sh
CARGO_BUILD_FEATURES='' "$NODE" packages/honker-node/scripts/build.mjs target/npm/bare
