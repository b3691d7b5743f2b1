#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Engine client against recorded answers, good and bad: the right data or a clear error, within the
time limit, and never a crash."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "cli"), os.path.join(HERE, "..", "lib")]
from engine_server import Answer, Server, containers, error  # noqa: E402
from hosttree import Cases, expect, same  # noqa: E402

case = Cases()
ASK = os.path.join(os.environ.get("top_builddir", "."), "tests", "engine", "ask")
DIRECTORY = tempfile.mkdtemp(prefix="engine-")
SOCKET = os.path.join(DIRECTORY, "d.sock")
NONE_KNOWN = {"Swarm": {"LocalNodeState": "inactive"}}


class Said:
    def __init__(self, out, code, seconds, memory):
        self.out, self.code, self.seconds, self.memory = out, code, seconds, memory
        self.lines = out.splitlines()

    def __repr__(self):
        return "exit %d after %.1f s:\n%s" % (self.code, self.seconds, self.out)


def ask(server, *words, within=5, options=(), user=None):
    """Runs the client; a signal or a sanitizer's report is a failure of the test."""
    begin = time.monotonic()
    url = server if isinstance(server, str) else server.url
    # another user may not write where a build with --enable-coverage keeps its counts
    env = dict(os.environ, GCOV_PREFIX=tempfile.mkdtemp(dir=DIRECTORY)) if user else None
    if user:
        os.chown(env["GCOV_PREFIX"], user, -1)
    p = subprocess.Popen([ASK, *options, url, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, user=user, env=env)
    out, err = p.stdout.read(), p.stderr.read()
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    p.stdout.close()
    p.stderr.close()
    r = Said(out.decode("utf-8", "replace"), p.returncode, time.monotonic() - begin, usage.ru_maxrss)
    expect(p.returncode in (0, 1, 2, 3) and not err, "crashed:", r, err.decode("utf-8", "replace")[-3000:])
    expect(r.seconds < within, "took too long:", r)
    return r


def box(number, name=None, **more):
    """An inspect answer."""
    c = {"Id": "%064x" % number, "Name": "/" + (name or "c%02d" % number), "Image": "sha256:1",
         "State": {"Running": True, "Status": "running"}, "Config": {"Image": "x"}, "HostConfig": {"Memory": 0}}
    c.update(more)
    return c


def at(number, part="json"):
    return "/containers/%064x/%s" % (number, part)


def boxes(count):
    return containers([box(n) for n in range(1, count + 1)], top={"Titles": ["PID"], "Processes": []})


def said(pattern, r, code=1):
    same(r.code, code, r)
    expect(re.search(pattern, r.out, re.M), "expected", pattern, "in:", r)


# versions

for theirs, used in [("1.24", "1.24"), ("1.41", "1.41"), ("1.44", "1.44"), ("1.51", "1.51"), ("1.52", "1.51"), ("2.0", "1.51")]:
    def version(_, theirs=theirs, used=used):
        with Server(SOCKET, boxes(1), api=theirs) as s:
            said("^api %s of %s, server Docker/20.10.24 .linux., podman 0, at least 1.44 %d$"
                 % (used, theirs, used >= "1.44"), ask(s, "open"), 0)
            said("^0 c01 .* inspect: .* map of 6$", ask(s, "fetch", "container"), 0)
            expect("GET /v%s/containers/json?all=1" % used in s.requests, s.requests)
    case.add("an engine of API %s is asked with %s" % (theirs, used), version)

for name, headers, wanted in [
        ("no version", {"Api-Version": None}, "there is no Api-Version in the answer"),
        ("a version that bends the path", {"Api-Version": "1.41/../.."}, "there is no Api-Version"),
        ("a version of words", {"Api-Version": "latest"}, "there is no Api-Version"),
        ("an empty version", {"Api-Version": ""}, "there is no Api-Version"),
        ("a version without end", {"Api-Version": "1." + "9" * 5000}, "there is no Api-Version"),
        ("an old engine", {"Api-Version": "1.23"}, "its API is older than 1.24")]:
    def odd_version(_, headers=headers, wanted=wanted):
        with Server(SOCKET, {}, headers=headers) as s:
            said("^error remote: GET /_ping of unix:.*: %s.*; name an engine" % wanted, ask(s, "open"))
    case.add("/_ping with %s" % name, odd_version)


@case("Podman says so")
def _(_):
    with Server(SOCKET, {}, server="Libpod/4.3.1 (linux)", headers={"Libpod-API-Version": "4.3.1"}) as s:
        said("server Libpod/4.3.1 .linux., podman 1", ask(s, "open"), 0)


for name, answer, wanted in [
        ("404", error(404, "page not found"), "HTTP 404: this is no Engine API"),
        ("an error", error(500, "out of order"), "GET /_ping of .*: HTTP 500: out of order"),
        ("a denial", error(403, "authorization denied by plugin x: no"), "HTTP 403: authorization denied by plugin x: no; ask as"),
        ("another protocol", Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), "GET /_ping of"),
        ("nothing", Answer(raw=b""), "GET /_ping of .*(mpty reply|recv failure)"),
        ("a header of 2 MB", Answer(raw=b"HTTP/1.1 200 OK\r\nA: " + b"x" * 2000000 + b"\r\n\r\n"), "GET /_ping of"),
        ("headers without end", Answer(raw=b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500000), "GET /_ping of"),
        ("a redirect", Answer(b"", 301, {"Location": "http://localhost/elsewhere"}), "HTTP 301; .*redirects are not followed"),
        ("silence", Answer(delay=60), "GET /_ping of .*timed out"),
        ("a drip", Answer(b"OK", drip=0.2), "GET /_ping of .*timed out")]:
    def odd_ping(_, answer=answer, wanted=wanted):
        with Server(SOCKET, {"/_ping": answer}) as s:
            said("^error remote: .*" + wanted, ask(s, "open", options=["--answer", "1000"]))
            expect(all(r == "GET /_ping" for r in s.requests), s.requests)
    case.add("/_ping answered by " + name, odd_ping)


@case("no engine: where, why, and what to do")
def _(_):
    said("^error remote: connect to the engine at unix:///nowhere/d.sock: No such file or directory; start it, or",
         ask("unix:///nowhere/d.sock", "open"))
    said("^error remote: connect to the engine at tcp://127.0.0.1:1: .*; start it, or", ask("tcp://127.0.0.1:1", "open"))
    said("^error remote: connect to the engine at tcp://no-such-host.invalid: ", ask("tcp://no-such-host.invalid", "open", within=20))


@case("a socket that we may not open")
def _(_):
    os.chmod(DIRECTORY, 0o755)
    with Server(SOCKET, {}) as s:
        os.chmod(SOCKET, 0o600)
        said("^error sys: connect to the engine at unix:.*: Permission denied; run as root", ask(s, "open", user=65534))


for url, wanted in [("docker.sock", "has a scheme that is not known"), ("/run/docker.sock", "has a scheme"),
                    ("unix://run/docker.sock", "names no absolute path"), ("tcp://", "names no host"),
                    ("tcp://:2375", "names no host"), ("tcp://user@host:1", "names no host"),
                    ("tcp://host:1/?x", "names no host"), ("tcp://a b", "names no host"),
                    ("ssh://host", "needs ssh"), ("npipe:////./pipe/x", "has a scheme")]:
    def odd_url(_, url=url, wanted=wanted):
        said("^error usage: the engine's URL %s %s.*; give unix:///" % (re.escape(url), wanted), ask(url, "open"))
    case.add("the URL %s is refused" % url, odd_url)


@case("TCP without TLS, with a path before the API's")
def _(_):
    with Server(None, boxes(2)) as s:
        said("^1 c02 ", ask(s, "fetch", "container"), 0)
        said("^0 c01 ", ask(s.url.replace("tcp:", "http:") + "/", "fetch", "container"), 0)
        said("HTTP 404", ask(s.url + "/deeper", "open"))


# many

@case("objects come in the order of their names, however slow their answers are")
def _(_):
    routes = boxes(30)
    for n in (1, 2, 9, 17, 30):
        routes[at(n)] = Answer(box(n), delay=0.3)
    routes["/containers/json?all=1"].reverse()
    with Server(SOCKET, routes) as s:
        r = ask(s, "fetch", "container")
        same(r.code, 0, r)
        same([line.split()[:2] for line in r.lines], [[str(n - 1), "c%02d" % n] for n in range(1, 31)], r)


@case("four questions are under way at a time, over connections that are kept, and only GET")
def _(_):
    routes = {path: Answer(a, delay=0.02) for path, a in boxes(40).items()}
    with Server(SOCKET, routes) as s:
        same(ask(s, "fetch", "container", options=["--parts", "6"]).code, 0)
        same(s.most, 4)
        expect(s.connections <= 5, s.connections, "connections")
        same(len(s.requests), 2 + 3 * 40)
        expect(all(r.startswith("GET ") for r in s.requests), s.requests)


@case("names: of links in other containers, of images without a tag, none at all")
def _(_):
    routes = boxes(2)
    routes["/containers/json?all=1"] = [{"Id": "%064x" % 1, "Names": ["/other/db", "/zoo"]}, {"Id": "%064x" % 2, "Names": None}]
    routes["/images/json"] = [{"Id": "sha256:2", "RepoTags": ["<none>:<none>"]}, {"Id": "sha256:1", "RepoTags": []},
                              {"Id": "sha256:3", "RepoTags": ["a/b:1", "c"]}]
    routes.update({"/images/sha256:%d/json" % n: {"Id": "sha256:%d" % n} for n in (1, 2, 3)})
    with Server(SOCKET, routes) as s:
        said("^0 0{63}2 0{12} inspect: .*\n1 zoo 0{12} inspect: ", ask(s, "fetch", "container"), 0)
        said("^0 a/b:1 sha256:3 .*\n1 sha256:1 .*\n2 sha256:2 ", ask(s, "fetch", "image"), 0)


@case("an object that vanishes between list and question is left out")
def _(_):
    routes = boxes(5)
    del routes[at(2)], routes[at(5)]
    with Server(SOCKET, routes) as s:
        r = ask(s, "fetch", "container")
        same([line.split()[1] for line in r.lines], ["c01", "c03", "c04"], r)


@case("a part that is missing is an error, unless the object has vanished too")
def _(_):
    routes = boxes(3)
    del routes[at(2, "changes")], routes[at(3, "changes")]
    first = [box(3)]
    routes[at(3)] = lambda path: first.pop() if first else None
    with Server(SOCKET, routes) as s:
        r = ask(s, "fetch", "container", options=["--parts", "4"])
        said("^1 c02 .* changes: error remote: GET /containers/.*2/changes of unix:.*: HTTP 404", r, 0)
        expect("c03" not in r.out, r)


@case("what ps shows is absent for a container that does not run")
def _(_):
    routes = containers([box(1), box(2, State={"Running": False, "Status": "exited"})], top={"Titles": [], "Processes": []})
    with Server(SOCKET, routes) as s:
        r = ask(s, "fetch", "container", options=["--parts", "2"])
        said("^0 c01 .* top: .* map of 2$", r, 0)
        said("^1 c02 .* top: absent$", r, 0)


@case("Podman is not asked what ps shows")
def _(_):
    with Server(SOCKET, boxes(2), headers={"Libpod-API-Version": "4.3.1"}) as s:
        r = ask(s, "fetch", "container", options=["--parts", "6"])
        said("^0 c01 .* inspect: .* map of 6\n0 c01 .* top: error remote: Podman is not asked .*\n0 c01 .* changes: 2 bytes", r, 0)
        expect(not [p for p in s.requests if "/top" in p], s.requests)


@case("an engine that is too new for us says so")
def _(_):
    def too_old(_):
        return error(400, "client version 1.51 is too old. Minimum supported API version is 1.60, please upgrade")
    with Server(SOCKET, {"/containers/json?all=1": too_old}, api="1.70") as s:
        said("^error remote: GET /containers/json.all=1 of unix:.*: HTTP 400: client version 1.51 is too old", ask(s, "fetch", "container"))


@case("ids that are asked for by name")
def _(_):
    with Server(SOCKET, {"/exec/abc/json": {"ID": "abc"}}) as s:
        r = ask(s, "fetch", "exec", "abc", "gone")
        same(r.lines, ["0 abc abc inspect: 13 bytes map of 1"], r)
        said("^error internal: ", ask(s, "fetch", "exec"))
        said("no kind, nearest container", ask(s, "fetch", "containr"))


@case("one question: an answer, gone, an error")
def _(_):
    with Server(SOCKET, {"/info": NONE_KNOWN, "/bad": error(500, "no\nmore")}) as s:
        said("map of 1", ask(s, "get", "/info"), 0)
        said("^gone$", ask(s, "get", "/images/x/json"), 2)
        said("^error remote: GET /bad of unix:.*: HTTP 500: no; ", ask(s, "get", "/bad"))


@case("a judge who has seen enough ends it")
def _(_):
    with Server(SOCKET, boxes(20)) as s:
        r = ask(s, "fetch", "container", options=["--stop", "3"])
        said("^2 c03.*\nerror conflict: seen enough", r)
        expect("c04" not in r.out, r)


# lists

for name, answer, wanted, code in [
        ("null", b"null", "^$", 0), ("[]", b" [ ] ", "^$", 0),
        ("a map", b'{"message": "x"}', "element|no list|map, where", 1), ("nothing", b"", "there is no text", 1),
        ("words", b"<html></html>", "this is no list", 1), ("a number", b"7", "this is no list", 1),
        ("a list of numbers", b"[1]", "element 1 has no Id", 1), ("an empty id", b'[{"Id": ""}]', "element 1 has no Id", 1),
        ("an id that is a number", b'[{"Id": 5}]', "element 1 has no Id", 1),
        ("cut off JSON", b'[{"Id": "a"}, {"Id"', "is cut off", 1), ("a comma too many", b'[{"Id": "a"},]', "element 2", 1),
        ("two lists", b"[][]", "something follows", 1), ("a brace at the end", b"[}", "closes that was not opened", 1),
        ("deep nesting", b'[{"Id": ' + b"[" * 200000 + b"]" * 200000 + b"}]", "element 1:1", 1),
        ("an element of 17 MB", b'[{"Id": "' + b"a" * (17 << 20) + b'"}]', "larger than is read", 1),
        ("not UTF-8", b'[{"Id": "a\xff"}]', "0xff is not UTF-8", 1),
        ("an Id twice", b'[{"Id": "a", "Id": "b"}]', "is here twice", 1),
        ("an error", error(500, "no list today"), "HTTP 500: no list today", 1),
        ("404", error(404, "page not found"), "HTTP 404", 1),
        ("a redirect", Answer(b"", 302, {"Location": "/containers/1/json"}), "HTTP 302; .*not followed", 1),
        ("a cut connection", Answer(b"[" + b" " * 1000 + b"]", cut=500), "502 bytes remaining", 1)]:
    def odd_list(_, answer=answer, wanted=wanted, code=code):
        with Server(SOCKET, {"/containers/json?all=1": answer}) as s:
            said(wanted if code == 0 else "^error (remote|format): GET /containers/json.all=1 of unix:.*" + wanted,
                 ask(s, "fetch", "container"), code)
    case.add("a list that is " + name, odd_list)


@case("a list in small pieces")
def _(_):
    for size in (1, 2, 3, 7, 64):
        routes = boxes(9)
        routes["/containers/json?all=1"] = Answer(routes["/containers/json?all=1"], chunked=size)
        with Server(SOCKET, routes) as s:
            same(len(ask(s, "fetch", "container").lines), 9)


for name, answer, wanted, code in [
        ("null", {"Volumes": None, "Warnings": ["x"]}, "^$", 0), ("absent", {}, "^$", 0),
        ("a list", {"Warnings": [{"Name": "w"}], "Volumes": [{"Name": "b", "Options": {"o": "[,]}"}}, {"Name": "a"}]},
         "^0 a a inspect: 13 bytes map of 1\n1 b b inspect: .* map of 2$", 0),
        ("a map", {"Volumes": {"Name": "a"}}, "map, where a list", 1), ("a number", {"Volumes": 3}, "the member is no list", 1),
        ("a list of all", [{"Name": "a"}], "a list, where a map", 1),
        ("there twice", b'{"Volumes":[],"Volumes":[]}', "is there twice", 1)]:
    def odd_volumes(_, answer=answer, wanted=wanted, code=code):
        with Server(SOCKET, {"/volumes": answer}) as s:
            said(wanted, ask(s, "fetch", "volume"), code)
    case.add("volumes that are " + name, odd_volumes)


@case("ids that would bend the path are asked for as they are")
def _(_):
    ids = ["../../info", "a?b=c#d", "a b", "a\r\nX-Evil: 1", "\u00e4%2f"]
    with Server(SOCKET, {"/containers/json?all=1": [{"Id": i} for i in ids]}) as s:
        r = ask(s, "fetch", "container")
        same((r.code, r.out), (0, ""), r)
        asked = sorted(p for p in s.requests if "/containers/" in p and "all=1" not in p)
        same(asked, sorted("GET /v1.41/containers/%s/json" % i for i in
                           ["..%2f..%2finfo", "a%3fb%3dc%23d", "a%20b", "a%0d%0aX-Evil%3a%201".replace("%3a", ":"),
                            "%c3%a4%252f"]))


# one bad answer among good ones

HUGE = json.dumps(box(2, Config={"Labels": {"x": "y" * (17 << 20)}})).encode()
GOOD = json.dumps(box(2)).encode()
for name, answer, wanted in [
        ("an error", error(500, "cannot inspect"), "remote: GET .* HTTP 500: cannot inspect"),
        ("an error in plain text", Answer(b"boom\nstack", 502), "remote: GET .* HTTP 502: boom;"),
        ("an error without words", Answer(b"", 503), "remote: GET .* HTTP 503;"),
        ("an error of 1 MB", error(500, "x" * 1000000), "remote: GET .* HTTP 500: .{1,400}$"),
        ("an error that is not UTF-8", Answer(b"\xff\xfe", 500), "remote: GET .* HTTP 500"),
        ("a redirect", Answer(b"", 307, {"Location": "/v1.41" + at(1)}), "remote: GET .* HTTP 307"),
        ("silence", Answer(GOOD, delay=60), "remote: GET .*timed out"),
        ("a drip", Answer(GOOD, drip=0.1), "remote: GET .*timed out"),
        ("a connection that ends at once", Answer(raw=b""), "remote: GET .*(mpty reply|eset)"),
        ("a connection that ends in the headers", Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Le"), "remote: GET |format: GET "),
        ("a connection that ends in the body", Answer(GOOD, cut=100), "remote: GET .*(losed|remaining)"),
        ("a connection that ends in a chunk", Answer(GOOD, cut=100, chunked=64), "remote: GET .*"),
        ("a Content-Length too long", Answer(GOOD, length=len(GOOD) + 50, cut=len(GOOD)), "remote: GET .*(losed|remaining)"),
        ("a Content-Length too short", Answer(GOOD, length=len(GOOD) - 50), "format: GET .*:1:"),
        ("a Content-Length of words", Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}"), "remote: GET "),
        ("another object", box(5), "format: GET .* the answer is about another object"),
        ("an empty object", {}, "format: GET .* the answer is about another object"),
        ("null", b"null", "format: GET .* the answer is about another object"),
        ("chunks of words", Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"), "remote: GET "),
        ("cut off JSON", Answer(GOOD[:-9], bare=True), "format: GET /containers/.*/json of unix:.*:1:"),
        ("an answer of 17 MB", HUGE, "remote: GET .* the answer is larger than 16777216 bytes"),
        ("17 MB in chunks", Answer(HUGE, chunked=1 << 20), "remote: GET .* the answer is larger than"),
        ("17 MB that claim to be few", Answer(HUGE, bare=True), "remote: GET .* the answer is larger than"),
        ("deep nesting", GOOD[:-1] + b', "x": ' + b"[" * 1000000, "format: GET .*:1:"),
        ("deep nesting that is closed", GOOD[:-1] + b', "x": ' + b"[" * 300 + b"]" * 300 + b"}", "format: GET .*:1:"),
        ("a number of 2^63", GOOD.replace(b'"Memory": 0', b'"Memory": 9223372036854775808'), "format: GET .*too big"),
        ("no UTF-8", GOOD.replace(b"c02", b"c\xff2"), "format: GET .*0xff is not UTF-8"),
        ("a NUL in a name", GOOD.replace(b"c02", b"c\\u00002"), "format: GET .*NUL"),
        ("a key twice", GOOD[:-1] + b', "Id": 2}', "format: GET .*is here twice"),
        ("no JSON", b"<html>", "format: GET .* the answer is about another object"),
        ("no bytes", b"", "format: GET .* the answer is about another object")]:
    def odd_answer(_, answer=answer, wanted=wanted):
        routes = boxes(6)
        routes[at(2)] = answer
        with Server(SOCKET, routes) as s:
            r = ask(s, "fetch", "container", options=["--answer", "1000"])
            same(r.code, 0, r)
            same(len(r.lines), 6, r)
            expect(re.search(r"^1 c02 0{12} inspect: error (%s)" % wanted, r.lines[1]), "expected", wanted, "in:", r)
            for i in (0, 2, 3, 4, 5):
                expect("map of 6" in r.lines[i], r)
            same(s.requests.count("GET /v1.41" + at(1)), 1)
            expect(len(r.lines[1]) < 1000, r)
    case.add("one container answered by %s, the others are judged" % name, odd_answer)


for name, answer in [
        ("2^63-1 and -2^63", GOOD.replace(b'"Memory": 0', b'"Memory": 9223372036854775807')),
        ("chunks of one byte", Answer(GOOD, chunked=1)), ("chunks of 7", Answer(GOOD, chunked=7)),
        ("no Content-Length", Answer(GOOD, bare=True)), ("a delay", Answer(GOOD, delay=0.4)),
        ("15 MB", json.dumps(box(2, Args=["y" * (15 << 20)])).encode()[:-1] + b"}"),
        ("another content type", Answer(GOOD, headers={"Content-Type": "text/html"})),
        ("a Content-Length of 2^64", Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n" + GOOD)),
        ("HTTP/1.0", Answer(raw=b"HTTP/1.0 200 OK\r\n\r\n" + GOOD)),
        ("a 100 before it", Answer(raw=b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(GOOD) + GOOD)),
        ("escapes in its name", GOOD.replace(b"c02", b"c\\u001b[31m\\n\\\"\\ud83d\\ude00"))]:
    def odd_but_good(_, answer=answer):
        routes = boxes(4)
        routes[at(2)] = answer
        with Server(SOCKET, routes) as s:
            r = ask(s, "fetch", "container", options=["--answer", "2000"])
            same((r.code, len(r.lines)), (0, 4), r)
            expect(all("map of " in line for line in r.lines), r)
    case.add("one container answered with " + name, odd_but_good)


@case("an engine that goes away ends the fetch")
def _(_):
    routes = boxes(20)
    with Server(SOCKET, routes) as s:
        def leave(_):
            s.leave()
            return Answer(raw=b"")
        for n in range(4, 21):
            routes[at(n)] = leave
        r = ask(s, "fetch", "container")
        said("^error remote: connect to the engine at unix:.*; start it, or", r)
        expect("c20" not in r.out, r)


@case("an engine that is too slow in all ends the fetch, and says how far it came")
def _(_):
    routes = {path: Answer(a, delay=0 if "all=1" in path else 0.25) for path, a in boxes(480).items()}
    with Server(SOCKET, routes) as s:  # four at a time: 30 s for all of them
        r = ask(s, "fetch", "container", options=["--total", "3000"], within=20)
        said(r"error remote: ask unix:.* for its containers: no more than \d+ of 480 were told within 3 s; look", r)


@case("memory is that of a few answers, however many there are")
def _(_):
    with open(ASK, "rb") as program:
        if b"__asan_init" in program.read():
            return  # its allocator keeps what was freed
    big = "y" * 200000
    used = []
    for count in (20, 400):
        every = [box(n, Args=[big]) for n in range(1, count + 1)]
        with Server(SOCKET, containers(every)) as s:
            r = ask(s, "fetch", "container", within=60)
            same((r.code, len(r.lines)), (0, count), r.lines[-1:])
            used.append(r.memory)
    expect(used[1] < used[0] * 1.3 + 2000, "kB of memory for 20 and 400:", used)


# swarm

def swarm(state, control=False):
    return {"/info": {"Swarm": {"LocalNodeState": state, "ControlAvailable": control}},
            "/services": [{"ID": "s2", "Spec": {"Name": "b"}}, {"ID": "s1", "Spec": {"Name": "a"}}], "/swarm": {"ID": "x"}}


@case("the kinds of a swarm: a manager is asked, elsewhere nobody, and why is said")
def _(_):
    with Server(SOCKET, swarm("active", True)) as s:
        said("^0 a s1 inspect: .*\n1 b s2 inspect: ", ask(s, "fetch", "service"), 0)
        said("^0 swarm swarm inspect: ", ask(s, "fetch", "swarm"), 0)
    for state in ("inactive", ""):
        with Server(SOCKET, swarm(state)) as s:
            said("^no swarm$", ask(s, "fetch", "service"), 3)
            said("^no swarm$", ask(s, "fetch", "swarm"), 3)
            expect(not [p for p in s.requests if "services" in p or p.endswith("/swarm")], s.requests)
    for state, wanted in [("active", "is a worker of its swarm; ask a manager"), ("locked", "is locked out .*; unlock it"),
                          ("error", "does not say"), ("pending", "does not say"), (None, "does not say"), (5, "does not say")]:
        with Server(SOCKET, swarm(state)) as s:
            said("^error remote: ask unix:.* for its services: the engine " + wanted, ask(s, "fetch", "service"))
    for info in ({}, [], {"Swarm": "inactive"}):
        with Server(SOCKET, {"/info": info}) as s:
            said("^error (remote|format): ", ask(s, "fetch", "service"))


if __name__ == "__main__":
    try:
        code = case.main()
    finally:
        shutil.rmtree(DIRECTORY, ignore_errors=True)
    sys.exit(code)
