# SPDX-License-Identifier: Apache-2.0
#
# Probes of single compiler and linker flags. gcc and clang each know some that the other does not,
# so every flag is tried alone, with -Werror: clang only warns about a flag it does not know.

# HARDEN_TRY_FLAG(VARIABLE, FLAG, [compile|link], [EXTRA])
# Appends FLAG to VARIABLE if the compiler (or the linker) takes it. EXTRA are flags that FLAG needs
# while it is tried.
AC_DEFUN([HARDEN_TRY_FLAG], [
	AS_VAR_PUSHDEF([cache], [harden_cv_$3_$2])
	AC_CACHE_CHECK([whether $CC takes $2], [cache], [
		harden_saved_CFLAGS=$CFLAGS
		harden_saved_LDFLAGS=$LDFLAGS
		CFLAGS="$CFLAGS -Werror $4"
		m4_if([$3], [link], [LDFLAGS="$LDFLAGS $2"], [CFLAGS="$CFLAGS $2"])
		m4_if([$3], [link], [AC_LINK_IFELSE], [AC_COMPILE_IFELSE])(
			[AC_LANG_PROGRAM([[#include <stdlib.h>]], [[return atoi("0");]])],
			[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		CFLAGS=$harden_saved_CFLAGS
		LDFLAGS=$harden_saved_LDFLAGS
	])
	AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
	AS_VAR_POPDEF([cache])
])

# HARDEN_TRY_FLAGS(VARIABLE, FLAGS, [compile|link])
AC_DEFUN([HARDEN_TRY_FLAGS], [m4_foreach_w([flag], [$2], [HARDEN_TRY_FLAG([$1], m4_defn([flag]), [$3])])])

# HARDEN_WARNINGS: sets WARN_CFLAGS. Probed for every build; errors only with --enable-werror.
AC_DEFUN([HARDEN_WARNINGS], [
	WARN_CFLAGS=
	HARDEN_TRY_FLAGS([WARN_CFLAGS], [
		-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
		-Wold-style-definition -Wmissing-declarations -Wredundant-decls
		-Wnested-externs -Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2
		-Wformat-truncation=1 -Wformat-overflow=2 -Wimplicit-fallthrough
		-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wtrampolines
		-Walloca -Warray-bounds=2 -Wstringop-overflow=3 -Wdate-time
		-Wfloat-equal -Wcast-align], [compile])
	# A partly given designated initialiser leaves the rest zero: our tables rely on it.
	HARDEN_TRY_FLAGS([WARN_CFLAGS], [-Wno-missing-field-initializers], [compile])
	AC_SUBST([WARN_CFLAGS])
])

# HARDEN_HARDENING: sets SAFE_CFLAGS, SAFE_CPPFLAGS and SAFE_LDFLAGS. clang 14 lacks some. Not
# -ftrivial-auto-var-init=zero: it clears the read buffers too, a seventh of a plan's instructions.
AC_DEFUN([HARDEN_HARDENING], [
	SAFE_CFLAGS= SAFE_CPPFLAGS= SAFE_LDFLAGS=
	HARDEN_TRY_FLAGS([SAFE_CFLAGS], [
		-fstack-protector-strong -fstack-clash-protection -fcf-protection
		-fno-strict-overflow -fno-delete-null-pointer-checks -fPIE], [compile])
	HARDEN_TRY_FLAGS([SAFE_LDFLAGS], [
		-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed], [link])
	# The sanitizers replace the functions that _FORTIFY_SOURCE checks, and see more.
	AS_VAR_IF([enable_sanitizers], [yes], [], [
		AS_CASE([$CFLAGS], [*-O0*|""], [], [
			HARDEN_TRY_FLAG([SAFE_CPPFLAGS], [-D_FORTIFY_SOURCE=3], [compile], [-O2 -U_FORTIFY_SOURCE])
			AS_VAR_IF([SAFE_CPPFLAGS], [""], [SAFE_CPPFLAGS=" -D_FORTIFY_SOURCE=2"])
			SAFE_CPPFLAGS="-U_FORTIFY_SOURCE$SAFE_CPPFLAGS"
		])
	])
	AC_SUBST([SAFE_CFLAGS])
	AC_SUBST([SAFE_CPPFLAGS])
	AC_SUBST([SAFE_LDFLAGS])
])
