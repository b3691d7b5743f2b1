#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""recipes/linux-base.yaml, which has nothing to do with Docker: planned, applied, planned, rolled back."""
import os
import re

import hosttree as h
from hosttree import Cases, expect, harden, listing, same, unchanged

case = Cases()
RECIPE = os.path.join(h.TOP, "recipes", "linux-base.yaml")
SSHD = """\
# the site's sshd
Port 22
#PermitEmptyPasswords no
PasswordAuthentication yes   # until keys are there
PermitEmptyPasswords yes

Match User backup
    PermitEmptyPasswords yes
    X11Forwarding no
"""


def host(t):
    t.file("etc/passwd", h.PASSWD)
    t.file("etc/group", h.GROUP % "")
    t.file("etc/os-release", h.OS_RELEASE)
    t.file("etc/ssh/sshd_config", SSHD, 0o600)
    t.file("etc/shadow", "root:*:19000:0:99999:7:::\n", 0o644, 0, 42)
    t.file("etc/gshadow", "root:*::\n", 0o640, 1000, 42)
    t.file("etc/crontab", "17 * * * * root cd /\n", 0o646)
    for name in ("cron.d", "cron.hourly", "cron.daily"):
        t.dir("etc/" + name, 0o755)
    t.dir("etc/cron.weekly", 0o500)
    t.file("etc/issue.net", "Debian GNU/Linux 12 \\n\n", 0o664, 0, 100)
    t.file("etc/sysctl.d/10-site.conf", "net.ipv4.ip_forward = 1\n")
    t.file("etc/sysctl.d/60-harden.conf", "# kept\nkernel.kptr_restrict=0\nkernel.dmesg_restrict = 1\n")
    t.dir("etc/security/limits.d")
    t.dir("var/lib")


def at(t, verb, *words):
    return harden(verb, "--root", t.root, *words)


@case("linux-base: lint")
def _(t):
    r = harden("lint", RECIPE)
    same(r.code, 0, r)


@case("linux-base: audit names six controls, each with evidence")
def _(t):
    host(t)
    doc = at(t, "audit", "--recipe", RECIPE, "--format", "json").json
    same([c["id"] for c in doc["controls"]], ["90.%d" % n for n in range(1, 7)])
    same({c["id"]: c["status"] for c in doc["controls"]}, {c["id"]: "fail" for c in doc["controls"]})
    expect(all(c["evidence"] and c["findings"] and c["fixable"] for c in doc["controls"]), doc)
    same(doc["benchmark"]["id"], "linux-base")


@case("linux-base: plan, apply, plan is 0, apply touches nothing, rollback brings everything back")
def _(t):
    host(t)
    before = listing(t.root)
    r = at(t, "plan", "--recipe", RECIPE)
    same(r.code, 2, r)
    for line in ("+kernel.kptr_restrict=1", "-kernel.kptr_restrict=0", "-PermitEmptyPasswords yes", "+PermitEmptyPasswords no",
                 "+*\thard\tcore\t0", "-Debian GNU/Linux 12 \\n"):
        expect(re.search("^ *" + re.escape(line), r.out, re.M) or line.replace("=", " = ") in r.out, line, r)
    unchanged(before, listing(t.root), "plan")
    r = at(t, "apply", "--recipe", RECIPE, "--yes")
    same(r.code, 0, r)
    doc = at(t, "audit", "--recipe", RECIPE, "--format", "json")
    same(doc.code, 0, doc)
    same({c["status"] for c in doc.json["controls"]}, {"pass"})
    stamped = listing(t.root, True, ())
    same(at(t, "plan", "--recipe", RECIPE).code, 0)
    same(at(t, "apply", "--recipe", RECIPE, "--yes").code, 0)
    unchanged(stamped, listing(t.root, True, ()), "a second apply")
    same(at(t, "rollback", "--yes").code, 0)
    unchanged(before, listing(t.root), "apply and rollback")


@case("linux-base: augeas edits one value and keeps every other byte")
def _(t):
    host(t)
    same(at(t, "apply", "--recipe", RECIPE, "--yes").code, 0)
    same(t.text("etc/ssh/sshd_config"), SSHD.replace("PermitEmptyPasswords yes\n\n", "PermitEmptyPasswords no\n\n"))
    same(t.mode("etc/ssh/sshd_config"), 0o600)
    expect(re.fullmatch(r"# kept\nkernel\.kptr_restrict ?= ?1\nkernel\.dmesg_restrict = 1\n", t.text("etc/sysctl.d/60-harden.conf")),
           t.text("etc/sysctl.d/60-harden.conf"))
    same(t.text("etc/sysctl.d/10-site.conf"), "net.ipv4.ip_forward = 1\n")


@case("linux-base: a value that is missing is added, to a file that is missing too")
def _(t):
    host(t)
    os.unlink(t.at("etc/sysctl.d/60-harden.conf"))
    t.file("etc/ssh/sshd_config", "Port 22\n")
    before = listing(t.root)
    same(at(t, "apply", "--recipe", RECIPE, "--yes").code, 0)
    expect(re.fullmatch(r"kernel\.kptr_restrict ?= ?1\n", t.text("etc/sysctl.d/60-harden.conf")), "sysctl")
    same(t.text("etc/ssh/sshd_config"), "Port 22\nPermitEmptyPasswords no\n")
    same(at(t, "plan", "--recipe", RECIPE).code, 0)
    same(at(t, "rollback", "--yes").code, 0)
    unchanged(before, listing(t.root), "apply and rollback")


@case("linux-base: files only lose bits, owners become root's, groups that may stay do")
def _(t):
    host(t)
    same(at(t, "apply", "--recipe", RECIPE, "--yes").code, 0)
    same((t.mode("etc/shadow"), t.owner("etc/shadow")), (0o640, (0, 42)))
    same((t.mode("etc/gshadow"), t.owner("etc/gshadow")), (0o640, (0, 42)))
    same(t.mode("etc/crontab"), 0o600)
    same((t.mode("etc/cron.d"), t.mode("etc/cron.weekly")), (0o700, 0o500))
    same((t.mode("etc/issue.net"), t.owner("etc/issue.net")), (0o644, (0, 0)))
    expect(not t.exists("etc/cron.monthly"), "a directory was made")


@case("linux-base: --set changes the value, --level 1 leaves out 90.6")
def _(t):
    host(t)
    same(at(t, "apply", "--recipe", RECIPE, "--yes", "--level", "1", "--set", "kptr_restrict=2").code, 0)
    expect("kptr_restrict" in t.text("etc/sysctl.d/60-harden.conf") and "2\n" in t.text("etc/sysctl.d/60-harden.conf"), "value")
    expect(not t.exists("etc/security/limits.d/60-harden-core-dumps.conf"), "a control of level 2 was applied")


@case("linux-base: a file the lens cannot read is an error with its place")
def _(t):
    host(t)
    t.file("etc/sysctl.d/60-harden.conf", "# kept\nthis is no setting\n")
    before = listing(t.root, True, ())
    r = at(t, "apply", "--recipe", RECIPE, "--yes")
    same(r.code, 1, r)
    expect(re.search(r"/etc/sysctl\.d/60-harden\.conf:2:\d+: ", r.err), r)
    unchanged(before, listing(t.root, True, ()), "a refused apply")
    doc = at(t, "audit", "--recipe", RECIPE, "--format", "json").json
    same(h.control(doc, "90.1")["status"], "error")
    same(h.control(doc, "90.2")["status"], "fail")


raise SystemExit(case.main())
