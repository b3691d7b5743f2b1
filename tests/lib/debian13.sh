#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# debian13.sh CACHE: prints the path of a folder below CACHE with Debian 13's docker.io, containerd,
# runc and auditd, unpacked and not installed. Its programs run on an older Debian: they are told to
# take the loader and the libraries of this folder, wherever they are called from, so that a program
# still finds itself in /proc/self/exe. It is made once. on_debian13.sh puts them in their usual places.
# The file packages has what the package database would say of them.
# Exit status 77, with the reason, where it cannot be made.
set -eu
. "$(dirname "$0")/debian.sh"

mkdir -p "$1"
cache=$(cd "$1" && pwd)
tree=$cache/debian-13

cannot() {
	echo "debian13: $*" >&2
	exit 77
}

programs() {
	for name in sbin/dockerd sbin/docker-proxy bin/docker bin/containerd bin/containerd-shim-runc-v2 \
		bin/ctr sbin/runc sbin/auditctl sbin/auditd sbin/ausearch; do
		[ ! -f "$1/usr/$name" ] || echo "usr/$name"
	done
}

use_own_libraries() {
	patchelf --set-interpreter "$tree/usr/lib64/ld-linux-x86-64.so.2" \
		--force-rpath --set-rpath "$tree/usr/lib/x86_64-linux-gnu" "$1"
}

[ "$(uname -m)" = x86_64 ] || cannot "this knows where amd64 keeps its libraries only"
for tool in mmdebstrap patchelf; do
	command -v "$tool" >/dev/null || cannot "$tool is not installed"
done
exec 9>"$cache/debian-13.lock"
flock 9
if [ ! -d "$tree" ]; then
	rm -rf "$tree.new"
	make_debian "$tree.new" trixie docker.io,docker-cli,auditd --variant=extract \
		--extract-hook='APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-cache show --no-all-versions docker.io containerd runc auditd >"$1/packages"' ||
		cannot "mmdebstrap failed: $(tail -n 3 "$tree.new.log")"
	programs "$tree.new" | while read -r program; do
		use_own_libraries "$tree.new/$program"
	done
	mv "$tree.new" "$tree"
fi
echo "$tree"
