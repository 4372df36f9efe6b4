#!/usr/bin/env bash
# Runs a Windows program under Wine, in the prefix WINEPREFIX: Cargo's runner for x86_64-pc-windows-gnu.
set -euo pipefail

program=${1:?usage: run.sh PROGRAM [ARGS...]}
: "${WINEPREFIX:?set WINEPREFIX to a directory of its own}"
export WINEPREFIX WINEARCH=win64 WINEDEBUG=${WINEDEBUG:--all} WINEDLLOVERRIDES="mscoree=;mshtml="

for wine in wine64 /usr/lib/wine/wine64 wine; do
    command -v "$wine" >/dev/null 2>&1 && break
done
# A program finds its libraries beside itself.
library=$(dirname "$program")/bcryptprimitives.dll
if [ ! -e "$library" ] && [ -n "${HONKER_WINE_DLL:-}" ]; then
    cp "$HONKER_WINE_DLL" "$library"
fi
# Wine 8 needs the page at 0x7ffe0000, and the randomised heap of its loader covers it now and then: the process then
# does not start (error 1359), 3 times of 16,000. Without randomisation 0 of 32,000. A sandbox may forbid that: go on then.
fixed=()
if setarch -R true 2>/dev/null; then
    fixed=(setarch -R)
fi
exec "${fixed[@]}" "$wine" "$@"
