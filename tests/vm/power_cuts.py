#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A power cut after a step of an apply that moves a key from a flag into daemon.json.

A step is a call that the journal or a change ends with: a sync or a rename (cut.c). After each cut
the machine boots by itself, and docker and auditd have to be active before anything is typed: every
other time with harden-recover.service enabled, which then has brought back the old state, in force;
the other times without it, so that dockerd starts on the state in between, and harden recover brings
it back. After the last step the run stands, whole, and rollback brings the old state back.

All steps take about half an hour. Those after which another state stands on the disk are always taken:
each sync of the journal, and each rename of a file of the host. Of the others, which prepare such a
step or make it last, as many as fit into MINUTES, spread evenly. HARDEN_VM_CUTS=all takes every one,
HARDEN_VM_CUTS=7,12 these.
"""
import os
import subprocess
import tempfile
import time

from guest import SOURCES, difference, script
from machine import Died

MINUTES = 5
FLAGS = "--icc --log-driver=json-file --log-opt=max-size=10m"
UNIT = f"""\
[Service]
ExecStart=
ExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock {FLAGS} $DOCKER_OPTS
"""
# 2.13 changes --log-driver where it stands and writes log-opts, a map, into daemon.json.
SITE = """\
vars: {log_driver: syslog, log_opts: {syslog-address: "udp://192.0.2.1:514"}}
controls:
  "2.13": {accept: true}
"""
ONLY = "--engine none --only 1.1.3,2.2,2.13,2.16"
APPLY = f"apply --yes --restart never {ONLY}"
SERVICES = ("docker.service", "docker.socket", "containerd.service", "auditd.service")
# The state directory as a host has it where harden was never used, so that each cut meets the same steps.
FORGET = "rm -rf /var/lib/harden"


def spread(count):
    """1 to count: the first, the last, then the middles of what lies between, breadth first."""
    order, gaps = [1, count][:count], [(1, count)]
    while gaps:
        low, high = gaps.pop(0)
        middle = (low + high) // 2
        if low < middle < high:
            order.append(middle)
            gaps += [(low, middle), (middle, high)]
    return order


def preload():
    """cut.c as a library."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "cut.so")
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-Wall", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", out,
                        os.path.join(SOURCES, "tests/vm/cut.c")], check=True)
        with open(out, "rb") as f:
            return f.read()


def dockerd_flags(guest):
    return guest.must("tr '\\0' ' ' <\"/proc/$(systemctl show -P MainPID docker)/cmdline\"")


def prepare(tap, guest):
    """The host with a flag, running with it; returns the steps of its apply and its listing."""
    guest.put(preload(), "/root/cut.so")
    guest.put(UNIT, "/etc/systemd/system/docker.service.d/site.conf")
    guest.put(SITE, "/etc/harden/harden.yaml")
    guest.put('{\n  "max-concurrent-downloads": 4\n}\n', "/etc/docker/daemon.json")
    guest.must("systemctl daemon-reload && systemctl restart docker")
    tap.ok("dockerd runs with the flags", FLAGS in dockerd_flags(guest), dockerd_flags(guest))
    before = guest.listing()
    r = guest.run(f"HARDEN_CUT_LOG=/root/steps LD_PRELOAD=/root/cut.so harden {APPLY}")
    tap.ok("apply, without a cut", r.status in (0, 2), r)
    now = guest.must("cat /etc/systemd/system/docker.service.d/site.conf /etc/docker/daemon.json")
    tap.ok("it moves the key from the flag into the file", "--log-opt" not in now and '"log-opts"' in now, now)
    r = guest.harden("rollback --yes --restart never")
    tap.ok("rollback, without a cut", r.status in (0, 2), r)
    tap.same("it brings back the old state", difference(before, guest.listing()), "")
    guest.must(FORGET + "; systemctl daemon-reload; sync")
    return guest.must("cat /root/steps").split("\n")[:-1], before


def cut_at(guest, step):
    """Whether the power went at that step."""
    try:
        guest.run(f"HARDEN_CUT_AT={step} LD_PRELOAD=/root/cut.so harden {APPLY}")
    except Died as e:
        if e.args[0] != "power":
            raise
        guest.gone()
        return True
    return False


def come_back(tap, guest, name, with_unit, before):
    """Brings back the old state, by the way that is left."""
    if [r for r in guest.json("history")["runs"] if r["state"] == "standing"]:
        r = guest.harden("plan", ONLY)
        tap.ok(f"{name}: the run stands and is whole", r.status == 0, r)
        r = guest.harden("rollback --yes --restart never")
    else:
        if with_unit:
            tap.ok(f"{name}: dockerd runs with the old flags", FLAGS in dockerd_flags(guest), dockerd_flags(guest))
        r = guest.harden("recover --restart never")
        if with_unit:
            tap.ok(f"{name}: the unit left nothing to undo", r.status == 0 and "nothing to undo" in r.out, r)
    tap.ok(f"{name}: undone, or undone and a restart waits", r.status in (0, 2), r)
    tap.same(f"{name}: the old state is back", difference(before, guest.listing()), "")
    guest.must(f"{FORGET}; systemctl daemon-reload; sync")


def one_cut(tap, guest, step, name, with_unit, before):
    if tap.ok(f"{name}: the power is cut", cut_at(guest, step)):
        guest.boot("" if with_unit else "systemd.mask=harden-recover.service")
        tap.same(f"{name}: booted: docker and auditd are active, no unit failed",
                 (guest.active(*SERVICES), guest.failed_units()), ({}, ""))
    come_back(tap, guest, name, with_unit, before)


def moves_on(step):
    """Whether another state stands on the disk after it."""
    call, path = step.split(" ", 1)
    return path.endswith("/journal") if call == "fsync" else path.startswith("/etc/")


def chosen(steps):
    """Which are taken, in this order; and how many of them whatever the time."""
    count, words = len(steps), os.environ.get("HARDEN_VM_CUTS", "")
    if words:
        some = list(range(1, count + 1)) if words == "all" else [int(w) for w in words.split(",")]
        return some, count
    first = [i for i, step in enumerate(steps, 1) if moves_on(step)]
    return first + [i for i in spread(count) if i not in first], len(first)


def body(tap, guest):
    steps, before = prepare(tap, guest)
    tap.note("the steps:\n" + "\n".join(f"# {i}: {s}" for i, s in enumerate(steps, 1)))
    tap.ok("there are steps to cut", len(steps) > 10, steps)
    todo, always = chosen(steps)
    tap.ok("there are states to cut between", always > 4, todo)
    longest, done, until = 0, 0, time.monotonic() + 60 * MINUTES
    for n, step in enumerate(todo):
        started = time.monotonic()
        if n >= always and started + longest > until:
            break
        one_cut(tap, guest, step, f"step {step} of {len(steps)}, {steps[step - 1]}", n % 2 == 0, before)
        longest, done = max(longest, time.monotonic() - started), done + 1
        tap.note(f"cut {done}, at step {step}")
    tap.note(f"{done} of {len(steps)} steps were cut, {longest:.0f} s for the longest")


script(body)
