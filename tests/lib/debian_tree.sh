#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# debian_tree.sh CACHE: prints the path of a Debian 12 tree below CACHE, with the real docker.io,
# containerd, runc and auditd packages as nobody has touched them. It is made once, with the mirrors
# that this machine's apt is set to, and is never changed: copy it with copy_tree (cp -a).
# Exit status 77, with the reason, where it cannot be made.
set -eu

mkdir -p "$1"
cache=$(cd "$1" && pwd)
tree=$cache/debian-12

cannot() {
	echo "debian_tree: $*" >&2
	exit 77
}

# The Debian 12 archives of this machine, as sources.list lines.
mirrors() {
	apt-get indextargets --format '$(SIGNED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' 2>/dev/null | sort -u |
		while IFS='|' read -r signed_by uri release component; do
			case $release in bookworm | bookworm-updates | bookworm-security) ;; *) continue ;; esac
			case $signed_by in /*) by="[signed-by=$signed_by] " ;; *) by= ;; esac
			echo "deb $by$uri $release $component"
		done
}

# A proxy and the like.
apt_options() {
	apt-config dump 2>/dev/null |
		grep -E '^Acquire::(http|https)::|^Acquire::(Retries|Check-Valid-Until|ForceIPv)' || true
}

make_tree() {
	set -- --variant=minbase --include=docker.io,auditd,ca-certificates
	# What no test reads, so that copies are small.
	for what in doc man locale info; do
		set -- "$@" --dpkgopt="path-exclude=/usr/share/$what/*"
	done
	apt_options >"$cache/apt.conf"
	[ ! -s "$cache/apt.conf" ] || set -- "$@" --aptopt="$cache/apt.conf"
	mirrors >"$cache/sources.list"
	if [ -s "$cache/sources.list" ]; then
		set -- "$@" bookworm "$tree.new" "$cache/sources.list"
	else
		set -- "$@" bookworm "$tree.new"
	fi
	mmdebstrap "$@" >"$cache/mmdebstrap.log" 2>&1
}

[ "$(id -u)" -eq 0 ] || cannot "only root can make a tree whose files have several owners"
command -v mmdebstrap >/dev/null || cannot "mmdebstrap is not installed"
exec 9>"$cache/lock"
flock 9
if [ ! -d "$tree" ]; then
	rm -rf "$tree.new"
	make_tree || cannot "mmdebstrap failed: $(tail -n 3 "$cache/mmdebstrap.log")"
	mv "$tree.new" "$tree"
fi
echo "$tree"
