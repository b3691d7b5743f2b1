# SPDX-License-Identifier: Apache-2.0
"""A Debian machine of one's own in QEMU: systemd as PID 1, docker.io, auditd, its own kernel.

Machine boots a copy-on-write disk over the image that image.sh makes. Commands go through a virtio
serial port to the agent in the guest; no network is needed. A power cut is the death of QEMU: the
guest's memory is gone, so everything that was not synced is lost, and what was synced is kept (the
disk must never be given cache=unsafe). A byte written to I/O port 0x501 cuts at that instruction.

QEMU ends with the test, however that ends. One machine runs at a time; the others wait. All of it is
software emulation unless HARDEN_VM_ACCEL says kvm.
"""
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ACCEL = os.environ.get("HARDEN_VM_ACCEL", "tcg,tb-size=512")
# What emulates fastest: wide registers cost more than they bring.
CPU = "Nehalem,+rdrand"
# On an idle machine a boot takes 20 to 30 s; others may be busy.
PATIENCE = 400
CUT_PORT = 0x501
# AppArmor's profiles take seconds of every boot and nothing here depends on them. On a busy machine
# an emulated timer may come too late for the kernel's test of it, which then panics.
APPEND = "root=/dev/vda ro console=ttyS0 quiet mitigations=off random.trust_cpu=on apparmor=0 selinux=0 no_timer_check"


class Died(Exception):
    """The machine went away, or rebooted, under a command."""


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __str__(self):
        return f"exit status {self.status}\nstandard error:\n{self.err[:4000]}\nstandard output:\n{self.out[:4000]}"


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def image(cache):
    """The folder of the image; leaves the program as a skipped test where there can be none."""
    p = subprocess.run(["sh", os.path.join(HERE, "image.sh"), cache], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True)
    if p.returncode == 77:
        print("1..0 # SKIP", p.stderr.strip().split("\n")[-1])
        sys.exit(77)
    if p.returncode:
        sys.exit(f"image.sh: {p.stderr}")
    return p.stdout.strip()


class Machine:
    def __init__(self, cache, folder):
        self.folder, self.qemu, self.sock, self.pending, self.count = folder, None, None, b"", 0
        self.image = image(cache)
        self.lock = open(os.path.join(cache, "vm.lock"), "w", encoding="ascii")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.disk = os.path.join(folder, "disk.qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b",
                        os.path.join(self.image, "disk.raw"), self.disk], check=True)

    def console(self):
        with open(os.path.join(self.folder, "console.log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    # power

    def boot(self, append=""):
        """Switches on, with more words for the kernel, and waits until systemd is done starting."""
        self.sock, port = socket.socketpair()
        self.pending = b""
        self.qemu = subprocess.Popen([
            "qemu-system-x86_64", "-machine", "q35,usb=off", "-accel", ACCEL, "-cpu", CPU,
            "-smp", "2", "-m", "1536", "-nodefaults", "-no-user-config", "-display", "none",
            "-kernel", os.path.join(self.image, "vmlinuz"), "-initrd", os.path.join(self.image, "initrd"),
            "-append", f"{APPEND} {append}",
            "-chardev", f"file,id=console,path={self.folder}/console.log,append=on", "-serial", "chardev:console",
            "-drive", f"file={self.disk},if=virtio,cache=writeback",
            "-device", "virtio-serial", "-chardev", f"socket,id=agent,fd={port.fileno()}",
            "-device", "virtserialport,chardev=agent,name=commands",
            "-nic", "none",
            "-device", f"isa-debug-exit,iobase={CUT_PORT:#x},iosize=1",
        ], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=end_with_parent,
            pass_fds=[port.fileno()])
        port.close()
        self.wait_for_boot()

    def wait_for_boot(self):
        until = time.monotonic() + PATIENCE
        while not self.line(until).startswith(b"boot "):
            pass
        self.run("systemctl is-system-running --wait", timeout=PATIENCE)

    def gone(self):
        """QEMU has ended; forgets it."""
        self.sock.close()
        self.qemu.wait(60)
        self.qemu = None

    def cut(self):
        if self.qemu:
            self.qemu.kill()
            self.gone()

    def reboot(self):
        try:
            self.run("systemctl reboot; sleep 120")
        except Died as e:
            if e.args[0] != "rebooted":
                raise
            self.run("systemctl is-system-running --wait", timeout=PATIENCE)
            return
        self.wait_for_boot()

    # commands

    def more(self, until):
        self.sock.settimeout(max(0.1, until - time.monotonic()))
        try:
            data = self.sock.recv(1 << 16)
        except socket.timeout:
            raise Died("no answer; the console said:\n" + self.console()[-3000:]) from None
        except OSError:
            data = b""
        if not data:
            raise Died("power")
        self.pending += data

    def line(self, until):
        while b"\n" not in self.pending:
            self.more(until)
        line, self.pending = self.pending.split(b"\n", 1)
        return line

    def bytes(self, count, until):
        while len(self.pending) < count:
            self.more(until)
        data, self.pending = self.pending[:count], self.pending[count:]
        return data.decode("utf-8", "replace")

    def run(self, script, stdin=b"", timeout=300):
        """Runs a bash script as root. Exit status 124: it took longer than timeout seconds."""
        self.count += 1
        data, until = script.encode(), time.monotonic() + timeout + 60
        head = f"\nrun {self.count} {timeout} {len(data)} {len(stdin)}\n".encode()
        self.sock.settimeout(timeout)
        try:
            self.sock.sendall(head + data + stdin)
        except OSError:
            raise Died("power") from None
        while True:
            words = self.line(until).split()
            if words[:1] == [b"boot"]:
                raise Died("rebooted")
            if words[:2] == [b"done", str(self.count).encode()]:
                out = self.bytes(int(words[3]), until)
                return Result(int(words[2]), out, self.bytes(int(words[4]), until))

    def must(self, script, stdin=b"", timeout=300):
        """run, for what is no case of a test; returns standard output."""
        r = self.run(script, stdin, timeout)
        if r.status:
            raise AssertionError(f"{script}\n{r}")
        return r.out

    def put(self, text, path, mode="644"):
        data = text if isinstance(text, bytes) else text.encode()
        self.must(f"mkdir -p $(dirname {path}) && cat >{path} && chmod {mode} {path}", data)
