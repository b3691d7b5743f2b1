# SPDX-License-Identifier: Apache-2.0
"""A seeded generator of host trees: what a site may have done to a Docker host before harden came.

random_host() fills a tree and returns what the test must know of it (class Made). Most trees are
hosts that dockerd starts on; a few hold input that it would refuse (Made.bad), which apply has to
refuse too.
"""
import hosttree as h

# flag words and the daemon.json key that they stand for
FLAGS = [
    (["--icc=false"], "icc"), (["--icc"], "icc"), (["--icc=true"], "icc"), (["--icc=0"], "icc"),
    (["--log-level=debug"], "log-level"), (["--log-level", "info"], "log-level"), (["-l", "error"], "log-level"),
    (["-D"], "debug"), (["--debug"], "debug"), (["--debug=false"], "debug"),
    (["--live-restore"], "live-restore"), (["--live-restore=false"], "live-restore"),
    (["--userland-proxy=true"], "userland-proxy"), (["--userland-proxy=false"], "userland-proxy"),
    (["--no-new-privileges"], "no-new-privileges"), (["--no-new-privileges=false"], "no-new-privileges"),
    (["--experimental"], "experimental"), (["--experimental=f"], "experimental"),
    (["--insecure-registry", "r.example:5000"], "insecure-registries"),
    (["--insecure-registry=10.0.0.0/8", "--insecure-registry=r2:80"], "insecure-registries"),
    (["--storage-opt", "dm.basesize=20G"], "storage-opts"),
    (["--storage-opt=overlay2.size=10G"], "storage-opts"),
    (["--iptables=true"], "iptables"), (["--cgroup-parent=docker.slice"], "cgroup-parent"),
    (["--log-driver=json-file"], "log-driver"), (["--log-opt", "max-size=10m", "--log-opt=max-file=3"], "log-opts"),
    (["--mtu=1400"], "mtu"), (["--dns", "192.0.2.53", "--dns=192.0.2.54"], "dns"), (["-s", "overlay2"], "storage-driver"),
    (["--default-ulimit=nofile=1024:2048"], "default-ulimits"), (["--label", "site=a"], "labels"),
]
KEYS = {
    "icc": [True, False], "log-level": ["info", "debug", "warn", "INFO"], "debug": [True, False],
    "insecure-registries": [[], ["r.example:5000"], ["r.example:5000", "10.0.0.0/8"]],
    "storage-driver": ["overlay2"], "userns-remap": [""], "cgroup-parent": ["", "docker.slice"],
    "storage-opts": [["overlay2.size=10G"], ["dm.basesize=20G"], ["overlay2.size=10G", "dm.basesize=20G"], []],
    "authorization-plugins": [[], ["opa"]], "no-new-privileges": [True, False], "live-restore": [True, False],
    "userland-proxy": [True, False], "experimental": [True, False],
    "default-ulimits": [{"nofile": {"Name": "nofile", "Hard": 64000, "Soft": 64000}}, {}],
    "log-driver": ["json-file", "local"], "log-opts": [{"max-size": "10m"}, {"max-size": "10m", "max-file": "3"}, {}],
    "data-root": ["/srv/docker", "/var/lib/docker", "/srv/dk/../docker"], "dns": [["192.0.2.53"]],
    "labels": [["a=b"], ["owner=caf\u00e9 \U0001f433"], []], "registry-mirrors": [["https://mirror.example"]],
    "mtu": [1450], "bip": ["172.30.0.1/16"], "default-address-pools": [[{"base": "172.80.0.0/16", "size": 24}]],
    "features": [{"buildkit": True}], "builder": [{"gc": {"enabled": True, "defaultKeepStorage": "20GB"}}],
    "runtimes": [{"crun": {"path": "/usr/bin/crun", "runtimeArgs": []}}], "max-concurrent-downloads": [3],
    "exec-opts": [["native.cgroupdriver=systemd"]], "shutdown-timeout": [15], "iptables": [True],
    "site-notes": [{"mtu": 1}], "default-shm-size": ["64M"], "fixed-cidr": ["172.30.1.0/24"],
}
MODES = [0o777, 0o666, 0o664, 0o660, 0o640, 0o600, 0o400, 0o755, 0o700, 0o444, 0o2755, 0o4755, 0o646, 0o000]
OWNERS = [(0, 0), (h.NOBODY, h.NOBODY), (1000, 1000), (0, 100), (1000, 0), (0, h.DOCKER_GID)]
SPELLINGS = [
    "-w {p} -p wa -k docker", "-w {p} -k docker", "-w {p} -p rwxa", "-a always,exit -F path={p} -F perm=wa -k docker",
    "-a exit,always -F path={p} -F perm=war -k site", "-a always,exit -S all -F path={p} -F perm=wa -F key=docker",
    "-a always,exit -F arch=b64 -S all -F path={p} -F perm=wa -F key=x", "-w {p} -p x -k exec",
    "-a never,exit -F path={p} -F perm=wa", "-a always,exit -F dir={p} -F perm=wa -k docker",
    "-w {p}/ -p wa -k slash", "-a always,exit  -F  path={p}  -F perm=aw  -k docker -k two",
]
WATCHED = ["/usr/sbin/dockerd", "/usr/bin/dockerd", "/run/containerd", "/var/lib/docker", "/etc/docker",
           "/etc/docker/daemon.json", "/etc/default/docker", "/run/docker.sock", "/var/run/docker.sock",
           "/usr/bin/containerd", "/usr/bin/containerd-shim", "/usr/bin/containerd-shim-runc-v2", "/usr/sbin/runc",
           "/usr/bin/runc", "/lib/systemd/system/docker.service", "/usr/lib/systemd/system/docker.socket",
           "/etc/containerd/config.toml", "/etc", "/etc/shadow", "/etc/sysconfig/docker"]


class Made:
    def __init__(self):
        self.bad = []       # why apply has to refuse
        self.notes = []     # what was done, for the message of a failing seed
        self.options = []   # of every run on this tree
        self.docker = "etc/docker"  # the real directory of daemon.json
        self.config = None  # path of the real daemon.json, None without
        self.rules = {}     # the site's own rule files: path -> bytes


def quoted(text, rnd):
    """A JSON string, now and then with escapes that nobody needs."""
    out = ['"']
    for ch in text:
        if ch in '"\\':
            out.append("\\" + ch)
        elif ch == "/" and rnd.random() < 0.1:
            out.append("\\/")
        elif ord(ch) < 0x10000 and rnd.random() < 0.01:
            out.append("\\u%04x" % ord(ch))
        else:
            out.append(ch)
    return "".join(out) + '"'


def json_text(value, rnd, style, depth=0):
    """value in a style: (indent or None, blank after colon, blank after comma, line end)."""
    indent, colon, comma, eol = style
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value, rnd)
    if not isinstance(value, (dict, list)):
        return str(value)
    if isinstance(value, dict):
        items = [quoted(k, rnd) + colon + json_text(v, rnd, style, depth + 1) for k, v in value.items()]
        left, right = "{", "}"
    else:
        items = [json_text(v, rnd, style, depth + 1) for v in value]
        left, right = "[", "]"
    if not items:
        return left + right
    if indent is None or (isinstance(value, list) and rnd.random() < 0.4):
        return left + ("," + comma).join(items) + right
    pad = eol + indent * (depth + 1)
    return left + pad + ("," + pad).join(items) + eol + indent * depth + right


def style_of(rnd):
    eol = rnd.choice(["\n", "\n", "\n", "\r\n"])
    indent = rnd.choice([None, "  ", "    ", "\t", "  ", " "])
    colon = rnd.choice([":", ": "]) if indent is None else rnd.choice([": ", ": ", ":", " : "])
    return indent, colon, rnd.choice(["", " "]), eol


def daemon_json(tree, rnd, made, version, taken, swarm):
    """daemon.json somewhere, under its name or behind links; never a key in taken."""
    how = rnd.choice(["file"] * 8 + ["none"] * 3 + ["link", "absolute", "outside", "chain", "dangling", "empty"])
    if how == "none":
        return
    keys = [k for k in KEYS if k not in taken and rnd.random() < 0.25]
    rnd.shuffle(keys)
    value = {k: rnd.choice(KEYS[k]) for k in keys}
    if swarm:
        value.pop("live-restore", None)
    if value.get("log-driver") == "local" and "log-opts" in value:
        value["log-opts"] = {}
    if "bip" in value:
        value.pop("fixed-cidr", None)
    style = style_of(rnd)
    text = json_text(value, rnd, style) + rnd.choice([style[3], style[3], ""])
    data = (rnd.choice([""] * 9 + [style[3], "  "]) + text).encode()
    if how == "empty":
        data, value = rnd.choice([b"", b"\n", b" \n\n"]), {}
        if version == "20.10":
            made.bad.append("empty daemon.json on 20.10")
    elif rnd.random() < 0.06:
        what, data = rnd.choice([("trailing comma", data.rstrip().rstrip(b"}") + b",}"), ("comment", b"// x\n" + data),
                                 ("unknown key", b'{"no-such-key": 1}'), ("text for boolean", b'{"icc": "false"}'),
                                 ("duplicate key", b'{"icc": true, "icc": false}'), ("list", b"[1]"),
                                 ("not UTF-8", b'{"labels": ["\xff"]}'), ("cut off", data.rstrip()[:-1] or b"{")])
        made.bad.append(what)
    path = made.docker + "/daemon.json"
    if how == "link":
        tree.link(path, "daemon.real.json")
        path = made.docker + "/daemon.real.json"
    elif how == "absolute":
        tree.link(path, "/opt/conf/daemon.json")
        path = "opt/conf/daemon.json"
    elif how == "outside":
        tree.link(path, "../../../../../../opt/conf/daemon.json")
        path = "opt/conf/daemon.json"
    elif how == "chain":
        tree.link(path, "../one")
        tree.link(made.docker.replace("docker", "one"), "/opt/two")
        tree.link("opt/two", "conf/daemon.json")
        path = "opt/conf/daemon.json"
    elif how == "dangling":
        tree.link(path, rnd.choice(["/opt/none.json", "none.json"]))
        made.bad.clear()
        made.notes.append("dangling daemon.json")
        return
    tree.file(path, data, rnd.choice([0o644] * 3 + MODES[:8]), *rnd.choice([(0, 0)] * 3 + OWNERS))
    made.config = path
    made.notes.append("daemon.json " + how)
    if rnd.random() < 0.1:
        tree.acl(path, h.acl_bytes(6, 4, 4, users=[(1000, rnd.choice([4, 6]))], mask=rnd.choice([4, 6])))
    if "data-root" in value and rnd.random() < 0.5:
        tree.dir("srv/docker", 0o710)
    if made.bad:
        made.options = []


def flags(tree, rnd, made, version):
    """Flags for dockerd where a site may have put them; returns the keys they set."""
    flavour = h.FLAVOURS[version]
    where = rnd.choice(["none", "none", "unit", "drop-in", "env", "environment", "etc-unit", "vendor"])
    if where == "none":
        return set()
    words, keys = [], set()
    for flag, key in rnd.sample(FLAGS, rnd.randint(1, 6)):
        if key not in keys or key in ("dns", "labels", "storage-opts", "insecure-registries"):
            words += flag
            keys.add(key)
    service = h.UNIT_DIR + "/docker.service"
    exec_start = flavour.exec_start
    line = " ".join(words)
    if where in ("unit", "etc-unit"):
        separator = rnd.choice([" ", " \\\n    ", "  "])
        text = tree.text(service).replace("ExecStart=" + exec_start, "ExecStart=" + exec_start + separator + line)
        if where == "unit":
            tree.file(service, text)
        else:
            tree.file("etc/systemd/system/docker.service", text)
    elif where == "vendor":
        tree.file(h.UNIT_DIR + "/docker.service.d/%s.conf" % rnd.choice(["50-image", "90-image", "a"]),
                  "[Service]\nExecStart=\nExecStart=%s %s\n" % (exec_start, line))
    elif where == "drop-in":
        text = "# the site's\n[Service]\nExecStart=\nExecStart=%s %s\nLimitCORE=0\n" % (exec_start, line)
        tree.file("etc/systemd/system/docker.service.d/%s.conf" % rnd.choice(["override", "10-site", "zz"]), text)
    else:
        name = "DOCKER_OPTS" if flavour.env_file else "SITE_OPTS"
        start = exec_start if flavour.env_file else exec_start + rnd.choice([" $SITE_OPTS", " $SITE_OPTS --mtu=1500"])
        if "--mtu=1500" in start:
            keys.add("mtu")
        if where == "env":
            path = "etc/default/docker" if flavour.env_file else "etc/site-docker"
            quote = rnd.choice(['"', "'"])
            tree.file(path, "# options\n%s=%s%s%s\n#OTHER=1\n%s" %
                      (name, quote, line, quote, rnd.choice(["", "http_proxy=http://p:3128\n"])))
            extra = "" if flavour.env_file else "EnvironmentFile=/etc/site-docker\n"
        else:
            extra = 'Environment="%s=%s"\n' % (name, line)
        if extra:
            reset = "" if flavour.env_file else "ExecStart=\nExecStart=%s\n" % start
            tree.file("etc/systemd/system/docker.service.d/env.conf", "[Service]\n%s%s" % (extra, reset))
    made.notes.append("flags in %s: %s" % (where, line))
    return keys


def metadata(tree, rnd, made):
    """Odd owners, modes and ACLs on what exists."""
    for path in [made.docker, "etc/default/docker", "etc/systemd/system/docker.service.d", "etc/audit/rules.d",
                 "etc/containerd/config.toml", h.UNIT_DIR + "/docker.service", h.UNIT_DIR + "/docker.socket",
                 "etc/systemd/system/docker.service", "etc/systemd/system/docker.service.d/override.conf",
                 "run/docker.sock", "run/containerd/containerd.sock", "run/containerd", "var/lib/docker",
                 "usr/sbin/dockerd"]:
        if not tree.exists(path) or rnd.random() > 0.25:
            continue
        directory = h.os.path.isdir(tree.at(path))
        mode = rnd.choice([0o777, 0o775, 0o1777, 0o2755, 0o700, 0o711, 0o757] if directory else MODES)
        tree.own(path, mode, *rnd.choice(OWNERS))
        made.notes.append("%s %04o" % (path, mode))
    for path in ("run/docker.sock", "run/containerd/containerd.sock"):
        if tree.exists(path) and rnd.random() < 0.12:
            tree.acl(path, h.acl_bytes(6, rnd.choice([0, 4, 6]), 0, users=[(1000, 6)], groups=[(100, 4)],
                                       mask=rnd.choice([0, 4, 6])))
            made.notes.append("ACL on " + path)
    if rnd.random() < 0.05:
        tree.acl(made.docker, h.acl_bytes(7, 5, 5, users=[(1000, 7)]), default=True)


def certificates(tree, rnd, made):
    if rnd.random() < 0.4:
        for name in rnd.sample(["registry.example:5000", "r [1]", "plain", "caf\u00e9", "*"], rnd.randint(1, 3)):
            tree.dir(made.docker + "/certs.d/" + name, rnd.choice([0o755, 0o755, 0o777, 0o700]))
            for leaf in ("ca.crt", "client.cert", "client.key", "note one.txt", "x.pem"):
                if rnd.random() < 0.5:
                    tree.file(made.docker + "/certs.d/" + name + "/" + leaf, "x" + leaf, rnd.choice(MODES),
                              *rnd.choice([(0, 0)] * 3 + OWNERS))
        if rnd.random() < 0.2:
            tree.file("opt/ca.crt", "ca", 0o644)
            tree.dir(made.docker + "/certs.d/linked")
            tree.link(made.docker + "/certs.d/linked/ca.crt", rnd.choice(["/opt/ca.crt", "none", "../../../../opt/ca.crt"]))
        made.notes.append("certs.d")
    if rnd.random() < 0.2:
        tree.file(made.docker + "/key.json", "{}", 0o600)


def rules(tree, rnd, made):
    """The site's own audit rules, spelled in many ways over several files."""
    if not tree.exists("etc/audit/rules.d"):
        return
    for name in rnd.sample(["10-base.rules", "30-site.rules", "50-docker.rules", "99-finalize.rules", "z.rules"],
                           rnd.choice([0, 0, 1, 1, 2, 3])):
        lines = ["## rules of the site"]
        for path in rnd.sample(WATCHED, rnd.randint(0, 6)):
            lines.append(rnd.choice(SPELLINGS).format(p=path))
        if name == "99-finalize.rules":
            lines.append(rnd.choice(["-e 1", "-e 2", ""]))
        if rnd.random() < 0.05:
            lines.append("-a never,task")
        data = "\n".join(lines) + rnd.choice(["\n", "\n", ""])
        tree.file("etc/audit/rules.d/" + name, data, rnd.choice([0o640, 0o600, 0o644]))
        made.rules["etc/audit/rules.d/" + name] = data.encode()
    made.rules["etc/audit/rules.d/audit.rules"] = tree.read("etc/audit/rules.d/audit.rules")
    if rnd.random() < 0.15:
        tree.file(h.OUR_RULES, "\n# Written by harden\n-a always,exit -S all -F path=/usr/sbin/dockerd -F perm=wa -k docker\n"
                  "-a always,exit -S all -F dir=/etc/docker -F perm=wa -k docker\n", rnd.choice([0o640, 0o600, 0o666]))
        made.notes.append("our rule file is there")


def remove(tree, path):
    full = tree.at(path)
    if not h.os.path.lexists(full):
        return
    if h.os.path.isdir(full) and not h.os.path.islink(full):
        h.shutil.rmtree(full)
    else:
        h.os.unlink(full)


def missing(tree, rnd, made):
    for path in ["etc/default/docker", "etc/containerd/config.toml", "etc/audit", "run/docker.sock", "run/containerd",
                 "usr/sbin/runc", "usr/bin/containerd", h.UNIT_DIR + "/docker.socket", "usr/lib/tmpfiles.d",
                 "var/lib/docker", "etc/os-release", "var/run", "etc/passwd", "var/lib/dpkg", "etc/docker"]:
        if rnd.random() < 0.04:
            if path == "var/lib/dpkg":
                made.notes.append("no version")
            remove(tree, path)
            made.notes.append("no " + path)
    if made.config and (not tree.exists(made.config) or not tree.exists("etc/docker/daemon.json" if made.docker ==
                        "etc/docker" else "etc/docker")):
        made.bad, made.config = [], None


def unsafe(tree, rnd, made):
    """A directory on the way that others own or may write to, and that no control secures."""
    if rnd.random() < 0.06:
        path = rnd.choice(["etc", "etc/audit", "etc/systemd", "opt", "usr/lib/systemd", "var", "run"])
        if tree.exists(path):
            tree.own(path, rnd.choice([0o777, 0o775, 0o755]), *rnd.choice([(h.NOBODY, h.NOBODY), (0, 100), (1000, 1000)]))
            made.notes.append("unsafe " + path)


OPTIONS = [[]] * 6 + [["--level", "1"], ["--only", "1,3"], ["--only", "2"], ["--skip", "1.1.5,2.15"],
                      ["--accept", "2.4,2.5"], ["--accept", "2.5", "--set", "allowed_insecure=r.example:5000"],
                      ["--set", "audit_perm=rwxa", "--set", "audit_key=site"], ["--only", "3.17,3.18,3.5,3.6"]]


def nothing(tree, rnd, made):
    """A host without Docker, and perhaps without much else."""
    h.base_host(tree, auditd=rnd.random() < 0.5, sockets=False)
    for path in ["usr/sbin/dockerd", "usr/bin/containerd", "usr/sbin/runc", "usr/bin/runc", "usr/lib/systemd/system",
                 "etc/docker", "etc/default", "etc/containerd", "usr/bin/containerd-shim-runc-v2", "var/lib/docker"]:
        remove(tree, path)
    tree.file("var/lib/dpkg/status", "")
    made.notes.append("no Docker")
    return made


def random_host(tree, rnd):
    made = Made()
    version = rnd.choice(["20.10", "26.1", "26.1", "28.5"])
    swarm = rnd.random() < 0.1
    made.options = rnd.choice(OPTIONS)
    made.notes.append("Docker " + version)
    if rnd.random() < 0.02:
        return nothing(tree, rnd, made)
    h.base_host(tree, version, members=rnd.choice(["", "", "alice", "alice,bob"]), auditd=rnd.random() < 0.9,
                sockets=rnd.random() < 0.7, listen=rnd.choice(["/run/docker.sock", "/var/run/docker.sock"]),
                socket_mode=rnd.choice(["0660", "0666", "0600"]))
    if rnd.random() < 0.05:
        remove(tree, "etc/docker")
        made.docker = tree.dir("opt/docker")
        tree.link("etc/docker", rnd.choice(["/opt/docker", "../opt/docker"]))
    if rnd.random() < 0.15:
        tree.file("etc/containerd/config.toml", 'version = 2\n[grpc]\n  address = "/run/containerd/containerd.sock"\n'
                  "  uid = 0\n  gid = %d\n" % rnd.choice([0, 113]))
    if rnd.random() < 0.1:
        remove(tree, "var/run")
        tree.link("var/run", "../run")
    if rnd.random() < 0.1:
        tree.file("etc/sysconfig/docker", "OPTIONS=''\n", rnd.choice(MODES))
    if swarm:
        tree.file("var/lib/docker/swarm/docker-state.json", '{"LocalAddr":"192.0.2.1"}', 0o600)
        made.notes.append("swarm")
    taken = flags(tree, rnd, made, version)
    if swarm:
        for path in ("etc/default/docker", "etc/site-docker", h.UNIT_DIR + "/docker.service"):
            if tree.exists(path) and "--live-restore" in tree.text(path):
                tree.file(path, tree.text(path).replace("--live-restore=false", "").replace("--live-restore", ""))
    daemon_json(tree, rnd, made, version, taken, swarm)
    certificates(tree, rnd, made)
    rules(tree, rnd, made)
    metadata(tree, rnd, made)
    missing(tree, rnd, made)
    unsafe(tree, rnd, made)
    return made
