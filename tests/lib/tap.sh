# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# What test scripts share: cases in TAP, a scratch folder, and the whole program as a subject.
#	. "$top_srcdir/tests/lib/tap.sh"
#	ok NAME COMMAND...         a case that passes if the command does
#	not_ok NAME COMMAND...     ... if it fails
#	is NAME GOT WANT           ... if both are the same text
#	skip NAME WHY              ... that cannot run here
#	finish                     the last line of every script
# The program: `run ARG...` keeps its output in $scratch/out and $scratch/err and its exit status in
# $status; then
#	exits NAME STATUS          the last run ended with this status
#	says NAME TEXT             its standard output has this text
#	complains NAME TEXT        its standard error has this text
#	json NAME FILTER WANT      what jq's FILTER makes of its output
set -u
LC_ALL=C.UTF-8
export LC_ALL

: "${top_srcdir:?is set by make check}" "${top_builddir:?is set by make check}"
HARDEN=${HARDEN:-$top_builddir/harden/harden}
case_count=0
case_failed=0
status=0

mkdir -p "$top_builddir/tests/tmp"
scratch=$(mktemp -d "$top_builddir/tests/tmp/$(basename "$0" .sh).XXXXXX") || exit 99

clean_up() {
	[ -n "${HARDEN_TEST_KEEP:-}" ] || rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 99' HUP INT TERM

# result ok|not NAME: the diagnosis, if any, is on standard input's side: $scratch/why
result() {
	case_count=$((case_count + 1))
	if [ "$1" = ok ]; then
		printf 'ok %d - %s\n' "$case_count" "$2"
	else
		case_failed=$((case_failed + 1))
		printf 'not ok %d - %s\n' "$case_count" "$2"
		sed 's/^/# /' "$scratch/why" | head -n 40
	fi
}

ok() {
	name=$1
	shift
	if "$@" >"$scratch/why" 2>&1; then result ok "$name"; else result not "$name"; fi
}

not_ok() {
	name=$1
	shift
	if "$@" >"$scratch/why" 2>&1; then result not "$name"; else result ok "$name"; fi
}

is() {
	printf 'got:\n%s\nwanted:\n%s\n' "$2" "$3" >"$scratch/why"
	if [ "$2" = "$3" ]; then result ok "$1"; else result not "$1"; fi
}

skip() {
	case_count=$((case_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$case_count" "$1" "$2"
}

skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	exit 77
}

finish() {
	printf '1..%d\n' "$case_count"
	[ "$case_failed" -eq 0 ]
	exit
}

run() {
	status=0
	"$HARDEN" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
}

show_run() {
	echo "exit status $status"
	echo "standard output:" && head -c 4000 "$scratch/out"
	echo "standard error:" && head -c 4000 "$scratch/err"
}

exits() {
	{ echo "wanted exit status $2, got:" && show_run; } >"$scratch/why"
	if [ "$status" -eq "$2" ]; then result ok "$1"; else result not "$1"; fi
}

says() {
	{ echo "wanted in the output: $2" && show_run; } >"$scratch/why"
	if grep -qF -e "$2" "$scratch/out"; then result ok "$1"; else result not "$1"; fi
}

complains() {
	{ echo "wanted in the error output: $2" && show_run; } >"$scratch/why"
	if grep -qF -e "$2" "$scratch/err"; then result ok "$1"; else result not "$1"; fi
}

json() {
	got=$(jq -c "$2" "$scratch/out" 2>&1) || true
	case $got in \"*\") [ "$3" = "$got" ] || got=$(printf '%s' "$got" | jq -r .) ;; esac
	{ printf 'jq %s\ngot:    %s\nwanted: %s\n' "$2" "$got" "$3" && show_run; } >"$scratch/why"
	if [ "$got" = "$3" ]; then result ok "$1"; else result not "$1"; fi
}
