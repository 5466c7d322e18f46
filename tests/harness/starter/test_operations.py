"""An OpenAPI document becomes requests that can be sent; the rest is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from harness.errors import ConfigError
from harness.starter.operations import Documented, read_openapi
from harness.starter.sample_values import KEY

SHOP = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "https://shop.example/api/v2"}]
paths:
  /items:
    get:
      parameters: [{name: limit, in: query, required: true, schema: {type: integer, minimum: 5}}]
  /orders:
    post:
      parameters:
        - {name: Idempotency-Key, in: header, schema: {type: string}}
        - {name: X-Trace, in: header, schema: {type: string}}
      requestBody:
        content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}
  /orders/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
  /shops/{id}:
    get:
      parameters: [{name: id, in: path, required: true, example: 7}]
components:
  schemas:
    Order:
      required: [amount_minor, currency, lines]
      properties:
        amount_minor: {type: integer}
        currency: {type: string, enum: [EUR, USD]}
        lines: {type: array, items: {$ref: "#/components/schemas/Line"}}
        note: {type: string}
        reference: {type: string}
    Line:
      type: object
      properties: {item: {type: string, format: uuid}, next: {$ref: "#/components/schemas/Line"}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Documented:
    (tmp_path / "shop.yaml").write_text(SHOP)
    return read_openapi(tmp_path / "shop.yaml")


def test_each_operation_that_can_be_sent_becomes_a_request(shop: Documented) -> None:
    names = [operation.name for operation in shop.operations]
    base = "/api/v2"
    assert names == [f"GET {base}/items?limit=5", f"POST {base}/orders", f"GET {base}/shops/7"]


def test_an_operation_that_needs_an_unknown_value_is_named(shop: Documented) -> None:
    assert shop.left_out == ("GET /orders/{id}",)


def test_an_idempotency_header_gets_the_key_of_the_intent(shop: Documented) -> None:
    order = shop.operations[1]
    assert order.headers == (("Idempotency-Key", KEY),)
    assert order.sends_key
    assert not shop.operations[0].sends_key


def test_a_body_has_the_required_fields_and_those_that_name_the_intent(shop: Documented) -> None:
    body = shop.operations[1].body
    assert isinstance(body, dict)
    assert set(body) == {"amount_minor", "currency", "lines", "reference"}
    assert (body["amount_minor"], body["currency"], body["reference"]) == (1, "EUR", KEY)


def test_json_and_yaml_are_read_alike(shop: Documented, tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text(json.dumps(yaml.safe_load(SHOP)))
    assert read_openapi(tmp_path / "shop.json") == shop


def test_a_body_of_swagger_2_is_read(tmp_path: Path) -> None:
    parameter = {"name": "order", "in": "body", "schema": {"$ref": "#/definitions/Order"}}
    document = {
        "swagger": "2.0",
        "basePath": "/v1",
        "paths": {"/orders": {"post": {"parameters": [parameter]}}},
        "definitions": {"Order": {"properties": {"paid": {"type": "boolean"}}}},
    }
    (tmp_path / "shop.json").write_text(json.dumps(document))
    (order,) = read_openapi(tmp_path / "shop.json").operations
    assert (order.path, order.body) == ("/v1/orders", {"paid": True})


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[1, 2]", "not an OpenAPI document"),
        ("{}", "no `paths`"),
        ("a: [", "neither JSON nor YAML"),
        ('{"paths": {"/a/{b}": {"get": {}}}}', "without values that are missing"),
    ],
)
def test_a_document_that_cannot_be_used_is_refused(tmp_path: Path, text: str, wrong: str) -> None:
    (tmp_path / "shop.yaml").write_text(text)
    with pytest.raises(ConfigError, match=wrong):
        read_openapi(tmp_path / "shop.yaml")


def test_a_missing_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_openapi(tmp_path / "shop.yaml")
