# SPDX-License-Identifier: Apache-2.0
#
# HARDEN_UNIT_DIR: where units of packages go, in systemdsystemunitdir; empty: they are not
# installed. By itself only a system-wide installation (--prefix=/usr) puts files outside its prefix.
AC_DEFUN([HARDEN_UNIT_DIR], [
	AC_ARG_WITH([systemdsystemunitdir],
		[AS_HELP_STRING([--with-systemdsystemunitdir@<:@=DIR@:>@],
			[install harden-recover.service there; without DIR, and by itself with --prefix=/usr:
			 where systemd keeps units of packages])],
		[], [AS_VAR_IF([prefix], [/usr], [with_systemdsystemunitdir=auto], [with_systemdsystemunitdir=no])])
	AS_CASE([$with_systemdsystemunitdir],
		[no], [systemdsystemunitdir=],
		[yes|auto], [
			systemdsystemunitdir=`$PKG_CONFIG --variable=systemdsystemunitdir systemd 2>/dev/null`
			AS_IF([test "x$with_systemdsystemunitdir$systemdsystemunitdir" = xyes],
				[AC_MSG_ERROR([pkg-config does not know systemd. Name the folder: --with-systemdsystemunitdir=DIR])])
		],
		[systemdsystemunitdir=$with_systemdsystemunitdir])
	AC_SUBST([systemdsystemunitdir])
])
