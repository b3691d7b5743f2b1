# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# make_debian DIR SUITE PACKAGES OPTION...: a Debian tree made by mmdebstrap (its options may
# follow), without manuals and translations, from the mirrors and through the proxy that this
# machine's apt is set to. Another suite than this machine's comes from the same mirrors. Files of
# its own beside the tree: DIR.log and the like.

# The archives of this machine for a suite, as sources.list lines.
debian_mirrors() {
	apt-get indextargets --format '$(SIGNED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' 2>/dev/null | sort -u |
		while IFS='|' read -r signed_by uri release component; do
			case $release in bookworm | bookworm-updates | bookworm-security) ;; *) continue ;; esac
			case $signed_by in /*) by="[signed-by=$signed_by] " ;; *) by= ;; esac
			echo "deb $by$uri $1${release#bookworm} $component"
		done
}

debian_apt_options() {
	apt-config dump 2>/dev/null |
		grep -E '^Acquire::(http|https)::|^Acquire::(Retries|Check-Valid-Until|ForceIPv)' || true
}

make_debian() {
	debian_dir=$1 debian_suite=$2 debian_packages=$3
	shift 3
	set -- --variant=minbase --include="$debian_packages" "$@"
	for what in doc man locale info; do
		set -- "$@" --dpkgopt="path-exclude=/usr/share/$what/*"
	done
	debian_apt_options >"$debian_dir.apt.conf"
	[ ! -s "$debian_dir.apt.conf" ] || set -- "$@" --aptopt="$debian_dir.apt.conf"
	debian_mirrors "$debian_suite" >"$debian_dir.sources.list"
	if [ -s "$debian_dir.sources.list" ]; then
		set -- "$@" "$debian_suite" "$debian_dir" "$debian_dir.sources.list"
	else
		set -- "$@" "$debian_suite" "$debian_dir"
	fi
	mmdebstrap "$@" >"$debian_dir.log" 2>&1
}
