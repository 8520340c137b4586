"""Paths on a partner's server, as the store keeps them: they may be no text at all."""

# Begins what stands for bytes that are no text.
_BYTES = "\x01"


def stored(path: str) -> str:
    """Return what is stored of a path, from which it can be had back."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return _BYTES + path.encode("utf-8", "surrogatepass").hex()
    return _BYTES + path.encode().hex() if path.startswith(_BYTES) else path


def path_of(text: str) -> str:
    """Return the path that was stored."""
    if not text.startswith(_BYTES):
        return text
    return bytes.fromhex(text.removeprefix(_BYTES)).decode("utf-8", "surrogatepass")


def shown(path: str) -> str:
    """Return the name of the file at `path`, fit to be shown."""
    name = path.rpartition("/")[2]
    return name.encode("utf-8", "replace").decode()
