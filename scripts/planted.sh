#!/bin/sh
# Plants each bug of crates/sim/tests/planted, one at a time, in a copy of the tree, and counts the seeds that catch it.
#
#   scripts/planted.sh           each has to be caught within SEEDS seeds (500)
#   scripts/planted.sh NAME…     only these
#   scripts/planted.sh --check   only sees whether every patch still applies
set -eu

cd "$(dirname "$0")/.."
seeds="${SEEDS:-500}"
target="${CARGO_TARGET_DIR:-$PWD/target}"
tree="$target/planted"
patches="$PWD/crates/sim/tests/planted"
out="$target/planted.txt"

main() {
    copy
    for patch in "$patches"/*.patch; do
        patch --directory "$tree" --strip 1 --dry-run --quiet --force <"$patch" >/dev/null ||
            fail "$(basename "$patch") does not apply any more: make it anew"
    done
    [ "${1:-}" = --check ] && exit 0
    if [ "$#" -eq 0 ]; then
        for patch in "$patches"/*.patch; do
            set -- "$@" "$(basename "$patch" .patch)"
        done
    fi
    escaped=0
    printf '%-34s %-15s %-11s %s\n' 'planted bug' "seeds of $seeds" 'first seed' 'first judge'
    run
    tail -n 1 "$out" | grep -q ': all well$' || fail "seeds fail without any planted bug; see $out"
    for name in "$@"; do
        plant "$patches/$name.patch" || escaped=$((escaped + 1))
    done
    [ "$escaped" -eq 0 ] || fail "$escaped of the planted bugs were not caught"
}

# What is in the tree now, committed or not. Unchanged files keep their times, so that little is built anew; those that patches
# change are new, since the last build may have been of a planted bug.
copy() {
    mkdir -p "$tree"
    trap 'rm -rf "$tree"' EXIT
    git ls-files --cached --others --exclude-standard -z | tar --create --null --files-from - --ignore-failed-read 2>/dev/null |
        tar --extract --directory "$tree"
    sed -n 's|^+++ b/||p' "$patches"/*.patch | (cd "$tree" && xargs touch)
}

plant() {
    name="$(basename "$1" .patch)"
    patch --directory "$tree" --strip 1 --quiet --force <"$1" >/dev/null
    run
    patch --directory "$tree" --strip 1 --quiet --force --reverse <"$1" >/dev/null
    first="$(sed -n 's/^seed \([0-9]*\): \([^:]*\):.*/\1          \2/p' "$out" | head -n 1)"
    printf '%-34s %-15s %s\n' "$name" "$(caught)" "$first"
    [ "$(caught)" -gt 0 ]
}

# Builds the tree as it is and runs the seeds; that some fail is hoped for.
run() {
    (cd "$tree" && CARGO_TARGET_DIR="$target" CARGO_INCREMENTAL=1 cargo build --release --quiet -p muster-sim --bin muster-sim) ||
        fail "the tree does not build"
    timeout 900 "$target/x86_64-unknown-linux-gnu/release/muster-sim" --seed 1 --seeds "$seeds" >"$out" 2>&1 || true
}

caught() {
    grep -c '^seed ' "$out" || true
}

fail() {
    echo "planted: $1" >&2
    exit 1
}

main "$@"
