"""The reference page of the roles, made from the table that decides."""

from collections.abc import Iterator

from hub.admin.roles import (
    BREAKS_GLASS,
    GRANTS,
    MASKABLE,
    MEANING,
    OWN_ONLY,
    SCOPED,
    Permission,
    Role,
    Verdict,
    judge,
)
from hub.admin.routes import ROUTES

_INTRODUCTION = """# Roles

Made from the code by `python -m hub.reference --write`; do not edit.

A token has one role, and each address of the [admin API](api.md) needs one permission.
As long as there is no token, everybody on this machine may do everything.

* *masked*: the answer has no content, and `•••` where there was some.
* *with a reason*: only with the header `Carehub-Reason`, which is audited and raises
  an alarm; with it, what is masked is shown too.
* *own*: only for the source or the destination that the token is for.
"""
_WORDS = {
    Verdict.PLAIN: "yes",
    Verdict.MASKED: "masked",
    Verdict.REASON_NEEDED: "with a reason",
    Verdict.REFUSED: "",
}


def roles_reference() -> str:
    """Return what each role may do, and what each permission is needed for."""
    return "\n".join([_INTRODUCTION, *_matrix(), *_permissions()])


def _matrix() -> Iterator[str]:
    yield f"| Permission | {' | '.join(f'`{role}`' for role in Role)} |"
    yield f"|---|{'---|' * len(Role)}"
    for permission in Permission:
        cells = " | ".join(_cell(role, permission) for role in Role)
        yield f"| `{permission}` | {cells} |"
    yield ""


def _cell(role: Role, permission: Permission) -> str:
    if role in SCOPED and permission in OWN_ONLY and role in GRANTS[permission]:
        return "own"
    word = _WORDS[judge(role, permission, own=True, reason=False)]
    if permission in MASKABLE and role in BREAKS_GLASS:
        return f"{word}, or with a reason"
    return word


def _permissions() -> Iterator[str]:
    for permission in Permission:
        yield f"## `{permission}`\n\n{MEANING[permission]}\n"
        for route in ROUTES:
            if route.permission is permission:
                yield f"* `{route.method} {route.path}`"
        yield ""
