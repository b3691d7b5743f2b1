#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The containers, commands and images of tests/data/engine made anew on a real dockerd: harden says of
each what expected.tsv says of the recorded answer."""
import csv
import ctypes
import io
import json
import os
import shutil
import sys
import tarfile

import dockerd as d
from dockerd import Cases, h

case = Cases()
SAMPLES = os.path.join(os.path.dirname(d.HERE), "data", "engine")
# the daemon lives where that of the samples did: one of them mounts this directory
LAB, SOCK, DATA = "/srv/lab", "/srv/dk/docker.sock", "/srv/dk/data"

with open(SAMPLES + "/expected.tsv", newline="") as f:
    EXPECTED = {row.pop("sample"): row for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)}
OF_CONTAINERS = [i for i in EXPECTED["container-default.json"] if i == "4.5" or i[0] == "5" or i == "6.2" or i[0] == "7"]
# what is found in the files of images is another test's
OF_IMAGES = ["4.1", "4.2", "4.6", "4.7", "4.9", "4.11"]
KEPT = ("Image", "User", "Cmd", "Env", "ExposedPorts", "Labels", "Healthcheck", "Entrypoint", "WorkingDir", "StopSignal")


def lab():
    """Puts the daemon there."""
    for part in ("FLAGS", "UNIT_TEXT", "RESTART_TEXT"):
        setattr(d, part, getattr(d, part).replace(d.SOCK, SOCK))
    d.SOCK = SOCK


def sample(name):
    with open(os.path.join(SAMPLES, name)) as f:
        found = json.load(f)
    return found[0] if isinstance(found, list) else found


def context(**files):
    """A tar of what docker build reads."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, text in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def busybox():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(shutil.which("busybox"), "busybox")
    return out.getvalue()


def start(daemon, options=""):
    """The daemon with the image that every sample is of."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not os.path.ismount("/srv"):
        d.mount("tmpfs", "/srv", "tmpfs", "mode=755")
        os.makedirs(LAB + "/sh")
        os.symlink("/etc", LAB + "/etclink")
        d.mount("tmpfs", LAB + "/sh", "tmpfs")
        h.same(libc.mount(None, (LAB + "/sh").encode(), None, 1 << 20, None), 0, "make it shared")  # MS_SHARED
    os.makedirs(DATA, exist_ok=True)
    daemon.start(options=("--data-root=%s %s" % (DATA, options)).strip())
    status, body = daemon.call("POST", "/images/create?fromSrc=-&repo=bb&tag=1", busybox(), "application/x-tar")
    h.same(status, 200, body)


def on_samples(name):
    """A case on such a daemon, whose data root is not where the fixture cleans up."""
    def remember(function):
        def run(daemon):
            start(daemon)
            try:
                function(daemon)
            finally:
                daemon.clean()
                shutil.rmtree(DATA, ignore_errors=True)
        case(name)(run)
        return function
    return remember


def make(daemon, name, **config):
    """The sample's container, running if that did."""
    old = sample(name)
    body = {k: old["Config"][k] for k in KEPT if old["Config"].get(k) is not None}
    body["HostConfig"] = {k: v for k, v in old["HostConfig"].items() if k not in ("ConsoleSize", "Isolation")}
    if "Healthcheck" in body:
        body["Healthcheck"]["StartPeriod"] = 600 * 10**9  # it stays "starting" as long as the test takes
    body.update(config)
    made = daemon.post("/containers/create?name=" + old["Name"][1:], body)
    if old["State"]["Running"]:
        daemon.post("/containers/%s/start" % made["Id"])
    return made["Id"]


def audit():
    r = d.harden("audit", "--only", "4,5,6,7", "--format", "json", timeout=300)
    h.same(r.code, 2, r)
    return {c["id"]: c for c in r.json["controls"]}


def cell(control):
    return {"not_applicable": "na"}.get(control["status"], control["status"])


def compare(name, controls, ids):
    wrong = ["%s is %s, expected %s: %s %s %s" % (i, cell(controls[i]), EXPECTED[name][i], controls[i]["findings"], controls[i]["notes"],
                                                  controls[i]["evidence"])
             for i in ids if EXPECTED[name][i] not in ("-", cell(controls[i]))]
    h.expect(not wrong, name, "\n".join(wrong))


def compare_findings(name, resource, controls, ids):
    """Among others: it is named where its row says fail, and nowhere else."""
    for i in ids:
        found = [f["message"] for f in controls[i]["findings"] if f["resource"] == resource]
        h.same(bool(found), EXPECTED[name][i] == "fail", name, i, found, controls[i]["status"])


CONTAINERS = sorted(n for n in EXPECTED if n.startswith("container-") and n != "container-swarm-task.json")


@on_samples("each container of the samples alone has the verdicts of its row")
def _(daemon):
    daemon.post("/networks/create", {"Name": "rt-net"})
    h.same(len(CONTAINERS), 17)
    for name in CONTAINERS:
        made = make(daemon, name)
        controls = audit()
        compare(name, controls, OF_CONTAINERS)
        compare_findings(name, "container " + sample(name)["Name"][1:], controls, ["4.1"])
        h.same(daemon.call("DELETE", "/containers/%s?force=1&v=1" % made)[0], 204)


@on_samples("all of them together: a finding for each that its row fails, and no other")
def _(daemon):
    daemon.post("/networks/create", {"Name": "rt-net"})
    alike = {}
    for name in CONTAINERS:  # two samples are of one name
        if alike.setdefault(sample(name)["Name"], name) == name:
            make(daemon, name)
    controls = audit()
    for name in alike.values():
        compare_findings(name, "container " + sample(name)["Name"][1:], controls, ["4.1"] + [i for i in OF_CONTAINERS if i[0] == "5"])


@on_samples("commands in a container: privileged, as root, as its own user")
def _(daemon):
    for name in sorted(n for n in EXPECTED if n.startswith("exec-")):
        process = sample(name)["ProcessConfig"]
        root = "created" in name  # there nobody asked for another user than the container's
        made = make(daemon, "container-default.json", User="0:0" if root else "1000")
        daemon.post("/containers/%s/exec" % made, {"Cmd": [process["entrypoint"]] + process["arguments"],
                                                   "Privileged": process["privileged"],
                                                   "User": "" if root or process["user"] == "1000" else process["user"]})
        compare(name, audit(), OF_CONTAINERS)
        h.same(daemon.call("DELETE", "/containers/%s?force=1" % made)[0], 204)


@on_samples("images built anew have the findings of their rows")
def _(daemon):
    files = {"Dockerfile": """\
FROM bb:1
ARG TOKEN=abcd
ENV API_KEY=s3cr3t PATH=/
LABEL a=b
ADD a.txt /a.txt
COPY id_rsa /root/.ssh/id_rsa
SHELL ["/busybox", "sh", "-c"]
RUN /busybox mkdir -p /etc && echo 'app:x:1000:1000::/:/sh' >/etc/passwd && echo "apt-get update $TOKEN"
EXPOSE 22 8080
USER app
HEALTHCHECK --interval=30s CMD ["/busybox", "true"]
CMD ["/busybox", "sleep", "100"]
""", "a.txt": "a\n", "id_rsa": "none\n"}
    second = "FROM rt-img:1\nHEALTHCHECK NONE\nUSER 0:0\nONBUILD ADD x /y\n"
    for tag, tar in (("rt-img:1", context(**files)), ("rt-img2:1", context(Dockerfile=second))):
        status, body = daemon.call("POST", '/build?t=%s&networkmode=none&buildargs={"TOKEN":"zzz"}' % tag, tar, "application/x-tar")
        h.expect(status == 200 and b"Successfully" in body, tag, body[-500:])
    controls = audit()
    for name, tag in (("image-bb1-inspect.json", "bb:1"), ("image-user-healthcheck-add-inspect.json", "rt-img:1"),
                      ("image-healthcheck-none-inspect.json", "rt-img2:1")):
        compare_findings(name, "image " + tag, controls, OF_IMAGES)
    h.same(cell(controls["4.2"]), "manual")
    h.expect("zzz" not in json.dumps(controls) and "s3cr3t" not in json.dumps(controls), "a secret is shown")


if __name__ == "__main__":
    lab()
    sys.exit(case.main())
