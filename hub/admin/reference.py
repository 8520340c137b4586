"""The reference page of the admin API, made from its table of routes."""

from collections.abc import Iterator
from typing import Any

from hub.admin.openapi import openapi
from hub.admin.routes import ROUTES

_INTRODUCTION = """# Admin API

Made from the code by `python -m hub.reference --write`; do not edit.

The API answers at the address in `[admin]`, on loopback only as long as there are no
tokens.
Once there is one, every request needs a token with the permission that is named
below; [Roles](roles.md) says which role has it.
Requests whose `Host` is another machine, or that another web site caused, are
refused.
Lists answer `{"items": [...], "next": "<cursor>"}`, newest first where no other order
is named; `next` is null on the last page.
What identifies a person is asked for in a body and never in an address.
Times are in UTC, in ISO 8601.
Where the key of a person is asked for, that of any of their identities will do.
The answer has the key that the person is known by now: after a merge or a split that
can be another one.
As known at a time, a person has the identities that links of the messages received
by then hold together; where a link was replaced since, only the newest is known.
An error answers `{"error": {"code", "summary", "remedy"}}`, with all `problems` where
parameters are wrong, and with an `id` that is in the log where the hub itself is.
The machine-readable form of this page is `/api/v1/openapi.json`.
"""


def api_reference() -> str:
    """Return the reference of every address, its parameters and its answer."""
    description = openapi()
    schemas = description["components"]["schemas"]
    parts = [_INTRODUCTION]
    for route in ROUTES:
        operation = description["paths"][route.path][route.method.lower()]
        parts += [f"## `{route.method} {route.path}`\n", f"{route.summary}"]
        parts += [f"Permission: `{route.permission}`.\n"]
        parts += _parameters(operation["parameters"], schemas)
        parts += _body(operation.get("requestBody"), schemas)
        for media_type, content in operation["responses"]["200"]["content"].items():
            parts += _answer(media_type, content, schemas)
    return "\n".join(parts)


def _parameters(
    parameters: list[dict[str, Any]], schemas: dict[str, Any]
) -> Iterator[str]:
    asked = [each for each in parameters if each["in"] == "query"]
    if not asked:
        return
    yield "| Parameter | Type | Meaning |\n|---|---|---|"
    for each in asked:
        meaning = each["description"] + (" Needed." if each["required"] else "")
        rule = each["schema"]
        default = f" (default {rule['default']})" if rule.get("default") else ""
        yield f"| `{each['name']}` | {_type(rule, schemas)}{default} | {meaning} |"
    yield ""


def _body(body: dict[str, Any] | None, schemas: dict[str, Any]) -> Iterator[str]:
    if body is None:
        return
    schema = body["content"]["application/json"]["schema"]
    yield "The body is a JSON object:\n"
    yield "| Field | Type | Meaning |\n|---|---|---|"
    for name, rule in schema["properties"].items():
        needed = " Needed." if name in schema.get("required", ()) else ""
        meaning = rule["description"] + needed
        yield f"| `{name}` | {_type(rule, schemas)} | {meaning} |"
    yield ""


def _answer(
    media_type: str, content: dict[str, Any], schemas: dict[str, Any]
) -> Iterator[str]:
    schema = _resolve(content["schema"], schemas)
    properties = schema.get("properties", {})
    if not properties:
        yield f"The answer is `{media_type}`.\n"
        return
    what = "The answer:"
    if set(properties) == {"items", "next"}:
        schema = _resolve(properties["items"]["items"], schemas)
        what = "An item:"
    yield f"{what} {_first_line(schema)}\n"
    yield "| Field | Type |\n|---|---|"
    for name, rule in schema["properties"].items():
        yield f"| `{name}` | {_type(rule, schemas)} |"
    yield ""


def _first_line(schema: dict[str, Any]) -> str:
    """Return the first sentence of a shape's description, as part of another."""
    text = str(schema.get("description", "")).partition("\n")[0]
    return text[:1].lower() + text[1:]


def _resolve(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = schemas[schema["$ref"].rpartition("/")[2]]
    return found


def _type(rule: dict[str, Any], schemas: dict[str, Any]) -> str:
    rule = _resolve(rule, schemas)
    if "anyOf" in rule:
        return " or ".join(_type(each, schemas) for each in rule["anyOf"])
    if "enum" in rule:
        return " or ".join(f"`{value}`" for value in rule["enum"])
    if rule.get("type") == "array":
        return f"list of {_type(rule.get('items', {}), schemas)}"
    if rule.get("format") == "date-time":
        return "time"
    return str(rule.get("type", "any"))
