#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the objects refer to. A header of ours is not needed to call rename(2), so that only the
# writers change a host is read from the symbols: each group of functions below has the objects
# that may refer to it, all others may not.
. "$top_srcdir/tests/lib/tap.sh"

# Changes files, processes or the kernel.
cat >"$scratch/changes" <<'END'
rename renameat renameat2 unlink unlinkat remove rmdir link linkat symlink symlinkat
mkdir mkdirat mknod mknodat mkfifo mkfifoat creat mkstemp mkostemp mkstemps mkdtemp tmpfile
chmod fchmod fchmodat lchmod chown fchown lchown fchownat
setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr acl_set_fd acl_set_file
utime utimes lutimes futimes futimesat utimensat futimens
truncate ftruncate fallocate posix_fallocate copy_file_range sendfile
mount umount umount2 move_mount open_tree fsopen chroot pivot_root unshare setns
killpg tgkill pidfd_send_signal ptrace reboot
execl execle execlp execv execve execvp execvpe fexecve execveat
posix_spawnp fork vfork clone daemon
audit_add_rule_data audit_delete_rule_data audit_set_enabled audit_set_pid audit_send
syscall
END
may_change='harden/host/change_|harden/host/output|harden/base/log'

# Starts a program by its absolute path, or ends one. look_command asks programs of the host that only
# show something (systemctl show), and kills such a child of its own when the time is over.
echo 'posix_spawn kill' >"$scratch/starts"
may_start="$may_change|harden/host/look_command\."

# Opens a file. The cli reads recipes, and puts /dev/null where a standard descriptor is closed.
echo 'open openat openat2 fopen freopen fdopen opendir fdopendir scandir scandirat ftw nftw glob' \
	>"$scratch/opens"
may_open='harden/host/look_|harden/host/host|harden/host/change_|harden/host/output|harden/cli/inputs|harden/cli/cli\.'

# Loads code.
echo 'dlopen dlmopen' >"$scratch/loads"
may_load='harden/base/library'

# Nobody: no bounds, no thread safety, a shell, or a check that a later step does not keep.
cat >"$scratch/banned" <<'END'
strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets strtok strtok_r
system popen atoi atol atoll atof access faccessat euidaccess eaccess
tmpnam tempnam mktemp setjmp longjmp alloca abort
aug_save aug_load
END
may_ban='never'
echo 'getenv secure_getenv' >"$scratch/environment"
may_environment='harden/cli/'

cd "$top_builddir" || exit 99
# object, symbol; __open_2, __sprintf_chk and open64 are open, sprintf and open.
find harden backup -name '*.o' | sort | while read -r object; do
	nm -u "$object" | awk -v object="$object" '$1 == "U" {
		name = $2
		sub(/@.*/, "", name)
		if (name ~ /^__.*(_chk|_2)$/) { sub(/^__/, "", name); sub(/(_chk|_2)$/, "", name) }
		sub(/^__isoc99_/, "", name)
		sub(/64$/, "", name)
		print object, name
	}'
done >"$scratch/symbols"

# outsiders GROUP ALLOWED: references to a function of the group from other objects
outsiders() {
	tr ' ' '\n' <"$scratch/$1" | awk -v allowed="^($2)" '
	NR == FNR { if ($1 != "") group[$1] = 1; next }
	($2 in group) && $1 !~ allowed { print $1 " refers to " $2 }' - "$scratch/symbols"
}

ok "there are objects to look at" test -s "$scratch/symbols"
is "only the writers refer to what changes a host" "$(outsiders changes "$may_change")" ""
is "only the writers and one looker start programs" "$(outsiders starts "$may_start")" ""
is "only the lookers and writers open files" "$(outsiders opens "$may_open")" ""
is "only the modules of costly libraries load code" "$(outsiders loads "$may_load")" ""
is "only the cli reads the environment" "$(outsiders environment "$may_environment")" ""
is "nobody refers to a banned function" "$(outsiders banned "$may_ban")" ""

# An opener that may only read says so in its flags.
write_flags() {
	cd "$top_srcdir" || exit 99
	find harden/host harden/cli -name '*.c' ! -name 'change_*' ! -name 'output*' ! -path '*/cli/cli.c' \
		-exec grep -nE '\<(O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE)\>' {} +
}
is "who looks opens to read only" "$(write_flags)" ""
finish
