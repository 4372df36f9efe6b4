#!/usr/bin/env bash
# Checks the dependencies against deny.toml: `deny.sh`, or `deny.sh advisories` where the advisory database can be fetched.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cargo deny --version >/dev/null 2>&1; then
    echo "deny: installing cargo-deny; this takes some minutes" >&2
    cargo install --locked cargo-deny
fi
cargo deny --all-features check bans licenses sources "$@"
