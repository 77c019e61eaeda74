"""Security settings that every pod of ours carries: the restricted Pod Security profile.

Called by the adapters that build pods: probe pods, verifier Jobs, Connect workers. Values only.
"""

from __future__ import annotations

from typing import Any

USER_ID = 10001


def pod_security() -> dict[str, Any]:
    """Pod-level securityContext."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER_ID,
        "runAsGroup": USER_ID,
        "fsGroup": USER_ID,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """Container-level securityContext."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
