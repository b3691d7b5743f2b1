# SPDX-License-Identifier: Apache-2.0
"""A real dockerd for tests: in namespaces of its own, at its usual paths, never the machine's.

Cases runs the calling script again for each case, inside new network, mount and pid namespaces: /etc
and what a run may change beside it are overlays, /run and the data directories are tmpfs, so that
harden runs on "/" with --live, and nothing of it is seen outside or left behind. Cases mostly wait,
for a daemon to start or to be known dead, so that HARDEN_TEST_JOBS of them (4) run at a time. The
kernel's audit rules are not in any namespace: harden() leaves 1.1.3-1.1.18 out unless a test says
which controls or recipe it wants.

There is no systemd inside. A script stands for the service manager: RESTART stops the daemon by its
pid file and starts it with the flags of /etc/default/docker, as docker.service says too.
"""
import concurrent.futures
import contextlib
import ctypes
import fcntl
import http.client
import io
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "cli"))
import hosttree as h  # noqa: E402

SOCK, PID_FILE, LOG = "/run/docker.sock", "/run/docker.pid", "/var/log/docker.log"
CONFIG, DEFAULTS, UNIT = "/etc/docker/daemon.json", "/etc/default/docker", "/etc/systemd/system/docker.service"
RESTART, SITE = "/usr/local/sbin/restart-docker", "/etc/harden/harden.yaml"
CONTAINERD = "/run/containerd/containerd.sock"
DOCKERD = os.environ.get("HARDEN_DOCKERD") or shutil.which("dockerd", path="/usr/sbin:/usr/bin:/sbin:/bin")
# cgroupfs: without systemd there is nobody who would make slices
FLAGS = "-H unix://%s --containerd=%s --exec-opt native.cgroupdriver=cgroupfs" % (SOCK, CONTAINERD)

UNIT_TEXT = """\
[Unit]
Description=Docker Application Container Engine
[Service]
Type=notify
EnvironmentFile=-%s
ExecStart=%s %s $DOCKER_OPTS
ExecReload=/bin/kill -s HUP $MAINPID
""" % (DEFAULTS, DOCKERD, FLAGS)
RESTART_TEXT = """\
#!/bin/sh
# What a service manager does: stop by the pid file, start with the flags of the environment file.
running() { [ -n "$pid" ] && case $(readlink "/proc/$pid/exe") in */dockerd*) ;; *) false ;; esac; }
pid=$(cat %(pid)s 2>/dev/null)
if running; then
	kill "$pid"
	n=0
	while running; do
		n=$((n + 1))
		[ $n -lt 300 ] || kill -9 "$pid"
		sleep 0.1
	done
fi
[ "${1-}" != stop ] || exit 0
DOCKER_OPTS=
[ ! -r %(defaults)s ] || . %(defaults)s
setsid %(dockerd)s %(flags)s $DOCKER_OPTS >>%(log)s 2>&1 </dev/null &
""" % {"pid": PID_FILE, "defaults": DEFAULTS, "dockerd": DOCKERD, "flags": FLAGS, "log": LOG}

SYSTEMCTL = """\
#!/bin/sh
# systemctl as far as settle asks it, with a line for each call
echo "$*" >>/run/systemctl.log
pid=$(cat %(pid)s 2>/dev/null)
case $1 in
show) printf 'MainPID=%%s\\nNeedDaemonReload=no\\nLoadState=loaded\\nActiveState=active\\n' "${pid:-0}" ;;
reload) kill -HUP "$pid" ;;
kill) kill -KILL "$pid" ;;
restart) %(restart)s ;;
esac
""" % {"pid": PID_FILE, "restart": RESTART}

MS_NOSUID_NODEV = 2 | 4
# an overlay does not show what is mounted in a directory beneath it: on_debian13.sh does that in /usr/*bin
OVERLAYS = ("/etc", "/usr/lib/systemd", "/usr/local", "/var/log")
EMPTY = ("/run", "/var/lib/docker", "/var/lib/containerd", "/var/lib/harden")
INSIDE, CASE = "HARDEN_TEST_INSIDE", "HARDEN_TEST_CASE"
JOBS = int(os.environ.get("HARDEN_TEST_JOBS") or 4)


def mount(source, target, kind, data=""):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode(), MS_NOSUID_NODEV if kind == "tmpfs" else 0,
                  data.encode()) != 0:
        raise OSError(ctypes.get_errno(), "mount %s %s: %s" % (kind, target, os.strerror(ctypes.get_errno())))


def loopback_up():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    name = struct.pack("16sh", b"lo", 0)
    flags = struct.unpack("16sh", fcntl.ioctl(s, 0x8913, name))[1]  # SIOCGIFFLAGS, SIOCSIFFLAGS
    fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", flags | 1))
    s.close()


def run_self(arguments, more=None, **how):
    """This script once more, in namespaces of its own, where it begins with prepare()."""
    work = h.work_directory()
    # The shell is pid 1 inside and reaps what daemons leave; when unshare dies, all of it does. It bears
    # systemd's name for the tests that also make /run/systemd/system: see systemd().
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
               'printf systemd >/proc/$$/comm; "$@"; exit $?', "sh", sys.executable, "-B", sys.argv[0]] + arguments
    try:
        return subprocess.run(command, env=dict(os.environ, **{INSIDE: work}, **(more or {})), stdin=subprocess.DEVNULL,
                              check=False, **how)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def run_inside(number):
    """Case number of this script; returns what it printed."""
    return run_self([], {CASE: str(number)}, stdout=subprocess.PIPE, text=True, errors="backslashreplace").stdout


def enter():
    """For a script that is one case: returns inside; outside it runs the script there, and ends as that did."""
    if os.environ.get(INSIDE):
        prepare(os.environ[INSIDE])
    else:
        sys.exit(run_self(sys.argv[1:]).returncode)


def prepare(work):
    mount("tmpfs", work, "tmpfs", "mode=755")
    for number, path in enumerate(OVERLAYS):
        upper, scratch = ("%s/%s%d" % (work, what, number) for what in ("upper", "scratch"))
        os.mkdir(upper)
        os.mkdir(scratch)
        if os.path.isdir(path):
            mount("overlay", path, "overlay", "lowerdir=%s,upperdir=%s,workdir=%s" % (path, upper, scratch))
    for path in EMPTY:
        os.makedirs(path, 0o700, exist_ok=True)  # stays on the machine; /var/lib/harden has to be root's alone
        mount("tmpfs", path, "tmpfs", "mode=755")
    os.chmod("/var/lib/harden", 0o700)
    os.makedirs("/run/lock", exist_ok=True)
    loopback_up()
    os.environ["HARDEN_TEST_DIR"] = work
    os.environ.pop("DOCKER_HOST", None)


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w") as f:
        f.write(text)
    os.chmod(path + ".new", mode)
    os.rename(path + ".new", path)


def wait_for(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("%s: not within %d s" % (what, seconds))


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("docker", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def busybox_image():
    """A tar of one static busybox, the smallest image that can count."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(shutil.which("busybox"), "bin/busybox")
        for name in ("sh", "sleep", "mv"):
            link = tarfile.TarInfo("bin/" + name)
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return out.getvalue()


class Daemon:
    """The daemon of one test. start() first; the case's end calls clean()."""

    def __init__(self):
        self.containerd = None

    # the service

    def install(self, config=None, options=None, site=""):
        """Writes the host's files: daemon.json as text or value, DOCKER_OPTS, unit, restart script, site file."""
        if os.path.isdir("/etc/docker"):
            shutil.rmtree("/etc/docker")
        os.makedirs("/etc/docker")
        os.chmod("/etc/docker", 0o755)
        if config is not None:
            write(CONFIG, config if isinstance(config, str) else json.dumps(config, indent=2) + "\n")
        write(DEFAULTS, 'DOCKER_OPTS="%s"\n' % options if options else "# DOCKER_OPTS=\n")
        write(UNIT, UNIT_TEXT)
        write(RESTART, RESTART_TEXT, 0o755)
        write(SITE, 'restart: ["%s"]\n%s' % (RESTART, site))

    def systemd(self):
        """From here on harden sees a systemd that runs docker.service; returns the calls so far."""
        os.makedirs("/run/systemd/system", exist_ok=True)
        write("/usr/local/sbin/systemctl", SYSTEMCTL, 0o755)
        subprocess.run(["mount", "--bind", "/usr/local/sbin/systemctl", "/usr/bin/systemctl"], check=True)
        write(SITE, "")
        return lambda: [c for c in open("/run/systemctl.log").read().splitlines() if not c.startswith("show ")]

    def start(self, config=None, options=None, site=""):
        self.install(config, options, site)
        if not self.containerd:
            self.containerd = subprocess.Popen(["containerd"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                               stderr=open("/var/log/containerd.log", "a"), start_new_session=True)
            wait_for("containerd's socket", lambda: os.path.exists(CONTAINERD))
        self.restart()
        return self

    def restart(self, *words):
        subprocess.run([RESTART] + list(words), check=True, stdin=subprocess.DEVNULL)
        if not words:
            self.wait_up()

    def wait_up(self, seconds=30):
        try:
            wait_for("the daemon's answer", self.up, seconds)
        except AssertionError as e:
            raise AssertionError("%s\n%s" % (e, self.log()[-2000:]))

    def up(self):
        try:
            return self.call("GET", "/_ping")[0] == 200
        except OSError:
            return False

    def starts(self, seconds=30):
        """Whether dockerd would start on what is written: the one that runs is stopped, and tried again."""
        self.restart("stop")
        subprocess.run([RESTART], check=True, stdin=subprocess.DEVNULL)
        seen = [time.monotonic()]  # it may end before anybody looks

        def outcome():
            if self.running():
                seen[0] = time.monotonic()
            return self.up() or (time.monotonic() - seen[0] > 2 and "no")
        return wait_for("its start or its end", outcome, seconds) is True

    def pid(self):
        """The running daemon's pid, None without one."""
        try:
            with open(PID_FILE) as f:
                pid = int(f.read())
            return pid if "dockerd" in os.readlink("/proc/%d/exe" % pid) else None
        except (OSError, ValueError):
            return None

    def running(self):
        """The pids of all dockerd processes, whatever a pid file says."""
        return [int(p) for p in os.listdir("/proc") if p.isdigit() and program(p) == os.path.realpath(DOCKERD)]

    def log(self):
        try:
            with open(LOG, errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def config(self):
        with open(CONFIG) as f:
            return json.load(f)

    # the engine

    def call(self, method, path, body=None, kind="application/json"):
        c = UnixConnection(SOCK)
        try:
            c.request(method, path, body, {"Content-Type": kind} if body is not None else {})
            r = c.getresponse()
            return r.status, r.read()
        finally:
            c.close()

    def get(self, path):
        status, body = self.call("GET", path)
        h.same(status, 200, "GET", path, body)
        return json.loads(body)

    def info(self):
        return self.get("/info")

    def post(self, path, value=None):
        status, body = self.call("POST", path, json.dumps(value) if value is not None else None)
        h.expect(status in (200, 201, 204), "POST", path, status, body)
        return json.loads(body) if body.strip() else None

    def run(self, *names, **config):
        """Starts containers, each with a counter that never stops; returns their pids by name."""
        if not any("count:1" in (i["RepoTags"] or []) for i in self.get("/images/json")):
            status, body = self.call("POST", "/images/create?fromSrc=-&repo=count&tag=1", busybox_image(), "application/x-tar")
            h.same(status, 200, "import", body)
        for name in names:
            script = "i=0; while :; do i=$((i+1)); echo $i >/count.new; mv /count.new /count; sleep 0.05; done"
            made = self.post("/containers/create?name=" + name, dict({"Image": "count:1", "Cmd": ["/bin/sh", "-c", script], "StopTimeout": 1}, **config))
            self.post("/containers/%s/start" % made["Id"])
        pids = self.containers()
        for name in names:
            wait_for("the counter of " + name, lambda: os.path.exists("/proc/%d/root/count" % pids[name]))
        return pids

    def containers(self):
        """Pids of the running containers by name."""
        return {c["Names"][0][1:]: self.get("/containers/%s/json" % c["Id"])["State"]["Pid"] for c in self.get("/containers/json")}

    # the end of a case

    def clean(self):
        """Back to nothing: no container, no daemon, empty data and state directories."""
        if self.up():
            for c in self.get("/containers/json?all=1"):
                self.call("DELETE", "/containers/%s?force=1" % c["Id"])
        for sig in (signal.SIGCONT, signal.SIGTERM, signal.SIGKILL):
            for pid in self.running():
                with contextlib.suppress(ProcessLookupError):  # it may end by itself meanwhile
                    os.kill(pid, sig)
            try:
                wait_for("the end of dockerd", lambda: not self.running(), 0.1 if sig == signal.SIGCONT else 15)
                break
            except AssertionError:
                continue
        if self.containerd:
            self.containerd.kill()
            self.containerd.wait()
            self.containerd = None
        for shim in [int(p) for p in os.listdir("/proc") if p.isdigit() and (program(p) or "").startswith("/usr/bin/containerd-shim")]:
            os.kill(shim, signal.SIGKILL)
        for line in reversed(open("/proc/self/mounts").read().splitlines()):
            where = line.split()[1]
            if any(where.startswith(e + "/") for e in EMPTY):
                subprocess.run(["umount", "-l", where], check=False)
        for path in EMPTY:
            for name in os.listdir(path):
                full = os.path.join(path, name)
                shutil.rmtree(full) if os.path.isdir(full) and not os.path.islink(full) else os.unlink(full)
        for path in (LOG, SITE):
            if os.path.exists(path):
                os.unlink(path)


def program(pid):
    """What a process runs; None when it is gone or a zombie."""
    try:
        return os.readlink("/proc/%s/exe" % pid).replace(" (deleted)", "")
    except OSError:
        return None


def count(pid):
    """How far a container's counter is, read past the daemon."""
    with open("/proc/%d/root/count" % pid) as f:
        return int(f.read())


def still_counting(pids):
    """The counters of these processes go on."""
    before = {name: count(pid) for name, pid in pids.items()}
    for name, pid in pids.items():
        wait_for("the next number of " + name, lambda: count(pid) > before[name], 5)


def harden(verb, *words, **how):
    """harden on the namespace's own "/". Without --only the audit rules are left out: they are the machine's."""
    some = () if "--only" in words or "--recipe" in words or verb not in ("plan", "apply", "audit") else ("--skip", "1.1")
    live = ("--live",) if verb in ("plan", "apply", "audit", "rollback", "recover") else ()
    return h.harden(verb, *live, *some, *words, **how)


class Cases:
    """As hosttree's, each case on a daemon of its own."""

    def __init__(self):
        self.inner, self.slow = h.Cases(), set()

    def __call__(self, name, slow=False):
        """slow: takes half a minute or more, so it is begun before the others."""
        def remember(function):
            def with_daemon(_tree):
                d = Daemon()
                try:
                    function(d)
                except BaseException:
                    sys.stdout.write("".join("# dockerd: %s\n" % line for line in d.log().splitlines()[-12:]))
                    raise
                finally:
                    d.clean()
            if slow:
                self.slow.add(len(self.inner.cases))
            self.inner.add(name, with_daemon)
            return function
        return remember

    def main(self):
        if os.environ.get(INSIDE):
            prepare(os.environ[INSIDE])
            self.inner.cases = [self.inner.cases[int(os.environ[CASE])]]
            return self.inner.main()
        if os.geteuid() != 0 or not DOCKERD:
            h.skip_all("needs root and dockerd (Debian: docker.io)")
        chosen, failed = self.inner.chosen(), 0
        print("1..%d" % len(chosen), flush=True)
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            running = {n: pool.submit(run_inside, n) for n in sorted(chosen, key=lambda n: n not in self.slow)}
            for number, n in enumerate(chosen, 1):
                said = running[n].result().replace("1..1\n", "", 1)
                if "ok 1 - " not in said:
                    said += "not ok 1 - %s: it did not come to its end\n" % self.inner.cases[n][0]
                failed += "not ok 1 - " in said
                print(said.replace("ok 1 - ", "ok %d - " % number, 1), end="", flush=True)
        return 1 if failed else 0
