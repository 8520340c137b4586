"""The schemas of the specification, where somebody put them; nothing is copied."""

import json
import os
from pathlib import Path

import jsonschema_rs

ROOT = Path(__file__).parents[4]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus")) / "hsds"
SCHEMA = CORPUS / "openreferral__specification/schema"


def schemas():
    """Return the schema of each kind."""
    found = {path.stem: json.loads(path.read_text()) for path in SCHEMA.glob("*.json")}
    return {name: each for name, each in found.items() if "properties" in each}


def validators():
    """Return a validator of another making for each kind, formats checked."""
    registry = jsonschema_rs.Registry(
        [(f"file:///{name}.json", each) for name, each in schemas().items()]
    )
    return {
        name: jsonschema_rs.validator_for(
            {"$ref": f"file:///{name}.json"}, validate_formats=True, registry=registry
        )
        for name in schemas()
    }
