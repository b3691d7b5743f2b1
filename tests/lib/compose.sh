#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# compose.sh CACHE: prints the path of Debian 13's docker-compose (2.26.1), unpacked below CACHE and not
# installed: Debian 12 has none that knows !override. It needs no library that an older Debian lacks.
# Exit status 77, with the reason, where it cannot be made.
set -eu
. "$(dirname "$0")/debian.sh"

mkdir -p "$1"
cache=$(cd "$1" && pwd)
tree=$cache/compose-13
program=$tree/usr/libexec/docker/cli-plugins/docker-compose

cannot() {
	echo "compose: $*" >&2
	exit 77
}

command -v mmdebstrap >/dev/null || cannot "mmdebstrap is not installed"
exec 9>"$cache/compose-13.lock"
flock 9
if [ ! -d "$tree" ]; then
	rm -rf "$tree.new"
	make_debian "$tree.new" trixie docker-compose --variant=extract ||
		cannot "mmdebstrap failed: $(tail -n 3 "$tree.new.log")"
	mv "$tree.new" "$tree"
fi
"$program" version >/dev/null 2>&1 || cannot "$program does not run here"
echo "$program"
