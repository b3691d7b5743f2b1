#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# listing.py ROOT [--skip PATH]...: one line for everything below ROOT, sorted, so that two trees, or
# one tree before and after, can be compared with diff. Each line holds the path, the type, owner,
# group, mode, extended attributes (ACLs and labels are among them), and for a regular file its
# number of links, modification time in nanoseconds, size and SHA-256; for a link its target; for a
# device its number. Directories' times are not listed: an entry that comes and goes changes them.
import hashlib
import os
import stat
import sys

TYPES = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket", stat.S_IFCHR: "character", stat.S_IFBLK: "block",
}


def digest(path):
    sha = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(1 << 20):
            sha.update(chunk)
    return sha.hexdigest()


def attributes(path):
    names = sorted(os.listxattr(path, follow_symlinks=False))
    return ",".join(f"{name}={os.getxattr(path, name, follow_symlinks=False).hex()}" for name in names)


def line(path, shown):
    st = os.lstat(path)
    kind = stat.S_IFMT(st.st_mode)
    fields = [shown, TYPES[kind], f"{st.st_uid}:{st.st_gid}", f"{st.st_mode & 0o7777:04o}",
              attributes(path) or "-"]
    if kind == stat.S_IFREG:
        fields += [str(st.st_nlink), str(st.st_mtime_ns), str(st.st_size), digest(path)]
    elif kind == stat.S_IFLNK:
        fields.append(repr(os.readlink(path)))
    elif kind in (stat.S_IFCHR, stat.S_IFBLK):
        fields.append(f"{os.major(st.st_rdev)}:{os.minor(st.st_rdev)}")
    return "\t".join(fields)


def walk(root, relative, skip):
    here = os.path.join(root, relative)
    for name in sorted(os.listdir(here)):
        path = os.path.join(relative, name)
        if path in skip:
            continue
        yield line(os.path.join(root, path), repr("/" + path)[1:-1])
        full = os.path.join(root, path)
        if os.path.isdir(full) and not os.path.islink(full):
            yield from walk(root, path, skip)


def listing(root, skip=()):
    """The lines, as a list."""
    skip = {path.strip("/") for path in skip}
    return [line(root, "/")] + list(walk(root, "", skip))


def main(arguments):
    skip = []
    while "--skip" in arguments:
        at = arguments.index("--skip")
        skip.append(arguments[at + 1])
        del arguments[at:at + 2]
    if len(arguments) != 1:
        sys.exit("usage: listing.py ROOT [--skip PATH]...")
    for text in listing(arguments[0], skip):
        print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
