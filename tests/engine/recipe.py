#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A recipe of a user's own: its expressions may use the shipped definitions, lint reads them, and one that
does not end costs itself alone."""
import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cli"), os.path.join(HERE, "..", "lib")]
import audit as recordings  # noqa: E402
from audit import DATA, DIRECTORY, ENVIRONMENT, SOCKET  # noqa: E402
from engine_server import Server, recorded  # noqa: E402
from hosttree import TOP, Cases, expect, harden, same  # noqa: E402

case = Cases()
RECIPE = os.path.join(DIRECTORY, "mine.yaml")
HEAD = "benchmark: mine\nversion: 1.0\ntitle: Ours\ncontrols:\n"
CONTROL = """\
  - id: %s
    key: mine.k%s
    title: Something of ours
    level: 1
    type: automated
    why: It matters.
    impact: None.
    remedy: Mend it.
    ensure:
      - engine:
"""


# a process begins with the greatest size of the one that made it, so a small one makes it
MEASURE = """\
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def write(*entries):
    """A recipe of one control for each entry, which is the lines below engine."""
    with open(RECIPE, "w") as f:
        f.write(HEAD)
        for number, entry in enumerate(entries, 1):
            f.write(CONTROL % (number, number) + "".join("          %s\n" % line for line in entry.split("\n")))
    os.chmod(RECIPE, 0o644)


def audit(within=60):
    begin = time.monotonic()
    with Server(SOCKET, recorded(DATA)) as s:
        r = harden("audit", "--recipe", RECIPE, "--format", "json", "--engine", s.url, env=ENVIRONMENT)
    expect(r.code in (0, 1, 2) and r.out, r)
    expect(time.monotonic() - begin < within, "took", time.monotonic() - begin, "s")
    return {c["id"]: c for c in json.loads(r.out)["controls"]}


def definitions():
    """Names and numbers of parameters in the shipped library."""
    with open(os.path.join(TOP, "templates", "engine.jq")) as f:
        return [(name, len([p for p in (parameters or "()")[1:-1].split(";") if p]))
                for name, parameters in re.findall(r"^def ([a-z_]+)(\([^)]*\))?:", f.read(), re.M)]


@case("every shipped definition may be used, in every place of an entry")
def _(_):
    found = definitions()
    expect(len(found) > 30, found)
    calls = [name + ("(%s)" % "; ".join(['"x"'] * n) if n else "") for name, n in found]
    write("each: container\nselect: 'is_running or (is_running | not)'\nwhen: 'in_swarm | not'\n"
          "violation: 'select(.HostConfig.Privileged) | \"may do \\(capabilities | join(\" \"))\"'\nevidence: '[published]'",
          "gather: {container: '{name: name, mode: (.HostConfig.PidMode // \"\"), id: .Id}'}\nviolation: '.container | host_namespace(\"processes\")'",
          "each: container\nviolation: 'if false then (%s) else empty end'" % ", ".join(calls).replace("'", "''"),
          "each: image\nalso: history\nviolation: '[instructions | select(.word == \"ADD\")] | select(length > 0) | \"adds\"'")
    r = harden("lint", RECIPE)
    same(r.code, 0, r)
    got = audit()
    expect("may do ALL" in json.dumps(got["1"]["findings"]), got["1"])
    same({f["resource"] for f in got["2"]["findings"]}, {"container rt-bad", "container rt-pidhost"})
    same(got["3"]["status"], "pass", got["3"])
    expect(got["4"]["status"] == "fail", got["4"])


@case("lint finds each mistake in an expression, by line and column")
def _(_):
    write("each: container\nviolation: 'select(.a) | is_runing'", "each: container\nviolation: |\n  .a\n  | capabilties\n  | $nobody",
          "each: container\nreview: 'select((.a)'", "gather: {container: 'naem', image: .Id}\nviolation: 'empty'",
          "each: container\nviolation: 'has_word'", "each: container\nviolation: 'import \"x\" as x; .'",
          "each: container\nviolation: 'empty'\nevidence: '.a as [$b] | $c'")
    r = harden("lint", RECIPE)
    same(r.code, 1, r)
    with open(RECIPE) as f:
        lines = f.read().split("\n")
    places = re.findall(r"mine\.yaml:(\d+):(\d+): (.*)", r.out + r.err)
    for wanted in ("is_runing/0 is not defined", "capabilties/0 is not defined", "$nobody is not defined", "syntax error",
                   "naem/0 is not defined", "has_word/0 is not defined", "$c is not defined"):
        at = [(int(line), int(column)) for line, column, text in places if wanted in text]
        expect(at, wanted, "in", r.out, r.err)
        word = wanted.split("/")[0].split(" ")[0]
        expect(wanted == "syntax error" or lines[at[0][0] - 1][at[0][1] - 1:].startswith(word), wanted, at, lines[at[0][0] - 1])
    with Server(SOCKET, recorded(DATA)) as s:
        r = harden("audit", "--recipe", RECIPE, "--engine", s.url, env=ENVIRONMENT)
        same(r.code, 1, r)
        expect(re.search(r"mine\.yaml:\d+:\d+: ", r.err), r)


@case("an expression that does not end is an error after ten seconds, and costs the others nothing")
def _(_):
    write("each: container\nviolation: 'select(.HostConfig.Privileged) | \"privileged\"'",
          "each: container\nviolation: 'last(range(1e15)) | \"x\"'", "each: image\nviolation: 'def f: f; f'",
          "each: info\nviolation: 'empty'")
    begin = time.monotonic()
    got = audit(within=100)
    expect(time.monotonic() - begin > 10, "not tried for ten seconds")
    same({i: c["status"] for i, c in got.items()}, {"1": "fail", "2": "error", "3": "error", "4": "pass"})
    for number in ("2", "3"):
        expect("more than 10 seconds" in json.dumps(got[number]["evidence"]), got[number])


@case("an expression sees neither files nor the environment, and a million results are no harm")
def _(_):
    write("each: info\nviolation: '\"[\\($ENV | length)][\\(env | length)]\"'", "each: info\nviolation: 'range(1e6) | \"x\"'",
          "each: info\nviolation: 'input'", "each: info\nviolation: '\"a\" * 1e3 | [., .] | tostring'")
    got = audit(within=60)
    expect("[0][0]" in json.dumps(got["1"]["findings"]), got["1"])
    same((got["2"]["status"], len(got["2"]["findings"])), ("fail", 1000))
    same(got["3"]["status"], "error", got["3"])
    same(got["4"]["status"], "fail")


@case("memory is that of a few objects and of what is reported, however many there are")
def _(_):
    if b"__asan_init" in open(os.environ["HARDEN"], "rb").read():
        return  # its allocator keeps what was freed
    used = []
    write(*["each: container\nviolation: 'select(.HostConfig.PidsLimit == -77) | \"%d\"'\nevidence: '.HostConfig.Privileged'" % n for n in range(9)])
    for copies in (12, 120):
        with Server(SOCKET, recorded(DATA, copies)) as s:
            out = os.path.join(DIRECTORY, "memory")
            p = subprocess.run([sys.executable, "-I", "-S", "-c", MEASURE, os.environ["HARDEN"], "audit", "--recipe", RECIPE, "--format", "json",
                                "--engine", s.url, "--output", out], env=ENVIRONMENT, stdout=subprocess.PIPE, check=True)
            used.append(int(p.stdout))
            expect(len(s.requests) > 17 * copies, len(s.requests))
    expect(used[1] < used[0] * 1.25, "kB of memory for 204 and 2040 containers:", used)


if __name__ == "__main__":
    try:
        code = case.main()
    finally:
        shutil.rmtree(recordings.DIRECTORY, ignore_errors=True)
    sys.exit(code)
