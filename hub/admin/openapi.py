"""The OpenAPI description of the admin API, made from its table of routes."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from hub import __version__
from hub.admin import handlers
from hub.admin.answers import Refusal
from hub.admin.parameters import Parameters
from hub.admin.route import Route
from hub.admin.routes import ROUTES

_TEMPLATE = "#/components/schemas/{name}"
_PATH_PARAMETER = re.compile(r"\{(\w+)\}")
# What any address may answer besides its own.
_ALWAYS = (400, 401, 403, 429, 500, 503)
# How one says who asks; as long as there is no token, nobody needs to.
_BEARER = {"token": {"type": "http", "scheme": "bearer"}}
_CREATED, _ACCEPTED = 201, 202  # RFC 9110 sections 15.3.2 and 15.3.3


@cache
def openapi() -> dict[str, Any]:
    """Return the description, OpenAPI 3.1, which nobody may change."""
    shapes = [route.shape for route in ROUTES if route.shape is not None]
    schemas, components = msgspec.json.schema_components(
        [*shapes, Refusal], ref_template=_TEMPLATE
    )
    refusal, answers = schemas[-1], iter(schemas[:-1])
    paths: dict[str, Any] = {}
    for route in ROUTES:
        schema = next(answers) if route.shape is not None else {"type": "string"}
        operation = _operation(route, schema, refusal, components)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Carehub admin API", "version": __version__},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _BEARER},
        "security": [{"token": []}, {}],
    }


def _operation(
    route: Route,
    schema: dict[str, Any],
    refusal: dict[str, Any],
    components: dict[str, Any],
) -> dict[str, Any]:
    responses = {"200": _response("As asked.", route.media_type, schema)}
    for status in sorted({*_ALWAYS, *route.statuses} - {_CREATED, _ACCEPTED}):
        responses[str(status)] = _response("Refused.", "application/json", refusal)
    if _CREATED in route.statuses:
        responses[str(_CREATED)] = _response("Made.", route.media_type, schema)
    if _ACCEPTED in route.statuses:
        accepted = "Kept, and not carried out yet."
        responses[str(_ACCEPTED)] = _response(accepted, route.media_type, schema)
    if route.answer is handlers.ready:
        responses["503"] = _response("Not ready.", route.media_type, schema)
    described: dict[str, Any] = {
        "operationId": route.answer.__name__,
        "summary": route.summary,
        "x-permission": route.permission.value,
        "parameters": [*_in_path(route), *_in_query(route, components)],
        "responses": responses,
    }
    if route.body is not None:
        content = {"application/json": {"schema": _schema(route.body, components)}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _response(text: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {media_type: {"schema": schema}}}


def _in_path(route: Route) -> Iterator[dict[str, Any]]:
    for name in _PATH_PARAMETER.findall(route.path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
        }


def _in_query(route: Route, components: dict[str, Any]) -> Iterator[dict[str, Any]]:
    schema = _schema(route.parameters, components)
    for name, rule in schema.get("properties", {}).items():
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": rule.pop("description"),
            "schema": rule,
        }


def _schema(model: type[Parameters], components: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of parameters; what it refers to goes to `components`."""
    schema = model.model_json_schema(ref_template=_TEMPLATE.replace("name", "model"))
    components.update(schema.pop("$defs", {}))
    return schema
