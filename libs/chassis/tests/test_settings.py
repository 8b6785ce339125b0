"""Settings: wrong ones are said in one line each, and never their value."""

from __future__ import annotations

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from closeout_chassis.errors import SettingsError
from closeout_chassis.settings import ServiceSettings, read


class ExampleSettings(ServiceSettings):
    """Of no service."""

    model_config = SettingsConfigDict(env_prefix="CLOSEOUT_EXAMPLE_", frozen=True)

    token: SecretStr | None = Field(None, description="A secret.")
    tries: int = Field(3, ge=1, description="A number.")


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_EXAMPLE_TRIES", "7")
    monkeypatch.setenv("CLOSEOUT_KAFKA_BATCH_SIZE", "9")

    settings = read(ExampleSettings)

    assert (settings.tries, settings.kafka.batch_size) == (7, 9)


def test_an_unknown_name_is_refused_with_those_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_EXAMPLE_TRYS", "7")

    with pytest.raises(SettingsError) as error:
        read(ExampleSettings)

    assert len(error.value.lines) == 1
    assert error.value.lines[0].startswith("CLOSEOUT_EXAMPLE_TRYS: there is no such setting.")
    assert "CLOSEOUT_EXAMPLE_TRIES" in error.value.lines[0]


def test_of_a_slip_what_it_may_have_been_is_named_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_KAFKA_BOOTSTRAP_SERVER", "broker:9092")

    with pytest.raises(SettingsError) as error:
        read(ExampleSettings)

    (line,) = error.value.lines
    slip, _, near = line.partition(" Near to it: ")
    assert slip == "CLOSEOUT_KAFKA_BOOTSTRAP_SERVER: there is no such setting."
    assert near.split(", ")[0] == "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS"
    assert "CLOSEOUT_KAFKA_SSL_CA_FILE" not in near


def test_a_group_that_all_share_is_no_setting_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_EXAMPLE_KAFKA", '{"batch_size": 9}')

    with pytest.raises(SettingsError) as error:
        read(ExampleSettings)

    (line,) = error.value.lines
    assert line.startswith("CLOSEOUT_EXAMPLE_KAFKA: there is no such setting.")
    assert line.count("CLOSEOUT_EXAMPLE_KAFKA") == 1


def test_every_bad_value_has_its_line_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_EXAMPLE_TRIES", "0")
    monkeypatch.setenv("CLOSEOUT_DATABASE_POOL_SIZE", "many")

    with pytest.raises(SettingsError) as error:
        read(ExampleSettings)

    assert [line.partition(":")[0] for line in error.value.lines] == [
        "CLOSEOUT_DATABASE_POOL_SIZE",
        "CLOSEOUT_EXAMPLE_TRIES",
    ]


def test_a_bad_value_is_not_repeated_because_it_may_be_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_EXAMPLE_TRIES", "hunter2")

    with pytest.raises(SettingsError) as error:
        read(ExampleSettings)

    assert "hunter2" not in str(error.value)


def test_another_services_settings_are_not_our_concern(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_OTHER_NAME", "x")

    assert read(ExampleSettings).tries == 3


def test_what_is_wrong_with_several_together_is_said_in_our_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")

    with pytest.raises(SettingsError) as error:
        read(ExampleSettings)

    assert error.value.lines == ("CLOSEOUT_KAFKA_…: SCRAM-SHA-512 needs sasl_username and sasl_password",)
