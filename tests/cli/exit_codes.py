#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every exit code that a host tree can bring about, and the options that decide it."""
import datetime
import os
import pty
import re
import shutil
import subprocess

import hosttree as h
from hosttree import Cases, apply, audit, base_host, control, expect, harden, listing, plan, same, status, unchanged

case = Cases()
TODAY = datetime.date.today()
SOON, PAST = (str(TODAY + datetime.timedelta(days=d)) for d in (30, -30))
JSON = '{\n  "log-level": "debug",\n  "insecure-registries": ["registry.example:5000"]\n}\n'


def at(tree, verb, *words):
    return harden(verb, "--root", tree.root, *words)


def site(tree, text):
    tree.file("etc/harden/harden.yaml", text)


def on_terminal(answer, *words):
    """Runs harden on a pseudo terminal; returns its exit code and what it wrote there."""
    master, slave = pty.openpty()
    p = subprocess.Popen([h.HARDEN] + list(words), stdin=slave, stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    os.write(master, answer.encode())
    said = b""
    while True:
        try:
            chunk = os.read(master, 4096)
        except OSError:
            break
        if not chunk:
            break
        said += chunk
    os.close(master)
    return p.wait(), said.decode()


# plan

@case("plan: 2 when apply would change something")
def _(t):
    base_host(t)
    same(at(t, "plan").code, 2)


@case("plan: 0 when apply would change nothing")
def _(t):
    base_host(t)
    apply(t)
    r = at(t, "plan")
    same(r.code, 0, r)
    expect("0 changes" in r.out, r)


@case("plan: 1 on bad input of the host")
def _(t):
    base_host(t, daemon_json="{")
    same(at(t, "plan").code, 1)


@case("plan: waiting for consent alone is 0, with --strict 2")
def _(t):
    base_host(t, daemon_json=JSON)
    r = at(t, "plan", "--only", "2.5")
    same(r.code, 0, r)
    expect("1 wait for consent" in r.out and "insecure-registries" in r.out, r)
    same(at(t, "plan", "--only", "2.5", "--strict").code, 2)


@case("plan: --strict is 0 when nothing at all is listed")
def _(t):
    base_host(t)
    same(at(t, "plan", "--only", "3.6", "--strict").code, 0)


@case("apply --dry-run is plan")
def _(t):
    base_host(t)
    before = listing(t.root, True, ())
    dry, planned = at(t, "apply", "--dry-run"), at(t, "plan")
    same(dry.code, 2)
    same(dry.out, planned.out)
    unchanged(before, listing(t.root, True, ()), "apply --dry-run")


# audit

@case("audit: 2 when a selected control fails")
def _(t):
    base_host(t)
    same(at(t, "audit").code, 2)


@case("audit: 0 when nothing selected fails")
def _(t):
    base_host(t)
    same(at(t, "audit", "--only", "3.6,2.4").code, 0)


@case("audit: 1 when nothing fails but a control is an error")
def _(t):
    base_host(t, daemon_json='{"icc": false,}')
    r = at(t, "audit", "--only", "2.2,3.6", "--format", "json")
    same(r.code, 1, r)
    same(control(r.json, "2.2")["status"], "error")
    same(control(r.json, "3.6")["status"], "pass")


@case("audit: 2 when one fails and another is an error")
def _(t):
    base_host(t, daemon_json="{")
    os.chmod(t.at("etc/docker"), 0o777)
    r = at(t, "audit", "--only", "2.2,3.6")
    same(r.code, 2, r)


@case("audit: 1 when our own input is bad")
def _(t):
    base_host(t)
    site(t, "levl: 2\n")
    same(at(t, "audit").code, 1)


# apply

@case("apply: 0 when all is written, and again when nothing is left")
def _(t):
    base_host(t)
    first, second = apply(t), apply(t)
    same(first["result"], "applied")
    same(second["result"], "nothing")
    same(second["run"], None)
    same(second["pending"], [])


@case("apply: 1 on bad input of the host, and no state directory is left")
def _(t):
    base_host(t, daemon_json="[]")
    before = listing(t.root, True, ())
    r = at(t, "apply", "--yes")
    same(r.code, 1, r)
    unchanged(before, listing(t.root, True, ()), "a refused apply")


@case("apply: 64 without --yes and without a terminal")
def _(t):
    base_host(t)
    before = listing(t.root, True, ())
    r = at(t, "apply")
    same(r.code, 64, r)
    expect(re.search(r"^harden: apply asks .*no terminal; .*--yes", r.err), r)
    unchanged(before, listing(t.root, True, ()), "apply without --yes")


@case("apply: asks on a terminal, and no means nothing is changed")
def _(t):
    base_host(t)
    before = listing(t.root, True)
    code, said = on_terminal("n\n", "apply", "--root", t.root)
    same(code, 1, said)
    expect(re.search(r"Apply \d+ changes?\? \[y/N\]", said) and "nothing was changed" in said, said)
    unchanged(before, listing(t.root, True), "apply answered with no")


@case("apply: yes on a terminal applies")
def _(t):
    base_host(t)
    code, said = on_terminal("y\n", "apply", "--root", t.root)
    same(code, 0, said)
    same(at(t, "plan").code, 0)


@case("apply: 3 when the report cannot be written after the commit")
def _(t):
    base_host(t)
    with open("/dev/full", "w") as full:
        p = subprocess.run([h.HARDEN, "apply", "--root", t.root, "--yes", "--format", "json"], stdout=full,
                           stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    same(p.returncode, 3, p.stderr)
    expect(re.search(rb"harden: run \S+ stands \(applied\), but its report could not be written", p.stderr),
           p.stderr)
    same(at(t, "plan").code, 0)


@case("plan: 1 when the report cannot be written")
def _(t):
    base_host(t)
    with open("/dev/full", "w") as full:
        p = subprocess.run([h.HARDEN, "plan", "--root", t.root], stdout=full, stderr=subprocess.PIPE)
    same(p.returncode, 1, p.stderr)
    expect(b"write the report" in p.stderr, p.stderr)


@case("apply: --strict is 2 when something waits for consent, but applies the rest")
def _(t):
    base_host(t, daemon_json=JSON)
    r = at(t, "apply", "--yes", "--strict")
    same(r.code, 2, r)
    same(at(t, "plan").code, 0)
    same(at(t, "plan", "--strict").code, 2)


@case("apply: refuses a remote engine")
def _(t):
    base_host(t)
    r = at(t, "apply", "--yes", "--engine", "tcp://192.0.2.1:2375")
    same(r.code, 64, r)
    expect("tcp://192.0.2.1:2375" in r.err, r)
    expect(not t.exists(h.STATE), "state directory was made")


# rollback, recover

@case("rollback: 0 when undone, 0 when there is nothing to undo")
def _(t):
    base_host(t, daemon_json=JSON)
    before = listing(t.root)
    apply(t)
    same(at(t, "rollback", "--yes").code, 0)
    unchanged(before, listing(t.root), "apply and rollback")
    r = at(t, "rollback", "--yes")
    same(r.code, 0, r)
    expect("nothing to undo" in r.out, r)


@case("rollback: nothing to undo on a host that never ran harden")
def _(t):
    base_host(t)
    before = listing(t.root, True, ())
    same(at(t, "rollback", "--yes").code, 0)
    same(at(t, "recover").code, 0)
    unchanged(before, listing(t.root, True, ()), "rollback of nothing")


@case("rollback: 64 without --yes and without a terminal")
def _(t):
    base_host(t)
    apply(t)
    before = listing(t.root, True, ())
    r = at(t, "rollback")
    same(r.code, 64, r)
    unchanged(before, listing(t.root, True, ()), "rollback without --yes")


@case("rollback: --dry-run says what would come back and changes nothing")
def _(t):
    base_host(t, daemon_json=JSON)
    run = apply(t)["run"]
    before = listing(t.root, True, ())
    r = at(t, "rollback", "--dry-run")
    same(r.code, 0, r)
    expect("/etc/docker/daemon.json" in r.out and run in r.out and "would be undone" in r.out, r)
    unchanged(before, listing(t.root, True, ()), "rollback --dry-run")


@case("rollback: 3 on a file changed since, nothing is done")
def _(t):
    base_host(t, daemon_json=JSON)
    apply(t)
    t.file("etc/docker/daemon.json", t.text("etc/docker/daemon.json").replace('"log-level"', '"debug":false,"log-level"'))
    before = listing(t.root, True)
    r = at(t, "rollback", "--yes")
    same(r.code, 3, r)
    expect(re.search(r"conflict: /etc/docker/daemon\.json: .*chang", r.out), r)
    expect("--force" in r.out, r)
    unchanged(before, listing(t.root, True), "a rollback in conflict")


@case("rollback: --force puts the present bytes aside and goes on")
def _(t):
    base_host(t, daemon_json=JSON)
    before = listing(t.root)
    apply(t)
    foreign = b'{"debug": false, "labels": ["by=hand"]}\n'
    t.file("etc/docker/daemon.json", foreign)
    same(at(t, "rollback", "--yes", "--force").code, 0)
    unchanged(before, listing(t.root), "apply and rollback --force")
    stored = []
    for directory, _, names in os.walk(t.at(h.STATE)):
        for name in names:
            with open(os.path.join(directory, name), "rb") as f:
                stored.append(f.read())
    expect(foreign in stored, "the bytes that --force replaced are nowhere in the store")


@case("rollback: a run that was undone is not undone twice")
def _(t):
    base_host(t)
    run = apply(t)["run"]
    same(at(t, "rollback", "--yes").code, 0)
    r = at(t, "rollback", run, "--yes")
    expect(r.code in (0, 1, 64) and run in r.out + r.err, r)


@case("rollback: an unknown run is refused")
def _(t):
    base_host(t)
    apply(t)
    before = listing(t.root, True)
    r = at(t, "rollback", "20010101T000000Z-00000", "--yes")
    expect(r.code in (1, 64), r)
    expect("20010101T000000Z-00000" in r.err, r)
    unchanged(before, listing(t.root, True), "rollback of an unknown run")


@case("rollback: an older run only while no newer one touched the same file; --all goes back to the first")
def _(t):
    base_host(t, daemon_json=JSON)
    before = listing(t.root)
    older = apply(t, "--only", "2.3")["run"]
    newer = apply(t, "--only", "2.2")["run"]
    expect(older != newer, older)
    now = listing(t.root, True)
    r = at(t, "rollback", older, "--yes")
    same(r.code, 3, r)
    expect("/etc/docker/daemon.json" in r.out + r.err and newer in r.out + r.err, r)
    unchanged(now, listing(t.root, True), "a refused rollback")
    same(at(t, "rollback", "--all", "--yes").code, 0)
    unchanged(before, listing(t.root), "apply, apply, rollback --all")


@case("rollback: an older run whose files no newer run touched can be undone alone")
def _(t):
    base_host(t, daemon_json=JSON)
    os.chmod(t.at("etc/docker"), 0o775)
    older = apply(t, "--only", "3.6")["run"]
    apply(t, "--only", "2.3")
    same(at(t, "rollback", older, "--yes").code, 0)
    same(t.mode("etc/docker"), 0o775)
    expect('"info"' in t.text("etc/docker/daemon.json"), "the newer run was undone too")


@case("rollback: --all goes not with one run")
def _(t):
    base_host(t)
    run = apply(t)["run"]
    same(at(t, "rollback", run, "--all", "--yes").code, 64)


@case("rollback: a directory of ours that holds something foreign stays and is named")
def _(t):
    base_host(t)
    apply(t)
    made = [d for d in ("etc/tmpfiles.d",) if t.exists(d)]
    expect(made, "apply made no directory here; choose another case")
    t.file("etc/tmpfiles.d/site.conf", "d /run/x\n")
    r = at(t, "rollback", "--yes")
    same(r.code, 0, r)
    expect(re.search(r"kept: /etc/tmpfiles\.d: ", r.out), r)
    expect(t.exists("etc/tmpfiles.d/site.conf"), "the foreign file is gone")
    expect(not t.exists("etc/tmpfiles.d/harden-docker-audit.conf"), "our file is still there")


@case("recover: nothing to do is 0")
def _(t):
    base_host(t)
    apply(t)
    before = listing(t.root, True)
    same(at(t, "recover").code, 0)
    unchanged(before, listing(t.root, True), "recover")


# usage

for name, words, wanted in [
        ("no verb", [], r"no verb was given"),
        ("an unknown verb with the nearest name", ["pln"], r"unknown verb 'pln' \(did you mean plan\?\)"),
        ("an unknown verb near nothing", ["frobnicate"], r"unknown verb 'frobnicate'; "),
        ("an unknown option with the nearest name", ["plan", "--rot=/x"],
         r"unknown option --rot \(did you mean --root\?\)"),
        ("an unknown short option", ["plan", "-x"], r"unknown option -x"),
        ("an option of another verb", ["plan", "--yes"], r"--yes does not go with plan"),
        ("an option without its value", ["plan", "--root"], r"--root needs a value: --root DIR"),
        ("a flag with a value", ["plan", "--strict=1"], r"--strict takes no value"),
        ("an option twice", ["plan", "--root", "/x", "--root", "/y"], r"--root was given twice"),
        ("an empty value", ["plan", "--root="], r"--root has an empty value"),
        ("a level that is none", ["plan", "--level", "3"], r"--level takes a number from 1 to 2, not '3'"),
        ("a format that is none", ["plan", "--format", "xml"], r"--format takes text\|json, not 'xml'"),
        ("an argument too many", ["plan", "2.2"], r"plan does not take '2\.2'"),
        ("an argument too few", ["explain"], r"explain needs an argument: harden explain ID"),
        ("an unknown id to explain", ["explain", "2.99"], r"explain: unknown control or section \"2\.99\"; did you mean \"2\.9\"\?"),
        ("an unknown part of backup", ["backup", "prun"], r"not 'prun' \(did you mean prune\?\)"),
]:
    def usage(t, words=words, wanted=wanted):
        r = harden(*words)
        same(r.code, 64, r)
        expect(re.search("^harden: .*" + wanted, r.err, re.M), r)
        expect(r.out == "", r)
    case.add("64: " + name, usage)

for name, words, wanted in [
        ("--only with an unknown id and the nearest", ["--only", "2.20"], r"2\.20.*did you mean"),
        ("--only with an unknown name and the nearest", ["--only", "daemon.ic"], r"daemon\.ic.*did you mean \"?daemon\.icc"),
        ("--skip with an unknown section", ["--skip", "9"], r"\"?9\"?"),
        ("--accept with an unknown id", ["--accept", "2.99"], r"2\.99"),
        ("--set of an unknown variable", ["--set", "trusted_user=a"], r"trusted_user.*did you mean \"?trusted_users"),
        ("--set without a value", ["--set", "trusted_users"], r"trusted_users"),
        ("--set of the wrong kind", ["--set", "remove_tcp=maybe"], r"remove_tcp.*true or false.*maybe"),
]:
    def selector(t, words=words, wanted=wanted):
        base_host(t)
        for verb in ("plan", "audit"):
            r = at(t, verb, *words)
            same(r.code, 64, r)
            expect(re.search("^harden: .*" + wanted, r.err, re.M), r)
    case.add("64: " + name, selector)


@case("64 as a JSON error document")
def _(t):
    r = harden("plan", "--format", "json", "--level", "7")
    same(r.code, 64)
    d = harden("plan", "--format", "json", "--rot", "/x")
    same(d.code, 64)
    same(r.json["schema"], "harden.error/1")
    same(r.json["code"], "usage")


# selection

@case("--only selects sections and ids, and 2.10 is not 2.1")
def _(t):
    base_host(t)
    ids = [c["id"] for c in at(t, "audit", "--only", "1.1.10,2.10,3.2", "--format", "json").json["controls"]]
    same(ids, ["1.1.10", "2.10", "3.2"])
    ids = [c["id"] for c in at(t, "audit", "--only", "2", "--format", "json").json["controls"]]
    same(ids, ["2.%d" % n for n in range(1, 19)])
    ids = [c["id"] for c in at(t, "audit", "--only", "1.2", "--format", "json").json["controls"]]
    same(ids, ["1.2.1", "1.2.2"])
    ids = [c["id"] for c in at(t, "audit", "--only", "daemon.icc", "--format", "json").json["controls"]]
    same(ids, ["2.2"])


@case("--skip leaves out, and not_selected names what was left out")
def _(t):
    base_host(t)
    doc = at(t, "audit", "--skip", "1,3.1,2", "--format", "json").json
    ids = [c["id"] for c in doc["controls"]]
    same(ids, ["3.%d" % n for n in range(2, 25)])
    same(len(ids) + len(doc["not_selected"]), 117)
    expect("3.1" in doc["not_selected"] and "2.18" in doc["not_selected"], doc["not_selected"])


@case("what needs an engine and has none is left out, and that is said")
def _(t):
    base_host(t)
    r = at(t, "audit", "--only", "7")
    same(r.code, 0, r)
    expect("no control was looked at\n9 more need an engine and are left out: a host tree has none\n" in r.out, r)
    expect("left out" not in at(t, "audit", "--only", "2.2").out, r)
    r = harden("audit", "--engine", "none", "--only", "2.2,7.1")
    expect("1 controls: " in r.out and "1 more need an engine and are left out: --engine none" in r.out, r)


@case("--level 1 leaves out level 2, and audit without it names all 62")
def _(t):
    base_host(t)
    doc = at(t, "audit", "--level", "1", "--format", "json").json
    expect(all(c["level"] == 1 for c in doc["controls"]), "a control of level 2")
    expect("2.9" in doc["not_selected"] and "2.2" not in doc["not_selected"], doc["not_selected"])
    full = at(t, "audit", "--format", "json").json
    same(len(full["controls"]), 62)
    same([i for i in full["not_selected"] if i[0] < "4"], [])
    same(len(full["not_selected"]), 55, "sections 4 to 7 need an engine, and a tree has none")


@case("--level on the command line beats the site file's")
def _(t):
    base_host(t)
    site(t, "level: 1\n")
    expect("2.9" in at(t, "audit", "--format", "json").json["not_selected"], "site level 1 was not used")
    left = at(t, "audit", "--level", "2", "--format", "json").json["not_selected"]
    same([i for i in left if i[0] < "4"], [])


@case("--only applies only that, and undoes nothing else")
def _(t):
    base_host(t, daemon_json=JSON)
    doc = apply(t, "--only", "2.3")
    same([c["resource"] for c in doc["changes"]], ["/etc/docker/daemon.json"])
    same(t.text("etc/docker/daemon.json"), JSON.replace('"debug"', '"info"'))


@case("a later --only loosens nothing that an earlier run wrote")
def _(t):
    base_host(t)
    apply(t)
    before = listing(t.root, True)
    apply(t, "--only", "1.1.3")
    apply(t, "--only", "1.1.10,2.2")
    unchanged(before, listing(t.root, True), "apply --only after a full apply")


@case("--set gives a variable a value")
def _(t):
    base_host(t, members="alice")
    same(status(t, "1.1.2"), "manual")
    same(status(t, "1.1.2", "--set", "trusted_users=alice"), "pass")


# consent, exceptions

@case("consent: --accept ID makes the change that plan showed as waiting")
def _(t):
    base_host(t, daemon_json=JSON)
    doc = plan(t, "--only", "2.5")
    same([c["consent"] for c in doc["changes"]], [True])
    same(doc["summary"]["needs_consent"], 1)
    same(doc["summary"]["changes"], 0)
    apply(t, "--only", "2.5")
    same(t.text("etc/docker/daemon.json"), JSON)
    same(harden("plan", "--root", t.root, "--only", "2.5", "--accept", "2.5").code, 2)
    apply(t, "--only", "2.5", "--accept", "2.5")
    same(t.text("etc/docker/daemon.json"), JSON.replace('["registry.example:5000"]', "[]"))


@case("consent: accept in the site file is the same")
def _(t):
    base_host(t, daemon_json=JSON)
    site(t, 'controls:\n  "2.5": {accept: true}\n')
    apply(t)
    same(status(t, "2.5"), "pass")


@case("waived: not fixed, listed, and audit says waived with the reason")
def _(t):
    base_host(t, daemon_json=JSON)
    site(t, 'controls:\n  "2.3": {waive: {reason: we debug here, owner: ops, until: %s}}\n' % SOON)
    doc = apply(t)
    expect('"log-level": "debug"' in t.text("etc/docker/daemon.json"), t.text("etc/docker/daemon.json"))
    same(at(t, "plan").code, 0)
    expect("2.3" in at(t, "plan").out, "plan does not list the waived control")
    c = audit(t, "2.3")
    same(c["status"], "waived")
    same(c["waiver"]["reason"], "we debug here")
    same(c["waiver"]["until"], SOON)
    expect(c["evidence"], "a waived control without evidence")
    expect(doc["result"] == "applied", doc["result"])


@case("waived: past its date it no longer counts, and audit says so")
def _(t):
    base_host(t, daemon_json=JSON)
    site(t, 'controls:\n  "2.3": {waive: {reason: old, until: %s}}\n' % PAST)
    c = audit(t, "2.3")
    same(c["status"], "fail")
    expect(any(PAST in n and "no longer counts" in n for n in c["notes"]), c["notes"])
    apply(t, "--only", "2.3")
    same(status(t, "2.3"), "pass")


@case("waived: the last day still counts")
def _(t):
    base_host(t, daemon_json=JSON)
    site(t, 'controls:\n  "2.3": {waive: {reason: old, until: %s}}\n' % datetime.date.today())
    same(status(t, "2.3"), "waived")


@case("waived: --strict counts it")
def _(t):
    base_host(t)
    site(t, 'controls:\n  "3.6": {waive: {reason: x, until: %s}}\n' % SOON)
    same(at(t, "plan", "--only", "3.6").code, 0)
    same(at(t, "plan", "--only", "3.6", "--strict").code, 2)


@case("attested: a manual control is attested until its date")
def _(t):
    base_host(t)
    text = 'controls:\n  "1.2.1": {attest: {by: j.doe, on: 2026-01-02, until: %s, evidence: TICKET-12}}\n'
    same(status(t, "1.2.1"), "manual")
    site(t, text % SOON)
    same(status(t, "1.2.1"), "attested")
    site(t, text % PAST)
    c = audit(t, "1.2.1")
    same(c["status"], "manual")
    expect(any(PAST in n and "no longer counts" in n for n in c["notes"]), c["notes"])


@case("--config names another site file")
def _(t):
    base_host(t, daemon_json=JSON)
    site(t, "levl: 1\n")
    t.file("other.yaml", 'controls:\n  "2.3": {waive: {reason: x, until: %s}}\n' % SOON)
    same(audit(t, "2.3", "--config", t.at("other.yaml"))["status"], "waived")
    r = at(t, "plan", "--config", t.at("none.yaml"))
    same(r.code, 1, r)
    expect("none.yaml" in r.err, r)


# history and backups

@case("history: runs newest first, with who and what")
def _(t):
    base_host(t, daemon_json=JSON)
    same(at(t, "history").code, 0)
    first = apply(t, "--only", "2.3")["run"]
    second = apply(t, "--only", "2.2")["run"]
    r = at(t, "history")
    same(r.code, 0)
    same([line.split()[0] for line in r.out.splitlines() if line[:1].strip()], [second, first])
    expect("by root" in r.out, r)
    r = at(t, "history", first)
    expect(re.search(r"modify +/etc/docker/daemon\.json +\[2\.3\]", r.out), r)
    doc = at(t, "history", "--format", "json").json
    same([x["run"] for x in doc["runs"]], [second, first])
    same(at(t, "history", "nosuchrun").code, 1)
    same(at(t, "rollback", "--yes").code, 0)
    doc = at(t, "history", "--format", "json").json
    expect(doc["runs"][0]["state"] != doc["runs"][1]["state"], doc["runs"])


@case("backup: list, verify, and a broken original is found")
def _(t):
    base_host(t, daemon_json=JSON)
    expect("no originals" in at(t, "backup", "list").out, "list on a fresh host")
    apply(t)
    r = at(t, "backup", "list")
    same(r.code, 0)
    expect("/etc/docker/daemon.json" in r.out, r)
    same(at(t, "backup", "verify").code, 0)
    store = t.at(h.STATE + "/store")
    for directory, _, names in os.walk(store):
        for name in names:
            path = os.path.join(directory, name)
            os.chmod(path, 0o600)
            with open(path, "ab") as f:
                f.write(b"x")
    r = at(t, "backup", "verify")
    same(r.code, 1, r)
    expect("broken: " in r.out and "/etc/docker/daemon.json" in r.out, r)
    before = listing(t.root, True)
    r = at(t, "rollback", "--yes")
    expect(r.code in (1, 3), r)
    unchanged(before, listing(t.root, True), "a rollback without its original")


@case("backup: prune forgets undone runs only, asks, and --dry-run shows")
def _(t):
    base_host(t, daemon_json=JSON)
    apply(t)
    same(at(t, "backup", "prune", "--keep-days", "0").code, 64)
    same(at(t, "backup", "prune", "--keep-days", "0", "--yes").code, 0)
    same(at(t, "backup", "verify").code, 0)
    before = listing(t.root)
    same(len(at(t, "history", "--format", "json").json["runs"]), 1)
    same(at(t, "rollback", "--yes").code, 0)
    expect(listing(t.root) != before, "rollback did nothing")
    state = listing(t.at(h.STATE), True, ())
    r = at(t, "backup", "prune", "--keep-days", "0", "--dry-run")
    expect("would forget 1 runs" in r.out, r)
    unchanged(state, listing(t.at(h.STATE), True, ()), "prune --dry-run")
    same(at(t, "backup", "prune", "--yes").code, 0)
    same(len(at(t, "history", "--format", "json").json["runs"]), 1, "a young run was forgotten")
    same(at(t, "backup", "prune", "--keep-days", "0", "--yes").code, 0)
    same(at(t, "history", "--format", "json").json["runs"], [])


@case("--state-dir puts lock, journal and backups elsewhere")
def _(t):
    base_host(t, daemon_json=JSON)
    before = listing(t.root)
    state = t.root + ".state"
    apply(t, "--state-dir", state)
    expect(not t.exists(h.STATE), "the default state directory was made too")
    same(os.stat(state).st_mode & 0o7777, 0o700)
    same(at(t, "rollback", "--yes").code, 0)
    expect(listing(t.root) != before, "the default state directory was used")
    same(at(t, "rollback", "--yes", "--state-dir", state).code, 0)
    unchanged(before, listing(t.root), "apply and rollback with --state-dir")


@case("one lock per root: a second apply says that the state is busy")
def _(t):
    import fcntl
    base_host(t, daemon_json=JSON)
    apply(t, "--only", "2.3")
    fd = os.open(t.at(h.STATE), os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    before = listing(t.root, True)
    r = at(t, "apply", "--yes")
    os.close(fd)
    same(r.code, 1, r)
    expect(re.search("busy|lock|another", r.err), r)
    unchanged(before, listing(t.root, True), "apply under a foreign lock")


# output

@case("--output writes the report there and nothing to standard output")
def _(t):
    base_host(t)
    out = t.root + ".report"
    r = at(t, "plan", "--output", out)
    same((r.code, r.out), (2, ""))
    with open(out) as f:
        same(f.read(), at(t, "plan").out)
    r = at(t, "audit", "--output", t.root + ".none/report")
    same(r.code, 1, r)
    expect(".none/report" in r.err, r)


@case("--color: escapes only when asked for or on a terminal")
def _(t):
    base_host(t)
    expect("\x1b[" not in at(t, "plan").out, "colour without a terminal")
    expect("\x1b[" not in at(t, "plan", "--color", "never").out, "colour with never")
    coloured = at(t, "plan", "--color", "always").out
    expect("\x1b[32m" in coloured, "no green in a coloured diff")
    same(re.sub("\x1b\\[[0-9;]*m", "", coloured), at(t, "plan").out)


@case("--quiet prints only what needs attention")
def _(t):
    base_host(t)
    full, quiet = at(t, "audit"), at(t, "audit", "--quiet")
    same(full.code, quiet.code)
    expect(re.search("^pass ", full.out, re.M) and not re.search("^pass ", quiet.out, re.M), quiet)
    expect(re.search("^FAIL ", quiet.out, re.M), quiet)


@case("DOCKER_HOST changes nothing for host controls")
def _(t):
    base_host(t)
    env = dict(os.environ, DOCKER_HOST="tcp://192.0.2.1:2375")
    same(harden("plan", "--root", t.root, env=env).out, at(t, "plan").out)
    same(harden("audit", "--root", t.root, env=env).out, at(t, "audit").out)
    r = harden("apply", "--root", t.root, "--yes", env=env)
    same(r.code, 0, r)


@case("explain prints the same evidence lines as audit, and the fix")
def _(t):
    base_host(t, daemon_json=JSON)
    lines = at(t, "audit").out.splitlines()
    for number in ("2.2", "2.3", "3.18", "1.1.3", "2.5", "1.1.1", "2.4"):
        start = next(i for i, line in enumerate(lines) if re.match(r"\S+ +%s +" % re.escape(number), line))
        block = [lines[start]]
        while start + len(block) < len(lines) and lines[start + len(block)].startswith("   "):
            block.append(lines[start + len(block)])
        r = at(t, "explain", number)
        same(r.code, 0, r)
        expect("\n".join(block) in r.out, "explain %s lacks the audit's lines %r: %s" % (number, block, r.out))
    r = at(t, "explain", "2.2")
    expect('"icc": false' in r.out, r)
    r = at(t, "explain", "2.5")
    expect("--accept 2.5" in r.out, r)
    same(at(t, "explain", "2.99").code, 64)


RECIPES = [os.path.join(h.TOP, "recipes", n) for n in ("cis-docker-1.6.0.yaml", "cis-docker-1.6.0-engine.yaml")]


@case("a plan without an engine is the same with and without the sections that need one")
def _(t):
    base_host(t, daemon_json=JSON)
    whole = at(t, "plan", "--recipe", RECIPES[0], "--recipe", RECIPES[1])
    for words in ([], ["--skip", "5.31"], ["--set", "pids_limit=100"], ["--accept", "5.29"], ["--skip", "7"]):
        r = at(t, "plan", *words)
        same((r.code, r.out), (whole.code, whole.out), words, r)
    site(t, 'vars: {pids_limit: 100}\ncontrols:\n  "5.5": {waive: {reason: CI, until: 2099-01-31}}\n')
    same(at(t, "plan").out, whole.out)
    r = at(t, "plan", "--only", "5.5")
    expect(r.code == 0 and "\n0 changes, " in r.out, r)
    r = at(t, "plan", "--only", "5.99")
    expect(r.code == 64 and 'unknown control or section "5.99"; did you mean "5.9"?' in r.err, r)
    site(t, 'controls:\n  "5.99": {accept: true}\n')
    r = at(t, "plan")
    expect(r.code == 1 and "harden.yaml:2:3" in r.err and '"5.9"' in r.err, r)


@case("a plan without an engine does not read what needs one; an audit, which lists it, does")
def _(t):
    base_host(t, daemon_json=JSON)
    prefix = os.path.join(t.root, "srv/prefix")
    t.file("srv/prefix/bin/harden", "")
    shutil.copy(h.HARDEN, prefix + "/bin/harden")
    for folder in ("recipes", "templates"):
        shutil.copytree(os.path.join(h.TOP, folder), prefix + "/share/harden/" + folder)
    broken = os.path.join(prefix, "share/harden/recipes", os.path.basename(RECIPES[1]))
    t.file(os.path.relpath(broken, t.root), "controls: [\n")
    for words, code in ((["plan"], 2), (["plan", "--only", "5.5"], 1), (["audit"], 1)):
        r = harden(*words, "--root", t.root, program=prefix + "/bin/harden")
        same(r.code, code, r)
        same("%s:2:1" % RECIPES[1].rsplit("/", 1)[1] in r.err, code == 1, r)


@case("facts: each with its source")
def _(t):
    base_host(t)
    doc = at(t, "facts", "--format", "json").json
    facts = {f["name"]: f for f in doc["facts"]}
    same(facts["docker.version"]["value"], "26.1.5")
    same(facts["docker.dockerd"]["value"], "/usr/sbin/dockerd")
    same(facts["docker.runc"]["value"], "/usr/sbin/runc")
    same(facts["docker.group"]["value"], "docker")
    same(facts["host.live"]["value"], False)
    expect(all(f["source"] for f in facts.values() if f["value"] is not None), "a fact without a source")
    expect("docker.io" in facts["docker.version"]["source"], facts["docker.version"])


@case("lint: our recipes are without mistakes")
def _(t):
    recipes = [os.path.join(h.TOP, "recipes", n) for n in ("cis-docker-1.6.0.yaml", "linux-base.yaml")]
    r = harden("lint", *recipes)
    same(r.code, 0, r)
    same(r.out.count("no mistakes"), 2)


@case("--help and --version")
def _(t):
    r = harden("--help")
    same(r.code, 0)
    for verb in "plan apply audit rollback history recover backup explain facts lint".split():
        expect(re.search(r"^  %s " % verb, r.out, re.M), verb + " is not in the help")
        part = harden(verb, "--help")
        same(part.code, 0)
        expect(part.out.startswith("usage: harden " + verb), part)
    r = harden("--version")
    same(r.code, 0)
    expect(r.out.startswith("harden "), r)


@case("a closed standard input and output is no reason to write into a file")
def _(t):
    base_host(t)
    p = subprocess.run(["/bin/sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', h.HARDEN, "apply", "--root", t.root, "--yes"])
    same(p.returncode, 0)
    same(at(t, "plan").code, 0)


raise SystemExit(case.main())
