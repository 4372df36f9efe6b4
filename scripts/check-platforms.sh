#!/usr/bin/env bash
# Checks from Debian or Ubuntu what runs elsewhere: `check-platforms.sh [TARGET...]`, all of them without arguments.
#
#   macos    type-check, aarch64 and x86_64          freebsd  type-check, x86_64
#   windows  build with mingw, and run under Wine    arm      type-check for aarch64 Linux, and run under qemu
#
# It takes Debian's packages: their compiler brings the standard library as source, and builds it for any target. Only
# Windows' Python and Node come from PyPI and npm. The counts of the runs are printed last.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(macos freebsd windows arm)

# What rustup has installed may be in the way: these are Debian's.
export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_PROFILE_DEV_DEBUG=0
unset RUSTUP_TOOLCHAIN RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET || true
cargo=(/usr/bin/cargo)
out=$PWD/target/platforms

need() { # installs packages that are missing
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "check-platforms: install with: sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    echo "check-platforms: installing ${missing[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 ||
        { apt-get update -q >&2 && apt-get install -y -q --no-install-recommends "${missing[@]}" >&2; }
}

report=()
failed=0
note() { # how it went, and what it was
    report+=("$1  $2")
    [ "$1" = ok ] || failed=1
}

check() { # what, the target, and what to check
    local what=$1 target=$2
    shift 2
    echo "== $what ($target)"
    if "${cargo[@]}" check -q -Zbuild-std=std,panic_abort --locked --target "$target" --target-dir "$out" "$@"; then
        note ok "$what: type-checked"
    else
        note FAILED "$what: type-check"
    fi
}

run() { # what, the seconds it may take, its log, and the command
    local what=$1 seconds=$2 log=$3 status=0
    shift 3
    echo "== $what"
    timeout "$seconds" "$@" 2>&1 | tee "$log" || status=$?
    local counts
    counts=$(LC_ALL=C awk -f scripts/counts.awk "$log") || [ "$status" != 0 ] || status=1
    if [ "$status" = 0 ]; then
        note ok "$what: $counts"
    else
        note FAILED "$what: $counts (exit status $status, full output in $log)"
    fi
}

# The core with each of its backends, and without any of its features.
everything=(-p honker-core --features honker-core/data-version,honker-core/serde,honker-core/stream,honker-core/test-hooks)

# The command without its demo and what else brings a SQLite, and the packages.
command=(--no-default-features --features honker-cli/kernel-watcher,honker-cli/shm-fast-path)
beside_the_core() { # what, and the target
    check "$1, the command" "$2" -p honker-cli "${command[@]}"
    check "$1, C" "$2" -p honker-c
    PYO3_CROSS=1 PYO3_CROSS_PYTHON_VERSION=3.10 check "$1, Python" "$2" -p honker-python
    check "$1, Node" "$2" -p honker-node
}

macos() {
    need rustc-web cargo-web rust-web-src
    for target in aarch64-apple-darwin x86_64-apple-darwin; do
        # SQLite is C, and there is no C compiler for it here: the backend that brings one is left out.
        check "macOS" "$target" -p honker-core --features serde,stream,test-hooks
        check "macOS, no features" "$target" -p honker-core --no-default-features
        beside_the_core "macOS" "$target"
    done
}

freebsd() {
    need rustc-web cargo-web rust-web-src
    check "FreeBSD" x86_64-unknown-freebsd -p honker-core --features serde,stream,test-hooks
    check "FreeBSD, no features" x86_64-unknown-freebsd -p honker-core --no-default-features
    beside_the_core "FreeBSD" x86_64-unknown-freebsd
}

# The tests that have nothing of POSIX in them, each file a program of its own.
elsewhere=()
for name in bad_input coalesce damaged data_version death delivery delivery_log features follow harmless_busy \
    harmless_host_commits harmless_sidecars log observer_thread_gone open_metrics positions recipes saturated shm \
    specification startup stream tail_without_hints tasks throttle; do
    elsewhere+=(--test "$name")
done
# Wine keeps a removed directory until nobody has it open, and every descriptor of a file that is locked until it is not.
not_under_wine=(
    --skip a_directory_that_is_made_anew_is_watched_again
    --skip a_missing_directory_that_is_removed_while_waiting_ends_the_watcher
    --skip shm_accounts_for_every_commit_exactly
)

windows() {
    need rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64 g++-mingw-w64-x86-64 wine wine64
    scripts/setup.sh wheel
    scripts/setup.sh npm
    local target=x86_64-pc-windows-gnu
    export CC_x86_64_pc_windows_gnu=x86_64-w64-mingw32-gcc AR_x86_64_pc_windows_gnu=x86_64-w64-mingw32-ar
    export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc
    export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$PWD/scripts/wine/run.sh
    export WINEPREFIX=$out/wine/prefix HONKER_WINE_DLL=$out/wine/bcryptprimitives.dll
    mkdir -p "$out/wine"
    x86_64-w64-mingw32-gcc -shared -O2 -o "$HONKER_WINE_DLL" scripts/wine/bcryptprimitives.c -ladvapi32
    check "Windows, no features" "$target" -p honker-core --no-default-features
    check "Windows, the command as it is by default" "$target" -p honker-cli
    # A prefix of its own, made afresh.
    rm -rf "$WINEPREFIX"
    WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree=;mshtml=" timeout 300 \
        "$(command -v wine64 || echo /usr/lib/wine/wine64)" wineboot -i >/dev/null 2>&1 || true

    local std=(-Zbuild-std=std,panic_unwind,test --locked --target "$target" --target-dir "$out")
    # The writer of the tests is a process of its own, with SQLite built by mingw.
    "${cargo[@]}" build -q "${std[@]}" -p honker-testkit --bin sqlite-writer
    cp "$HONKER_WINE_DLL" "$out/$target/debug/"
    # The exhaustive models of the rules have nothing of Windows in them.
    run "Windows under Wine, unit tests" 900 "$out/wine/unit.log" \
        "${cargo[@]}" test -q "${std[@]}" "${everything[@]}" -p honker-windows --lib -- --test-threads=2 \
        --skip observer::model
    report+=("    left out: observer::model (the same rules against a simulated writer, on Linux by make test)")
    run "Windows under Wine, contract" 1800 "$out/wine/contract.log" \
        "${cargo[@]}" test "${std[@]}" "${everything[@]}" --test contract -- --test-threads=2
    # The rest of the core's tests, but for what is left out in docs/platforms.md.
    run "Windows under Wine, all other tests" 1800 "$out/wine/others.log" \
        "${cargo[@]}" test --no-fail-fast "${std[@]}" "${everything[@]}" "${elsewhere[@]}" -- --test-threads=2 \
        "${not_under_wine[@]}"
    report+=("    left out: what Wine does not do as Windows does (docs/platforms.md); what is about POSIX is not built")

    run "Windows under Wine, the command" 900 "$out/wine/command.log" \
        "${cargo[@]}" test "${std[@]}" -p honker-cli "${command[@]}" --test windows -- --test-threads=2
    local build=("${cargo[@]}" build -q -Zbuild-std=std,panic_unwind --locked --target "$target" --target-dir "$out")
    run "Windows under Wine, the Python package" 900 "$out/wine/python.log" \
        scripts/wine/python.sh "$out" "$target" "${build[@]}"
    run "Windows under Wine, Ctrl-C in a console" 300 "$out/wine/console.log" \
        python3 scripts/wine/console.py "$out/$target/debug/honker.exe" "$out/wine/python/python.exe"
    run "Windows under Wine, the C library" 300 "$out/wine/c.log" \
        scripts/wine/c.sh "$out" "$target" "${build[@]}"
    run "Windows under Wine, the Node package" 900 "$out/wine/node.log" \
        scripts/wine/node.sh "$out" "$target" "${build[@]}"
}

arm() {
    need rustc-web cargo-web rust-web-src gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
    local target=aarch64-unknown-linux-gnu
    export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
    check "aarch64 Linux" "$target" "${everything[@]}"
    # The exhaustive models of the rules take an hour there, and have nothing of the machine in them. And qemu's statx does
    # not tell by which mount a file is reached, as Linux before 5.8 does not.
    local left_out=(--skip observer::model --skip the_mount_of_a_directory_of_this_machine_is_known)
    run "aarch64 Linux under qemu, unit tests" 1200 "$out/arm.log" \
        "${cargo[@]}" test -q -Zbuild-std=std,panic_unwind,test --locked --target "$target" --target-dir "$out" \
        "${everything[@]}" --lib -- --test-threads=2 "${left_out[@]}"
    report+=("    left out: observer::model (too slow there), the mount of a directory (qemu's statx does not tell)")
}

for target in "${targets[@]}"; do
    case $target in
    macos | freebsd | windows | arm) "$target" ;;
    *)
        echo "check-platforms: unknown platform '$target': use macos, freebsd, windows, arm, or none for all" >&2
        exit 2
        ;;
    esac
done
echo
printf '%s\n' "${report[@]}"
exit "$failed"
