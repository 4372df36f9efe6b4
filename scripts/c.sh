#!/usr/bin/env bash
# Builds the C library and installs it below PREFIX (target/c if that is not set), in the manner of `make install`: DESTDIR
# comes before every path but is written into none. LIBDIR is the directory of the libraries, PREFIX/lib if it is not set.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=${PREFIX:-$PWD/target/c}
libdir=${LIBDIR:-$prefix/lib}
to=${DESTDIR:-}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

# Alone: together with the command, honker-core would have the backend that brings a SQLite.
cargo build --release --locked --package honker-c
built=target/release

install -d "$to$prefix/include" "$to$libdir/pkgconfig"
install -m 644 crates/honker-c/include/honker.h "$to$prefix/include/honker.h"
install -m 644 "$built/libhonker.a" "$to$libdir/libhonker.a"
# As the linker finds it, and as the loader does: the soname is set in crates/honker-c/build.rs.
install -m 755 "$built/libhonker.so" "$to$libdir/libhonker.so.$version"
ln -sf "libhonker.so.$version" "$to$libdir/libhonker.so.0"
ln -sf libhonker.so.0 "$to$libdir/libhonker.so"
sed -e "s|@PREFIX@|$prefix|" -e "s|@LIBDIR@|$libdir|" -e "s|@VERSION@|$version|" crates/honker-c/honker.pc.in \
    >"$to$libdir/pkgconfig/honker.pc"
echo "$to$libdir/libhonker.so.$version"
