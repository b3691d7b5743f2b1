#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mended Dockerfiles against a real dockerd: they still build (classic builder), the image holds the same
files, and it passes what it failed. The base is a static busybox with package managers that only keep
books; it bears the names that the Dockerfiles begin FROM."""
import gzip
import io
import json
import os
import re
import shutil
import tarfile

from dockerd import Cases, SOCK, h

case = Cases()
DATA = os.path.join(h.TOP, "tests", "data", "dockerfile")
LINKS = "sh rm mkdir chmod"
# As the real ones: nothing can be installed without lists, unless it fetches them for itself.
PACKAGER = """\
#!/bin/sh
lists=/lists/${0##*/} cache=yes verb='' names=''
for word; do
	case $word in
	--no-cache) cache=no ;;
	-*) ;;
	*) if [ "$verb" ]; then names="$names $word"; else verb=$word; fi ;;
	esac
done
case $verb in
update | makecache) mkdir -p $lists && echo lists >$lists/index ;;
install | add)
	[ $cache = no ] || [ -f $lists/index ] || { echo "no lists" >&2; exit 1; }
	mkdir -p /packages
	for name in $names; do echo installed >/packages/$name; done
	;;
esac
"""
# Of busybox, whose Debian build lacks these two.
ADDGROUP = """\
#!/bin/sh
[ "$1" = -g ] && [ $# = 3 ] && echo "$3:x:$2:" >>/etc/group
"""
ADDUSER = """\
#!/bin/sh
[ "$1 $2 $3 $5" = "-D -H -u -G" ] && [ $# = 7 ] && echo "$7:x:$4:$4::/:/bin/sh" >>/etc/passwd
"""


def base_image(daemon, *tags):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(shutil.which("busybox"), "bin/busybox")
        for name in LINKS.split():
            link = tarfile.TarInfo("bin/" + name)
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        for name in ("apt-get", "apt", "apk", "dnf"):
            put(tar, "bin/" + name, PACKAGER.encode(), 0o755)
        put(tar, "bin/addgroup", ADDGROUP.encode(), 0o755)
        put(tar, "bin/adduser", ADDUSER.encode(), 0o755)
        put(tar, "etc/passwd", b"root:x:0:0:root:/:/bin/sh\n")
        put(tar, "etc/group", b"root:x:0:\n")
    for tag in tags:
        status, body = daemon.call("POST", "/images/create?fromSrc=-&repo=%s&tag=latest" % tag, out.getvalue(), "application/x-tar")
        h.same(status, 200, "import", body)


def put(tar, name, data, mode=0o644):
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    tar.addfile(info, io.BytesIO(data))


def build(daemon, dockerfile, context, tag):
    """POST /build, which is the classic builder; returns the image's own files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        if context:
            tar.add(context, "")
        put(tar, "Dockerfile", dockerfile)
    status, body = daemon.call("POST", "/build?t=%s&nocache=1&dockerfile=Dockerfile" % tag, gzip.compress(out.getvalue()), "application/x-tar")
    h.expect(status == 200 and b'"error"' not in body, tag, status, body.decode(errors="replace")[-1500:])
    made = daemon.post("/containers/create", {"Image": tag, "Cmd": ["x"]})["Id"]
    status, body = daemon.call("GET", "/containers/%s/export" % made)
    daemon.call("DELETE", "/containers/%s" % made)
    files = {}
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        for m in tar:
            if not re.match(r"(lists|bin|dev|proc|sys|etc/(hosts|hostname|resolv|mtab)|\.dockerenv)", m.name):
                files[m.name] = (m.type, m.mode, m.uid, m.gid, tar.extractfile(m).read() if m.isreg() else m.linkname)
    return files


def failing(tag, ids="4"):
    """Controls that the image fails."""
    r = h.harden("audit", "--live", "--engine", "unix://" + SOCK, "--only", ids, "--format", "json")
    return {c["id"] for c in json.loads(r.out)["controls"] for f in c["findings"] if f["resource"] == "image %s:latest" % tag}


def mend(work, name):
    """The case's Dockerfile before and after harden apply; and the context."""
    there = os.path.join(work, name)
    shutil.copytree(os.path.join(DATA, name), there)
    path, context = os.path.join(there, "Dockerfile"), os.path.join(there, "context")
    context = context if os.path.isdir(context) else None
    before = open(path, "rb").read()
    r = h.harden("apply", "--dockerfile", path, "--yes", "--state-dir", os.path.join(there, "state"),
                 *(("--context", context) if context else ()))
    h.same(r.code, 0, r)
    return before, open(path, "rb").read(), context


@case("every mended Dockerfile builds the same files, and its image passes what it failed")
def _(daemon):
    daemon.start()
    base_image(daemon, "debian", "alpine", "fedora")
    work, seen = h.work_directory(), set()
    for name in sorted(n for n in os.listdir(DATA) if os.path.exists(os.path.join(DATA, n, "fixed"))):
        before, after, context = mend(work, name)
        h.expect(before != after, name)
        old = build(daemon, before, context, "old-" + name)
        new = build(daemon, after, context, "new-" + name)
        h.same(sorted(new), sorted(old), name)
        h.same({n: new[n] for n in new if n in old and new[n] != old[n]}, {}, name)
        failed, fails = failing("old-" + name), failing("new-" + name)
        mended = failed & {"4.7", "4.9"}
        h.expect(mended, name, failed)
        if name == "add-dockerfile-ignore":  # one of its two ADD stays, since the source would be left out
            mended = set()
        h.expect(not mended & fails, name, failed, fails)
        h.expect(fails <= failed, name, failed, fails)
        seen |= mended
    h.same(seen, {"4.7", "4.9"})
    shutil.rmtree(work)


@case("what a plan tells a person to write builds too, and its image passes 4.1 and 4.6")
def _(daemon):
    daemon.start()
    base_image(daemon, "busybox")
    work = h.work_directory()
    path = os.path.join(work, "Dockerfile")
    lines = ["FROM busybox", "RUN echo x >/x", 'CMD ["/bin/sh"]', ""]
    with open(path, "w") as f:
        f.write("\n".join(lines))
    build(daemon, "\n".join(lines).encode(), None, "old")
    h.expect({"4.1", "4.6"} <= failing("old"), failing("old"))
    r = h.harden("plan", "--dockerfile", path, "--state-dir", work + "/state", "--format", "json")
    told = {b["controls"][0]: b["next"] for b in r.json["by_hand"]}
    user = re.fullmatch(r"write (RUN .*), and (USER \S+) in front of line (\d+), .*", told["4.1"])
    h.expect(user, told["4.1"])
    check = re.match(r"HEALTHCHECK .*\]", told["4.6"]).group()
    lines[int(user[3]) - 1:int(user[3]) - 1] = [user[1], user[2], check]
    files = build(daemon, "\n".join(lines).encode(), None, "new")
    h.expect(b"app:x:10001:10001" in files["etc/passwd"][4], files["etc/passwd"])
    h.expect(not {"4.1", "4.6"} & failing("new"), failing("new"))
    shutil.rmtree(work)


@case("a join that was refused would have hidden a failure")
def _(daemon):
    daemon.start()
    base_image(daemon, "debian")
    work = h.work_directory()
    before, after, _ = mend(work, "update-hides-failure")
    h.same(after, before)
    joined = before.replace(b"update\nRUN", b"nothing-it-knows && \\\n   false &&")
    h.expect(joined != before)
    build(daemon, joined, None, "hidden")  # builds, though a part of it fails
    shutil.rmtree(work)


if __name__ == "__main__":
    raise SystemExit(case.main())
