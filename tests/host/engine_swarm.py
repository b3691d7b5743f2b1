#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Section 7 on a real swarm of one manager, on loopback: what each control says, and what changes it."""
import json
import sys

import dockerd as d
import engine_samples as samples
from dockerd import Cases, h

case = Cases()
SECTION = ["7.%d" % n for n in range(1, 10)]
DAY = 86400 * 10**9


def audit(ids="5.1,7"):
    r = d.harden("audit", "--only", ids, "--format", "json", timeout=300)
    h.expect(r.code in (0, 1, 2), r)
    return {c["id"]: c for c in r.json["controls"]}


def says(controls, number, status, *words):
    c = controls[number]
    h.same(samples.cell(c), status, number, c)
    for word in words:
        h.expect(word in json.dumps(c), number, "does not say", word, c)


def init(daemon, **more):
    """A swarm of this node. There is no address but loopback's here."""
    daemon.post("/swarm/init", dict({"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"}, **more))


def update(daemon, query="", **change):
    """As docker swarm update: the whole spec with one member changed."""
    now = daemon.get("/swarm")
    spec = dict(now["Spec"], **change)
    daemon.post("/swarm/update?version=%d%s" % (now["Version"]["Index"], query), spec)


def image(daemon):
    status, body = daemon.call("POST", "/images/create?fromSrc=-&repo=bb&tag=1", samples.busybox(), "application/x-tar")
    h.same(status, 200, body)


@case("outside of a swarm nothing of section 7 applies")
def _(daemon):
    daemon.start()
    controls = audit()
    for number in SECTION:
        says(controls, number, "na")
    says(controls, "5.1", "pass")


@case("one manager: every verdict of section 7")
def _(daemon):
    daemon.start()
    init(daemon)
    controls = audit()
    says(controls, "5.1", "fail")
    for number, status, words in (
            ("7.1", "pass", ['"Managers": 1']), ("7.2", "pass", ["127.0.0.1:2377"]), ("7.3", "fail", ["network ingress", "not encrypted"]),
            ("7.4", "na", []), ("7.5", "fail", ["not locked"]), ("7.6", "manual", ["unlock key"]), ("7.7", "pass", ["2160"]),
            ("7.8", "pass", []), ("7.9", "fail", ["managers' interface"])):
        says(controls, number, status, *words)
    r = d.harden("audit", "--only", "5.1", "--set", "swarm_needed=true", "--format", "json")
    h.same(r.json["controls"][0]["status"], "pass", r)


@case("listening everywhere fails, another data path passes, encrypted networks are told from others")
def _(daemon):
    daemon.start()
    init(daemon, ListenAddr="0.0.0.0:2377", DataPathAddr="127.0.0.2")
    for name, options in (("plain", {}), ("secret", {"encrypted": ""}), ("odd", {"encrypted": "false"})):
        daemon.post("/networks/create", {"Name": name, "Driver": "overlay", "Options": options})
    controls = audit()
    says(controls, "7.2", "fail", "0.0.0.0")
    says(controls, "7.9", "pass", "127.0.0.2")
    h.same(sorted(f["resource"] for f in controls["7.3"]["findings"]), ["network ingress", "network plain"])


@case("autolock on and off; locked after a restart nothing is known, unlocked it is again")
def _(daemon):
    daemon.start()
    init(daemon)
    update(daemon, EncryptionConfig={"AutoLockManagers": True})
    says(audit(), "7.5", "pass")
    key = daemon.get("/swarm/unlockkey")["UnlockKey"]
    daemon.restart()
    h.same(daemon.info()["Swarm"]["LocalNodeState"], "locked")
    controls = audit()
    says(controls, "5.1", "fail")
    for number in ("7.1", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8"):
        says(controls, number, "error", "lock")
    says(controls, "7.2", "pass")
    h.expect(key not in json.dumps(controls), "the key is shown")
    daemon.post("/swarm/unlock", {"UnlockKey": key})
    d.wait_for("the manager", lambda: daemon.info()["Swarm"]["ControlAvailable"])
    says(audit(), "7.5", "pass")
    update(daemon, EncryptionConfig={"AutoLockManagers": False})
    says(audit(), "7.5", "fail", "not locked")


@case("the life of certificates, changed and back; a root that is being changed")
def _(daemon):
    daemon.start()
    init(daemon)
    old = daemon.get("/swarm")["Spec"]["CAConfig"]
    update(daemon, CAConfig=dict(old, NodeCertExpiry=91 * DAY))
    says(audit(), "7.7", "fail", "91 days")
    r = d.harden("audit", "--only", "7.7", "--set", "max_node_cert_days=100", "--format", "json")
    h.same(r.json["controls"][0]["status"], "pass", r)
    update(daemon, CAConfig=dict(old, NodeCertExpiry=2 * DAY))
    says(audit(), "7.7", "pass", "48")
    update(daemon, CAConfig=old)
    says(audit(), "7.7", "pass")
    root = daemon.get("/swarm")["TLSInfo"]["TrustRoot"]
    update(daemon, CAConfig=dict(old, ForceRotate=1))
    d.wait_for("another root", lambda: daemon.get("/swarm")["TLSInfo"]["TrustRoot"] != root, 60)
    says(audit(), "7.8", "pass")
    r = d.harden("audit", "--only", "7.8", "--set", "max_ca_age_days=-1", "--format", "json")
    h.same(r.json["controls"][0]["status"], "fail", r)


@case("services, their secrets and their containers have the verdicts of the samples")
def _(daemon):
    daemon.start()
    image(daemon)
    init(daemon)
    network = daemon.post("/networks/create", {"Name": "rt-ove", "Driver": "overlay"})["Id"]
    with open(samples.SAMPLES + "/services.json") as f:
        specs = [s["Spec"] for s in json.load(f)]
    daemon.post("/services/create", specs[1])
    says(audit("7.4"), "7.4", "manual", "no secret")
    secret = daemon.post("/secrets/create", {"Name": "rt-sec", "Data": "eA=="})["ID"]
    task = specs[0]["TaskTemplate"]
    task["ContainerSpec"]["Secrets"][0]["SecretID"] = secret
    task["Networks"][0]["Target"] = network
    daemon.post("/services/create", specs[0])
    running = d.wait_for("the service's container", lambda: [c for c in daemon.get("/containers/json") if "/rt-svc." in c["Names"][0]], 60)
    controls = audit("4,5,6,7")
    for number in ("5.1", "7.1", "7.3", "7.4", "7.5", "7.6", "7.7", "7.8"):
        row = "services.json" if number == "7.4" else "swarm-default.json"
        if number != "7.3":
            h.same(samples.cell(controls[number]), samples.EXPECTED[row][number], number, controls[number])
    h.expect("DB_PASSWORD" in json.dumps(controls["7.4"]["findings"]), controls["7.4"])
    for number in ("5.8", "5.14", "5.15"):
        found = {f["resource"] for f in controls[number]["findings"]}
        wanted = {"5.8": set(), "5.14": {"service rt-svc", "service rt-svc2"}, "5.15": {"service rt-svc2"}}[number]
        h.same({f for f in found if f.startswith("service ")}, wanted, number, controls[number])
    samples.compare_findings("container-swarm-task.json", "container " + running[0]["Names"][0][1:], controls,
                             [i for i in samples.OF_CONTAINERS if i[0] == "5" and i != "5.1"])


if __name__ == "__main__":
    sys.exit(case.main())
