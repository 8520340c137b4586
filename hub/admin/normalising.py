"""What reads messages of a media type, as far as that is known from the plugins."""

from hub.registry import Registry
from hub.store.explaining.messages import Reads


def normalisers(registry: Registry) -> dict[str, Reads]:
    """Return by media type the normaliser that reads it, with its plugin's version.

    A type that several of them read is not in it: which of them it was depends on
    the feed.
    """
    found: dict[str, list[Reads]] = {}
    for name, spec in registry.normalisers.items():
        version = _version(registry, name)
        found.setdefault(spec.media_type, []).append(Reads(name, version))
    return {key: reads[0] for key, reads in found.items() if len(reads) == 1}


def _version(registry: Registry, normaliser: str) -> str:
    provided = f"normaliser {normaliser}"
    versions = (each.version for each in registry.plugins if provided in each.provides)
    return next(versions, "")
