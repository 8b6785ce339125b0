from __future__ import annotations

import pytest

from closeout.commands.serve import ServiceName, build
from closeout_schemas.catalogue import TOPICS


@pytest.mark.parametrize("service", list(ServiceName))
def test_the_catalogue_knows_what_each_service_hears(service: ServiceName) -> None:
    built, _settings = build(service)

    assert {topic.name for topic in built.hears} == {topic.name for topic in TOPICS if service in topic.heard_by}
