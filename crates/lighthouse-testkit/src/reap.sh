# Takes a bench apart when its owner is gone: arguments are its name, its folder and its lock file.
# Waits for the end of standard input, which comes when the owner drops the bench and also when it is
# killed. Holds the owner's lock as standard output until everything is gone.
trap '' INT TERM HUP
name=$1 dir=$2 lock=$3
cat >/dev/null
exec 2>/dev/null

# Programs carry the bench's name in their environment and hand it down; containers do not, but lie in its
# control groups. Nothing that the kernel may give to somebody else meanwhile, such as the number of a process
# or a namespace that has ended, says whose a process is.
processes() {
    grep -lzxF "LIGHTHOUSE_BENCH=$name" /proc/[0-9]*/environ | cut -d/ -f3
    for group in /sys/fs/cgroup/"$name" /sys/fs/cgroup/*/"$name"; do
        [ -d "$group" ] && find "$group" -name cgroup.procs -exec cat {} +
    done
}

# Engines, their children and the containers, all at once: nobody is left to restart anybody.
round=0
while [ $round -lt 100 ]; do
    found=$(processes | sort -u)
    [ -z "$found" ] && break
    # A frozen process takes the signal only when thawed.
    for state in $(find /sys/fs/cgroup/freezer/"$name" -name freezer.state); do echo THAWED >"$state"; done
    kill -9 $found
    [ $round -gt 0 ] && sleep 0.05
    round=$((round + 1))
done

for group in /sys/fs/cgroup/"$name" /sys/fs/cgroup/*/"$name"; do
    [ -d "$group" ] && find "$group" -depth -type d -exec rmdir {} +
done
for space in $(ip netns list | cut -d' ' -f1 | grep "^${name}h[0-9]*\$"); do ip netns del "$space"; done
ip link del "$name" >/dev/null
while iptables -w 5 -D FORWARD -i "$name" -o "$name" -j ACCEPT; do :; done
grep -o " $dir/[^ ]*" /proc/mounts | sort -r | while read -r mount; do umount -l "$mount"; done
rm -rf "$dir"
rm -f "$lock"
