#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""harden suggest against a real dockerd: what it prints is run, and the container passes what it failed."""
import json
import os
import subprocess
import sys
from urllib.parse import quote

import dockerd as d
from dockerd import Cases, h

case = Cases()
ENVIRONMENT = dict(os.environ, DOCKER_HOST="unix://" + d.SOCK, PATH="/usr/bin:" + os.environ["PATH"])
SECRET = "hunter2 with $blank"
IMAGE = ("ENV FROM=image", "LABEL made=here", "EXPOSE 80", 'CMD ["/bin/sh", "-c", "while :; do sleep 1; done"]')


def run(words, text=None, code=0):
    r = subprocess.run(words, input=text, env=ENVIRONMENT, stdin=None if text else subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True)
    h.same(r.returncode, code, words, text or "", r.stdout)
    return r.stdout


def docker(*words):
    return run(["docker"] + list(words))


def start(daemon):
    daemon.start({"log-level": "info"})
    d.write(d.SITE, "level: 2\nvars: {memory_limit: 67108864}\n")
    changes = "".join("&changes=" + quote(c) for c in IMAGE)
    status, answer = daemon.call("POST", "/images/create?fromSrc=-&repo=count&tag=1" + changes, d.busybox_image(), "application/x-tar")
    h.same(status, 200, answer)


def suggest(*words, code=0, env=None):
    r = h.harden("suggest", "--live", *words, env=env)
    h.same(r.code, code, r.out, r.err)
    h.expect("hunter2" not in r.out + r.err, "a secret is shown", r.out)
    return r


def failed(name):
    """Controls that a container fails."""
    r = h.harden("audit", "--live", "--only", "4.1,5", "--format", "json")
    return {c["id"] for c in r.json["controls"] if any(f["resource"] == "container " + name for f in c["findings"])}


def inspect(name):
    return json.loads(docker("inspect", name))[0]


def kept(name):
    """What has to be the same in a container that was made anew, in one spelling."""
    c = inspect(name)
    host, config = c["HostConfig"], c["Config"]
    for key in ("Binds", "Mounts", "ContainerIDFile", "ConsoleSize"):
        host.pop(key, None)
    # an anonymous volume has its name now, so it is only among the mounts
    for key in ("AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce", "Volumes"):
        config.pop(key, None)
    if config["Hostname"] == c["Id"][:12]:
        config["Hostname"] = ""
    config["Env"] = sorted(config["Env"] or [])
    networks = {n: {"alias": sorted(a for a in e["Aliases"] or [] if not c["Id"].startswith(a)),
                    "ip": (e["IPAMConfig"] or {}).get("IPv4Address")} for n, e in c["NetworkSettings"]["Networks"].items()}
    mounts = sorted((m["Type"], m.get("Name", ""), m["Source"], m["Destination"], m["RW"], m["Propagation"]) for m in c["Mounts"])
    empty = (None, [], {}, "", 0, False)
    return {"host": {k: v for k, v in host.items() if v not in empty}, "config": {k: v for k, v in config.items() if v not in empty},
            "networks": networks, "mounts": mounts, "status": c["State"]["Status"]}


WRITES = ("/bin/busybox mkdir -p /tmp /var/cache/app; i=0; while :; do i=$((i+1)); echo $i >/tmp/n.new; mv /tmp/n.new /tmp/n; "
          "echo $i >/var/cache/app/n; sleep 0.1; done")


def bad(name):
    docker("run", "--detach", "--name", name, "--pid", "host", "--ipc", "host", "--uts", "host", "--security-opt", "seccomp=unconfined",
           "--restart", "always", "--publish", "18080:80", "--publish", "127.0.0.1:18081:81/udp", "--env", "PLAIN=a b'c", "--env",
           "DB_PASSWORD=" + SECRET, "--label", "team=x y", "--volume", "data:/data", "--volume", "/etc/ssl:/mnt", "--device", "/dev/null:/dev/x",
           "--ulimit", "nofile=100:200", "--stop-timeout", "1", "--cap-drop", "CHOWN", "count:1", "/bin/sh", "-c", WRITES)
    d.wait_for("its files", lambda: "/tmp/n" in docker("diff", name))


@case("a container that is made anew by the printed lines passes what it failed")
def _(daemon):
    start(daemon)
    bad("web")
    before, old = failed("web"), kept("web")
    h.expect(before >= {"5.6", "5.11", "5.13", "5.14", "5.15", "5.16", "5.17", "5.18", "5.21", "5.22", "5.26", "5.29", "5.30"}, before)
    h.expect("DB_PASSWORD=" + SECRET in old["config"]["Env"], old)
    text = suggest("web").out
    run(["sh"], text)
    new = kept("web")
    h.same(failed("web"), before & {"4.1", "5.27"})
    for key in ("Env", "Labels", "Cmd", "ExposedPorts", "StopTimeout", "Image"):
        h.same(new["config"][key], old["config"][key], key)
    for key in ("CapDrop", "Ulimits"):
        h.same(new["host"][key], old["host"][key], key)
    h.same(new["status"], "running")
    h.same(new["mounts"], sorted(m[:4] + (m[4] and m[3] != "/mnt",) + m[5:] for m in old["mounts"]))
    h.same(sorted(new["host"]["Tmpfs"]), ["/tmp", "/var"])
    d.wait_for("its file in the tmpfs", lambda: subprocess.call(["docker", "exec", "web", "/bin/busybox", "test", "-s", "/tmp/n"], env=ENVIRONMENT) == 0)
    h.same(inspect("web-before-harden")["State"]["Running"], False)
    # and back
    back = [line for line in text.splitlines() if line.startswith("# back: ")]
    h.same(len(back), 1)
    run(["sh"], back[0][len("# back: "):] + "\n")
    h.same(kept("web"), old)
    h.same(failed("web"), before)


def full():
    """A container with something of everything that can be said, for which nobody but pids_limit has a word."""
    for name, subnet in (("front", "10.77.1.0/24"), ("back", "10.77.2.0/24")):
        docker("network", "create", "--subnet", subnet, name)
    docker("run", "--detach", "--name", "db", "--network", "front", "count:1")
    docker("create", "--name", "full", "--hostname", "www", "--domainname", "example.org", "--user", "1000:7", "--workdir", "/srv", "--tty",
           "--interactive", "--init", "--env", "A=1\n2", "--env", "API_TOKEN=hunter2", "--env", "odd.secret=hunter2", "--label", "password=hunter2",
           "--label", "quoted=it's \"$x\"", "--network", "front", "--network-alias", "www", "--ip", "10.77.1.9", "--publish", "127.0.0.1::80",
           "--publish", "[::1]:18443:443", "--expose", "9/udp", "--dns", "192.0.2.53", "--dns-search", "example.org", "--add-host", "h:192.0.2.9",
           "--volume", "named:/named", "--volume", "/anonymous", "--volume", "/srv:/srv:ro,rslave", "--mount", "type=tmpfs,target=/t,tmpfs-size=4096",
           "--tmpfs", "/run:size=1m", "--cap-add", "NET_ADMIN", "--cap-drop", "MKNOD", "--security-opt", "label=type:x", "--group-add", "7",
           "--cpus", "0.5", "--cpu-shares", "512", "--memory", "64m", "--memory-reservation", "32m", "--oom-score-adj", "100", "--shm-size", "1m",
           "--ulimit", "nofile=100:200", "--sysctl", "net.ipv4.ip_forward=1", "--log-driver", "json-file", "--log-opt", "max-size=1m",
           "--restart", "on-failure:3", "--stop-signal", "SIGINT", "--stop-timeout", "2", "--health-cmd", "echo $x", "--health-interval", "1500ms",
           "--health-retries", "2", "--entrypoint", "/bin/sh", "count:1", "-c", "echo \"it's\"\n\033[31m; sleep 9", "--token=hunter2")
    docker("network", "connect", "--alias", "api", "back", "full")


@case("what no control asks for stays as it was")
def _(daemon):
    start(daemon)
    full()
    old = kept("full")
    h.same(old["host"].get("PidsLimit"), None)
    r = suggest("full", "--only", "5.29")
    run(["sh"], r.out)
    new = kept("full")
    h.same(new["host"].pop("PidsLimit"), 4096)
    h.same(new, old)


@case("a container that removes itself, and one with nothing to say")
def _(daemon):
    start(daemon)
    docker("run", "--detach", "--rm", "--name", "brief", "--stop-timeout", "1", "count:1")
    docker("run", "--detach", "--name", "fine", "--pids-limit", "9", "count:1")
    text = suggest("brief", "--only", "5.29").out
    h.expect("there is no way back" in text and "rename" not in text, text)
    run(["sh"], text)
    h.same(kept("brief")["host"]["PidsLimit"], 4096)
    h.same(kept("brief")["host"]["AutoRemove"], True)
    h.same(suggest("fine", "--only", "5.29").out, "# container fine fails nothing\n# nothing is suggested: no container fails a control\n")


@case("what cannot be asked is an error with the next step")
def _(daemon):
    start(daemon)
    docker("run", "--detach", "--name", "web", "count:1")
    h.expect("the engine has no container other; docker ps --all" in suggest("other", code=1).err)
    h.expect("no engine may be asked; name the engine with --engine URL" in suggest("--engine", "none", code=64).err)
    h.expect("no engine answers on unix:///nowhere" in suggest("--engine", "unix:///nowhere", code=1).err)
    r = suggest("--only", "5.29", "--format", "json", env=dict(os.environ, DOCKER_HOST="unix://" + d.SOCK))
    h.same(r.json["schema"], "harden.suggest/1")
    h.same([(c["name"], [k["control"] for k in c["controls"]]) for c in r.json["documents"][0]["containers"]], [("web", ["5.29"])])
    # nothing was done
    h.same([c["Names"] for c in daemon.get("/containers/json?all=1")], [["/web"]])


if __name__ == "__main__":
    sys.exit(case.main())
