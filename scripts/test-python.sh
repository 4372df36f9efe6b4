#!/usr/bin/env bash
# The Python package: builds its wheel, installs that, and runs its tests on it. HONKER_FULL=1 for the stated counts.
# It deletes what `maturin develop` has built in place.
set -euo pipefail
cd "$(dirname "$0")/.."

wheel=$(scripts/wheel.sh)
python=$PWD/target/python-venv/bin/python
"$python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheel"

# A build without the backends polls, and says so: the specification's fall-back.
cargo build --package honker-python --no-default-features --target-dir target/python-bare

cd packages/honker
# What was built in place for editing would hide the wheel.
rm -f python/honker/_honker.*.so
"$python" -m pytest "$@"
