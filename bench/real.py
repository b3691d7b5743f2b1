#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""harden audit of sections 4 to 7 against a bare client that fetches the same objects, on a real dockerd.

    real.py FETCH PAIR [CONTAINERS [created]]      HARDEN names the program, RUNS how many pairs (11)

The daemon lives in namespaces of its own (tests/host/dockerd.py). What harden asks for is written
down by a proxy, then FETCH asks for the same. Fails when harden takes more than 1.5 times the bare
time plus 20 ms, or 32 MiB. With "created" the containers are made and not started.
"""
import os
import re
import socket
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests", "host"))
import dockerd as d  # noqa: E402

AUDIT = ["audit", "--live", "--only", "4,5,6,7", "--format", "json"]


def pump(source, target, keep):
    while True:
        data = source.recv(65536)
        if not data:
            target.shutdown(socket.SHUT_WR)
            return
        keep(data)
        target.sendall(data)


def asked_for(command, path):
    """The paths that the command asks the daemon for; path is a socket that leads to it meanwhile."""
    paths, real = [], path + ".real"
    os.rename(path, real)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)

        def accept():
            while True:
                try:
                    near, _ = listener.accept()
                except OSError:
                    return
                far = socket.socket(socket.AF_UNIX)
                far.connect(real)
                for pair in ((near, far, lambda data: paths.extend(re.findall(rb"^GET (\S+)", data))), (far, near, len)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
        listener.shutdown(socket.SHUT_RDWR)
    os.rename(real, path)
    if code != 2:
        raise SystemExit("bench: %s ended with %d" % (" ".join(command), code))
    return [p.decode() for p in paths]


def make(daemon, count, start):
    """Containers as people start them, four kinds of them, several at a time."""
    kinds = [{}, {"HostConfig": {"Memory": 1 << 26, "PidsLimit": 100, "CapDrop": ["ALL"]}},
             {"HostConfig": {"RestartPolicy": {"Name": "always"}, "Binds": ["/etc/hostname:/x:ro"]}},
             {"User": "1000", "HostConfig": {"SecurityOpt": ["no-new-privileges"], "ReadonlyRootfs": True}}]
    daemon.run("first")
    numbers, failed = iter(range(1, count)), []

    def work():
        for n in numbers:
            try:
                body = dict(kinds[n % len(kinds)], Image="count:1", Cmd=["/bin/sleep", "100000"])
                made = daemon.post("/containers/create?name=c%04d" % n, body)
                if start:
                    daemon.post("/containers/%s/start" % made["Id"])
            except (OSError, AssertionError) as e:
                failed.append(e)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failed:
        raise SystemExit("bench: %s" % failed[0])


def main():
    fetch, pair = (os.path.abspath(p) for p in sys.argv[1:3])
    count, start = int((sys.argv[3:] or ["200"])[0]), "created" not in sys.argv
    d.enter()
    daemon = d.Daemon().start()
    work = os.environ["HARDEN_TEST_DIR"]
    try:
        make(daemon, count, start)
        command = [d.h.HARDEN] + AUDIT
        with open(work + "/list", "w") as f:
            paths = asked_for(command, d.SOCK)
            f.writelines(p + "\n" for p in paths)
        out = subprocess.run([pair, os.environ.get("RUNS", "11"), fetch, d.SOCK, work + "/list", "--"] + command,
                             stdout=subprocess.PIPE, text=True, check=True).stdout
    finally:
        daemon.clean()
    bare, ours = (float(m) for m in re.findall(r"median ([0-9.]+)", out))
    peak = float(re.findall(r"peak ([0-9.]+)", out)[1])
    print("bench: real dockerd, %d containers %s, %d answers: %.1f ms (at most %.1f), bare %.1f ms, peak %.1f MiB (under 32)"
          % (count, "running" if start else "created", len(paths), ours, 1.5 * bare + 20, bare, peak))
    return ours > 1.5 * bare + 20 or peak >= 32


sys.exit(main())
