#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fifty applies in a row with random settings against one live daemon. It is up after each, what it shows
is what is written, and the containers, with live-restore on, are the same at the end as at the start.
HARDEN_SEED repeats a run, HARDEN_ROUNDS makes it longer."""
import json
import os
import random
import sys

import dockerd as d
from dockerd import Cases, h, harden, still_counting
from hosttree import expect, same

case = Cases()
SEED = int(os.environ.get("HARDEN_SEED", "1"))
ROUNDS = int(os.environ.get("HARDEN_ROUNDS") or 50)

# keys and values that dockerd takes; the last ones it refuses, when it is asked or when it starts
SETTINGS = {
    "debug": ["true", "false"],
    "default-shm-size": ["64M", "128M"],
    "icc": ["true", "false"],
    "insecure-registries": ["[]", "[registry.example:5000]", "[10.1.0.0/16, registry.example:5000]"],
    "ip-forward": ["true"],
    "labels": ["[]", "[site=a]", "[site=a, rack=7]"],
    "live-restore": ["true"],
    "log-driver": ["json-file", "local"],
    "log-level": ["info", "warn", "debug"],
    "max-concurrent-downloads": ["3", "5"],
    "mtu": ["1400", "1500"],
    "no-new-privileges": ["true", "false"],
    "registry-mirrors": ["[]", '["https://mirror.example/"]'],
    "shutdown-timeout": ["15", "20"],
    "userland-proxy": ["true", "false"],
}
BAD = [("oom-score-adjust", "99999"), ("default-runtime", "nope"), ("bip", "10.0.0.1/40"), ("group", "nosuch"), ("seccomp-profile", "/nonexistent")]


def recipe(settings):
    path = os.path.join(os.environ["HARDEN_TEST_DIR"], "random.yaml")
    lines = ["benchmark: random", 'version: "1"', "controls:"]
    for number, (key, value) in enumerate(settings, 1):
        lines += ['  - id: "99.%d"' % number, "    title: %s" % key, "    ensure:",
                  "      - daemon: {key: %s, equals: %s}" % (key, value)]
    d.write(path, "\n".join(lines) + "\n")
    return path


def one_round(daemon, rnd):
    """Applies, or rolls the last one back; returns what was done."""
    if rnd.random() < 0.15:
        r = harden("rollback", "--yes")
        expect(r.code in (0, 2), r)
        return "rollback"
    settings = [(key, rnd.choice(SETTINGS[key])) for key in rnd.sample(sorted(SETTINGS), rnd.randint(1, 4))]
    bad = rnd.random() < 0.15
    if bad:
        settings.append(rnd.choice(BAD))
    before = open(d.CONFIG).read()
    r = harden("apply", "--yes", "--format", "json", "--recipe", recipe(settings),
               "--restart", rnd.choice(("safe", "safe", "never")))
    if bad and not (r.code in (0, 2) and r.json["blocked"]):
        # with --restart never what only a start would show is written and waits: taken back
        expect(r.code in (1, 2), r)
        if r.code == 2:
            same(harden("rollback", "--yes").code in (0, 2), True)
    else:
        expect(r.code in (0, 2), r)
    if r.code == 1:
        same(open(d.CONFIG).read(), before, r)
    return "apply %s -> %d" % (settings, r.code)


def check(daemon, pids, done):
    expect(daemon.up(), "the daemon is down", done)
    same(daemon.running(), [daemon.pid()], done)
    same(daemon.containers(), pids, done)
    info, config = daemon.info(), daemon.config()
    same(info["LiveRestoreEnabled"], True, done)
    if "debug" in config:
        same(info["Debug"], config["debug"], done)


@case("%d applies in a row (HARDEN_SEED=%d)" % (ROUNDS, SEED))
def _(daemon):
    rnd = random.Random(SEED)
    daemon.start({"live-restore": True, "debug": False})
    pids = daemon.run("one", "two", "three")
    ids = sorted(c["Id"] for c in daemon.get("/containers/json"))
    done = []
    for number in range(ROUNDS):
        done.append(one_round(daemon, rnd))
        check(daemon, pids, "round %d: %s" % (number, "; ".join(done[-3:])))
    still_counting(pids)
    same(sorted(c["Id"] for c in daemon.get("/containers/json")), ids)
    kinds = {k: sum(1 for x in done if k(x)) for k in (lambda x: x == "rollback", lambda x: x.endswith("-> 1"))}
    expect(ROUNDS < 50 or all(kinds.values()), "too tame a run", done)
    # all that waited is finished, and then there is nothing
    r = harden("apply", "--yes", "--format", "json", "--only", "2.4")
    expect(r.code in (0, 2), r)
    expect(not any("--restart" in line for line in r.json["pending"]), r)
    same(daemon.containers(), pids)
    same(json.loads(open(d.CONFIG).read()), daemon.config())


sys.exit(case.main())
