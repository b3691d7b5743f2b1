#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""harden audit of recorded answers: every version of the API gives the same verdicts, and answers that
are slow, broken or hostile give an error for what needs them, in time, and never a pass or a crash."""
import json
import os
import re
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cli"), os.path.join(HERE, "..", "lib")]
import shapes  # noqa: E402
from engine_server import Answer, Server, containers, error, one, recorded  # noqa: E402
from hosttree import Cases, expect, harden, same  # noqa: E402

case = Cases()
DATA = os.path.join(os.path.dirname(HERE), "data", "engine")
DIRECTORY = tempfile.mkdtemp(prefix="engine-")
SOCKET = os.path.join(DIRECTORY, "d.sock")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
SECTIONS = "4,5,6,7"
OF_CONTAINERS = ("5.4", "5.5", "5.10", "5.11", "5.12", "5.13", "5.15", "5.16", "5.25", "5.29", "5.31")


def run(server, *words, within=60):
    begin = time.monotonic()
    r = harden(*words, "--engine", server.url, env=ENVIRONMENT, timeout=180)
    expect(r.code in (0, 1, 2), "ended with", r.code, r.err[-2000:])
    expect("Sanitizer" not in r.err and "runtime error" not in r.err, r.err[-3000:])
    expect(time.monotonic() - begin < within, "took", time.monotonic() - begin, "s")
    return r


def audit(server, only=SECTIONS, within=60):
    """Controls by id."""
    r = run(server, "audit", "--only", only, "--format", "json", within=within)
    return {c["id"]: c for c in json.loads(r.out)["controls"]}


def statuses(controls):
    return {i: c["status"] for i, c in controls.items()}


def said(control):
    return json.dumps([control["evidence"], control["findings"], control["notes"]])


# versions

def findings(controls):
    """What is found fault with, without the parts that name a version."""
    return {i: sorted((f["resource"], f["message"]) for f in c["findings"]) for i, c in controls.items()}


FIRST = []
for minor in range(41, shapes.LATEST + 1):
    def version(_, minor=minor):
        for swarm in (False, True):
            routes = shapes.shaped(recorded(DATA, swarm=swarm), minor)
            with Server(SOCKET, routes, api="1.%d" % minor, server="Docker/%s (linux)" % shapes.RELEASE[minor]) as s:
                controls = audit(s)
                same({p.split("/")[1] for p in s.requests if "_ping" not in p}, {"v1.%d" % minor})
            same(len(controls), 55)
            if minor == 41:
                FIRST.append((statuses(controls), findings(controls)))
            wanted = FIRST[swarm]
            same(statuses(controls), wanted[0])
            same(findings(controls), wanted[1])
            expect(("7.1", "not_applicable") not in statuses(controls).items() if swarm else
                   controls["7.1"]["status"] == "not_applicable", controls["7.1"])
    case.add("API 1.%d says of the same objects the same" % minor, version)


@case("C41: an audit asks, it never changes anything, and asks for no key")
def _(_):
    for swarm in (False, True):
        with Server(SOCKET, recorded(DATA, swarm=swarm)) as s:
            audit(s)
            run(s, "explain", "7.5", "7.6", "6.1")
            expect(all(p.startswith("GET ") for p in s.requests), s.requests)
            expect(not [p for p in s.requests if "unlockkey" in p or "/events" in p], s.requests)


@case("A53 B18: level 1 is every control of level 1, and each id stands there once, as the benchmark has it")
def _(_):
    with open(os.path.join(HERE, "..", "..", "recipes", "cis-docker-1.6.0-engine.yaml")) as f:
        wanted = re.findall(r"^  - id: (\S+)\n    key: \S+\n    title: .*\n    level: (\d)$", f.read(), re.M)
    same(len(wanted), 55)
    with Server(SOCKET, recorded(DATA, swarm=True)) as s:
        everything = audit(s)
        same(list(everything), [i for i, _ in wanted])
        r = run(s, "audit", "--only", SECTIONS, "--level", "1", "--format", "json")
        same([c["id"] for c in json.loads(r.out)["controls"]], [i for i, level in wanted if level == "1"])


@case("a newer engine is asked by the newest version that is known, an older one by its own")
def _(_):
    for api, used in (("1.52", "v1.51"), ("1.60", "v1.51"), ("1.40", "v1.40"), ("1.24", "v1.24")):
        with Server(SOCKET, recorded(DATA), api=api) as s:
            same(audit(s, "5.5")["5.5"]["status"], "fail")
            same({p.split("/")[1] for p in s.requests if "_ping" not in p}, {used})


@case("no seccomp at all in a privileged container until 27.0, an explicit profile counts after")
def _(_):
    for minor, status in ((41, "fail"), (45, "fail"), (46, "manual"), (51, "manual")):
        routes = recorded(DATA)
        c = one(DATA + "/container-default.json")
        c["HostConfig"]["Privileged"], c["HostConfig"]["SecurityOpt"] = True, ['seccomp={"defaultAction":"SCMP_ACT_ERRNO"}']
        routes.update(containers([c], top={"Titles": ["PID"], "Processes": []}))
        with Server(SOCKET, shapes.shaped(routes, minor), api="1.%d" % minor) as s:
            got = audit(s, "5.22")["5.22"]
            expect(got["status"] in (status, "error"), minor, got)
            same("privileged" in said(got), status == "fail", minor, got)


@case("Podman: its shapes are read, a swarm is never looked for, nothing is run in a container")
def _(_):
    folder = DATA + "/podman"
    routes = containers([one(folder + "/container-default-created.json"), one(folder + "/container-mixed.json")], top={})
    image = one(folder + "/image-inspect.json")
    routes.update({"/info": one(folder + "/info.json"), "/networks": [], "/volumes": {"Volumes": []}, "/images/json": [image],
                   "/images/%s/json" % image["Id"]: image, "/images/%s/history" % image["Id"]: []})
    missing = {"/swarm": error(503, "Podman does not support service"), "/nodes": error(404, "Not Found"), "/services": error(404, "Not Found")}
    routes.update(missing)
    with Server(SOCKET, routes, headers={"Libpod-API-Version": "4.3.1"}, server="Libpod/4.3.1 (linux)") as s:
        controls = audit(s)
        expect(not [p for p in s.requests if "/top" in p or p.split("1.41")[-1] in missing], s.requests)
    same({controls["7.%d" % n]["status"] for n in range(1, 10)}, {"not_applicable"})
    by_name = {i: {f["resource"] for f in c["findings"]} for i, c in controls.items()}
    created, mixed = ("container " + one(folder + "/" + f)["Name"].lstrip("/") for f in
                      ("container-default-created.json", "container-mixed.json"))
    same(by_name["5.26"], {created})
    same(by_name["5.13"], {created})
    same(by_name["5.29"], {created, mixed})
    same(by_name["5.22"], {mixed})
    same(controls["5.19"]["status"], "manual")
    same(controls["5.1"]["status"], "pass")
    # "shareable" is said of --ipc host, too: of Debian 12's 4.3.1, seen on a real one
    for version, status in (("4.3.1", "manual"), ("4.4.4", "manual"), ("3.0.1", "manual"), ("4.5.0", "pass"), ("4.10.0-rc1", "pass"),
                            ("5.4.2", "pass"), ("HEAD", "manual")):
        routes["/info"] = {**one(folder + "/info.json"), "ServerVersion": version}
        with Server(SOCKET, routes, headers={"Libpod-API-Version": version}, server="Libpod/%s (linux)" % version) as s:
            same(audit(s, "5.17")["5.17"]["status"], status, version)


@case("Podman: what it says is added and dropped is against Docker's capabilities in 4.3, its own fewer in 5.4")
def _(_):
    few = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"]
    missing = ["AUDIT_WRITE", "MKNOD", "NET_RAW"]
    container, info = one(DATA + "/podman/container-default-created.json"), one(DATA + "/podman/info.json")
    # as the two answered for: nothing said, --cap-drop ALL, --cap-add NET_RAW, --cap-drop ALL --cap-add CHOWN
    for version, add, drop, has, status in (
            ("4.3.1", [], missing, few, "pass"), ("4.3.1", [], few + missing, [], "pass"), ("4.3.1", [], missing[:2], few + ["NET_RAW"], "manual"),
            ("4.3.1", [], few[1:] + missing, ["CHOWN"], "pass"),
            ("5.4.2", [], [], few, "pass"), ("5.4.2", [], few, [], "pass"), ("5.4.2", ["NET_RAW"], [], few + ["NET_RAW"], "fail"),
            ("5.4.2", [], few[1:], ["CHOWN"], "pass"), ("5.4.2", ["SYS_TIME"], [], few + ["SYS_TIME"], "fail")):
        container["HostConfig"].update(CapAdd=add, CapDrop=drop)
        routes = containers([container], top={})
        routes.update({"/info": {**info, "ServerVersion": version}, "/networks": [], "/volumes": {"Volumes": []}, "/images/json": []})
        with Server(SOCKET, routes, headers={"Libpod-API-Version": version}, server="Libpod/%s (linux)" % version) as s:
            c = audit(s, "5.4")["5.4"]
        same((c["status"], c["evidence"][0]["value"]), (status, sorted(has)), version, add, drop)


# broken answers: {path: answer} over good ones, and which controls must be error

SMALL = recorded(DATA)
LIST = "/containers/json?all=1"
ID = one(DATA + "/container-default.json")["Id"]
AT = "/containers/%s/json" % ID
GOOD = json.dumps(one(DATA + "/container-default.json")).encode()
DEEP = b'{"Id":"' + ID.encode() + b'","x":' + b"[" * 100000 + b"]" * 100000 + b"}"
ANSWERS = {
    "an error": error(500, "it broke"), "silence cut short": Answer(raw=b""), "half of it": Answer(GOOD, cut=len(GOOD) // 2),
    "no JSON": b"<html>", "a list": b"[]", "null": b"null", "a number": b"9223372036854775807", "deep nesting": DEEP,
    "no UTF-8 in place of JSON": b"\xff\xfe\x00", "17 MB": Answer(b'{"Id":"' + ID.encode() + b'","x":"' + b"y" * (17 << 20) + b'"}')}

for name, answer in ANSWERS.items():
    def bad_inspect(_, answer=answer):
        routes = dict(SMALL)
        routes.update(containers([one(DATA + "/container-default.json"), one(DATA + "/container-hardened.json")], top={"Titles": [], "Processes": []}))
        routes[AT] = answer
        with Server(SOCKET, routes) as s:
            controls = audit(s, ",".join(OF_CONTAINERS))
            for number in OF_CONTAINERS:
                same(controls[number]["status"], "error", number, controls[number])
                expect("rt-default" in said(controls[number]), number, "does not name it", controls[number])
    case.add("a container answered by %s is an error of each control, never a pass" % name, bad_inspect)

    def bad_info(_, answer=answer):
        with Server(SOCKET, dict(SMALL, **{"/info": answer})) as s:
            controls = audit(s)
            same(set(statuses(controls).values()), {"error"}, statuses(controls))
    case.add("an engine whose info is %s passes nothing" % name, bad_info)

    def bad_list(_, answer=answer):
        with Server(SOCKET, dict(SMALL, **{LIST: answer if answer != b"[]" else b"{}"})) as s:
            controls = audit(s)
            for number in OF_CONTAINERS:
                expect(controls[number]["status"] in (("error",) if answer != b"null" else ("not_applicable",)), number, controls[number])
            expect(controls["4.6"]["status"] != "error", controls["4.6"])
    case.add("a list of containers that is %s is an error of what needs it alone" % name, bad_list)


@case("processes that are not listed, and a history that is not told, are errors of what looks at them alone")
def _(_):
    top, image = AT.replace("/json", "/top?ps_args=-o%20pid,uid,comm,args"), one(DATA + "/image-user-healthcheck-add-inspect.json")["Id"]
    for answer in (error(500, "ps: not found"), b"<html>", Answer(b"{}", cut=1)):
        routes = dict(SMALL, **{top: answer, "/images/%s/history" % image: answer})
        with Server(SOCKET, routes) as s:
            got, good = audit(s), FIRST[0][0]
            wrong = {i: (status, good[i]) for i, status in statuses(got).items() if status != good[i] and i[0] in "45"}
            same(set(wrong) - {"4.7", "4.9", "4.10", "4.11", "5.7"}, set(), wrong)
            same(got["5.7"]["status"], "error", got["5.7"])
            expect("rt-default" in said(got["5.7"]), got["5.7"])
            expect("rt-img:1" in said(got["4.7"]) and got["4.7"]["status"] == "error", got["4.7"])


@case("a swarm's answers that are broken are errors of section 7")
def _(_):
    for answer in (error(500, "no"), b"<html>", b"[]", Answer(raw=b"")):
        routes = dict(recorded(DATA, swarm=True), **{"/swarm": answer, "/nodes": answer, "/services": answer, "/secrets": answer})
        with Server(SOCKET, routes) as s:
            got = statuses(audit(s, "7"))
            for number in ("7.5", "7.6", "7.7", "7.8"):
                same(got[number], "error", answer, got)


@case("members of another type are an error or are judged, never passed over")
def _(_):
    for path, value in (("HostConfig", []), ("HostConfig", "x"), ("HostConfig", 5), ("Config", []), ("State", "running"), ("Mounts", {"a": 1}),
                        ("Mounts", [1, None, "x"]), ("NetworkSettings", 7), ("ExecIDs", "x"), ("Name", 5), ("Id", [ID])):
        c = dict(one(DATA + "/container-bad.json"), **{path: value})
        routes = dict(SMALL)
        routes.update(containers([one(DATA + "/container-bad.json")], top={"Titles": [], "Processes": []}))
        routes["/containers/%s/json" % one(DATA + "/container-bad.json")["Id"]] = c
        with Server(SOCKET, routes) as s:
            got = audit(s, ",".join(OF_CONTAINERS + ("4.1", "5.6", "5.20", "5.32")))
            if path == "HostConfig":
                for number in ("5.4", "5.5", "5.15", "5.25", "5.31"):
                    same(got[number]["status"], "error", path, value, number)
            elif path in ("Id", "Name", "ExecIDs"):
                same(got["5.5"]["status"], "fail", path, value)
            expect(got["4.1"]["status"] in ("fail", "error"), path, value, got["4.1"])


@case("whole numbers up to 2^63-1 are read, and what does not fit is an error")
def _(_):
    for number, status in ((9223372036854775807, "manual"), (1 << 62, "manual"), (67108864, "pass"), (-9223372036854775808, "fail"), (0, "fail")):
        c = one(DATA + "/container-hardened.json")
        c["HostConfig"]["Memory"] = number
        with Server(SOCKET, dict(recorded(DATA), **dict(containers([c], top={}), **{"/info": {"MemTotal": 1 << 34}}))) as s:
            same(audit(s, "5.11")["5.11"]["status"], status, number)


@case("slow answers end in time, with an error")
def _(_):
    for answer in (Answer(GOOD, delay=100), Answer(GOOD, drip=0.5)):
        routes = dict(SMALL)
        routes.update(containers([one(DATA + "/container-default.json"), one(DATA + "/container-hardened.json")], top={"Titles": [], "Processes": []}))
        routes[AT] = answer
        with Server(SOCKET, routes) as s:
            got = audit(s, "5.5,5.29", within=60)
            same(statuses(got), {"5.5": "error", "5.29": "error"})
            expect("timed out" in said(got["5.5"]), got["5.5"])


# text for people

EVIL = "a\x1b[31m\x1b]0;title\x07b\rc\nd\x08\x9b2Je\u202ef\u200b%s%n"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]")


@case("names that would steer the terminal are escaped in text, and whole in JSON")
def _(_):
    c = one(DATA + "/container-bad.json")
    c["Name"] = "/" + EVIL
    c["Config"]["Labels"] = {EVIL: EVIL}
    c["Config"]["Image"] = EVIL + ":latest"
    c["HostConfig"]["CgroupParent"], c["HostConfig"]["PidMode"] = EVIL, EVIL
    c["HostConfig"]["Devices"] = [{"PathOnHost": EVIL}]
    c["Mounts"] = [{"Type": "bind", "Source": "/etc/" + EVIL, "Destination": "/x", "RW": True}]
    routes = dict(SMALL, **containers([c], top={"Titles": [], "Processes": []}))
    routes["/info"] = dict(json.loads(SMALL["/info"]), ServerVersion=EVIL, Name=EVIL)
    with Server(SOCKET, routes) as s:
        for words in (("audit", "--only", SECTIONS), ("audit", "--only", SECTIONS, "--verbose"), ("explain", "5.5", "5.25"), ("facts",)):
            r = run(s, *words)
            bad = CONTROL.search(r.out) or CONTROL.search(r.err)
            expect(not bad, words, "writes", repr(bad and bad.string[max(0, bad.start() - 60):bad.end() + 20]))
            expect(words[0] == "facts" or "\\x1B" in r.out, words, r.out[:300])
        got = audit(s, "5.5")["5.5"]
        expect("a\x1b[31m" in got["findings"][0]["resource"], got["findings"])


@case("a name that is no UTF-8 keeps the report whole")
def _(_):
    c = json.dumps(one(DATA + "/container-bad.json")).encode().replace(b'"/rt-bad"', b'"/rt-\xff\xc3\xa4bad"')
    routes = dict(SMALL, **containers([one(DATA + "/container-bad.json")], top={"Titles": [], "Processes": []}))
    routes["/containers/%s/json" % one(DATA + "/container-bad.json")["Id"]] = c
    with Server(SOCKET, routes) as s:
        got = audit(s, "5.5")["5.5"]
        expect(got["status"] in ("fail", "error"), got)


if __name__ == "__main__":
    try:
        code = case.main()
    finally:
        shutil.rmtree(DIRECTORY, ignore_errors=True)
    sys.exit(code)
