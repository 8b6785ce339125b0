"""The vendors' own OpenAPI descriptions as judges, where ../shared/contracts/specs is present."""

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from .conftest import SHARED

FILES = {
    "github": "github-issues.openapi.json",
    "pagerduty": "pagerduty-rest.openapi.json",
    "jira": "jira-cloud-v3.openapi.json",
}
KEYWORDS_WITH_NAMES = ("properties", "patternProperties", "schemas")


class VendorDescription:
    """PagerDuty's is looser than its service: null is let through everywhere and oneOf read as anyOf."""

    def __init__(self, system: str) -> None:
        path = SHARED / "contracts" / "specs" / FILES[system]
        if not path.exists():
            pytest.skip("needs the vendors' descriptions in ../shared/contracts/specs")
        self.lenient = system == "pagerduty"
        self.document: dict[str, Any] = json.loads(path.read_text())
        if self.lenient:
            # The description names the entry's type in two ways; the service uses the other one.
            entry = self.document["components"]["schemas"]["AcknowledgeLogEntry"]["allOf"][1]
            entry["properties"]["type"]["enum"].append("acknowledge_log_entry")
        self.document = self.read(self.document)
        self.registry: Registry[Any] = Registry().with_resource("urn:vendor", Resource.opaque(self.document))

    def read(self, node: Any) -> Any:
        """OpenAPI 3.0 as JSON Schema: nullable becomes a type; references become absolute."""
        if isinstance(node, list):
            return [self.read(one) for one in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            target = {"$ref": "urn:vendor" + node["$ref"]}
            return {"anyOf": [target, {"type": "null"}]} if self.lenient and "schemas" in node["$ref"] else target
        made = {key: self.read(value) for key, value in node.items() if key not in ("nullable", "example", "examples")}
        if self.lenient and isinstance(made.get("oneOf"), list):
            made["anyOf"] = made.pop("oneOf")
        return self.nulled(made) if node.get("nullable") is True or self.lenient else made

    def nulled(self, schema: dict[str, Any]) -> dict[str, Any]:
        made = copy.copy(schema)
        if isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
        if isinstance(made.get("enum"), list) and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
        for combined in ("oneOf", "anyOf"):
            if isinstance(made.get(combined), list):
                made[combined] = [*made[combined], {"type": "null"}]
        return made

    def operation(self, method: str, path: str) -> dict[str, Any]:
        return dict(self.document["paths"][path][method.lower()])

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            found: Any = self.document
            for part in node["$ref"].removeprefix("urn:vendor#/").split("/"):
                found = found[part.replace("~1", "/")]
            node = found
        return node

    def answer_errors(self, method: str, path: str, status: int, body: object) -> list[str]:
        answers = self.operation(method, path)["responses"]
        assert str(status) in answers, f"{method} {path} does not answer {status}"
        content = self.resolved(answers[str(status)]).get("content")
        return self.errors(content["application/json"]["schema"], body) if content else []

    def body_errors(self, method: str, path: str, body: object) -> list[str]:
        return self.errors(self.operation(method, path)["requestBody"]["content"]["application/json"]["schema"], body)

    def parameters(self, method: str, path: str) -> list[dict[str, Any]]:
        return [self.resolved(one) for one in self.operation(method, path).get("parameters", [])]

    def errors(self, schema: dict[str, Any], value: object) -> list[str]:
        found = Draft202012Validator(schema, registry=self.registry).iter_errors(value)
        return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in found]
