#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bringing into force what is written, on a real daemon: reload, restart, containers kept, undo."""
import json
import os
import signal
import sys
import time

import dockerd as d
from dockerd import Cases, h, harden, still_counting
from hosttree import expect, same

case = Cases()
LEVEL1 = ("--level", "1")


def apply(*words, code=0, **how):
    r = harden("apply", "--yes", "--format", "json", *words, **how)
    same(r.code, code, r)
    return r.json if r.out.startswith("{") else None


@case("a change that a reload does keeps the daemon's pid")
def _(daemon):
    daemon.start({"log-level": "info"})
    pid = daemon.pid()
    doc = apply("--only", "2.15")
    same(doc["result"], "applied")
    same(daemon.pid(), pid)
    same(daemon.info()["LiveRestoreEnabled"], True)
    doc = apply("--only", "2.15")
    same((doc["result"], doc["pending"]), ("nothing", []))
    same(daemon.pid(), pid)


@case("with no container a restart brings all of it into force")
def _(daemon):
    daemon.start({"debug": True, "log-level": "debug"})
    pid = daemon.pid()
    doc = apply(*LEVEL1)
    same((doc["result"], doc["pending"]), ("applied", []))
    expect(daemon.pid() not in (None, pid), daemon.pid())
    same(daemon.get("/networks/bridge")["Options"]["com.docker.network.bridge.enable_icc"], "false")
    same(daemon.info()["Debug"], False)
    pid = daemon.pid()
    doc = apply(*LEVEL1)
    same((doc["result"], doc["pending"]), ("nothing", []))
    same(daemon.pid(), pid)


@case("three containers live through live-restore by reload, then a restart")
def _(daemon):
    daemon.start()
    pids = daemon.run("one", "two", "three")
    pid = daemon.pid()
    doc = apply(*LEVEL1, code=2)
    same(doc["result"], "applied")
    expect(daemon.pid() != pid)
    same(daemon.containers(), pids)
    still_counting(pids)
    text = "\n".join(doc["pending"])
    expect("no container running for icc, userland-proxy" in text and "one, three, two" in text, text)
    expect("no-new-privileges" in text, text)
    # what waits is derived: it still does, and nothing is restarted for it
    pid = daemon.pid()
    doc = apply(*LEVEL1, code=2)
    same(doc["result"], "nothing")
    expect("no container running for icc" in doc["pending"][0], doc["pending"])
    same(daemon.pid(), pid)
    for name in pids:
        daemon.post("/containers/%s/kill" % name)
    doc = apply(*LEVEL1)
    same(doc["pending"], [])
    expect(daemon.pid() != pid)
    same(daemon.get("/networks/bridge")["Options"]["com.docker.network.bridge.enable_icc"], "false")


@case("a rollback gives live-restore up last: the same three live on")
def _(daemon):
    daemon.start("{}")
    pids = daemon.run("one", "two", "three")
    before = open(d.CONFIG).read()
    apply(code=2)
    same(daemon.info()["LiveRestoreEnabled"], True)
    pid = daemon.pid()
    r = harden("rollback", "--yes", "--format", "json")
    same(r.code, 2, r)
    same(open(d.CONFIG).read(), before)
    expect(daemon.pid() != pid, r)
    same(daemon.info()["LiveRestoreEnabled"], False)
    same(daemon.containers(), pids)
    still_counting(pids)
    doc = apply("--only", "2.4")  # changes nothing
    same((doc["result"], doc["pending"]), ("nothing", []))


# what dockerd is told

RECIPE = """\
benchmark: traps
version: "1"
controls:
  - id: "99.1"
    title: a trap
    ensure:
      - daemon: {%s}
"""


def recipe(text):
    path = os.path.join(os.environ["HARDEN_TEST_DIR"], "trap.yaml")
    d.write(path, RECIPE % text)
    return ("--recipe", path, "--only", "99.1")


# dockerd writes it to /proc/self/oom_score_adj, and no validator looks at it
TRAP = "key: oom-score-adjust, equals: 99999"


def refused_and_undone(daemon, words, *said):
    """An apply that dockerd refuses: undone, and the daemon is up again, within a minute."""
    before, began = open(d.CONFIG).read(), time.monotonic()
    r = harden("apply", "--yes", *words)
    same(r.code, 1, r)
    expect(time.monotonic() - began < 60, "it took %.0f s" % (time.monotonic() - began))
    same(open(d.CONFIG).read(), before)
    expect(daemon.up(), "the daemon is down", r)
    for text in said:
        expect(text in r.err, text, r)
    same(daemon.running(), [daemon.pid()], r)
    return r


@case("a configuration that dockerd refuses is undone, with what it logged")
def _(daemon):
    daemon.start({"debug": False})
    refused_and_undone(daemon, recipe(TRAP), "restart dockerd", "everything this run did was undone", "oom_score_adj")
    doc = apply("--only", "2.4")
    same((doc["result"], doc["pending"]), ("nothing", []))


@case("the same with live-restore: three containers live on through the undo")
def _(daemon):
    daemon.start({"live-restore": True})
    pids = daemon.run("one", "two", "three")
    refused_and_undone(daemon, recipe(TRAP), "oom_score_adj")
    same(daemon.containers(), pids)
    still_counting(pids)
    same(daemon.info()["LiveRestoreEnabled"], True)


@case("the same where the run itself turned live-restore on: given up last")
def _(daemon):
    daemon.start({"debug": False})
    pids = daemon.run("one", "two", "three")
    words = recipe(TRAP) + ("--recipe", os.path.join(h.TOP, "recipes", "cis-docker-1.6.0.yaml"), "--only", "2.15,99.1")
    refused_and_undone(daemon, words, "oom_score_adj")
    same(daemon.containers(), pids)
    still_counting(pids)
    same(daemon.info()["LiveRestoreEnabled"], False)
    doc = apply("--only", "2.4")
    same((doc["result"], doc["pending"]), ("nothing", []))


@case("a reload that dockerd refuses changes nothing and is undone")
def _(daemon):
    daemon.start({"debug": False})
    pid = daemon.pid()
    r = refused_and_undone(daemon, recipe("key: default-runtime, equals: nope"), "default runtime")
    same(daemon.pid(), pid, r)


# I.2's list: what keeps dockerd from starting, or every container from running, and no validator sees
TRAPS = [
    ("icc=false with iptables=false", {"icc": False, "iptables": False}, "iptables"),
    ("a seccomp profile that is no file", {"seccomp-profile": "/nonexistent.json"}, "/nonexistent.json"),
    ("an option that the log driver does not know", {"log-driver": "syslog", "log-opts": {"max-size": "1m"}}, "max-size"),
    ("a group that does not exist", {"group": "nosuch"}, "nosuch"),
    ("an unknown authorization plugin", {"authorization-plugins": ["nosuch"]}, "nosuch"),
    ("a log driver that does not exist", {"log-driver": "bogus"}, "bogus"),
    ("ulimits that no container can have", {"default-ulimits": {"nofile": {"Name": "nofile", "Hard": 1, "Soft": 5}}}, "nofile"),
    ("a device mapper's option on overlay2", {"storage-driver": "overlay2", "storage-opts": ["dm.basesize=10G"]}, "dm.basesize"),
    ("a user without subordinate ids", {"userns-remap": "nosuch"}, "nosuch"),
    ("a level that is none", {"log-level": "warnn"}, "warnn"),
    ("a network that is none", {"bip": "10.0.0.1/33"}, "10.0.0.1/33"),
    ("aufs", {"storage-driver": "aufs"}, "aufs"),
]


def trap(name, config, said):
    @case("not restarted into: " + name)
    def _(daemon):
        daemon.start({})
        pid = daemon.pid()
        # somebody wrote it after the daemon had started; our own change would need a restart
        d.write(d.CONFIG, json.dumps(config))
        before = open(d.CONFIG).read()
        r = harden("apply", "--yes", *recipe("key: mtu, equals: 1400"))
        same(open(d.CONFIG).read(), before, r)
        expect(daemon.up(), "the daemon is down", r)
        same(r.code, 1, r)
        expect(said in r.err, r)
        same(daemon.pid(), pid, r)


@case("what nobody has seen a daemon start with waits, or is left again")
def _(daemon):
    daemon.start({"debug": False})
    pid = daemon.pid()
    d.write(d.CONFIG, '{"oom-score-adjust": 99999}')
    doc = apply(*recipe("key: mtu, equals: 1400"), code=2)
    expect("somebody else changed its configuration" in doc["pending"][0], doc)
    same(daemon.pid(), pid)


@case("a restart that waited and then fails: the daemon runs as before, the file stays")
def _(daemon):
    daemon.start({"debug": True})
    pids = daemon.run("one")
    doc = apply("--restart", "never", *recipe(TRAP), code=2)
    expect("--restart never was given" in doc["pending"][0], doc)
    doc = apply(*recipe(TRAP), code=2)
    expect("1 container would stop (one)" in doc["pending"][0], doc)
    same(daemon.containers(), pids)
    written = open(d.CONFIG).read()
    r = harden("apply", "--yes", "--restart", "always", *recipe(TRAP))
    same(r.code, 1, r)
    expect("oom_score_adj" in r.err and "started with before" in r.out, r)
    expect(daemon.up(), r)
    same(open(d.CONFIG).read(), written)
    same(daemon.info()["Debug"], True)
    r = harden("rollback", "--yes")
    same(r.code, 0, r)
    expect(daemon.up(), r)


@case("a restart that waited is finished by --restart always, which stops containers")
def _(daemon):
    daemon.start({"log-level": "debug"})
    daemon.run("one", "two")
    pid = daemon.pid()
    doc = apply("--only", "2.3,2.14", code=2)
    expect("for log-level, no-new-privileges: 2 containers would stop (one, two)" in doc["pending"][0], doc)
    same(daemon.pid(), pid)
    doc = apply("--only", "2.3,2.14", "--restart", "always")
    same((doc["result"], doc["pending"]), ("nothing", []))
    expect(daemon.pid() != pid)
    same(daemon.containers(), {})


for item in TRAPS:
    trap(*item)

sys.exit(case.main())
