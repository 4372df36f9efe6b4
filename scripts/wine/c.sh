#!/usr/bin/env bash
# The C library under Wine: builds it and an example, as C and as C++, and has that count commits of another process.
# `c.sh OUT TARGET CARGO...`; called by check-platforms.sh, whose settings it needs, after python.sh, whose Python commits.
set -euo pipefail
out=$1 target=$2
shift 2
home=$out/wine/c

"$@" -p honker-c
rm -rf "$home"
mkdir -p "$home"
cp "$out/$target/debug/honker.dll" "$HONKER_WINE_DLL" "$home/"
cat >"$home/commits.py" <<'PYTHON'
import sqlite3, subprocess, sys

path, *command = sys.argv[1:]
connection = sqlite3.connect(path, isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("CREATE TABLE IF NOT EXISTS t(n)")
with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
    print(watching.stdout.readline(), end="")
    for seq in range(1, 4):
        connection.execute("INSERT INTO t VALUES (1)")
        line = watching.stdout.readline()
        print(line, end="")
        assert line.startswith(f"wake {seq}: 1 commit(s), exact"), line
assert watching.returncode == 0, watching.returncode
PYTHON

passed=0
on_windows() { printf 'Z:%s' "${1//\//\\}"; }
for compiler in gcc g++; do
    # An example is C99, and C++ as it is.
    "x86_64-w64-mingw32-$compiler" -Wall -Wextra -Werror -I crates/honker-c/include -o "$home/watch-$compiler.exe" \
        crates/honker-c/examples/watch.c "$out/$target/debug/libhonker.dll.a"
    scripts/wine/run.sh "$out/wine/python/python.exe" "$(on_windows "$home/commits.py")" "C:\\honker-$compiler.db" \
        "$(on_windows "$home/watch-$compiler.exe")" "C:\\honker-$compiler.db" 3 </dev/null 2>&1 | cat
    passed=$((passed + 1))
done
echo "test result: ok. $passed passed; 0 failed; 0 ignored"
