"""Whether a plugin kept its word; its annotations do not bind it."""

import msgspec


def sound(value: object, kind: type[msgspec.Struct]) -> bool:
    """Say whether `value` is a `kind` whose fields hold what they are to hold."""
    if not isinstance(value, kind):
        return False
    try:
        # Equal, because text would do for bytes if it were only converted.
        return bool(msgspec.convert(msgspec.structs.asdict(value), kind) == value)
    except msgspec.ValidationError:
        return False
