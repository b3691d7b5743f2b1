# SPDX-License-Identifier: Apache-2.0
"""What the tests in a machine share: cases in TAP, and harden installed in a guest as by a package."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

from machine import Machine

SOURCES = os.environ["top_srcdir"]
BUILD = os.environ["top_builddir"]
CACHE = os.environ.get("HARDEN_TEST_CACHE") or os.path.join(BUILD, "tests", "cache")
LISTED = "/etc /usr/lib/systemd /usr/lib/tmpfiles.d"
# augenrules writes it at each start of auditd: what it says counts, not when.
GENERATED = ("/etc/audit/audit.rules", "/etc/audit/audit.rules.prev")


class Tap:
    """Cases as they come, with the seconds since the start."""

    def __init__(self):
        self.count, self.failed, self.start = 0, 0, time.monotonic()

    def ok(self, name, good, why=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good:
            for line in str(why).split("\n")[:60]:
                print("#", line)
        return good

    def same(self, name, got, want):
        return self.ok(name, got == want, f"got:    {got!r}\nwanted: {want!r}")

    def note(self, text):
        print(f"# {time.monotonic() - self.start:4.0f} s: {text}", flush=True)

    def finish(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


def difference(before, after):
    """The lines of two listings that differ; "" if none does."""
    old, new = set(before.split("\n")), set(after.split("\n"))
    return "\n".join([f"-{x}" for x in sorted(old - new)] + [f"+{x}" for x in sorted(new - old)])


def installed():
    """What `make install` of this build makes, as a tar of the root."""
    with tempfile.TemporaryDirectory() as root:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        subprocess.run(["make", "-s", "-C", BUILD, "install", f"DESTDIR={root}",
                        "systemdsystemunitdir=/usr/lib/systemd/system"], check=True, env=env,
                       stdout=subprocess.DEVNULL)
        return subprocess.run(["tar", "-C", root, "--owner=0", "--group=0", "-c", "usr"], check=True,
                              stdout=subprocess.PIPE).stdout


class Guest(Machine):
    """A machine with harden and its unit installed and enabled, and an image for containers."""

    def set_up(self):
        self.boot()
        self.must("tar -C / -x --no-overwrite-dir", installed())
        with open(os.path.join(SOURCES, "tests/lib/listing.py"), "rb") as f:
            self.put(f.read(), "/root/listing.py")
        self.must("systemctl daemon-reload && systemctl -q enable harden-recover.service")
        self.must("docker import - busybox:latest </root/busybox.tar")

    def listing(self):
        skip = " ".join(f"--skip {path.split('/', 2)[2]}" for path in GENERATED)
        return self.must(f"for d in {LISTED}; do echo $d; python3 -B /root/listing.py $d {skip}; done; "
                         f"sha256sum {GENERATED[0]}")

    def harden(self, *words, timeout=300):
        return self.run(" ".join(("harden",) + words), timeout=timeout)

    def json(self, *words):
        """The document that a verb printed."""
        r = self.harden(*words, "--format", "json")
        try:
            return json.loads(r.out)
        except ValueError:
            raise AssertionError(f"harden {' '.join(words)}: no JSON\n{r}") from None

    def active(self, *units):
        """The units of these that are not active, with their states."""
        out = self.run(f"systemctl is-active {' '.join(units)}").out.split()
        return {unit: state for unit, state in zip(units, out) if state != "active"}

    def failed_units(self):
        return self.run("systemctl list-units --failed --plain --no-legend").out


def script(body):
    """Runs body(tap, guest) in a scratch folder; an error in it is a failed case."""
    tap, guest = Tap(), None
    os.makedirs(os.path.join(BUILD, "tests", "tmp"), exist_ok=True)
    scratch = tempfile.mkdtemp(prefix="vm.", dir=os.path.join(BUILD, "tests", "tmp"))
    try:
        guest = Guest(CACHE, scratch)
        guest.set_up()
        tap.note("the machine is up and harden is installed")
        body(tap, guest)
    except Exception:  # pylint: disable=broad-except
        tap.ok("no surprise", False, traceback.format_exc())
        if guest:
            print("".join(f"# console: {line}\n" for line in guest.console().split("\n")[-30:]))
    finally:
        if guest:
            guest.cut()
        if os.environ.get("HARDEN_TEST_KEEP"):
            print("#", scratch)
        else:
            shutil.rmtree(scratch)
    tap.finish()
