# SPDX-License-Identifier: Apache-2.0
# Definitions for the jq expressions of engine entries: harden-recipe(5), JQ DEFINITIONS. They know how
# the Engine API spells things: null, absent and zero are the same, of several options the last counts,
# and addresses, capabilities and booleans have more than one name.

# --- any object

def on($resource): {resource: $resource, message: .};
def list: if type == "array" then . else [] end;
def name: (.Name // "") | ltrimstr("/");
# .Harden.NAME of an object, or an error that says why it could not be looked at.
def looked($word; $member):
  if .Harden.Problems[$word]? then error(.Harden.Problems[$word]) else .Harden[$member]? end;
# Seconds since 1970 of the API's times, in any time zone.
def seconds:
  capture("^(?<t>[0-9-]{10}T[0-9:]{8})([.][0-9]+)?(?<z>Z|[+-][0-9]{2}:[0-9]{2})$")
  | (if .z == "Z" then 0
     else ((.z[1:3] | tonumber) * 3600 + (.z[4:6] | tonumber) * 60) * (if .z[0:1] == "-" then -1 else 1 end)
     end) as $offset
  | (.t + "Z" | fromdateiso8601) - $offset;
def has_word($list): . as $w | any($list[]; . == $w);

# --- the engine, from /info

def has_security($name): any((.SecurityOptions | list)[]; . == "name=" + $name or startswith("name=" + $name + ","));
# Podman's answer names its Buildah. A version that cannot be read is taken for an old one.
def is_podman: .BuildahVersion? != null;
def is_podman_before($major; $minor):
  is_podman and ((.ServerVersion // "") | (capture("^(?<a>[0-9]+)[.](?<b>[0-9]+)") // {a: "0", b: "0"})
  | [(.a | tonumber), (.b | tonumber)] < [$major, $minor]);
def in_swarm: (.Swarm.LocalNodeState // "") | . != "" and . != "inactive";
def as_manager:
  if .Swarm.LocalNodeState == "locked" then error("this manager is locked: docker swarm unlock comes first")
  elif .Swarm.ControlAvailable != true then error("this node is no manager of its swarm: run harden on one")
  else . end;

# --- containers

def is_running: .State.Running == true;
def is_task: (.Config.Labels // {}) | has("com.docker.swarm.service.id");
# Values of a security option, in order: "no-new-privileges", "seccomp=x" and "seccomp:x".
def security_options($name):
  [(.HostConfig.SecurityOpt | list)[] | capture("^(?<k>[^=:]*)([=:](?<v>.*))?$"; "s") | select(.k == $name) | .v // ""];
# Go's ParseBool; null for what is none.
def go_bool:
  if has_word(["1", "t", "T", "TRUE", "true", "True"]) then true
  elif has_word(["0", "f", "F", "FALSE", "false", "False"]) then false
  else null end;
# The user part of Config.User is root's number or name.
def is_root: (. // "") | split(":") | (.[0] // "") | . == "" or . == "root" or test("^0+$");
def is_any_address: (. // "") | ascii_downcase | sub("^::ffff:"; "") | sub("^\\[(?<a>.*)\\]$"; "\(.a)")
  | sub("(/.*)$"; "") | test("^[0:.]*$");
# Published ports: {port, ip, from, to}. While it runs what is bound counts, else what is asked for.
def published:
  (if is_running then .NetworkSettings.Ports else .HostConfig.PortBindings end // {})
  | to_entries[] | .key as $port | (.value | list)[]
  | (.HostPort // "" | split("-") | map(select(. != "") | tonumber)) as $range
  | {port: $port, ip: (.HostIp // ""), from: ($range[0] // 0), to: ($range[-1] // $range[0] // 0)};
def shares_host_network: .HostConfig.NetworkMode == "host";

def docker_capabilities: ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP",
  "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"];
# Podman gives fewer. What it says is added and dropped is its own comparison, with Docker's list (4.3.1) or
# with its own (5.4.2).
def default_capabilities:
  docker_capabilities - (if ($info | is_podman) and ($info | is_podman_before(5; 4) | not) then ["AUDIT_WRITE", "MKNOD", "NET_RAW"] else [] end);
# "sys_admin", "CAP_SYS_ADMIN" and "SYS_ADMIN" are one.
def capability: ascii_upcase | ltrimstr("CAP_");
# What the container may do: ["ALL"] (less what is dropped) or a list of names. Added wins over dropped.
def capabilities:
  ([(.HostConfig.CapAdd | list)[] | capability]) as $add
  | ([(.HostConfig.CapDrop | list)[] | capability]) as $drop
  | if .HostConfig.Privileged then ["ALL"]
    elif ($add | index("ALL")) then ["ALL"]
    elif ($drop | index("ALL")) then $add
    else ((default_capabilities - $drop) + $add) end
  | unique;

# Mounts of the host: {source, real, target, write, propagation, socket}. real follows links where that
# could be looked at, and a volume that binds a path of the host is that path.
def host_mounts:
  (.Harden.Sources? // {}) as $sources
  | (.Mounts | list)[] | ($devices[.Name // ""]? // null) as $device
  | select(.Type == "bind" or $device)
  | ($device // .Source) as $source
  | {source: $source, real: ($sources[$source].Real? // $source), target: .Destination, write: (.RW == true),
     propagation: (.Propagation // ""), endpoint: ($sources[$source].Endpoint? // false)};
def is_below($dir): if $dir == "/" then true else . == $dir or startswith($dir + "/") end;
def shown: if .source == .real then .source else "\(.source) (\(.real))" end;

# What belongs to the host's system: the engine's own data among it.
def sensitive_directories: ["/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr", "/bin", "/sbin", "/lib64", "/root",
  "/run", "/var/run", "/home", "/var/lib/docker", "/var/lib/containerd", ($info.DockerRootDir? // "/var/lib/docker")];

# Of a list of {id, name, mode}: who ends in the host's namespace, also by way of other containers.
def mode_of($all; $seen):
  .mode as $mode
  | if ($mode | startswith("container:") | not) or ($seen | index($mode)) then $mode
    else ($mode | ltrimstr("container:")) as $id
      | first(($all[] | select(.name == $id or .id == $id)), null)
      | if . == null then $mode else mode_of($all; $seen + [$mode]) end
    end;
def host_namespace($what):
  . as $all | .[] | select(mode_of($all; []) == "host") | .name as $name
  | "shares the host's \($what)" + (if .mode == "host" then "" else " by way of \(.mode)" end) | on("container " + $name);
# Words that no engine knows: older ones take them and start the container as if nothing was said.
def strange_mode: select((has_word(["", "host", "private", "shareable", "none"]) or startswith("container:")) | not);

# --- images

def tag: (.RepoTags | list | map(select(. != "<none>:<none>")) | .[0]) // (.Id // "" | .[7:19]);
def is_dangling: (.RepoTags | list | map(select(. != "<none>:<none>")) | length) == 0;
# Built or imported here, so that its owner can mend it.
def is_own: (.RepoDigests | list | length) == 0;
# What its layers hold, or an error that says why it could not be looked at. null in a plan, which does not look.
def content: looked("content"; "Content");
def unlooked: select(content == null) | "is not looked into by a plan: harden audit does that";
def base: split("/")[-1];
# Whether a path is one of a list: a path, the beginning of paths ("/usr/share/"), or a name of the directories for programs.
def is_listed($list): . as $p | any($list[]; . as $l
  | if startswith("/") | not then $p == "/bin/" + $l or $p == "/sbin/" + $l or $p == "/usr/bin/" + $l or $p == "/usr/sbin/" + $l
    elif endswith("/") then $p | startswith($l) else $p == $l end);
# Of packages, those on a list; "gcc" is gcc-12 too.
def packages_on($list): [(.Packages // {} | to_entries[] | .value[]) as $p
  | select(any($list[]; . as $l | $p == $l or ($p | startswith($l + "-") and (.[$l | length + 1:] | test("^[0-9.]+$"))))) | $p] | unique;
# The first of a list of texts, and how many there are beyond.
def shorten($n): if length > $n then .[:$n] + ["\(length - $n) more"] else . end | join(", ");
# Instructions of an image, oldest first: {word, text}; a RUN's arguments are left out of its text.
def instructions:
  (.Harden.history? | list | reverse)[] | (.CreatedBy // "") | sub(" *# buildkit$"; "")
  | (capture("#\\(nop\\) +(?<t>.*)$"; "s") // null) as $nop
  | if $nop then $nop.t
    elif test("^RUN ") then .
    elif test("^(ADD|COPY|ENV|ARG|LABEL|USER|CMD|ENTRYPOINT|HEALTHCHECK|EXPOSE|VOLUME|WORKDIR|SHELL|STOPSIGNAL|ONBUILD) ") then .
    else "RUN " + . end
  | {word: (split(" ")[0]), text: (.[(index(" ") // -1) + 1:])}
  | .text |= sub("^\\|[0-9]+ ([^ =]+=[^ ]* )*"; "");
# Whether it fetches package lists, and whether it installs.
def updates_lists: test("(^|[;&|( ])((apt-get|apt|aptitude|apk)( +-[^ ]+)* +update\\b"
  + "|(yum|dnf|microdnf)( +-[^ ]+)* +(check-update|makecache)\\b|zypper( +-[^ ]+)* +ref(resh)?\\b)");
def installs: test("\\b(apt-get|apt|aptitude|yum|dnf|microdnf|zypper)\\b[^;&|]*\\b(install|in)\\b|\\bapk\\b[^;&|]*\\badd\\b|\\bpacman\\b[^;&|]* -S");
def installs_unverified: test("--allow-unauthenticated|--force-yes|--allow-insecure-repositories|trusted=yes|--allow-untrusted"
  + "|--nogpgcheck|--no-gpg-checks|gpgcheck=0|rpm .*--(nosignature|nodigest)|--trusted-host|curl [^;&|]*(-k\\b|--insecure)"
  + "|--no-check-certificate|NODE_TLS_REJECT_UNAUTHORIZED=0|GIT_SSL_NO_VERIFY|(curl|wget) [^;&]*\\| *(ba|da)?sh\\b");

# --- secrets: names that suggest one, and values that are one whatever they are called

def secret_name:
  ascii_downcase | test("(^|_)(apikey|auth|credentials?|key|password|pword|passwd|pwd|passphrase|secret|token|dsn)(_|$)")
    and (test("public|fingerprint|sha256|_file$|^gpg_keys?$") | not);
def secret_value: test("-----BEGIN [A-Z ]*PRIVATE KEY-----|\\b(AKIA|ASIA)[0-9A-Z]{16}\\b|\\bgh[pousr]_[0-9A-Za-z]{30,}|\\bgithub_pat_"
  + "|\\bglpat-|\\bxox[abp]-|\\beyJ[0-9A-Za-z_-]{10,}\\.[0-9A-Za-z_-]{10,}\\.|://[^/ :@]+:[^/ @]+@");
# "NAME=VALUE" with a literal value.
def secret_pair:
  capture("^(?<n>[^=]+)=(?<v>.*)$"; "s")
  | select(.v != "" and (.v | startswith("$") | not))
  | if (.v | secret_value) then {name: .n, sure: true}
    elif (.n | secret_name) and (.v | test("^/") | not) then {name: .n, sure: false}
    else empty end;
def secret_file: test("(^|/)(id_rsa|id_ed25519|id_ecdsa|\\.env|\\.npmrc|\\.pypirc|\\.netrc|\\.git-credentials)$"
  + "|\\.(pem|key|p12|pfx|tfstate)$|\\.docker/config\\.json$|\\.aws/credentials$|\\.kube/config$");

# --- Dockerfiles

# A finding of a line; next: what a person writes.
def at_line($file; $message): {resource: "\($file.File):\(.Line)", message: $message};
def at_line($file; $message; $next): at_line($file; $message) + {next: $next};
# Instructions that make the image: those of the last stage and of the stages it builds on.
def final: .Instructions[] | select(.Final and (.OnBuild | not));
def last_of($word): [final | select(.Word == $word)] | last;
def flag($name): .Flags[] | select(startswith($name + "=")) | .[($name | length) + 1:];
def registry: split("/") | if length > 1 and (.[0] | test("[.:]|^localhost$")) then .[0] else "docker.io" end;
# What is taken from elsewhere: {Line, Base, Known}.
def bases:
  [.Stages[] | (.Name // empty | ascii_downcase), (.Index | tostring)] as $stages
  | (.Stages[] | select(.Stage == null)),
    (.Instructions[] | {Line, Known: true,
       Base: (if .Word == "COPY" then flag("from") elif .Word == "RUN" then flag("mount") | capture("(^|,)from=(?<b>[^,]+)").b
              else empty end)})
  | select(.Base != "scratch" and (.Base | ascii_downcase | has_word($stages) | not));
# How an ordinary user is made there.
def user_hint:
  ([.Stages[] | select(.Final)][0].Base | ascii_downcase) as $base
  | (.Stages[-1].Index) as $last | ([final | select(.Stage == $last and (.Word | test("^(CMD|ENTRYPOINT)$"))) | .Line][0]) as $line
  | (if $base | test("alpine|busybox") then "RUN addgroup -g 10001 app && adduser -D -H -u 10001 -G app app, and "
     elif $base | test("scratch|distroless|wolfi|chainguard|static") then ""
     else "RUN groupadd -r -g 10001 app && useradd -r -u 10001 -g app app, and " end)
  | "write \(.)USER 10001:10001 " + (if $line then "in front of line \($line)" else "at the end" end)
    + ", with COPY --chown for what it has to write";
def updates_all: test("(^|[;&|( ])((yum|dnf|microdnf)( +-[^ ]+)* +(update|upgrade)\\b|zypper( +-[^ ]+)* +(up|update|dup)\\b|pacman +-Sy)");
def updates_alone: sub("\\b(ba|da|a)?sh +-[a-z]*c +[\"']"; "") | (updates_lists or updates_all) and (installs | not);
# Names of packages that a script installs.
def packages: [splits("[;&|]+") | select(installs) | sub("^.*?\\b(install|add|in)\\b"; "") | sub("^.*-S[a-z]*"; "")
  | splits(" +") | select(test("^[a-z0-9]")) | sub("[=<>~:].*"; "")];
def needless_packages: ["openssh-server", "openssh", "telnet", "netcat", "netcat-openbsd", "netcat-traditional", "nmap",
  "tcpdump", "strace", "gdb", "gcc", "g++", "make", "build-essential", "build-base", "sudo", "vim", "nano", "curl", "wget"];
def sets_setuid: test("\\bchmod( +-[^ ]+)* +([ugoa]*\\+[rwx]*s|0?[2467][0-7]{3} )");
def strips_setuid: test("-perm +[-/+]?(a\\+s|u\\+s|0?[4627]000).*chmod +([ugoa]*-[rwx]*s|0?[0-7]{3} )");
# Base images begin with it.
def is_root_filesystem($file): .Stage as $s | $file.Stages[$s].Base == "scratch" and .Values[-1] == "/"
  and all(.Sources[]; .Kind == "archive" or (.Kind == "unknown" and (.Text | test("[.](tar|tgz|tar[.][a-z0-9]+)$"))));
# Of NAME=VALUE in a script.
def script_pairs: scan("(?:^|[ ;&|(])([A-Za-z_][A-Za-z0-9_]*=[^ ;&|)]+)")[0] | gsub("[\"']"; "");
def hides_checks: test("^(NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY)=0|^GIT_SSL_NO_VERIFY=");
def installs_fetched: test("\\b(dpkg +(-[a-z]+ +)*-i|rpm +-[a-zA-Z]*[iU])") and test("\\b(curl|wget) ")
  and (test("sha(1|256|512)sum|gpgv?\\b|rpmkeys") | not);
