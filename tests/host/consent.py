#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What waits for consent, on a real daemon: not done without, looked at before, in force after, and
undone without a trace."""
import json
import os
import socket
import ssl
import subprocess
import sys

import dockerd as d
from dockerd import Cases, harden
from hosttree import expect, same
from plugin import Allow, Deny, Plugin, Silent, Volumes, stale

case = Cases()


def site(daemon, **variables):
    """The site file gives these variables; a value is JSON, which is YAML too."""
    d.write(d.SITE, 'restart: ["%s"]\nvars: %s\n' % (d.RESTART, json.dumps(variables)))


def plan(number, *words):
    r = harden("plan", "--format", "json", "--only", number, *words)
    expect(r.code in (0, 2), r)
    return r.json


def apply(number, *words, code=0):
    r = harden("apply", "--yes", "--format", "json", "--only", number, *words)
    same(r.code, code, r)
    return r.json


def files():
    """What these controls may touch, byte by byte."""
    found = {}
    for path in (d.CONFIG, d.DEFAULTS, d.UNIT, "/etc/group", "/etc/gshadow"):
        if os.path.exists(path):
            st = os.stat(path)
            with open(path, "rb") as f:
                found[path] = (f.read(), st.st_mode, st.st_uid, st.st_gid, st.st_mtime_ns)
    return found


def waits(daemon, number):
    """Without consent it is listed, and nothing is done."""
    before, pid = files(), daemon.pid()
    doc = apply(number)
    same((doc["result"], [e["controls"] for e in doc["needs_consent"]]), ("nothing", [[number]]), doc)
    same((files(), daemon.pid()), (before, pid))


def refused(daemon, number, *said, words=()):
    """With consent, but it is looked at before: blocked or an error, and nothing is done."""
    before, pid = files(), daemon.pid()
    r = harden("apply", "--yes", "--only", number, "--accept", number, *words)
    for text in said:
        expect(text in r.out + r.err, text, r)
    same((files(), daemon.pid()), (before, pid), r)
    expect(daemon.up(), r)


def accepted(daemon, number, status="pass", scope="written+running"):
    """In force: audit sees it written and running. Returns the files as they were."""
    before = files()
    doc = apply(number, "--accept", number)
    same((doc["result"], doc["pending"]), ("applied", []), doc)
    same(apply(number, "--accept", number)["result"], "nothing")
    r = harden("audit", "--only", number, "--format", "json")
    same((r.json["controls"][0]["status"], r.json["controls"][0]["scope"]), (status, scope), r)
    expect(daemon.up())
    return before


def undone(daemon, before):
    r = harden("rollback", "--yes")
    same(r.code, 0, r)
    same(files(), before, r)
    expect(daemon.up(), r)
    same(daemon.running(), [daemon.pid()], r)


@case("1.1.2: members that are not trusted leave the group, and come back")
def _(daemon):
    daemon.start({})
    for name in ("alice", "bob", "bobby"):
        subprocess.run(["useradd", "-M", name], check=True)
        subprocess.run(["usermod", "-aG", "docker", name], check=True)
    pid = daemon.pid()
    waits(daemon, "1.1.2")
    site(daemon, trusted_users=["bob"])
    before = accepted(daemon, "1.1.2")
    for path in ("/etc/group", "/etc/gshadow"):
        line = [x for x in open(path).read().splitlines() if x.startswith("docker:")][0]
        same(line.rsplit(":", 1)[1], "bob", path)
    # a session of before keeps the group
    with subprocess.Popen(["setpriv", "--reuid=alice", "--regid=alice", "--groups=docker", "sleep", "60"]) as session:
        d.wait_for("the session", lambda: (d.program(session.pid) or "").endswith("/sleep"))
        control = harden("audit", "--only", "1.1.2", "--format", "json").json["controls"][0]
        same((control["status"], [f["part"] for f in control["findings"]]), ("fail", ["running"]), control)
        expect("alice (pid %d)" % session.pid in control["findings"][0]["message"], control)
        doc = apply("1.1.2", "--accept", "1.1.2")
        expect(doc["result"] == "nothing" and "alice" in json.dumps(doc["by_hand"]), doc)
        session.kill()
    undone(daemon, before)
    same(daemon.pid(), pid, "nothing is restarted for it")


@case("2.4: the daemon manages its firewall again, and stops to")
def _(daemon):
    def chains():
        p = subprocess.run(["iptables", "-t", "nat", "-S"], stdout=subprocess.PIPE, text=True, check=True)
        return "-N DOCKER" in p.stdout

    daemon.start({"iptables": False, "ip-masq": False})
    same(chains(), False)
    waits(daemon, "2.4")
    before = accepted(daemon, "2.4")
    same((chains(), "iptables" in daemon.config()), (True, False))
    undone(daemon, before)
    expect("--iptables" not in open("/proc/%d/cmdline" % daemon.pid()).read())


@case("2.5: insecure registries but the allowed ones are left by a reload")
def _(daemon):
    def insecure():
        config = daemon.info()["RegistryConfig"]
        return sorted(n for n, c in config["IndexConfigs"].items() if not c["Secure"])

    daemon.start({"insecure-registries": ["a.example:5000", "b.example:5000"], "debug": False})
    pid = daemon.pid()
    same(insecure(), ["a.example:5000", "b.example:5000"])
    waits(daemon, "2.5")
    site(daemon, allowed_insecure=["b.example:5000"])
    before = accepted(daemon, "2.5")
    same(insecure(), ["b.example:5000"])
    undone(daemon, before)
    same((insecure(), daemon.pid()), (["a.example:5000", "b.example:5000"], pid))


def certificates(folder):
    """A CA, a server and a client certificate, a key that fits nothing, a certificate of the past."""
    os.makedirs(folder)

    def openssl(*words):
        subprocess.run(["openssl"] + list(words), check=True, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca-key.pem", "-out", "ca.pem", "-subj", "/CN=ca")
    for name, days in (("server", "9"), ("client", "9"), ("past", "-1")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + "-key.pem", "-out", name + ".csr", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=IP:127.0.0.1")
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-copy_extensions",
                "copy", "-days", days, "-out", name + ".pem")
    for name in os.listdir(folder):
        os.chmod(os.path.join(folder, name), 0o400 if name.endswith("key.pem") else 0o444)


def over_tcp(folder=None):
    """What the daemon says on its TCP port, by TLS with the client's certificate or in the clear."""
    with socket.create_connection(("127.0.0.1", 2376), 10) as s:
        if folder:
            context = ssl.create_default_context(cafile=folder + "/ca.pem")
            context.load_cert_chain(folder + "/client.pem", folder + "/client-key.pem")
            s = context.wrap_socket(s, server_hostname="127.0.0.1")
        s.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
        return s.recv(100).split(b"\r\n")[0]


@case("2.7: a TCP port verifies its clients, with certificates that were looked at", slow=True)
def _(daemon):
    folder = "/etc/docker-tls"
    certificates(folder)
    daemon.start({}, options="-H tcp://127.0.0.1:2376")
    expect(b"200" in over_tcp(), over_tcp())
    waits(daemon, "2.7")

    def variables(cert="server", key="server"):
        site(daemon, tls_ca_certificate=folder + "/ca.pem", tls_certificate="%s/%s.pem" % (folder, cert),
             tls_key="%s/%s-key.pem" % (folder, key))

    variables(key="client")
    refused(daemon, "2.7", "server.pem")
    variables(cert="past", key="past")
    refused(daemon, "2.7", "past.pem", "expired")
    variables(cert="nosuch")
    refused(daemon, "2.7", "nosuch.pem")
    variables()
    before = accepted(daemon, "2.7")
    expect(b"200" in over_tcp(folder), over_tcp(folder))
    expect(b"200" not in over_tcp(), over_tcp())
    undone(daemon, before)
    expect(b"200" in over_tcp(), over_tcp())


@case("2.7: a TCP port that verifies nobody is closed, and opened again", slow=True)
def _(daemon):
    daemon.start({}, options="-H tcp://127.0.0.1:2376 --debug")
    site(daemon, remove_tcp=True)
    before = accepted(daemon, "2.7", status="not_applicable")
    try:
        over_tcp()
        expect(False, "the port is open")
    except ConnectionRefusedError:
        pass
    same(daemon.info()["Debug"], True)
    undone(daemon, before)
    expect(b"200" in over_tcp(), over_tcp())


@case("2.8: containers get the limits of the site, if they are limits")
def _(daemon):
    def limit(name):
        with open("/proc/%d/limits" % daemon.run(name)[name]) as f:
            return [line.split()[3:5] for line in f if line.startswith("Max open files")][0]

    daemon.start({})
    waits(daemon, "2.8")
    site(daemon, default_ulimits={"nofile": {"soft": 2048, "hard": 1024}})
    refused(daemon, "2.8", "nofile")
    site(daemon, default_ulimits={"nosuch": {"soft": 1, "hard": 2}})
    refused(daemon, "2.8", "nosuch")
    site(daemon, default_ulimits={"nofile": {"soft": 1024, "hard": 2048}})
    before = accepted(daemon, "2.8")
    same(limit("one"), ["1024", "2048"])
    daemon.post("/containers/one/kill")
    undone(daemon, before)
    expect(limit("two") != ["1024", "2048"])


# the user that dockerd makes for "default" at its first start, and leaves
DOCKREMAP = ("useradd", "--system", "--user-group", "dockremap")


def mapped(daemon):
    return any(o.startswith("name=userns") for o in daemon.info()["SecurityOptions"])


@case("2.9: user namespaces on an empty host, and with consent to hide what is there")
def _(daemon):
    subprocess.run(DOCKREMAP, check=True)
    for path in ("/etc/subuid", "/etc/subgid"):
        d.write(path, "dockremap:100000:65536\n")
    daemon.start({})
    waits(daemon, "2.9")
    site(daemon, userns_remap="nosuch")
    refused(daemon, "2.9", "nosuch")
    site(daemon, userns_remap="default")
    before = accepted(daemon, "2.9")
    same(mapped(daemon), True)
    undone(daemon, before)
    same(mapped(daemon), False)
    daemon.run("one")
    daemon.post("/containers/one/kill")
    refused(daemon, "2.9", "vanish from view")
    site(daemon, userns_remap="default", userns_data_reset=True)
    before = accepted(daemon, "2.9")
    same((mapped(daemon), daemon.get("/containers/json?all=1"), daemon.info()["Images"]), (True, [], 0))
    undone(daemon, before)
    same((mapped(daemon), len(daemon.get("/containers/json?all=1")), daemon.info()["Images"]), (False, 1, 1))


@case("2.9: nothing is stopped for it, and looking at it makes no user")
def _(daemon):
    daemon.start({})
    pids, users = daemon.run("one"), open("/etc/passwd").read()
    site(daemon, userns_remap="default", userns_data_reset=True)
    before, pid = files(), daemon.pid()
    doc = apply("2.9", "--accept", "2.9", code=2)
    expect("no container running for userns-remap" in doc["pending"][0], doc)
    same((daemon.pid(), daemon.containers(), open("/etc/passwd").read()), (pid, pids, users))
    undone(daemon, before)
    same((daemon.pid(), daemon.containers()), (pid, pids))


@case("2.12: a plugin is in force after a restart, and gone after another", slow=True)
def _(daemon):
    daemon.start({})
    waits(daemon, "2.12")
    site(daemon, authorization_plugin="gate")
    refused(daemon, "2.12", "gate")
    with Plugin("gate", Allow):
        before = accepted(daemon, "2.12")
        same(daemon.info()["Plugins"]["Authorization"], ["gate"])
        undone(daemon, before)
        same(daemon.info()["Plugins"]["Authorization"], None)


@case("2.12: a plugin that would keep dockerd from starting is refused before")
def _(daemon):
    daemon.start({})
    pid = daemon.pid()
    site(daemon, authorization_plugin="gate")
    with Plugin("gate", Silent):
        refused(daemon, "2.12", "cannot be used: /run/docker/plugins/gate.sock does not answer /Plugin.Activate")
    with Plugin("gate", Volumes):
        same(harden("plan", "--only", "2.12", "--accept", "2.12").code, 0)
        same(Volumes.activated, 1, "a plan asks it once, however often it looks")
        refused(daemon, "2.12", 'gate.sock answers /Plugin.Activate without "authz"')
    with stale("/run/docker/plugins/gate.sock"):
        refused(daemon, "2.12", "gate.sock does not answer /Plugin.Activate")
    same(daemon.pid(), pid)


@case("2.12: a plugin that denies locks us out, so it is taken back by the file", slow=True)
def _(daemon):
    daemon.start({"live-restore": True})
    pids = daemon.run("one")
    before = files()
    site(daemon, authorization_plugin="gate")
    with Plugin("gate", Deny):
        r = harden("apply", "--yes", "--only", "2.12", "--accept", "2.12")
        same(r.code, 1, r)
        expect("dockerd lets us ask nothing" in r.err and "denied by plugin gate: nobody may" in r.err, r)
        same(files(), before, r)
        same((daemon.up(), daemon.containers()), (True, pids), r)


@case("2.13: logs leave the host, with options that the driver knows")
def _(daemon):
    daemon.start({"log-driver": "json-file", "log-opts": {"max-size": "10m"}})
    waits(daemon, "2.13")
    far = "udp://192.0.2.1:514"
    site(daemon, log_driver="syslog", log_opts={"syslog-address": far, "max-size": "10m"})
    refused(daemon, "2.13", "max-size")
    site(daemon, log_driver="nosuch")
    refused(daemon, "2.13", "nosuch")
    site(daemon, log_driver="syslog", log_opts={"syslog-address": far})
    before = accepted(daemon, "2.13")
    same((daemon.info()["LoggingDriver"], daemon.config()["log-opts"]), ("syslog", {"syslog-address": far}))
    undone(daemon, before)
    same(daemon.info()["LoggingDriver"], "json-file")


sys.exit(case.main())
