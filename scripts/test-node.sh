#!/usr/bin/env bash
# The Node package: builds its addon, and runs its tests on it. HONKER_FULL=1 for the stated counts. Arguments go to
# `node --test`.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/node-env.sh test
scripts/addon.sh >&2

# A build without the backends polls, and says so: the specification's fall-back.
CARGO_BUILD_FEATURES='' "$NODE" packages/honker-node/scripts/build.mjs target/npm/bare

cd packages/honker-node
# Two at a time, as for cargo's tests.
"$NODE" --test --test-concurrency=2 --test-reporter=spec "$@" test/*.test.js
