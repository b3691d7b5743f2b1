#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether "/" is the machine's: yes, no, or not to be told, and what a plan lists for it."""
import os
import shutil
import subprocess
import sys

import hosttree as h
from hosttree import Cases, expect, same

case = Cases()
# what is not the number of the first pid namespace is a container's (linux/proc_ns.h)
IN_CONTAINER = os.stat("/proc/self/ns/pid").st_ino != 0xEFFFFFFC
RECIPE = """\
benchmark: live
version: "1"
controls:
  - id: "1"
    title: A key that nobody has set
    ensure:
      - daemon: {key: shutdown-timeout, equals: 177}
"""


def document(tree, prefix, *words):
    """A plan of this machine, by a program and a recipe that everybody may read; it changes nothing."""
    os.chmod(os.path.dirname(tree.root), 0o755)
    tree.file("harden", "", 0o755)
    tree.file("recipe.yaml", RECIPE)
    shutil.copy(h.HARDEN, tree.at("harden"))
    p = subprocess.run(list(prefix) + [tree.at("harden"), "plan", "--engine", "none", "--format", "json", "--recipe",
                                       tree.at("recipe.yaml"), *words],
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/")
    return h.Result(p.returncode, p.stdout, p.stderr, list(prefix))


def services(r):
    return [s["action"] for s in r.json["services"]]


@case("a namespace of its own is not the machine: no service action is listed")
def _(tree):
    r = document(tree, ["unshare", "--mount", "--pid", "--fork", "--mount-proc"])
    same((r.json["host"]["live"], services(r)), (False, []), r)
    expect(r.json["changes"], r)


@case("the same with --live: it is")
def _(tree):
    r = document(tree, ["unshare", "--mount", "--pid", "--fork", "--mount-proc"], "--live")
    same((r.json["host"]["live"], services(r)), (True, ["reload"]), r)


def is_machine():
    try:
        return not IN_CONTAINER and os.stat("/proc/1/ns/mnt").st_ino == os.stat("/proc/self/ns/mnt").st_ino
    except PermissionError:  # root with fewer capabilities than PID 1: a container of another kind
        return False


@case("the machine's own root is, unless this is a container")
def _(tree):
    r = document(tree, [])
    if is_machine():
        same((r.json["host"]["live"], services(r)), (True, ["reload"]), r)
    else:
        same((r.json["host"]["live"], services(r)), (False, []), r)


@case("a user who cannot tell is shown what root's apply would do")
def _(tree):
    r = document(tree, ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    same((r.json["host"]["live"], services(r)), (False, [] if IN_CONTAINER else ["reload"]), r)


sys.exit(case.main())
