"""The JSON Schema of statements, for whoever writes some."""

from typing import Any

#: The version of the form. What is added does not change it.
SCHEMA_ID = "https://carehub.dev/schemas/facts/1.0"


def facts_schema() -> dict[str, Any]:
    """Return the schema of a body of statements, JSON Schema 2020-12."""
    from hub.model.care.models import Statements  # noqa: PLC0415 - slow to make

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Carehub facts",
        **Statements.model_json_schema(),
    }
