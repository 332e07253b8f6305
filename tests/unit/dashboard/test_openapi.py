"""The OpenAPI document: there, whole, and holding for what is answered."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.dashboard_house import OWN_HOME, House, open_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("openapi")) as opened:
        opened.warm_station()
        opened.room(OWN_HOME, 17.0)
        opened.raise_alarm()
        yield opened


@pytest.fixture(scope="module")
def document(house: House) -> dict[str, Any]:
    answer = house.client().get("/api/openapi.json")
    assert answer.status_code == 200
    shown: dict[str, Any] = answer.json()
    return shown


def test_the_document_names_its_version_and_every_operation_once(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.")
    ids = [entry["operationId"] for methods in document["paths"].values() for entry in methods.values()]
    assert len(ids) == len(set(ids)) > 30


def test_every_reference_of_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r"'\$ref': '#/components/schemas/([^']+)'", repr(document)))
    assert references
    assert references <= set(document["components"]["schemas"])


def test_every_path_parameter_is_declared(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        wanted = set(re.findall(r"{(\w+)}", path))
        for entry in methods.values():
            declared = {item["name"] for item in entry.get("parameters", []) if item["in"] == "path"}
            assert declared == wanted, path


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    silent = [
        f"{method} {path}"
        for path, methods in document["paths"].items()
        for method, entry in methods.items()
        if not entry.get("description")
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("dispatcher", "/overview"),
        ("dispatcher", "/stations"),
        ("dispatcher", "/stations/st-east"),
        ("dispatcher", "/stations/st-east/trend"),
        ("dispatcher", "/buildings/jx-12/facade"),
        ("dispatcher", "/communities/jinxiu"),
        ("dispatcher", "/alarms"),
        ("dispatcher", "/alarms/a1"),
        ("dispatcher", "/incidents/i-a1"),
        ("hotline", "/search?q=5678"),
        ("hotline", f"/households/{OWN_HOME}/card"),
        ("resident", "/my/home"),
    ],
)
def test_answers_have_every_field_that_the_document_promises(
    house: House, document: dict[str, Any], role: str, path: str
) -> None:
    shown = house.client(role).get(f"/api/v1{path}").json()
    template = path.partition("?")[0]
    for own, name in (
        ("st-east", "{station_id}"),
        ("jx-12/", "{building_id}/"),
        ("jinxiu", "{community_id}"),
        ("i-a1", "{incident_id}"),
        ("/a1", "/{alarm_id}"),
        (OWN_HOME, "{household_id}"),
    ):
        template = template.replace(own, name)
    operation = document["paths"][f"/api/v1{template}"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert missing(shown, schema, document) == []


def missing(value: Any, schema: dict[str, Any], document: dict[str, Any], place: str = "$") -> list[str]:
    """Return the places where a value lacks a required property, or has one that is not described."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list) and "items" in schema:
        return [fault for item in value for fault in missing(item, schema["items"], document, f"{place}[]")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    known, required = set(schema["properties"]), set(schema.get("required", ()))
    faults = [f"{place}.{name}" for name in (required - set(value)) | (set(value) - known)]
    for name in known & set(value):
        faults += missing(value[name], schema["properties"][name], document, f"{place}.{name}")
    return faults


def test_the_docs_page_lists_the_interface_without_anything_from_outside(house: House) -> None:
    answer = house.client().get("/api/docs")
    assert "/api/v1/overview" in answer.text
    assert "http://" not in answer.text.replace(house.url, "")
    assert "https://" not in answer.text


def test_readiness_names_each_part(house: House) -> None:
    assert house.client().get("/healthz").json() == {"status": "ok"}
    answer = house.client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "parts": {"store": {"status": "ok", "reason": ""}}}
