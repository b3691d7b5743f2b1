# SPDX-License-Identifier: Apache-2.0
"""Saved images for tests, by tarfile: what is in them as in expected(), in the layout that is asked for."""
import gzip
import hashlib
import io
import json
import struct
import tarfile

# Made for these tests: opens nothing.
KEY = ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n"
       "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu\n-----END PRIVATE KEY-----\n")
TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
# Nothing of these may ever be printed.
SECRETS = ["MIIEvQIBADAN", TOKEN, "hunter2-env", "hunter2-arg", "hunter2-label", "hunter2-run", "hunter2-file"]


class Layer:
    """A tar in the making. Paths as they stand in it; data None: a directory."""

    def __init__(self):
        self.out = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.out, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, path, data="", mode=0o644, kind=None, target="", pax=None, uid=0):
        info = tarfile.TarInfo(path)
        info.mode, info.linkname, info.uid = mode, target, uid
        info.pax_headers = pax or {}
        if data is None:
            info.type = tarfile.DIRTYPE
        if kind:
            info.type = kind
        body = data.encode() if isinstance(data, str) else data or b""
        info.size = len(body) if info.type == tarfile.REGTYPE else 0
        self.tar.addfile(info, io.BytesIO(body))
        return self

    def bytes(self):
        self.tar.close()
        return self.out.getvalue()


def zstd(data):
    """A frame of raw blocks, RFC 8878."""
    out = b"\x28\xb5\x2f\xfd\x00\x38"
    pieces = [data[i:i + 100000] for i in range(0, len(data), 100000)]
    for i, piece in enumerate(pieces):
        head = len(piece) << 3 | (i + 1 == len(pieces))
        out += struct.pack("<I", head)[:3] + piece
    return out


PACKERS = {"plain": lambda b: b, "gzip": gzip.compress, "zstd": zstd}


def layers():
    """Three, from the lowest: programs, secrets and packages; some taken away; some come again."""
    low = Layer()
    low.add("bin/", None, 0o755).add("bin/su", "s", 0o4755).add("bin/mount", "m", 0o4755)
    low.add("bin/helper", "h", 0o4755).add("bin/gone", "g", 0o6755).add("bin/plain", "p", 0o4755)
    low.add("bin/alias", mode=0o4755, kind=tarfile.LNKTYPE, target="bin/helper")
    low.add("opt/", None, 0o755).add("opt/old", "o", 0o4755)
    low.add("usr/bin/caf\u00e9", "c", 0o2755)
    low.add("bin/ping", "p", 0o755, pax={"SCHILY.xattr.security.capability": "\x01\x00\x00\x02\x00\x20" + "\x00" * 14})
    low.add("root/.ssh/id_rsa", KEY, 0o600).add("app/token", "token=" + TOKEN)
    low.add("app/.env", "DB_PASSWORD=hunter2-file\n").add("etc/ssl/cert.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n")
    low.add("var/lib/dpkg/status", "Package: old\nStatus: install ok installed\n")
    middle = Layer()
    middle.add("bin/.wh.gone").add("opt/.wh..wh..opq").add("root/.ssh/.wh.id_rsa").add("bin/plain", "p", 0o755)
    middle.add("var/lib/dpkg/status", "".join("Package: %s\nStatus: install ok installed\n\n" % p for p in ("gcc", "bash", "libc6")))
    top = Layer().add("opt/new", "n", 0o2711)
    return [low.bytes(), middle.bytes(), top.bytes()]


def config(blobs, **more):
    c = {"architecture": "amd64", "os": "linux", "created": "2026-11-20T10:00:00.123Z",
         "config": {"User": "app", "Env": ["PATH=/bin", "API_TOKEN=hunter2-env"], "Labels": {"db_password": "hunter2-label"},
                    "Healthcheck": {"Test": ["CMD", "true"]}},
         "history": [{"created_by": "/bin/sh -c #(nop) ADD file:abc in / "},
                     {"created_by": "|1 BUILD_TOKEN=hunter2-arg /bin/sh -c apt-get update"},
                     {"created_by": "/bin/sh -c curl -k https://user:hunter2-run@example.org/x"},
                     {"created_by": "/bin/sh -c #(nop)  USER app", "empty_layer": True}],
         "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(b).hexdigest() for b in blobs]}}
    c.update(more)
    return json.dumps(c).encode()


def archive(entries):
    out = Layer()
    for path, data in entries:
        if isinstance(data, tuple):
            out.add(path, kind=data[0], target=data[1])
        else:
            out.add(path, data)
    return out.bytes()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def legacy(blobs=None, tag="app:1", conf=None):
    """docker save before 25: directories sorted by id, not in the order of layers."""
    blobs = blobs or layers()
    conf = conf or config(blobs)
    ids = ["c" * 64, "a" * 64, "b" * 64][:len(blobs)]
    entries = [(i + "/" + name, data) for i, b in sorted(zip(ids, blobs))
               for name, data in (("VERSION", "1.0"), ("json", '{"id":"x"}'), ("layer.tar", b))]
    manifest = [{"Config": digest(conf) + ".json", "RepoTags": [tag] if tag else None, "Layers": [i + "/layer.tar" for i in ids]}]
    return archive(entries + [(digest(conf) + ".json", conf), ("manifest.json", json.dumps(manifest)), ("repositories", "{}")])


def podman(blobs=None):
    blobs = blobs or layers()
    conf = config(blobs)
    entries = [(digest(b) + ".tar", b) for b in blobs]
    entries += [("%064x/layer.tar" % i, (tarfile.SYMTYPE, "../" + digest(b) + ".tar")) for i, b in enumerate(blobs)]
    manifest = [{"Config": digest(conf) + ".json", "RepoTags": ["localhost/app:1"], "Layers": [digest(b) + ".tar" for b in blobs]}]
    return archive(entries + [(digest(conf) + ".json", conf), ("manifest.json", json.dumps(manifest))])


def oci(pack="plain", with_manifest=False):
    plain = layers()
    conf, blobs = config(plain), [PACKERS[pack](b) for b in plain]
    kind = "application/vnd.oci.image.layer.v1.tar" + {"plain": "", "gzip": "+gzip", "zstd": "+zstd"}[pack]
    manifest = json.dumps({"schemaVersion": 2, "config": {"digest": "sha256:" + digest(conf)},
                           "layers": [{"mediaType": kind, "digest": "sha256:" + digest(b)} for b in blobs]}).encode()
    index = {"schemaVersion": 2, "manifests": [{"digest": "sha256:" + digest(manifest), "annotations": {
        "io.containerd.image.name": "docker.io/library/app:1"}}]}
    stored = [conf, manifest] + blobs
    entries = [("blobs/sha256/" + digest(b), b) for b in sorted(stored, key=digest)]
    entries += [("index.json", json.dumps(index)), ("oci-layout", '{"imageLayoutVersion":"1.0.0"}')]
    if with_manifest:
        entries.append(("manifest.json", json.dumps([{"Config": "blobs/sha256/" + digest(conf), "RepoTags": ["app:1"],
                                                       "Layers": ["blobs/sha256/" + digest(b) for b in blobs]}])))
    return archive(entries)


# By control, what is said of the image above: texts that must be there, and such that must not.
FINDINGS = {
    "4.8": (["the setuid file /bin/helper (4755", "the setuid file /bin/alias (4755", "the setgid file /opt/new (2711",
             "the setgid file /usr/bin/caf\u00e9 (2755", "gives capabilities to /bin/ping"],
            ["file /bin/su ", "file /bin/mount ", "/bin/gone", "/opt/old", "/bin/plain"]),
    "4.3": (["holds gcc, which"], [" old"]),
    "4.10": (["a private key in /root/.ssh/id_rsa, removed by a later layer but still in layer 0", "an access token in /app/token",
              "what may be settings of an application in /app/.env", "an environment variable API_TOKEN", "a label db_password",
              "the build argument BUILD_TOKEN", "shows a secret in 1 steps"], ["cert.pem"]),
}


def wrong(controls):
    """What is missing or too much in a report's controls, by id."""
    found = []
    for number, (there, absent) in FINDINGS.items():
        c = controls[number]
        said = "\n".join([f["message"] for f in c["findings"]] + c["notes"])
        found += ["%s lacks %r: %s" % (number, t, said) for t in there if t not in said]
        found += ["%s has %r: %s" % (number, t, said) for t in absent if t in said]
    return found
