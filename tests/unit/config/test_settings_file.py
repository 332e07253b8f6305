"""Settings are read from a file and the environment; every mistake is told at once with its place."""

import re
from pathlib import Path

import pytest

from config.mistakes import MistakesError
from config.settings.reading import check_service_secrets, load_settings
from config.settings.tree import Settings

BAD_FILES = sorted((Path(__file__).parent / "bad_settings").glob("*.yaml"))


@pytest.mark.parametrize("path", BAD_FILES, ids=lambda path: path.stem)
def test_a_bad_file_is_refused_with_its_line_and_words(path: Path) -> None:
    expectation = re.match(r"# expect line (\d+): (.*)", path.read_text(encoding="utf-8"))
    assert expectation, f"{path.name} begins with what it expects"
    line, words = expectation.groups()
    with pytest.raises(MistakesError) as caught:
        load_settings(path, environment={})
    told = [str(mistake) for mistake in caught.value.mistakes]
    assert any(text.startswith(f"{path}:{line}:") and words in text for text in told), told
    assert all(mistake.remedy for mistake in caught.value.mistakes)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(
        "mqtt:\n  prot: 1\n  port: 0\n  host: a\n  host: b\ntimeseries:\n  url: mysql://x\nrules:\n  dir: nowhere\n"
    )
    with pytest.raises(MistakesError) as caught:
        load_settings(file, environment={"NUANLIU_MQQT__HOST": "x"})
    assert {mistake.place.rpartition(":")[2] for mistake in caught.value.mistakes} == {
        "2",
        "3",
        "5",
        "7",
        "9",
        "environment NUANLIU_MQQT__HOST",
    }


def test_the_environment_overrides_one_key_and_leaves_its_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("mqtt:\n  host: broker.example\n  port: 1884\n")
    monkeypatch.setenv("NUANLIU_MQTT__PORT", "8883")
    settings = load_settings(file)
    assert (settings.mqtt.host, settings.mqtt.port) == ("broker.example", 8883)


def test_a_mistake_in_the_environment_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUANLIU_MQTT__PORT", "zero")
    with pytest.raises(MistakesError, match=r"environment NUANLIU_MQTT__PORT: «mqtt\.port»"):
        load_settings(None)


def test_the_environment_can_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("site:\n  name: 东乌供热\n", encoding="utf-8")
    assert load_settings(None, environment={"NUANLIU_CONFIG": str(file)}).site.name == "东乌供热"


def test_secrets_are_not_repeated_in_messages(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("mqtt:\n  password: [hunter2]\n")
    with pytest.raises(MistakesError) as caught:
        load_settings(file, environment={})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("secret", [None, "short", "a" * 64])
def test_a_service_refuses_a_missing_or_weak_secret(secret: str | None) -> None:
    settings = Settings.model_validate({"web": {"secret": secret}})
    assert [mistake.place for mistake in check_service_secrets(settings)] == ["web.secret"]


def test_a_strong_secret_is_accepted() -> None:
    strong = "0123456789abcdef" * 4
    assert check_service_secrets(Settings.model_validate({"web": {"secret": strong}})) == []


def test_a_group_of_collectors_on_a_shared_store_by_mqtt_5_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("mqtt:\n  share_group: nuanliu\ntimeseries:\n  url: influxdb://127.0.0.1:8086\n")
    assert load_settings(file, environment={}).mqtt.share_group == "nuanliu"
