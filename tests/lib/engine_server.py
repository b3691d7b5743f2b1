# SPDX-License-Identifier: Apache-2.0
"""An Engine API that plays recorded answers on a unix or TCP socket, well or badly.

    with Server(path, recorded(folder)) as server: ...          # in a test
    python3 engine_server.py SOCKET FOLDER [--copies N]         # by hand, and for make bench

A server is a table from paths (without /v1.41, with the query) to answers. recorded() makes one of a
folder of JSON files (see there). An answer may be bytes, anything JSON can say, an Answer, or a function of the request's path that
returns one of these.
"""
import argparse
import contextlib
import glob
import json
import os
import re
import signal
import socket
import ssl
import sys
import threading
import time


class Answer:
    """status and body, and how they are sent.

    chunked   in chunks of this many bytes, instead of with a Content-Length
    length    the Content-Length that is claimed
    cut       the connection ends after this many bytes of the body
    delay     seconds before the first byte
    drip      seconds between single bytes
    raw       these bytes, and nothing else: no status line, no headers
    bare      no Content-Length: the body ends with the connection
    """

    def __init__(self, body=b"", status=200, headers=None, chunked=0, length=None, cut=None, delay=0,
                 drip=0, raw=None, bare=False):
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status, self.headers, self.chunked, self.length = status, headers or {}, chunked, length
        self.cut, self.delay, self.drip, self.raw, self.bare = cut, delay, drip, raw, bare


def error(status, message):
    return Answer({"message": message}, status)


class Closed(Exception):
    """The connection is to end now."""


class Server:
    """Serves until the with block ends. requests holds the paths asked for, in order of arrival;
    most is the largest number that were under way at one time, connections how many were made."""

    def __init__(self, path, routes, api="1.41", server="Docker/20.10.24 (linux)", headers=None,
                 tls=None, prefix=True):
        self.path, self.routes, self.api, self.server = path, routes, api, server
        self.headers, self.prefix = headers or {}, prefix
        self.requests, self.under_way, self.most, self.connections = [], 0, 0, 0
        self.lock, self.stopped = threading.Lock(), threading.Event()
        self.tls, self.log = tls, None
        self.change = None  # called for what is not a GET, with method, path and body; returns an answer
        if path is None:
            self.socket = socket.socket(socket.AF_INET)
            self.socket.bind(("127.0.0.1", 0))
            self.url = "tcp://127.0.0.1:%d" % self.socket.getsockname()[1]
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(path)
            self.url = "unix://" + path
        self.socket.listen(64)

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *why):
        self.stopped.set()
        self.leave()

    def leave(self):
        """Nobody can connect from now on."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self.socket.close()
        if self.path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)

    def accept(self):
        while not self.stopped.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                while self.one(connection, stream):
                    pass
        except (OSError, Closed, ssl.SSLError):
            pass

    def one(self, connection, stream):
        """One request; false when the client is gone."""
        if not stream.peek(1)[:1].isalpha():
            return False  # a TLS hello, whose random bytes may hold no end of line
        line = stream.readline(65536).split()
        if len(line) != 3:
            return False
        length = 0
        for header in iter(lambda: stream.readline(65536), b""):
            if header in (b"\r\n", b"\n"):
                break
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        body = stream.read(length)
        method, target = line[0].decode(), line[1].decode()
        with self.lock:
            self.requests.append(method + " " + target)
            if self.log:
                self.log.write(target + "\n")
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            self.send(connection, self.find(method, target, body))
        finally:
            with self.lock:
                self.under_way -= 1
        return True

    def find(self, method, target, body):
        versioned = re.match(r"/v(\d+)\.(\d+)(/.*)$", target)
        if method != "GET" and not self.change:
            return error(405, "this engine is only asked")
        if versioned:
            asked = int(versioned.group(1)), int(versioned.group(2))
            target = versioned.group(3)
            if asked > tuple(map(int, self.api.split("."))):
                return error(400, "client version %d.%d is too new. Maximum supported API version is %s"
                             % (asked + (self.api,)))
        answer = self.change(method, target, body) if method != "GET" else self.routes.get(target)
        if answer is None and target == "/_ping":
            answer = Answer(b"OK")
        if answer is None and target == "/version":
            answer = {"Version": self.server.split("/")[-1].split(" ")[0], "ApiVersion": self.api,
                      "MinAPIVersion": "1.12", "Os": "linux"}
        if callable(answer):
            answer = answer(target)
        if answer is None:
            return error(404, "No such object: " + target)
        return answer if isinstance(answer, Answer) else Answer(answer)

    def send(self, connection, answer):
        if self.stopped.wait(answer.delay):
            raise Closed
        if answer.raw is not None:
            connection.sendall(answer.raw)
            raise Closed
        body = answer.body if answer.cut is None else answer.body[:answer.cut]
        headers = {"Api-Version": self.api, "Server": self.server, "Content-Type": "application/json"}
        headers.update(self.headers)
        if answer.chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif not answer.bare:
            headers["Content-Length"] = len(answer.body) if answer.length is None else answer.length
        headers.update(answer.headers)
        head = "HTTP/1.1 %d X\r\n" % answer.status
        head += "".join("%s: %s\r\n" % pair for pair in headers.items() if pair[1] is not None) + "\r\n"
        if answer.chunked:
            size = answer.chunked
            pieces = [body[i:i + size] for i in range(0, len(body), size)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
            body += b"" if answer.cut is not None else b"0\r\n\r\n"
        data = head.encode() + body
        if answer.drip:
            for i in range(len(data)):
                connection.sendall(data[i:i + 1])
                if self.stopped.wait(answer.drip):
                    raise Closed
        else:
            connection.sendall(data)
        if answer.cut is not None or answer.bare:
            raise Closed


def load(path):
    with open(path, "rb") as file:
        return json.load(file)


def one(path):
    """One object; docker inspect writes it into a list."""
    found = load(path)
    return found[0] if isinstance(found, list) else found


def listed(container):
    """The list's element for an inspect answer, with the fields that other clients look at."""
    return {"Id": container["Id"], "Names": [container["Name"]], "Image": container["Config"]["Image"],
            "ImageID": container["Image"], "State": container["State"]["Status"],
            "Labels": container["Config"].get("Labels") or {}}


def copy_of(container, number):
    """The same container under another id and name."""
    text = json.dumps(container)
    name = "%s-%05d" % (container["Name"], number)
    new = "%064x" % (int(container["Id"][:56], 16) * 0x100000000 + number)
    other = json.loads(text.replace(container["Id"], new))
    other["Name"] = name
    return other


def containers(inspected, top=None):
    """Routes of these inspect answers; top: what ps shows in each that runs."""
    routes = {"/containers/json?all=1": [listed(c) for c in inspected]}
    for c in inspected:
        at = "/containers/" + c["Id"]
        routes[at + "/json"] = c
        routes[at + "/changes"] = []
        running = top if c["State"]["Running"] else error(409, "Container %s is not running" % c["Id"])
        routes[at + "/top?ps_args=-o%20pid,uid,comm,args"] = running
    return routes


def images(folder):
    routes, every = {}, []
    for path in sorted(glob.glob(folder + "/image-*inspect.json")):
        image, history = one(path), path.replace("inspect.json", "history.json")
        every.append({"Id": image["Id"], "RepoTags": image.get("RepoTags") or []})
        routes["/images/%s/json" % image["Id"]] = image
        routes["/images/%s/history" % image["Id"]] = load(history) if os.path.exists(history) else []
    routes["/images/json"] = every
    return routes


def recorded(folder, copies=1, swarm=False):
    """Routes of a folder of recorded answers.
        container-*.json        one inspect answer each; the list is made from them
        container-top.json      what ps shows, one for all
        image-*inspect.json, image-*history.json
        network-*.json          and networks-swarm.json, a whole list
        volumes services nodes tasks secrets configs swarm info version, each .json
    copies: each container this many times. swarm: this is the manager of one; the names are then
    info-swarm-manager.json and swarm-default.json, else info-swarm-inactive.json.
    """
    def first(*names):
        return next((load("%s/%s.json" % (folder, n)) for n in names if os.path.exists("%s/%s.json" % (folder, n))),
                    None)

    found = [one(p) for p in sorted(glob.glob(folder + "/container-*.json"))]
    found = [c for c in found if "Id" in c and "HostConfig" in c]
    if copies > 1:
        found = [copy_of(c, i) for i in range(copies) for c in found]
    routes = containers(found, first("container-top") or {"Titles": ["PID", "UID", "COMMAND", "COMMAND"], "Processes": []})
    routes.update(images(folder))
    networks = [one(p) for p in sorted(glob.glob(folder + "/network-*.json"))]
    networks = (first("networks-swarm") if swarm else None) or networks
    routes["/networks"] = networks
    routes.update(("/networks/" + n["Id"], n) for n in networks)
    routes["/volumes"] = {"Volumes": None, "Warnings": None}
    member = first("info-swarm-manager" if swarm else "info-swarm-inactive")
    info = None if swarm else first("info")
    # what was kept of /info may be its Swarm alone
    routes["/info"] = info or (member if member and "Swarm" in member else {"Swarm": member or {}})
    for name in "volumes services nodes tasks secrets configs version".split():
        if first(name) is not None:
            routes["/" + name] = first(name)
    if first("swarm", "swarm-default") is not None:
        routes["/swarm"] = first("swarm", "swarm-default")
    # what is a constant by now is encoded once
    return {path: json.dumps(a).encode() if isinstance(a, (list, dict)) else a for path, a in routes.items()}


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("socket")
    p.add_argument("folder")
    p.add_argument("--copies", type=int, default=1)
    p.add_argument("--api", default="1.41")
    p.add_argument("--swarm", action="store_true")
    p.add_argument("--log", help="every path that is asked for goes here, one in a line, as it comes")
    a = p.parse_args()
    with Server(a.socket, recorded(a.folder, a.copies, a.swarm), api=a.api) as server:
        if a.log:
            server.log = open(a.log, "w", buffering=1)
        print(server.url, flush=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
