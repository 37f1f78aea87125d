#!/bin/sh
# Runs every fuzz target for the given seconds, on the stable toolchain: coverage-guided, without a sanitizer.
set -eu

cd "$(dirname "$0")/.."
seconds="${1:-60}"

if ! command -v cargo-fuzz >/dev/null 2>&1; then
    echo "Installing cargo-fuzz from crates.io."
    cargo install cargo-fuzz --locked --quiet --target x86_64-unknown-linux-gnu
fi
for target in fuzz/targets/*.rs; do
    name="$(basename "$target" .rs)"
    echo "fuzzing $name for $seconds s"
    cargo fuzz run --sanitizer none "$name" -- -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=0 -verbosity=0 -print_funcs=0
done
echo "no crash"
