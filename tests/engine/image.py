#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Images of an engine that is not this host's own: what it saves is read as it comes, and judged; what
it does not save well is an error of the three controls that need it, never a pass."""
import json
import os
import shutil
import sys

import client
from client import DIRECTORY, SOCKET
import images
from engine_server import Answer, Server, error
from hosttree import Cases, expect, harden, same

case = Cases()
INFO = {"SystemTime": "2026-11-25T10:00:00.5Z", "Swarm": {"LocalNodeState": "inactive"}, "DockerRootDir": "/var/lib/docker"}
NEEDS = ["4.3", "4.8", "4.10"]
GOOD = images.legacy(tag=None)


def ident(number):
    return "sha256:" + "%064x" % number


def routes(saved, **more):
    """One image for each name, with what GET .../get answers."""
    table = {"/info": INFO, "/images/json": [{"Id": ident(n), "RepoTags": [name]} for n, name in enumerate(sorted(saved))],
             "/containers/json?all=1": [], "/volumes": {"Volumes": []}}
    for n, name in enumerate(sorted(saved)):
        inspect = {"Id": ident(n), "RepoTags": [name], "RepoDigests": [], "Size": 1000, "Created": "2026-11-20T10:00:00Z",
                   "Config": {"User": "app", "Env": ["API_TOKEN=hunter2-env"], "Labels": {"db_password": "hunter2-label"}},
                   "RootFS": {"Layers": ["sha256:a", "sha256:b", "sha256:c"]},
                   "GraphDriver": {"Name": "overlay2", "Data": {"UpperDir": "/var/lib/docker/overlay2/x/diff"}}}
        inspect.update(more)
        history = [{"CreatedBy": "|1 BUILD_TOKEN=hunter2-arg /bin/sh -c true"},
                   {"CreatedBy": "/bin/sh -c curl -k https://user:hunter2-run@example.org/x"}]
        for at in (ident(n), name):
            table["/images/%s/json" % at] = inspect
            table["/images/%s/history" % at] = history
            table["/images/%s/get" % at] = saved[name]
    return table


def audit(server, *words):
    r = harden("audit", "--engine", server.url, "--format", "json", *words)
    expect(r.code in (0, 1, 2), r)
    for secret in images.SECRETS:
        expect(secret not in r.out + r.err, "printed:", secret, r)
    return {c["id"]: c for c in json.loads(r.out)["controls"]}


for name, saved in {"as it is": GOOD, "in chunks": Answer(GOOD, chunked=777), "without a length": Answer(GOOD, bare=True),
                    "after a long silence": Answer(GOOD, delay=2), "oci": images.oci("zstd"), "podman": images.podman()}.items():
    def good(_, saved=saved):
        with Server(SOCKET, routes({"app:1": saved})) as s:
            c = audit(s, "--only", "4")
            same(images.wrong(c), [])
            same(c["4.3"]["evidence"][0]["value"]["Source"], "save")
            same({i: c[i]["status"] for i in NEEDS}, {"4.3": "manual", "4.8": "fail", "4.10": "fail"})
            expect(all(r.startswith("GET ") for r in s.requests), s.requests)
            same(len([r for r in s.requests if r.endswith("/get")]), 1, s.requests)
    case.add("a saved image, " + name, good)


BAD = {
    "cut off": (Answer(GOOD, cut=len(GOOD) // 2), "transfer closed"),
    "cut off in a chunk": (Answer(GOOD, chunked=1000, cut=5500), "transfer closed"),
    "half of it": (Answer(GOOD[:len(GOOD) // 2]), "save the image again"),
    "nothing": (Answer(b""), "is no tar archive"),
    "JSON": ({"message": "hello"}, "is no tar archive"),
    "not there": (error(404, "no such image"), "HTTP 404"),
    "an error": (error(500, "no space left on device"), "no space left on device"),
    "not for us": (error(403, "authorization denied"), "HTTP 403"),
    "no HTTP": (Answer(raw=b"\0\0\0"), "GET /images"),
    "another image": (images.legacy(images.layers()[:1]), "1 layers there, and 3 by its inspection"),
    "hostile": (images.legacy([images.Layer().add("../x", "y").bytes()] * 3), "leads out of it (..)"),
}
for name, (saved, why) in BAD.items():
    def bad(_, saved=saved, why=why):
        with Server(SOCKET, routes({"bad:1": saved, "good:1": GOOD})) as s:
            c = audit(s, "--only", "4")
            for i in ("4.3", "4.8", "4.10"):
                told = [e for e in c[i]["evidence"] if e["source"] == "image bad:1"]
                expect(told and why in str(told[0]["value"]), i, "lacks", why, c[i]["evidence"])
                same(len(told), 1, "once for all expressions")
            same([c[i]["status"] for i in NEEDS], ["error", "fail", "fail"], "the good one is judged all the same")
            expect("image good:1" in str(c["4.8"]["findings"]) and "image bad:1" not in str(c["4.8"]["findings"]))
            c = audit(s, "--image", "bad:1")
            same([c[i]["status"] for i in NEEDS], ["error"] * 3)
            expect(c["4.1"]["status"] == "pass", c["4.1"])
    case.add("a save that goes wrong: " + name, bad)


@case("no answer grows old while an image is saved")
def _(_t):
    saved = {"i%02d" % n: GOOD for n in range(12)}
    with Server(SOCKET, routes(saved)) as s:
        c = audit(s, "--only", "4")
        same(len({f["resource"] for f in c["4.8"]["findings"]}), 12)
        asked = [r.split("/")[-2:] for r in s.requests if "sha256" in r]
        for n in range(11):
            expect(asked.index([ident(n), "get"]) < asked.index([ident(n + 1), "json"]), "asked ahead, to grow old meanwhile", asked)


@case("a large image is left alone, unless it was named")
def _(_t):
    with Server(SOCKET, routes({"big:1": GOOD}, Size=3 << 30)) as s:
        c = audit(s, "--only", "4")
        same([c[i]["status"] for i in NEEDS], ["error"] * 3)
        expect("write its 3072 MiB to its disk first; look at this image alone: harden audit --image NAME" in str(c["4.8"]["evidence"]), c["4.8"])
        expect(not [r for r in s.requests if r.endswith("/get")], s.requests)
        same(images.wrong(audit(s, "--image", "big:1")), [])


@case("--image asks for this one alone")
def _(_t):
    with Server(SOCKET, routes({"one:1": GOOD, "two:1": GOOD})) as s:
        c = audit(s, "--image", "one:1")
        same(images.wrong(c), [])
        same({f["resource"] for v in c.values() for f in v["findings"]}, {"image one:1"})
        expect(not [r for r in s.requests if "two" in r or "containers" in r or r.endswith("/images/json")], s.requests)
        r = harden("audit", "--engine", s.url, "--image", "three:1")
        same(r.code, 1, r)
        expect("has no image three:1" in r.err and not r.out, r)


@case("neither a plan nor a selection without these controls asks for images to be saved")
def _(_t):
    with Server(SOCKET, routes({"one:1": GOOD})) as s:
        same(harden("plan", "--engine", s.url, "--only", "4").code, 0)
        audit(s, "--only", "4", "--skip", "4.3,4.8,4.10")
        expect(not [r for r in s.requests if r.endswith("/get")], s.requests)


if __name__ == "__main__":
    try:
        code = case.main()
    finally:
        shutil.rmtree(DIRECTORY, ignore_errors=True)
    sys.exit(code)
