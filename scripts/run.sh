#!/bin/sh
# Starts Muster on this machine and deploys the sample stack.
#
#   scripts/run.sh [-y]      install what is missing, build, start, deploy; says what it does and asks before installing
#   scripts/run.sh --stop    end the server that this script started; containers keep running
#
# MUSTER_DATA (default /var/lib/muster) keeps the state; MUSTER_LISTEN (default 127.0.0.1:8080) is the address.
set -eu

cd "$(dirname "$0")/.."
data="${MUSTER_DATA:-/var/lib/muster}"
listen="${MUSTER_LISTEN:-127.0.0.1:8080}"
engine="${MUSTER_ENGINE:-/var/run/docker.sock}"
pidfile="$data/dev.pid"
logfile="$data/dev.log"
target="${CARGO_TARGET_DIR:-target}"
muster="$target/x86_64-unknown-linux-gnu/release/muster"
START_SECONDS=30

say() { printf '%s\n' "$*"; }
die() { printf 'run: %s\n' "$*" >&2; exit 1; }

main() {
    if [ "${1:-}" = --stop ]; then
        stop
        return
    fi
    [ "$(id -u)" -eq 0 ] || die "Muster drives the container engine and needs root here. Run: sudo make run"
    scripts/ensure-engine.sh "$@"
    if ! answers --unix-socket "$engine" http://engine/_ping; then
        scripts/ensure-engine.sh "$@" --service
    fi
    build
    start
    deploy
    finish
}

# answers CURL-ARGUMENT…: whether something answers 200 there.
answers() { curl --silent --fail --max-time 2 --output /dev/null "$@"; }

build() {
    if [ ! -x "$muster" ]; then
        say "Building Muster; the first time takes some minutes."
    fi
    cargo build --release --quiet --package muster
}

start() {
    if answers "http://$listen/readyz"; then
        say "Muster runs already at http://$listen."
        return
    fi
    mkdir -p "$data"
    chmod 700 "$data"
    say "Starting Muster: state in $data, log in $logfile."
    nohup "$muster" dev --data "$data" --listen "$listen" --engine "$engine" >>"$logfile" 2>&1 </dev/null &
    pid=$!
    printf '%s\n' "$pid" >"$pidfile"
    left=$((START_SECONDS * 10))
    until answers "http://$listen/readyz"; do
        kill -0 "$pid" 2>/dev/null || die "it ended at once; the last lines of $logfile: $(tail -n 5 "$logfile")"
        left=$((left - 1))
        [ "$left" -gt 0 ] || die "it does not answer after $START_SECONDS s; see $logfile"
        sleep 0.1
    done
}

deploy() {
    "$muster" whoami --image | "$muster" image load -
    "$muster" stack up sample --file examples/whoami/docker-compose.yml --yes
}

finish() {
    say ""
    say "The sample answers:  curl http://127.0.0.1:8088"
    say "Look at it:          $muster stack show sample"
    say "Its output:          $muster logs -f sample"
    say "The API:             http://$listen/docs"
    say "Stop the server:     make stop   (containers keep running; make run brings it back)"
}

# Ends only what this script started: the pid must still be a `muster dev` of this directory.
stop() {
    [ -r "$pidfile" ] || die "nothing to stop: there is no $pidfile"
    read -r pid <"$pidfile"
    command="$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null || true)"
    case "$command" in
        *"muster dev --data $data "*) kill "$pid" ;;
        *) say "It is not running." ;;
    esac
    rm -f "$pidfile"
    say "Stopped. Containers keep running; remove them with \`muster stack rm\` while the server runs."
}

main "$@"
