#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is written is not what runs: audit and plan of a live host against a real dockerd."""
import os
import signal
import subprocess
import sys
import time

import dockerd as d
from dockerd import Cases, h

case = Cases()
GOOD = {"icc": False, "userland-proxy": False, "no-new-privileges": True, "log-level": "info"}


def start(daemon, config=None, options=None):
    daemon.start(config, options)
    d.write(d.SITE, "level: 2\n")


def verdicts(*words, env=None, live=("--live",), only="1.2.2,2,3.15,3.16"):
    r = h.harden("audit", *live, "--only", only, "--format", "json", *words, env=env)
    return {c["id"]: c for c in r.json["controls"]}


def running(c):
    return [f["message"] for f in c["findings"] if f["part"] == "running"]


def shown(c):
    return {e["source"]: e["value"] for e in c["evidence"]}


def status(c, wanted, *parts):
    h.same(c["status"], wanted, c)
    h.same(sorted({f["part"] for f in c["findings"]}), sorted(parts), c)


@case("what runs as it is written passes, with the witness of both")
def _(daemon):
    start(daemon, GOOD)
    v = verdicts()
    for number in ("2.2", "2.3", "2.4", "2.5", "2.6", "2.10", "2.11", "2.14", "2.16", "2.17", "2.18", "3.15", "3.16"):
        status(v[number], "pass")
        h.same(v[number]["scope"], "written+running", number)
    h.same(shown(v["2.2"])["running dockerd: GET /networks/bridge Options com.docker.network.bridge.enable_icc"], False)
    h.same(shown(v["2.1"])["running dockerd: effective user id"], 0)
    h.same(shown(v["2.7"])["the running dockerd listens on"], "no TCP socket")
    h.expect(shown(v["1.2.2"])["running dockerd: GET /version Version"].startswith(daemon.get("/version")["Version"]))


@case("what was written after the start is a finding that names the step")
def _(daemon):
    start(daemon)
    daemon.run("one", "two")
    d.write(d.CONFIG, '{"icc": false, "log-level": "info", "debug": false, "live-restore": true}\n')
    v = verdicts()
    status(v["2.2"], "fail", "running")
    h.expect("restart docker while no container runs (now: one, two)" in running(v["2.2"])[0], v["2.2"])
    status(v["2.15"], "fail", "running")
    h.expect(running(v["2.15"])[0].endswith(": reload docker"), v["2.15"])
    status(v["2.3"], "fail", "running")
    h.expect("cannot be seen" in running(v["2.3"])[0] and running(v["2.3"])[0].endswith(": restart docker"), v["2.3"])
    h.expect("restart" in v["2.2"]["remedy"], v["2.2"])
    daemon.restart()
    v = verdicts()
    for number in ("2.2", "2.3", "2.15"):
        status(v[number], "pass")


@case("a reload is seen, with the pid as before")
def _(daemon):
    start(daemon, {"debug": True, "live-restore": False})
    pid = daemon.pid()
    d.write(d.CONFIG, '{"debug": false, "live-restore": true}\n')
    h.same([m.split(" (")[0] for m in running(verdicts()["2.15"])], ["live-restore is false"])
    os.kill(pid, signal.SIGHUP)
    d.wait_for("the reload", lambda: daemon.info()["LiveRestoreEnabled"])
    v = verdicts()
    status(v["2.15"], "pass")
    h.expect(not any("debug is true" in m for m in running(v["2.3"])), v["2.3"])
    h.same(daemon.pid(), pid)


@case("after a reload alone our own records tell what the daemon began with")
def _(daemon):
    start(daemon, dict(GOOD, **{"live-restore": False}))
    time.sleep(1.1)  # journals count seconds
    pid = daemon.pid()
    h.same(h.harden("apply", "--live", "--yes", "--only", "2.15").code, 0)
    h.same((daemon.pid(), daemon.info()["LiveRestoreEnabled"]), (pid, True))
    v = verdicts()
    for number in ("2.2", "2.3", "2.4", "2.14", "2.15", "2.16"):
        status(v[number], "pass")
    h.expect(any("as it was when the daemon began" in s for s in shown(v["2.3"])), v["2.3"])
    d.write(d.CONFIG, '{"live-restore": true, "icc": false, "log-level": "info"}\n')
    status(verdicts()["2.3"], "pass")


@case("a flag of the process counts, whatever the environment file says by now")
def _(daemon):
    start(daemon, {}, "--log-level=debug --userland-proxy=false")
    d.write(d.DEFAULTS, 'DOCKER_OPTS="--userland-proxy=false"\n')
    v = verdicts()
    status(v["2.3"], "fail", "running")
    h.expect("running dockerd --log-level=debug" in running(v["2.3"])[0], v["2.3"])
    status(v["2.16"], "pass")
    h.expect(any("running dockerd --userland-proxy=false" in s for s in shown(v["2.16"])), v["2.16"])


@case("a TCP port is found by the socket, also when nothing names it any more")
def _(daemon):
    start(daemon, {}, "-H tcp://127.0.0.1:2375")
    v = verdicts()
    status(v["2.7"], "fail", "written")
    h.same(shown(v["2.7"])["the running dockerd listens on"], "127.0.0.1:2375")
    d.write(d.DEFAULTS, "# none\n")
    v = verdicts()
    status(v["2.7"], "fail", "running")
    h.expect("127.0.0.1:2375" in running(v["2.7"])[0] and running(v["2.7"])[0].endswith("restart docker"), v["2.7"])


@case("containers that keep what they were created with are named")
def _(daemon):
    start(daemon, {"live-restore": True})
    daemon.run("old")
    d.write(d.CONFIG, '{"live-restore": true, "no-new-privileges": true}\n')
    daemon.restart()
    daemon.run("new")
    daemon.run("asked", HostConfig={"SecurityOpt": ["no-new-privileges=false"]})
    c = verdicts()["2.14"]
    status(c, "fail", "running")
    h.expect("create old anew" in running(c)[0], c)


@case("no daemon: what is written decides, and that is said")
def _(daemon):
    start(daemon, GOOD)
    os.kill(daemon.pid(), signal.SIGKILL)
    d.wait_for("the end", lambda: not daemon.running())
    h.expect(os.path.exists(d.PID_FILE), "the pid file should be stale")
    v = verdicts()
    status(v["2.2"], "pass")
    h.same(v["2.2"]["scope"], "written")
    h.expect("no dockerd runs: what is written decides" in v["2.2"]["notes"], v["2.2"])


@case("a pid file of somebody else, or none, does not hide the daemon")
def _(daemon):
    start(daemon, GOOD)
    for text in (str(os.getpid()), "1", "x", None):
        if text is None:
            os.unlink(d.PID_FILE)
        else:
            d.write(d.PID_FILE, text)
        status(verdicts(only="2.2")["2.2"], "pass")
        h.same(verdicts(only="2.2")["2.2"]["scope"], "written+running", text)


@case("DOCKER_HOST has no say in what this host runs")
def _(daemon):
    start(daemon, GOOD)
    env = dict(os.environ, DOCKER_HOST="tcp://127.0.0.1:1", DOCKER_CONTEXT="elsewhere")
    status(verdicts(env=env, only="2.2")["2.2"], "pass")
    h.same(verdicts(env=env, only="2.2")["2.2"]["scope"], "written+running")


@case("a daemon that does not answer is an error within the limit, never a pass")
def _(daemon):
    start(daemon, GOOD)
    os.kill(daemon.pid(), signal.SIGSTOP)
    try:
        begun = time.monotonic()
        v = verdicts(only="2")
        h.expect(time.monotonic() - begun < 30, "took", time.monotonic() - begun)
    finally:
        os.kill(daemon.pid(), signal.SIGCONT)
    for number in ("2.2", "2.14", "2.16", "2.18"):
        status(v[number], "error")
    h.expect(any("could not be looked at" in s for s in shown(v["2.2"])), v["2.2"])


@case("without the API the command line and the file still tell")
def _(daemon):
    start(daemon, GOOD)
    v = verdicts("--engine", "none")
    status(v["2.2"], "pass")
    h.same(v["2.2"]["scope"], "written+running")
    h.expect(not any("GET" in s for c in v.values() for s in shown(c)), v)


@case("a host that is not live has no running part")
def _(daemon):
    start(daemon, dict(GOOD, icc=True))
    d.write(d.CONFIG, '{"icc": false}\n')
    c = verdicts(live=(), only="2.2")["2.2"]
    status(c, "pass")
    h.same((c["scope"], c["notes"], len(c["evidence"])), ("written", [], 1))


@case("who may not look is told to be root")
def _(daemon):
    start(daemon, GOOD)
    os.chmod(d.CONFIG, 0o644)
    copy = os.path.join("/tmp", "harden-running-test")
    subprocess.run(["cp", h.HARDEN, copy], check=True)
    os.chmod(copy, 0o755)
    try:
        p = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", copy, "audit", "--live", "--only", "2.2",
                            "--recipe", os.path.join(h.TOP, "recipes", "cis-docker-1.6.0.yaml")],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/", timeout=60)
    finally:
        os.unlink(copy)
    h.same(p.returncode, 1, p.stdout)
    h.expect(b"run as root" in p.stdout and b"ERROR" in p.stdout, p.stdout)


@case("a socket that was opened to all is found, whatever its creator would do")
def _(daemon):
    start(daemon, GOOD)
    os.chmod(d.SOCK, 0o666)
    status(verdicts(only="3.16")["3.16"], "fail", "running")


@case("a plan names the containers")
def _(daemon):
    start(daemon, {})
    daemon.run("one", "two")
    daemon.run("apart", HostConfig={"NetworkMode": "none"})

    def impact(*words):
        doc = h.harden("plan", "--live", "--only", "2", "--format", "json", *words).json
        return [line for c in doc["changes"] if c["resource"] == d.CONFIG for line in c["impact"]]
    lines = impact("--skip", "2.15")
    for line in ("icc: one, two lose each other on the default bridge",
                 "no-new-privileges: apart, one, two keep the old setting until they are created anew",
                 "apart, one, two stop when docker is restarted"):
        h.expect(line in lines, line, lines)
    lines = impact()
    h.expect(not any("stop when" in line for line in lines), lines)
    h.expect("icc: waits for a restart while no container runs; now run apart, one, two" in lines, lines)
    doc = h.harden("plan", "--live", "--only", "2.9", "--format", "json", "--set", "userns_remap=default",
                   "--set", "userns_data_reset=true").json
    lines = [line for c in doc["changes"] if c["consent"] for line in c["impact"]]
    h.expect(any(line.startswith("userns-remap: apart, one, two vanish") for line in lines), doc)


@case("a plan that has nothing to write lists the step that waits")
def _(daemon):
    start(daemon, {"icc": True})
    d.write(d.CONFIG, '{"icc": false}\n')
    r = h.harden("plan", "--live", "--only", "2.2")
    h.same(r.code, 0, r)
    h.expect("restart docker" in r.out, r)


sys.exit(case.main())
