# SPDX-License-Identifier: Apache-2.0
"""Recorded answers (API 1.41) in the shapes that later versions give them: what moby's changelog of the
API says of the fields that controls look at. Bodies are parsed, changed and written again."""
import copy
import json
import re

LATEST = 51
RELEASE = {41: "20.10.24", 42: "23.0.6", 43: "24.0.9", 44: "25.0.5", 45: "26.1.5", 46: "27.1.2", 47: "27.5.1", 48: "28.0.4",
           49: "28.1.1", 50: "28.2.2", 51: "28.5.2"}
# members of an image's Config that are gone since 1.50
OF_A_CONTAINER = ("Hostname", "Domainname", "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce", "Image",
                  "NetworkDisabled", "MacAddress", "StopTimeout")


def container(c, minor):
    host = c["HostConfig"]
    if minor >= 42:
        host.pop("KernelMemory", None)
    if minor >= 44:
        for mount in host.get("Mounts") or []:
            mount.setdefault("BindOptions", {})["ReadOnlyNonRecursive"] = True
        for network in c["NetworkSettings"]["Networks"].values():
            network["DNSNames"] = None
    if minor >= 45 and host["NetworkMode"] == "default":
        host["NetworkMode"] = "bridge"
    if minor >= 46:
        c["HostConfig"]["Annotations"] = None
    if minor >= 48:
        c["ImageManifestDescriptor"] = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": c["Image"], "size": 1}
    return c


def image(i, minor):
    if minor >= 44:
        i.pop("VirtualSize", None)
    if minor >= 45:
        i.pop("Container", None)
        i.pop("ContainerConfig", None)
        i["DockerVersion"] = ""
    if minor >= 48:
        i["Descriptor"] = {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": i["Id"], "size": 1}
    if minor >= 50:
        i["Config"] = {k: v for k, v in i["Config"].items() if k not in OF_A_CONTAINER}
    return i


def images(listed, minor):
    for i in listed:
        if minor >= 43 and i.get("RepoTags") == ["<none>:<none>"]:
            i["RepoTags"] = []
        if minor < 51:
            i["Containers"] = -1
    return listed


def info(i, minor):
    i["ServerVersion"] = RELEASE[minor]
    i["SecurityOptions"] = ["name=seccomp,profile=" + ("default" if minor < 42 else "builtin"), "name=cgroupns"]
    if minor >= 42:
        i.pop("KernelMemory", None)
    if minor >= 50:
        i["DiscoveredDevices"] = []
    return i


SHAPES = ((r"/containers/[0-9a-f]{64}/json", container), (r"/images/[^/]+/json", image), (r"/images/json", images), (r"/info", info))


def shaped(routes, minor):
    """The routes as API 1.MINOR has them."""
    new = {}
    for path, body in routes.items():
        value = json.loads(body) if isinstance(body, bytes) else copy.deepcopy(body)
        for pattern, change in SHAPES:
            if re.fullmatch(pattern, path):
                value = change(value, minor)
        new[path] = value
    return new
