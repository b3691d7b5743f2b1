#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which engine the program asks, and what it says of it."""
import json
import os
import re
import shutil
import sys

import client
import tls
from client import DIRECTORY, NONE_KNOWN, SOCKET, box, containers
from engine_server import Answer, Server
from hosttree import Cases, base_host, expect, harden, same

case = Cases()
CONTAINERS = dict(containers([box(1)]), **{"/info": NONE_KNOWN, "/images/json": []})


def run(*words, **environment):
    env = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
    env.update(environment)
    return harden(*words, env=env)


def facts(*words, **environment):
    """The facts that an engine told, by name."""
    r = run("facts", "--format", "json", *words, **environment)
    same(r.code, 0, r)
    return {f["name"]: f for f in json.loads(r.out)["facts"] if f["name"].startswith("engine.")}


@case("facts: what the engine says, and where that is from")
def _(_):
    with Server(SOCKET, CONTAINERS, api="1.52", server="Docker/29.0.1 (linux)") as s:
        f = facts("--engine", s.url)
        same({n: f[n]["value"] for n in f}, {"engine.version": "29.0.1", "engine.api": "1.51 of 1.52",
                                             "engine.os": "linux", "engine.product": "docker"})
        same({n: f[n]["source"] for n in f}, {n: "GET /%s of %s" % ("version" if n in ("engine.version", "engine.os") else "_ping", s.url)
                                              for n in f})
        expect(re.search(r"^engine.version +29.0.1 .*GET /version of unix:", run("facts", "--engine", s.url).out, re.M))
        same(facts(DOCKER_HOST=s.url), f)
        same(set(s.requests), {"GET /_ping", "GET /v1.51/version"})


@case("facts: an engine that cannot be asked leaves them unknown, with the reason")
def _(_):
    for url, reason in (("unix:///nowhere.sock", "No such file or directory"), ("tcp://127.0.0.1:1", "refused"),
                        ("ssh://host", "needs ssh"), ("x", "scheme")):
        f = facts("--engine", url)
        same(len(f), 4)
        expect(all(v["value"] is None and reason in v["problem"] for v in f.values()), f)
    for answer in (b"[]", b"{", b"null", Answer(raw=b""), Answer(b"no", 500)):
        with Server(SOCKET, {"/version": answer}) as s:
            f = facts("--engine", s.url)
            expect(f["engine.version"]["value"] is None, f)


@case("facts: a version that would steer the terminal is shown harmless")
def _(_):
    with Server(SOCKET, {"/version": {"Version": "1\u001b[2J\n2", "Os": "\u0007"}}) as s:
        r = run("facts", "--engine", s.url)
        expect("\x1b" not in r.out and "\x07" not in r.out and "engine.version" in r.out, r)


@case("nobody is asked with --engine none, nor with --root")
def _(t):
    base_host(t)
    with Server(SOCKET, CONTAINERS) as s:
        same(facts("--engine", "none", DOCKER_HOST=s.url), {})
        same(facts("--root", t.root, DOCKER_HOST=s.url), {})
        r = run("audit", "--root", t.root, "--format", "json", DOCKER_HOST=s.url)
        same(len(json.loads(r.out)["controls"]), 62)
        same(s.requests, [])


@case("audit asks DOCKER_HOST, plan and apply do not")
def _(t):
    base_host(t)
    with Server(SOCKET, CONTAINERS) as s:
        r = run("audit", "--only", "5.5", "--format", "json", DOCKER_HOST=s.url)
        same([c["status"] for c in json.loads(r.out)["controls"]], ["pass"], r)
        expect(s.requests and all(p.startswith("GET ") for p in s.requests), s.requests)
        del s.requests[:]
        run("plan", "--only", "5.5", DOCKER_HOST=s.url)
        run("apply", "--only", "5.5", "--dry-run", DOCKER_HOST=s.url)
        same(s.requests, [])


@case("apply refuses an engine that may be another machine's, before anything is asked")
def _(t):
    base_host(t)
    with Server(None, CONTAINERS) as s:
        for url in (s.url, s.url.replace("tcp", "http"), s.url.replace("tcp", "https")):
            r = run("apply", "--root", t.root, "--yes", "--engine", url)
            same(r.code, 64, r)
            expect("apply changes this host and its own daemon only, not " + url in r.err, r)
        same(s.requests, [])


@case("TLS by DOCKER_TLS_VERIFY, with the certificates of DOCKER_CERT_PATH or ~/.docker")
def _(_):
    certs = tls.client_directory("ours", "us")
    home = os.path.join(DIRECTORY, "home")
    shutil.copytree(certs, home + "/.docker")
    with tls.engine() as s:
        for more in ({"DOCKER_CERT_PATH": certs}, {"HOME": home}):
            f = facts(DOCKER_HOST=s.url, DOCKER_TLS_VERIFY="1", **more)
            same(f["engine.version"]["value"], "20.10.24", f)
        f = facts(DOCKER_HOST=s.url, DOCKER_TLS_VERIFY="1", HOME=DIRECTORY)
        expect("ca.pem" in f["engine.version"]["problem"], f)
        f = facts("--engine", s.url.replace("tcp", "https"), DOCKER_CERT_PATH=certs)
        same(f["engine.version"]["value"], "20.10.24", f)
        f = facts(DOCKER_HOST=s.url, DOCKER_CERT_PATH=certs, DOCKER_TLS_VERIFY="")
        expect("GET /_ping" in f["engine.version"]["problem"], f)


if __name__ == "__main__":
    try:
        tls.certificates()
        code = case.main()
    finally:
        shutil.rmtree(client.DIRECTORY, ignore_errors=True)
    sys.exit(code)
