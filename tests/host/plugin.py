# SPDX-License-Identifier: Apache-2.0
"""A small authorization plugin of dockerd's: it listens below /run/docker/plugins and allows or denies."""
import contextlib
import http.server
import json
import os
import socket
import socketserver
import threading


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Listener:
    """Serves a unix socket; asked notes who connects."""

    def __init__(self, path, asked, handler=None):
        class Noting(socketserver.BaseRequestHandler):
            def handle(self):
                asked.append(path)

        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.path, self.server = path, Server(path, handler or Noting)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        os.unlink(self.path)


class Allow(http.server.BaseHTTPRequestHandler):
    """It allows everything."""

    decision = {"Allow": True}
    implements = ["authz"]
    activated = 0  # how often it was asked what it implements

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        type(self).activated += self.path == "/Plugin.Activate"
        said = {"Implements": self.implements} if self.path == "/Plugin.Activate" else self.decision
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Deny(Allow):
    """It denies everything."""

    decision = {"Allow": False, "Msg": "nobody may"}


class Volumes(Allow):
    """It is a plugin of another kind."""

    implements = ["VolumeDriver"]


class Silent(socketserver.BaseRequestHandler):
    """It hangs up."""

    def handle(self):
        self.request.recv(1024)


def Plugin(name, handler=Allow):
    return Listener("/run/docker/plugins/%s.sock" % name, [], handler)


@contextlib.contextmanager
def stale(path):
    """A socket that nobody listens on any more."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    yield
    os.unlink(path)
