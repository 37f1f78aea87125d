#!/bin/sh
# Measures the promised figures and prints them as a table; target/bench/report.json has them all.
#
#   scripts/bench.sh [store|control|files|engine|api|idle|run|sim|scale|failover|hosts|hollow|all]
set -eu

cd "$(dirname "$0")/.."
area="${1:-all}"
target="${CARGO_TARGET_DIR:-$PWD/target}"
MUSTER_BIN="$target/x86_64-unknown-linux-gnu/release/muster"
MUSTER_SIM="$target/x86_64-unknown-linux-gnu/release/muster-sim"
export MUSTER_BIN MUSTER_SIM
out=target/bench
lines="$out/lines.json"

main() {
    mkdir -p "$out"
    : >"$lines"
    echo "Building what is measured." >&2
    cargo build --release --quiet -p muster -p muster-bench -p muster-sim
    wanted store && cargo run --release --quiet -p muster-store --example store_bench >>"$lines"
    wanted control && cargo run --release --quiet -p muster-control --example control_bench >>"$lines"
    wanted files && cargo run --release --quiet -p muster-files --example files_bench >>"$lines"
    for part in sim run engine api idle scale failover hosts hollow; do
        wanted "$part" && "$target/x86_64-unknown-linux-gnu/release/muster-bench" "$part" >>"$lines"
    done
    report
}

wanted() {
    if [ "$area" = all ] || [ "$area" = "$1" ]; then
        echo "Measuring: $1" >&2
    else
        return 1
    fi
}

# Lines of JSON to one list, and to columns.
report() {
    { echo '['; sed '$!s/$/,/' "$lines"; echo ']'; } >"$out/report.json"
    MUSTER_LINES="$lines" cargo run --release --quiet -p muster-bench --bin bench-table
}

main
