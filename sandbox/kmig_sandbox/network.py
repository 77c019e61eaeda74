"""The node's address on this machine, and the way back to the network as it was.

Called by node.py (up) and leftovers.py (down).
"""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

from kmig_sandbox import iptables
from kmig_sandbox.commands import attempt, clean_environment, run
from kmig_sandbox.problem import occupied

NODE = "172.31.255.1"
PODS = "10.244.0.0/24"
SERVICES = "10.96.0.0/16"
INTERFACE = "kmig-node"
PORTS = ((NODE, 6443), (NODE, 10250), (NODE, 1053), ("127.0.0.1", 22379), ("127.0.0.1", 22380))
_SECONDS = 20.0
_RAISED = ("net/ipv4/ip_forward",)
_SYSCTLS = (  # ours, and those that a kubelet insists on
    *_RAISED,
    "vm/overcommit_memory",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)


def need_free() -> None:
    """Raises when an address range or a port that the node needs is taken."""
    for route in json.loads(_ip("-4", "-j", "route", "show") or "[]"):
        if (route.get("type"), route["dst"]) != ("unreachable", PODS):  # ours, put back by set_up
            _refuse_overlap(str(route["dst"]), str(route.get("dev", "")))
    for address, port in PORTS:
        if holder := _holder(address, port):
            raise occupied(f"port {port} is taken by {holder}: end it, run again")


def settings() -> dict[str, str]:
    """The kernel settings that the node changes, as they are now."""
    present = (name for name in _SYSCTLS if _sysctl(name).exists())
    return {name: _sysctl(name).read_text("utf-8").strip() for name in present}


def set_up() -> None:
    """Gives the machine the node's address and keeps the sandbox's traffic inside."""
    for name in _RAISED:
        _sysctl(name).write_text("1\n", encoding="utf-8")
    # A bridge and not a dummy link: that module may be missing. kubelet refuses loopback.
    _ip("link", "add", INTERFACE, "type", "bridge")
    _ip("addr", "add", f"{NODE}/32", "dev", INTERFACE)
    _ip("link", "set", INTERFACE, "up")
    # A pod that is gone has no route of its own: a connection that a ClusterIP still sends to it
    # would leave by the default route, which the guard cannot see after the DNAT.
    _ip("route", "replace", "unreachable", PODS)
    for interface in _default_interfaces():
        iptables.guard(interface, PODS, SERVICES, NODE)


def tear_down(previous: dict[str, str]) -> None:
    """Removes links and rules of ours and puts the kernel settings back."""
    for link in _links_of_pods():
        attempt(["ip", "link", "del", link], timeout=_SECONDS, env=clean_environment())
    if Path(f"/sys/class/net/{INTERFACE}").exists():
        _ip("link", "del", INTERFACE)
    attempt(["ip", "route", "del", "unreachable", PODS], timeout=_SECONDS, env=clean_environment())
    iptables.clean()
    for name, value in previous.items():
        if name in _SYSCTLS:
            _sysctl(name).write_text(f"{value}\n", encoding="utf-8")


def _links_of_pods() -> list[str]:
    """Host ends of pod links, known by their routes into the pod range."""
    routes = json.loads(_ip("-4", "-j", "route", "show") or "[]")
    return sorted({str(r["dev"]) for r in routes if _leads_to_pod(r)})


def _leads_to_pod(route: dict[str, str]) -> bool:
    if route["dst"] == "default" or not route.get("dev", "").startswith("veth"):
        return False
    return ipaddress.IPv4Network(route["dst"]).subnet_of(ipaddress.IPv4Network(PODS))


def _refuse_overlap(destination: str, device: str) -> None:
    if destination == "default":
        return
    taken = ipaddress.IPv4Network(destination, strict=False)
    for ours in (PODS, SERVICES, f"{NODE}/32"):
        if taken.overlaps(ipaddress.IPv4Network(ours)):
            raise occupied(
                f"this machine already routes {destination} by {device}, and the sandbox's "
                f"{ours} lies in it: use kind or KMIG_KUBECONFIG here"
            )


def _default_interfaces() -> list[str]:
    routes = json.loads(_ip("-j", "route", "show", "default") or "[]")
    return sorted({str(route["dev"]) for route in routes if "dev" in route})


def _holder(address: str, port: int) -> str:
    """Who listens where the node wants to, in the words of ss; empty when nobody does."""
    said = run(["ss", "-Hltnp", f"sport = :{port}"], timeout=_SECONDS, env=clean_environment())
    for line in said.splitlines():
        local, *_, last = line.split()[3:]
        if _covers(local.rpartition(":")[0], address):
            return last if last.startswith("users:") else "another program"
    return ""


def _covers(listening: str, address: str) -> bool:
    """An address as ss prints it, perhaps with its interface, is this one or stands for every one."""
    host = listening.partition("%")[0].strip("[]")
    return host in {address, "*"} or ipaddress.ip_address(host).is_unspecified


def _ip(*words: str) -> str:
    return run(["ip", *words], timeout=_SECONDS, env=clean_environment())


def _sysctl(name: str) -> Path:
    return Path("/proc/sys") / name
