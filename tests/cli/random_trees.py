#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plan, audit, apply, apply, rollback on many random host trees, with the invariants asserted:

1 plan and audit change nothing; 2 a second apply finds nothing and touches nothing; 3 rollback brings
back every byte, owner, mode, xattr and time; 5 a fix never loosens and keeps what it was not asked to
change; 7 the same host gives the same plan.

    random_trees.py             HARDEN_TREES trees (500), seeds from HARDEN_SEED (1)
    random_trees.py SEED        this seed alone; its tree is kept and named
"""
import json
import os
import random
import re
import shlex
import shutil
import stat
import struct
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor

import hosttree as h
import randomhost
from hosttree import expect, harden, listed, listing, same, unchanged

BOOLS = {"icc": True, "live-restore": False, "userland-proxy": True, "no-new-privileges": False,
         "experimental": False, "debug": False}
WANTED = {"icc": ("2.2", False), "live-restore": ("2.15", True), "userland-proxy": ("2.16", False),
          "no-new-privileges": ("2.14", True), "experimental": ("2.18", False), "debug": ("2.3", False)}
FLAG_KEYS = {words[0].split("=")[0]: key for words, key in randomhost.FLAGS}
TRUE = {"1", "t", "T", "TRUE", "true", "True"}


# the test's own reading of units and flags, apart from the program's

def logical_lines(text):
    return re.sub(r"\\\n", " ", text).splitlines()


def dockerd_words(tree):
    """The words dockerd is started with, after drop-ins and environment files."""
    units = ["etc/systemd/system/docker.service", h.UNIT_DIR + "/docker.service"]
    files = [u for u in units if tree.exists(u)][:1]
    drop_ins = {}
    for directory in (h.UNIT_DIR + "/docker.service.d", "etc/systemd/system/docker.service.d"):
        if tree.exists(directory):
            drop_ins.update({n: directory + "/" + n for n in os.listdir(tree.at(directory)) if n.endswith(".conf")})
    files += [drop_ins[n] for n in sorted(drop_ins)]
    execs, environment, env_files = [], {}, []
    for name in files:
        for line in logical_lines(tree.text(name)):
            key, _, value = line.partition("=")
            if key == "ExecStart":
                execs = execs + [value] if value.strip() else []
            elif key == "Environment":
                for word in shlex.split(value):
                    environment[word.partition("=")[0]] = word.partition("=")[2]
            elif key == "EnvironmentFile":
                env_files.append(value.lstrip("-"))
    for name in env_files:
        if tree.exists(name):
            for line in tree.text(name).splitlines():
                m = re.match(r"(\w+)=(.*)$", line)
                if m:
                    environment[m.group(1)] = " ".join(shlex.split(m.group(2)))
    words = []
    for word in (execs[-1].split() if execs else []):
        words += environment.get(word[1:], "").split() if word.startswith("$") else [word]
    return words


def flag_values(words):
    """daemon.json key -> list of the texts that flags give it."""
    values, i = {}, 1
    while i < len(words):
        name, equals, value = words[i].partition("=")
        key = FLAG_KEYS.get(name)
        i += 1
        if not key:
            continue
        if not equals and key in BOOLS:
            value = "true"
        elif not equals:
            value = words[i] if i < len(words) else ""
            i += 1
        values.setdefault(key, []).append(value)
    return values


def members(text):
    """Top-level members of a JSON object text: (key, text before it, its own text), without parsing inside."""
    decoder = json.JSONDecoder()
    blank = re.compile(r"[ \t\r\n]*")
    at = text.index("{") + 1
    found = []
    while True:
        start = blank.match(text, at).end()
        if text[start] == "}":
            return found
        key, end = decoder.raw_decode(text, start)
        end = blank.match(text, end).end() + 1
        value, end = decoder.raw_decode(text, blank.match(text, end).end())
        found.append((key, text[at:start], text[start:end], value))
        at = blank.match(text, end).end()
        if text[at] == "}":
            return found
        at += 1


EDITED = {"icc", "log-level", "debug", "iptables", "insecure-registries", "cgroup-parent", "storage-opts",
          "no-new-privileges", "live-restore", "userland-proxy", "seccomp-profile", "experimental"}


def check_json(before, after):
    """Invariant 5 for daemon.json: what no control asked for keeps its bytes and its place."""
    if after == before:
        return
    parsed = json.loads(after)
    same(list(parsed), list(dict.fromkeys(json.loads(after, object_pairs_hook=lambda p: [k for k, _ in p]))),
         "keys of daemon.json")
    if not before.strip():
        return
    old, new = members(before), members(after)
    now = {m[0]: m for m in new}
    for key, _, text, _ in old:
        if key in EDITED and (key not in now or now[key][2] != text):
            continue
        expect(key in now, "the key", key, "was lost")
        same(now[key][2], text, "bytes of the member " + key)
    kept = [m[0] for m in old if m[0] in now]
    same([m[0] for m in new if m[0] in kept], kept, "order of the keys")
    if old and "\r\n" in before and not re.search("[^\r]\n", before):
        expect(not re.search("[^\r]\n", after), "a bare line feed in a file with CRLF")
    blanks = {m[1] for m in old}
    for key, blank, _, _ in new:
        if key not in kept and len(old) > 1:
            expect(blank in blanks, "new key", key, "is set off by", repr(blank), "others by", blanks)
    same(after[after.rindex("}") + 1:], before[before.rindex("}") + 1:], "what follows the last brace")


def acl_entries(raw):
    return {(tag, who): perm for tag, perm, who in struct.iter_unpack("<HHI", raw[4:])}


def effective(item):
    """Who may do what: (kind, id) -> rwx bits, masks applied."""
    mode = item["mode"]
    raw = item["xattrs"].get("system.posix_acl_access")
    if not raw:
        return {("user", 0): mode >> 6 & 7, ("group", 0): mode >> 3 & 7, ("other", 0): mode & 7}
    entries = acl_entries(raw)
    none = 0xffffffff
    mask = entries.get((0x10, none), 7)
    rights = {("user", 0): entries[(1, none)], ("group", 0): entries[(4, none)] & mask,
              ("other", 0): entries[(0x20, none)]}
    for (tag, who), perm in entries.items():
        if tag in (2, 8):
            rights[("named user" if tag == 2 else "named group", who)] = perm & mask
    return rights


def check_never_looser(before, after):
    for path, old in before.items():
        new = after.get(path)
        expect(new, path, "is gone")
        same(stat.S_IFMT(new["kind"]), stat.S_IFMT(old["kind"]), path)
        if old["kind"] == stat.S_IFLNK:
            same(new["target"], old["target"], path)
            continue
        expect(not new["mode"] & ~old["mode"], "%s: mode %04o became %04o" % (path, old["mode"], new["mode"]))
        was = effective(old)
        for who, perm in effective(new).items():
            expect(not perm & ~was.get(who, 0), path, "gives", who, perm, "had", was)
        if new["owner"] != old["owner"]:
            expect(new["owner"][0] == 0 and new["owner"][1] in (0, h.DOCKER_GID), path, "now belongs to", new["owner"])
        for name, value in old["xattrs"].items():
            if not name.startswith("system.posix_acl"):
                same(new["xattrs"].get(name), value, path + " " + name)


# all that apply may create
NEW = {h.OUR_RULES, "etc/audit", "etc/audit/rules.d", "etc/tmpfiles.d", "etc/tmpfiles.d/harden-docker-audit.conf", "etc/docker",
       "etc/docker/daemon.json", "etc/docker/daemon.real.json", "etc/docker/none.json", "opt", "opt/none.json", "opt/docker",
       "opt/docker/daemon.json", "opt/docker/none.json", "etc/systemd", "etc/systemd/system",
       "etc/systemd/system/docker.service.d", "etc/systemd/system/docker.service.d/50-harden.conf",
       "etc/systemd/system/docker.service.d/50-image.harden.conf", "etc/systemd/system/docker.service.d/90-image.harden.conf",
       "etc/systemd/system/docker.service.d/a.harden.conf", "etc/systemd/system/docker.socket.d",
       "etc/systemd/system/docker.socket.d/50-harden.conf"}


def check_files(tree, made, before, after):
    for path, data in made.rules.items():
        if path in before:
            same(after[path]["data"], data, "the site's own rules in " + path)
    if h.OUR_RULES in before and not any(o.startswith("audit_perm") for o in made.options):
        old = set(before[h.OUR_RULES]["data"].decode().splitlines())
        expect(old <= set(after[h.OUR_RULES]["data"].decode().splitlines()), "lines of our rule file were lost")
    for path, old in before.items():
        if path == made.config or path == h.OUR_RULES or "data" not in old or after[path]["data"] == old["data"]:
            continue
        expect(re.search(r"docker\.service$|\.conf$|etc/default/docker$|site-docker$", path), path, "was rewritten")
        was, now = (logical_lines(d["data"].decode()) for d in (old, after[path]))
        same(len(now), len(was), "lines of " + path)
        for a, b in zip(was, now):
            expect(a == b or re.match(r"ExecStart=|Environment=|\w+_OPTS=", a), path, "line", repr(a), "became", repr(b))
    for path in after:
        if path not in before:
            expect(path in NEW, path, "is new")


def check_daemon(tree, made, ids):
    """Flags and file together, by the test's own reading. ids: controls the plan gave a reason for."""
    flags = flag_values(dockerd_words(tree))
    text = tree.text(made.config) if made.config and tree.exists(made.config) else ""
    if not made.config and made.docker == "etc/docker" and os.path.isfile(tree.at("etc/docker/daemon.json")):
        text = tree.text("etc/docker/daemon.json")
    config = json.loads(text) if text.strip() else {}
    both = set(flags) & set(config)
    expect(not both, "set by flag and in daemon.json:", both)
    if made.options or any(n.startswith(("no ", "dangling", "unsafe")) for n in made.notes):
        return
    for key, (number, wanted) in WANTED.items():
        value = flags[key][-1] in TRUE if key in flags else config.get(key, BOOLS[key])
        swarm = key == "live-restore" and "swarm" in made.notes
        expect(value == wanted or number in ids or swarm, key, "is still", value)


def steady(text):
    return re.sub(r'\s*"(started|elapsed_ms)": [^\n]*', "", text)


def check_tree(tree, made):
    run = lambda verb, *words: harden(verb, "--root", tree.root, *made.options, *words)
    rollback = lambda: harden("rollback", "--root", tree.root, "--yes")
    first, stamped = listing(tree.root), listing(tree.root, True, ())

    planned, planned_json, audited = run("plan"), run("plan", "--format", "json"), run("audit", "--format", "json")
    again, again_json = run("plan"), run("plan", "--format", "json")
    unchanged(stamped, listing(tree.root, True, ()), "plan or audit")
    same(again.out, planned.out, "a second plan")
    same(steady(again_json.out), steady(planned_json.out), "a second plan as JSON")
    expect(audited.code in (0, 1, 2), audited)
    if made.bad:
        for r in (planned, planned_json, run("apply", "--yes")):
            same(r.code, 1, r)
            expect(r.err.startswith("harden: "), r)
        unchanged(stamped, listing(tree.root, True, ()), "a refused apply")
        return
    expect(planned.code in (0, 2), planned)
    same(planned.code, 2 if planned_json.json["summary"]["changes"] else 0, planned_json)

    r = run("apply", "--yes", "--format", "json")
    same(r.code, 0, r)
    applied = r.json
    same(applied["result"], "applied" if planned.code else "nothing")
    second = listing(tree.root)
    check_never_looser(first, second)
    check_files(tree, made, first, second)
    if made.config and made.config in first:
        check_json(first[made.config]["data"].decode(), second[made.config]["data"].decode())
    after = run("plan", "--format", "json")
    same(after.code, 0, after)
    check_daemon(tree, made, listed(after.json))
    verdicts = run("audit", "--format", "json")
    for c in verdicts.json["controls"]:
        expect(c["status"] != "fail" or c["id"] in listed(after.json), "control", c["id"], "fails after apply and no "
               "list of the plan names it:", c["findings"])
        expect(c["evidence"], c["id"], "has no evidence")

    stamped = listing(tree.root, True, ())
    r = run("apply", "--yes", "--format", "json")
    same((r.code, r.json["result"]), (0, "nothing"), r)
    unchanged(stamped, listing(tree.root, True, ()), "a second apply")
    r = rollback()
    same(r.code, 0, r)
    unchanged(first, listing(tree.root), "apply and rollback")


def one_seed(seed, directory):
    """What is wrong with this seed, "" if nothing."""
    os.umask(0o022)
    tree = h.Tree(os.path.join(directory, "s%d" % seed))
    made = None
    try:
        made = randomhost.random_host(tree, random.Random(seed))
        check_tree(tree, made)
        return ""
    except AssertionError as e:
        return "%s\ntree: %s; options %s; bad %s" % (e, ", ".join(made.notes), made.options, made.bad)
    except Exception:
        return "%s\ntree: %s" % (traceback.format_exc(), made and made.notes)
    finally:
        if len(sys.argv) < 2:
            tree.remove()


def main():
    if not os.access(h.HARDEN, os.X_OK) or os.geteuid() != 0:
        print("Bail out! needs root and a program, HARDEN is %s" % h.HARDEN)
        return 1
    directory = h.work_directory()
    if len(sys.argv) > 1:
        why = one_seed(int(sys.argv[1]), directory)
        print("%s\n%s" % (why or "fine", directory))
        return 1 if why else 0
    start, count = int(os.environ.get("HARDEN_SEED", "1")), int(os.environ.get("HARDEN_TREES", "500"))
    seeds = range(start, start + count)
    failed = 0
    print("1..%d" % count)
    try:
        with ProcessPoolExecutor(2) as pool:
            for seed, why in zip(seeds, pool.map(one_seed, seeds, [directory] * count, chunksize=4)):
                print("%sok %d - seed %d" % ("not " if why else "", seed - start + 1, seed))
                if why:
                    failed += 1
                    print("\n".join("# " + line for line in why.splitlines()))
                    print("# rerun: HARDEN=%s %s %d" % (h.HARDEN, sys.argv[0], seed))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 1 if failed else 0


raise SystemExit(main())
