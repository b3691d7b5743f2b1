#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The main job on real packages: a Debian 12 tree with docker.io, containerd, runc and auditd goes
# in; plan, apply, a second apply that finds nothing, rollback that brings back every byte.
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/trace.sh"

cache=${HARDEN_TEST_CACHE:-$top_builddir/tests/cache}
original=$(sh "$top_srcdir/tests/lib/debian_tree.sh" "$cache" 2>"$scratch/err") ||
	skip_all "$(tail -n 1 "$scratch/err")"
root=$scratch/root
cp -a --reflink=auto "$original" "$root"

list_tree() {
	/usr/bin/python3 "$top_srcdir/tests/lib/listing.py" "$root" --skip var/lib/harden
}

list_tree >"$scratch/before"
ok "the tree has the real programs" test -x "$root/usr/sbin/dockerd" -a -x "$root/usr/bin/containerd"

traced audit --root "$root" --format json
exits "audit: something fails on a host that nobody prepared" 2
json "audit: the schema" '.schema' 'harden.audit/1'
json "audit names 62 controls" '.controls | length' 62
json "audit: ... and leaves out only what needs an engine" '.not_selected | map(select(test("^[1-3]"))) | length' 0
json "audit: ... which are 55" '.not_selected | length' 55
json "audit: every control has an id of its own" '[.controls[].id] | unique | length' 62
json "audit: the summary counts them all" '[.summary[]] | add' 62
json "audit: every verdict has evidence" '[.controls[] | select(.evidence == []) | .id]' '[]'
json "audit: no verdict is an error" '[.controls[] | select(.status == "error") | .id]' '[]'
json "audit: every failure names a finding" \
	'[.controls[] | select(.status == "fail" and .findings == []) | .id]' '[]'
json "audit: no kernel rule watches dockerd" '.controls[] | select(.id == "1.1.3") | .status' fail
ok "audit makes no changing call" no_changing_calls

traced plan --root "$root" --format json
exits "plan: there is something to do" 2
json "plan: the schema" '.schema' 'harden.plan/1'
json "plan: changes are listed" '.summary.changes > 0 and .summary.changes == (.changes | length)' true
json "plan: rules of our own, and a daemon.json" \
	'[.changes[].resource | select(startswith("/etc/audit/rules.d/") or . == "/etc/docker/daemon.json")] | length' 2
jq -r '[.changes[].controls[]] | unique | .[]' "$scratch/out" >"$scratch/promised"
jq -c 'del(.started, .elapsed_ms)' "$scratch/out" >"$scratch/plan1"
ok "plan makes no changing call" no_changing_calls
run plan --root "$root" --format json
jq -c 'del(.started, .elapsed_ms)' "$scratch/out" >"$scratch/plan2"
ok "plan: the same host gives the same plan" cmp "$scratch/plan1" "$scratch/plan2"
run plan --root "$root"
exits "plan: the same as text" 2
says "plan: a diff" '+++ '
list_tree >"$scratch/now"
ok "plan and audit changed nothing" diff "$scratch/before" "$scratch/now"

run apply --root "$root"
exits "apply: without a terminal it needs --yes" 64
list_tree >"$scratch/now"
ok "apply: ... and changed nothing" diff "$scratch/before" "$scratch/now"
ok "apply: ... not even its state directory" test ! -e "$root/var/lib/harden"

traced apply --yes --root "$root" --format json
exits "apply: done" 0
json "apply: the result" '.result' applied
json "apply: nothing waits below --root" '.pending' '[]'
run_id=$(jq -r .run "$scratch/out")
not_ok "apply: the trace shows what it changed" no_changing_calls
list_tree >"$scratch/after"
not_ok "apply changed the tree" cmp -s "$scratch/before" "$scratch/after"

run plan --root "$root" --format json
exits "plan after apply: nothing to do" 0
json "plan after apply: no change" '.summary.changes' 0
run audit --root "$root" --format json
json "audit after apply: no error" '.summary.error' 0
jq -r '.controls[] | select(.status == "pass") | .id' "$scratch/out" | sort >"$scratch/passed"
ok "audit after apply: what was promised passes" sh -c \
	'sort "$1/promised" | comm -23 - "$1/passed" | { ! grep .; }' sh "$scratch"

traced apply --yes --root "$root" --format json
exits "second apply: nothing to do" 0
json "second apply: the result" '.result' nothing
json "second apply: no run is recorded" '.run' null
ok "second apply: no changing call" no_changing_calls
list_tree >"$scratch/now"
ok "second apply changed nothing" diff "$scratch/after" "$scratch/now"

run history --root "$root"
exits "history: one run" 0
says "history names it" "$run_id"
run backup verify --root "$root"
exits "backup verify: the originals are whole" 0

run rollback --dry-run --root "$root"
list_tree >"$scratch/now"
ok "rollback --dry-run changed nothing" diff "$scratch/after" "$scratch/now"
run rollback --yes --root "$root"
exits "rollback: undone" 0
list_tree >"$scratch/now"
ok "rollback: every byte, owner, mode, attribute and time is as before" \
	diff "$scratch/before" "$scratch/now"
run rollback --yes --root "$root"
exits "rollback again: nothing to undo" 0
run plan --root "$root" --format json
exits "plan after rollback: as at first" 2
jq -c 'del(.started, .elapsed_ms)' "$scratch/out" >"$scratch/plan2"
ok "plan after rollback: the same plan" cmp "$scratch/plan1" "$scratch/plan2"
finish
