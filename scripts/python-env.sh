#!/usr/bin/env bash
# Makes target/python-venv, with what packages/honker needs to be built and tested. Quick when it is there already.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=packages/honker/requirements-test.txt
venv=target/python-venv
done_for=$venv/requirements-test.txt
if ! cmp -s "$wanted" "$done_for"; then
    python3 -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$wanted"
    cp "$wanted" "$done_for"
fi
