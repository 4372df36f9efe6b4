#!/usr/bin/env bash
# Makes sure that what a target needs is on this machine: `setup.sh build|wheel|npm|test`.
# As root on Debian or Ubuntu it installs what is missing; anywhere else it says what to install, and fails.
set -euo pipefail

purpose=${1:?usage: setup.sh build|wheel|npm|test}
case $purpose in
build | wheel | npm | test) ;;
*)
    echo "setup: unknown purpose '$purpose': use build, wheel, npm or test" >&2
    exit 2
    ;;
esac
cd "$(dirname "$0")/.."

have() { command -v "$1" >/dev/null 2>&1; }

node_is_new_enough() { node -e 'process.exit(Number(parseInt(process.versions.node, 10) < 18))'; }

packages=()
missing=()
need() { # what it is, the Debian package, and a command that succeeds when it is there
    local what=$1 package=$2
    shift 2
    if ! "$@" >/dev/null 2>&1; then
        missing+=("$what")
        packages+=("$package")
    fi
}

find_missing() {
    packages=()
    missing=()
    # The bundled SQLite of the tests and the demo is C.
    need "a C compiler (cc)" build-essential have cc
    if [ "$purpose" = npm ] || [ "$purpose" = test ]; then
        need "Node.js 18 or newer" nodejs node_is_new_enough
        need "npm" npm have npm
    fi
    if [ "$purpose" = wheel ] || [ "$purpose" = test ]; then
        need "Python 3.10 or newer with venv" python3-venv python3 -c 'import ensurepip, sys; assert sys.version_info >= (3, 10)'
    fi
    if [ "$purpose" = test ]; then
        need "Chromium, for the live page of the recipes" chromium have chromium
        # better-sqlite3, beside which the Node package is tested, is C++ and may have to be compiled.
        need "make" make have make
        need "a C++ compiler (c++)" g++ have c++
        # The C library's examples are compiled by both compilers, found with pkg-config, and called from Lua.
        need "gcc and g++" g++ have g++
        need "nm" binutils have nm
        need "pkg-config" pkg-config have pkg-config
        need "LuaJIT" luajit have luajit
        need "the sqlite3 shell" sqlite3 have sqlite3
        need "Python 3 with its sqlite3 module" python3 python3 -c 'import sqlite3'
        if [ "$(uname -s)" = Linux ]; then
            need "strace" strace have strace
            need "bindfs, a FUSE file system" bindfs have bindfs
            need "fusermount3, to mount it" fuse3 have fusermount3
            need "the sqlcipher shell" sqlcipher have sqlcipher
            need "valgrind" valgrind have valgrind
            need "faketime, which steps clocks" faketime have faketime
        fi
    fi
}

check_rust() {
    if ! have cargo || ! have rustc; then
        echo "setup: Rust is missing: install it from https://rustup.rs, then run this again" >&2
        exit 1
    fi
    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    found=$(rustc --version | cut -d' ' -f2)
    if [ "$(printf '%s\n%s\n' "$wanted" "${found%%-*}" | sort -V | head -n 1)" != "$wanted" ]; then
        echo "setup: Rust $found is too old, $wanted or newer is needed: run 'rustup update stable'" >&2
        exit 1
    fi
}

check_rust_component() { # the component, and the cargo command that it brings
    if cargo "$2" --version >/dev/null 2>&1; then
        return
    fi
    if have rustup && rustup component add "$1" >&2; then
        return
    fi
    echo "setup: 'cargo $2' is missing: run 'rustup component add $1' (or install your system's package of it)" >&2
    exit 1
}

check_rust
if [ "$purpose" = test ]; then
    check_rust_component rustfmt fmt
    check_rust_component clippy clippy
fi

find_missing
if [ ${#missing[@]} -gt 0 ] && have apt-get && [ "$(id -u)" = 0 ]; then
    echo "setup: installing ${packages[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    # A fresh image has no package lists, so a first refusal means little.
    apt-get install -y -q --no-install-recommends "${packages[@]}" >&2 ||
        { apt-get update -q >&2 && apt-get install -y -q --no-install-recommends "${packages[@]}" >&2; } || true
    hash -r
    find_missing
fi
if [ ${#missing[@]} -gt 0 ]; then
    echo "setup: this machine lacks:" >&2
    printf '  - %s\n' "${missing[@]}" >&2
    if have apt-get; then
        echo "install with: sudo apt-get update && sudo apt-get install -y ${packages[*]}" >&2
    else
        echo "install them with your system's package manager (Debian's names: ${packages[*]})" >&2
    fi
    exit 1
fi
