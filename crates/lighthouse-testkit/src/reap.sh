# Takes a bench apart when its owner is gone: arguments are its name, its folder and its lock file.
# Waits for the end of standard input, which comes when the owner drops the bench and also when it is
# killed. Holds the owner's lock as standard output until everything is gone.
trap '' INT TERM HUP
name=$1 dir=$2 lock=$3
cat >/dev/null
exec 2>/dev/null

processes() {
    for file in "$dir"/*/mount-namespace; do
        [ -s "$file" ] && find /proc/[0-9]*/ns/mnt -maxdepth 0 -lname "mnt:\\[$(cat "$file")\\]"
    done | cut -d/ -f3
    # Other programs of the bench; their command line names the folder, so a reused number is told apart.
    for file in "$dir"/*/pid; do
        [ -s "$file" ] && pid=$(cat "$file") && grep -q "$dir/" "/proc/$pid/cmdline" && echo "$pid"
    done
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
