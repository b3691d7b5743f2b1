#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Images of a real dockerd: from the layers' directories and from what it saves, the same verdicts."""
import json
import os
import sys

import dockerd as d
from dockerd import Cases, h

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]
import images  # noqa: E402

case = Cases()
NEEDS = ["4.3", "4.8", "4.10"]
SAVED = "/var/log/saved.tar"


def load(daemon, data):
    status, body = daemon.call("POST", "/images/load", data, "application/x-tar")
    h.same(status, 200, "load", body)
    h.expect(b"error" not in body, body)


def audit(*words):
    """The controls, with the evidence's Source taken out and returned beside."""
    r = d.harden("audit", "--format", "json", *words)
    h.expect(r.code in (0, 2), r)
    for secret in images.SECRETS:
        h.expect(secret not in r.out + r.err, "printed:", secret, r)
    controls = {c["id"]: c for c in json.loads(r.out)["controls"]}
    values = [e["value"] for i in NEEDS for e in controls[i]["evidence"]]
    values += [f["actual"] for i in NEEDS for f in controls[i]["findings"]]
    sources = {v.pop("Source") for v in values}
    return controls, sources


def verdicts(controls):
    return {i: {k: controls[i][k] for k in ("status", "findings", "notes", "evidence")} for i in NEEDS}


def three_ways(daemon, name):
    """One image by its directories, by the stream over TCP, by a file; returns the controls."""
    local, source = audit("--only", "4", "--image", name)
    h.same(source, {"overlay2"})
    remote, source = audit("--only", "4", "--image", name, "--engine", "tcp://127.0.0.1:2375")
    h.same(source, {"save"})
    h.same(verdicts(remote), verdicts(local))
    status, body = daemon.call("GET", "/images/%s/get" % name)
    h.same(status, 200)
    d.write(SAVED, "")
    with open(SAVED, "wb") as f:
        f.write(body)
    file, source = audit("--only", "4", "--image", SAVED)
    h.same(source, {"file"})
    h.same(verdicts(file), verdicts(local))
    return local


def start(daemon):
    daemon.start(options="-H tcp://127.0.0.1:2375")
    h.same(daemon.info()["Driver"], "overlay2")


@case("a loaded image: directories, saved stream and file tell the same")
def _(daemon):
    start(daemon)
    load(daemon, images.legacy())
    controls = three_ways(daemon, "app:1")
    h.same(images.wrong(controls), [])
    every, source = audit("--only", ",".join(NEEDS))
    h.same(source, {"overlay2"})
    h.same(verdicts(every), verdicts(controls))


@case("an image that the daemon built: a setuid bit that a later step takes away, a key that it removes")
def _(daemon):
    start(daemon)
    daemon.run()
    pids = daemon.run("maker")
    h.expect(pids, "a container of the busybox image runs")
    key = images.KEY.replace("\n", "\\n")
    steps = ["/bin/busybox cp /bin/busybox /bin/keep; /bin/busybox chmod 4755 /bin/keep; /bin/busybox cp /bin/busybox /bin/lost; "
             "/bin/busybox chmod 4755 /bin/lost; /bin/busybox mkdir -p /root/.ssh /d; /bin/busybox printf '%s' >/root/.ssh/id_rsa; "
             "/bin/busybox cp /bin/keep /d/inside; /bin/busybox chmod 2755 /d/inside; /bin/busybox ln /bin/keep /bin/second" % key,
             "/bin/busybox chmod 755 /bin/lost; /bin/busybox rm /root/.ssh/id_rsa",
             "/bin/busybox rm -r /d; /bin/busybox mkdir /d"]
    image = "count:1"
    for number, step in enumerate(steps):
        made = daemon.post("/containers/create?name=step%d" % number, {"Image": image, "Cmd": ["/bin/sh", "-c", step]})
        daemon.post("/containers/%s/start" % made["Id"])
        daemon.call("POST", "/containers/%s/wait" % made["Id"])
        h.same(daemon.get("/containers/%s/json" % made["Id"])["State"]["ExitCode"], 0)
        image = "built:%d" % number
        daemon.post("/commit?container=%s&repo=built&tag=%d" % (made["Id"], number), {})
    controls = three_ways(daemon, image)
    said = [f["message"] for f in controls["4.8"]["findings"]]
    h.same(len(said), 2, said)
    h.expect("/bin/keep (4755" in said[0] and "/bin/second (4755" in said[1], said)
    said = [f["message"] for f in controls["4.10"]["findings"]]
    h.same(len(said), 2, said)
    h.expect("shows a secret in 1 steps of its history" in said[1], said)
    h.expect("a private key in /root/.ssh/id_rsa, removed by a later layer but still in layer 1" in said[0], said)
    first = three_ways(daemon, "built:0")
    h.same(len(first["4.8"]["findings"]), 4)
    h.same(first["4.10"]["findings"][0]["actual"]["files"][0]["Removed"], False)


@case("hostile links in a layer lead nowhere, whatever way it is looked at")
def _(daemon):
    start(daemon)
    d.write("/etc/ssh-key-of-the-host", images.KEY, 0o600)
    layer = images.Layer().add("id_rsa", kind=b"2", target="/etc/ssh-key-of-the-host")
    layer.add("up", kind=b"2", target="../../../../../../../etc").add("bin/", None, 0o755)
    layer.add("bin/tool", kind=b"2", target="/usr/bin/su").add("pipe.key", kind=b"6").add("null.key", kind=b"3")
    blob = layer.bytes()
    load(daemon, images.legacy([blob], "evil:1", images.config([blob], config={}, history=[])))
    controls = three_ways(daemon, "evil:1")
    h.same([controls[i]["status"] for i in ("4.8", "4.10")], ["pass", "pass"])
    h.same(controls["4.10"]["evidence"][0]["value"]["files"], [])


@case("another storage driver: the daemon is asked")
def _(daemon):
    daemon.start({"storage-driver": "vfs"})
    load(daemon, images.legacy())
    controls, source = audit("--only", "4", "--image", "app:1")
    h.same(source, {"save"})
    h.same(images.wrong(controls), [])


@case("a layer that is gone from the disk is an error")
def _(daemon):
    start(daemon)
    load(daemon, images.legacy())
    upper = daemon.get("/images/app:1/json")["GraphDriver"]["Data"]["UpperDir"]
    os.rename(upper, upper + ".gone")
    r = d.harden("audit", "--only", "4.8", "--image", "app:1", "--format", "json")
    os.rename(upper + ".gone", upper)
    c = json.loads(r.out)["controls"][0]
    h.same(c["status"], "error", c)
    h.expect("/images/app:1/get" in str(c["evidence"]), c)


if __name__ == "__main__":
    sys.exit(case.main())
