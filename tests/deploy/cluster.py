"""Kubernetes' own API server and controllers as one process, on loopback. What a cluster has besides is played."""

from __future__ import annotations

import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import trustme
import yaml

from closeout.process import LOOPBACK, Child, Process, ProcessError, free_port
from tests.deploy import chart

BUILT = chart.ROOT / "build" / "kubernetes"
IS_REQUIRED = os.environ.get("CLOSEOUT_TEST_REQUIRE_KUBERNETES") == "1"
HOW_TO_GET_IT = "make kubernetes, needs Go 1.26+"
TOKEN = "only-for-tests"
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
# A pod of this image fails.
BROKEN = "broken"
PATIENCE_SECONDS = 60.0
# What other parts of a cluster write beside what there is.
NOT_OURS = ("Event", "Endpoints")


def missing() -> str | None:
    """Why there is no API server to be tested against; None where there is, or where there has to be one."""
    is_there = (BUILT / "kubernetes").exists()
    return None if is_there or IS_REQUIRED else f"there is no Kubernetes API server ({HOW_TO_GET_IT})"


class Cluster:
    """An API server with the kinds of other projects that the chart can make, but for Strimzi's."""

    def __init__(self, folder: Path) -> None:
        program = BUILT / "kubernetes"
        if not program.exists():
            raise ProcessError(f"{program} is not there ({HOW_TO_GET_IT})")
        self._folder = folder
        port = free_port()
        self._url = f"https://{LOOPBACK}:{port}"
        self._write_credentials()
        self.http = httpx.Client(
            base_url=self._url,
            headers={"Authorization": f"Bearer {TOKEN}"},
            verify=ssl.create_default_context(cafile=str(folder / "ca.pem")),
            timeout=30,
        )
        self._process = Process(
            Child(
                "Kubernetes' API server",
                [program, folder, folder / "kubeconfig", *self._flags(port)],
                folder / "kubernetes.log",
                ready=self._is_ready,
                folder=folder,
                start_timeout=120,
            )
        )
        self._played = Played(self)

    def start(self) -> None:
        """Wait until it answers. Raises ProcessError when it does not."""
        self._process.wait_until_ready()
        for file in sorted((BUILT / "kinds").glob("*.yaml")):
            self._add_kinds(file)
        self.call("POST", "/api/v1/nodes", {"kind": "Node", "metadata": {"name": "node"}})
        self._played.start()

    def stop(self) -> None:
        self._played.stop()
        # Its data ends with it; asked, it would wait for the controllers.
        self._process.kill()
        self.http.close()

    def call(self, method: str, path: str, body: Any = None, **parameters: str) -> Any:
        """Ask the API server, again while it says that it is not ready for this. Fails with its words."""
        patch = {"Content-Type": "application/merge-patch+json"} if method == "PATCH" else {}
        for _ in patiently():
            answer = self.http.request(method, path, json=body, params=parameters, headers=patch)
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def helm(self, *arguments: str | Path, values: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
        """Run `helm` on this cluster, with these values over the needed ones as its standard input."""
        own = {"KUBECONFIG": str(self._folder / "kubeconfig"), "HOME": str(self._folder)}
        return chart.run(*arguments, values=values, environment=dict(os.environ) | own)

    def namespace(self, name: str, secrets: Mapping[str, str]) -> None:
        """Make a namespace where only restricted pods may be, and the secrets that are the user's to make, by key."""
        self.call("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": RESTRICTED}})
        for secret, key in secrets.items():
            body = {"metadata": {"name": secret}, "stringData": {key: "only-for-tests"}}
            self.call("POST", f"/api/v1/namespaces/{name}/secrets", body)

    def kinds(self) -> dict[tuple[str, str], str]:
        """The path of each kind's objects in a namespace, which is `{}`, by apiVersion and kind."""
        versions = [f"/apis/{one['preferredVersion']['groupVersion']}" for one in self.call("GET", "/apis")["groups"]]
        return {
            (path.removeprefix("/apis/").removeprefix("/api/"), one["kind"]): f"{path}/namespaces/{{}}/{one['name']}"
            for path in ("/api/v1", *versions)
            for one in self.call("GET", path)["resources"]
            if one["namespaced"] and "list" in one["verbs"]
        }

    def objects(self, namespace: str) -> dict[tuple[str, str], dict[str, Any]]:
        """All that is in a namespace and is nobody's part, by kind and name.

        What another object owns is the garbage collector's to take away, and that does not run here.
        """
        found = [
            (kind, one)
            for (_, kind), path in self.kinds().items()
            if kind not in NOT_OURS
            for one in self.call("GET", path.format(namespace))["items"]
        ]
        return {(kind, one["metadata"]["name"]): one for kind, one in found if "ownerReferences" not in one["metadata"]}

    def _is_ready(self) -> bool:
        try:
            return self.http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def _add_kinds(self, file: Path) -> None:
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        made = self.call("POST", path, yaml.safe_load(file.read_text()))
        for _ in patiently():
            conditions = self.call("GET", f"{path}/{made['metadata']['name']}")["status"]["conditions"] or []
            if any((one["type"], one["status"]) == ("Established", "True") for one in conditions):
                return

    def _write_credentials(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self._folder / "ca.pem")
        server = authority.issue_cert(LOOPBACK, "localhost")
        server.cert_chain_pems[0].write_to_path(self._folder / "server.pem")
        server.private_key_pem.write_to_path(self._folder / "server.key")
        (self._folder / "tokens.csv").write_text(f"{TOKEN},tests,tests,system:masters\n")
        config = {
            "clusters": [
                {
                    "name": "tests",
                    "cluster": {"server": self._url, "certificate-authority": str(self._folder / "ca.pem")},
                }
            ],
            "users": [{"name": "tests", "user": {"token": TOKEN}}],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests"}}],
            "current-context": "tests",
        }
        (self._folder / "kubeconfig").write_text(yaml.safe_dump(config))
        (self._folder / "kubeconfig").chmod(0o600)

    def _flags(self, port: int) -> Iterator[str]:
        flags = {
            "bind-address": LOOPBACK,
            "advertise-address": LOOPBACK,
            "endpoint-reconciler-type": "none",
            "secure-port": port,
            "cert-dir": self._folder / "certificates",
            "tls-cert-file": self._folder / "server.pem",
            "tls-private-key-file": self._folder / "server.key",
            "token-auth-file": self._folder / "tokens.csv",
            "authorization-mode": "RBAC",
            "service-account-issuer": "https://closeout.invalid",
            "service-account-signing-key-file": self._folder / "server.key",
            "service-account-key-file": self._folder / "server.key",
            "service-cluster-ip-range": "10.0.0.0/24",
        }
        return (f"--{name}={value}" for name, value in flags.items())


class Played(threading.Thread):
    """The scheduler, the kubelet and the External Secrets operator, as far as the API server sees them.

    A pod starts once the secrets and config maps that it names are there. Nothing runs in it: it is ready, or where
    it runs only once it has succeeded, but failed if its image's tag is BROKEN.
    """

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(daemon=True)
        self._cluster = cluster
        self._addresses = count(1)
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.1):
            self._make_secrets()
            self._take_care_of_pods()

    def stop(self) -> None:
        self._over.set()
        if self.is_alive():
            self.join()

    def _make_secrets(self) -> None:
        for external in self._listed("/apis/external-secrets.io/v1/externalsecrets"):
            about, target = external["metadata"], external["spec"]["target"]["name"]
            owner = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": about["name"]}
            body = {"metadata": {"name": target, "ownerReferences": [owner | {"uid": about["uid"]}]}}
            # 409: it is there.
            self._cluster.http.post(f"/api/v1/namespaces/{about['namespace']}/secrets", json=body)

    def _take_care_of_pods(self) -> None:
        pods = self._listed("/api/v1/pods")
        waiting = [pod for pod in pods if pod["status"]["phase"] == "Pending"]
        there = self._there() if waiting else set()
        for pod in pods:
            about = pod["metadata"]
            path = f"/api/v1/namespaces/{about['namespace']}/pods/{about['name']}"
            if "deletionTimestamp" in about:
                self._cluster.http.delete(path, params={"gracePeriodSeconds": "0"})
            elif pod in waiting:
                needed = {(about["namespace"], *one) for one in chart.needed_by(pod["spec"])}
                if needed <= there:
                    self._begin(path, pod)

    def _begin(self, path: str, pod: Mapping[str, Any]) -> None:
        node = {"apiVersion": "v1", "kind": "Node", "name": "node"}
        binding = {"metadata": {"name": pod["metadata"]["name"]}, "target": node}
        self._cluster.http.post(f"{path}/binding", json=binding)
        self._cluster.call("PATCH", f"{path}/status", {"status": self._status(pod["spec"])})

    def _status(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        if spec["restartPolicy"] == "Never":
            is_broken = spec["containers"][0]["image"].endswith(f":{BROKEN}")
            return {"phase": "Failed" if is_broken else "Succeeded"}
        number = next(self._addresses)
        address = f"10.1.{number // 250}.{number % 250 + 1}"
        ready = [{"type": "Ready", "status": "True"}]
        return {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": ready}

    def _there(self) -> set[tuple[str, str, str]]:
        return {
            (one["metadata"]["namespace"], kind, one["metadata"]["name"])
            for kind, path in (("Secret", "/api/v1/secrets"), ("ConfigMap", "/api/v1/configmaps"))
            for one in self._listed(path)
        }

    def _listed(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._cluster.call("GET", path)["items"]
        return items


def patiently() -> Iterator[None]:
    """Again and again, for as long as a controller may take. Fails the test after that."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        yield
        time.sleep(0.1)
    raise AssertionError(f"not so after {PATIENCE_SECONDS:g} s")
