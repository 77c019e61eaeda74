"""Removes our rules from the machine's iptables and puts in those that keep the sandbox inside.

Used by network.py and leftovers.py. Rules of others are never rewritten: `removal` names single
rules and chains of ours.
"""

from __future__ import annotations

import re
import shutil

from kmig_sandbox.commands import clean_environment, run

GUARD = "kmig-guard"
_SECONDS = 30.0
_CNI_OF_OURS = re.compile(r'name: \\?"kmig\\?"')


def clean() -> None:
    """Takes every rule and chain of ours out of IPv4 and IPv6."""
    env = clean_environment()
    for family in ("iptables", "ip6tables"):
        if shutil.which(family, path=env["PATH"]) is None:
            continue
        script = removal(run([f"{family}-save"], timeout=_SECONDS, env=env))
        if script:
            run([f"{family}-restore", "--noflush"], timeout=_SECONDS, stdin=script, env=env)


def guard(interface: str, pods: str, services: str, node: str) -> None:
    """Refuses traffic of the sandbox that would leave the machine by `interface`."""
    comment = ["-m", "comment", "--comment", GUARD, "-j", "REJECT"]
    _insert(["FORWARD", "-s", pods, "-o", interface, *comment])
    for destination in (pods, services, f"{node}/32"):
        # Without the exception for translated packets the machine itself would lose ClusterIPs.
        undirected = ["-m", "conntrack", "!", "--ctstate", "DNAT"]
        _insert(["OUTPUT", "-d", destination, "-o", interface, *undirected, *comment])


def removal(saved: str) -> str:
    """Input for `iptables-restore --noflush` that removes what is ours from `iptables-save` text.

    Ours are all KUBE- chains (there is no other kubelet: prerequisites), the CNI chains of the
    network named kmig, and single rules with our comment in other chains.
    """
    script: list[str] = []
    for table, lines in _tables(saved):
        commands = _commands(lines)
        if commands:
            script += [f"*{table}", *commands, "COMMIT"]
    return "\n".join(script) + "\n" if script else ""


def _insert(rule: list[str]) -> None:
    run(["iptables", "-w", "10", "-I", *rule], timeout=_SECONDS, env=clean_environment())


def _tables(saved: str) -> list[tuple[str, list[str]]]:
    tables: list[tuple[str, list[str]]] = []
    for line in saved.splitlines():
        if line.startswith("*"):
            tables.append((line[1:], []))
        elif tables and line[:1] in {":", "-"}:
            tables[-1][1].append(line)
    return tables


def _commands(lines: list[str]) -> list[str]:
    declared = [line[1:].split()[0] for line in lines if line.startswith(":")]
    rules = [line for line in lines if line.startswith("-A")]
    of_cni = {_target(rule) for rule in rules if _CNI_OF_OURS.search(rule)}
    chains = [c for c in declared if c.startswith("KUBE-") or c in of_cni]
    single = [
        rule
        for rule in rules
        if rule.split()[1] not in chains
        and (_target(rule) in chains or GUARD in rule or _CNI_OF_OURS.search(rule))
    ]
    return [
        *("-D" + rule[2:] for rule in single),
        *(f"-F {chain}" for chain in chains),
        *(f"-X {chain}" for chain in chains),
    ]


def _target(rule: str) -> str:
    words = rule.split()
    return words[words.index("-j") + 1] if "-j" in words[:-1] else ""
