#!/usr/bin/env bash
# Tests and lints honker-core with each set of backends that can be built, and builds it with each other feature alone.
set -euo pipefail
cd "$(dirname "$0")/.."

for features in '' kernel-watcher shm-fast-path kernel-watcher,shm-fast-path; do
    echo "honker-core with the features: ${features:-none}"
    cargo clippy -q -p honker-core --no-default-features --features "$features" --lib --test features --test log -- -D warnings
    cargo test -q -p honker-core --no-default-features --features "$features" --test features --test log -- --test-threads=2
done

# Their tests are run with all features on.
for features in data-version serde stream; do
    echo "honker-core builds with the feature: $features"
    cargo clippy -q -p honker-core --no-default-features --features "$features" --lib -- -D warnings
done
