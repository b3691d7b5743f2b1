#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What other hardening tools get wrong: a host tree in, our verdict or our file out.

peers.tsv names every row of the list with the test that answers it, or the reason why none can. A case
here begins with the rows it answers, "A5 A7: ...".
"""
import csv
import json
import os
import re

import hosttree as h
from hosttree import Cases, apply, audit, base_host, expect, harden, listing, plan, same, status, waiting

case = Cases()
FAIL, PASS = ("fail",), ("pass",)
FINE = ("pass", "not_applicable")
NOT_PASS = ("fail", "manual")
DEBIAN, UPSTREAM = h.DEBIAN_EXEC, h.UPSTREAM_EXEC
RULE = "-a always,exit -S all -F path=%s -F perm=wa -k docker\n"
TLS = {"tlsverify": True, "tlscacert": "/etc/docker/tls/ca.pem", "tlscert": "/etc/docker/tls/cert.pem",
       "tlskey": "/etc/docker/tls/key.pem"}
NO_HOST = "/usr/sbin/dockerd --containerd=/run/containerd/containerd.sock $DOCKER_OPTS"


def tls_files(t, mode=0o400):
    for name in ("ca", "cert", "key"):
        t.file("etc/docker/tls/%s.pem" % name, "-----BEGIN X-----\n", mode)


def verdicts(name, wanted, prepare=None, options=(), **host):
    """A case that builds a host, runs the audit once and compares verdicts by id."""
    def run(t):
        base_host(t, **host)
        if prepare:
            prepare(t)
        r = harden("audit", "--root", t.root, "--format", "json", *options)
        expect(r.code in (0, 1, 2), r)
        for number, fine in wanted.items():
            c = h.control(r.json, number)
            expect(c["status"] in fine, number, "is", c["status"], "expected", fine, c["evidence"], c["findings"])
            expect(c["evidence"], number, "has no evidence")
    case.add(name, run)


def chmod(path, mode, uid=0, gid=0):
    return lambda t: t.own(path, mode, uid, gid)


def site_rules(text):
    return lambda t: t.file("etc/audit/rules.d/30-site.rules", text, 0o640)


# A: what others pass

verdicts("A1: a TCP listener without TLS by flag", {"2.7": FAIL}, exec_start=DEBIAN + " -H tcp://0.0.0.0:2375")
verdicts("A1: a TCP listener in the environment file", {"2.7": FAIL}, env='DOCKER_OPTS="-H=:2375"\n')
verdicts("A2: a TCP listener in hosts over several lines", {"2.7": FAIL}, exec_start=NO_HOST,
         daemon_json='{\n  "hosts": [\n    "unix:///run/docker.sock",\n    "tcp://0.0.0.0:2376"\n  ]\n}\n')
verdicts("A4: TCP opened by docker.socket behind fd://", {"2.7": FAIL}, listen="/run/docker.sock\nListenStream=2375")
verdicts("A4: TCP with an address in docker.socket", {"2.7": FAIL}, listen="0.0.0.0:2375")
verdicts("A5: --log-level=debug by flag", {"2.3": FAIL}, exec_start=DEBIAN + " --log-level=debug")
verdicts("A5: -l debug", {"2.3": FAIL}, env="DOCKER_OPTS='-l debug'\n")
verdicts("A6: debug is true", {"2.3": FAIL}, daemon_json='{"debug": true}')
verdicts("A6: -D beats log-level info", {"2.3": FAIL}, exec_start=DEBIAN + " -D", daemon_json='{"log-level": "info"}')
verdicts("A7: log-level debug in the file", {"2.3": FAIL}, daemon_json='{"log-level":"debug"}')
verdicts("A8: iptables false in the file", {"2.4": FAIL}, daemon_json='{"iptables": false}')
verdicts("A8: iptables false by flag", {"2.4": FAIL}, exec_start=DEBIAN + " --iptables=false")
verdicts("A12: cgroup-parent in the file", {"2.10": NOT_PASS}, daemon_json='{"cgroup-parent": "/foo"}')
verdicts("A13: cgroup-parent by flag", {"2.10": NOT_PASS}, exec_start=DEBIAN + " --cgroup-parent=/foo")
verdicts("A15: no log driver", {"2.13": FAIL})
verdicts("A15: log driver json-file", {"2.13": FAIL}, daemon_json='{"log-driver": "json-file"}')
for driver in ("none", "local", "journald", "syslog"):
    verdicts("A16: log driver %s without a remote target" % driver, {"2.13": FAIL}, daemon_json='{"log-driver": "%s"}' % driver)
verdicts("A16: syslog to this host itself", {"2.13": FAIL},
         daemon_json='{"log-driver": "syslog", "log-opts": {"syslog-address": "tcp://127.0.0.1:514"}}')
verdicts("A16: syslog to another host", {"2.13": PASS},
         daemon_json='{"log-driver": "syslog", "log-opts": {"syslog-address": "tcp+tls://log.example:6514"}}')
verdicts("A16: journald, and the site says it is forwarded", {"2.13": PASS}, options=("--set", "log_forwarded=true"),
         daemon_json='{"log-driver": "journald"}')
for version in ("20.10", "26.1", "28.5"):
    verdicts("A19: experimental on %s" % version, {"2.18": FAIL}, version=version, daemon_json='{"experimental": true}')
for mode in (0o626, 0o477, 0o606, 0o602, 0o622, 0o577, 0o377, 0o177):
    def odd(t, mode=mode):
        for path in (h.UNIT_DIR + "/docker.service", h.UNIT_DIR + "/docker.socket", "etc/docker/daemon.json", "etc/default/docker"):
            t.own(path, mode, 0, 0)
        t.file("etc/sysconfig/docker", "", mode)
    verdicts("A20: mode %04o is more than 0644, whatever its decimal value" % mode,
             dict.fromkeys(("3.2", "3.4", "3.18", "3.20", "3.21"), FAIL), odd, daemon_json="{}")
verdicts("A21 A55: a socket that all may write", {"3.16": FAIL, "3.24": FAIL},
         lambda t: (t.own("run/docker.sock", 0o646, 0, h.DOCKER_GID), t.own("run/containerd/containerd.sock", 0o646, 0, 0)))
verdicts("A21: 0606 on the socket", {"3.16": FAIL}, chmod("run/docker.sock", 0o606, 0, h.DOCKER_GID))
verdicts("A55: a socket with mode 0666", {"3.16": FAIL}, chmod("run/docker.sock", 0o666, 0, h.DOCKER_GID))
verdicts("A24: a client key that all may write", {"3.8": FAIL},
         lambda t: t.file("etc/docker/certs.d/r:5000/client.key", "", 0o666))
verdicts("A24: a client certificate that all may write", {"3.8": FAIL},
         lambda t: t.file("etc/docker/certs.d/r:5000/client.cert", "", 0o446))
verdicts("A24: mode 0377 on a CA", {"3.8": FAIL}, lambda t: t.file("etc/docker/certs.d/r:5000/ca.crt", "", 0o377))
verdicts("A25: a rule on one shim says nothing about the others", {"1.1.14": FAIL, "1.1.15": FAIL, "1.1.16": FAIL, "1.1.17": PASS},
         site_rules("-w /usr/bin/containerd-shim-runc-v2 -p wa -k docker\n"), version="20.10")
verdicts("A27: a rule on daemon.json is none on its directory", {"1.1.6": FAIL, "1.1.11": PASS},
         site_rules("-w /etc/docker/daemon.json -p wa -k docker\n"), daemon_json="{}")


@case("A30: a trusted user and a stranger in the group")
def _(t):
    base_host(t, members="alice,bob")
    c = audit(t, "1.1.2", "--set", "trusted_users=alice")
    expect(c["status"] in NOT_PASS, c)
    said = json.dumps(c["findings"]) + json.dumps(c["evidence"])
    expect("bob" in said, c)
    same(status(t, "1.1.2", "--set", "trusted_users=alice,bob"), "pass")
    same(status(t, "1.1.2", "--set", "trusted_users=alice,bobby") in NOT_PASS, True)


@case("A30: a primary group counts as membership")
def _(t):
    base_host(t)
    t.file("etc/passwd", h.PASSWD + "carol:x:1003:%d::/home/carol:/bin/sh\n" % h.DOCKER_GID)
    c = audit(t, "1.1.2", "--set", "trusted_users=alice")
    expect(c["status"] in NOT_PASS and "carol" in json.dumps(c), c)


@case("A31: Docker 17.03 is never up to date by itself, and fails against a minimum")
def _(t):
    base_host(t)
    t.file("var/lib/dpkg/status", h.status_entry("docker-ce", "17.03.2~ce-0~debian-stretch"))
    same(status(t, "1.2.2"), "manual")
    same(status(t, "1.2.2", "--set", "minimum_docker_version=26.1.5"), "fail")
    base = h.status_entry("docker.io", "26.1.5+dfsg1-9")
    t.file("var/lib/dpkg/status", base)
    same(status(t, "1.2.2", "--set", "minimum_docker_version=26.1.5"), "pass")
    same(status(t, "1.2.2", "--set", "minimum_docker_version=28.0"), "fail")


@case("A53: level 1 is every control of level 1 of every section")
def _(t):
    base_host(t)
    everything = harden("audit", "--root", t.root, "--format", "json").json["controls"]
    level1 = harden("audit", "--root", t.root, "--format", "json", "--level", "1").json["controls"]
    same([c["id"] for c in level1], [c["id"] for c in everything if c["level"] == 1])
    same({c["id"].split(".")[0] for c in level1}, {"1", "2", "3"})
    same(len(level1), 38)


for where in ("usr/local/lib/systemd/system", "run/systemd/system", "etc/systemd/system"):
    def moved(t, where=where):
        for unit in ("docker.service", "docker.socket"):
            t.file(where + "/" + unit, t.read(h.UNIT_DIR + "/" + unit), 0o666)
            os.unlink(t.at(h.UNIT_DIR + "/" + unit))
    verdicts("A56: units in /%s are found" % where, {"1.1.7": FAIL, "3.2": FAIL, "3.4": FAIL}, moved)


# B: what others fail

verdicts("B1: verified TLS in daemon.json", {"2.7": PASS}, tls_files, exec_start=NO_HOST,
         daemon_json=json.dumps(dict(TLS, hosts=["tcp://0.0.0.0:2376"]), indent=2))
verdicts("B1: verified TLS by flags", {"2.7": PASS}, tls_files, exec_start=DEBIAN + " -H tcp://0.0.0.0:2376 --tlsverify "
         "--tlscacert=/etc/docker/tls/ca.pem --tlscert /etc/docker/tls/cert.pem --tlskey=/etc/docker/tls/key.pem")
verdicts("B1: tlsverify false is TLS without a check of clients", {"2.7": FAIL}, tls_files, exec_start=NO_HOST,
         daemon_json=json.dumps(dict(TLS, tlsverify=False, hosts=["tcp://0.0.0.0:2376"])))
verdicts("B2: a log server over tcp:// is no listener", {"2.7": FINE},
         daemon_json='{"log-driver": "syslog", "log-opts": {"syslog-address": "tcp://log.example:514"}}')
verdicts("B3: a unix socket alone needs no TLS", {"2.7": FINE, "3.9": ("not_applicable",), "3.13": ("not_applicable",)})


@case("B5: icc false passes, and the evidence says which file the daemon reads")
def _(t):
    base_host(t, daemon_json='{\n  "icc": false\n}\n')
    c = audit(t, "2.2")
    same(c["status"], "pass")
    expect("/etc/docker/daemon.json:2" in json.dumps(c["evidence"]), c["evidence"])


verdicts("B5: the file that --config-file names is the one that counts", {"2.2": PASS}, env='DOCKER_OPTS="--config-file=/etc/dockerd.json"\n',
         daemon_json='{"icc": true}', prepare=lambda t: t.file("etc/dockerd.json", '{"icc": false}'))
verdicts("B6: absent keys with safe defaults", {"2.3": PASS, "2.4": PASS, "2.5": PASS})
verdicts("B6: log-level INFO", {"2.3": PASS}, daemon_json='{"log-level": "INFO"}')
verdicts("B7: minified daemon.json", {"2.2": PASS, "2.14": PASS, "2.15": PASS},
         daemon_json='{"icc":false,"no-new-privileges":true,"live-restore":true}')
verdicts("B8: null is not configured", {"2.8": NOT_PASS, "2.12": FAIL}, daemon_json='{"default-ulimits": null, "authorization-plugins": null}')
verdicts("B9: nothing set is what 2.9 to 2.11 of others demand the opposite of", {"2.10": PASS, "2.11": PASS})
verdicts("B9: another storage option is no base size", {"2.11": PASS}, daemon_json='{"storage-opts": ["overlay2.size=10G"]}')
verdicts("B10: valid ulimits", {"2.8": PASS}, daemon_json='{"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 2048}}}')
verdicts("B11: live-restore on a swarm node", {"2.15": FINE},
         lambda t: t.file("var/lib/docker/swarm/docker-state.json", "{}", 0o600))
for version in ("20.10", "26.1", "28.5"):
    verdicts("B13: the default seccomp profile on %s" % version, {"2.17": PASS}, version=version)
verdicts("A46 B13: a daemon-wide seccomp profile unconfined", {"2.17": FAIL}, daemon_json='{"seccomp-profile": "unconfined"}')
verdicts("B15: certificates with mode 0400", {"3.8": PASS, "3.10": PASS, "3.12": PASS, "3.14": PASS, "3.9": PASS, "3.13": PASS},
         lambda t: (tls_files(t), t.file("etc/docker/certs.d/r/ca.crt", "", 0o400)), exec_start=NO_HOST,
         daemon_json=json.dumps(dict(TLS, hosts=["unix:///run/docker.sock", "tcp://:2376"])))


@case("B12: a key in the file is not doubled on the command line")
def _(t):
    base_host(t, daemon_json='{"userland-proxy": false}')
    before = t.read(h.UNIT_DIR + "/docker.service")
    same(status(t, "2.16"), "pass")
    apply(t)
    same(t.read(h.UNIT_DIR + "/docker.service"), before)
    expect(not t.exists("etc/systemd/system/docker.service.d"), "a drop-in was made")


@case("B16 C23: what is stricter than required passes and stays")
def _(t):
    base_host(t, daemon_json="{}")
    t.own("etc/docker/daemon.json", 0o600, 0, 0)
    t.own("etc/docker", 0o700, 0, 0)
    t.own(h.UNIT_DIR + "/docker.service", 0o600, 0, 0)
    for number in ("3.2", "3.6", "3.18"):
        same(status(t, number), "pass", number)
    apply(t)
    same((t.mode("etc/docker/daemon.json"), t.mode("etc/docker"), t.mode(h.UNIT_DIR + "/docker.service")), (0o600, 0o700, 0o600))


def right_certs(t):
    t.dir("etc/docker/certs.d/registry.example:5000")
    for leaf, mode in (("ca.crt", 0o444), ("client.cert", 0o444), ("client.key", 0o400)):
        t.file("etc/docker/certs.d/registry.example:5000/" + leaf, "", mode)


verdicts("B17: right certificates in directories of their own", {"3.7": PASS, "3.8": PASS}, right_certs)


@case("B18: ids are the benchmark's, each once, and 3.21 is the mode, 3.22 the owner")
def _(t):
    base_host(t)
    t.file("etc/sysconfig/docker", "", 0o666)
    controls = harden("audit", "--root", t.root, "--format", "json").json["controls"]
    ids = [c["id"] for c in controls]
    same(len(set(ids)), 62)
    same(ids[-5:], ["3.20", "3.21", "3.22", "3.23", "3.24"])
    same((h.control({"controls": controls}, "3.21")["status"], h.control({"controls": controls}, "3.22")["status"]), ("fail", "pass"))
    t.own("etc/sysconfig/docker", 0o644, 1000, 1000)
    same((status(t, "3.21"), status(t, "3.22")), ("pass", "fail"))


verdicts("B19: files that do not exist", {n: ("not_applicable",) for n in ("3.7", "3.8", "3.17", "3.18", "3.19", "3.20", "3.21", "3.22", "1.1.13")},
         version="28.5")
for spelling in ("-a exit,always -F path=%s -F perm=war -k docker", "-a always,exit -F path=%s -F perm=wa -F key=x", "-w %s -p rwxa -k docker",
                 "-w %s -k docker", "-a always,exit -S all -F perm=aw -F path=%s"):
    verdicts("B21: '%s' is a watch" % spelling, {"1.1.4": PASS, "1.1.5": PASS, "1.1.3": PASS, "1.1.6": PASS},
             site_rules("".join(spelling % p + "\n" for p in ("/run/containerd", "/var/lib/docker", "/usr/sbin/dockerd", "/etc/docker"))))
verdicts("B22: right rules on both sockets", {"1.1.8": PASS, "1.1.9": PASS}, lambda t: (t.file(
    "usr/lib/tmpfiles.d/site.conf", "d /run/containerd 0711 root root -\n"), site_rules(
    "-w /run/containerd -p wa\n-w /run/containerd/containerd.sock -p wa -k docker\n-w /var/run/docker.sock -p wa -k docker\n"
    "-w /lib/systemd/system/docker.socket -p wa\n")(t)))
verdicts("B23: containerd.sock is looked at", {"1.1.8": FAIL, "3.24": PASS})


@case("B24: a moved data root is the one that counts")
def _(t):
    base_host(t, daemon_json='{"data-root": "/srv/docker"}')
    t.dir("srv/docker")
    site_rules("-w /var/lib/docker -p wa -k docker\n")(t)
    same(status(t, "1.1.5"), "fail")
    expect("/srv/docker" in json.dumps(audit(t, "1.1.1")), "1.1.1 does not name it")
    apply(t)
    expect("dir=/srv/docker " in t.text(h.OUR_RULES), t.text(h.OUR_RULES))
    same(status(t, "1.1.5"), "pass")


@case("B42: names with brackets, quotes and bytes that are no UTF-8 keep the JSON whole")
def _(t):
    base_host(t)
    folder = os.fsencode(t.at("etc/docker")) + b'/certs.d/r "x" [1]\xff'
    os.makedirs(folder)
    with open(folder + b"/client.key", "w"):
        pass
    os.chmod(folder + b"/client.key", 0o666)
    c = audit(t, "3.8")
    same(c["status"], "fail")
    expect('r "x" [1]' in c["findings"][0]["resource"], c["findings"])
    same(plan(t, "--only", "3.8")["summary"]["changes"], 1)


# C: fixes that break

@case("C1 C8 C27: an existing daemon.json keeps all it says and stays valid")
def _(t):
    text = ('{\n    "data-root": "/srv/docker",\n    "registry-mirrors": ["https://m.example"],\n'
            '    "log-opts": {"max-size": "10m"},\n    "dns": ["192.0.2.1"]\n}')
    base_host(t, daemon_json=text)
    apply(t)
    now = t.text("etc/docker/daemon.json")
    expect(now.startswith(text[:-2] + ",\n    \""), now)
    expect(now.endswith("\n}"), now)
    for key, value in json.loads(text).items():
        same(json.loads(now)[key], value)


for version in ("20.10", "26.1", "28.5"):
    def known_keys(t, version=version):
        base_host(t, version)
        apply(t)
        same({k: v for k, v in json.loads(t.text("etc/docker/daemon.json")).items()},
             {"icc": False, "live-restore": True, "no-new-privileges": True, "userland-proxy": False})
    case.add("C2 C6 C11: on %s only what is needed is written, no unknown key, driver or cgroup parent" % version, known_keys)


@case("C3: a flag in the site's unit is mended in the unit, never doubled in the file")
def _(t):
    base_host(t)
    text = t.text(h.UNIT_DIR + "/docker.service").replace(DEBIAN, DEBIAN + " --icc=true --live-restore=false")
    t.file("etc/systemd/system/docker.service", text)
    apply(t)
    config = json.loads(t.text("etc/docker/daemon.json"))
    expect("icc" not in config and "live-restore" not in config, config)
    same((status(t, "2.2"), status(t, "2.15")), ("pass", "pass"))
    same(t.text("etc/systemd/system/docker.service"),
         text.replace("--icc=true --live-restore=false", "--icc=false --live-restore=true"))


@case("C3: a flag in the package's unit is mended in a drop-in, the package's file stays")
def _(t):
    base_host(t, exec_start=DEBIAN + " --icc=true --live-restore=false")
    unit = t.read(h.UNIT_DIR + "/docker.service")
    apply(t)
    config = json.loads(t.text("etc/docker/daemon.json"))
    expect("icc" not in config and "live-restore" not in config, config)
    same(t.read(h.UNIT_DIR + "/docker.service"), unit)
    same(t.text("etc/systemd/system/docker.service.d/50-harden.conf").splitlines()[-2:],
         ["ExecStart=", "ExecStart=%s --icc=false --live-restore=true" % DEBIAN])
    same((status(t, "2.2"), status(t, "2.15")), ("pass", "pass"))


@case("C3: a flag in a package's drop-in is mended by one that sorts behind it")
def _(t):
    base_host(t)
    path = h.UNIT_DIR + "/docker.service.d/90-vendor.conf"
    t.file(path, "[Service]\nExecStart=\nExecStart=%s --icc=true\n" % DEBIAN)
    before = t.read(path)
    apply(t)
    same(t.read(path), before)
    expect("icc" not in json.loads(t.text("etc/docker/daemon.json")), "the key is doubled")
    names = sorted(os.listdir(t.at("etc/systemd/system/docker.service.d")))
    same(sorted(names + ["90-vendor.conf"])[-1], names[-1], "ours sorts before the package's")
    same(status(t, "2.2"), "pass")


@case("C3: a flag in the environment file is mended there")
def _(t):
    base_host(t, env='# mine\nDOCKER_OPTS="--icc --dns 192.0.2.1 --userland-proxy=true"\nOTHER=1\n')
    apply(t)
    env, config = t.text("etc/default/docker"), json.loads(t.text("etc/docker/daemon.json"))
    expect(re.fullmatch(r'# mine\nDOCKER_OPTS="--icc=false --dns 192\.0\.2\.1 --userland-proxy=false"\nOTHER=1\n', env), env)
    expect("icc" not in config and "userland-proxy" not in config, config)


@case("C3: /etc/default/docker means nothing to the upstream unit")
def _(t):
    base_host(t, "28.5", env='DOCKER_OPTS="--icc=false"\n')
    same(status(t, "2.2"), "fail")
    apply(t)
    same(json.loads(t.text("etc/docker/daemon.json"))["icc"], False)
    same(t.text("etc/default/docker"), 'DOCKER_OPTS="--icc=false"\n')


@case("C4: live-restore is never set on a swarm node")
def _(t):
    base_host(t)
    t.file("var/lib/docker/swarm/docker-state.json", "{}", 0o600)
    apply(t)
    expect("live-restore" not in json.loads(t.text("etc/docker/daemon.json")), t.text("etc/docker/daemon.json"))
    same(harden("plan", "--root", t.root).code, 0)


@case("C5: icc stays when iptables is off, and the plan says why")
def _(t):
    base_host(t, daemon_json='{\n  "iptables": false\n}\n')
    t.file("etc/harden/harden.yaml", 'controls:\n  "2.4": {waive: {reason: own firewall, until: 2099-01-01}}\n')
    doc = plan(t)
    entries = [b for b in doc["blocked"] if "2.2" in b["controls"]]
    expect(entries and "iptables" in entries[0]["reason"] and entries[0]["next"], doc["blocked"])
    apply(t)
    config = json.loads(t.text("etc/docker/daemon.json"))
    same((config["iptables"], config.get("icc")), (False, None))
    same(config["no-new-privileges"], True)


@case("C6: a cgroup parent that was reviewed stays, another goes")
def _(t):
    base_host(t, daemon_json='{\n  "cgroup-parent": "site.slice",\n  "mtu": 1400\n}\n')
    same(status(t, "2.10", "--set", "approved_cgroup_parent=site.slice"), "pass")
    apply(t, "--set", "approved_cgroup_parent=site.slice")
    same(json.loads(t.text("etc/docker/daemon.json"))["cgroup-parent"], "site.slice")
    apply(t)
    expect("cgroup-parent" not in json.loads(t.text("etc/docker/daemon.json")), "still there")


@case("C7 C25: keys never get wider, directories keep their search bit, files lose their write bits")
def _(t):
    base_host(t, exec_start=NO_HOST, daemon_json=json.dumps(dict(TLS, hosts=["tcp://:2376"])))
    tls_files(t, 0o400)
    t.own("etc/docker/tls/cert.pem", 0o644, 0, 0)
    t.file("etc/docker/certs.d/r/client.key", "", 0o644)
    t.file("etc/docker/certs.d/r/ca.crt", "", 0o644)
    t.file("etc/docker/certs.d/r/strict.key", "", 0o000)
    apply(t)
    same([oct(t.mode("etc/docker/" + p)) for p in ("tls/key.pem", "tls/cert.pem", "tls", "certs.d", "certs.d/r", "certs.d/r/client.key",
                                                   "certs.d/r/ca.crt", "certs.d/r/strict.key")],
         [oct(m) for m in (0o400, 0o444, 0o755, 0o755, 0o755, 0o400, 0o444, 0o000)])


@case("C9 C10: user namespaces only with consent, and subordinate ids stay as they are")
def _(t):
    base_host(t)
    for name in ("subuid", "subgid"):
        t.file("etc/" + name, "alice:100000:65536\n")
    doc = plan(t, "--set", "userns_remap=default")
    expect("2.9" in waiting(doc), doc["needs_consent"])
    apply(t, "--set", "userns_remap=default")
    expect("userns-remap" not in t.text("etc/docker/daemon.json"), "set without consent")
    harden("apply", "--root", t.root, "--yes", "--set", "userns_remap=default", "--accept", "2.9")
    for name in ("subuid", "subgid"):
        expect(t.text("etc/" + name).startswith("alice:100000:65536\n"), t.text("etc/" + name))


@case("C13: a seccomp profile of the site's own is left alone")
def _(t):
    base_host(t, daemon_json='{"seccomp-profile": "/etc/docker/seccomp.json"}')
    t.file("etc/docker/seccomp.json", '{"defaultAction": "SCMP_ACT_ERRNO"}')
    expect(status(t, "2.17") in NOT_PASS, "an unknown profile passes unseen")
    apply(t)
    same(json.loads(t.text("etc/docker/daemon.json"))["seccomp-profile"], "/etc/docker/seccomp.json")
    same(status(t, "2.17", "--set", "seccomp_profile=/etc/docker/seccomp.json"), "pass")


@case("C16: a compliant file without blanks is not touched")
def _(t):
    text = '{"icc":false,"live-restore":true,"no-new-privileges":true,"userland-proxy":false}'
    base_host(t, daemon_json=text)
    before = listing(t.root, True)["etc/docker/daemon.json"]
    apply(t)
    same(listing(t.root, True)["etc/docker/daemon.json"], before)


@case("C17: a rule without -p is known for what it is, no second one is written")
def _(t):
    base_host(t)
    site_rules("-w /usr/sbin/dockerd\n-w /etc/docker/ -k mine\n")(t)
    apply(t)
    ours = t.text(h.OUR_RULES)
    expect("/usr/sbin/dockerd" not in ours and not re.search(r"=/etc/docker[ /]", ours.replace("/etc/docker/daemon.json", "")), ours)
    same((status(t, "1.1.3"), status(t, "1.1.6")), ("pass", "pass"))


@case("C18 C19 C34: rules go to a file of our own; audit.rules, auditd.conf and the site's stay")
def _(t):
    base_host(t)
    kept = {"etc/audit/audit.rules": "-D\n-b 8192\n", "etc/audit/auditd.conf": "space_left_action = SYSLOG\n",
            "etc/audit/rules.d/30-site.rules": "-b 16384\n-f 2\n-w /etc/shadow -p wa -k site\n-e 1"}
    for path, text in kept.items():
        t.file(path, text, 0o640)
    apply(t)
    for path, text in kept.items():
        same(t.text(path), text, path)
    ours = t.text(h.OUR_RULES)
    expect(ours.startswith("\n") and ours.endswith("\n"), repr(ours))
    same((t.mode(h.OUR_RULES), t.owner(h.OUR_RULES)), (0o640, (0, 0)))
    for line in ours.splitlines():
        expect(not line or line.startswith("#") or re.fullmatch(r"-a always,exit -S all -F (path|dir)=/\S+ -F perm=wa -k docker", line), line)


@case("C20: a rule only where its parent is there, so that none after it is lost at boot")
def _(t):
    base_host(t, sockets=False)
    apply(t)
    ours = t.text(h.OUR_RULES)
    expect("sysconfig" not in ours, ours)
    tmpfiles = "".join(t.text("etc/tmpfiles.d/" + n) for n in os.listdir(t.at("etc/tmpfiles.d"))) if t.exists("etc/tmpfiles.d") else ""
    for kind, path in re.findall(r"-F (path|dir)=(\S+)", ours):
        there = path if kind == "dir" else os.path.dirname(path)
        made = re.search(r"^d %s 0711 root root" % re.escape(there), tmpfiles, re.M)
        expect(made or t.exists(there) or there == "/run", there, "does not exist:", ours)
    if "/run/containerd" in ours:
        expect(re.search(r"^d /run/containerd 0711 root root -", tmpfiles, re.M), tmpfiles)


@case("C22: users are taken out of the group only with consent and a list, and nobody is put in")
def _(t):
    base_host(t, members="alice,bob,bobby")
    t.file("etc/gshadow", "docker:!::alice,bob,bobby\nusers:*::\n", 0o640, 0, 42)
    passwd, group = t.text("etc/passwd"), t.text("etc/group")
    apply(t)
    same(t.text("etc/group"), group)
    apply(t, "--set", "trusted_users=alice,bobby,daemon", "--accept", "1.1.2")
    same(t.text("etc/group"), group.replace("alice,bob,bobby", "alice,bobby"))
    same(t.text("etc/passwd"), passwd)
    same(t.text("etc/gshadow"), "docker:!::alice,bobby\nusers:*::\n")
    same(status(t, "1.1.2", "--set", "trusted_users=alice,bobby,daemon"), "pass")


@case("C24: a socket with mode 0666 becomes 0660")
def _(t):
    base_host(t)
    t.own("run/docker.sock", 0o666, 0, h.DOCKER_GID)
    apply(t)
    same((t.mode("run/docker.sock"), t.owner("run/docker.sock")), (0o660, (0, h.DOCKER_GID)))


@case("C24: an ACL that lets a stranger use the socket goes, and the group gets no more than it had")
def _(t):
    base_host(t)
    t.acl("run/docker.sock", h.acl_bytes(6, 4, 0, users=[(1000, 6)], mask=6))
    same(t.mode("run/docker.sock"), 0o660)
    same(status(t, "3.16"), "fail")
    before = listing(t.root)
    apply(t)
    same(os.listxattr(t.at("run/docker.sock")), [])
    same(t.mode("run/docker.sock"), 0o640)
    same(harden("rollback", "--root", t.root, "--yes").code, 0)
    h.unchanged(before, listing(t.root), "apply and rollback")


@case("C26: the mode that the socket's unit gives it is mended where it comes from")
def _(t):
    base_host(t, socket_mode="0666", sockets=False)
    same(status(t, "3.16"), "fail")
    apply(t)
    same(status(t, "3.16"), "pass")
    texts = [t.text(h.UNIT_DIR + "/docker.socket")]
    folder = "etc/systemd/system/docker.socket.d"
    if t.exists(folder):
        texts += [t.text(folder + "/" + n) for n in sorted(os.listdir(t.at(folder)))]
    same(re.findall(r"^SocketMode=(\S+)", "\n".join(texts), re.M)[-1], "0660")


@case("C28: ulimits are written as the object that dockerd reads, with consent")
def _(t):
    base_host(t)
    site = "vars: {default_ulimits: {nofile: {soft: 1024, hard: 2048}}}\n"
    t.file("etc/harden/harden.yaml", site)
    doc = plan(t)
    expect("2.8" in waiting(doc), doc["needs_consent"])
    apply(t, "--accept", "2.8")
    same(json.loads(t.text("etc/docker/daemon.json"))["default-ulimits"],
         {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 2048}})


@case("C29: the binaries that run today are watched, by the names they have here")
def _(t):
    base_host(t, "20.10")
    apply(t)
    ours = t.text(h.OUR_RULES)
    for path in ("/usr/sbin/dockerd", "/usr/bin/containerd", "/usr/bin/containerd-shim", "/usr/bin/containerd-shim-runc-v1",
                 "/usr/bin/containerd-shim-runc-v2", "/usr/sbin/runc"):
        expect("path=%s " % path in ours, path, ours)
    expect("docker-containerd" not in ours and "docker-runc" not in ours, ours)


@case("C31: nothing is upgraded, 1.2.2 is left to a person")
def _(t):
    base_host(t)
    before = t.read("var/lib/dpkg/status")
    doc = apply(t)
    same(t.read("var/lib/dpkg/status"), before)
    expect(any("1.2.2" in b["controls"] for b in doc["by_hand"]), doc["by_hand"])


@case("C35: files of containers below the data root keep their owners and modes")
def _(t):
    base_host(t)
    t.file("var/lib/docker/overlay2/x/diff/srv/db", "x", 0o666, 999, 999)
    before = listing(t.at("var/lib/docker"), True, ())
    apply(t)
    h.unchanged(before, listing(t.at("var/lib/docker"), True, ()), "apply")


for row, number, words in (("C36", "2.14", "setuid"), ("C37", "2.16", "::1"), ("C38", "2.2", "default bridge")):
    def impact(t, number=number, words=words):
        base_host(t)
        doc = plan(t, "--only", number)
        expect(any(words in text for c in doc["changes"] for text in c["impact"]), doc["changes"])
        expect(words in harden("plan", "--root", t.root, "--only", number).out, "not in the text")
    case.add("%s: the plan says what %s may break" % (row, number), impact)


@case("B43: what is said is what is so: a failure names what is wanted and what is there, a pass neither")
def _(t):
    base_host(t, daemon_json='{"icc": true, "live-restore": true}')
    f = audit(t, "2.2")["findings"]
    same([(x["expected"], x["actual"]) for x in f], [(False, True)])
    expect("icc" in f[0]["message"], f)
    same(audit(t, "2.15")["findings"], [])


@case("C30 C32 C33: no recipe of ours touches content trust, forwarding or kernel modules")
def _(t):
    for name in ("cis-docker-1.6.0.yaml", "linux-base.yaml", "cis-docker-1.6.0-engine.yaml"):
        with open(os.path.join(h.TOP, "recipes", name)) as f:
            text = f.read()
        for word in ("ip_forward", "modprobe", "disable-legacy-registry", "default-ulimit:"):
            expect(word not in text, name, "names", word)
        trust = [c for c in text.split("\n  - id: ") if "DOCKER_CONTENT_TRUST" in c]
        expect(all(c.startswith("4.5\n") and "consent: true" in c for c in trust), name, "sets content trust without consent")


# the table

def rows():
    """The table's lines: row, controls, test as FILE:CASE (several by "; ") or "-", reason."""
    with open(os.path.join(h.HERE, "peers.tsv"), newline="") as f:
        return [r for r in csv.reader((line for line in f if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)][1:]


@case("every row of the table has a test that exists, or a reason")
def _(t):
    own = " ".join(name.split(":")[0] for name, _ in case.cases).split()
    for row in rows():
        same(len(row), 4, row)
        number, _, test, reason = row
        if test == "-":
            expect(len(reason) > 20, number, "has neither test nor reason")
            continue
        for one in test.split("; "):
            path, _, name = one.partition(":")
            if path == "tests/cli/peers.py":
                expect(number in own, "no case here names", number)
                continue
            with open(os.path.join(h.TOP, path)) as f:
                expect(name and name in f.read(), number, "names", one, "which is not there")


@case("every case here is in the table")
def _(t):
    named = {r[0] for r in rows() if "tests/cli/peers.py" in r[2]}
    mine = {n for name, _ in case.cases for n in name.split(":")[0].split() if re.fullmatch(r"[ABC]\d+", n)}
    same(sorted(mine - named), [])


@case("no row is missing")
def _(t):
    with open(os.path.join(h.HERE, "peers.tsv")) as f:
        ids = re.search(r"^# rows: (.*)$", f.read(), re.M).group(1).split()
    same([r[0] for r in rows()], ids)
    source = os.path.join(os.path.dirname(h.TOP), "shared", "peers-wrong.md")
    if os.path.exists(source):
        with open(source) as f:
            same(sorted(re.findall(r"^\| ([ABC]\d+) \|", f.read(), re.M)), sorted(ids), "rows of the source")


raise SystemExit(case.main())
