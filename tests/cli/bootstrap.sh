#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# ./bootstrap in a tree without .git: builds and runs the program, speaks only on standard error,
# does nothing a second time, and says what to install where it cannot.
. "$top_srcdir/tests/lib/tap.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL

ok "make distdir" make -s -C "$top_builddir" distdir distdir="$scratch/tree"
chmod -R u+w "$scratch/tree"
# As a checkout has it: nothing that was generated.
(cd "$scratch/tree" && rm -rf configure Makefile.in aclocal.m4 build-aux config.h.in)
cd "$scratch" || exit 99

mkdir bin
printf '#!/bin/sh\necho "$*" >>%s/apt-calls\nexit 1\n' "$scratch" >bin/apt-get
chmod +x bin/apt-get
with_path=$PATH
PATH=$scratch/bin:$PATH

HARDEN=tree/bootstrap
run --version
exits "it builds and passes the verb on" 0
is "standard output is the program's own" "$(head -n 1 out)" "harden $(sed -n 's/^AC_INIT(\[harden\], \[\([^]]*\)\].*/\1/p' tree/configure.ac)"
complains "it says what it does" "bootstrap: configuring build/"
ok "it leaves ./configure in the top folder" test -x tree/configure
ok "it asks apt for nothing where all is there" test ! -e apt-calls

touch marker
run --version
exits "a second call works" 0
is "a second call says nothing" "$(cat err)" ""
is "a second call makes nothing" "$(find tree -newer marker -type f ! -name '*.log')" ""
run
exits "without a verb it builds" 0
complains "it names the program" "/tree/build/harden/harden"
printf 'controls: [\n' >broken.yaml
run lint broken.yaml
exits "the program's exit status comes through" 1
says "relative paths are the caller's" "broken.yaml:"

# A library that pkg-config does not know.
printf '#!/bin/sh\ncase "$*" in *jansson*) exit 1 ;; esac\nexec %s "$@"\n' "$(command -v pkg-config)" \
	>bin/pkg-config
chmod +x bin/pkg-config
rm -rf tree/build
run --version
exits "where apt fails it stops" 1
if [ "$(id -u)" -eq 0 ]; then
	ok "it asked apt for the missing package only" grep -qx -- '-y -q --no-install-recommends install libjansson-dev *' apt-calls
else
	complains "it names the command to give as root" "apt-get install libjansson-dev"
fi

# Another distribution: everything but apt.
mkdir other
for tool in /usr/bin/* /bin/*; do
	[ -e "other/${tool##*/}" ] || ln -s "$tool" other/
done
rm -f other/apt-get other/pkg-config
cp bin/pkg-config other/
# shellcheck disable=SC2123 # that PATH is meant
PATH=$scratch/other
run --version
exits "elsewhere, without the library, it stops" 1
complains "it lists what to install" "jansson-devel"
ln -sf "$(PATH=$with_path command -v pkg-config)" other/pkg-config
run --version
exits "elsewhere, with the library, it goes on" 0
finish
