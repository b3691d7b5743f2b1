#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# make install: the program, its recipes, templates and manuals below the prefix, and that the
# program finds them there, wherever the prefix is moved. (The unit: recover_unit.sh.)
. "$top_srcdir/tests/lib/tap.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL

p=$scratch/prefix
ok "make install" make -s -C "$top_builddir" install prefix="$p" systemdsystemunitdir=
(cd "$p" && find . -type f | sort) >"$scratch/installed"

installed() {
	grep -qx "./$1" "$scratch/installed" || { cat "$scratch/installed" && false; }
}

for file in bin/harden share/harden/recipes/cis-docker-1.6.0.yaml \
	share/harden/recipes/linux-base.yaml share/harden/recipes/recipe.schema.json \
	share/man/man8/harden.8; do
	ok "it installs $file" installed "$file"
done
(cd "$top_srcdir" && find templates -type f ! -name '*.am') | while read -r file; do
	grep -qx "./share/harden/$file" "$scratch/installed" || echo "$file"
done >"$scratch/left_out"
is "it installs every template" "$(cat "$scratch/left_out")" ""
is "it installs nothing elsewhere" "$(grep -vE '^\./(bin/harden$|share/(harden|man|doc)/)' "$scratch/installed")" ""

mv "$p" "$scratch/moved"
HARDEN=$scratch/moved/bin/harden
run --version
exits "the installed program runs" 0
says "it names its version" "harden "
mkdir -p "$scratch/root/etc"
run explain 2.2 --root "$scratch/root"
exits "it finds its recipes beside itself" 0
rm "$scratch/moved/share/harden/recipes/cis-docker-1.6.0.yaml"
run explain 2.2 --root "$scratch/root"
exits "without its recipes it says so" 1
complains "it names the file it looked for" "cis-docker-1.6.0.yaml"

ok "make uninstall" make -s -C "$top_builddir" uninstall prefix="$scratch/moved" systemdsystemunitdir=
is "it leaves no file behind" "$(find "$scratch/moved" -type f)" ""
finish
