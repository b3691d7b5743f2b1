#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Engine client over TLS: who is trusted, and what is said about everybody else."""
import os
import shutil
import ssl
import subprocess
import sys

import client
from client import DIRECTORY, ask, box, containers, said
from engine_server import Server
from hosttree import Cases, expect, same

case = Cases()


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=DIRECTORY)


def authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-keyout", name + ".key", "-out", name + ".crt", "-subj", "/CN=" + name)


def certificate(ca, name, alternative="IP:127.0.0.1", days="2"):
    with open(os.path.join(DIRECTORY, name + ".ext"), "w") as file:
        file.write("subjectAltName=%s\n" % alternative)
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
            "-out", name + ".csr", "-subj", "/CN=" + name)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".crt", "-CAkey", ca + ".key", "-CAcreateserial",
            "-days", days, "-out", name + ".crt", "-extfile", name + ".ext")


def client_directory(ca, name=None):
    """What DOCKER_CERT_PATH names."""
    path = os.path.join(DIRECTORY, "certs-%s-%s" % (ca, name))
    os.makedirs(path, exist_ok=True)
    shutil.copy(os.path.join(DIRECTORY, ca + ".crt"), path + "/ca.pem")
    if name:
        shutil.copy(os.path.join(DIRECTORY, name + ".crt"), path + "/cert.pem")
        shutil.copy(os.path.join(DIRECTORY, name + ".key"), path + "/key.pem")
    return path


def engine(name="server", clients="ours"):
    """A TLS engine with that certificate; clients: the authority of the clients it wants, None: anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*(os.path.join(DIRECTORY, name + end) for end in (".crt", ".key")))
    if clients:
        context.load_verify_locations(os.path.join(DIRECTORY, clients + ".crt"))
        context.verify_mode = ssl.CERT_REQUIRED
    return Server(None, containers([box(n) for n in range(1, 21)]), tls=context)


def trusted(ca="ours", name="us"):
    return ["--tls", "--certs", client_directory(ca, name)]


@case("both sides trusted: tcp:// with TLS switched on, https:// without, connections kept")
def _(_):
    with engine() as s:
        said("^api 1.41 of 1.41", ask(s, "open", options=trusted()), 0)
        r = ask(s.url.replace("tcp:", "https:"), "fetch", "container", options=trusted()[1:])
        same((r.code, len(r.lines)), (0, 20), r)
        expect(s.connections <= 6, s.connections)


@case("an engine that wants no certificate is asked without one")
def _(_):
    with engine(clients=None) as s:
        said("^api 1.41", ask(s, "open", options=trusted(name=None)), 0)


for name, options, wanted in [
        ("of another authority", lambda: trusted("theirs"), "certificate"),
        ("that only the system's authorities could vouch for", lambda: ["--tls"], "certificate"),
        ("whose authority cannot be read", lambda: ["--tls", "--certs", "/nowhere"], "ca.pem")]:
    def distrusted(_, options=options, wanted=wanted):
        with engine() as s:
            said("^error unsafe: connect to the engine at tcp://127.*%s.*; check ca.pem, cert.pem and key.pem" % wanted,
                 ask(s, "open", options=options()))
            same(s.requests, [])
    case.add("an engine %s is refused, and nothing was asked" % name, distrusted)

for name, certificate_name in [("of another host", "elsewhere"), ("that has run out", "old")]:
    def wrong(_, certificate_name=certificate_name):
        with engine(certificate_name) as s:
            said("^error unsafe: connect to the engine at tcp://127.*; check ca.pem", ask(s, "open", options=trusted()))
            same(s.requests, [])
    case.add("a certificate %s is refused, and nothing was asked" % name, wrong)


@case("an engine that refuses our certificate, or wants one that we do not have")
def _(_):
    for name in ("stranger", None):
        with engine() as s:
            said("^error (unsafe|remote): .*tcp://127", ask(s, "open", options=trusted(name=name)))
            same(s.requests, [])


@case("TLS to an engine that speaks plain HTTP, and the other way round")
def _(_):
    with Server(None, {}) as s:
        said("^error unsafe: connect to the engine at tcp://127", ask(s, "open", options=trusted()))
    with engine() as s:
        said("^error remote: GET /_ping of tcp://127", ask(s, "open"))


@case("a key that is no key")
def _(_):
    path = client_directory("ours", "us")
    other = path + "-broken"
    shutil.copytree(path, other)
    with open(other + "/key.pem", "w") as file:
        file.write("no key\n")
    with engine() as s:
        said("^error unsafe: connect to the engine at tcp://127.*; check", ask(s, "open", options=["--tls", "--certs", other]))


def certificates():
    for ca in ("ours", "theirs"):
        authority(ca)
    certificate("ours", "server")
    certificate("ours", "elsewhere", alternative="DNS:elsewhere.example")
    certificate("ours", "old", days="-1")
    certificate("ours", "us")
    certificate("theirs", "stranger")


if __name__ == "__main__":
    try:
        certificates()
        code = case.main()
    finally:
        shutil.rmtree(client.DIRECTORY, ignore_errors=True)
    sys.exit(code)
