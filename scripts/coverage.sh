#!/bin/sh
# Which lines of the cores' logic the simulator's seeds reach, file by file; fails below 90 %.
# llvm-profdata and llvm-cov have to be of the LLVM that rustc was built with: Debian's package llvm-<major>.
#
#   SEEDS=500 scripts/coverage.sh
set -eu

cd "$(dirname "$0")/.."
seeds="${SEEDS:-500}"
wanted=90
target="${CARGO_TARGET_DIR:-$PWD/target}"
out="$target/coverage"
major="$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')"
tools="/usr/lib/llvm-$major/bin"

main() {
    if [ ! -x "$tools/llvm-cov" ]; then
        echo "Installing llvm-$major from Debian's packages: it reads what this rustc writes."
        apt-get install --yes --no-install-recommends --quiet=2 "llvm-$major" >/dev/null
    fi
    mkdir -p "$out"
    build
    LLVM_PROFILE_FILE="$out/sim.profraw" "$out/muster-sim" --seed 1 --seeds "$seeds" | tail -n 1
    "$tools/llvm-profdata" merge --sparse "$out/sim.profraw" --output "$out/sim.profdata"
    rm "$out/sim.profraw"
    "$tools/llvm-cov" report "$out/muster-sim" --instr-profile "$out/sim.profdata" \
        crates/control/src crates/server/src/logic crates/agent/src/logic >"$out/report.txt"
    "$tools/llvm-cov" show "$out/muster-sim" --instr-profile "$out/sim.profdata" \
        crates/control/src crates/server/src/logic crates/agent/src/logic >"$out/lines.txt"
    table
}

# Only the workspace's own crates are instrumented: what they use stays as it was built.
build() {
    printf '#!/bin/sh\nexec "$@" -C instrument-coverage\n' >"$out/rustc"
    chmod +x "$out/rustc"
    RUSTC_WORKSPACE_WRAPPER="$out/rustc" CARGO_TARGET_DIR="$target" \
        cargo build --release --quiet -p muster-sim --bin muster-sim
    cp "$target/x86_64-unknown-linux-gnu/release/muster-sim" "$out/muster-sim"
}

# Columns 8 to 10 of the report are lines: how many, how many missed, how much is reached.
table() {
    awk -v wanted="$wanted" '
        / [0-9.]+%/ && $1 != "TOTAL" { printf "%-44s %6s lines %6s\n", $1, $8, $10 }
        $1 == "TOTAL" {
            printf "%-44s %6s lines %6s\n", "all of them", $8, $10
            exit ($10 + 0 < wanted)
        }' "$out/report.txt" || {
        echo "coverage: below $wanted %; $out/lines.txt shows every line" >&2
        exit 1
    }
    echo "every line: $out/lines.txt"
}

main
