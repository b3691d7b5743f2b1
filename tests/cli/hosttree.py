# SPDX-License-Identifier: Apache-2.0
"""Host trees for tests of the whole program: building them, listing them, running harden on them.

A Tree is a directory that looks like the root of a host. Sockets are real ones, ACLs are written as
the kernel stores them (acl(5), version 2), so no tool has to be installed. Times of regular files
are set to odd values, so that a file whose time does not come back is seen.
"""
import hashlib
import json
import os
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
HARDEN = os.environ.get("HARDEN") or os.path.join(os.getcwd(), "harden", "harden")
NOBODY = 65534
DOCKER_GID = 113
STATE = "var/lib/harden"

UNIT_DIR = "usr/lib/systemd/system"
OUR_RULES = "etc/audit/rules.d/50-harden-docker.rules"

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
alice:x:1000:1000:Alice,,,:/home/alice:/bin/bash
bob:x:1001:1001::/home/bob:/bin/sh
bobby:x:1002:1002::/home/bobby:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = """\
root:x:0:
daemon:x:1:
shadow:x:42:
users:x:100:
docker:x:113:%s
alice:x:1000:
bob:x:1001:
bobby:x:1002:
nogroup:x:65534:
"""
OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'

# Debian's own package reads an environment file, the upstream one does not.
DEBIAN_EXEC = "/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS"
UPSTREAM_EXEC = "/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock"
SERVICE = """\
[Unit]
Description=Docker Application Container Engine
Documentation=https://docs.docker.com
After=network-online.target docker.socket containerd.service
Wants=network-online.target containerd.service
Requires=docker.socket

[Service]
Type=notify
# the site's own remark about the delegate, kept by every edit
%sExecStart=%s
ExecReload=/bin/kill -s HUP $MAINPID
TimeoutSec=0
RestartSec=2
Restart=always
LimitNOFILE=infinity
Delegate=yes
KillMode=process

[Install]
WantedBy=multi-user.target
"""
SOCKET = """\
[Unit]
Description=Docker Socket for the API

[Socket]
ListenStream=%s
SocketMode=%s
SocketUser=root
SocketGroup=docker

[Install]
WantedBy=sockets.target
"""


class Flavour:
    """One way Docker gets onto a host: packages, where the binaries lie, how the unit starts it."""

    def __init__(self, name, version, packages, bindir, exec_start, env_file, shims):
        self.name, self.version, self.packages = name, version, packages
        self.bindir, self.exec_start, self.env_file, self.shims = bindir, exec_start, env_file, shims


FLAVOURS = {
    "20.10": Flavour("debian", "20.10.24",
                     [("docker.io", "20.10.24+dfsg1-1+deb12u1+b3"), ("containerd", "1.6.20~ds1-1+deb12u1"),
                      ("runc", "1.1.5+ds1-1+deb12u1")],
                     "usr/sbin", DEBIAN_EXEC, True,
                     ["containerd-shim", "containerd-shim-runc-v1", "containerd-shim-runc-v2"]),
    "26.1": Flavour("debian", "26.1.5",
                    [("docker.io", "26.1.5+dfsg1-9"), ("containerd", "1.7.24~ds1-6"),
                     ("runc", "1.1.15+ds1-2")],
                    "usr/sbin", DEBIAN_EXEC, True, ["containerd-shim-runc-v2"]),
    "28.5": Flavour("docker-ce", "28.5.2",
                    [("docker-ce", "5:28.5.2-1~debian.12~bookworm"), ("containerd.io", "1.7.28-1~debian.12~bookworm")],
                    "usr/bin", UPSTREAM_EXEC, False, ["containerd-shim-runc-v2"]),
}


def status_entry(name, version):
    return ("Package: %s\nStatus: install ok installed\nPriority: optional\nSection: admin\n"
            "Installed-Size: 1\nMaintainer: Nobody <nobody@example.org>\nArchitecture: amd64\n"
            "Version: %s\nDescription: test\n a package of a test tree\n\n" % (name, version))


def acl_bytes(user_obj, group_obj, other, users=(), groups=(), mask=None):
    """The value of system.posix_acl_access; users and groups are (id, perm) pairs."""
    none = 0xffffffff
    entries = [(0x01, user_obj, none)]
    entries += [(0x02, perm, uid) for uid, perm in sorted(users)]
    entries.append((0x04, group_obj, none))
    entries += [(0x08, perm, gid) for gid, perm in sorted(groups)]
    if users or groups:
        entries.append((0x10, 7 if mask is None else mask, none))
    entries.append((0x20, other, none))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)


class Tree:
    """A host tree below root, which must not exist yet."""

    def __init__(self, root):
        self.root = os.path.realpath(root)
        self.clock = 1600000000123456789
        os.mkdir(root, 0o755)
        os.chmod(root, 0o755)

    def at(self, path):
        """The path on this machine. An absolute link of the tree must not lead out of it."""
        full = os.path.join(self.root, path.lstrip("/"))
        parent = os.path.realpath(os.path.dirname(full))
        if parent != self.root and not parent.startswith(self.root + "/"):
            raise ValueError("%s leads out of the tree, to %s" % (path, parent))
        return full

    def parents(self, path):
        there = self.root
        for name in path.strip("/").split("/")[:-1]:
            there = os.path.join(there, name)
            if not os.path.lexists(there):
                os.mkdir(there)
                os.chmod(there, 0o755)
        self.at(path)

    def own(self, path, mode, uid, gid):
        if os.path.islink(self.at(path)):
            raise ValueError(path + " is a link")
        os.chown(self.at(path), uid, gid)
        os.chmod(self.at(path), mode)

    def dir(self, path, mode=0o755, uid=0, gid=0):
        self.parents(path)
        if not os.path.isdir(self.at(path)):
            os.mkdir(self.at(path))
        self.own(path, mode, uid, gid)
        return path

    def file(self, path, data="", mode=0o644, uid=0, gid=0):
        self.parents(path)
        with open(self.at(path), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        self.own(path, mode, uid, gid)
        self.clock += 1000000007
        os.utime(self.at(path), ns=(self.clock, self.clock))
        return path

    def link(self, path, target):
        self.parents(path)
        os.symlink(target, self.at(path))
        return path

    def socket(self, path, mode=0o660, uid=0, gid=DOCKER_GID):
        self.parents(path)
        parent = os.open(os.path.dirname(self.at(path)), os.O_PATH | os.O_DIRECTORY)
        try:
            # sun_path is short, so the directory is named by its descriptor
            with socket.socket(socket.AF_UNIX) as s:
                s.bind("/proc/self/fd/%d/%s" % (parent, os.path.basename(path)))
        finally:
            os.close(parent)
        self.own(path, mode, uid, gid)
        return path

    def acl(self, path, value, default=False):
        os.setxattr(self.at(path), "system.posix_acl_default" if default else "system.posix_acl_access",
                    value)

    def read(self, path):
        with open(self.at(path), "rb") as f:
            return f.read()

    def text(self, path):
        return self.read(path).decode()

    def mode(self, path):
        return stat.S_IMODE(os.lstat(self.at(path)).st_mode)

    def owner(self, path):
        st = os.lstat(self.at(path))
        return (st.st_uid, st.st_gid)

    def exists(self, path):
        return os.path.lexists(self.at(path))

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)


def base_host(tree, version="26.1", members="", exec_start=None, auditd=True, sockets=True,
              daemon_json=None, listen="/run/docker.sock", socket_mode="0660", env=None):
    """An unprepared host: Docker installed as its package leaves it."""
    flavour = FLAVOURS[version]
    tree.file("etc/passwd", PASSWD)
    tree.file("etc/group", GROUP % members)
    tree.file("etc/os-release", OS_RELEASE)
    tree.file("etc/hostname", "tree\n")
    packages = list(flavour.packages) + ([("auditd", "1:3.0.9-1")] if auditd else [])
    tree.file("var/lib/dpkg/status", "".join(status_entry(*p) for p in packages))
    tree.file(flavour.bindir + "/dockerd", "\x7fELF dockerd", 0o755)
    tree.file("usr/bin/containerd", "\x7fELF containerd", 0o755)
    for shim in flavour.shims:
        tree.file("usr/bin/" + shim, "\x7fELF " + shim, 0o755)
    if flavour.name == "debian":
        tree.file("usr/sbin/runc", "\x7fELF runc", 0o755)
        tree.link("usr/bin/runc", "../sbin/runc")
    else:
        tree.file("usr/bin/runc", "\x7fELF runc", 0o755)
    tree.link("lib", "usr/lib")
    env_line = "EnvironmentFile=-/etc/default/docker\n" if flavour.env_file else ""
    tree.file(UNIT_DIR + "/docker.service", SERVICE % (env_line, exec_start or flavour.exec_start))
    tree.file(UNIT_DIR + "/docker.socket", SOCKET % (listen, socket_mode))
    if flavour.env_file or env is not None:
        tree.file("etc/default/docker", env if env is not None else
                  "# Docker Upstart and SysVinit configuration file\n#DOCKER_OPTS=\"--dns 8.8.8.8\"\n")
    tree.dir("etc/docker")
    tree.file("etc/containerd/config.toml", 'version = 2\n\n[plugins]\n  [plugins."io.containerd.grpc.v1.cri"]\n')
    if daemon_json is not None:
        tree.file("etc/docker/daemon.json", daemon_json)
    if auditd:
        tree.file("usr/sbin/auditctl", "\x7fELF auditctl", 0o755)
        tree.file("usr/sbin/augenrules", "#!/bin/sh\n", 0o755)
        tree.file("usr/sbin/auditd", "\x7fELF auditd", 0o755)
        tree.dir("etc/audit", 0o750)
        tree.dir("etc/audit/rules.d", 0o750)
        tree.file("etc/audit/rules.d/audit.rules", "## First rule - delete all\n-D\n\n-b 8192\n\n-f 1\n", 0o640)
    tree.dir("usr/lib/tmpfiles.d")
    tree.dir("var/lib/docker", 0o710)
    tree.dir("run")
    tree.link("var/run", "/run")
    if sockets:
        tree.socket("run/docker.sock")
        tree.dir("run/containerd", 0o711)
        tree.socket("run/containerd/containerd.sock", 0o660, 0, 0)
    return flavour


def listing(root, with_ctime=False, skip=(STATE,)):
    """Every path below root with all that can be seen of it. Times only of regular files, unless
    ctime is asked for; the state directory and its parents' times are left out."""
    seen = {}

    def walk(directory, prefix):
        with os.scandir(directory) as entries:
            for e in entries:
                path = prefix + e.name
                if path in skip:
                    continue
                st = e.stat(follow_symlinks=False)
                kind = stat.S_IFMT(st.st_mode)
                item = {"kind": kind, "mode": stat.S_IMODE(st.st_mode), "owner": (st.st_uid, st.st_gid),
                        "xattrs": {n: os.getxattr(e.path, n, follow_symlinks=False)
                                   for n in os.listxattr(e.path, follow_symlinks=False)}}
                if kind == stat.S_IFREG:
                    item["mtime"] = st.st_mtime_ns
                    if st.st_size > 1 << 20:
                        with open(e.path, "rb") as f:
                            item["data"] = hashlib.sha256(f.read()).digest()
                    else:
                        with open(e.path, "rb") as f:
                            item["data"] = f.read()
                elif kind == stat.S_IFLNK:
                    item["target"] = os.readlink(e.path)
                if with_ctime:
                    item["ctime"] = st.st_ctime_ns
                    item["ino"] = st.st_ino
                seen[path] = item
                if kind == stat.S_IFDIR:
                    walk(e.path, path + "/")

    walk(root, "")
    return seen


def difference(before, after):
    """What differs between two listings, one line each, the first few; empty when they are equal."""
    lines = []
    for path in sorted(set(before) | set(after)):
        if path not in after:
            lines.append("%s is gone" % path)
        elif path not in before:
            lines.append("%s is new" % path)
        else:
            for what in before[path]:
                if before[path][what] != after[path].get(what):
                    lines.append("%s: %s was %r, is %r" %
                                 (path, what, before[path][what], after[path].get(what)))
    return lines[:8]


class Result:
    def __init__(self, code, out, err, words):
        self.code, self.out, self.err, self.words = code, out, err, words

    @property
    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return "%s\nexit %s\nstdout: %s\nstderr: %s" % (" ".join(self.words), self.code,
                                                        self.out[-1500:], self.err[-1500:])


def harden(*words, env=None, cwd=None, preexec=None, stdin=subprocess.DEVNULL, timeout=120, program=None):
    """Runs the program, or a copy of it; its output is text, with what is not UTF-8 shown as escapes."""
    command = [program or HARDEN] + [str(w) for w in words]
    environment = dict(os.environ if env is None else env)
    p = subprocess.run(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
                       env=environment, preexec_fn=preexec, close_fds=preexec is not None, timeout=timeout)
    return Result(p.returncode, p.stdout.decode("utf-8", "backslashreplace"),
                  p.stderr.decode("utf-8", "backslashreplace"), command)


def expect(condition, *why):
    if not condition:
        raise AssertionError(" ".join(str(w) for w in why))


def same(got, wanted, *why):
    if got != wanted:
        raise AssertionError("%s: expected %r, got %r" % (" ".join(str(w) for w in why) or "value",
                                                          wanted, got))


def unchanged(before, after, why=""):
    lines = difference(before, after)
    if lines:
        raise AssertionError("%s changed the tree: %s" % (why, "; ".join(lines)))


def work_directory():
    """Below the build tree, so that nothing depends on what /tmp is. Removed by the caller."""
    return tempfile.mkdtemp(prefix="trees.", dir=os.environ.get("HARDEN_TEST_DIR") or os.getcwd())


def skip_all(why):
    """Ends a test that cannot run on this machine; with HARDEN_MUST_WORK=1 its driver makes that a failure."""
    print("1..0 # SKIP " + why)
    sys.exit(77)


class Cases:
    """Named test functions, run in order of definition, each on a fresh tree."""

    def __init__(self):
        self.cases = []

    def add(self, name, function):
        self.cases.append((name, function))

    def __call__(self, name):
        def remember(function):
            self.add(name, function)
            return function
        return remember

    def chosen(self):
        """The numbers of cases that words on the command line select by a part of the name."""
        wanted = sys.argv[1:]
        return [n for n, c in enumerate(self.cases) if not wanted or any(w in c[0] for w in wanted)]

    def main(self):
        """TAP on standard output; words on the command line select cases."""
        if not os.access(HARDEN, os.X_OK):
            print("Bail out! no program at %s: set HARDEN" % HARDEN)
            return 1
        if os.geteuid() != 0:
            print("Bail out! these trees need root: owners and ACLs are part of them")
            return 1
        os.umask(0o022)
        chosen = [self.cases[n] for n in self.chosen()]
        work, failed = work_directory(), 0
        print("1..%d" % len(chosen))
        try:
            for number, (name, function) in enumerate(chosen, 1):
                tree = Tree(os.path.join(work, "t%d" % number))
                why = ""
                try:
                    function(tree)
                except AssertionError as e:
                    why = str(e) or "assertion failed\n" + traceback.format_exc()
                except Exception:
                    why = traceback.format_exc()
                print("%sok %d - %s" % ("not " if why else "", number, name))
                for line in why.splitlines():
                    print("# " + line)
                sys.stdout.flush()
                failed += bool(why)
                tree.remove()
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return 1 if failed else 0


def control(document, number):
    """The entry of one control in an audit document."""
    for c in document["controls"]:
        if c["id"] == number:
            return c
    raise AssertionError("control %s is not in the audit" % number)


def audit(tree, number, *words):
    """The verdict of one control on a tree."""
    r = harden("audit", "--root", tree.root, "--format", "json", *words)
    expect(r.code in (0, 1, 2), r)
    return control(r.json, number)


def status(tree, number, *words):
    return audit(tree, number, *words)["status"]


def plan(tree, *words):
    r = harden("plan", "--root", tree.root, "--format", "json", *words)
    expect(r.code in (0, 2), r)
    return r.json


def listed(doc):
    """Ids of the controls that a plan gives a reason for: consent, blocked, by hand, waived."""
    ids = set(doc["waived"])
    for entry in doc["blocked"] + doc["by_hand"] + doc["needs_consent"]:
        ids |= set(entry["controls"])
    return ids


def waiting(doc):
    """Ids of the controls that wait for consent."""
    return {i for entry in doc["needs_consent"] for i in entry["controls"]}


def apply(tree, *words, code=0):
    r = harden("apply", "--root", tree.root, "--yes", "--format", "json", *words)
    same(r.code, code, str(r))
    return r.json
