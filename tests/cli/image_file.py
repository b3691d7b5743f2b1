#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""harden audit --image FILE.tar: an image in a file, in every layout, without an engine."""
import gzip
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]
import images  # noqa: E402
from hosttree import Cases, expect, harden, same  # noqa: E402

case = Cases()
IMAGE_CONTROLS = ["4.%d" % n for n in (1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12)]


def put(t, data, name="image.tar"):
    path = os.path.join(t.root, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def listing(directory):
    return sorted((os.path.join(d, n), os.lstat(os.path.join(d, n)).st_mtime_ns)
                  for d, dirs, files in os.walk(directory) for n in dirs + files)


def audit(path, *words):
    r = harden("audit", "--image", path, "--engine", "none", "--format", "json", *words)
    expect(r.code in (0, 1, 2), r)
    no_secret(r)
    return r, {c["id"]: c for c in json.loads(r.out)["controls"]}


def no_secret(r):
    for secret in images.SECRETS:
        expect(secret not in r.out and secret not in r.err, "printed:", secret, r)


def refuses(path, why, code=1):
    r = harden("audit", "--image", path, "--format", "json")
    same(r.code, code, r)
    expect(why in r.err and not r.err.startswith("Traceback"), why, r)
    same(json.loads(r.out)["schema"], "harden.error/1", r)
    no_secret(r)


LAYOUTS = {
    "docker before 25": images.legacy, "podman": images.podman, "oci": images.oci,
    "oci with gzip": lambda: images.oci("gzip"), "oci with zstd": lambda: images.oci("zstd"),
    "docker 25": lambda: images.oci(with_manifest=True), "gzip around it": lambda: gzip.compress(images.legacy()),
    "zstd around it": lambda: images.zstd(images.oci("gzip")),
}
for name, make in LAYOUTS.items():
    def layout(t, make=make):
        path = put(t, make())
        before = listing(t.root)
        r, controls = audit(path)
        same(r.code, 2, r)
        same(sorted(controls), sorted(IMAGE_CONTROLS))
        same(images.wrong(controls), [])
        same({i: controls[i]["status"] for i in ("4.1", "4.3", "4.6", "4.7", "4.8", "4.10")},
             {"4.1": "pass", "4.3": "manual", "4.6": "pass", "4.7": "fail", "4.8": "fail", "4.10": "fail"})
        same(controls["4.3"]["evidence"][0]["value"], {"Packages": {"dpkg": 3}, "Unread": [], "Source": "file"})
        same(listing(t.root), before, "nothing is unpacked")
    case.add("the same of an image in the layout: " + name, layout)


@case("no output shows a secret, whatever its form")
def _(t):
    path = put(t, images.legacy())
    for words in ([], ["--verbose"], ["--color", "always"], ["--format", "json"], ["--only", "4.10"], ["--only", "4.7,4.11"]):
        r = harden("audit", "--image", path, *words)
        same(r.code, 2, r)
        no_secret(r)
    report = os.path.join(t.root, "report")
    same(harden("audit", "--image", path, "--verbose", "--output", report).code, 2)
    text = open(report).read()
    expect("API_TOKEN" in text and not any(s in text for s in images.SECRETS), text)


@case("allowlists of the site: setuid files, secrets that are none, packages")
def _(t):
    path = put(t, images.legacy())
    _, c = audit(path, "--set", "allowed_setuid=helper,/bin/alias,/opt/,/usr/bin/caf\u00e9,su,mount", "--set",
                 "allowed_secret_files=/root/.ssh/,/app/token", "--set", "unneeded_packages=bash")
    same(c["4.8"]["findings"], [])
    expect("holds bash, which" in "\n".join(c["4.3"]["notes"]), c["4.3"])
    said = "\n".join(f["message"] for f in c["4.10"]["findings"])
    expect("id_rsa" not in said and "/app/token" not in said, said)


@case("an image that has nothing to find passes")
def _(t):
    layer = [images.Layer().add("app", "x", 0o755).bytes()]
    conf = images.config(layer, config={"User": "1000", "Healthcheck": {"Test": ["CMD", "x"]}}, history=[])
    r, c = audit(put(t, images.legacy(layer, conf=conf)))
    same({i: c[i]["status"] for i in ("4.1", "4.6", "4.7", "4.8", "4.9", "4.10")}, dict.fromkeys(["4.1", "4.6", "4.7", "4.8", "4.9", "4.10"], "pass"))
    expect(all(v["evidence"] for v in c.values()), c)
    same(r.code, 0, r)


@case("two images in one archive are judged both")
def _(t):
    bad, good = images.layers(), [images.Layer().add("app", "x").bytes()]
    a, b = images.config(bad), images.config(good)
    entries = [("l%d" % i, x) for i, x in enumerate(bad + good)] + [("a.json", a), ("b.json", b)]
    manifest = [{"Config": "a.json", "RepoTags": ["bad:1"], "Layers": ["l0", "l1", "l2"]}, {"Config": "b.json", "RepoTags": ["good:1"], "Layers": ["l3"]}]
    _, c = audit(put(t, images.archive(entries + [("manifest.json", json.dumps(manifest))])))
    same({f["resource"] for f in c["4.8"]["findings"]}, {"image bad:1"})


@case("waivers name an image")
def _(t):
    site = put(t, b'controls:\n  "4.8": {waive: {reason: known, until: 2099-01-01, only: ["app:1"]}}\n', "site.yaml")
    _, c = audit(put(t, images.legacy()), "--config", site)
    same(c["4.8"]["status"], "waived")


@case("what is no saved image is refused, with what it is")
def _(t):
    good = images.legacy()
    blobs = images.layers()
    refuses(os.path.join(t.root, "none.tar"), "No such file")
    refuses(t.root + "/", "is no regular file")
    for data, why in ((b"", "is no tar archive"), (b"#!/bin/sh\n", "is no tar archive"), (good[:len(good) // 2], "save the image again"),
                      (good[:1024], ""), (gzip.compress(good)[:-3000], ""), (b"\xfd7zXZ\0" + good, "compressed by xz"),
                      (images.archive([("x", "y")]), "it holds no image"),
                      (images.legacy(blobs[:2], conf=images.config(blobs)), "other layers than the config"),
                      (images.legacy([b"no tar", b"", b""]), "no tar, gzip or zstd is the layer"),
                      (images.legacy([images.Layer().add("../../etc/x", "y").bytes()]), "leads out of it (..)"),
                      (images.legacy([images.Layer().add("a/" * 300, None).bytes()]), "in 300 parts"),
                      (images.archive([("../x", "y")]), "leads out of it (..)"),
                      (images.archive([("manifest.json", "[" * 100000)]), "manifest.json:1:")):
        refuses(put(t, data), why)
    same(sorted(os.listdir(t.root)), ["image.tar"])


@case("what is packed more than once is no archive")
def _(t):
    refuses(put(t, gzip.compress(gzip.compress(images.legacy()))), "is no tar archive")
    refuses(put(t, images.legacy([gzip.compress(gzip.compress(images.layers()[0])), b"", b""])), "is no tar archive")


@case("names that would steer the terminal are shown harmless")
def _(t):
    layer = [images.Layer().add("bin/\x1b[2Jx\n", "s", 0o4755).add("bin/\udcff", "s", 0o4755).bytes()]
    path = put(t, images.legacy(layer))
    for words in ([], ["--format", "json"]):
        r = harden("audit", "--image", path, "--only", "4.8", *words)
        same(r.code, 2, r)
        expect("\x1b" not in r.out and "[2Jx" in r.out, r)


@case("what goes with --image, and what does not")
def _(t):
    path = put(t, images.legacy())
    for words, why in ((["plan", "--image", path], "--image does not go with plan"), (["audit", "--image", path, "--only", "2.2"], "about an image"),
                       (["audit", "--image", "app:1", "--engine", "none"], "there is no engine to ask"),
                       (["audit", "--image", "app:1", "--root", t.root], "there is no engine to ask"), (["audit", "--image", ""], "empty value")):
        r = harden(*words)
        same(r.code, 64, r)
        expect(why in r.err, why, r)
    same(sorted(audit(path, "--skip", "4.8", "--level", "1")[1]), sorted(set(IMAGE_CONTROLS) - {"4.8", "4.11"}))
    same(sorted(audit(path, "--root", t.root)[1]), sorted(IMAGE_CONTROLS))


if __name__ == "__main__":
    sys.exit(case.main())
