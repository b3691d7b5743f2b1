#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Level 1, then level 2 on a real machine, where audit rules are locked by then (-e 2); a reboot; a rollback of
both; a reboot."""
from guest import difference, script

# It ends when it is told to: with live-restore it outlives docker.service at a shutdown, and systemd
# waits for what ignores it.
SITE = "docker run -d --name site --restart unless-stopped busybox sh -c 'trap exit TERM; while :; do sleep 1; done'"
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


def one_apply(tap, guest, level, locked):
    """Applies a level; what it promised, and the verdicts that stand then."""
    name, rules_before = f"level {level}", guest.must("auditctl -l")
    plan = guest.json("plan", "--engine none --level", level)
    promised = {i for change in plan["changes"] for i in change["controls"]}
    tap.ok(f"{name}: there is something to do", len(promised) > 5, promised)
    if locked:
        guest.must("auditctl -e 2")
    r = guest.harden("apply --yes --restart never --engine none --level", level)
    tap.ok(f"{name}: apply: done, or done and a restart waits", r.status in (0, 2), r)
    now = guest.must("auditctl -l")
    if locked:
        tap.ok(f"{name}: ... and the locked audit rules wait for a reboot", r.status == 2 and "locked (-e 2)" in r.out, r)
        tap.same(f"{name}: ... and none is loaded", now, rules_before)
    else:
        tap.ok(f"{name}: ... and audit rules are loaded", now != rules_before, now)
    return promised


def reboot(tap, guest, when):
    guest.reboot()
    tap.note(f"{when} and rebooted")
    healthy(tap, guest, when)


def body(tap, guest):
    guest.must(SITE)
    tap.same("the machine as it is installed: no unit failed", guest.failed_units(), "")
    before, rules_before, first = guest.listing(), guest.must("auditctl -l"), verdicts(guest, "2")
    promised = one_apply(tap, guest, "1", locked=False)
    promised |= one_apply(tap, guest, "2", locked=True)
    applied = verdicts(guest, "2")

    reboot(tap, guest, "applied")
    now = verdicts(guest, "2")
    tap.same("audit says the same after the boot", worse(applied, now), [])
    tap.same("what was promised passes", [i for i in sorted(promised) if now[i]["status"] != "pass"], [])
    tap.same("the rules are loaded as they are written",
             rules(guest.must("auditctl -l")), rules(guest.must("cat /etc/audit/rules.d/*.rules")))
    r = guest.harden("plan --engine none --level 2")
    tap.ok("nothing is left to do", r.status == 0, r)
    daemon = guest.must("docker info -f '{{.LiveRestoreEnabled}}'; docker network inspect -f "
                        "'{{index .Options \"com.docker.network.bridge.enable_icc\"}}' bridge")
    tap.same("dockerd runs with what is written", daemon.split(), ["true", "false"])
    tap.same("nothing was to recover", guest.run(
        "systemctl show -P Result -P ExecMainStatus -P ActiveState harden-recover").out.split(),
        ["success", "0", "active"])

    r = guest.harden("rollback --all --yes --restart never")
    tap.ok("rollback of both runs: undone, or undone and a restart waits", r.status in (0, 2), r)
    reboot(tap, guest, "rolled back")
    tap.same("every file is as before", difference(before, guest.listing()), "")
    tap.same("the rules in the kernel are as before", guest.must("auditctl -l"), rules_before)
    tap.same("every verdict is as before", {i: c["status"] for i, c in verdicts(guest, "2").items()},
             {i: c["status"] for i, c in first.items()})


script(body)
