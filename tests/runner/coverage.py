#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# coverage.py TOP_SRCDIR TOP_BUILDDIR [--least PERCENT] [--unreached FOLDER]
# Adds up what gcov counted in a build with --enable-coverage: lines of harden/ and backup/, by folder
# and together. Exit status 1 below PERCENT. --unreached lists every line of FOLDER that no
# test ran and every branch that no test took, as FILE:LINE: TEXT.
# --except FILE: with --unreached, only what concerns errors (a line that no test ran, a branch of a
# line that speaks of an error) and is not in FILE; exit status 1 if there is any, or if FILE names
# what is reached or gone. FILE has lines of SOURCE, TEXT of the line and the reason, with tabs between;
# SOURCE and TEXT may be patterns as a shell's, for what has one reason in many places; what is reached
# in some runs only has a reason that begins with "At times".
import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
from collections import defaultdict


def gcov(objects, build):
    """The records of gcov's JSON, one per source file and object."""
    command = ["gcov", "--json-format", "--stdout", "--branch-probabilities"] + objects
    done = subprocess.run(command, cwd=build, capture_output=True, text=True)
    if "stamp mismatch" in done.stderr:
        sys.exit("coverage: counts of an older build: remove the .gcda files, run make check again")
    if done.returncode:
        sys.exit("coverage: gcov failed: " + done.stderr[-500:])
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            yield from json.loads(line)["files"]


def notes(build):
    """What the compiler left beside every object, run or not: a file no test links counts too."""
    for folder in ("harden", "backup"):
        for here, _, names in os.walk(os.path.join(build, folder)):
            yield from (os.path.join(here, name) for name in names if name.endswith(".gcno"))


def count(source, build):
    """{file: {line: executions}}, {file: {line: [executions of each branch]}}"""
    lines = defaultdict(lambda: defaultdict(int))
    branches = defaultdict(lambda: defaultdict(list))
    for record in gcov(sorted(notes(build)), build):
        path = os.path.realpath(os.path.join(build, record["file"]))
        name = os.path.relpath(path, source)
        if not name.startswith(("harden/", "backup/")):
            continue
        for line in record["lines"]:
            number = line["line_number"]
            lines[name][number] += line["count"]
            if line["branches"]:
                branches[name][number] = [branch["count"] for branch in line["branches"]]
    return lines, branches


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def report(lines, least):
    folders = defaultdict(lambda: [0, 0])
    for name, counts in lines.items():
        for key in (os.path.dirname(name), "all"):
            folders[key][0] += sum(1 for executions in counts.values() if executions)
            folders[key][1] += len(counts)
    for key in sorted(folders, key=lambda key: (key == "all", key)):
        ran, total = folders[key]
        print(f"coverage: {key:18} {percent(ran, total):5.1f} % of {total} lines")
    ran, total = folders["all"]
    if not total:
        sys.exit("coverage: nothing was counted: configure with --enable-coverage, run make check")
    if percent(ran, total) < least:
        sys.exit(f"coverage: {least} % of the lines are wanted")


def unreached(source, lines, branches, folder):
    """(file, line number, what was not reached, text of the line)"""
    for name in sorted(lines):
        if not name.startswith(folder.rstrip("/") + "/"):
            continue
        with open(os.path.join(source, name), encoding="utf-8") as file:
            text = file.read().splitlines()
        for number, executions in sorted(lines[name].items()):
            never = [i for i, taken in enumerate(branches[name].get(number, [])) if not taken]
            if not executions or never:
                what = f"branch {never}" if executions else "line"
                yield name, number, what, text[number - 1].strip()


# What the compiler makes of a declaration with a cleanup is no branch of ours.
ERROR = re.compile(r"\berr\b|\berror_|< 0|\b-1\b")
CLEANUP = re.compile(r"^AUTO(_PTR|_FREE|_CLOSE)?\b")


def is_like(text, pattern):
    return text == pattern or ("*" in pattern and fnmatch.fnmatchcase(text, pattern))


def check_exceptions(found, path):
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip() and line[0] != "#"]
    bad = [row for row in rows if len(row) != 3 or not all(row)]
    if bad:
        sys.exit(f"coverage: {path}: a line is SOURCE, TEXT, REASON with tabs between: {bad[0]}")
    used = [0] * len(rows)

    def excepted(name, text):
        hits = [i for i, row in enumerate(rows) if is_like(name, row[0]) and is_like(text, row[1])]
        for i in hits:
            used[i] += 1
        return hits

    wanted = [f for f in found if not CLEANUP.search(f[3]) and (f[2] == "line" or ERROR.search(f[3]))]
    missing = [f for f in wanted if not excepted(f[0], f[3])]
    for name, number, what, text in missing:
        print(f"coverage: {name}:{number}: {what} not reached: {text}")
    stale = [row for row, times in zip(rows, used) if not times and not row[2].startswith("At times")]
    for name, text, _ in stale:
        print(f"coverage: {path}: reached or gone, take it out: {name}: {text}")
    print(f"coverage: errors of {len(wanted) - len(missing)} lines are not reached for a reason, "
          f"{len(missing)} without one")
    if missing or stale:
        sys.exit(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("build")
    parser.add_argument("--least", type=float, default=0)
    parser.add_argument("--unreached")
    parser.add_argument("--except", dest="exceptions")
    given = parser.parse_args()
    source = os.path.realpath(given.source)
    lines, branches = count(source, os.path.realpath(given.build))
    if given.least or not given.unreached:
        report(lines, given.least)
    if given.unreached:
        found = list(unreached(source, lines, branches, given.unreached))
        if given.exceptions:
            check_exceptions(found, given.exceptions)
        else:
            for name, number, what, text in found:
                print(f"{name}:{number}: {what} not reached: {text}")


if __name__ == "__main__":
    main()
