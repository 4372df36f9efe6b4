#!/usr/bin/env bash
# Lints, then the whole test suite, then the totals: `test.sh` with reduced counts, `test.sh full` with the stated ones.
set -euo pipefail
cd "$(dirname "$0")/.."

# A background job of a script, or one of nohup, has signals ignored, and so has all it starts: tests that send them would
# wait in vain. A shell cannot undo that for itself. (So `nohup` does not keep this alive; `setsid` does.)
if [ -z "${HONKER_SIGNALS_RESET:-}" ] && env --default-signal=INT,QUIT,HUP true 2>/dev/null; then
    HONKER_SIGNALS_RESET=1 exec env --default-signal=INT,QUIT,HUP scripts/test.sh "$@"
fi

case ${1:-reduced} in
reduced) unset HONKER_FULL ;;
full) export HONKER_FULL=1 ;;
*)
    echo "test: unknown argument '$1': use full, or nothing" >&2
    exit 2
    ;;
esac

scripts/lint.sh

# Tests start the writer and the command as processes of their own, so every binary has to be there first.
cargo build --workspace --all-features --bins
cargo test --workspace --all-features --no-run

log=$(mktemp)
packages=$(mktemp)
trap 'rm -f "$log" "$packages"' EXIT
# Cargo's tests mostly wait: meanwhile the packages are built, whose tests come last. Those say so if that failed.
nice -n 19 scripts/packages.sh >"$packages" 2>&1 &
building=$!
# Two at a time: the tests measure latencies, and more of them at once would measure the scheduler instead.
# --show-output prints the counts that each test ran with.
status=0
cargo test --workspace --all-features --no-fail-fast -- --show-output --test-threads=2 2>&1 | tee "$log" || status=$?

scripts/features.sh || status=$?

# Random rounds of writers, watchers and faults; in full also a soak, and every schedule of the wake's threads.
case ${HONKER_FULL:-0} in
1)
    target/debug/honker-torture run --seconds 120 || status=$?
    target/debug/honker-torture soak --seconds 120 || status=$?
    scripts/models.sh || status=$?
    scripts/fuzz.sh 30 || status=$?
    ;;
*) target/debug/honker-torture run --seconds 20 --round-ms 2000 || status=$? ;;
esac

wait "$building" || cat "$packages"
scripts/test-c.sh 2>&1 | tee -a "$log" || status=$?

scripts/test-python.sh 2>&1 | tee -a "$log" || status=$?

scripts/test-node.sh 2>&1 | tee -a "$log" || status=$?

echo
counts=$(LC_ALL=C awk -f scripts/counts.awk "$log") || [ "$status" != 0 ] || status=1
echo "total: $counts"
exit "$status"
