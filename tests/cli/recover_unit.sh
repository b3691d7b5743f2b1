#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# harden-recover.service as it is installed: where, what it starts, before what; and that systemd
# takes it. What it does at a boot is in tests/vm.
. "$top_srcdir/tests/lib/tap.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL

units=$scratch/prefix/lib/systemd/system
unit=$units/harden-recover.service
ok "make install" make -s -C "$top_builddir" install prefix="$scratch/prefix" systemdsystemunitdir="$units"
ok "it installs the unit" test -f "$unit"
rm -rf "${scratch:?}/prefix"
ok "make install without a place for units" \
	make -s -C "$top_builddir" install prefix="$scratch/prefix" systemdsystemunitdir=
ok "it installs no unit" test ! -e "$scratch/prefix/lib"

unit=$top_builddir/systemd/harden-recover.service
value() {
	sed -n "s/^$1=//p" "$unit"
}

bindir=$(sed -n 's/^bindir = //p' "$top_builddir/Makefile" | sed 's,\${exec_prefix},${prefix},')
prefix=$(sed -n 's/^prefix = //p' "$top_builddir/Makefile")
ok "it starts the installed program" grep -qF "\"$(echo "$bindir" | sed "s,\${prefix},$prefix,")/harden\" recover --yes" "$unit"
for other in auditd.service audit-rules.service containerd.service docker.socket docker.service sysinit.target; do
	ok "it comes before $other" sh -c 'echo "$1" | grep -qw -- "$2"' sh "$(value Before)" "$other"
done
is "it waits for the local file systems" "$(value After)" local-fs.target
is "where nothing was ever applied it is skipped" "$(value ConditionPathExists)" /var/lib/harden/runs
# docker.service must not wait for a restart that itself waits for docker.service's turn.
ok "it restarts nothing" grep -q -- '--restart never' "$unit"
# Each of these gives a service a mount namespace or takes away what a file may need back.
is "it sees the root of PID 1, and may restore all of it" \
	"$(grep -E '^(Protect|Private|ReadOnly|ReadWrite|Inaccessible|RootDirectory|RestrictSUIDSGID|CapabilityBoundingSet|DynamicUser)' "$unit")" ""

if command -v systemd-analyze >/dev/null; then
	systemd-analyze verify --man=no --recursive-errors=no "$unit" >"$scratch/verify" 2>&1
	is "systemd takes it" "$? $(cat "$scratch/verify")" "0 "
	sed 's/^Before=auditd/Befor=auditd/' "$unit" >"$scratch/harden-broken.service"
	systemd-analyze verify --man=no --recursive-errors=no "$scratch/harden-broken.service" >"$scratch/verify" 2>&1
	ok "... and would not take a broken one" grep -q Befor "$scratch/verify"
else
	skip "systemd takes it" "systemd-analyze is not installed"
fi
finish
