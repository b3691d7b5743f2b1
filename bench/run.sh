#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh TOP_SRCDIR TOP_BUILDDIR: `harden plan` on a Debian 12 tree with the real packages against the
# least that looking at the same files can cost (floor.c), from one run. Fails above five times the
# time or 16 MiB. RUNS in the environment says how many pairs (501).
set -eu

src=$1
build=$(cd "$2" && pwd)
work=$build/bench/work
root=$work/root
mkdir -p "$work"

original=$(sh "$src/tests/lib/debian_tree.sh" "${HARDEN_TEST_CACHE:-$build/tests/cache}")
if [ ! -e "$work/ready" ]; then
	rm -rf "$root"
	cp -a --reflink=auto "$original" "$root"
	mkdir -p "$root/etc/docker"
	cat >"$root/etc/docker/daemon.json" <<'END'
{
  "log-driver": "json-file",
  "log-opts": {"max-size": "10m", "max-file": "3"},
  "storage-driver": "overlay2",
  "default-address-pools": [{"base": "10.200.0.0/16", "size": 24}],
  "registry-mirrors": ["https://mirror.example.org"]
}
END
	touch "$work/ready"
fi

# What harden touches: every descriptor it got, with the path the kernel has for it. The dynamic
# loader's files are left out: each program has its own.
set -- "$build/harden/harden" plan --engine none --root "$root"
strace -f -qq -y -o "$work/trace" "$@" >"$work/plan" 2>"$work/plan.err" || [ $? -eq 2 ] ||
	{ cat "$work/plan.err" >&2 && exit 1; }
awk '
# The descriptor a call returns and the file it stands for: "= 5</etc/passwd>".
/ open(at)?\(/ && /> *$/ {
	path = $0
	sub(/>[^>]*$/, "", path)
	sub(/.*= [0-9]+</, "", path)
	if (path !~ /^\// || path ~ /\.so(\.|$)|ld\.so|^\/(proc|dev)\//) next
	what = /O_PATH/ ? "stat" : /O_DIRECTORY/ ? "list" : "file"
	if (!((path, what) in seen)) { seen[path, what] = 1; order[++n] = what " " path }
}
/ (newfstatat|statx)\(.*= 0$/ && match($0, /<[^>]*>, "[^"]+"/) {
	split(substr($0, RSTART + 1, RLENGTH - 1), part, />, "/)
	sub(/"$/, "", part[2])
	path = part[2] ~ /^\// ? part[2] : part[1] "/" part[2]
	if (path ~ /^\/(proc|dev)\//) next
	if (!((path, "stat") in seen)) { seen[path, "stat"] = 1; order[++n] = "stat " path }
}
# A path that is read needs no stat of its own: reading includes it.
END {
	for (i = 1; i <= n; i++) {
		path = substr(order[i], 6)
		if (order[i] ~ /^stat/ && ((path, "file") in seen)) continue
		print order[i]
	}
}' "$work/trace" >"$work/list"
grep -q '^file .*/etc/docker/daemon\.json$' "$work/list" ||
	{ echo "bench: harden did not read daemon.json; see $work/trace" >&2 && exit 1; }

echo "bench: harden plan --engine none --root TREE against $(grep -c '^file' "$work/list") files read," \
	"$(grep -c '^stat' "$work/list") looked at, $(grep -c '^list' "$work/list") directories listed"
"$build/bench/pair" "${RUNS:-501}" "$build/bench/floor" "$work/list" -- "$@" | tee "$work/result"
awk -F '\t' '
/^harden/ { sub(/peak /, "", $5); peak = $5 + 0 }
/^ratio/ { ratio = $2 + 0 }
END {
	printf "bench: %.2f times the floor (at most 5), peak memory %.1f MiB (under 16)\n", ratio, peak
	exit !(ratio > 0 && ratio <= 5 && peak > 0 && peak < 16)
}' "$work/result"
