#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# debian_tree.sh CACHE: prints the path of a Debian 12 tree below CACHE, with the real docker.io,
# containerd, runc and auditd packages as nobody has touched them. It is made once and is never
# changed: copy it with cp -a. Exit status 77, with the reason, where it cannot be made.
set -eu
. "$(dirname "$0")/debian.sh"

mkdir -p "$1"
cache=$(cd "$1" && pwd)
tree=$cache/debian-12

cannot() {
	echo "debian_tree: $*" >&2
	exit 77
}

[ "$(id -u)" -eq 0 ] || cannot "only root can make a tree whose files have several owners"
command -v mmdebstrap >/dev/null || cannot "mmdebstrap is not installed"
exec 9>"$cache/lock"
flock 9
if [ ! -d "$tree" ]; then
	rm -rf "$tree.new"
	make_debian "$tree.new" bookworm docker.io,auditd,ca-certificates ||
		cannot "mmdebstrap failed: $(tail -n 3 "$tree.new.log")"
	mv "$tree.new" "$tree"
fi
echo "$tree"
