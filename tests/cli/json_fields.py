#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON documents field by field, as the contract names them: every field there, of its type."""
import hashlib
import re

from hosttree import Cases, apply, base_host, expect, harden, same

case = Cases()
S, N, B, ANY = str, int, bool, object
STATUSES = ["pass", "fail", "manual", "not_applicable", "waived", "attested", "error"]
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
SHA256 = re.compile(r"[0-9a-f]{64}$")


class Or:
    """One of several shapes; None stands for null."""

    def __init__(self, *shapes):
        self.shapes = shapes


HEAD = {"schema": S, "tool": {"name": S, "version": S}, "benchmark": {"id": S, "version": S}, "host": dict,
        "started": RFC3339, "elapsed_ms": N, "recipe_sha256": SHA256}
SIDE = {"owner": S, "group": S, "mode": re.compile(r"[0-7]{4}$"), "sha256": Or(None, SHA256)}
AUDIT = dict(HEAD, summary={s: N for s in STATUSES}, not_selected=[S], controls=[{
    "id": re.compile(r"[0-9.]+$"), "key": S, "title": S, "section": S, "level": N,
    "type": re.compile("automated$|manual$"), "status": re.compile("|".join(s + "$" for s in STATUSES)),
    "scope": re.compile(r"written(\+running)?$"), "fixable": B, "remedy": Or(None, S),
    "waiver": Or(None, dict), "notes": [S], "evidence": [{"source": S, "value": ANY}],
    "findings": [{"resource": S, "part": re.compile("written$|running$|loaded$"), "message": S,
                  "expected": ANY, "actual": ANY}]}])
PLAN = dict(HEAD, summary={k: N for k in ("changes", "files", "actions", "needs_consent", "blocked", "manual")},
            changes=[{"controls": [S], "resource": re.compile("/"), "diff": S, "before": Or(None, SIDE),
                      "kind": re.compile("(file|directory|link|socket|container|service|swarm)$"),
                      "action": re.compile("(create|modify|metadata|delete|update)$"),
                      "after": Or(None, SIDE), "impact": [S], "consent": B}],
            blocked=[{"controls": [S], "resource": S, "reason": S, "next": S}],
            services=[{"unit": S, "action": re.compile("(daemon-reload|load-rules|reload|restart)$"), "because": [S]}])
APPLY = dict(PLAN, run=Or(None, S), result=re.compile("(applied|nothing|undone|incomplete)$"), pending=[S])
ERROR = {"schema": S, "code": S, "message": S, "resource": Or(None, S), "next": S}


def fits(value, shape, where="document"):
    """Raises unless value has the shape: a type, a regular expression, a list of one shape, a dict."""
    if shape is ANY:
        return
    if shape is None:
        expect(value is None, where, "is not null:", value)
    elif isinstance(shape, Or):
        problems = []
        for one in shape.shapes:
            try:
                return fits(value, one, where)
            except AssertionError as e:
                problems.append(str(e))
        raise AssertionError("; ".join(problems))
    elif isinstance(shape, re.Pattern):
        expect(isinstance(value, str) and shape.match(value), where, "is not as expected:", repr(value))
    elif isinstance(shape, list):
        expect(isinstance(value, list), where, "is no list:", repr(value))
        for i, item in enumerate(value):
            fits(item, shape[0], "%s[%d]" % (where, i))
    elif isinstance(shape, dict):
        expect(isinstance(value, dict), where, "is no object:", repr(value))
        for key, inner in shape.items():
            expect(key in value, where, "lacks", key, "has", list(value))
            fits(value[key], inner, where + "." + key)
    else:
        expect(isinstance(value, shape) and not (shape is N and isinstance(value, bool)),
               where, "is not of type", shape.__name__ + ":", repr(value))


DAEMON_JSON = '{\n  "log-level": "debug", "insecure-registries": ["r:5000"],\n  "log-opts": {"splunk-token": "s3cr3t-t0ken"}\n}\n'


def host(t):
    base_host(t, daemon_json=DAEMON_JSON, members="alice")
    t.own("etc/docker/daemon.json", 0o666, 1000, 1000)


def document(t, verb, *words):
    return harden(verb, "--root", t.root, "--format", "json", *words)


@case("audit: every field")
def _(t):
    host(t)
    doc = document(t, "audit").json
    fits(doc, AUDIT)
    same(doc["schema"], "harden.audit/1")
    same(doc["tool"]["name"], "harden")
    same(doc["benchmark"], {"id": "cis-docker", "version": "1.6.0"})
    same(len(doc["controls"]), 62)
    for s in STATUSES:
        same(doc["summary"][s], sum(c["status"] == s for c in doc["controls"]), s)
    for c in doc["controls"]:
        expect(c["evidence"], c["id"], "has no evidence")
        expect(c["status"] != "fail" or c["findings"], c["id"], "fails without a finding")
        expect(c["status"] != "pass" or not c["findings"], c["id"], "passes with a finding:", c["findings"])
        same(c["scope"], "written", c["id"])
        same(c["level"] in (1, 2), True)
        expect(not (c["fixable"] and c["remedy"] is None), c["id"], "can be mended but has no remedy")


@case("audit: ids are texts in benchmark order")
def _(t):
    host(t)
    ids = [c["id"] for c in document(t, "audit").json["controls"]]
    same(ids, sorted(ids, key=lambda i: [int(p) for p in i.split(".")]))


@case("plan: every field, and the summary counts what is there")
def _(t):
    host(t)
    doc = document(t, "plan").json
    fits(doc, PLAN)
    same(doc["schema"], "harden.plan/1")
    made = [c for c in doc["changes"] if not c["consent"]]
    same(doc["summary"]["changes"], len(made))
    same(doc["summary"]["files"], sum(c["kind"] == "file" for c in made))
    same(doc["summary"]["blocked"], len(doc["blocked"]))
    same(doc["summary"]["actions"], len(doc["services"]))
    json_change = [c for c in made if c["resource"] == "/etc/docker/daemon.json"]
    same(len(json_change), 1, "changes of daemon.json")
    c = json_change[0]
    same((c["kind"], c["action"]), ("file", "modify"))
    expect({"2.2", "2.3", "2.14", "3.17", "3.18"} <= set(c["controls"]), c["controls"])
    same((c["before"]["mode"], c["before"]["owner"]), ("0666", "alice"))
    same((c["after"]["mode"], c["after"]["owner"], c["after"]["group"]), ("0644", "root", "root"))
    same(c["before"]["sha256"], hashlib.sha256(DAEMON_JSON.encode()).hexdigest())
    expect("\n-" in c["diff"] and "\n+" in c["diff"] and "@@" in c["diff"], c["diff"])
    expect(c["impact"], "no impact is named")
    rules = [c for c in made if c["resource"].endswith("/50-harden-docker.rules")][0]
    same((rules["action"], rules["before"], rules["after"]["mode"]), ("create", None, "0640"))


@case("plan: the digest promised is the digest written, owner and mode too")
def _(t):
    host(t)
    promised = {c["resource"]: c["after"] for c in document(t, "plan").json["changes"] if not c["consent"]}
    apply(t)
    for path, after in promised.items():
        same("%04o" % t.mode(path), after["mode"], path)
        if after["sha256"]:
            same(hashlib.sha256(t.read(path)).hexdigest(), after["sha256"], path)


@case("apply: a plan document with run, result and pending")
def _(t):
    host(t)
    planned = document(t, "plan").json
    doc = apply(t)
    fits(doc, APPLY)
    same(doc["result"], "applied")
    for key in ("changes", "blocked", "summary", "recipe_sha256"):
        same(doc[key], planned[key], key)
    again = apply(t)
    fits(again, APPLY)
    same((again["result"], again["run"], [c for c in again["changes"] if not c["consent"]]), ("nothing", None, []))


@case("plan: the same host gives the same bytes, times aside")
def _(t):
    host(t)

    def steady(text):
        return re.sub(r'"(started|elapsed_ms)": [^,]*', "", text)

    first = document(t, "plan").out
    same(steady(document(t, "plan").out), steady(first))
    same(harden("plan", "--root", t.root).out, harden("plan", "--root", t.root).out)


@case("error: every field, for bad input of the host, of ours and of the caller")
def _(t):
    host(t)
    r = document(t, "plan", "--level", "9")
    fits(r.json, ERROR)
    t.file("etc/docker/daemon.json", '{\n  "icc": false,\n}\n')
    r = document(t, "plan")
    same(r.code, 1)
    fits(r.json, ERROR)
    same(r.json["schema"], "harden.error/1")
    same(r.json["code"], "format")
    same(r.json["resource"], "/etc/docker/daemon.json")
    expect(r.json["next"], "no next step")
    expect("/etc/docker/daemon.json:" in r.json["message"], r.json)
    t.file("etc/harden/harden.yaml", "levl: 1\n")
    r = document(t, "audit")
    fits(r.json, ERROR)
    same((r.code, r.json["code"]), (1, "recipe"))


@case("secrets are masked in every output")
def _(t):
    host(t)
    t.file("etc/docker/daemon.json", '{"proxies": {"http-proxy": "http://joe:s3cr3t-t0ken@proxy:3128"},\n'
           ' "log-driver": "splunk", "log-level": "debug",\n "log-opts": {"splunk-token": "s3cr3t-t0ken", "splunk-url": "https://splunk:8088"}}\n')
    for verb in ("plan", "audit", "facts"):
        for form in ("text", "json"):
            r = harden(verb, "--root", t.root, "--format", form)
            expect("s3cr3t-t0ken" not in r.out + r.err, verb, form, "shows a secret")
    r = harden("explain", "2.13", "2.3", "--root", t.root)
    expect("s3cr3t-t0ken" not in r.out + r.err, "explain shows a secret")
    r = harden("apply", "--root", t.root, "--yes")
    same(r.code, 0, r)
    expect("s3cr3t-t0ken" not in r.out + r.err, "apply shows a secret")
    expect("s3cr3t-t0ken" in t.text("etc/docker/daemon.json"), "the secret was masked on disk")
    r = harden("rollback", "--dry-run", "--root", t.root)
    expect("s3cr3t-t0ken" not in r.out + r.err, "rollback shows a secret")


raise SystemExit(case.main())
