#!/usr/bin/env bash
# Builds the Python package's wheel into target/wheels and says which file it is.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/python-env.sh
rm -f target/wheels/honker-*.whl
target/python-venv/bin/maturin build --release --locked --manifest-path packages/honker/Cargo.toml --out target/wheels >&2
ls target/wheels/honker-*.whl
