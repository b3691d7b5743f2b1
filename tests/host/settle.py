#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bringing into force what is written, on a real daemon: reload, restart, containers kept, undo."""
import json
import os
import shutil
import signal
import sys
import time

import dockerd as d
from dockerd import Cases, h, harden, still_counting, wait_for
from hosttree import expect, same
from plugin import Listener, Plugin

case = Cases()
LEVEL1 = ("--level", "1")


def apply(*words, code=0, **how):
    r = harden("apply", "--yes", "--format", "json", *words, **how)
    same(r.code, code, r)
    return r.json if r.out.startswith("{") else None


@case("a change that a reload does keeps the daemon's pid")
def _(daemon):
    daemon.start({"log-level": "info"})
    pid = daemon.pid()
    doc = apply("--only", "2.15")
    same(doc["result"], "applied")
    same(daemon.pid(), pid)
    same(daemon.info()["LiveRestoreEnabled"], True)
    doc = apply("--only", "2.15")
    same((doc["result"], doc["pending"]), ("nothing", []))
    same(daemon.pid(), pid)


@case("keys that are gone keep their old values over a reload, so they are written out for it")
def _(daemon):
    gone = {"debug": True, "insecure-registries": ["a.example:5000"], "labels": ["a=b"], "live-restore": True,
            "registry-mirrors": ["https://m.example/"]}

    def shown():
        info = daemon.info()
        registries = info["RegistryConfig"]
        return (info["Debug"], info["LiveRestoreEnabled"], info["Labels"] or [], registries["Mirrors"] or [],
                [n for n, c in registries["IndexConfigs"].items() if not c["Secure"]])

    daemon.start(gone)
    same(shown(), (True, True, ["a=b"], ["https://m.example/"], ["a.example:5000"]))
    pid = daemon.pid()
    d.write(d.CONFIG, "{}")
    doc = apply("--only", "2.3", "--restart", "never", code=2)  # that somebody else changed it waits
    same((doc["result"], shown(), daemon.pid()), ("nothing", (False, False, [], [], []), pid))
    same(open(d.CONFIG).read(), "{}")
    doc = apply(*recipe("key: labels, equals: [rack=7]"), code=2)
    same(shown()[2], ["rack=7"])
    same(harden("rollback", "--yes", "--restart", "never").code, 2)
    same((shown()[2], daemon.pid(), open(d.CONFIG).read()), ([], pid, "{}"))


@case("with no container a restart brings all of it into force")
def _(daemon):
    daemon.start({"debug": True, "log-level": "debug"})
    pid = daemon.pid()
    doc = apply(*LEVEL1)
    same((doc["result"], doc["pending"]), ("applied", []))
    expect(daemon.pid() not in (None, pid), daemon.pid())
    same(daemon.get("/networks/bridge")["Options"]["com.docker.network.bridge.enable_icc"], "false")
    same(daemon.info()["Debug"], False)
    pid = daemon.pid()
    doc = apply(*LEVEL1)
    same((doc["result"], doc["pending"]), ("nothing", []))
    same(daemon.pid(), pid)


@case("three containers live through live-restore by reload, then a restart")
def _(daemon):
    daemon.start()
    pids = daemon.run("one", "two", "three")
    pid = daemon.pid()
    doc = apply(*LEVEL1, code=2)
    same(doc["result"], "applied")
    expect(daemon.pid() != pid)
    same(daemon.containers(), pids)
    still_counting(pids)
    text = "\n".join(doc["pending"])
    expect("no container running for icc, userland-proxy" in text and "one, three, two" in text, text)
    expect("no-new-privileges" in text, text)
    # what waits is derived: it still does, and nothing is restarted for it
    pid = daemon.pid()
    doc = apply(*LEVEL1, code=2)
    same(doc["result"], "nothing")
    expect("no container running for icc" in doc["pending"][0], doc["pending"])
    same(daemon.pid(), pid)
    for name in pids:
        daemon.post("/containers/%s/kill" % name)
    doc = apply(*LEVEL1)
    same(doc["pending"], [])
    expect(daemon.pid() != pid)
    same(daemon.get("/networks/bridge")["Options"]["com.docker.network.bridge.enable_icc"], "false")


@case("a rollback gives live-restore up last: the same three live on")
def _(daemon):
    daemon.start("{}")
    pids = daemon.run("one", "two", "three")
    before = open(d.CONFIG).read()
    apply(code=2)
    same(daemon.info()["LiveRestoreEnabled"], True)
    pid = daemon.pid()
    r = harden("rollback", "--yes", "--format", "json")
    same(r.code, 2, r)
    same(open(d.CONFIG).read(), before)
    expect(daemon.pid() != pid, r)
    same(daemon.info()["LiveRestoreEnabled"], False)
    same(daemon.containers(), pids)
    still_counting(pids)
    doc = apply("--only", "2.4")  # changes nothing
    same((doc["result"], doc["pending"]), ("nothing", []))


# a program that bears dockerd's name and never answers
HANG = "/usr/local/sbin/hang/dockerd"

# what dockerd is told

RECIPE = """\
benchmark: traps
version: "1"
controls:
  - id: "99.1"
    title: a trap
    ensure:
"""


def recipe(*texts):
    path = os.path.join(os.environ["HARDEN_TEST_DIR"], "trap.yaml")
    d.write(path, RECIPE + "".join("      - daemon: {%s}\n" % text for text in texts))
    return ("--recipe", path, "--only", "99.1")


# no address of this host, which dockerd finds out when it starts; no validator looks at it
TRAP, SAID = 'key: metrics-addr, equals: "192.0.2.1:9323"', "192.0.2.1"


def refused_and_undone(daemon, words, *said):
    """An apply that dockerd refuses: undone, and the daemon is up again, within a minute."""
    before, began = open(d.CONFIG).read(), time.monotonic()
    r = harden("apply", "--yes", *words)
    same(r.code, 1, r)
    expect(time.monotonic() - began < 60, "it took %.0f s" % (time.monotonic() - began))
    same(open(d.CONFIG).read(), before)
    expect(daemon.up(), "the daemon is down", r)
    for text in said:
        expect(text in r.err, text, r)
    same(daemon.running(), [daemon.pid()], r)
    return r


@case("a rollback takes back what a reload brought, though a reload keeps keys that are gone")
def _(daemon):
    daemon.start({})
    pid, before = daemon.pid(), daemon.info()
    doc = apply(*recipe("key: debug, equals: true", "key: labels, equals: [site=a]",
                        "key: live-restore, equals: true",
                        "key: insecure-registries, equals: [registry.example:5000]"))
    same((doc["result"], doc["pending"], daemon.pid()), ("applied", [], pid))
    info = daemon.info()
    same((info["Debug"], info["Labels"], info["LiveRestoreEnabled"]), (True, ["site=a"], True))
    r = harden("rollback", "--yes", "--format", "json")
    same((r.code, r.json["pending"], daemon.pid()), (0, [], pid), r)
    same(open(d.CONFIG).read(), "{}\n")
    for key in ("Debug", "Labels", "LiveRestoreEnabled", "RegistryConfig"):
        same(daemon.info()[key] or [], before[key] or [], key)


@case("a configuration that dockerd refuses is undone, with what it logged")
def _(daemon):
    daemon.start({"debug": False})
    refused_and_undone(daemon, recipe(TRAP), "restart dockerd", "everything this run did was undone", SAID)
    doc = apply("--only", "2.4")
    same((doc["result"], doc["pending"]), ("nothing", []))


@case("the same with live-restore: three containers live on through the undo")
def _(daemon):
    daemon.start({"live-restore": True})
    pids = daemon.run("one", "two", "three")
    refused_and_undone(daemon, recipe(TRAP), SAID)
    same(daemon.containers(), pids)
    still_counting(pids)
    same(daemon.info()["LiveRestoreEnabled"], True)


@case("the same where the run itself turned live-restore on: given up last")
def _(daemon):
    daemon.start({"debug": False})
    pids = daemon.run("one", "two", "three")
    words = recipe(TRAP) + ("--recipe", os.path.join(h.TOP, "recipes", "cis-docker-1.6.0.yaml"), "--only", "2.15,99.1")
    refused_and_undone(daemon, words, SAID)
    same(daemon.containers(), pids)
    still_counting(pids)
    same(daemon.info()["LiveRestoreEnabled"], False)
    doc = apply("--only", "2.4")
    same((doc["result"], doc["pending"]), ("nothing", []))


@case("a reload that dockerd refuses changes nothing and is undone")
def _(daemon):
    daemon.start({"debug": False})
    pid = daemon.pid()
    r = refused_and_undone(daemon, recipe("key: default-runtime, equals: nope"), "default runtime")
    same(daemon.pid(), pid, r)


# What keeps dockerd from starting, or every container from running. The versions are the first and the
# first one that is no longer meant.
OLD, NEW = ("0", "23"), ("23", "99")
TRAPS = [
    # no validator of dockerd's sees these
    ("icc=false with iptables=false", {"icc": False, "iptables": False}, "iptables"),
    ("a seccomp profile that is no file", {"seccomp-profile": "/nonexistent.json"}, "/nonexistent.json"),
    ("an option that the log driver does not know", {"log-driver": "syslog", "log-opts": {"max-size": "1m"}}, "max-size"),
    ("a group that does not exist", {"group": "nosuch"}, "nosuch"),
    ("an unknown authorization plugin", {"authorization-plugins": ["nosuch"]}, "nosuch"),
    ("a device mapper's option on overlay2", {"storage-driver": "overlay2", "storage-opts": ["dm.basesize=10G"]}, "dm.basesize"),
    ("aufs", {"storage-driver": "aufs"}, "aufs"),
    ("a seccomp profile by a word that only newer ones know", {"seccomp-profile": "unconfined"}, "unconfined", OLD),
    # these it sees
    ("a user without subordinate ids", {"userns-remap": "nosuch"}, "nosuch"),
    ("a level that is none", {"log-level": "warnn"}, "warnn"),
    ("a network that is none", {"bip": "10.0.0.1/33"}, "10.0.0.1/33"),
    ("a key in capitals", {"ICC": False}, "ICC"),
    ("a key that is a remark", {"_comment": "ours"}, "_comment"),
    ("a text where a truth value belongs", {"icc": "false"}, "icc"),
    ("a number where an option's text belongs", {"log-opts": {"max-file": 3}}, '"log-opts" must be a text'),
    ("ulimits as flags spell them", {"default-ulimits": {"nofile": "1024:2048"}}, '"default-ulimits" must be a map'),
    ("a key of long ago", {"graph": "/var/lib/docker"}, "graph", NEW),
    ("an empty file", "", "empty", OLD),
    ("a byte order mark", "\ufeff{}", "byte order mark", OLD),
    ("a remark", '{ // ours\n"debug": false}', "daemon.json:1:3"),
    ("a comma too many", '{"debug": false,}', "daemon.json:1:16"),
]
# with these it starts, and then no container does
BROKEN = [
    ("a log driver that does not exist", {"log-driver": "bogus"}, "bogus"),
    ("ulimits that no container can have", {"default-ulimits": {"nofile": {"Name": "nofile", "Hard": 1, "Soft": 5}}}, "nofile"),
    ("ulimits without their name", {"default-ulimits": {"nofile": {"Hard": 64, "Soft": 64}}}, "nofile"),
]


def major(daemon):
    return int(daemon.get("/version")["Version"].split(".")[0])


def trap(starts, name, config, said, versions=("0", "99")):
    @case("not restarted into: " + name)
    def _(daemon):
        daemon.start({})
        pid, meant = daemon.pid(), int(versions[0]) <= major(daemon) < int(versions[1])
        # somebody wrote it after the daemon had started; our own change would need a restart
        d.write(d.CONFIG, config if isinstance(config, str) else json.dumps(config))
        before = open(d.CONFIG).read()
        r = harden("apply", "--yes", *recipe("key: mtu, equals: 1400"))
        expect(daemon.up(), "the daemon is down", r)
        if meant:
            same(open(d.CONFIG).read(), before, r)
            same((r.code, daemon.pid()), (1, pid), r)
            expect(said in r.err, r)
            d.write(d.CONFIG, before)
            same(daemon.starts(), starts, "whether dockerd starts on it")
        else:
            expect(r.code != 1, r)


@case("what nobody has seen a daemon start with waits, or is left again")
def _(daemon):
    daemon.start({"debug": False})
    pid = daemon.pid()
    d.write(d.CONFIG, '{"metrics-addr": "192.0.2.1:9323"}')
    doc = apply(*recipe("key: mtu, equals: 1400"), code=2)
    expect("somebody else changed its configuration" in doc["pending"][0], doc)
    same(daemon.pid(), pid)


@case("a restart that waited and then fails: the daemon runs as before, the file stays")
def _(daemon):
    daemon.start({"debug": True})
    pids = daemon.run("one")
    doc = apply("--restart", "never", *recipe(TRAP), code=2)
    expect("--restart never was given" in doc["pending"][0], doc)
    doc = apply(*recipe(TRAP), code=2)
    expect("1 container would stop (one)" in doc["pending"][0], doc)
    same(daemon.containers(), pids)
    written = open(d.CONFIG).read()
    r = harden("apply", "--yes", "--restart", "always", *recipe(TRAP))
    same(r.code, 1, r)
    expect(SAID in r.err and "started with before" in r.out, r)
    expect(daemon.up(), r)
    same(open(d.CONFIG).read(), written)
    same(daemon.info()["Debug"], True)
    r = harden("rollback", "--yes")
    same(r.code, 0, r)
    expect(daemon.up(), r)


@case("a restart that waited is finished by --restart always, which stops containers")
def _(daemon):
    daemon.start({"log-level": "debug"})
    daemon.run("one", "two")
    pid = daemon.pid()
    doc = apply("--only", "2.3,2.14", code=2)
    expect("for log-level, no-new-privileges: 2 containers would stop (one, two)" in doc["pending"][0], doc)
    same(daemon.pid(), pid)
    doc = apply("--only", "2.3,2.14", "--restart", "always", code=2)
    same((doc["result"], len(doc["pending"])), ("nothing", 1), doc)
    expect("old no-new-privileges until they are created anew" in doc["pending"][0], doc)
    expect(daemon.pid() != pid)
    same(daemon.containers(), {})


# flags, pids, swarm, strangers

@case("flag against file: dockerd would refuse both, so the flag is changed where it stands")
def _(daemon):
    daemon.start({"log-level": "info"}, options="--icc=true --debug")
    pid = daemon.pid()
    doc = apply("--only", "2.2,2.3")
    same((doc["result"], doc["pending"]), ("applied", []))
    expect(daemon.pid() != pid)
    expect("icc" not in daemon.config() and "--icc=false" in open(d.DEFAULTS).read(), open(d.DEFAULTS).read())
    same(daemon.info()["Debug"], False)
    expect("--icc=false" in open("/proc/%d/cmdline" % daemon.pid()).read())
    r = harden("rollback", "--yes")
    same(r.code, 0, r)
    expect("--icc=true" in open("/proc/%d/cmdline" % daemon.pid()).read())


@case("a key that stands in flag and file is bad input: nothing is touched")
def _(daemon):
    daemon.start({}, options="--debug")
    pid = daemon.pid()
    d.write(d.CONFIG, '{"debug": false}')
    r = harden("apply", "--yes", *recipe("key: mtu, equals: 1400"))
    same((r.code, daemon.pid()), (1, pid), r)
    expect("flag" in r.err and d.CONFIG in r.err, r)


@case("a written flag that does not run yet is a restart that waits")
def _(daemon):
    daemon.start({"live-restore": True})
    pids = daemon.run("one")
    d.write(d.DEFAULTS, 'DOCKER_OPTS="--debug"\n')
    doc = apply("--only", "2.4", "--restart", "never", code=2)
    same(doc["result"], "nothing")
    expect("restarted for debug: --restart never" in doc["pending"][0], doc)
    doc = apply("--only", "2.4")
    same(doc["pending"], [])
    same(daemon.info()["Debug"], True)
    same(daemon.containers(), pids)


@case("authorization plugins by flag: never a reload, which would drop them", slow=True)
def _(daemon):
    with Plugin("gate"):
        daemon.start({"debug": True}, options="--authorization-plugin=gate")
        pid = daemon.pid()
        daemon.run("one")
        expect("gate" in daemon.info()["Plugins"]["Authorization"])
        doc = apply("--only", "2.3", code=2)
        same(daemon.pid(), pid)
        same(daemon.info()["Debug"], True)
        expect("1 container would stop (one)" in doc["pending"][0] and "debug" in doc["pending"][0], doc)
        doc = apply("--only", "2.3", "--restart", "always")
        expect(daemon.pid() != pid)
        same((doc["pending"], daemon.info()["Debug"]), ([], False))
        expect("gate" in daemon.info()["Plugins"]["Authorization"])


@case("a plugin that is gone: the daemon would end, so nothing is reloaded", slow=True)
def _(daemon):
    with Plugin("gate"):
        daemon.start({"authorization-plugins": ["gate"], "debug": True})
    pid = daemon.pid()
    r = harden("apply", "--yes", "--only", "2.3")
    same((r.code, daemon.pid()), (1, pid), r)
    expect("authorization plugin gate" in r.err and daemon.config()["debug"], r)
    time.sleep(1)
    same(daemon.running(), [pid])


@case("a swarm member gets no live-restore, and its tasks are not stopped")
def _(daemon):
    daemon.start({"log-level": "debug"})
    daemon.post("/swarm/init", {"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"})
    pids = daemon.run("one")
    pid = daemon.pid()
    doc = apply(*LEVEL1, code=2)
    expect("live-restore" not in daemon.config(), daemon.config())
    same((daemon.pid(), daemon.containers()), (pid, pids))
    expect("1 container would stop (one)" in doc["pending"][0], doc)
    doc = apply(*LEVEL1, "--restart", "always", code=2)
    same(doc["pending"], ["containers that exist keep their old no-new-privileges until they are created anew (running: one)"])
    expect(daemon.pid() != pid)
    same(daemon.info()["Swarm"]["LocalNodeState"], "active")
    r = harden("rollback", "--yes")
    same((r.code, daemon.config()), (2, {"log-level": "debug"}), r)
    expect("created anew" in r.out, r)


@case("live-restore that somebody wrote on a swarm member is never started with")
def _(daemon):
    daemon.start({})
    daemon.post("/swarm/init", {"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"})
    pid = daemon.pid()
    d.write(d.CONFIG, '{"live-restore": true}')
    r = harden("apply", "--yes", "--restart", "always", *recipe("key: mtu, equals: 1400"))
    same((r.code, daemon.pid()), (1, pid), r)
    expect("swarm node" in r.err, r)


@case("a pid file that is missing, stale, or names somebody else")
def _(daemon):
    daemon.start({"debug": True})
    pid = daemon.pid()
    os.unlink(d.PID_FILE)
    doc = apply("--only", "2.15")
    same((doc["pending"], daemon.info()["LiveRestoreEnabled"], daemon.running()), ([], True, [pid]))
    for wrong in ("999999", str(os.getpid()), "rubbish"):
        d.write(d.PID_FILE, wrong)
        doc = apply("--only", "2.3", "--restart", "never")
        same((doc["pending"], daemon.info()["Debug"], daemon.running()), ([], False, [pid]), wrong)
        d.write(d.PID_FILE, str(pid))
        r = harden("rollback", "--yes")
        same((r.code, daemon.info()["Debug"]), (0, True), r)
    # the daemon is down, and its old number is ours now: nobody is signalled, nothing waits
    daemon.restart("stop")
    wait_for("its end", lambda: not daemon.running())
    d.write(d.PID_FILE, str(os.getpid()))
    hups = []
    signal.signal(signal.SIGHUP, lambda *_: hups.append(1))
    doc = apply("--only", "2.3")
    same((doc["result"], doc["pending"], daemon.running(), hups), ("applied", [], [], []))


@case("a daemon that hangs on start is ended, the files undone, the containers alive", slow=True)
def _(daemon):
    daemon.start({"live-restore": True, "log-level": "debug"})
    pids = daemon.run("one", "two")
    os.makedirs(os.path.dirname(HANG), exist_ok=True)
    shutil.copy("/usr/bin/sleep", HANG)
    # the first start after this hangs; the one after that does not
    hang = "[ -e /run/hung ] || { : >/run/hung; setsid %s 600 >/dev/null 2>&1 </dev/null & exit 0; }\nsetsid " % HANG
    d.write(d.RESTART, d.RESTART_TEXT.replace("setsid ", hang), 0o755)
    before = open(d.CONFIG).read()
    r = harden("apply", "--yes", "--only", "2.3", timeout=200)
    same(r.code, 1, r)
    expect("did not answer within 60 s" in r.err, r)
    same(open(d.CONFIG).read(), before)
    expect(daemon.up(), r)
    same(daemon.containers(), pids)
    still_counting(pids)
    expect(not [p for p in os.listdir("/proc") if p.isdigit() and d.program(p) == HANG], "the hanging one still runs")


@case("DOCKER_HOST that points elsewhere is not followed")
def _(daemon):
    daemon.start({"debug": True})
    asked = []
    with Listener("/run/elsewhere.sock", asked):
        doc = apply("--only", "2.3,2.15", env=dict(os.environ, DOCKER_HOST="unix:///run/elsewhere.sock"))
    same((doc["pending"], asked), ([], []))
    same((daemon.info()["Debug"], daemon.info()["LiveRestoreEnabled"]), (False, True))


@case("nobody who could restart it: it waits, and says how")
def _(daemon):
    daemon.start({"log-level": "debug"})
    pid = daemon.pid()
    os.unlink(d.SITE)
    doc = apply("--only", "2.3", code=2)
    expect("nobody here can restart it" in doc["pending"][0] and "restart:" in doc["pending"][0], doc)
    same(daemon.pid(), pid)
    # a command that others may write is not run
    os.chmod(d.RESTART, 0o777)
    d.write(d.SITE, "restart: %s\n" % d.RESTART)
    r = harden("apply", "--yes", "--only", "2.3")
    same((r.code, daemon.pid()), (1, pid), r)
    expect("others can write it" in r.err and daemon.up(), r)


@case("what waits is derived, after an apply and after a rollback")
def _(daemon):
    daemon.start({"log-level": "debug"})
    apply("--only", "2.3", "--restart", "never", code=2)
    doc = apply("--only", "2.3")
    same((doc["result"], doc["pending"]), ("nothing", []))
    r = harden("rollback", "--yes", "--restart", "never", "--format", "json")
    same((r.code, r.json["result"]), (2, "undone"), r)
    expect("--restart never was given" in r.json["pending"][0], r)
    doc = apply("--only", "2.4", "--restart", "always")
    same(doc["pending"], [])
    same(daemon.config(), {"log-level": "debug"})


@case("where systemd is PID 1 it is told, in order, and asked to forget failed starts")
def _(daemon):
    daemon.start({"debug": True}, options="--icc=true")
    calls = daemon.systemd()
    pid = daemon.pid()
    doc = apply("--only", "2.3")
    same((doc["pending"], calls(), daemon.pid()), ([], ["reload docker.service"], pid))
    doc = apply("--only", "2.2")
    same(calls()[1:], ["reset-failed docker.service", "restart docker.service"])
    expect(daemon.pid() != pid)
    pid = daemon.pid()
    r = refused_and_undone(daemon, recipe(TRAP))
    same(calls()[3:], ["reset-failed docker.service", "restart docker.service", "daemon-reload",
                       "kill --kill-who=main --signal=KILL docker.service", "reset-failed docker.service",
                       "restart docker.service"], r)


for item in TRAPS:
    trap(False, *item)
for item in BROKEN:
    trap(True, *item)

sys.exit(case.main())
