#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live remedies on a real dockerd: containers, a service and a swarm of one manager on loopback."""
import json
import os
import time

import dockerd as d
from dockerd import Cases, h

case = Cases()
IDS = "5.11,5.12,5.15,5.29"
ACCEPT = [w for i in IDS.split(",") for w in ("--accept", i)]
LIMITS = ["--set", "memory_limit=67108864", "--set", "pids_limit=50"]
FIELDS = ("Memory", "MemorySwap", "CpuShares", "PidsLimit", "RestartPolicy")


def config_of(daemon, name):
    found = daemon.get("/containers/%s/json" % name)["HostConfig"]
    return {k: found[k] for k in FIELDS}


def harden(verb, *words, code=None):
    r = d.harden(verb, *words)
    if code is not None:
        h.same(r.code, code, r)
    return r


def statuses(only, *words):
    r = harden("audit", "--only", only, "--format", "json", *words)
    return {c["id"]: c["status"] for c in json.loads(r.out)["controls"]}


def pids_max(pid):
    """The limit that the kernel holds for a process, read from its cgroup."""
    for line in open("/proc/%d/cgroup" % pid):
        _, controllers, path = line.strip().split(":", 2)
        if "pids" in controllers.split(","):
            return open("/sys/fs/cgroup/pids%s/pids.max" % path).read().strip()
        if not controllers and os.path.exists("/sys/fs/cgroup%s/pids.max" % path):
            return open("/sys/fs/cgroup%s/pids.max" % path).read().strip()
    return None


@case("containers: plan, apply, read back, audit passes, a second apply does nothing, rollback")
def _(daemon):
    daemon.start({"live-restore": True})
    pids = daemon.run("db", "web", HostConfig={"RestartPolicy": {"Name": "always"}})
    before = config_of(daemon, "web")
    h.same(harden("plan", "--only", IDS, *LIMITS).code, 0)  # all of it waits for consent
    h.same(config_of(daemon, "web"), before)
    r = harden("apply", "--yes", "--only", IDS, *LIMITS, *ACCEPT, code=0)
    wanted = {"Memory": 67108864, "MemorySwap": 67108864, "CpuShares": 512, "PidsLimit": 50,
              "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5}}
    for name in ("db", "web"):
        h.same(config_of(daemon, name), wanted, r)
    h.expect(pids_max(pids["web"]) in ("50", None), pids_max(pids["web"]))
    h.same(statuses(IDS), {i: "pass" for i in IDS.split(",")})
    calls = len(os.listdir("/var/lib/harden/runs"))
    h.expect("nothing to change" in harden("apply", "--yes", "--only", IDS, *LIMITS, *ACCEPT, code=0).out)
    h.same(len(os.listdir("/var/lib/harden/runs")), calls)
    r = harden("rollback", "--yes", code=0)
    back = config_of(daemon, "web")
    h.same(back["RestartPolicy"], before["RestartPolicy"])
    h.same(back["PidsLimit"] or 0, before["PidsLimit"] or 0)
    h.expect("as 0 cannot be set again" in r.out and back["Memory"] == back["MemorySwap"] == 9223372036854771712, r, back)
    h.expect(pids_max(pids["web"]) in ("max", None), pids_max(pids["web"]))
    h.same(daemon.containers(), pids)
    d.still_counting(pids)
    # from there it goes both ways exactly: 1024 and the largest limit are values that can be set
    harden("apply", "--yes", "--only", "5.12,5.29", *LIMITS, *ACCEPT, code=0)
    harden("rollback", "--yes", code=0)
    h.same(config_of(daemon, "web"), back)


@case("files and containers in one run: the daemon is settled first, and rollback brings both back")
def _(daemon):
    daemon.start({"live-restore": True})
    pids = daemon.run("web")
    config = open(d.CONFIG).read()
    first = daemon.pid()
    r = harden("apply", "--yes", "--only", "2.14,5.29", "--accept", "5.29", *LIMITS)
    h.expect(r.code in (0, 2), r)  # the container keeps its old privileges until it is made anew
    h.same((daemon.config()["no-new-privileges"], config_of(daemon, "web")["PidsLimit"]), (True, 50), r)
    h.expect(daemon.pid() != first, r)  # it was restarted, and only then was its container changed
    h.expect(harden("rollback", "--yes").code in (0, 2))
    h.same((open(d.CONFIG).read(), config_of(daemon, "web")["PidsLimit"] or 0), (config, 0))
    h.same(daemon.containers(), pids)


@case("what the engine refuses undoes the files too")
def _(daemon):
    daemon.start({"live-restore": True})
    daemon.run("web", HostConfig={"Memory": 67108864, "MemorySwap": 67108864})
    recipe = d.os.environ["HARDEN_TEST_DIR"] + "/refused.yaml"
    d.write(recipe, """\
benchmark: x
version: 1
controls:
  - id: 1
    ensure:
      - file: {path: %s, mode-at-most: 0600}
  - id: 2
    ensure:
      - engine:
          each: container
          violation: 'select(.HostConfig.NanoCpus == 0) | "may use every CPU"'
          fix: {container-update: {NanoCpus: 999000000000}}
""" % d.CONFIG)
    r = h.harden("apply", "--live", "--yes", "--recipe", recipe, "--accept", "2")
    h.same(r.code, 1, r)
    h.expect("CPUs" in r.err and "everything this run did was undone" in r.err, r)
    h.same((os.stat(d.CONFIG).st_mode & 0o777, daemon.get("/containers/web/json")["HostConfig"]["NanoCpus"]), (0o644, 0))


@case("a container that was removed before the rollback is said")
def _(daemon):
    daemon.start()
    daemon.run("web")
    harden("apply", "--yes", "--only", "5.29", "--accept", "5.29", code=0)
    daemon.call("DELETE", "/containers/web?force=1")
    r = harden("rollback", "--yes", code=0)
    h.expect("note: container web: is gone" in r.out, r)


@case("what is stopped or unused goes when it is asked for, and only that")
def _(daemon):
    daemon.start()
    daemon.run("runs", "ended")
    daemon.post("/containers/ended/stop?t=0")
    status, _ = daemon.call("POST", "/images/create?fromSrc=-", d.busybox_image(), "application/x-tar")  # without a name
    h.same(status, 200)
    names = lambda: sorted(c["Names"][0] for c in daemon.get("/containers/json?all=1"))
    h.same(len(daemon.get("/images/json")), 2)
    words = ["--only", "6.1,6.2", "--accept", "6.1", "--accept", "6.2"]
    harden("apply", "--yes", *words, code=0)
    h.same((names(), len(daemon.get("/images/json"))), (["/ended", "/runs"], 2))
    recipe = os.environ["HARDEN_TEST_DIR"] + "/stopped.yaml"
    d.write(recipe, """\
benchmark: x
version: 1
controls:
  - id: 1
    ensure:
      - engine:
          each: container
          review: 'select(.State.Status == "exited") | "is stopped"'
          fix: {container-remove: {stopped: true}}
""")
    r = harden("apply", "--yes", *words, "--set", "remove_unnamed_images=true", code=0)
    h.expect("delete image " in r.out and "rollback cannot bring it back" in r.out, r)
    h.same((names(), len(daemon.get("/images/json"))), (["/ended", "/runs"], 1))
    r = h.harden("apply", "--live", "--yes", "--recipe", recipe, "--accept", "1")
    h.same((r.code, names()), (0, ["/runs"]), r)
    r = harden("rollback", "--yes", code=0)
    h.expect("note: container ended: was removed, and nothing brings it back" in r.out, r)


def swarm(daemon):
    daemon.start()
    daemon.post("/swarm/init", {"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1:2377"})


def spec(daemon):
    return daemon.get("/swarm")["Spec"]


@case("swarm: the life of certificates and the lock, changed and back")
def _(daemon):
    swarm(daemon)
    before = spec(daemon)
    accept = ["--accept", "7.5", "--accept", "7.7", "--set", "max_node_cert_days=2"]
    h.same(statuses("7.5,7.7", *accept), {"7.5": "fail", "7.7": "fail"})
    harden("apply", "--yes", "--only", "7.5,7.7", *accept, code=0)
    now = spec(daemon)
    h.same(now, dict(before, CAConfig=dict(before["CAConfig"], NodeCertExpiry=172800000000000),
                     EncryptionConfig={"AutoLockManagers": True}))
    h.expect(daemon.get("/swarm/unlockkey")["UnlockKey"].startswith("SWMKEY-"))
    h.same(statuses("7.5,7.7", *accept), {"7.5": "pass", "7.7": "pass"})
    h.expect("nothing to change" in harden("apply", "--yes", "--only", "7.5,7.7", *accept, code=0).out)
    harden("rollback", "--yes", code=0)
    h.same(spec(daemon), before)
    h.same(daemon.get("/swarm/unlockkey")["UnlockKey"], "")
    # somebody changed it since: a conflict
    harden("apply", "--yes", "--only", "7.7", *accept, code=0)
    index = daemon.get("/swarm")["Version"]["Index"]
    other = spec(daemon)
    other["CAConfig"]["NodeCertExpiry"] = 3600000000000 * 100
    daemon.post("/swarm/update?version=%d" % index, other)
    h.same(harden("rollback", "--yes").code, 3)
    h.same(spec(daemon)["CAConfig"]["NodeCertExpiry"], 360000000000000)
    harden("rollback", "--yes", "--force", code=0)
    h.same(spec(daemon)["CAConfig"]["NodeCertExpiry"], before["CAConfig"]["NodeCertExpiry"])
    daemon.call("POST", "/swarm/leave?force=1")


@case("swarm: a new root certificate and a new unlock key, which do not come back")
def _(daemon):
    swarm(daemon)
    root = daemon.get("/swarm")["TLSInfo"]["TrustRoot"]
    r = harden("apply", "--yes", "--only", "7.8", "--accept", "7.8", "--set", "max_ca_age_days=-1", code=1)
    h.expect("not as promised" in r.err, r)  # no certificate is that young
    d.wait_for("the new root", lambda: daemon.get("/swarm")["TLSInfo"]["TrustRoot"] != root)
    index, all_of_it = daemon.get("/swarm")["Version"]["Index"], spec(daemon)
    daemon.post("/swarm/update?version=%d" % index, dict(all_of_it, EncryptionConfig={"AutoLockManagers": True}))
    key = daemon.get("/swarm/unlockkey")["UnlockKey"]
    recipe = os.environ["HARDEN_TEST_DIR"] + "/rotate.yaml"
    d.write(recipe, """\
benchmark: x
version: 1
controls:
  - id: 1
    ensure:
      - engine:
          each: swarm
          violation: 'select(.Version.Index < %d) | "has an old key"'
          fix: {swarm-rotate: {unlock-key: true}}
""" % (daemon.get("/swarm")["Version"]["Index"] + 1))
    r = h.harden("apply", "--live", "--yes", "--recipe", recipe, "--accept", "1")
    h.same(r.code, 0, r)
    h.expect("the former unlock key does not come back" in r.out, r)
    new = daemon.get("/swarm/unlockkey")["UnlockKey"]
    h.expect(new != key and new not in r.out + r.err)
    stored = "".join(open(os.path.join(f, n), errors="replace").read() for f, _, ns in os.walk("/var/lib/harden") for n in ns)
    h.expect("SWMKEY" not in stored)
    r = h.harden("rollback", "--live", "--yes")
    h.same((r.code, daemon.get("/swarm/unlockkey")["UnlockKey"]), (0, new), r)
    daemon.call("POST", "/swarm/leave?force=1")


@case("service: its restart policy, changed and back")
def _(daemon):
    swarm(daemon)
    daemon.run("made")  # brings the image
    made = daemon.post("/services/create", {"Name": "web", "TaskTemplate": {
        "ContainerSpec": {"Image": "count:1", "Command": ["/bin/sh", "-c", "sleep 1000"]}, "RestartPolicy": {"Condition": "any", "Delay": 1000000000}},
        "Mode": {"Replicated": {"Replicas": 1}}})
    service = "/services/" + made["ID"]
    before = daemon.get(service)["Spec"]
    h.same(statuses("5.15"), {"5.15": "fail"})
    harden("apply", "--yes", "--only", "5.15", "--accept", "5.15", code=0)
    policy = daemon.get(service)["Spec"]["TaskTemplate"]["RestartPolicy"]
    h.same({k: policy[k] for k in ("Condition", "MaxAttempts", "Delay")}, {"Condition": "on-failure", "MaxAttempts": 5, "Delay": 1000000000})
    h.same(statuses("5.15"), {"5.15": "pass"})
    harden("rollback", "--yes", code=0)
    after = daemon.get(service)["Spec"]
    after["TaskTemplate"]["RestartPolicy"].setdefault("MaxAttempts", 0)
    before["TaskTemplate"]["RestartPolicy"].setdefault("MaxAttempts", 0)
    h.same(after, before)
    daemon.call("DELETE", service)
    time.sleep(1)  # its task
    daemon.call("POST", "/swarm/leave?force=1")


raise SystemExit(case.main())
