#!/bin/sh
# Removes what killed test runs and dead labs left behind: processes they recorded (the kernel has normally ended them
# already), empty control groups and files. Labs whose owner lives are left alone, and nothing that is not recorded is killed.
set -eu

root="${MUSTER_LAB_DIR:-/var/lib/muster-lab}"

main() {
    if [ ! -d "$root" ]; then
        return
    fi
    if [ "$(id -u)" -ne 0 ]; then
        printf 'clean-lab: needs root. Run: sudo %s\n' "$0" >&2
        exit 1
    fi
    for lab in "$root"/mlab-* "$root"/new-*/owner; do
        lab="${lab%/owner}"
        if [ -d "$lab" ] && ! is_used "$lab"; then
            remove_lab "$lab"
        fi
    done
}

is_used() {
    [ -f "$1/owner" ] && read -r pid started <"$1/owner" && is_process "$pid" "$started"
}

# is_process PID START_TIME: a number may be used again by a stranger, number and start time may not.
is_process() {
    [ -r "/proc/$1/stat" ] || return 1
    # The command name may hold spaces and brackets; count fields from after its last bracket.
    stat="$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null)" || return 1
    now="$(printf '%s\n' "$stat" | cut -d ' ' -f 20)"
    [ "$now" = "$2" ] && [ "${stat%% *}" != Z ]
}

remove_lab() {
    for host in "$1"/*/; do
        if [ -d "$host" ]; then
            end_processes "$host"
            remove_groups "$(basename "$1")-$(basename "$host")"
        fi
    done
    rm -rf --one-file-system -- "$1"
    printf 'removed %s\n' "$1"
}

# The holder first: with it the kernel ends every process of its host.
end_processes() {
    [ -f "$1/pids" ] || return 0
    for role in holder dockerd containerd unshare; do
        while read -r pid started recorded; do
            if [ "$recorded" = "$role" ] && is_process "$pid" "$started" && is_role "$pid" "$role"; then
                printf 'ending %s %s of %s\n' "$role" "$pid" "$1"
                kill -KILL "$pid"
                await_end "$pid" "$started"
            fi
        done <"$1/pids"
    done
}

# is_role PID ROLE: whether its command line is what we would have started for that.
is_role() {
    command="$(tr '\0' ' ' <"/proc/$1/cmdline")"
    case "$2:$command" in
        holder:cat\ * | holder:sh\ * | holder:env\ *) ;;
        dockerd:*dockerd\ * | dockerd:nsenter\ * | containerd:*containerd\ * | unshare:unshare\ *) ;;
        *) return 1 ;;
    esac
}

await_end() {
    left=200
    while is_process "$1" "$2" && [ "$left" -gt 0 ]; do
        left=$((left - 1))
        sleep 0.05
    done
}

# Every hierarchy of v1, and v2; the innermost first. A group with processes in it cannot be removed.
remove_groups() {
    for group in /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1"; do
        if [ -d "$group" ]; then
            find "$group" -depth -type d -exec rmdir {} + || true
        fi
    done
}

main
