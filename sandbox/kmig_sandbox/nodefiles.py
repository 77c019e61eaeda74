"""What the node's programs read: configuration files and first objects, as values.

Called by node.py, which writes and starts them. Pure; why a setting is there stands beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from kmig_sandbox.network import NODE, PODS

NODE_NAME = "node1"
DNS = "10.96.0.10"
API = f"https://{NODE}:6443"
CGROUP = "/kmig"
PAUSE_IMAGE = "kmig.local/pause:1"


@dataclass(frozen=True)
class Layout:
    """Where the node's files are: programs, running state, certificates."""

    programs: Path
    state: Path
    pki: Path

    @property
    def socket(self) -> Path:
        """containerd's socket."""
        return self.state / "run" / "containerd.sock"

    def kubeconfig(self, user: str) -> Path:
        """The kubeconfig of one of the node's programs."""
        return self.state / f"{user}.conf"


USERS = {  # of the Kubernetes API, with their certificate subjects
    "admin": "/O=system:masters/CN=admin",
    "node": f"/O=system:nodes/CN=system:node:{NODE_NAME}",
    "controller-manager": "/CN=system:kube-controller-manager",
    "scheduler": "/CN=system:kube-scheduler",
    "proxy": "/CN=system:kube-proxy",
}
API_NAMES = (
    f"IP:{NODE}",
    "IP:10.96.0.1",
    "DNS:kubernetes",
    "DNS:kubernetes.default",
    "DNS:kubernetes.default.svc",
    "DNS:kubernetes.default.svc.cluster.local",
)
NODE_NAMES = (f"IP:{NODE}", f"DNS:{NODE_NAME}")


def configuration(layout: Layout, snapshotter: str) -> dict[str, str]:
    """File name to content, all under the state directory."""
    return {
        "cni/10-kmig.conflist": json.dumps(_cni(layout.state)),
        "containerd.toml": _containerd(layout, snapshotter),
        "kubelet.yaml": json.dumps(_kubelet(layout)),
        "proxy.yaml": json.dumps(_proxy(layout)),
        "Corefile": _corefile(layout),
    }


def kubeconfig(certificates: Path, user: str, context: str) -> str:
    """A kubeconfig with everything in it, so that it can be used from anywhere."""

    def data(name: str) -> str:
        from base64 import b64encode

        return b64encode((certificates / name).read_bytes()).decode()

    credentials = {
        "client-certificate-data": data(f"{user}.crt"),
        "client-key-data": data(f"{user}.key"),
    }
    server = {"server": API, "certificate-authority-data": data("ca.crt")}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": context, "cluster": server}],
            "users": [{"name": user, "user": credentials}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": user}}],
            "current-context": context,
        },
        indent=1,
    )


def dns_objects() -> str:
    """CoreDNS runs on the machine, behind the ClusterIP that pods are told."""
    ports = [
        {"name": "dns", "port": 53, "targetPort": 1053, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "targetPort": 1053, "protocol": "TCP"},
    ]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system"},
        "spec": {"clusterIP": DNS, "ports": ports},
    }
    slice_ports = [{"name": p["name"], "port": 1053, "protocol": p["protocol"]} for p in ports]
    slice_ = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kube-dns-node",
            "namespace": "kube-system",
            "labels": {"kubernetes.io/service-name": "kube-dns"},
        },
        "addressType": "IPv4",
        "ports": slice_ports,
        "endpoints": [{"addresses": [NODE]}],
    }
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [service, slice_]})


def _cni(state: Path) -> dict[str, object]:
    # ptp, not bridge: every packet is routed, so answers from a pod behind a Service pass the
    # machine's connection tracking even where bridged packets do not.
    addresses = {
        "type": "host-local",
        "dataDir": f"{state}/cni-leases",
        "ranges": [[{"subnet": PODS}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    plugins = [{"type": "ptp", "ipMasq": True, "ipam": addresses}]
    return {"cniVersion": "1.0.0", "name": "kmig", "plugins": plugins}


def _containerd(layout: Layout, snapshotter: str) -> str:
    # restrict_oom_score_adj: without CAP_SYS_RESOURCE runc dies ("can't get final child's PID").
    return f"""version = 2
root = "{layout.state}/containerd"
state = "{layout.state}/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
 address = "{layout.socket}"
[plugins."io.containerd.grpc.v1.cri"]
 restrict_oom_score_adj = true
 sandbox_image = "{PAUSE_IMAGE}"
 disable_tcp_service = true
 stream_server_address = "127.0.0.1"
 netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".containerd]
 snapshotter = "{snapshotter}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
 runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
 Root = "{layout.state}/run/runc"
[plugins."io.containerd.grpc.v1.cri".cni]
 bin_dir = "/usr/lib/cni"
 conf_dir = "{layout.state}/cni"
"""


def _kubelet(layout: Layout) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": f"unix://{layout.socket}",
        "cgroupDriver": "cgroupfs",
        # All pods below one group of ours: whatever lives there is ours to end.
        "cgroupRoot": CGROUP,
        "failSwapOn": False,
        "failCgroupV1": False,
        "clusterDomain": "cluster.local",
        "clusterDNS": [DNS],
        "resolvConf": "",
        "address": NODE,
        "healthzPort": 0,
        "podLogsDir": f"{layout.state}/pod-logs",
        "volumePluginDir": f"{layout.state}/volume-plugins",
        "tlsCertFile": f"{layout.pki}/node.crt",
        "tlsPrivateKeyFile": f"{layout.pki}/node.key",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{layout.pki}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "evictionHard": {"nodefs.available": "1%", "imagefs.available": "1%"},
        # Nothing can be pulled again here.
        "imageGCHighThresholdPercent": 100,
    }


def _proxy(layout: Layout) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": PODS,
        "clientConnection": {"kubeconfig": str(layout.kubeconfig("proxy"))},
        "hostnameOverride": NODE_NAME,
        "nodeIPOverride": [NODE],
        # Else node ports would answer on the machine's outer addresses as well.
        "nodePortAddresses": [f"{NODE}/32"],
        # Serving node ports on loopback would open route_localnet for the whole machine.
        "iptables": {"localhostNodePorts": False},
        "healthzBindAddress": f"{NODE}:10256",
        "metricsBindAddress": f"{NODE}:10249",
        # A machine may refuse to have these raised; ours need not be.
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
    }


def _corefile(layout: Layout) -> str:
    return f""".:1053 {{
  bind {NODE}
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {layout.kubeconfig("admin")} sandbox
  }}
  cache 5
}}
"""
