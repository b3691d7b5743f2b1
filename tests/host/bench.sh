#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The programs of make bench come to their end and print their figures. What the figures are is not
# looked at: this machine may be busy.
. "$top_srcdir/tests/lib/tap.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
: "${PYTHON3:=/usr/bin/python3}"

ok "they are built" make -s -C "$top_builddir" bench/floor bench/pair bench/fetch tests/engine/ask

# prints PATTERN LINES COMMAND...: the command prints so many lines like this
prints() {
	pattern=$1 lines=$2
	shift 2
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	found=$(grep -Ec "$pattern" "$scratch/out")
	cat "$scratch/out" "$scratch/err"
	[ "$found" -eq "$lines" ]
}

ms='[0-9]+\.[0-9] ms'
ok "a plan against its floor" prints '^bench: [0-9.]+ times the floor .*, peak memory [0-9.]+ MiB' 1 \
	env RUNS=2 sh "$top_srcdir/bench/run.sh" "$top_srcdir" "$top_builddir"
ok "recorded containers" prints "^bench: (fetch|audit) +[0-9]+ containers, .* $ms, bare +$ms, peak" 6 \
	env RUNS=1 COUNTS='20 40 60' PYTHON3="$PYTHON3" sh "$top_srcdir/bench/engine.sh" "$top_srcdir" "$top_builddir"
ok "containers of a real dockerd" prints "^bench: real dockerd, 3 containers created, [0-9]+ answers: $ms .*, bare $ms, peak" 1 \
	env RUNS=1 HARDEN="$(realpath "$HARDEN")" "$PYTHON3" -B "$top_srcdir/bench/real.py" \
	"$top_builddir/bench/fetch" "$top_builddir/bench/pair" 3 created
finish
