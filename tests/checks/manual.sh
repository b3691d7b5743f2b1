#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# harden(8) names every verb and every option that the program has, and no other. The program's help
# comes from the tables that drive it.
. "$top_srcdir/tests/lib/tap.sh"

run --help
exits "the program lists its verbs" 0
awk '/^  [a-z]/ { print $1 }' "$scratch/out" | sort -u >"$scratch/verbs"
while read -r verb; do
	"$HARDEN" "$verb" --help
done <"$scratch/verbs" | sed -nE 's/^  --([a-z-]+).*/\1/p' | sort -u >"$scratch/options"

manual=$top_srcdir/man/harden.8
sed -n '/^\.Sh VERBS/,/^\.Sh OPTIONS/s/^\.It Cm \([a-z]*\).*/\1/p' "$manual" | sort -u >"$scratch/manual_verbs"
sed -nE 's/^\.It Fl -([a-z-]+).*/\1/p' "$manual" | sort -u >"$scratch/manual_options"

ok "there are verbs" test -s "$scratch/verbs"
ok "there are options" test -s "$scratch/options"
ok "the manual has the program's verbs" diff "$scratch/verbs" "$scratch/manual_verbs"
ok "the manual has the program's options" diff "$scratch/options" "$scratch/manual_options"
finish
