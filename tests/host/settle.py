#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bringing into force what is written, on a real daemon: reload, restart, containers kept, undo."""
import os
import signal
import sys

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


sys.exit(case.main())
