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
exec "$wine" "$@"
