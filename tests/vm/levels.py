#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Level 1 and level 2 on a real machine, each with a reboot after the apply and after the rollback; level 2
where audit rules are locked until the reboot (-e 2)."""
from guest import difference, script

SERVICES = ("docker.service", "docker.socket", "containerd.service", "auditd.service")


def verdicts(guest, level):
    return {c["id"]: c for c in guest.json("audit", "--engine none --level", level)["controls"]}


def worse(before, after):
    """Controls whose verdict is not what it was; what failed may pass."""
    return [f"{i}: {before[i]['status']} before the boot, {c['status']} after: {c['findings']}"
            for i, c in after.items()
            if c["status"] != before[i]["status"] and (before[i]["status"], c["status"]) != ("fail", "pass")]


def normal_rule(line):
    """A rule in one spelling: "-w /x -p wa -k docker" as what auditctl makes of it."""
    words = line.split()
    fields = {}
    while words and words[0].startswith("-"):
        fields.setdefault(words[0], set()).add(words[1])
        words = words[2:]
    if "-w" in fields:
        return (fields["-w"].pop().rstrip("/"), "".join(sorted(fields.get("-p", {"rwxa"}).pop())), fields["-k"].pop())
    of = dict(f.split("=", 1) for f in fields["-F"])
    key = of.get("key") or fields["-k"].pop()
    return ((of.get("path") or of["dir"]).rstrip("/"), "".join(sorted(of["perm"])), key)


def rules(text):
    return sorted(normal_rule(line) for line in text.split("\n") if line.startswith(("-w", "-a")))


def healthy(tap, guest, when):
    tap.same(f"{when}: docker, containerd and auditd are active", guest.active(*SERVICES), {})
    tap.same(f"{when}: no unit failed", guest.failed_units(), "")
    tap.same(f"{when}: the container runs", guest.run("docker inspect -f '{{.State.Running}}' site").out, "true\n")


def one_level(tap, guest, level, locked):
    name = f"level {level}"
    before, rules_before = guest.listing(), guest.must("auditctl -l")
    first = verdicts(guest, level)
    plan = guest.json("plan", "--engine none --level", level)
    promised = {i for change in plan["changes"] for i in change["controls"]}
    tap.ok(f"{name}: there is something to do", len(promised) > 5, promised)

    if locked:
        guest.must("auditctl -e 2")
    r = guest.harden("apply --yes --restart never --engine none --level", level)
    tap.ok(f"{name}: apply: done, or done and a restart waits", r.status in (0, 2), r)
    if locked:
        tap.ok(f"{name}: ... and the locked audit rules wait for a reboot", r.status == 2 and "locked (-e 2)" in r.out, r)
        tap.same(f"{name}: ... and none is loaded", guest.must("auditctl -l"), rules_before)
    applied = verdicts(guest, level)
    guest.reboot()
    tap.note(f"{name}: applied and rebooted")
    healthy(tap, guest, f"{name}, applied, rebooted")
    now = verdicts(guest, level)
    tap.same(f"{name}: audit says the same after the boot", worse(applied, now), [])
    tap.same(f"{name}: what was promised passes", [i for i in sorted(promised) if now[i]["status"] != "pass"], [])
    tap.same(f"{name}: the rules are loaded as they are written",
             rules(guest.must("auditctl -l")), rules(guest.must("cat /etc/audit/rules.d/*.rules")))
    tap.ok(f"{name}: ... and they are more than before", guest.must("auditctl -l") != rules_before)
    r = guest.harden("plan --engine none --level", level)
    tap.ok(f"{name}: nothing is left to do", r.status == 0, r)
    daemon = guest.must("docker info -f '{{.LiveRestoreEnabled}}'; docker network inspect -f "
                        "'{{index .Options \"com.docker.network.bridge.enable_icc\"}}' bridge")
    tap.same(f"{name}: dockerd runs with what is written", daemon.split(), ["true", "false"])
    tap.same(f"{name}: nothing was to recover", guest.run(
        "systemctl show -P Result -P ExecMainStatus -P ActiveState harden-recover").out.split(),
        ["success", "0", "active"])

    r = guest.harden("rollback --yes --restart never")
    tap.ok(f"{name}: rollback: undone, or undone and a restart waits", r.status in (0, 2), r)
    guest.reboot()
    tap.note(f"{name}: rolled back and rebooted")
    healthy(tap, guest, f"{name}, rolled back, rebooted")
    tap.same(f"{name}: every file is as before", difference(before, guest.listing()), "")
    tap.same(f"{name}: the rules in the kernel are as before", guest.must("auditctl -l"), rules_before)
    tap.same(f"{name}: every verdict is as before", {i: c["status"] for i, c in verdicts(guest, level).items()},
             {i: c["status"] for i, c in first.items()})


# It ends when it is told to: with live-restore it outlives docker.service at a shutdown, and systemd
# waits for what ignores it.
SITE = "docker run -d --name site --restart unless-stopped busybox sh -c 'trap exit TERM; while :; do sleep 1; done'"


def body(tap, guest):
    guest.must(SITE)
    tap.same("the machine as it is installed: no unit failed", guest.failed_units(), "")
    one_level(tap, guest, "1", locked=False)
    one_level(tap, guest, "2", locked=True)


script(body)
