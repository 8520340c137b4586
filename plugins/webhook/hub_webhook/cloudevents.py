"""One notice as a CloudEvent in structured mode. Pure.

Attributes are what brokers and proxies log, so they hold the hub's own opaque
keys and codes and nothing about the person; everything else is in ``data``.
Source: CloudEvents 1.0.2, its JSON format, and its extensions Sequence,
Partitioning and Distributed Tracing.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Struct, UnsetType
from pydantic import Field

from hub.sdk import CareEvent, Notice, Rendered, Settings

MEDIA_TYPE = "application/cloudevents+json"

# A tag URI (RFC 4151): CloudEvents wants an absolute URI that names the schema,
# and this one does not pretend that it can be fetched.
_SCHEMA = "tag:carehub.org,2026:"

# Sorts the keys of payloads: the same notice gives the same bytes even after a
# store that does not keep the order of keys.
_encoder = msgspec.json.Encoder(order="deterministic")


class CloudEventsOptions(Settings):
    """Options of ``cloudevents-json``."""

    type_prefix: str = Field(
        default="org.carehub.care",
        pattern=r"^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$",
        description="What the type of each event starts with, a reversed domain name.",
    )


class Recipient(Struct, frozen=True):
    """Who is told: the recipient's own number for the person, and why it gets it."""

    patient_id: str
    subscription: str


class Told(CareEvent, frozen=True, kw_only=True):
    """The data of a CloudEvent: the care event, and to whom it is told."""

    recipient: Recipient


class CloudEvent(Struct, frozen=True, kw_only=True):
    """The JSON object. Members that are UNSET are left out."""

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str = "application/json"
    dataschema: str
    sequence: str
    partitionkey: str
    confidentiality: str | UnsetType = UNSET
    correctionof: str | UnsetType = UNSET
    traceparent: str | UnsetType = UNSET
    data: Told


def render(notices: Sequence[Notice], options: CloudEventsOptions) -> Rendered:
    """Return the only notice of `notices` as ``application/cloudevents+json``."""
    (notice,) = notices
    body = _encoder.encode(_cloud_event(notice, options.type_prefix))
    return Rendered(body=body, media_type=MEDIA_TYPE, suffix=".json")


def _cloud_event(notice: Notice, type_prefix: str) -> CloudEvent:
    event = notice.event
    return CloudEvent(
        id=event.id,
        source=_source(notice.hub, event.source.feed),
        type=f"{type_prefix}.{event.type}.v1",
        subject=event.entity.key,
        time=_time(event),
        dataschema=_SCHEMA + event.schema,
        # Sequences compare as text, so they have leading zeros.
        sequence=f"{event.entity.version:010}",
        partitionkey=event.entity.key,
        confidentiality=event.labels.confidentiality or UNSET,
        correctionof=event.correction.of if event.correction else UNSET,
        traceparent=event.trace.traceparent or UNSET,
        data=_told(notice),
    )


def _source(hub: str, feed: str) -> str:
    return f"/hub/{quote(hub, safe='')}/feeds/{quote(feed, safe='')}"


def _time(event: CareEvent) -> datetime:
    """Return when it happened, or when it was told where that is not that exact."""
    occurred = event.times.occurred
    if occurred and occurred.precision in {"second", "fraction"}:
        return occurred.earliest
    return event.times.emitted


def _told(notice: Notice) -> Told:
    recipient = Recipient(notice.patient_id, notice.subscription)
    return Told(**msgspec.structs.asdict(notice.event), recipient=recipient)
