"""How the node's programs are called: command lines, as values.

Called by node.py, which starts them in this order. Pure; why an option is there stands beside it.
"""

from __future__ import annotations

from kmig_sandbox.network import NODE, SERVICES
from kmig_sandbox.nodefiles import NODE_NAME, Layout

_ETCD = "http://127.0.0.1:22379"
_ETCD_PEER = "http://127.0.0.1:22380"


def commands(layout: Layout) -> dict[str, list[str]]:
    """Program name to command line, in the order in which they start."""
    at, pki = layout.programs, layout.pki
    return {
        "containerd": ["containerd", "-c", f"{layout.state}/containerd.toml"],
        "etcd": [
            f"{at}/etcd",
            f"--data-dir={layout.state}/etcd",
            f"--listen-client-urls={_ETCD}",
            f"--advertise-client-urls={_ETCD}",
            f"--listen-peer-urls={_ETCD_PEER}",
            f"--initial-advertise-peer-urls={_ETCD_PEER}",
            f"--initial-cluster=default={_ETCD_PEER}",
            "--unsafe-no-fsync",
        ],
        "kube-apiserver": _api_server(layout),
        "kube-controller-manager": [
            f"{at}/kube-controller-manager",
            *_as(layout, "controller-manager"),
            f"--bind-address={NODE}",
            f"--service-account-private-key-file={pki}/service-accounts.key",
            # Without it pods get an empty ca.crt.
            f"--root-ca-file={pki}/ca.crt",
            "--use-service-account-credentials",
            "--leader-elect=false",
        ],
        "kube-scheduler": [
            f"{at}/kube-scheduler",
            *_as(layout, "scheduler"),
            f"--bind-address={NODE}",
            "--leader-elect=false",
        ],
        "kubelet": [
            f"{at}/kubelet",
            f"--config={layout.state}/kubelet.yaml",
            f"--kubeconfig={layout.kubeconfig('node')}",
            f"--root-dir={layout.state}/kubelet",
            f"--cert-dir={layout.state}/kubelet-pki",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={NODE}",
        ],
        "kube-proxy": [f"{at}/kube-proxy", f"--config={layout.state}/proxy.yaml"],
        "coredns": [f"{at}/coredns", "-conf", f"{layout.state}/Corefile"],
    }


def _api_server(layout: Layout) -> list[str]:
    at, pki = layout.programs, layout.pki
    return [
        f"{at}/kube-apiserver",
        f"--etcd-servers={_ETCD}",
        f"--bind-address={NODE}",
        f"--advertise-address={NODE}",
        "--secure-port=6443",
        f"--service-cluster-ip-range={SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki}/service-accounts.pub",
        f"--service-account-signing-key-file={pki}/service-accounts.key",
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={pki}/admin.crt",
        f"--kubelet-client-key={pki}/admin.key",
        f"--kubelet-certificate-authority={pki}/ca.crt",
    ]


def _as(layout: Layout, user: str) -> list[str]:
    conf = layout.kubeconfig(user)
    return [
        f"--kubeconfig={conf}",
        f"--authentication-kubeconfig={conf}",
        f"--authorization-kubeconfig={conf}",
    ]
