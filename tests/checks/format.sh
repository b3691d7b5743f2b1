#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# C is formatted as .clang-format says (clang-format 14: newer ones differ in corners), shell scripts
# are clean under shellcheck and manuals under mandoc.
. "$top_srcdir/tests/lib/tap.sh"
cd "$top_srcdir" || exit 99

find harden backup tests bench tools -name '*.[ch]' ! -path 'tests/tmp/*' | sort >"$scratch/c"
{
	find tests bench -name '*.sh' ! -path 'tests/tmp/*' ! -path 'tests/cache/*'
	find bootstrap .ci/run tests/runner -type f ! -name '*.py'
} 2>/dev/null | sort >"$scratch/shell"
find man -name '*.[1-8]' 2>/dev/null | sort >"$scratch/manuals"

needs() {
	command -v "$1" >/dev/null && return
	skip "$2" "$1 is not installed"
	return 1
}

misformatted() {
	xargs -r "$1" --style=file --dry-run -Werror <"$scratch/c" 2>&1 | grep -E 'error:' | cut -c1-160
}

formatter=$(command -v clang-format-14 || echo clang-format)
needs "$formatter" "C is formatted" && is "C is formatted" "$(misformatted "$formatter")" ""
# SC1091, SC2154: top_srcdir and what tap.sh sets come from outside. SC2016: jq and awk programs.
# SC2317: functions that are called by name.
needs shellcheck "scripts are clean" &&
	ok "scripts are clean under shellcheck" xargs -r shellcheck -e SC1091,SC2016,SC2154,SC2317 <"$scratch/shell"
needs mandoc "manuals are clean" &&
	ok "manuals are clean under mandoc" xargs -r mandoc -Tlint -Wwarning <"$scratch/manuals"
finish
