"""Content that travels inside an observation: decoded, digested, kept apart.

    ED = source "^" type "^" subtype "^" encoding "^" data
    RP = pointer "^" application "^" type "^" subtype

What is decoded goes into a `Document`; a fact only ever holds its digest. A pointer
is neither followed nor kept: it may name a file or a host of somebody's choosing.
Source: HL7 v2.5.1, sections 2.A.24 (ED) and 2.A.66 (RP).
"""

import binascii
import hashlib
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from hub.sdk import Document
from hub_hl7.facts.reading import Reading
from hub_hl7.records.data.documents import SIGNATURES, SUBTYPES, TYPES
from hub_hl7.records.records import letters
from hub_hl7.wire.er7 import Field, Segment

_SUBTYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,62}", re.ASCII)
_UNKNOWN = "application/octet-stream"
_BLANK = " \t\r\n"
_BLANKS = str.maketrans("", "", _BLANK)
TEXT_TYPES = frozenset({"TX", "FT", "ST"})


class Content(Struct, frozen=True):
    """What an observation carries: a document, or why there is none.

    `pointer` says that the content is elsewhere.
    """

    document: Document | None = None
    pointer: bool = False

    @property
    def described(self) -> dict[str, Any]:
        """What details hold of it: mime, size and digest, or pointer."""
        if self.document:
            return {
                "mime": self.document.media_type,
                "size": len(self.document.content),
                "digest": self.document.digest,
            }
        return {"pointer": True} if self.pointer else {}


def content_of(reading: Reading, obx: Segment) -> Content | None:
    """Return the content of an ED or RP observation, None for any other type.

    What cannot be decoded is a warning: the fact then stands without its document.
    """
    kind = letters(obx.value(2))
    if kind == "RP" and obx.raw_field(5):
        reading.warn("document.pointer_ignored")
        return Content(pointer=True)
    if kind != "ED":
        return None
    field = obx.field(5)
    if not field.component(5):
        reading.warn("document.empty")
        return Content()
    content = _decoded(field)
    if content is None:
        reading.warn("document.undecodable")
        return Content()
    return Content(document_of(content, _media_type(field, content)))


def text_content(segments: Sequence[Segment]) -> Content | None:
    """Return the text of observations (TX, FT, ST), one line each, None for none."""
    wanted = [obx for obx in segments if letters(obx.value(2)) in TEXT_TYPES]
    lines = [field.text() or "" for obx in wanted for field in obx.repetitions(5)]
    if not any(line.strip() for line in lines):
        return None
    return Content(document_of("\n".join(lines).encode(), "text/plain"))


def document_of(content: bytes, media_type: str) -> Document:
    """Return `content` under its digest."""
    digest = hashlib.sha256(content).hexdigest()
    return Document(digest=digest, media_type=media_type, content=content)


def _decoded(field: Field) -> bytes | None:
    """Return the data of an ED value, None where they are not encoded as it says."""
    encoding, data = letters(field.component(4)), field.component(5) or ""
    if encoding in {"A", "ASCII", "NONE"}:
        return data.encode()
    try:
        if encoding == "HEX":
            return bytes.fromhex(data.translate(_BLANKS))
        if any(blank in data for blank in _BLANK):  # otherwise spare the copy
            data = data.translate(_BLANKS)
        return binascii.a2b_base64(data, strict_mode=True) or None
    except (ValueError, binascii.Error):
        return None


def _media_type(field: Field, content: bytes) -> str:
    """Return the media type that is stated, else the one the content begins like."""
    sent, subtype = letters(field.component(2)), letters(field.component(3))
    if "/" in sent and not subtype:
        sent, _, subtype = sent.partition("/")
    if known := SUBTYPES.get(subtype) or SUBTYPES.get(sent):
        return known
    kind, lower = TYPES.get(sent, ""), subtype.lower()
    if kind and _SUBTYPE.fullmatch(lower) and lower != "octet-stream":
        return f"{kind}/{lower}"
    for signature, media_type in SIGNATURES:
        if content.startswith(signature):
            return media_type
    return "text/plain" if kind == "text" else _UNKNOWN


def attachments(
    reading: Reading, segments: Sequence[Segment]
) -> tuple[Any, tuple[Document, ...]]:
    """Return what observations carry besides values, and the documents of that."""
    found = [content_of(reading, obx) for obx in segments]
    described = [one.described for one in found if one and one.described]
    documents = tuple(one.document for one in found if one and one.document)
    return described or "", documents
