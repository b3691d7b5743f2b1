#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live remedies against an engine that plays: consent, conflicts, what is ignored, undo, and a kill at every request."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("host", "lib"):
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), folder))
import dockerd as d  # noqa: E402
from dockerd import h  # noqa: E402
from engine_server import Answer, Server, containers, error  # noqa: E402

# the folder of the case; from outside, where cases are only chosen, nothing is written
WORK, FILE = os.path.join(os.environ.get(d.INSIDE, ""), "work"), "/etc/harden-test"
RECIPE = WORK + "/recipe.yaml"
RECIPE_TEXT = """\
benchmark: updates
version: 1.0
vars:
  pids: {type: integer, default: 100, help: processes}
controls:
  - id: 1
    ensure:
      - file: {path: %s, mode-at-most: 0600}
  - id: 2
    title: Containers have a limit of processes
    impact: A container that needs more fails.
    ensure:
      - engine:
          each: container
          violation: 'select((.HostConfig.PidsLimit // 0) <= 0) | "has no limit of processes"'
          fix: {container-update: {PidsLimit: "${pids}"}}
  - id: 3
    ensure:
      - engine:
          each: container
          violation: 'select((.HostConfig.Memory // 0) <= 0) | "has no memory limit"'
          fix: {container-update: {Memory: 8388608, MemorySwap: 8388608}}
  - id: 4
    ensure:
      - engine:
          each: service
          when: in_swarm
          violation: 'select(.Spec.TaskTemplate.RestartPolicy.Condition != "on-failure") | "is restarted without end"'
          fix: {service-update: {RestartPolicy: {Condition: on-failure, MaxAttempts: 5}}}
  - id: 5
    ensure:
      - engine:
          each: swarm
          when: in_swarm
          violation: 'select(.Spec.EncryptionConfig.AutoLockManagers != true) | "is not locked"'
          fix: {swarm-update: {EncryptionConfig: {AutoLockManagers: true}, CAConfig: {NodeCertExpiry: 48h}}}
""" % FILE
UNLIMITED = 9223372036854771712


class Engine:
    """Objects that are changed as dockerd 20.10 changes them. before and after are called with each request:
    before it has an effect, and before its answer goes out; what they return is the answer."""

    def __init__(self, *names):
        self.id, self.ignored, self.stats = "AAAA:BBBB", (), {}
        self.boxes = {n: {"Id": "%064x" % (i + 1), "Name": "/" + n, "Image": "sha256:1", "Config": {"Image": "x", "Labels": {}},
                          "State": {"Running": True, "Status": "running", "Pid": 0},
                          "HostConfig": {"Memory": 0, "MemorySwap": 0, "PidsLimit": None, "CpuShares": 7,
                                         "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}}}
                      for i, n in enumerate(names)}
        self.swarm = self.service = None
        self.requests, self.bodies = [], []
        self.before = self.after = lambda request: None

    def with_swarm(self):
        self.swarm = {"ID": "swarm1", "Version": {"Index": 10}, "Spec": {
            "Name": "default", "Raft": {"ElectionTick": 10}, "CAConfig": {"NodeCertExpiry": 7776000000000000},
            "EncryptionConfig": {"AutoLockManagers": False}, "Unknown": {"Number": 9007199254740993}}}
        self.service = {"ID": "service1", "Version": {"Index": 21}, "Spec": {
            "Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "x"}, "RestartPolicy": {"Condition": "any", "Delay": 5000000000}},
            "Mode": {"Replicated": {"Replicas": 2}}}}
        return self

    def limits(self):
        return {n: {k: b["HostConfig"][k] for k in ("Memory", "MemorySwap", "PidsLimit")} for n, b in self.boxes.items()}

    def routes(self):
        routes = containers(list(self.boxes.values()))
        state = {"LocalNodeState": "active", "ControlAvailable": True} if self.swarm else {"LocalNodeState": "inactive"}
        routes["/info"] = {"ID": self.id, "Swarm": state, "NCPU": 2, "DockerRootDir": "/var/lib/docker"}
        routes["/images/json"] = []
        routes.update(("/containers/%s/stats?stream=false&one-shot=1" % i, s) for i, s in self.stats.items())
        if self.swarm:
            routes.update({"/swarm": self.swarm, "/services": [self.service], "/services/service1": self.service})
        return routes

    def get(self, target):
        return self.one("GET " + target, lambda: self.routes().get(target))

    def one(self, request, effect):
        self.requests.append(request)
        answer = self.before(request)
        if answer is None:
            answer = effect()
        changed = self.after(request)
        return changed if changed is not None else answer

    def change(self, method, target, body):
        self.bodies.append((target, json.loads(body) if body else None))
        return self.one(method + " " + target, lambda: self.effect(target, json.loads(body)))

    def effect(self, target, body):
        box = next((b for b in self.boxes.values() if target == "/containers/%s/update" % b["Id"]), None)
        if box:
            for key, value in body.items():
                if value is not None and key not in self.ignored:
                    box["HostConfig"][key] = value
            return {"Warnings": []}
        for path, spec in (("/swarm/update", self.swarm), ("/services/service1/update", self.service)):
            if self.swarm and target.startswith(path + "?version="):
                if int(target.split("=")[1]) != spec["Version"]["Index"]:
                    return error(500, "rpc error: code = Unknown desc = update out of sequence")
                spec["Version"]["Index"] += 1
                spec["Spec"] = body
                return {}
        return error(404, "No such object")

    def serve(self, path=d.SOCK):
        server = Server(path, {})
        server.routes, server.change = Routes(self), self.change
        return server


class Routes(dict):
    def __init__(self, engine):
        super().__init__()
        self.engine = engine

    def get(self, target):
        return self.engine.get(target)


def run(verb, *words, kill=None, code=None):
    """kill: called with the process as soon as it runs. code: what it must exit with."""
    command = [h.HARDEN, verb] + (["--live"] if verb != "history" else []) + list(words)
    if verb in ("plan", "apply", "audit"):
        command += ["--recipe", RECIPE, "--set", "pids=100"]
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"]})
    if kill:
        kill(p)
    out, err = (o.decode("utf-8", "replace") for o in p.communicate(timeout=120))
    r = h.Result(p.returncode, out, err, command)
    h.expect(p.returncode in (0, 1, 2, 3, 64, -9), r)
    if code is not None:
        h.same(r.code, code, r)
    return r


def apply(*words, accept="2345", **how):
    return run("apply", "--yes", *[w for a in accept for w in ("--accept", a)], *words, **how)


def mode():
    return os.stat(FILE).st_mode & 0o777


def states():
    return [r["state"] for r in json.loads(run("history", "--format", "json", code=0).out)["runs"]]


DONE = {"Memory": 8388608, "MemorySwap": 8388608, "PidsLimit": 100}
BARE = {"Memory": 0, "MemorySwap": 0, "PidsLimit": None}
BACK = {"Memory": UNLIMITED, "MemorySwap": UNLIMITED, "PidsLimit": 0}


class Cases(d.Cases):
    """In the namespaces of a daemon's cases, but without a daemon."""

    def __call__(self, name, slow=False):
        def remember(function):
            def fresh(_tree):
                reset()
                function()
            self.inner.add(name, fresh)
            return function
        return remember


def reset():
    shutil.rmtree("/var/lib/harden/runs", ignore_errors=True)
    shutil.rmtree("/var/lib/harden/store", ignore_errors=True)
    d.write(RECIPE, RECIPE_TEXT)
    d.write(FILE, "x\n", 0o644)


case = Cases()


@case("nothing is asked for without consent, and the plan shows what would be")
def _():
    e = Engine("web")
    with e.serve():
        r = run("plan", "--format", "json", code=2)
        plan = json.loads(r.out)
        one = next(c for c in plan["changes"] if c["controls"] == ["2"])
        h.same({k: one[k] for k in ("resource", "kind", "action", "consent", "diff", "before", "after", "impact")},
               {"resource": "container web", "kind": "container", "action": "update", "consent": True,
                "diff": "-HostConfig.PidsLimit: null\n+HostConfig.PidsLimit: 100\n",
                "before": {"HostConfig.PidsLimit": None}, "after": {"HostConfig.PidsLimit": 100},
                "impact": ["A container that needs more fails."]})
        h.same((plan["summary"]["changes"], plan["summary"]["needs_consent"]), (1, 2))
        run("apply", "--yes", code=0)
        h.same((e.limits()["web"], mode(), e.bodies), (BARE, 0o600, []))
        r = json.loads(run("audit", "--format", "json", code=2).out)["controls"]
        h.same([c["remedy"] for c in r if c["id"] == "2"], ["harden apply --only 2 --accept 2"])


@case("several controls are one request; a second apply asks for nothing; rollback says what does not come back")
def _():
    e = Engine("db", "web")
    with e.serve():
        r = apply("--format", "json", code=0)
        h.same(json.loads(r.out)["result"], "applied")
        h.same(e.limits(), {"db": DONE, "web": DONE})
        h.same(e.bodies, [("/containers/%064x/update" % n, {"Memory": 8388608, "MemorySwap": 8388608, "PidsLimit": 100}) for n in (1, 2)])
        h.same(apply(code=0).out.splitlines()[-1], "nothing to change")
        h.same(len(e.bodies), 2)
        h.expect("update    container web  [2, 3]" in run("history", "--verbose").out)
        shown = run("rollback", "--dry-run", "--format", "json", code=0)
        h.same(len(e.bodies), 2)
        h.same([c["resource"] for c in json.loads(shown.out)["changes"]], [FILE, "container web", "container db"])
        r = run("rollback", "--yes", code=0)
        h.same((e.limits(), mode()), ({"db": BACK, "web": BACK}, 0o644))
        h.expect("note: container web: HostConfig.Memory was set to %d, as 0 cannot be set again" % UNLIMITED in r.out, r)
        h.same(states(), ["undone"])
        h.same(run("rollback", "--yes", code=0).out, "nothing to undo\n")


@case("the plan says which limits are below what is used now")
def _():
    e = Engine("busy", "idle")
    for name, memory, pids in (("busy", 9000000, 51), ("idle", 8000000, 50)):
        e.stats[e.boxes[name]["Id"]] = {"memory_stats": {"usage": memory}, "pids_stats": {"current": pids}}
    with e.serve():
        plan = json.loads(run("plan", "--format", "json", "--accept", "2", "--accept", "3", code=2).out)
        impact = {c["resource"]: c["impact"] for c in plan["changes"] if c["kind"] == "container"}
        for word, wanted in (("more memory than that now", True), ("more than half as many processes", True)):
            h.same([any(word in i for i in impact["container " + n]) for n in ("busy", "idle")], [wanted, False], impact)


@case("a waiver for one container spares it")
def _():
    e = Engine("ci", "web")
    d.write(d.SITE, 'controls:\n  "2": {waive: {reason: CI, until: 2099-01-01, only: [ci]}}\n')
    with e.serve():
        apply("--only", "2", code=0)
        h.same([b["PidsLimit"] for b in e.limits().values()], [None, 100])
    os.unlink(d.SITE)


@case("a field that the engine takes and ignores undoes the run, files included")
def _():
    e = Engine("db", "web")
    e.ignored = ("PidsLimit",)
    with e.serve():
        r = apply(code=1)
        h.expect("container db: the engine took the request, but HostConfig.PidsLimit is null and not as asked for" in r.err, r)
        h.expect("everything this run did was undone" in r.err, r)
        h.same((e.limits(), mode()), ({"db": dict(BACK, PidsLimit=None), "web": BARE}, 0o644))
        h.same(states(), ["failed"])


for name, answer, says in (("refuses", lambda: error(409, "conflict, said the engine"), "conflict, said the engine"),
                           ("breaks off", lambda: Answer(raw=b""), "POST /containers/"),
                           ("sends no answer", lambda: Answer(b"{}", length=100, cut=2), "POST /containers/")):
    def second(answer=answer, says=says):
        e = Engine("db", "web")
        seen = []

        def before(request):
            seen.extend([request] if request.startswith("POST") else [])
            return answer() if len(seen) == 2 and request.startswith("POST") else None
        e.before = before
        with e.serve():
            r = apply(code=1)
            h.expect(says in r.err, r)
            h.same((e.limits(), mode()), ({"db": BACK, "web": BARE}, 0o644), r)
            h.same(states(), ["failed"])
    case("an engine that %s at the second container undoes the first" % name)(second)


@case("a value that moved since the plan is a conflict, and stays")
def _():
    e = Engine("db", "web")
    posts = []

    def before(request):
        posts.extend([request] if request.startswith("POST") else [])
        if posts:
            e.boxes["web"]["HostConfig"]["PidsLimit"] = 7
    e.before = before
    with e.serve():
        r = apply(code=1)
        h.expect("container web: HostConfig.PidsLimit is 7 now, and was null in the plan" in r.err, r)
        h.same((e.limits(), mode()), ({"db": BACK, "web": dict(BARE, PidsLimit=7)}, 0o644))
        h.same(states(), ["failed"])


@case("a container that is removed since the plan is a conflict")
def _():
    e = Engine("db", "web")

    def before(request):
        if request.startswith("POST"):
            e.boxes.pop("web", None)
    e.before = before
    with e.serve():
        r = apply(code=1)
        h.expect("container web was removed since the plan was made" in r.err, r)
        h.same((e.limits(), mode()), ({"db": BACK}, 0o644))


@case("rollback: a field that somebody changed since is a conflict; --force puts it aside")
def _():
    e = Engine("web")
    with e.serve():
        apply(code=0)
        e.boxes["web"]["HostConfig"]["PidsLimit"] = 55
        r = run("rollback", "--yes", code=3)
        h.expect("container web: its HostConfig.PidsLimit changed since run" in r.err, r)
        h.same((e.limits()["web"]["PidsLimit"], mode()), (55, 0o600))
        run("rollback", "--yes", "--force", code=0)
        h.same((e.limits()["web"], mode()), (BACK, 0o644))
        kept = [os.path.join(f, n) for f, _, names in os.walk("/var/lib/harden/store") for n in names]
        h.expect(any('"HostConfig.PidsLimit":55' in open(k).read() for k in kept), kept)


@case("rollback: an object that is gone is said and no error")
def _():
    e = Engine("db", "web")
    with e.serve():
        apply(code=0)
        del e.boxes["web"]
        r = run("rollback", "--yes", code=0)
        h.expect("note: container web: is gone: there is nothing to bring back" in r.out, r)
        h.same((e.limits(), mode()), ({"db": BACK}, 0o644))


@case("rollback: objects of another engine are not taken for gone")
def _():
    e = Engine("web")
    with e.serve():
        apply(code=0)
        del e.boxes["web"]
        e.id = "CCCC"
        r = run("rollback", "--yes", code=3)
        h.expect("the engine is another one than then" in r.out + r.err, r)
        h.same((mode(), states()), (0o644, ["undoing"]))
        e.id = "AAAA:BBBB"
        run("recover", code=0)
        h.same(states(), ["undone"])


@case("rollback: without the engine nothing is changed; --force brings back the files, recover the rest")
def _():
    e = Engine("web")
    with e.serve():
        apply(code=0)
    r = run("rollback", "--yes", code=1)
    h.expect("connect to the engine" in r.err, r)
    h.same((mode(), states()), (0o600, ["standing"]))
    r = run("rollback", "--yes", "--force", code=3)
    h.same((mode(), states()), (0o644, ["undoing"]))
    run("recover", code=3)
    r = apply(code=1)
    h.expect("an earlier run was cut off and could not be undone" in r.err, r)
    with e.serve():
        run("recover", code=0)
        h.same((e.limits()["web"], states()), (BACK, ["undone"]))


@case("rollback: an older run waits for the newer one that changed the same field; --all undoes both")
def _():
    e = Engine("web")
    with e.serve():
        apply("--only", "1,2", code=0)
        e.boxes["web"]["HostConfig"]["PidsLimit"] = 0
        apply("--only", "2,3", code=0)
        h.same(states(), ["standing", "standing"])
        first = json.loads(run("history", "--format", "json").out)["runs"][1]["run"]
        r = run("rollback", first, "--yes", code=3)
        h.expect("changed it later: roll that back first" in r.err, r)
        h.same(len(e.bodies), 2)
        run("rollback", "--all", "--yes", code=0)
        h.same((e.limits()["web"], states(), mode()), (BACK, ["undone", "undone"], 0o644))


@case("rollback: a newer run that changed another field of the same object does not hold it back")
def _():
    e = Engine("web")
    with e.serve():
        apply("--only", "2", code=0)
        limits = e.limits()["web"]
        apply("--only", "3", code=0)
        first = json.loads(run("history", "--format", "json").out)["runs"][1]["run"]
        run("rollback", first, "--yes", code=0)
        h.same(states(), ["standing", "undone"])
        now = e.limits()["web"]
        h.expect(now != limits and e.boxes["web"]["HostConfig"]["Memory"] == 8388608, now)
        run("rollback", "--yes", code=0)
        h.same((e.limits()["web"], states()), (BACK, ["undone", "undone"]))


@case("a swarm and its service get their whole spec with the changes, and it back")
def _():
    e = Engine().with_swarm()
    spec, service = json.loads(json.dumps(e.swarm["Spec"])), json.loads(json.dumps(e.service["Spec"]))
    with e.serve():
        apply(code=0)
        h.same(e.swarm["Spec"], dict(spec, CAConfig={"NodeCertExpiry": 172800000000000}, EncryptionConfig={"AutoLockManagers": True}))
        h.same(e.service["Spec"]["TaskTemplate"], dict(service["TaskTemplate"], RestartPolicy={
            "Condition": "on-failure", "Delay": 5000000000, "MaxAttempts": 5}))
        h.same([t for t, _ in e.bodies], ["/swarm/update?version=10", "/services/service1/update?version=21"])
        h.same(apply(code=0).out.splitlines()[-1], "nothing to change")
        run("rollback", "--yes", code=0)
        h.same((e.swarm["Spec"], e.service["Spec"]), (spec, service))


@case("a version that moved in between is read again; one that moves all the time is given up")
def _():
    for times, code in ((2, 0), (99, 1)):
        reset()
        e = Engine().with_swarm()
        left = [times]

        def before(request, e=e, left=left):
            if request.startswith("POST /swarm") and left[0]:
                left[0] -= 1
                e.swarm["Version"]["Index"] += 1
        e.before = before
        with e.serve():
            r = apply(code=code)
            h.same(e.swarm["Spec"]["EncryptionConfig"]["AutoLockManagers"], code == 0)
            h.expect(code == 0 or "moves all the time" in r.err, r)
            h.same(mode(), 0o600 if code == 0 else 0o644)


@case("an engine that is not this host's own is not changed")
def _():
    e = Engine("web")
    with e.serve("/run/other.sock"):
        r = apply("--engine", "unix:///run/other.sock", code=0)
        h.expect("the engine is not changed from here: it is not this host's own engine" in r.out, r)
        h.same((e.bodies, mode()), ([], 0o600))
    h.same(apply("--engine", "tcp://127.0.0.1:1", code=64).out, "")


def killed_at(number, after):
    """harden is killed at this request, before or after it had an effect. Returns the request."""
    reset()
    e = Engine("db", "web").with_swarm()
    spec = json.loads(json.dumps(e.swarm["Spec"]))
    process, hit = [], []

    def hook(request):
        if len(e.requests) - 1 == number and process and not hit:
            hit.append(request)
            process[0].send_signal(signal.SIGKILL)
            return Answer(raw=b"")
        return None
    setattr(e, "after" if after else "before", hook)
    with e.serve():
        r = apply(kill=process.append)
        h.same(r.code, -9, r)
        e.before = e.after = lambda request: None
        h.expect(all(v in (BARE, DONE) for v in e.limits().values()), e.limits())
        begun = bool(e.bodies)
        r = run("recover", code=0)
        state = "".join(states())
        h.expect(state in ("standing", "failed") if begun else state in ("", "standing"), hit, state, r)
        stands = begun and state == "standing"  # it was read back, and only looked at once more
        h.expect(all(v in ((DONE,) if stands else (BARE, BACK)) for v in e.limits().values()), hit, e.limits(), r)
        h.same(e.swarm["Spec"]["EncryptionConfig"]["AutoLockManagers"], stands, hit, r)
        h.expect(stands or e.swarm["Spec"] == spec, hit, e.swarm, r)
        h.same(mode(), 0o600 if state == "standing" else 0o644, hit, r)
        apply("--set", "pids=99", code=0)
        run("rollback", "--all", "--yes", code=0)
        h.same((mode(), e.swarm["Spec"]), (0o644, spec))
    return hit[0]


@case("killed at every request since the files are written, before and after its effect: recover brings all back")
def _():
    e = Engine("db", "web").with_swarm()
    modes = []
    e.before = lambda request: modes.append(mode())
    with e.serve():
        apply(code=0)
    first = modes.index(0o600)  # what comes before is the plan, and nothing is changed yet
    h.expect(first > 5 and len(modes) - first > 20, modes)
    posts = [n for n, request in enumerate(e.requests) if request.startswith("POST")]
    h.same(len(posts), 4)  # two containers, a service, the swarm
    for number in range(first - 1, len(e.requests)):
        h.expect(killed_at(number, False))
    for number in posts:
        h.same(killed_at(number, True), e.requests[number])


@case("killed while it undoes: the next recover goes on")
def _():
    for number in range(2):
        for after in (False, True):
            reset()
            e = Engine("db", "web")
            with e.serve():
                apply(code=0)
                posts, process = [], []

                def hook(request, posts=posts, process=process, number=number):
                    posts.extend([request] if request.startswith("POST") else [])
                    if request.startswith("POST") and len(posts) == number + 1:
                        process[0].send_signal(signal.SIGKILL)
                        return Answer(raw=b"")
                    return None
                setattr(e, "after" if after else "before", hook)
                run("rollback", "--yes", kill=process.append, code=-9)
                e.before = e.after = lambda request: None
                h.same((states(), mode()), (["undoing"], 0o600))
                run("recover", code=0)
                h.same((e.limits(), states(), mode()), ({"db": BACK, "web": BACK}, ["undone"], 0o644))


@case("the journal holds the intent before the request is sent")
def _():
    e = Engine("web")
    seen = []

    def before(request):
        if request.startswith("POST"):
            run_dir = os.listdir("/var/lib/harden/runs")[0]
            last = open("/var/lib/harden/runs/%s/journal" % run_dir).read().splitlines()[-1]
            seen.append(json.loads(last))
    e.before = before
    with e.serve():
        apply(code=0)
    h.same([(s["record"], s["name"], s["engine"]) for s in seen], [("update", "web", "AAAA:BBBB")])
    h.same({f["path"]: (f["before"], f["after"], f.get("back")) for f in seen[0]["fields"]},
           {"HostConfig.Memory": (0, 8388608, UNLIMITED), "HostConfig.MemorySwap": (0, 8388608, UNLIMITED),
            "HostConfig.PidsLimit": (None, 100, None)})
    h.expect(re.search(r'"record":"updated"', open("/var/lib/harden/runs/%s/journal" % os.listdir("/var/lib/harden/runs")[0]).read()))


sys.exit(case.main())
