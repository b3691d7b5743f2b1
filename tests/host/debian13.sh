#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The tests of this folder once more, with Debian 13's docker.io, containerd, runc and auditd in the
# places of this machine's.
. "$top_srcdir/tests/lib/tap.sh"

cache=${HARDEN_TEST_CACHE:-$top_builddir/tests/cache}
on_debian13() {
	sh "$top_srcdir/tests/lib/on_debian13.sh" "$cache" "$@"
}
ended() {
	cat "$scratch/err"
	[ "$1" -eq 0 ]
}

on_debian13 true 2>"$scratch/err" || skip_all "$(tail -n 1 "$scratch/err")"
on_debian13 sh -c 'dockerd --version; containerd --version; runc --version; auditctl -v' | sed 's/^/# /'

# Helpers are not executable.
for test in "$top_srcdir"/tests/host/*.py; do
	[ -x "$test" ] || continue
	on_debian13 /usr/bin/python3 -B "$test" >"$scratch/tap" 2>"$scratch/err"
	code=$?
	while IFS= read -r line; do
		echo "its diagnosis is above" >"$scratch/why"
		case $line in
		"ok "*) result ok "${line#*- }" ;;
		"not ok "*) result not "${line#*- }" ;;
		'#'*) printf '%s\n' "$line" ;;
		esac
	done <"$scratch/tap"
	# A test with failed cases fails, too, and has said so.
	grep -q '^not ok' "$scratch/tap" || ok "$(basename "$test") came to its end" ended "$code"
done
finish
