# First process of a lab host; it has its namespaces and gives them their contents. Every mount here is private.
set -eu
host=$1
dir=$2

# /proc is still the machine's here: this is our number as the machine sees it.
read -r pid _ </proc/self/stat
printf '%s\n' "$pid"
# Nothing is made before the other side has written that number down.
read -r _

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/cgroup /run/etc/upper /run/etc/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc
mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sysfs /sys
mount --rbind /run/cgroup /sys/fs/cgroup
umount -l /run/cgroup
mount -t proc proc /proc
printf '%s' "$host" >/proc/sys/kernel/hostname
printf '%s\n' "$host" >/etc/hostname
printf '127.0.0.1 localhost\n' >/etc/hosts
cat "$dir/neighbours" >>/etc/hosts
# A name that no neighbour's line gives an address is our own and only ours.
grep -q " $host\$" /etc/hosts || printf '127.0.0.1 %s\n' "$host" >>/etc/hosts
rm -rf /etc/docker

# Each boot has a number of its own, each machine one for life.
cat /proc/sys/kernel/random/uuid >/run/boot_id
mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
[ -s "$dir/machine-id" ] || tr -d - </proc/sys/kernel/random/uuid >"$dir/machine-id"
cp "$dir/machine-id" /etc/machine-id

ip link set lo up
ln -s "$dir/docker.sock" /run/docker.sock
printf 'ready\n'

# As process 1 we inherit orphans. With this signal ignored the kernel reaps them; an engine that finds its old
# containerd unreaped would wait half a minute for it. cat ends when the other side closes the pipe.
exec env --ignore-signal=CHLD cat >/dev/null
