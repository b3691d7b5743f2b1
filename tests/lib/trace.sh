# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# What a run changes, seen from outside. traced ARG... is run ARG... below strace; afterwards
# changing_calls prints every system call that creates, changes or removes a file, failed ones too,
# and every opening of a file for writing. Locks and standard output are none of these, nor
# the counts that a coverage build leaves.

# shellcheck disable=SC2034 # status is for exits
traced() {
	status=0
	# The leak detector is a tracer itself.
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -qq -s 200 -o "$scratch/trace" "$HARDEN" "$@" >"$scratch/out" 2>"$scratch/err" \
		</dev/null || status=$?
}

# syscall_0x1c4 is fchmodat2, which an older strace does not name.
changing_calls() {
	grep -E '^[0-9]+ +(creat|rename|renameat|renameat2|unlink|unlinkat|rmdir|mkdir|mkdirat|mknod|mknodat|link|linkat|symlink|symlinkat|chmod|fchmod|fchmodat|fchmodat2|syscall_0x1c4|chown|lchown|fchown|fchownat|setxattr|lsetxattr|fsetxattr|removexattr|lremovexattr|fremovexattr|utime|utimes|futimesat|utimensat|truncate|ftruncate|fallocate|copy_file_range|sendfile|mount|umount2|kill|execveat)\(|^[0-9]+ +(open|openat|openat2)\(.*O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)' \
		"$scratch/trace" | grep -vE '"/dev/null", O_RDWR\)|\.gcda", O_RDWR'
}

no_changing_calls() {
	[ -s "$scratch/trace" ] && ! changing_calls
}
