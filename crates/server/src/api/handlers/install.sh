#!/bin/sh
# Makes this machine a host: fetches muster from the server that this script came from, and lets it do the rest.
# `muster host token create` prints the command that runs it. Its environment:
#   MUSTER_SERVER       the server, https://…
#   MUSTER_JOIN_TOKEN   lets this machine in
#   MUSTER_PIN          the servers' public key, as curl --pinnedpubkey takes it; or
#   MUSTER_CA           SHA-256 of the platform's CA, 64 hexadecimal digits
#   MUSTER_BIN          where to put the program, /usr/local/bin/muster unless given
# Its arguments go to `muster agent install`.
set -eu

die() {
    printf 'muster: %s\n' "$*" >&2
    exit 1
}

architecture() {
    [ "$(uname -s)" = Linux ] || die "a host is a Linux machine; this one runs $(uname -s)"
    case $(uname -m) in
    x86_64 | amd64) echo amd64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) die "there is no muster for $(uname -m); hosts are x86_64 or aarch64" ;;
    esac
}

# $1: what to fetch, $2: into which file. Nothing is believed of a server that does not show the right key.
fetch() {
    if [ -n "${MUSTER_PIN:-}" ]; then
        curl -fsSk --pinnedpubkey "$MUSTER_PIN" -o "$2" "$MUSTER_SERVER$1"
    else
        at=${MUSTER_SERVER#https://}
        curl -fsS --cacert "$tmp/ca.pem" --connect-to "::${at%%/*}" -o "$2" "https://server.muster.internal$1"
    fi
}

# The CA comes over a connection that nobody vouches for; its fingerprint does.
fetch_ca() {
    [ "${#MUSTER_CA}" = 64 ] || die "MUSTER_CA must be the 64 digits that \`muster server\` prints"
    curl -fsSk -o "$tmp/ca.pem" "$MUSTER_SERVER/v1/ca"
    found=$(sed '/^-/d' "$tmp/ca.pem" | base64 -d | sha256sum | cut -c1-64)
    [ "$found" = "$MUSTER_CA" ] || die "$MUSTER_SERVER has another CA ($found): nothing was done"
}

main() {
    token=${MUSTER_JOIN_TOKEN:?"run the command that muster host token create prints"}
    unset MUSTER_JOIN_TOKEN
    : "${MUSTER_SERVER:?}"
    case $MUSTER_SERVER in
    https://* | http://127.0.0.1:* | http://localhost:*) ;;
    *) die "MUSTER_SERVER must begin with https://" ;;
    esac
    bin=${MUSTER_BIN:-/usr/local/bin/muster}
    arch=$(architecture)
    if [ "$(id -u)" = 0 ]; then
        root=
    elif command -v sudo >/dev/null; then
        root=sudo
    else
        die "only root may do this: become root and run the same command"
    fi
    engine=${MUSTER_ENGINE:-/var/run/docker.sock}
    [ -S "$engine" ] || die "there is no container engine at $engine: install Docker Engine 20.10 or newer \
(https://docs.docker.com/engine/install/), start it, and run the same command; if its socket is elsewhere, set MUSTER_ENGINE"

    tmp=$(mktemp -d)
    trap 'rm -rf "$tmp"' EXIT
    [ -n "${MUSTER_PIN:-}" ] || { : "${MUSTER_CA:?}" && fetch_ca; }
    fetch "/v1/muster?arch=$arch" "$tmp/muster" ||
        die "muster could not be fetched from $MUSTER_SERVER. If its servers are of another architecture than this \
machine ($arch), copy a muster for $arch to $bin and run: $bin agent install"
    $root mkdir -p "$(dirname "$bin")"
    $root install -m 755 "$tmp/muster" "$bin.new"
    $root mv -f "$bin.new" "$bin"

    # Through the pipe, for arguments and environments of processes can be seen.
    printf '%s\n' "$token" | $root env MUSTER_ENGINE="$engine" \
        ${MUSTER_AGENT_DATA:+MUSTER_AGENT_DATA="$MUSTER_AGENT_DATA"} \
        ${CATTLE_AGENT_IP:+CATTLE_AGENT_IP="$CATTLE_AGENT_IP"} \
        ${CATTLE_HOST_LABELS:+CATTLE_HOST_LABELS="$CATTLE_HOST_LABELS"} \
        "$bin" agent install --token-stdin --to "$MUSTER_SERVER" "$@"
}

# Last, so that half a script does nothing.
main "$@"
