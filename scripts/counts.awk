# Adds up what tests have printed, and names those that failed. It fails if none ran.
# Cargo's lines, the last one of pytest ("135 passed, 1 skipped in 30.38s"), and the last ones of node:test ("ℹ pass 87").
/^=* ?[0-9]+ (passed|failed).* in [0-9.]+s/ {
    for (i = 2; i <= NF; i++) {
        if ($i ~ /^passed/) passed += $(i - 1)
        if ($i ~ /^failed/) failed += $(i - 1)
        if ($i ~ /^(skipped|xfailed|deselected)/) ignored += $(i - 1)
    }
}
/^ℹ pass [0-9]+$/ { passed += $3 }
/^ℹ (fail|cancelled) [0-9]+$/ { failed += $3 }
/^ℹ (skipped|todo) [0-9]+$/ { ignored += $3 }
# Each is told twice, and a heading is none.
/^ *✖ .* \([0-9.]+ms\)$/ && !told[$0]++ { sub(/^ *✖ /, ""); sub(/ \([0-9.]+ms\)$/, ""); names = names "\n  " $0 }
/^FAILED / { names = names "\n  " $2 }
/^test result:/ {
    for (i = 2; i <= NF; i++) {
        if ($i == "passed;") passed += $(i - 1)
        if ($i == "failed;") failed += $(i - 1)
        if ($i == "ignored;") ignored += $(i - 1)
    }
}
/^test .* \.\.\. FAILED$/ { sub(/^test /, ""); sub(/ \.\.\. FAILED$/, ""); names = names "\n  " $0 }
END {
    printf "%d passed, %d failed, %d ignored%s\n", passed, failed, ignored, names
    exit passed == 0
}
