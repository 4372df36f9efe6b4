#!/usr/bin/env bash
# Builds the Node package for this machine into target/npm, and says which file it is.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/node-env.sh
# Not in place: the generated files beside the sources are compared with these.
built=target/npm/addon
rm -rf "$built" target/npm/honker-*.tgz
"$NODE" packages/honker-node/scripts/build.mjs "$built" >&2
rm -f packages/honker-node/honker.*.node
cp "$built"/honker.*.node packages/honker-node/
(cd packages/honker-node && npm pack --silent --pack-destination ../../target/npm >/dev/null)
ls target/npm/honker-*.tgz
