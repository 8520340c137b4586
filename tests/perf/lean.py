"""Lean bodies: what is left of a row where only its room and its place matter."""

import msgspec
from msgspec.structs import replace

from hub.model.events import CareEvent
from hub.model.facts import Fact


def _lean_fact(body):
    """Leave out who the person is: what is known of them is in the person's row."""
    fact = msgspec.json.decode(body, type=Fact)
    subject = replace(fact.subject, demographics={})
    return msgspec.json.encode(replace(fact, subject=subject))


#: What of an event says what it is, about what, when, and why.
EVENT_ENVELOPE = ("id", "type", "schema", "entity", "causes")
TIME = ("raw", "precision", "earliest", "latest", "local")


def _lean_event(body):
    event = msgspec.json.decode(body)
    times, source = event["times"], event["source"]
    kept = {name: event[name] for name in EVENT_ENVELOPE}
    kept["subject"] = {"person": event["subject"]["person"]}
    kept["source"] = {name: value for name, value in source.items() if value}
    kept["times"] = {name: times[name] for name in ("received", "emitted")}
    if times["occurred"]:
        kept["times"]["occurred"] = {name: times["occurred"][name] for name in TIME}
    if event["correction"]:
        kept["correction"] = event["correction"]
    if event["basis"] != "explicit":
        kept["basis"] = event["basis"]
    lean = msgspec.json.encode(kept)
    msgspec.json.decode(lean, type=CareEvent)  # the hub must be able to read it
    return lean


def _lean_message(body):
    return body[: len(b"MSH|^~\\&")]


LEAN = {"message": _lean_message, "fact": _lean_fact, "event": _lean_event}
