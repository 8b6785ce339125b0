"""The chart on Kubernetes' own API server: what it takes, warns of, makes pods of, and lets go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import count
from typing import Any

import httpx
import pytest

from tests.deploy import cluster
from tests.deploy.chart import CHART, NEEDED, merged, pods, rendered
from tests.deploy.cluster import BROKEN, Cluster, patiently
from tests.deploy.test_chart import EVERYTHING, MATRIX

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(bool(cluster.missing()), reason=str(cluster.missing())),
]

PORTS = {"closeout-review": 7400, "closeout-ingest": 7401, "closeout-actions": 7402, "closeout-metrics": 7403}
# What the user makes before, by its key.
SECRETS = {
    "closeout-database": "uri",
    "closeout-kafka": "password",
    "database-ca": "ca.crt",
    "kafka-ca": "ca.crt",
    "kafka-client": "tls.crt",
    "shared": "CLOSEOUT_LOG_LEVEL",
    "own": "CLOSEOUT_INGEST_PAGERDUTY_SECRETS",
}
# Strimzi is written in Java: what defines its kinds is in no Go module.
VALUES = MATRIX | {"everything": merged(EVERYTHING, {"kafka": {"strimzi": {"enabled": False}}})}
NUMBERS = count(1)


@pytest.fixture(scope="module")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    running = Cluster(tmp_path_factory.mktemp("kubernetes"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def namespace(kubernetes: Cluster) -> str:
    name = f"incidents-{next(NUMBERS)}"
    kubernetes.namespace(name, SECRETS)
    for _ in patiently():
        if kubernetes.http.get(f"/api/v1/namespaces/{name}/serviceaccounts/default").is_success:
            break
    return name


def helm(
    kubernetes: Cluster, namespace: str, command: str, *more: str, values: Mapping[str, Any] | None = None
) -> None:
    """Run a command of helm's on the release. Fails the test where it fails, and where the server warns."""
    chart = (CHART, "--values", "-") if command in ("install", "upgrade") else ()
    answer = kubernetes.helm(command, "closeout", *chart, "--namespace", namespace, *more, values=values or {})
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""


def deployments(kubernetes: Cluster, namespace: str) -> dict[str, dict[str, Any]]:
    found = kubernetes.call("GET", f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"]
    return {one["metadata"]["name"]: one for one in found}


def images(kubernetes: Cluster, namespace: str) -> set[str]:
    """Those of the pods that are there to stay."""
    found = kubernetes.call("GET", f"/api/v1/namespaces/{namespace}/pods")["items"]
    return {one["spec"]["containers"][0]["image"] for one in found if one["spec"]["restartPolicy"] == "Always"}


def reached(kubernetes: Cluster, namespace: str) -> dict[str, int]:
    """The port at which each Service reaches a pod that is ready."""
    slices = kubernetes.call("GET", f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices")["items"]
    return {
        one["metadata"]["labels"]["kubernetes.io/service-name"]: one["ports"][0]["port"]
        for one in slices
        if any(endpoint["conditions"]["ready"] for endpoint in one["endpoints"] or [])
    }


def let_in(kubernetes: Cluster, namespace: str, pod: Mapping[str, Any]) -> httpx.Response:
    """What the server says to a pod, which it does not keep."""
    # The accounts come with the release.
    spec = {name: value for name, value in pod.items() if name != "serviceAccountName"}
    path, body = f"/api/v1/namespaces/{namespace}/pods", {"metadata": {"name": "pod"}, "spec": spec}
    return kubernetes.http.post(path, json=body, params={"dryRun": "All"})


def is_hook(resource: Mapping[str, Any]) -> bool:
    return "helm.sh/hook" in resource["metadata"].get("annotations", {})


@pytest.mark.parametrize("name", VALUES)
def test_a_release_is_taken_without_a_warning_works_and_leaves_nothing(
    kubernetes: Cluster, namespace: str, name: str
) -> None:
    before = kubernetes.objects(namespace).keys()

    helm(kubernetes, namespace, "install", "--wait", "--timeout", "150s", values=VALUES[name])

    wanted = {(one["kind"], one["metadata"]["name"]) for one in rendered(VALUES[name]) if not is_hook(one)}
    assert wanted <= kubernetes.objects(namespace).keys() - before
    found = deployments(kubernetes, namespace)
    assert {one for one in found if found[one]["status"]["availableReplicas"]} == PORTS.keys()
    for _ in patiently():
        if reached(kubernetes, namespace) == PORTS:
            break
    helm(kubernetes, namespace, "test")
    helm(kubernetes, namespace, "uninstall")
    assert kubernetes.objects(namespace).keys() == before


@pytest.mark.parametrize("name", VALUES)
def test_every_pod_is_let_in_where_only_restricted_ones_are(kubernetes: Cluster, namespace: str, name: str) -> None:
    for made_by, pod in pods(rendered(VALUES[name])).items():
        answer = let_in(kubernetes, namespace, pod)

        assert answer.status_code == httpx.codes.CREATED, f"{made_by}: {answer.text}"
        assert "Warning" not in answer.headers, made_by


def test_a_pod_that_could_gain_privileges_is_not_let_in(kubernetes: Cluster, namespace: str) -> None:
    pod = deepcopy(pods(rendered())["closeout-review"])
    pod["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True

    answer = let_in(kubernetes, namespace, pod)

    assert answer.status_code == httpx.codes.FORBIDDEN
    assert 'violates PodSecurity "restricted:latest"' in answer.json()["message"]


def test_a_disruption_budget_lets_one_pod_of_two_go(kubernetes: Cluster, namespace: str) -> None:
    helm(kubernetes, namespace, "install", "--wait", "--timeout", "150s")

    for _ in patiently():
        found = kubernetes.call("GET", f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets")["items"]
        told = {one["metadata"]["name"]: one["status"] for one in found}
        if all(one["expectedPods"] == 2 and one["disruptionsAllowed"] == 1 for one in told.values()):
            break
    assert told.keys() == PORTS.keys()


def test_an_upgrade_changes_all_of_it_and_a_rollback_brings_it_back(kubernetes: Cluster, namespace: str) -> None:
    repository = NEEDED["image"]["repository"]
    helm(kubernetes, namespace, "install", "--wait", "--timeout", "150s", values={"image": {"tag": "1"}})
    first = kept(kubernetes, namespace)

    later = merged(VALUES["everything"], {"image": {"tag": "2"}})
    helm(kubernetes, namespace, "upgrade", "--wait", "--timeout", "150s", values=later)
    for _ in patiently():
        if images(kubernetes, namespace) == {f"{repository}:2"}:
            break
    kinds = {kind for kind, _ in kept(kubernetes, namespace)}
    assert {"Ingress", "HTTPRoute", "ScaledObject", "ExternalSecret"} <= kinds

    helm(kubernetes, namespace, "rollback", "1", "--wait", "--timeout", "150s")
    for _ in patiently():
        if images(kubernetes, namespace) == {f"{repository}:1"}:
            break
    assert kept(kubernetes, namespace) == first
    assert {one["spec"]["replicas"] for one in deployments(kubernetes, namespace).values()} == {2}


def kept(kubernetes: Cluster, namespace: str) -> set[tuple[str, str]]:
    """All but helm's own account of its releases."""
    return {one for one in kubernetes.objects(namespace) if not one[1].startswith("sh.helm.release.")}


def test_a_migration_that_fails_leaves_the_running_release_as_it_was(kubernetes: Cluster, namespace: str) -> None:
    def generations() -> dict[str, int]:
        return {name: one["metadata"]["generation"] for name, one in deployments(kubernetes, namespace).items()}

    helm(kubernetes, namespace, "install", "--wait", "--timeout", "150s")
    before = generations()

    values = {"image": {"tag": BROKEN}}
    upgrade = ("upgrade", "closeout", CHART, "--values", "-", "--namespace", namespace, "--timeout", "8s")
    answer = kubernetes.helm(*upgrade, values=values)

    assert answer.returncode != 0
    assert "pre-upgrade hooks failed" in answer.stderr
    assert generations() == before
    # Its log says why.
    assert ("Job", "closeout-migrations") in kubernetes.objects(namespace)
    helm(kubernetes, namespace, "upgrade", "--wait", "--timeout", "150s", values={"image": {"tag": "mended"}})
    assert ("Job", "closeout-migrations") not in kubernetes.objects(namespace)
