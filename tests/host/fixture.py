#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The fixture itself: a daemon with its containers comes up, is restarted, and goes without a trace."""
import os
import re
import sys

import dockerd as d
from dockerd import Cases, h

case = Cases()


@case("a daemon with three containers starts, and one restart stops them")
def _(daemon):
    daemon.start({"debug": True})
    pids = daemon.run("one", "two", "three")
    d.still_counting(pids)
    h.same(sorted(pids), ["one", "three", "two"])
    h.same(daemon.running(), [daemon.pid()])
    first = daemon.pid()
    daemon.restart()
    h.same(daemon.running(), [daemon.pid()])
    second = daemon.pid()
    h.expect(second != first, "the same pid after a restart")
    h.same(daemon.containers(), {})


@case("nothing of a daemon is left when it was cleaned away")
def _(daemon):
    daemon.start()
    daemon.run("one")
    daemon.clean()
    h.same(daemon.running(), [])
    daemon.start()
    h.same(daemon.get("/containers/json?all=1"), [])
    h.same(daemon.info()["Images"], 0)
    h.expect(not os.path.exists("/var/lib/harden/runs"))


@case("with live-restore the containers outlive a restart")
def _(daemon):
    daemon.start({"live-restore": True})
    pids = daemon.run("one")
    daemon.restart()
    h.same(daemon.containers(), pids)
    d.still_counting(pids)


@case("the table of versions names what runs here")
def _(daemon):
    daemon.start()
    with open(os.path.join(h.TOP, "docs", "versions.md"), encoding="utf-8") as f:
        rows = [line.split("|")[1:4] for line in f if line.startswith("| ")]
    said = {c["Name"]: c["Version"] for c in daemon.get("/version")["Components"]}
    # without what a distribution adds: 1.6.20~ds1, 20.10.24+dfsg1
    row = [" %s " % re.match(r"[0-9.]+", said[name]).group() for name in ("Engine", "containerd", "runc")]
    h.expect(row in rows, row, "is not in", rows)


sys.exit(case.main())
