#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--dockerfile: the verdicts of tests/data/dockerfile, what plan, apply and rollback make of each file, and
what is refused. A case there is a directory with a Dockerfile, its context, and the file as apply should
leave it (fixed), if it should change. expected.tsv: "fail:3,7?9" are lines of findings and, behind the
question mark, of what a person has to judge; "-" is whatever."""
import os
import random
import re
import shutil

import hosttree as h
from hosttree import Cases, control, expect, listing, same, unchanged

case = Cases()
DATA = os.path.join(h.TOP, "tests", "data", "dockerfile")
REGISTRIES = ("--set", "trusted_registries=docker.io")
PLAIN = "FROM debian\nADD app /app\nUSER app\nHEALTHCHECK CMD x\n"
FIXED = PLAIN.replace("ADD", "COPY")


def home(t, uid=None):
    """The environment of a user whose state lies beside the tree, below home."""
    if not t.exists("home"):
        t.dir("home", 0o755, uid or 0, uid or 0)
    return {"HOME": t.at("home"), "PATH": os.environ.get("PATH", "")}


def names():
    return sorted(n for n in os.listdir(DATA) if os.path.isdir(os.path.join(DATA, n)))


def table():
    with open(os.path.join(DATA, "expected.tsv")) as f:
        rows = [line.rstrip("\n").split("\t") for line in f]
    return rows[0][1:], {row[0]: row[1:] for row in rows[1:]}


def put_case(t, name):
    """The case's files in the tree, writable; returns the options for it."""
    shutil.copytree(os.path.join(DATA, name), t.at("case"), symlinks=True)
    for folder, _, files in os.walk(t.at("case")):
        os.chmod(folder, 0o755)
        for f in files:
            os.chmod(os.path.join(folder, f), 0o644)
    context = ("--context", "context") if t.exists("case/context") else ()
    return ("--dockerfile", "Dockerfile") + context


def in_case(t, verb, options, *words):
    if verb not in ("audit", "plan", "apply", "explain"):
        options = options[:2]
    return h.harden(verb, *options, *words, env=home(t), cwd=t.at("case"))


def cell(c):
    failed = sorted({int(f["resource"].split(":")[1]) for f in c["findings"]})
    told = sorted({int(n) for note in c["notes"] for n in re.findall(r"Dockerfile:(\d+)", note)})
    text = c["status"]
    if failed:
        text += ":" + ",".join(map(str, failed))
    return text + ("?" + ",".join(map(str, told)) if told else "")


@case("every Dockerfile has its verdicts")
def _(t):
    ids, rows = table()
    same(sorted(rows), names())
    wrong = []
    for name in names():
        options = put_case(t, name)
        r = in_case(t, "audit", options, "--format", "json", *REGISTRIES)
        doc = r.json
        same([c["id"] for c in doc["controls"]], ids, r)
        for c, wanted in zip(doc["controls"], rows[name]):
            expect(c["evidence"], "%s: %s has no evidence" % (name, c["id"]))
            expect(all(f["part"] == "written" for f in c["findings"]), c)
            if wanted not in ("-", cell(c)):
                wrong.append("%s: %s is %s, expected %s" % (name, c["id"], cell(c), wanted))
        same(r.code, 2 if doc["summary"]["fail"] else 0, r)
        shutil.rmtree(t.at("case"))
    expect(not wrong, "\n".join(wrong))


@case("plan, apply, apply, rollback: only the fixes, then every byte back")
def _(t):
    changed = 0
    for name in names():
        options = put_case(t, name)
        before = listing(t.at("case"))
        fixed = t.read("case/fixed") if t.exists("case/fixed") else None
        if fixed is not None:
            same(in_case(t, "plan", options).code, 2, name)
            unchanged(before, listing(t.at("case")), name + ": plan")
        r = in_case(t, "apply", options, "--yes", "--format", "json")
        same((r.code, r.json["result"]), (0, "nothing" if fixed is None else "applied"), name, r)
        if fixed is not None:
            same(t.read("case/Dockerfile"), fixed, name)
            after = listing(t.root, True)
            same(in_case(t, "plan", options).code, 0, name)
            same(in_case(t, "apply", options, "--yes").code, 0, name)
            unchanged(after, listing(t.root, True), name + ": a second apply")
            same(in_case(t, "rollback", options, "--yes").code, 0, name)
            changed += 1
        unchanged(before, listing(t.at("case")), name + ": apply and rollback")
        shutil.rmtree(t.at("case"))
        shutil.rmtree(t.at("home"), ignore_errors=True)
    same(changed, sum(os.path.exists(os.path.join(DATA, n, "fixed")) for n in names()))
    expect(changed >= 9, changed)


@case("a line that is left alone has its reason")
def _(t):
    reasons = {
        "add-archives": {2: "is an archive", 4: "is an archive", 8: "is an archive"},
        "add-no-context": {2: "without --context"},
        "add-not-sure": {3: "variable", 4: "pattern", 5: "not in the context", 6: "left out by .dockerignore",
                         7: "stands in the Dockerfile", 10: "flag that COPY does not take"},
        "add-remote": {2: "fetches an address", 4: "fetches a repository"},
        "update-alone": {2: "no RUN that begins with an install"},
        "update-hides-failure": {2: "goes on after a failure"},
        "update-exec-form": {2: "no plain command"},
        "update-all": {2: "no plain command"},
        "update-heredoc": {6: "no plain command"},
        "update-onbuild": {2: "no plain command"},
    }
    for name, lines in reasons.items():
        options = put_case(t, name)
        blocked = in_case(t, "plan", options, "--format", "json").json["blocked"]
        for line, text in lines.items():
            found = [b for b in blocked if b["resource"] == "Dockerfile:%d" % line]
            expect(len(found) == 1 and text in found[0]["reason"] and found[0]["next"], name, line, blocked)
        shutil.rmtree(t.at("case"))


@case("what only a person does is listed with what to write")
def _(t):
    options = put_case(t, "bare")
    doc = in_case(t, "plan", options, "--format", "json").json
    by_hand = {b["controls"][0]: b for b in doc["by_hand"]}
    expect("in front of line 2" in by_hand["4.1"]["next"] and "adduser" in by_hand["4.1"]["next"], by_hand["4.1"])
    expect("HEALTHCHECK" in by_hand["4.6"]["next"], by_hand["4.6"])
    expect(by_hand["4.6"]["reason"].startswith("Dockerfile:1: "), by_hand["4.6"])
    same(doc["summary"]["changes"], 0)
    r = in_case(t, "explain", options, "4.6")
    expect(r.code == 0 and "Dockerfile:1" in r.out, r)


@case("words that switch a check off go with consent only")
def _(t):
    options = put_case(t, "unverified")
    before = t.text("case/Dockerfile")
    doc = in_case(t, "plan", options, "--format", "json").json
    expect([c for c in doc["changes"] if c["consent"] and c["controls"] == ["4.11"]], doc["changes"])
    same(in_case(t, "apply", options, "--yes").code, 0)
    same(t.text("case/Dockerfile"), before)
    same(in_case(t, "apply", options, "--yes", "--accept", "4.11").code, 0)
    same(t.text("case/Dockerfile"), before.replace(" --allow-unauthenticated", ""))


@case("secrets are never printed")
def _(t):
    options = put_case(t, "secret-values")
    with open(t.at("case/Dockerfile"), "a") as f:
        f.write("ENV PASSWORD=hunter2\nADD x /\n")
    t.file("case/context/x")
    for words in (("audit",), ("plan",), ("audit", "--format", "json"), ("plan", "--format", "json"), ("apply", "--yes")):
        r = in_case(t, words[0], ("--dockerfile", "Dockerfile", "--context", "context"), *words[1:])
        for secret in ("AKIAIOSFODNN7EXAMPLE", "swordfish", "ghp_0123", "hunter2"):
            expect(secret not in r.out + r.err, secret, r)
    r = in_case(t, "rollback", options, "--yes")
    expect("+ADD" in r.out and "hunter2" not in r.out, r)


@case("an ordinary user changes a file of their own, and it stays theirs")
def _(t):
    def as_alice():
        os.setgroups([1001])
        os.setgid(1000)
        os.setuid(1000)
    t.dir("app", 0o755, 1000, 1000)
    t.file("app/Dockerfile", PLAIN, 0o640, 1000, 1001)
    t.file("app/app", "x", 0o644, 1000, 1000)
    os.chmod(os.path.dirname(t.root), 0o755)
    before, env = listing(t.at("app")), home(t, 1000)
    run = lambda verb, *w: h.harden(verb, "--dockerfile", "Dockerfile", *w, env=env, cwd=t.at("app"), preexec=as_alice)
    r = run("apply", "--context", ".", "--yes")
    same(r.code, 0, r)
    same((t.text("app/Dockerfile"), t.owner("app/Dockerfile"), t.mode("app/Dockerfile")), (FIXED, (1000, 1001), 0o640))
    state = t.at("home/.local/state/harden/dockerfile")
    same([n.rsplit("-", 1)[0] for n in os.listdir(state)], ["Dockerfile"])
    same(os.stat(os.path.join(state, os.listdir(state)[0])).st_mode & 0o777, 0o700)
    expect("standing" in run("history").out, "history")
    same(run("rollback", "--yes").code, 0)
    unchanged(before, listing(t.at("app")), "apply and rollback")
    os.chown(t.at("app/Dockerfile"), 1000, 4)  # a group that is not alice's: it could not be given back
    r = run("plan", "--context", ".", "--format", "json")
    expect(r.code == 0 and "belongs to uid 1000 and group 4" in r.json["blocked"][0]["reason"], r)
    os.chown(t.at("app/Dockerfile"), 0, 0)
    os.chmod(t.at("app/Dockerfile"), 0o644)
    r = run("apply", "--context", ".", "--yes")
    expect(r.code == 0 and "belongs to uid 0" in r.out and t.text("app/Dockerfile") == PLAIN, r)


@case("links: that of the path is followed, a second name of the file blocks")
def _(t):
    env = home(t)
    t.file("real/Dockerfile", PLAIN)
    t.file("app/app", "x")
    t.link("app/Dockerfile", "../real/Dockerfile")
    words = ("--dockerfile", "Dockerfile", "--context", ".", "--yes")
    same(h.harden("apply", *words, env=env, cwd=t.at("app")).code, 0)
    same(t.text("real/Dockerfile"), FIXED)
    same(os.readlink(t.at("app/Dockerfile")), "../real/Dockerfile")
    same(h.harden("rollback", "--dockerfile", t.at("real/Dockerfile"), "--yes", env=env).code, 0)
    same(t.text("real/Dockerfile"), PLAIN)
    os.link(t.at("real/Dockerfile"), t.at("real/other"))
    r = h.harden("apply", *words, env=env, cwd=t.at("app"))
    expect(r.code == 0 and "more than one link" in r.out, r)
    same(t.text("real/Dockerfile"), PLAIN)


@case("runs of one Dockerfile are not those of its neighbour")
def _(t):
    env = dict(home(t), XDG_STATE_HOME=t.at("home/state"))
    for name in ("Dockerfile", "Dockerfile.dev"):
        t.file("app/" + name, PLAIN)
        t.file("app/app")
        same(h.harden("apply", "--dockerfile", t.at("app/" + name), "--context", t.at("app"), "--yes", env=env).code, 0)
    same(sorted(n.rsplit("-", 1)[0] for n in os.listdir(t.at("home/state/harden/dockerfile"))),
         ["Dockerfile", "Dockerfile.dev"])
    same(h.harden("rollback", "--dockerfile", t.at("app/Dockerfile"), "--yes", env=env).code, 0)
    same((t.text("app/Dockerfile"), t.text("app/Dockerfile.dev")), (PLAIN, FIXED))
    t.file("app/Dockerfile.dev", FIXED + "# mine\n")
    r = h.harden("rollback", "--dockerfile", t.at("app/Dockerfile.dev"), "--yes", env=env)
    expect(r.code == 3 and t.text("app/Dockerfile.dev").endswith("# mine\n"), r)
    os.unlink(t.at("app/Dockerfile"))
    r = h.harden("history", "--dockerfile", t.at("app/Dockerfile"), env=env)
    expect(r.code == 0 and "undone" in r.out, r)


@case("what is wrong is said with its place, and nothing is changed")
def _(t):
    env = home(t)
    t.file("app/app", "x")
    for text, says in ((b"FROM a\nRUN x\0\n", ":2:6: a NUL byte"), (b"", ":1:1: there is no FROM"),
                       (b"FROM a\nCOYP a b\n", ":2:1: unknown instruction COYP (did you mean COPY?)"),
                       (b"FROM a\nRUN <<E\nx\n", ":2:1: nothing ends the here-document E"),
                       (b"FROM a\n" + b"RUN x\n" * 10001, ": more than 10000 instructions"),
                       (b"# " + b"x" * (1 << 20) + b"\nFROM a\n", "is larger than")):
        t.file("app/Dockerfile", text)
        before = listing(t.root)
        for verb in ("plan", "apply"):
            r = h.harden(verb, "--dockerfile", t.at("app/Dockerfile"), *(("--yes",) if verb == "apply" else ()), env=env)
            expect(r.code == 1 and says in r.err and "Dockerfile" in r.err, verb, r)
        r = h.harden("audit", "--dockerfile", t.at("app/Dockerfile"), "--format", "json", env=env)
        same({c["status"] for c in r.json["controls"]}, {"error"})
        same(r.code, 1)
        expect(says in control(r.json, "4.1")["evidence"][0]["value"], r)
        unchanged(before, listing(t.root), "a refusal")


@case("options that do not go together")
def _(t):
    env = home(t)
    t.file("app/Dockerfile", PLAIN)
    path = t.at("app/Dockerfile")
    for words, says in ((("audit", "--context", "."), "--context goes with --dockerfile"),
                        (("audit", "--dockerfile", path, "--root", "/"), "--root does not go with --dockerfile"),
                        (("audit", "--dockerfile", path, "--engine", "none"), "--engine does not go with"),
                        (("plan", "--dockerfile", path, "--live"), "--live does not go with"),
                        (("facts", "--dockerfile", path), "--dockerfile does not go with facts"),
                        (("rollback", "--dockerfile", path, "--context", "."), "--context does not go with rollback")):
        r = h.harden(*words, env=env)
        expect(r.code == 64 and says in r.err, r)
    r = h.harden("plan", "--dockerfile", path, env={"PATH": ""})
    expect(r.code == 64 and "--state-dir" in r.err, r)
    for words, says in (((t.at("app/none"),), "is not there"), ((t.at("app"),), "is no regular file"),
                        ((t.at("no/where"),), "open "), ((path, "--context", t.at("none")), "open the context")):
        r = h.harden("plan", "--dockerfile", *words, env=env)
        expect(r.code == 1 and says in r.err, r)


@case("nothing of the host is looked at")
def _(t):
    env = home(t)
    t.file("app/Dockerfile", PLAIN)
    t.file("app/etc/harden/harden.yaml", "nonsense: [")
    t.file("app/etc/docker/daemon.json", "nonsense: [")
    doc = h.harden("audit", "--dockerfile", t.at("app/Dockerfile"), "--format", "json", env=env).json
    same({c["id"].split(".")[0] for c in doc["controls"]}, {"4"})
    same((doc["host"]["dockerfile"], doc["host"]["docker"], doc["host"]["live"]), (t.at("app/Dockerfile"), None, False))
    same(len(doc["not_selected"]) + len(doc["controls"]), 117)
    r = h.harden("audit", "--dockerfile", t.at("app/Dockerfile"), "--config", t.at("app/etc/harden/harden.yaml"), env=env)
    same(r.code, 1, r)


@case("a context that cannot be listed makes 4.10 an error, not a pass")
def _(t):
    t.file("app/Dockerfile", "FROM a\nCOPY . /\nUSER a\nHEALTHCHECK CMD x\n")
    t.dir("app/many")
    for n in range(50010):
        os.close(os.open(t.at("app/many") + "/%d" % n, os.O_CREAT | os.O_WRONLY))
    doc = h.harden("audit", "--dockerfile", t.at("app/Dockerfile"), "--context", t.at("app"), "--format", "json", env=home(t)).json
    same(control(doc, "4.10")["status"], "error")
    expect("more than 50000 files" in str(control(doc, "4.10")["evidence"]), control(doc, "4.10"))


@case("a site file's waiver of one line")
def _(t):
    t.file("app/Dockerfile", PLAIN + "ADD app /b\n")
    t.file("app/app")
    t.file("site.yaml", 'controls:\n  "4.9": {waive: {reason: mine, until: 2099-01-01, only: ["Dockerfile:2", "Dockerfile:5"]}}\n')
    words = ("--dockerfile", "Dockerfile", "--config", "../site.yaml", "--format", "json")
    doc = h.harden("audit", *words, env=home(t), cwd=t.at("app")).json
    same(control(doc, "4.9")["status"], "waived")


@case("random formatting: the fixes, then every byte back")
def _(t):
    r, env = random.Random(5), home(t)
    t.file("app/x")
    inside, between = (" ", "  ", "\t", " \\\n  ", " \\\n# c \xe4\n\t"), ("\n", "\n\n", "\n# note \\\n", "\n \t\n#\n", "\r\n")
    for _ in range(25):
        def line(*words):
            return "".join(w + r.choice(inside) for w in words[:-1]) + words[-1] + r.choice(between)
        text = (r.choice(("", "\ufeff", "# syntax=docker/dockerfile:1\n")) + line("FROM", "debian")
                + line(r.choice(("ADD", "add", "Add")), "x", "/x") + line("RUN", "apt-get", "-q", "update")
                + line("run", "apt-get", "install", "-y", "x", "&&", "rm", "-rf", "/l") + line("USER", "u") + "HEALTHCHECK CMD x")
        t.file("app/Dockerfile", text.encode("utf-8"))
        before = listing(t.at("app"))
        words = ("--dockerfile", "Dockerfile", "--context", ".")
        done = h.harden("apply", *words, "--yes", "--format", "json", env=env, cwd=t.at("app"))
        same((done.code, done.json["changes"][0]["controls"]), (0, ["4.7", "4.9"]), text, done)
        drop = re.compile(r"(?i)add|copy|run|&&|[\s\\]")
        same(drop.sub("", t.text("app/Dockerfile")), drop.sub("", text))
        doc = h.harden("audit", *words, "--format", "json", env=env, cwd=t.at("app")).json
        same((control(doc, "4.7")["status"], control(doc, "4.9")["status"]), ("pass", "pass"), text)
        same(h.harden("rollback", *words[:2], "--yes", env=env, cwd=t.at("app")).code, 0)
        unchanged(before, listing(t.at("app")), "apply and rollback")


if __name__ == "__main__":
    raise SystemExit(case.main())
