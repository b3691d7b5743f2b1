#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What can be seen in the text of the sources: length, licence lines, banned constructs, and that
# nothing names a folder of the machine it was written on.
. "$top_srcdir/tests/lib/tap.sh"
cd "$top_srcdir" || exit 99

# Everything that is ours; not what is built in place.
sources() {
	find harden backup tests bench tools recipes templates systemd man m4 \
		configure.ac Makefile.am README.md bootstrap .ci .clang-format .clang-tidy \
		.editorconfig .gitignore \
		-type f ! -name '*.o' ! -name '*.a' ! -name '*.log' ! -name '*.trs' ! -name '*.gc??' \
		! -name '.dirstamp' ! -path '*/.deps/*' ! -path 'tests/data/*' ! -path 'tests/tmp/*' \
		! -path 'tests/cache/*' ! -name '*.schema.json' ! -perm -u=x -print 2>/dev/null
	find bootstrap .ci tests -type f -name '*.sh' -print 2>/dev/null
	find bootstrap .ci/run tests/runner -type f 2>/dev/null
}
sources | grep -v '^tests/tmp/' | sort -u >"$scratch/all"
grep '\.[ch]$' "$scratch/all" >"$scratch/c"

too_long() {
	xargs wc -l <"$scratch/c" | awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }'
}

no_licence() {
	grep -vE '(\.json|\.tsv|\.net|\.conf|\.md|/\.dirstamp|^bench/RESULTS)$' "$scratch/all" |
		while read -r file; do
			head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2\.0' ||
				echo "$file"
		done
}

# Spelled in pieces: this file is one of those searched.
machine_paths() {
	xargs grep -nE "(^|[^[:alnum:]_.-])/(wo""rk|tmp/""w)/" <"$scratch/all"
}

# Comments are taken out first, so that a word may be written about.
banned_constructs() {
	while read -r file; do
		sed -E 's,//.*,,; s,/\*.*\*/,,; /^[[:space:]]*\*/d; s,"([^"\\]|\\.)*","",g' "$file" |
			grep -nE '\<(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|strtok|system|popen|atoi|atol|alloca|aug_save|aug_load|access) *\(' |
			sed "s,^,$file:,"
	done <"$scratch/product"
}
grep -E '^(harden|backup)/' "$scratch/c" >"$scratch/product"

no_own_header_first() {
	grep -E '\.c$' "$scratch/product" | while read -r file; do
		[ -e "${file%.c}.h" ] || continue
		first=$(grep -m1 '^#include "harden\|^#include "backup' "$file")
		[ "$first" = "#include \"${file%.c}.h\"" ] || echo "$file begins with ${first:-no include}"
	done
}

ok "there are sources to look at" test -s "$scratch/c"
is "no source file has more than 500 lines" "$(too_long)" ""
is "every file names its licence" "$(no_licence)" ""
is "no file names a folder of one machine" "$(machine_paths)" ""
is "no banned function is called" "$(banned_constructs)" ""
is "every source includes its own header first" "$(no_own_header_first)" ""
finish
