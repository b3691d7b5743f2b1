#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A host with auditd and without Docker: nothing to change, nothing that fails."""
from hosttree import Cases, expect, harden, same

case = Cases()


def bare_host(t):
    t.dir("var/lib")
    t.dir("run")
    t.dir("etc/audit", 0o750)
    t.dir("etc/audit/rules.d", 0o750)
    for program in ("usr/sbin/augenrules", "usr/sbin/auditctl", "usr/lib/systemd/systemd"):
        t.file(program, "#!/bin/sh\n", mode=0o755)
    t.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    t.file("etc/group", "root:x:0:\n")


@case("plan: nothing is created for what is not installed")
def _(t):
    bare_host(t)
    r = harden("plan", "--root", t.root, "--format", "json")
    same(r.code, 0, r)
    same(r.json["changes"], [], r)
    same(r.json["blocked"], [], r)


@case("audit: controls without an object do not apply")
def _(t):
    bare_host(t)
    r = harden("audit", "--root", t.root, "--format", "json")
    same(r.code, 0, r)
    same(r.json["summary"]["fail"], 0, r)
    same(r.json["summary"]["manual"], 2, r)
    same(r.json["summary"]["not_applicable"], 60, r)


@case("audit: a socket of containerd that lies there is judged nevertheless")
def _(t):
    bare_host(t)
    t.dir("run/containerd", 0o711)
    t.socket("run/containerd/containerd.sock", 0o666, 0, 0)
    r = harden("audit", "--root", t.root, "--format", "json", "--only", "1.1.4,3.24")
    same([c["status"] for c in r.json["controls"]], ["fail", "fail"], r)
    expect("0666" in r.out or "other" in r.out, r)


raise SystemExit(case.main())
