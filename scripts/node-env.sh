#!/usr/bin/env bash
# Installs what packages/honker-node needs to be built: `node-env.sh`, and to be tested: `node-env.sh test`. Quick when it
# is there already; what npm downloads is kept in target/npm-cache.
set -euo pipefail
cd "$(dirname "$0")/.."

# An addon is compiled against Node's headers, which lie beside Node; otherwise they would be downloaded.
prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
if [ -f "$prefix/include/node/node_api.h" ]; then
    export npm_config_nodedir=$prefix
fi

install() { # the directory of a package-lock.json, and options of npm ci
    local directory=$1 done_for=$1/node_modules/.installed.json
    shift
    if ! cmp -s "$directory/package-lock.json" "$done_for"; then
        npm ci --prefix "$directory" --cache "$PWD/target/npm-cache" --prefer-offline --no-audit --no-fund --no-update-notifier \
            --loglevel=error "$@" >&2
        cp "$directory/package-lock.json" "$done_for"
    fi
}

install packages/honker-node
if [ "${1:-}" = test ]; then
    # Bun, Deno and a newer Node, each one program: there is nothing for scripts to do.
    install packages/honker-node/test/runtimes --ignore-scripts
fi
