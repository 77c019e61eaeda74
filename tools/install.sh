#!/usr/bin/env bash
# CRDs, RBAC and the operator into the cluster of $KUBECONFIG; waits until the operator is ready.
# Called by `make install`. Namespaces of migrations and applications get their Roles by
# `kubectl apply -n NAMESPACE -f manifests/{migration,application}-namespace/`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
kubectl=${KUBECTL:-kubectl}

"$kubectl" apply --server-side -f crds/
"$kubectl" wait --for=condition=Established --timeout=30s -f crds/
# What somebody set by hand (`kubectl set env`) is taken back: the manifests decide.
"$kubectl" apply --server-side --force-conflicts -f manifests/
# The image tag does not change between builds; a new pod picks up what `make images` loaded.
"$kubectl" -n kmig-system rollout restart deployment/kmig-operator
"$kubectl" -n kmig-system rollout status deployment/kmig-operator --timeout=120s
