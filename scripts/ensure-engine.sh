#!/bin/sh
# Installs what Muster needs from Debian's packages to be built and run, and only what is missing.
#
#   scripts/ensure-engine.sh             the Docker Engine, its tools and a C compiler; nothing is started
#   scripts/ensure-engine.sh --tests     also what labs and tests need for hosts of their own
#   scripts/ensure-engine.sh --service   also sees to it that this machine's engine runs
#   -y, --yes                            do not ask (CI=true in the environment means the same)
set -eu

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
PIDFILE=/run/muster-dockerd.pid
LOGFILE=/var/log/muster-dockerd.log
POLICY=/usr/sbin/policy-rc.d
STARTUP_SECONDS=60

yes=false
tests=false
service=false
missing=''
plain=''
log_hint='journalctl -u docker'

say() { printf '%s\n' "$*" >&2; }
die() { say "ensure-engine: $*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

main() {
    read_arguments "$@"
    find_missing
    if [ -n "$missing" ]; then
        install_missing
    fi
    if $service; then
        ensure_running
    fi
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case "$1" in
            -y | --yes) yes=true ;;
            --tests) tests=true ;;
            --service) service=true ;;
            -h | --help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit 0 ;;
            *) die "unknown option $1; see $0 --help" ;;
        esac
        shift
    done
    case "${CI:-false}" in
        false | 0) ;;
        *) yes=true ;;
    esac
}

# need COMMAND PACKAGE WHY: notes the package when the command is not there.
need() {
    if ! have "$1"; then
        want "$2" "$3"
    fi
}

want() {
    missing="$missing $1"
    say "missing: $1 ($2)"
}

# want_file FILE PACKAGE WHY: notes the package when the file is not there.
want_file() {
    if [ ! -e "$1" ]; then
        want "$2" "$3"
    fi
}

find_missing() {
    # An engine somewhere else (DOCKER_HOST) needs nothing here; tests always use engines of their own.
    if [ -z "${DOCKER_HOST:-}" ] || $tests; then
        need dockerd docker.io 'the Docker Engine'
        need iptables iptables 'the engine publishes ports with it'
    fi
    need cc gcc 'the build compiles SQLite and links'
    want_file /usr/include/stdio.h libc6-dev 'the C library that is linked in'
    need curl curl 'asks a starting server whether it is up'
    if ! $tests; then
        return
    fi
    need ip iproute2 'network namespaces of the test hosts'
    need unshare util-linux 'namespaces of the test hosts'
    need mount mount 'mounts of the test hosts'
    need ebtables iptables 'cuts between the test hosts'
    need sshd openssh-server 'SSH servers of lab hosts'
    need ssh openssh-client 'SSH between lab hosts'
    if ! have busybox || ldd "$(command -v busybox)" >/dev/null 2>&1; then
        want busybox-static 'a shell for the test images'
    fi
}

install_missing() {
    have apt-get || die "this system has no apt-get. Install by hand, then run this again:$missing"
    [ "$(id -u)" -eq 0 ] || die "installing needs root. Run: sudo $0 -y$(flags)"
    ask "Install$missing with apt-get?"
    say "installing:$missing"
    log="$(mktemp)"
    if ! run_apt >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        die "apt-get failed, its last lines are above. Check this machine's package sources, then run this again."
    fi
    rm -f "$log"
}

flags() {
    if $tests; then printf ' --tests'; fi
    if $service; then printf ' --service'; fi
}

ask() {
    if $yes; then
        return
    fi
    [ -t 0 ] || die "$* Nobody can answer here; run it again with -y."
    printf '%s [Y/n] ' "$*" >&2
    read -r answer
    case "$answer" in
        '' | y | Y | yes) ;;
        *) die 'nothing was installed.' ;;
    esac
}

run_apt() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update || return 1
    fresh=''
    case "$missing " in *' docker.io '*) fresh='docker containerd' ;; esac
    case "$missing " in *' openssh-server '*) fresh="$fresh ssh" ;; esac
    forbid_starts
    # shellcheck disable=SC2086 # the list is ours, one word a package
    if apt-get install -y --no-install-recommends $missing; then
        status=0
    else
        status=$?
    fi
    allow_starts
    if [ -n "$fresh" ] && [ "$status" -eq 0 ]; then
        leave_disabled
    fi
    return "$status"
}

# A package's installation must not start the machine's own engine: whoever wants that says --service.
forbid_starts() {
    policy_kept=''
    if [ -x "$POLICY" ]; then
        if "$POLICY" docker start >/dev/null 2>&1; then policy=0; else policy=$?; fi
        if [ "$policy" -eq 101 ]; then
            return
        fi
        policy_kept="$POLICY.before-muster"
        mv "$POLICY" "$policy_kept"
    fi
    trap allow_starts EXIT
    trap 'exit 130' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
    policy_ours=true
}

allow_starts() {
    if [ "${policy_ours:-false}" = true ]; then
        rm -f "$POLICY"
        if [ -n "$policy_kept" ]; then
            mv "$policy_kept" "$POLICY"
        fi
        policy_ours=false
    fi
}

# What was not on this machine before does not start at its next boot either.
leave_disabled() {
    for name in $fresh; do
        if have systemctl; then
            systemctl disable "$name.service" || true
            systemctl disable "$name.socket" 2>/dev/null || true
        elif have update-rc.d; then
            update-rc.d "$name" disable || true
        fi
    done
}

# --- this machine's own engine --------------------------------------------------------------------------------

ensure_running() {
    if engine_answers; then
        return
    fi
    if [ -n "${DOCKER_HOST:-}" ]; then
        die "the engine at DOCKER_HOST=$DOCKER_HOST does not answer. Start it, or unset DOCKER_HOST to use this machine's."
    fi
    [ "$(id -u)" -eq 0 ] || die "the Docker Engine does not answer: start it (or join its group 'docker'), or run: sudo $0 -y --service"
    if [ -d /run/systemd/system ]; then
        say 'starting the Docker Engine (systemctl; stop it with: systemctl stop docker.socket docker)'
        systemctl enable --now docker || die 'systemctl could not start docker; see: journalctl -u docker'
    elif [ "$(cat /proc/1/comm)" = init ] && [ -x /etc/init.d/docker ]; then
        say 'starting the Docker Engine (stop it with: service docker stop)'
        service docker start >&2 || die 'service could not start docker; see /var/log/docker.log'
    else
        start_plain
    fi
    wait_for_engine
}

engine_answers() {
    docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

start_plain() {
    say "starting the Docker Engine (log: $LOGFILE; stop it with: kill \$(cat $PIDFILE))"
    # The engine refuses to start beside a pid file whose number is taken, even by a stranger.
    if [ -f "$PIDFILE" ] && [ "$(cat "/proc/$(cat "$PIDFILE")/comm" 2>/dev/null)" != dockerd ]; then
        rm -f "$PIDFILE"
    fi
    set -- --pidfile "$PIDFILE"
    # Containers then survive a restart of the engine. A setting given twice would keep it from starting.
    if ! grep -qs live-restore /etc/docker/daemon.json; then
        set -- "$@" --live-restore
    fi
    nohup dockerd "$@" >>"$LOGFILE" 2>&1 </dev/null &
    plain=$!
    log_hint="$LOGFILE"
}

wait_for_engine() {
    left=$((STARTUP_SECONDS * 5))
    while ! engine_answers; do
        if [ -n "$plain" ] && ! kill -0 "$plain" 2>/dev/null; then
            tail -n 3 "$LOGFILE" >&2
            die "the Docker Engine ended at once; the end of its log ($LOGFILE) is above."
        fi
        left=$((left - 1))
        if [ "$left" -le 0 ]; then
            die "the Docker Engine did not answer within $STARTUP_SECONDS seconds; look at its log ($log_hint)."
        fi
        sleep 0.2
    done
}

main "$@"
