#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The checks can fail: each is run over a small tree that breaks its rule, and must name the place.
. "$top_srcdir/tests/lib/tap.sh"

checks=$top_srcdir/tests/checks
tree=$scratch/tree

# A tree that keeps all rules.
fresh_tree() {
	rm -rf "$tree"
	mkdir -p "$tree/tests/lib" "$tree/tests/runner" "$tree/harden/base" "$tree/harden/text" \
		"$tree/harden/model" "$tree/harden/host" "$tree/backup" "$tree/man"
	cp "$top_srcdir/tests/lib/tap.sh" "$tree/tests/lib/"
	cp "$top_srcdir/.clang-format" "$tree/"
	put harden/base/a.h '#pragma once' 'int a(void);'
	put harden/base/a.c '#include "harden/base/a.h"' '' 'int a(void)' '{' '	return 1;' '}'
	put backup/b.c '#include "harden/base/a.h"' '' 'int b(void);' 'int b(void)' '{' \
		'	return a();' '}'
}

# put FILE LINE...: a source file below the tree, with its licence line
put() {
	file=$tree/$1
	shift
	{ echo '// SPDX-License-Identifier: Apache-2.0' && printf '%s\n' "$@"; } >"$file"
}

compile() {
	(cd "$tree" && find harden backup -name '*.c' -exec sh -c \
		'for f; do ${CC:-cc} -w -I. -c "$f" -o "${f%.c}.o" || exit 1; done' sh {} +)
}

check() {
	compile >/dev/null 2>&1
	top_srcdir=$tree top_builddir=$tree sh "$checks/$1.sh" >"$scratch/out" 2>"$scratch/err"
	status=$?
}

# breaks CHECK WHAT TEXT: the check fails on the tree and names the place
breaks() {
	check "$1"
	{ cat "$scratch/out" "$scratch/err"; } >"$scratch/why"
	if [ "$status" -ne 0 ] && grep -qF -e "$3" "$scratch/out"; then
		result ok "$1: $2"
	else
		result not "$1: $2"
	fi
}

keeps() {
	check "$1"
	exits "$1: passes a tree that keeps the rules" 0
}

fresh_tree
for name in includes symbols source format; do keeps "$name"; done

fresh_tree && put harden/base/a.c '#include "harden/base/a.h"' '#include "harden/text/t.h"'
breaks includes "an include that points upwards" "harden/base/a.c:3: floor base may not include floor text"
fresh_tree && put harden/host/look_x.c '#include "harden/host/change_x.h"'
breaks includes "a looker that includes a writer" "floor look may not include floor change"
fresh_tree && put harden/model/m.c '#include <jansson.h>'
breaks includes "a library on the wrong floor" "<jansson.h> has no place on floor model"
fresh_tree && put harden/base/c.c '#include "a.h"'
breaks includes "an include that is not from the top" '"a.h" does not name a file from the top folder'

# sample FILE STATEMENT: a function with this statement
sample() {
	fresh_tree
	put "$1" '#define _GNU_SOURCE' '#include <fcntl.h>' '#include <stdio.h>' '#include <stdlib.h>' \
		'#include <string.h>' '#include <unistd.h>' 'char *x(char *p)' '{' "	$2" '	return p;' '}'
}
sample backup/x.c '(void)rename(p, p);'
breaks symbols "a rename outside the writers" "backup/x.o refers to rename"
sample harden/host/look_x.c '(void)fchmodat(3, p, 0600, 0);'
breaks symbols "a looker that changes a mode" "harden/host/look_x.o refers to fchmodat"
sample harden/text/x.c '(void)fopen(p, "r");'
breaks symbols "a codec that opens a file" "harden/text/x.o refers to fopen"
sample harden/model/x.c 'return getenv(p);'
breaks symbols "an environment read below the cli" "harden/model/x.o refers to getenv"
sample harden/base/x.c '(void)sprintf(p, "%d", atoi(p));'
breaks symbols "a banned function" "harden/base/x.o refers to sprintf"
breaks source "a banned function in the source" "harden/base/x.c:10:	(void)sprintf"
sample harden/host/look_x.c '(void)openat(3, p, O_RDWR);'
breaks symbols "a looker that opens to write" "O_RDWR"
sample harden/host/change_x.c '(void)rename(p, p);' && check symbols
exits "symbols: a writer may rename" 0

fresh_tree && put harden/base/long.h "$(yes '//' | head -n 500)"
breaks source "a file of 501 lines" "harden/base/long.h: 501 lines"
fresh_tree && echo 'int c;' >"$tree/harden/base/c.h"
breaks source "a file without a licence" "harden/base/c.h"
fresh_tree && put harden/base/c.h "// see /wo""rk/main"
breaks source "a machine's folder" "harden/base/c.h:2:"
fresh_tree && put harden/base/a.c '#include "harden/base/b.h"'
breaks source "another header first" "harden/base/a.c begins with"

# drives WHAT MUST WANT LINE...: what the driver makes of a test that prints these lines
drives() {
	what=$1 must=$2 want=$3
	shift 3
	printf '%s\n' "$@" >"$scratch/tap"
	HARDEN_MUST_WORK=$must sh "$top_srcdir/tests/runner/driver" --test-name x --log-file "$scratch/x.log" \
		--trs-file "$scratch/x.trs" -- cat "$scratch/tap" >/dev/null 2>&1
	is "driver: $what" "$(sed -n 's/^:global-test-result: //p' "$scratch/x.trs")" "$want"
}
drives "a case that passes" 1 PASS '1..1' 'ok 1 - x'
drives "a skipped test is one on a user's machine" 0 SKIP '1..0 # SKIP no dockerd'
drives "a skipped test is a failure in CI" 1 FAIL '1..0 # SKIP no dockerd'
drives "a skipped case is a failure in CI" 1 FAIL '1..2' 'ok 1 - x' 'ok 2 - y # SKIP no dockerd'
drives "a case that is missing from the plan is a failure" 0 FAIL '1..2' 'ok 1 - x'
drives "no case at all is a failure" 0 FAIL '1..0'

if command -v clang-format >/dev/null; then
	fresh_tree && put harden/base/c.h 'int  c( void );'
	breaks format "a line that is not formatted" "harden/base/c.h:2:4: error"
fi
if command -v shellcheck >/dev/null; then
	fresh_tree && printf '#!/bin/sh\necho $%s\n' 1 >"$tree/tests/x.sh"
	breaks format "an unquoted variable" "SC2086"
fi
if command -v mandoc >/dev/null; then
	fresh_tree && printf '.Dd no date\n.Dt X 8\n.Os\n.Sh NAME\n.Xx\n' >"$tree/man/x.8"
	breaks format "an unknown macro in a manual" "man/x.8"
fi
finish
