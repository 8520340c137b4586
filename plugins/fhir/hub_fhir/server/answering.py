"""What the server answers, as resources. Pure. No answer quotes what was sent.

Source: R4, sections 3.1.0.1.4 (OperationOutcome) and 3.1.0.2.2 (versions).
"""

import re
from datetime import datetime
from typing import Any

from hub.sdk import HubError, Recovery
from hub_fhir.reading import errors as reading
from hub_fhir.rendering.payloads import instant
from hub_fhir.server import errors

Tree = dict[str, Any]
ERROR_CODES = "urn:carehub:error"
_TAG = re.compile(r'(?:W/)?"([0-9]{1,18})"', re.ASCII)

#: Status and type of issue (R4, IssueType) of what a client did wrong.
_ANSWERS: dict[type[HubError], tuple[int, str]] = {
    errors.NoTokenError: (401, "login"),
    errors.NotPermittedError: (403, "forbidden"),
    errors.BadRequestError: (400, "invalid"),
    errors.NothingThereError: (404, "not-found"),
    errors.ChangedMeanwhileError: (412, "conflict"),
    errors.KeyReusedError: (422, "duplicate"),
    errors.NotOfferedError: (405, "not-supported"),
    errors.TooLargeError: (413, "too-long"),
    errors.WrongMediaTypeError: (415, "not-supported"),
    errors.TooManyRequestsError: (429, "throttled"),
    errors.TooSlowError: (408, "timeout"),
    errors.UnderWayError: (409, "lock-error"),
    errors.ServerFaultError: (500, "exception"),
    reading.NotJsonError: (400, "structure"),
    reading.DuplicateKeyError: (400, "structure"),
    reading.BadNumberError: (400, "structure"),
    reading.TooDeepError: (400, "structure"),
    reading.BadTextError: (400, "structure"),
    reading.NotResourceError: (400, "structure"),
    reading.InvalidResourceError: (422, "invalid"),
    reading.UnknownModifierError: (422, "extension"),
    reading.BadBundleError: (422, "invalid"),
}
#: Where the errors are whose details are for those who ask.
_OF_CLIENTS = frozenset({errors.__name__, reading.__name__})


def status_of(error: HubError) -> int:
    """Return the status that answers an error."""
    if known := _ANSWERS.get(type(error)):
        return known[0]
    return 503 if error.recovery is Recovery.RETRY else 422


def outcome_of(error: HubError) -> Tree:
    """Return what a client is told of an error.

    The detail of an error that is not of this server can be an operator's: a path.
    """
    fallback = "transient" if error.recovery is Recovery.RETRY else "processing"
    code = _ANSWERS.get(type(error), (0, fallback))[1]
    told = error.detail if type(error).__module__ in _OF_CLIENTS else ""
    text = f"{error.summary}: {told}" if told else error.summary
    issue = {
        "severity": "error",
        "code": code,
        "details": {
            "coding": [{"system": ERROR_CODES, "code": error.code}],
            "text": text,
        },
        "diagnostics": error.remedy,
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def stored_outcome(message: str) -> Tree:
    """Return that something is stored, and under which id an operator finds it."""
    issue = {
        "severity": "information",
        "code": "informational",
        "details": {"text": "Stored, and worked out at once"},
        "diagnostics": f"message {message}",
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def etag(resource: Tree) -> str:
    """Return the ETag of a resource, "" where it has no version."""
    version = resource.get("meta", {}).get("versionId", "")
    return f'W/"{version}"' if version else ""


def tagged_version(header: str) -> str:
    """Return the version that ``If-Match`` names, ``*`` for any.

    Raises BadRequestError.
    """
    if header.strip() == "*":
        return "*"
    found = _TAG.fullmatch(header.strip())
    if found is None:
        raise errors.BadRequestError("If-Match")
    return found[1]


def searchset(
    matches: list[Tree], included: list[Tree], links: dict[str, str], address: str
) -> Tree:
    """Return a page of a search, with full URLs below `address`."""
    entries = [
        {
            "fullUrl": f"{address}/{each['resourceType']}/{each['id']}",
            "resource": each,
            "search": {"mode": mode},
        }
        for mode, listed in (("match", matches), ("include", included))
        for each in listed
    ]
    named = [{"relation": name, "url": url} for name, url in links.items()]
    found: Tree = {"resourceType": "Bundle", "type": "searchset", "link": named}
    return found | ({"entry": entries} if entries else {})


def message_reply(header: Tree, identity: str, address: str, now: datetime) -> Tree:
    """Return the message that answers another one: it is stored."""
    event: Tree = {
        name: value
        for name, value in header.items()
        if name in {"eventCoding", "eventUri"}
    }
    reply: Tree = {
        "resourceType": "MessageHeader",
        "id": identity,
        **event,
        "source": {"endpoint": address},
        "response": {"identifier": header.get("id", "unknown"), "code": "ok"},
    }
    return {
        "resourceType": "Bundle",
        "type": "message",
        "timestamp": instant(now),
        "entry": [{"fullUrl": f"urn:uuid:{identity}", "resource": reply}],
    }
