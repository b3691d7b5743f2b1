#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# on_debian13.sh CACHE COMMAND...: runs COMMAND where this machine's dockerd, containerd, runc, auditctl
# and so on are those of Debian 13 (debian13.sh), and its package database says so. They are mounted
# over the machine's own in a mount namespace, so nothing of it is seen outside or left behind.
# Exit status 77 where that cannot be.
set -eu

if [ "${1:-}" != --inside ]; then
	tree=$(sh "$(dirname "$0")/debian13.sh" "$1") || exit
	shift
	exec unshare --mount sh "$0" --inside "$tree" "$@"
fi
tree=$2
shift 2

over() {
	[ -e "$tree/$1" ] || return 0
	if [ ! -e "/$1" ]; then
		echo "on_debian13: /$1 is not there: install docker.io and auditd" >&2
		exit 77
	fi
	mount --bind "$tree/$1" "$(realpath "/$1")"
}

for name in sbin/dockerd sbin/docker-proxy bin/docker-init bin/containerd bin/containerd-shim-runc-v2 \
	sbin/runc sbin/auditctl sbin/augenrules; do
	over "usr/$name"
done

# The machine's package database with the four packages' entries exchanged.
status=$(mktemp)
{
	awk -v RS= -v ORS='\n\n' '!/^Package: (docker\.io|containerd|runc|auditd)\n/' /var/lib/dpkg/status
	awk -v RS= -v ORS='\n\n' '{ sub(/\n/, "\nStatus: install ok installed\n"); print }' "$tree/packages" |
		grep -vE '^(Filename|Size|MD5sum|SHA256): '
} >"$status"
chmod 644 "$status"
mount --bind "$status" /var/lib/dpkg/status
rm "$status"
exec "$@"
