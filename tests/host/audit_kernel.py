#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Audit rules of the real kernel: what is loaded, loading what is written, and never from elsewhere.

The kernel has one list of rules for the whole machine. So the test runs only where none is loaded,
one of these at a time, leaves none, and puts the switches back. A mark in the lock file tells the
next one whose rules they are if it was killed. -e 2, which only a reboot undoes, is never set. The
files are private: a mount namespace with an /etc/audit, a /run and a state directory of its own.
"""
import ctypes
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "cli"))
import hosttree as h  # noqa: E402

LOADER = os.path.join(os.environ.get("top_builddir") or os.getcwd(), "tests", "host", "audit_load")
RULES = "/etc/audit/rules.d/"
OURS = RULES + "50-harden-docker.rules"
HEADER = "\n# Written by harden. Rules of your own belong in another file.\n"
AUGENRULES = os.path.realpath("/sbin/augenrules")
LOCK = "/run/lock/harden-test-audit"
CAP_AUDIT_CONTROL = 30
RECIPE = """\
benchmark: audit-kernel
version: 1
title: Rules of one test
controls:
  - {id: 1, key: test.watch, title: It is watched, level: 1, type: automated, why: It matters., impact: None.,
     ensure: [{audit-rule: {path: %s, perm: wa}}]}
"""

case = h.Cases()


def run(*words, ok=True):
    p = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ok and p.returncode:
        raise AssertionError("%s: %s" % (" ".join(words), p.stdout))
    return p.stdout


def auditctl(*words, ok=True):
    return run("/sbin/auditctl", *words, ok=ok)


def loaded():
    """The kernel's list as text: only to compare one with another."""
    return [line for line in auditctl("-l").splitlines() if line != "No rules"]


def state():
    return dict(line.split()[:2] for line in auditctl("-s").splitlines())


def write(path, text, mode=0o640):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


def load(*words):
    """What audit_load said, each word with its texts."""
    said = {"missing": [], "dropped": []}
    for line in run(LOADER, *words, ok=False).splitlines():
        word, text = line.split(" ", 1)
        if word in ("missing", "dropped"):
            said[word].append(text)
        else:
            said[word] = text
    return said


class Host:
    """A fresh kernel list, and files below a directory of this case."""

    def __init__(self, tree):
        auditctl("-D")
        auditctl("-e", "1")
        shutil.rmtree(RULES)
        for name in os.listdir("/var/lib/harden"):
            shutil.rmtree("/var/lib/harden/" + name)
        self.dir = tree.root
        self.file = os.path.join(tree.root, "file")
        self.sub = os.path.join(tree.root, "dir")
        write(self.file, "x\n")
        os.mkdir(self.sub)
        write(RULES + "audit.rules", "-D\n-b 8192\n-f 1\n")
        self.watch(self.file)

    def watch(self, path):
        self.recipe = os.path.join(self.dir, "recipe.yaml")
        write(self.recipe, RECIPE % path, 0o644)

    def harden(self, verb, *words, live=True, **more):
        return h.harden(verb, *(["--live"] if live else []), "--recipe", self.recipe, *words, **more)

    def audit(self, **more):
        return self.harden("audit", "--format", "json", **more).json["controls"][0]

    def write_ours(self, *lines):
        write(OURS, HEADER + "".join(line + "\n" for line in lines))


def ours(path, kind="path"):
    return "-a always,exit -S all -F %s=%s -F perm=wa -k docker" % (kind, path)


def messages(control, part="loaded"):
    return [f["message"] for f in control["findings"] if f["part"] == part]


def says(control, text):
    h.expect(any(text in m for m in messages(control)), text, "is not in", control["findings"])


@case("each spelling of a rule is read as what it is")
def _(tree):
    host = Host(tree)
    absent = host.sub + "/absent"
    link = os.path.join(host.dir, "link")
    os.symlink(host.sub, link)
    always = "-a always,exit -S all -F "
    table = [
        (["-w", host.file, "-p", "wa", "-k", "docker"], always + "path=%s -F perm=wa -k docker" % host.file),
        (["-w", host.file, "-k", "docker"], always + "path=%s -F perm=rwxa -k docker" % host.file),
        (["-w", host.file, "-p", "awxr"], always + "path=%s -F perm=rwxa" % host.file),
        (["-w", host.sub, "-p", "wa"], always + "dir=%s -F perm=wa" % host.sub),
        (["-w", host.sub + "/", "-p", "wa"], always + "dir=%s -F perm=wa" % host.sub),
        (["-w", absent, "-p", "wa"], always + "path=%s -F perm=wa" % absent),
        (["-a", "exit,always", "-F", "path=" + host.file, "-F", "perm=war", "-k", "docker"],
         always + "path=%s -F perm=rwa -k docker" % host.file),
        (["-a", "always,exit", "-S", "all", "-F", "path=" + host.file, "-F", "perm=wa", "-F", "key=docker"],
         always + "path=%s -F perm=wa -k docker" % host.file),
        (["-a", "always,exit", "-F", "dir=%s/" % host.sub, "-F", "perm=wa"], always + "dir=%s/ -F perm=wa" % host.sub),
        (["-a", "always,exit", "-F", "dir=" + host.file, "-F", "perm=wa"], always + "dir=%s -F perm=wa" % host.file),
        (["-a", "always,exit", "-F", "path=" + host.file, "-F", "perm=wa", "-k", "a", "-k", "b"],
         always + "path=%s -F perm=wa -k a -k b" % host.file),
        (["-a", "always,exit", "-F", "perm=wa", "-F", "path=" + host.file, "-k", "docker"],
         always + "perm=wa -F path=%s -k docker" % host.file),
        (["-a", "always,exit", "-F", "path=" + host.file, "-F", "key=docker"],
         always + "path=%s -k docker" % host.file),
        (["-w", link + "/absent", "-p", "wa"], always + "path=%s/absent -F perm=wa" % link),
    ]
    for words, form in table:
        auditctl("-D")
        auditctl(*words)
        host.watch(form.split("=")[1 if "path=" in form[:40] or "dir=" in form[:40] else 2].split(" ")[0])
        with open(host.recipe, encoding="utf-8") as f:
            recipe = f.read()
        write(host.recipe, recipe.replace("perm: wa", "perm: wa, when: always"), 0o644)
        control = host.audit()
        h.same([e["value"] for e in control["evidence"] if e["source"] == "loaded rules:1"], [form], words)
        h.same(messages(control), [], words)
        h.same(control["scope"], "written+running")


@case("what auditctl calls the same rule is the same to us, and what it loads twice is not")
def _(tree):
    host = Host(tree)
    f = host.file
    same = [
        ("-w %s -p wa -k docker" % f, "-a always,exit -F path=%s -F perm=wa -F key=docker" % f),
        ("-w %s -p wa -k docker" % f, ours(f)),
        ("-w %s -p wa" % host.sub, "-a exit,always -S all -F dir=%s -F perm=aw" % host.sub),
        ("-a never,exit -S all -F uid=root -F auid!=unset", "-a never,exit -F uid=0 -F auid!=4294967295"),
        ("-a always,exit -F arch=b64 -S openat,open -k k", "-a always,exit -F arch=b64 -S 257 -S open -k k"),
        ("-a always,exit -F arch=b32 -S open -F exit=-EACCES", "-a always,exit -F arch=b32 -S open -F exit=-13"),
        ("-a always,exclude -F msgtype=CWD", "-a exclude,always -F msgtype=1307"),
        ("-a always,exit -S all -C auid!=obj_uid", "-a always,exit -S all -C obj_uid!=auid"),
        ("-a never,task -F gid=root", "-a task,never -F gid=0"),
        ("-a always,exit -S all -F filetype=file -F exe=/bin/true",
         "-a always,exit -F filetype=file -F exe=/bin/true"),
        ("-a never,filesystem -F fstype=tracefs", "-a filesystem,never -F fstype=0x74726163"),
        ("-a always,exit -S all -F a0&0x10 -F a1=-1", "-a always,exit -S all -F a0&16 -F a1=0xffffffff"),
    ]
    other = [
        ("-w %s -p wa -k docker" % f, "-a always,exit -F perm=wa -F path=%s -k docker" % f),
        ("-w %s -p wa -k docker" % f, "-w %s -p wa -k other" % f),
        ("-w %s -p wa -k docker" % f, "-w %s -p rwa -k docker" % f),
        ("-w %s -p wa -k docker" % f, "-a never,exit -F path=%s -F perm=wa -k docker" % f),
        ("-w %s -p wa -k docker" % f, "-a always,exit -F arch=b64 -S all -F path=%s -F perm=wa -k docker" % f),
        ("-a always,exit -F dir=%s -F perm=wa" % host.sub, "-a always,exit -F path=%s -F perm=wa" % host.sub),
        ("-a never,task -F gid=root", "-a never,task -F uid=root"),
    ]
    for pairs, exists in ((same, True), (other, False)):
        for written, there in pairs:
            auditctl("-D")
            auditctl(*there.split())
            answer = auditctl(*written.split(), ok=False)
            h.same("exist" in answer, exists, "auditctl of", written, "on", there, answer)
            auditctl("-D")
            auditctl(*there.split())
            write(RULES + "x.rules", written + "\n")
            h.same(load()["needs"], "0" if exists else "1", written, "on", there)


@case("a never rule that auditctl lists as a watch is none, and one that comes first hides ours")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file))
    auditctl("-a", "never,exit", "-F", "path=" + host.file, "-F", "perm=wa", "-k", "docker")
    h.same(loaded(), ["-w %s -p wa -k docker" % host.file])
    control = host.audit()
    h.same(control["status"], "fail")
    says(control, "no loaded audit rule covers %s for w and a: load the rules" % host.file)
    auditctl(*ours(host.file).split())
    says(host.audit(), "loaded rules:1: this loaded rule comes first, so w and a of %s" % host.file)
    auditctl("-D")
    auditctl("-a", "never,task")
    auditctl(*ours(host.file).split())
    says(host.audit(), "loaded rules:1:1: no system call of any process is recorded")
    auditctl("-D")
    auditctl(*ours(host.file).split())
    h.same(host.audit()["status"], "pass")
    auditctl("-e", "0")
    says(host.audit(), "no change of %s is recorded: auditing is switched off" % host.file)


@case("a rule for part of a path covers nothing (A25, A27)")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file))
    auditctl("-w", host.file + "-longer", "-p", "wa")
    auditctl("-w", host.file[:-1], "-p", "wa")
    says(host.audit(), "no loaded audit rule covers")
    host.watch(host.sub)
    auditctl("-w", host.sub + "/daemon.json", "-p", "wa")
    says(host.audit(), "no loaded audit rule covers " + host.sub)


@case("apply writes and loads, audit sees both parts, a second apply does nothing, rollback unloads")
def _(tree):
    host = Host(tree)
    write(RULES + "70-site.rules", "-w /etc/passwd -p wa -k site\n-a never,exit -F arch=b64 -S getpid\n")
    auditctl("-R", RULES + "70-site.rules")
    before = loaded()
    r = host.harden("plan", "--format", "json")
    h.same([s["action"] for s in r.json["services"]], ["load-rules"], r)
    r = host.harden("apply", "--yes", "--format", "json")
    h.same((r.code, r.json["result"], r.json["pending"]), (0, "applied", []), r)
    h.same(loaded(), ["-w %s -p wa -k docker" % host.file] + before)
    control = host.audit()
    h.same((control["status"], control["scope"]), ("pass", "written+running"), control)
    r = host.harden("apply", "--yes", "--format", "json")
    h.same((r.code, r.json["result"], r.json["services"]), (0, "nothing", []), r)
    h.same(load(), {"needs": "0", "why_not": "-", "outcome": "nothing", "one_by_one": "0", "missing": [],
                    "dropped": []})
    r = h.harden("rollback", "--live", "--yes")
    h.same(r.code, 0, r)
    h.same(loaded(), before)


@case("an apply whose rules cannot be loaded is undone, the kernel's rules too, and the line is named")
def _(tree):
    host = Host(tree)
    auditctl("-w", "/etc/passwd", "-p", "wa", "-k", "by-hand")
    before = loaded()
    write(RULES + "40-site.rules", "-a always,exit -F arch=b64 -S nosuchcall -k x\n")
    r = host.harden("apply", "--yes")
    h.same(r.code, 1, r)
    h.expect(RULES + "40-site.rules:1: " in r.err and "everything this run did was undone" in r.err, r)
    h.expect(not os.path.exists(OURS), r)
    h.same(loaded(), before)
    with open("/etc/audit/audit.rules", encoding="utf-8") as f:
        h.expect(host.file not in f.read(), "augenrules has not merged again")


@case("what somebody else's line keeps from loading only waits in a run that changes no rules")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file))
    write(RULES + "40-site.rules", "-a always,exit -F arch=b64 -S nosuchcall -k x\n")
    r = host.harden("apply", "--yes", "--format", "json")
    h.same((r.code, r.json["result"], len(r.json["pending"])), (2, "nothing", 1), r)
    h.expect("augenrules ended with exit status 1" in r.json["pending"][0], r)
    h.same(loaded(), [])


@case("an apply loads what is written already")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file))
    r = host.harden("apply", "--yes", "--format", "json")
    h.same((r.code, r.json["result"], r.json["pending"]), (0, "nothing", []), r)
    h.same(loaded(), ["-w %s -p wa -k docker" % host.file])


@case("a plan lists loading where the files are right and the kernel has not their rules")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file))
    r = host.harden("plan", "--format", "json")
    h.same((r.code, r.json["changes"], r.json["by_hand"], r.json["blocked"]), (2, [], [], []), r)
    h.same(r.json["services"],
           [{"unit": "auditd.service", "action": "load-rules", "because": ["/etc/audit/rules.d"]}])
    h.same(host.harden("plan", live=False).code, 0)
    h.same(load()["outcome"], "done")
    r = host.harden("plan", "--format", "json")
    h.same((r.code, r.json["services"]), (0, []), r)


@case("after a rollback what is no longer written is unloaded when asked to")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file))
    h.same(load()["outcome"], "done")
    os.unlink(OURS)
    h.same(load()["outcome"], "nothing")
    said = load("force")
    h.same((said["outcome"], said["dropped"]), ("done", [ours(host.file)]), said)
    h.same(loaded(), [])


@case("rules that somebody loaded by hand and wrote nowhere are named when the load drops them")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file))
    auditctl("-w", "/etc/passwd", "-p", "wa", "-k", "by-hand")
    said = load()
    h.same((said["outcome"], said["dropped"]),
           ("done", ["-a always,exit -S all -F path=/etc/passwd -F perm=wa -k by-hand"]), said)


@case("a watch that was loaded before its directory was made sees less, and audit says so")
def _(tree):
    host = Host(tree)
    late = host.sub + "/late"
    host.watch(late)
    write(RULES + "10-site.rules", "-w %s -p wa\n" % late)
    h.same(load()["outcome"], "done")
    os.mkdir(late)
    h.same(load()["needs"], "0")
    control = host.audit()
    h.same(control["status"], "pass", control)
    h.expect(any(n.startswith("as loaded, only %s itself is watched" % late) for n in control["notes"]), control)


@case("an order that differs from the written one is mended")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file))
    write(RULES + "90-last.rules", "-a never,exit -F uid=0\n")
    auditctl("-a", "never,exit", "-F", "uid=0")
    auditctl(*ours(host.file).split())
    says(host.audit(), "comes first")
    said = load()
    h.same((said["needs"], said["outcome"]), ("1", "done"), said)
    h.same(host.audit()["status"], "pass")


@case("a broken line in somebody's file: nothing is unloaded, ours are added")
def _(tree):
    host = Host(tree)
    write(RULES + "10-site.rules", "-w /etc/passwd -p wa -k site\n")
    write(RULES + "90-site.rules", "-w %s/no/such/directory -p wa\n-w /etc/group -p wa -k lost\n" % host.dir)
    host.write_ours(ours(host.file))
    auditctl("-w", "/etc/passwd", "-p", "wa", "-k", "site")
    auditctl("-w", "/etc/group", "-p", "wa", "-k", "lost")
    before = loaded()
    said = load()
    h.same((said["outcome"], said["one_by_one"]), ("done", "1"), said)
    h.same(loaded(), before + ["-w %s -p wa -k docker" % host.file])


@case("a line that only auditctl finds wrong: the load fails, and the kernel's rules are as before")
def _(tree):
    host = Host(tree)
    write(RULES + "10-site.rules", "-w /etc/passwd -p wa -k site\n-a always,exit -F arch=b64 -S openat -k calls\n")
    auditctl("-R", RULES + "10-site.rules")
    auditctl("-a", "never,task", "-F", "uid=12345")
    auditctl("-A", "always,exit", "-F", "dir=" + host.sub, "-F", "perm=wa", "-k", "by-hand")
    before = loaded()
    write(RULES + "40-site.rules", "-a always,exit -F arch=b64 -S nosuchcall -k x\n")
    host.write_ours(ours(host.file))
    said = load()
    h.same((said["outcome"], said["one_by_one"]), ("failed", "0"), said)
    h.same(said["missing"], [RULES + "40-site.rules:1: -a always,exit -F arch=b64 -S nosuchcall -k x",
                             OURS + ":3: " + ours(host.file)])
    h.expect("augenrules ended with exit status 1" in said["why"], said)
    h.expect("line 7 of /etc/audit/audit.rules" in said["why"], said)
    h.same(loaded(), before)


@case("a line of ours that the kernel refuses is named before anything is unloaded")
def _(tree):
    host = Host(tree)
    sock = "/run/containerd/containerd.sock"
    write("/etc/tmpfiles.d/harden-docker-audit.conf", "d /run/containerd 0711 root root -\n", 0o644)
    host.write_ours(ours(host.file), ours(sock))
    auditctl("-w", "/etc/passwd", "-p", "wa", "-k", "by-hand")
    before = loaded()
    run("mount", "--bind", "/bin/true", "/usr/bin/systemd-tmpfiles")
    try:
        said = load()
    finally:
        run("umount", "/usr/bin/systemd-tmpfiles")
    h.same(said["outcome"], "failed", said)
    h.same(said["missing"], ["%s:4: %s: a directory on its way does not exist" % (OURS, ours(sock))])
    h.same(loaded(), before)
    h.same(load()["outcome"], "done")
    h.same(oct(os.stat("/run/containerd").st_mode & 0o7777), "0o711")
    h.same(len(loaded()), 2)


@case("files that do not begin with -D are loaded one by one, also what only auditctl can read")
def _(tree):
    host = Host(tree)
    os.unlink(RULES + "audit.rules")
    write(RULES + "10-site.rules", "-w /etc/passwd -p wa -k site\n-a always,exit -F arch=b64 -S openat -k calls\n")
    host.write_ours(ours(host.file))
    auditctl("-w", "/etc/passwd", "-p", "wa", "-k", "site")
    said = load()
    h.same((said["outcome"], said["one_by_one"]), ("done", "1"), said)
    h.same(len(loaded()), 3)
    h.same(load()["outcome"], "nothing")


@case("files that lock the rules or switch auditing off are not loaded by augenrules")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file))
    called = os.path.join(host.dir, "called")
    write(os.path.join(host.dir, "augenrules"), "#!/bin/sh\ntouch %s\nexit 1\n" % called, 0o755)
    run("mount", "--bind", os.path.join(host.dir, "augenrules"), AUGENRULES)
    try:
        for switch in ("-e 2", "-e 0"):
            auditctl("-D")
            write(RULES + "99-finalize.rules", switch + "\n")
            said = load()
            h.same((said["outcome"], said["one_by_one"]), ("done", "1"), switch, said)
            h.expect(not os.path.exists(called), switch)
            h.same(state()["enabled"], "1", switch)
    finally:
        run("umount", AUGENRULES)


@case("without augenrules rules are added by libaudit")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file), ours(host.sub, "dir"))
    run("mount", "--bind", host.sub, os.path.dirname(AUGENRULES))
    try:
        said = load()
    finally:
        run("umount", os.path.dirname(AUGENRULES))
    h.same((said["outcome"], said["one_by_one"]), ("done", "1"), said)
    h.same(len(loaded()), 2)


@case("without --live nothing is asked of the kernel, and nothing is loaded: not in a namespace, not in a chroot")
def _(tree):
    host = Host(tree)
    auditctl("-w", "/etc/passwd", "-p", "wa", "-k", "builder")
    before = loaded()
    control = host.audit(live=False)
    h.same((control["status"], control["scope"], messages(control)), ("fail", "written", []))
    r = host.harden("plan", "--restart", "always", "--format", "json", live=False)
    h.same((r.code, r.json["services"]), (2, []), r)
    root = os.path.join(host.dir, "chroot")
    os.mkdir(root)
    run("mount", "--rbind", "/", root)
    try:
        r = subprocess.run(["chroot", root, h.HARDEN, "apply", "--yes", "--restart", "always", "--recipe", host.recipe],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    finally:
        run("umount", "-R", "-l", root)
    h.same(r.returncode, 0, r.stdout)
    h.expect(os.path.exists(OURS), r.stdout)
    h.same(loaded(), before)
    h.same(host.audit(live=False)["status"], "pass")


@case("audit=0 on the kernel's command line waits for a reboot")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file))
    for line, off in (("quiet audit=0\n", True), ("audit=0 audit=1\n", False), ("xaudit=0 audit=off", True)):
        write(os.path.join(host.dir, "cmdline"), line)
        run("mount", "--bind", os.path.join(host.dir, "cmdline"), "/proc/cmdline")
        try:
            control, plan = host.audit(), host.harden("plan", "--format", "json").json
            said = load() if off else None
            done = host.harden("apply", "--yes", "--format", "json") if off else None
        finally:
            run("umount", "/proc/cmdline")
        h.same(any("audit=0" in m for m in messages(control)), off, line, control)
        h.same(any("audit=0" in i["next"] for i in plan["by_hand"]), off, line, plan)
        if off:
            h.same((said["needs"], said["outcome"]), ("1", "waits"), said)
            h.expect("reboot" in said["why"] and "reboot" in said["why_not"], said)
            h.same((done.code, len(done.json["pending"])), (2, 1), done)
            h.expect("audit=0" in done.json["pending"][0], done)
    h.same(loaded(), [])


@case("without the right to ask the kernel, what is loaded is an error, never a pass")
def _(tree):
    host = Host(tree)
    host.write_ours(ours(host.file))
    auditctl(*ours(host.file).split())
    libc = ctypes.CDLL(None)

    def drop():
        libc.prctl(24, CAP_AUDIT_CONTROL, 0, 0, 0)  # PR_CAPBSET_DROP

    control = host.audit(preexec=drop)
    h.same((control["status"], control["scope"]), ("error", "written"), control)
    h.expect(any("could not be looked at" in str(e["value"]) and "CAP_AUDIT_CONTROL" in str(e["value"])
                 for e in control["evidence"]), control)
    r = host.harden("plan", preexec=drop)
    h.same(r.code, 0, r)
    os.unlink(OURS)
    r = host.harden("apply", "--yes", "--format", "json", preexec=drop)
    h.same((r.code, r.json["result"]), (2, "applied"), r)
    h.expect("CAP_AUDIT_CONTROL" in r.json["pending"][0], r)


def main():
    if os.geteuid() != 0:
        h.skip_all("needs root")
    if not os.path.exists("/sbin/auditctl") or not os.path.exists(AUGENRULES):
        h.skip_all("needs auditd's tools (Debian: auditd)")
    if "HARDEN_AUDIT_PRIVATE" not in os.environ:
        os.environ["HARDEN_AUDIT_PRIVATE"] = "1"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, "-B"] + sys.argv)
    if "enabled" not in auditctl("-s", ok=False):
        h.skip_all("the kernel's audit cannot be reached")
    os.makedirs(os.path.dirname(LOCK), exist_ok=True)
    lock = open(LOCK, "a+", encoding="ascii")
    fcntl.flock(lock, fcntl.LOCK_EX)
    if os.path.getsize(LOCK) and state()["enabled"] != "2":  # a run that was killed: there was no rule before it
        auditctl("-D")
    if loaded() or state()["enabled"] == "2":
        h.skip_all("audit rules are loaded on this machine: they are left alone")
    lock.write("a test that has not ended loads rules\n")
    lock.flush()
    found, private = state(), tempfile.mkdtemp(prefix="audit.", dir=os.environ.get("HARDEN_TEST_DIR") or os.getcwd())
    try:
        for path, mode in (("/etc/audit", "755"), ("/etc/tmpfiles.d", "755"), ("/run", "755"), ("/var/lib/harden", "700")):
            os.makedirs(path, int(mode, 8), exist_ok=True)
            run("mount", "-t", "tmpfs", "-o", "mode=" + mode, "tmpfs", path)
        os.mkdir(RULES)
        return case.main()
    finally:
        auditctl("-D")
        auditctl("-e", found["enabled"], "-b", found["backlog_limit"], "-f", found["failure"])
        shutil.rmtree(private, ignore_errors=True)
        lock.truncate(0)


sys.exit(main())
