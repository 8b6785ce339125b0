from __future__ import annotations

import re
from typing import Any

import kubernetes_validate
import pytest

from closeout_schemas.catalogue import TOPICS
from tests.deploy.chart import (
    CHART,
    ROOT,
    SERVICES,
    containers,
    environment,
    helm,
    merged,
    needed_by,
    of_kind,
    pods,
    refusal,
    rendered,
)

EVERYTHING: dict[str, Any] = {
    "database": {"caSecret": "database-ca"},
    "kafka": {"caSecret": "kafka-ca", "strimzi": {"enabled": True, "cluster": "main"}, "applyTopics": False},
    "settings": {"CLOSEOUT_LOG_LEVEL": "INFO"},
    "envSecrets": ["shared"],
    "mapping": "version: 1\n",
    "failureModes": "version: 1\n",
    "ingest": {"envSecrets": ["own"], "autoscaling": {"enabled": True, "kind": "keda"}},
    "review": {"settings": {"CLOSEOUT_REVIEW_TIME_ZONE": "Europe/Berlin"}, "autoscaling": {"enabled": True}},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "doorHost": "hooks.example.com",
        "pagesHost": "closeout.example.com",
        "wallHost": "wall.example.com",
        "tlsSecret": "tls",
    },
    "gateway": {
        "enabled": True,
        "parentRefs": [{"name": "main"}],
        "doorHost": "hooks.example.com",
        "pagesHost": "closeout.example.com",
        "wallHost": "wall.example.com",
    },
    "monitoring": {
        "serviceMonitor": {"enabled": True},
        "prometheusRule": {"enabled": True},
        "dashboards": {"enabled": True},
        "podAnnotations": True,
    },
    "externalSecret": {"enabled": True, "storeRef": {"name": "vault"}, "remoteKey": "closeout"},
    "pods": {"labels": {"team": "platform"}, "annotations": {"a": "b"}, "tolerations": [{"operator": "Exists"}]},
}
MATRIX: dict[str, dict[str, Any]] = {
    "only what is needed": {},
    "everything": EVERYTHING,
    "no TLS": {"database": {"sslMode": "disable"}, "kafka": {"securityProtocol": "PLAINTEXT"}},
    "client certificates": {"kafka": {"securityProtocol": "SSL", "clientCertSecret": "kafka-client"}},
    "tokens": {"kafka": {"saslMechanism": "OAUTHBEARER", "oauth": {"tokenUrl": "https://id/token", "clientId": "c"}}},
    "Amazon MSK": {"kafka": {"saslMechanism": "OAUTHBEARER", "oauth": {"mskRegion": "eu-central-1"}}},
    "a digest, no policies, one pod each": {
        "image": {"digest": "sha256:" + "0" * 64},
        "networkPolicy": {"enabled": False},
        **{service: {"replicas": 1} for service in SERVICES},
    },
}
KUBERNETES = ("1.31", "1.34", "1.37")
# Other projects' kinds: their schemas are not Kubernetes' own.
OTHERS = ("monitoring.coreos.com", "keda.sh", "kafka.strimzi.io", "external-secrets.io", "gateway.networking.k8s.io")


@pytest.mark.parametrize("name", MATRIX)
def test_helm_lint_is_strict_and_finds_nothing(name: str) -> None:
    answer = helm("lint", "--strict", CHART, values=MATRIX[name])

    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("name", MATRIX)
def test_what_is_rendered_is_valid_in_three_versions_of_kubernetes(name: str) -> None:
    resources = rendered(MATRIX[name])

    for resource in resources:
        for version in KUBERNETES:
            if not resource["apiVersion"].startswith(OTHERS):
                kubernetes_validate.validate(resource, version, strict=True)
    names = [(one["kind"], one["metadata"]["name"]) for one in resources]
    assert len(names) == len(set(names))


def test_four_services_each_with_what_belongs_to_it() -> None:
    resources = rendered()

    for kind in ("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget"):
        assert set(of_kind(resources, kind)) == {f"closeout-{service}" for service in SERVICES}


def test_every_pod_is_restricted() -> None:
    for name, pod in pods(rendered(EVERYTHING)).items():
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] >= 10000
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        assert not [volume for volume in pod["volumes"] if "hostPath" in volume]
        for container in containers(pod):
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"] is True
            assert own["allowPrivilegeEscalation"] is False
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


def test_alive_does_not_ask_what_ready_asks() -> None:
    for deployment in of_kind(rendered(), "Deployment").values():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]

        assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_a_pod_has_longer_to_end_than_the_service_takes() -> None:
    from closeout_chassis.service import GRACE_SECONDS

    for deployment in of_kind(rendered(), "Deployment").values():
        pod = deployment["spec"]["template"]["spec"]
        pause = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])

        assert pod["terminationGracePeriodSeconds"] > pause + 2 * GRACE_SECONDS + 3


def test_migrations_and_topics_come_before_the_pods() -> None:
    job = of_kind(rendered(), "Job")["closeout-migrations"]

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert [one["args"] for one in containers(job["spec"]["template"]["spec"])] == [["topics", "apply"], ["migrate"]]


def test_topics_are_left_to_your_own_tool() -> None:
    job = of_kind(rendered({"kafka": {"applyTopics": False}}), "Job")["closeout-migrations"]

    assert [one["args"] for one in containers(job["spec"]["template"]["spec"])] == [["migrate"]]


def test_the_first_migrations_wait_for_nothing_that_comes_after_them() -> None:
    # Strimzi's user operator makes the secret of the KafkaUser, External Secrets' the one of the ExternalSecret.
    of_the_user = {"existingSecret": "closeout", "clientCertSecret": "closeout"}
    resources = rendered(merged(EVERYTHING, {"kafka": of_the_user}))

    needed = needed_by(pods(resources)["closeout-migrations"])
    assert needed == {("Secret", "closeout-database"), ("Secret", "database-ca"), ("Secret", "shared")}
    assert {("Secret", "closeout"), ("Secret", "closeout-external")} <= needed_by(pods(resources)["closeout-ingest"])


def test_strimzi_gets_every_topic_and_a_user_for_them() -> None:
    resources = rendered(EVERYTHING)

    made = of_kind(resources, "KafkaTopic")
    assert {topic.name for topic in TOPICS} <= set(made)
    assert {name for topic in TOPICS for name in topic.dead_letter_names()} <= set(made)
    assert of_kind(resources, "KafkaUser")["closeout"]["metadata"]["labels"]["strimzi.io/cluster"] == "main"


def test_only_the_door_the_pages_and_the_wall_with_what_it_leads_to_are_reached_from_outside() -> None:
    resources = rendered(EVERYTHING)

    ways = {
        (rule["host"], path["path"], path["backend"]["service"]["name"])
        for ingress in of_kind(resources, "Ingress").values()
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    assert ways == {
        ("hooks.example.com", "/webhooks", "closeout-ingest"),
        ("closeout.example.com", "/", "closeout-review"),
        ("wall.example.com", "/wall", "closeout-metrics"),
        ("wall.example.com", "/history", "closeout-metrics"),
        ("wall.example.com", "/api/v1", "closeout-metrics"),
    }
    routes = of_kind(resources, "HTTPRoute")
    assert set(routes) == {"closeout-ingest", "closeout-review", "closeout-metrics"}
    for name, route in routes.items():
        matches = [match["path"]["value"] for rule in route["spec"]["rules"] for match in rule["matches"]]
        assert sorted(matches) == sorted(path for _, path, service in ways if service == name)


def test_where_the_wall_is_reached_no_link_of_its_pages_leads_nowhere() -> None:
    pages = (ROOT / "services/metrics/closeout_metrics/web/templates").glob("*.html")
    links = {link for page in pages for link in re.findall(r'(?:href|action)="(/[^"?]*)', page.read_text())}
    (rule,) = of_kind(rendered(EVERYTHING), "Ingress")["closeout-metrics"]["spec"]["rules"]
    paths = tuple(f"{path['path']}/" for path in rule["http"]["paths"])

    assert {"/wall", "/history", "/api/v1/history/items"} <= links
    # Where the API of the pages says that the numbers are.
    assert [one for one in (*links, "/api/v1/numbers") if not f"{one}/".startswith(paths)] == []


@pytest.mark.parametrize(
    ("values", "url"),
    [
        (EVERYTHING, "https://wall.example.com/wall"),
        ({"ingress": {"enabled": True, "wallHost": "wall.internal"}}, "http://wall.internal/wall"),
        ({"gateway": {"enabled": True, "wallHost": "wall.internal"}}, "https://wall.internal/wall"),
        ({"ingress": {"wallHost": "wall.internal"}}, None),
        ({"review": {"settings": {"CLOSEOUT_REVIEW_WALL_URL": "https://own/wall"}}}, "https://own/wall"),
        (
            EVERYTHING | {"review": {"settings": {"CLOSEOUT_REVIEW_WALL_URL": "https://own/wall"}}},
            "https://own/wall",
        ),
    ],
)
def test_the_pages_lead_to_the_wall_where_it_is_reached(values: dict[str, Any], url: str | None) -> None:
    for name, pod in pods(rendered(values)).items():
        for container in containers(pod):
            told = [one for one in container["env"] if one["name"] == "CLOSEOUT_REVIEW_WALL_URL"]
            wanted = [url] if url and name.endswith("closeout-review") else []
            assert [one["value"] for one in told] == wanted, name


def test_helm_test_sends_a_signed_delivery_with_the_doors_own_secrets() -> None:
    pod = of_kind(rendered({"ingest": {"envSecrets": ["own"]}}), "Pod")["closeout-test-delivery"]
    (container,) = pod["spec"]["containers"]

    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert container["args"] == ["ping", "--door", "http://closeout-ingest:7401"]
    assert container["envFrom"] == [{"secretRef": {"name": "own"}}]


def test_policies_let_in_the_port_only_and_migrations_nothing() -> None:
    policies = of_kind(rendered(), "NetworkPolicy")

    assert policies["closeout-migrations"]["spec"]["ingress"] == []
    for service in SERVICES:
        assert policies[f"closeout-{service}"]["spec"]["ingress"] == [{"ports": [{"port": "http", "protocol": "TCP"}]}]


def test_secrets_are_named_and_never_written_out() -> None:
    for name, pod in pods(rendered(MATRIX["tokens"])).items():
        for container in containers(pod):
            told = environment(container)
            assert told["CLOSEOUT_DATABASE_URL"] == {"secretKeyRef": {"name": "closeout-database", "key": "uri"}}, name
            if container["name"] != "migrate":
                assert set(told["CLOSEOUT_KAFKA_OAUTH_CLIENT_SECRET"]) == {"secretKeyRef"}


def test_an_autoscaled_deployment_says_no_replicas() -> None:
    resources = rendered(EVERYTHING)
    deployments = of_kind(resources, "Deployment")

    assert "replicas" not in deployments["closeout-review"]["spec"]
    assert deployments["closeout-actions"]["spec"]["replicas"] == 2
    assert set(of_kind(resources, "HorizontalPodAutoscaler")) == {"closeout-review"}
    assert set(of_kind(resources, "ScaledObject")) == {"closeout-ingest"}


def test_dashboards_rules_and_monitors_are_those_of_the_repository() -> None:
    resources = rendered(EVERYTHING)

    boards = [name for name in of_kind(resources, "ConfigMap") if "dashboard" in name]
    assert len(boards) == len(list((CHART / "../../grafana").glob("*.json")))
    groups = of_kind(resources, "PrometheusRule")["closeout"]["spec"]["groups"]
    assert {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    assert of_kind(resources, "ServiceMonitor")["closeout"]["spec"]["jobLabel"] == "app.kubernetes.io/component"


def test_every_service_reads_the_mapping() -> None:
    deployments = of_kind(rendered({"mapping": "version: 1\n"}), "Deployment")
    without = of_kind(rendered(), "Deployment")

    for service in SERVICES:
        name, setting = f"closeout-{service}", f"CLOSEOUT_{service.upper()}_MAPPING_FILE"
        (container,) = containers(deployments[name]["spec"]["template"]["spec"])
        (mount,) = [one for one in container["volumeMounts"] if one["name"] == "mapping"]
        assert environment(container).get(setting) == f"{mount['mountPath']}/mapping.yaml", service
        assert setting not in environment(containers(without[name]["spec"]["template"]["spec"])[0])


def test_a_mapping_file_that_the_settings_name_is_named_once() -> None:
    own = {"metrics": {"settings": {"CLOSEOUT_METRICS_MAPPING_FILE": "/etc/closeout/mapping/mapping.yaml"}}}
    deployment = of_kind(rendered({"mapping": "version: 1\n"} | own), "Deployment")["closeout-metrics"]
    (container,) = containers(deployment["spec"]["template"]["spec"])
    assert [one["name"] for one in container["env"]].count("CLOSEOUT_METRICS_MAPPING_FILE") == 1


def test_a_changed_mapping_restarts_the_pods() -> None:
    def marks(mapping: str) -> set[str]:
        deployments = of_kind(rendered({"mapping": mapping}), "Deployment").values()
        return {one["spec"]["template"]["metadata"]["annotations"]["closeout/mapping"] for one in deployments}

    assert marks("version: 1\n") != marks("version: 2\n")


def test_review_alone_reads_failure_modes_of_ones_own_and_restarts_with_them() -> None:
    resources = rendered({"failureModes": "version: 1\n"})
    setting = "CLOSEOUT_REVIEW_FAILURE_MODES_FILE"

    def pod_of(service: str) -> dict[str, Any]:
        return of_kind(resources, "Deployment")[f"closeout-{service}"]["spec"]["template"]

    (container,) = containers(pod_of("review")["spec"])
    (mount,) = [one for one in container["volumeMounts"] if one["name"] == "failure-modes"]
    (file,) = of_kind(resources, "ConfigMap")["closeout-failure-modes"]["data"]
    assert environment(container)[setting] == f"{mount['mountPath']}/{file}"
    assert "closeout/failure-modes" in pod_of("review")["metadata"]["annotations"]
    for service in set(SERVICES) - {"review"}:
        assert "failure-modes" not in str(pod_of(service)), service


def test_every_variable_is_a_setting_that_there_is() -> None:
    from closeout.configuration import service_groups
    from closeout_chassis.settings import SHARED

    known = {f"{group.prefix()}{name}".upper() for group in (*SHARED, *service_groups()) for name in group.model_fields}
    for values in MATRIX.values():
        for pod in pods(rendered(values)).values():
            for container in containers(pod):
                assert {name for name in environment(container) if name.startswith("CLOSEOUT_")} <= known


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"image": {"repository": None}}, "say where your image of Closeout is"),
        ({"database": {"existingSecret": None}}, "name the secret with PostgreSQL's URL"),
        ({"kafka": {"bootstrapServers": None}}, "say where Kafka is"),
        ({"kafka": {"username": None}}, "say who signs in"),
        ({"kafka": {"saslMechanism": "OAUTHBEARER"}}, "say where tokens come from"),
        ({"kafka": {"securityProtocol": "TLS"}}, "securityProtocol"),
        ({"ingest": {"replica": 3}}, "replica"),
        ({"ingest": {"replicas": -1}}, "replicas"),
        ({"settings": {"LOG_LEVEL": "INFO"}}, "LOG_LEVEL"),
        ({"pods": {"terminationGracePeriodSeconds": 5}}, "terminationGracePeriodSeconds"),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(values: dict[str, Any], says: str) -> None:
    told = refusal(values)

    assert says in told
    assert "nil pointer" not in told


def test_a_value_that_no_template_reads_is_not_offered() -> None:
    from tools.chart import read_values

    templates = "\n".join(path.read_text() for path in (CHART / "templates").rglob("*.*"))
    for value in read_values((CHART / "values.yaml").read_text()):
        for child in value.children or (value,):
            assert child.path[-1] in templates or child.path[-1] in SERVICES, ".".join(child.path)


def test_what_the_release_is_called_is_in_the_names() -> None:
    answer = helm("template", "night-watch", CHART, values=merged({}, {}))

    assert "name: night-watch-closeout-ingest" in answer.stdout
