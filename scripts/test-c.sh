#!/usr/bin/env bash
# The C library: builds and installs it into target/c, and runs its tests on that. HONKER_FULL=1 for the stated counts.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/c.sh >&2
# With all features, as scripts/test.sh builds everything: nothing is built again for this alone.
cargo test --workspace --all-features --test c_programs -- --test-threads=2
