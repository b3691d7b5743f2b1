#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compose files of harden suggest, given to Debian 13's docker-compose and a real dockerd."""
import os
import subprocess
import sys

import dockerd as d
import suggest as s
from dockerd import Cases, h

case = Cases()
DIRECTORY = "/run/my shop"
OVERRIDE = DIRECTORY + "/compose.harden.yaml"
FILES = ["--project-name", "shop", "--project-directory", DIRECTORY, "--file", DIRECTORY + "/compose.yaml", "--file", OVERRIDE]
CACHE = os.environ.get("HARDEN_TEST_CACHE") or os.path.join(os.getcwd(), "tests", "cache")

BASE = """\
x-loop: &loop ["/bin/sh", "-c", "while :; do sleep 1; done"]
services:
  web:
    image: count:1
    command: ["/bin/sh", "-c", "/bin/busybox mkdir -p /tmp /srv/made; while :; do echo 1 >/tmp/n; echo 2 >/srv/made/n; sleep 0.2; done"]
    environment: {PLAIN: "a$$b", DB_PASSWORD: hunter2}
    labels: {team: "x y"}
    ports: ["18080:80", "127.0.0.1:18081:81"]
    volumes: ["data:/data", "/etc/ssl:/mnt"]
    pid: host
    ipc: host
    restart: always
    security_opt: ["seccomp=unconfined", "label=type:x"]
    cap_drop: [CHOWN]
    devices: ["/dev/null:/dev/null0"]
    network_mode: bridge
  db:
    image: count:1
    command: *loop
    deploy: {resources: {limits: {memory: 64M}}, restart_policy: {condition: any}}
    cap_add: [SYS_TIME]
    healthcheck: {test: [CMD, /bin/busybox, "true"], interval: 1s}
    networks: {default: {aliases: [store]}}
  many:
    image: count:1
    command: *loop
    mem_limit: 64M
    cpus: 0.5
    deploy: {replicas: 2}
volumes: {data: {}}
"""


def fetch():
    """Before the namespaces: inside there is no network to get it by."""
    if os.environ.get(d.INSIDE):
        return
    r = subprocess.run(["sh", os.path.join(os.path.dirname(d.HERE), "lib", "compose.sh"), CACHE], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True)
    if r.returncode != 0:
        h.skip_all((r.stderr.strip().splitlines() or ["no docker-compose"])[-1])
    os.environ["HARDEN_COMPOSE"] = r.stdout.strip()


def compose(*words):
    return s.run([os.environ["HARDEN_COMPOSE"]] + list(words))


def up(daemon):
    s.start(daemon)
    print("# " + compose("version").strip())
    os.makedirs(DIRECTORY)
    d.write(DIRECTORY + "/compose.yaml", BASE)
    compose(*FILES[:6], "up", "--detach")
    d.wait_for("its files", lambda: "/srv/made/n" in s.docker("diff", "shop-web-1"))


def of_project(name):
    """What a Compose project's container has to keep."""
    k = s.kept(name)
    labels = {n: v for n, v in k["config"].get("Labels", {}).items() if not n.startswith("com.docker.compose.")}
    return dict(k, config=dict(k["config"], Labels=labels))


NAMES = ["shop-db-1", "shop-many-1", "shop-many-2", "shop-web-1"]


@case("an override is accepted, and what is recreated passes what it failed")
def _(daemon):
    up(daemon)
    before = {n: s.failed(n) for n in NAMES}
    old = {n: of_project(n) for n in NAMES}
    h.expect(before["shop-web-1"] >= {"5.6", "5.11", "5.13", "5.14", "5.15", "5.16", "5.17", "5.18", "5.22", "5.26", "5.29", "5.30"}, before)
    h.expect(before["shop-db-1"] >= {"5.4", "5.15", "5.29"}, before)
    r = s.suggest("--as", "compose", "--output", OVERRIDE)
    h.same(r.out, "")
    text = open(OVERRIDE).read()
    h.expect("environment" not in text, text)
    commands = [line[1:].strip() for line in text.splitlines() if line.startswith("#   docker compose ")]
    h.same(len(commands), 2)
    # the printed commands themselves, with the plugin under its own name, where the override lies
    for command in commands:
        s.run(["sh", "-c", "cd '%s' && %s" % (DIRECTORY, command.replace("docker compose", os.environ["HARDEN_COMPOSE"], 1))])
    for name in NAMES:
        h.same(s.failed(name), before[name] & {"4.1", "5.27"}, name)
    new = {n: of_project(n) for n in NAMES}
    for name in NAMES:
        for key in ("Env", "Labels", "Cmd", "Healthcheck", "ExposedPorts"):
            h.same(new[name]["config"].get(key), old[name]["config"].get(key), name, key)
        h.same(new[name]["status"], "running")
    web = new["shop-web-1"]
    h.same(web["host"]["PortBindings"]["80/tcp"], [{"HostIp": "127.0.0.1", "HostPort": "18080"}])
    h.same(web["host"]["CapDrop"], ["CHOWN"])
    h.same(sorted(web["host"]["SecurityOpt"]), ["label=type:x", "no-new-privileges:true"])
    h.same([(m[1], m[3], m[4]) for m in web["mounts"]], [("", "/mnt", False), ("shop_data", "/data", True)])
    h.same(list(web["networks"]), ["shop_default"])
    h.expect("store" in new["shop-db-1"]["networks"]["shop_default"]["alias"])
    h.same(new["shop-many-1"]["host"]["NanoCpus"], 500000000)
    # nothing is left to suggest but what a person decides
    left = s.suggest("--as", "compose", "--format", "json").json
    h.same({k["control"] for g in left["documents"] for c in g["containers"] for k in c["controls"]}, {"4.1", "5.27"})


@case("the containers of no project become a file of their own")
def _(daemon):
    s.start(daemon)
    s.full()
    old = of_project("full")
    os.makedirs(DIRECTORY)
    r = s.suggest("full", "--as", "compose", "--only", "5.29")
    d.write(OVERRIDE, r.out)
    exports = [line[1:].strip() for line in r.out.splitlines() if line.startswith("#   ")]
    h.same(len(exports), 4)
    s.run(["sh", "-e"], "\n".join(exports) + "\ndocker rename full old\n"
          "'%s' --project-name alone --file '%s' create\n" % (os.environ["HARDEN_COMPOSE"], OVERRIDE))
    new = of_project("full")
    h.same(new["host"].pop("PidsLimit"), 4096)
    # Compose takes networks by their ids and in its own order, and adds names of its own
    ids = s.docker("network", "inspect", "--format", "{{.Id}}", "front", "back").split()
    h.expect(new["host"].pop("NetworkMode") in ids, new, ids)
    h.same(old["host"].pop("NetworkMode"), "front")
    # a newer engine shows them by what Compose gave until the container starts, and no name anywhere
    nameless = any(k in ids for k in new["networks"])
    new["networks"] = {{ids[0]: "front", ids[1]: "back"}.get(k, k): v for k, v in new["networks"].items()}
    for name, endpoint in old.pop("networks").items():
        h.same(new["networks"][name]["ip"], endpoint["ip"], name)
        h.expect(set(new["networks"][name]["alias"]) >= set(endpoint["alias"]), name, new)
    h.same(sorted(new.pop("networks")), ["back", "front"])
    h.same(new, old)
    again = s.suggest("full", "--as", "run", "--only", "5.26").out
    h.expect(nameless or not any(i in again for i in ids), again)
    h.expect("--network" in again and "docker network connect" in again, again)


@case("two projects do not go into one file")
def _(daemon):
    up(daemon)
    s.docker("run", "--detach", "--name", "alone", "count:1")
    r = s.suggest("--as", "compose", "--output", OVERRIDE, code=64)
    h.expect("suggestions for 2 projects do not go into one file; name the containers of one" in r.err, r.err)
    h.expect(not os.path.exists(OVERRIDE))
    h.expect("\n---\n" in s.suggest("--as", "compose").out)


if __name__ == "__main__":
    fetch()
    sys.exit(case.main())
