#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# engine.sh TOP_SRCDIR TOP_BUILDDIR: the Engine client against a bare one that fetches the same paths
# (fetch.c), on the recorded-answer server with 200, 1,000 and 2,000 containers: the client alone
# (ask --count), and harden audit of sections 4 to 7. No container runs here and an answer costs the
# server next to nothing, so what judging costs stands alone; what it costs beside a real dockerd is
# real.py's. Fails when fetching takes more than 1.5 times the bare time plus 20 ms at 200 or its memory
# grows, when an audit takes more than 32 MiB at 200, when its time is not linear, or when it keeps
# more than 6 KiB for a container: each of these fails ten controls, of which the report says 3 KB.
# RUNS says how many pairs (5), COUNTS other numbers of containers, three of them.
set -eu

src=$1
build=$(cd "$2" && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

# serve COPIES: each recorded container this many times; what is asked for goes to $work/log
serve() {
	rm -f "$work/socket"
	: >"$work/ready"
	"$PYTHON3" -B "$src/tests/lib/engine_server.py" "$work/socket" "$src/tests/data/engine" \
		--copies "$1" --log "$work/log" >"$work/ready" 2>"$work/server.err" &
	server=$!
	for _ in $(seq 100); do
		[ ! -s "$work/ready" ] || return 0
		sleep 0.1
	done
	cat "$work/server.err" >&2
	return 1
}

leave() {
	kill "$server"
	wait "$server" 2>/dev/null || true
	server=
}

# against COUNT NAME COMMAND...: the command against a bare client that asks for the same paths
against() {
	count=$1 name=$2
	shift 2
	serve $(((count + recorded - 1) / recorded))
	"$@" >"$work/said" 2>&1 || [ $? -eq 2 ] || { cat "$work/said" >&2 && exit 1; }
	cp "$work/log" "$work/list"
	"$build/bench/pair" "${RUNS:-5}" "$build/bench/fetch" "$work/socket" "$work/list" -- "$@" >"$work/pair"
	leave
	awk -F '\t' -v name="$name" -v count="$count" -v answers="$(wc -l <"$work/list")" '
	function number(text) { gsub(/[^0-9.]/, "", text); return text + 0 }
	/median/ { ms[++n] = number($2); mib[n] = number($5) }
	END {
		printf "bench: %-5s %5d containers, %5d answers: %8.1f ms, bare %8.1f ms, peak %.1f MiB\n",
			name, count, answers, ms[2], ms[1], mib[2]
		print name, count, ms[2], ms[1], mib[2] >>"'"$work"'/result"
	}' "$work/pair"
}

counts=${COUNTS:-200 1000 2000}
recorded=$(grep -l HostConfig "$src"/tests/data/engine/container-*.json | wc -l)
"$build/harden/harden" explain 5.5 --engine none >/dev/null 2>&1 && audits=yes || audits=
for count in $counts; do
	against "$count" fetch "$build/tests/engine/ask" --count "unix://$work/socket" fetch container
	[ -z "$audits" ] || against "$count" audit "$build/harden/harden" audit --only 4,5,6,7 \
		--engine "unix://$work/socket" --format json
done
awk -v counts="$counts" '
BEGIN { split(counts, n, " ") }
{ ms[$1, $2] = $3; bare[$1, $2] = $4; mib[$1, $2] = $5; names[$1] = 1 }
END {
	for (name in names) {
		allowed = 1.5 * bare[name, n[1]] + 20
		grown = (mib[name, n[3]] - mib[name, n[1]]) * 1024 / (n[3] - n[1])
		# of each container beyond the first ones, in the second and in the first half
		first = (ms[name, n[2]] - ms[name, n[1]]) / (n[2] - n[1])
		second = (ms[name, n[3]] - ms[name, n[2]]) / (n[3] - n[2])
		printf "bench: %s: %.1f ms at %d (bare %.1f), then %.2f and %.2f ms and %.1f KiB for each more\n",
			name, ms[name, n[1]], n[1], bare[name, n[1]], first, second, grown
		if (second > 2 * first || mib[name, n[1]] > 32 || grown > 6) bad = 1
		if (name == "fetch" && (ms[name, n[1]] > allowed || grown > 1)) bad = 1
	}
	exit bad
}' "$work/result"
