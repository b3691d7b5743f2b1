# SPDX-License-Identifier: Apache-2.0
#
# Libraries. A linked one must be there. One that is opened with dlopen on first use needs only its
# header to build, and can be left out; then the checks that need it say so, and so does --version.

# HARDEN_LIB(VARIABLE, MODULE, DEBIAN-PACKAGE): a library that is linked.
AC_DEFUN([HARDEN_LIB], [
	PKG_CHECK_MODULES([$1], [$2], [], [
		AC_MSG_ERROR([$2 was not found. On Debian or Ubuntu: apt-get install $3])
	])
])

# HARDEN_LATE_LIB(NAME, MODULE, DEBIAN-PACKAGE, WHAT-FOR): a library that is opened on first use.
# Defines HAVE_<NAME>, the conditional of the same name, and --without-<name>.
AC_DEFUN([HARDEN_LATE_LIB], [
	m4_pushdef([UP], m4_toupper([$1]))
	AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1], [leave out $4])], [], [with_$1=yes])
	AS_VAR_IF([with_$1], [no], [harden_left_out="$harden_left_out $1"], [
		PKG_CHECK_MODULES(UP, [$2], [], [
			AC_MSG_ERROR([$2 was not found. On Debian or Ubuntu: apt-get install $3
Or leave it out, and with it $4: --without-$1])
		])
		AC_DEFINE([HAVE_]UP, [1], [Define to 1 to have $4.])
	])
	AM_CONDITIONAL([HAVE_]UP, [test "x$with_$1" != xno])
	m4_popdef([UP])
])

# HARDEN_LATE_HEADER(NAME, HEADER, DEBIAN-PACKAGE, WHAT-FOR): the same for a library that pkg-config
# may not know (jq before 1.7).
AC_DEFUN([HARDEN_LATE_HEADER], [
	m4_pushdef([UP], m4_toupper([$1]))
	AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1], [leave out $4])], [], [with_$1=yes])
	AS_VAR_IF([with_$1], [no], [harden_left_out="$harden_left_out $1"], [
		AC_CHECK_HEADER([$2], [], [
			AC_MSG_ERROR([$2 was not found. On Debian or Ubuntu: apt-get install $3
Or leave it out, and with it $4: --without-$1])
		])
		AC_DEFINE([HAVE_]UP, [1], [Define to 1 to have $4.])
	])
	AM_CONDITIONAL([HAVE_]UP, [test "x$with_$1" != xno])
	m4_popdef([UP])
])
