"""What reads the messages of a source, as far as the configuration of now says."""

from collections.abc import Mapping

from hub.registry import Registry
from hub.store.explaining.messages import Reads


def normalisers(registry: Registry, chosen: Mapping[str, str]) -> dict[str, Reads]:
    """Return by source its normaliser, with the version of the plugin it is from.

    `chosen` has the names of normalisers by source.
    """
    return {
        source: Reads(name, _version(registry, name)) for source, name in chosen.items()
    }


def _version(registry: Registry, normaliser: str) -> str:
    provided = f"normaliser {normaliser}"
    versions = (each.version for each in registry.plugins if provided in each.provides)
    return next(versions, "")
