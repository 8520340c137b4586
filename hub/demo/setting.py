"""The folder of a demonstration: ``hub.toml``, a panel and the secrets.

Every path in the configuration is relative to the folder, so that the folder can
be moved, and looked at later with ``--config DIR/hub.toml``.
"""

import json
import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hub.demo import consents, directories, exchanging, payer, roster, x12
from hub.demo.errors import DemoFolderTakenError
from hub.demo.expectation import (
    ARCHIVE_EVENTS,
    MEALS_EVENTS,
    NOTIFIED_EVENTS,
    PAYER_EVENTS,
    SECOND_PAYER_EVENTS,
    SOCIAL_EVENTS,
)
from hub.demo.sites import SITES, Site

HOST = "127.0.0.1"
DATA, ARCHIVE, SECRET = "data", "archive", "keys/webhook"
SECOND_PANEL = "panel-payer-b.csv"
PAYER, SECOND_PAYER, MEALS = "payer-a", "payer-b", "meals"
#: Partners in referrals: who asks, and who helps.
REFERRER, FOOD_BANK = "st-mary", "food-bank"
#: The payer's way for X12, which is a destination of its own.
NOTIFIED = f"{PAYER}-278n"
#: How often the hub looks for files of the payer, in seconds.
POLL_SECONDS = 0.25
#: How long the payer has to acknowledge a file.
ACKNOWLEDGE_HOURS = 24
DIGEST = "daily 06:00 America/New_York"
PURPOSE = "care_coordination"

HEAD = """\
# The region that `hub demo` plays. It writes this file, the panel and the keys into
# a folder of its own, with ports that are free there. Everybody in it is synthetic.
# Look at a region that was played with `--config FOLDER/hub.toml`.
"""
REMARKS = {
    "hub": "The store is in a folder beside this file.",
    "admin": "Health, metrics and the JSON API.",
    "stays": "What is one stay, and what is due after it.",
    "sources.klinik-nord": "A German hospital; it writes ISO 8859-1 and local times.",
    "sources.st-mary": "A hospital in New York; it writes UTF-8 and local times.",
    "destinations.payer-a": "A payer: files with a row for each notice, by SFTP.",
    "destinations.payer-a-278n": "The same payer: notifications in X12 (278).",
    "destinations.social-services": "Social services: a signed POST for each notice.",
    "sources.consents": "What people decided; told to the API of the hub.",
    "sources.payer-a-roster": "Whom the payer insures: files on its own server.",
    "sources.payer-a-acks": "What the payer says of our tables.",
    "sources.payer-a-x12": "What it says of our interchanges: TA1 and 999.",
    "sources.city": "Who helps whom in the city: HSDS 3.0.",
    "sources.county": "The same of the county, in one table; with a secret place.",
    "destinations.st-mary": "Where the hospital hears how its referrals go.",
    "destinations.food-bank": "Where the food bank is told whom to help.",
    "recipients.food-bank": "No health care: told the minimum of those who agreed.",
    "partners.st-mary": "It asks for help.",
    "partners.food-bank": "It helps, and says by the API what comes of it.",
    "destinations.payer-b": "Another payer: a file a day.",
    "destinations.meals": "Meals on wheels: a folder too.",
    "recipients.payer-a": "What the contract with the payer allows.",
    "recipients.payer-a-278n": "The same contract.",
    "recipients.payer-b": "This one pays, and coordinates nothing.",
    "recipients.meals": "No health care: told of those who agreed, and not much.",
    "destinations.archive": "A folder of this machine, to look at.",
    "panels.payer-a": "Whom the payer insures, under its own numbers: its rosters say.",
    "panels.payer-b": "Whom the other payer insures.",
    "subscriptions.payer-b-members": "The other payer hears of its own, once a day.",
    "subscriptions.meals-home": "Who comes home may need meals.",
    "subscriptions.payer-a-members": "The payer hears of its members only.",
    "subscriptions.payer-a-notified": "Of admissions and discharges in X12 too.",
    "subscriptions.social-services-all": "The social services hear of everybody.",
    "subscriptions.archive-discharges": "Ends of stays, and what became of them.",
}

Value = str | float | bool | tuple["Value", ...] | Mapping[str, "Value"]

#: What is due after stays in this region, and whose dates and holidays count.
STAYS: Mapping[str, Value] = {
    "rules": "us",
    "programmes": ("tcm", "readmission"),
    "time_zone": "America/New_York",
    "calendar": "US-NY",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around the hub: the peers' addresses and free ports for it.

    `private_key` and `known_hosts` are relative to the folder; `listeners` maps
    the name of each hospital to the port that the hub shall listen on. At
    `referral_port` a hospital hears how its referrals go.
    """

    sftp_port: int
    sftp_user: str
    private_key: Path
    known_hosts: Path
    webhook_url: str
    listeners: Mapping[str, int]
    admin_port: int
    referral_port: int


def prepare_folder(folder: Path) -> None:
    """Make `folder`, for its owner only. Raises DemoFolderTakenError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise DemoFolderTakenError(str(folder))
    (folder / "keys").mkdir(mode=0o700)


def free_ports(count: int) -> list[int]:
    """Return `count` TCP ports on loopback that were free a moment ago."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]


def write_secret(folder: Path, secret: str) -> None:
    """Write what webhooks are signed with, for its owner only."""
    path = folder / SECRET
    path.touch(mode=0o600)
    path.write_text(f"{secret}\n", encoding="utf-8")


def write_configuration(folder: Path, around: Surroundings) -> Path:
    """Write ``hub.toml`` into `folder` and return its path."""
    path = folder / "hub.toml"
    tables = [*_hub(around), *_sources(around), *_files(around), *_directories()]
    tables += [*_destinations(around), *_referred(around), *_recipients()]
    tables += [
        (f"panels.{PAYER}", {}),
        ("panels.payer-b", {"file": SECOND_PANEL}),
        *_subscriptions(),
        *_partners(),
    ]
    text = HEAD + "".join(f"\n{_table(name, keys)}" for name, keys in tables)
    path.write_text(text, encoding="utf-8")
    return path


def _hub(around: Surroundings) -> Iterable[tuple[str, Mapping[str, Value]]]:
    yield "hub", {"name": "demo", "data_dir": DATA}
    yield "admin", {"host": HOST, "port": around.admin_port}
    yield "stays", STAYS


def _sources(around: Surroundings) -> Iterable[tuple[str, Mapping[str, Value]]]:
    for site in SITES:
        yield (
            f"sources.{site.name}",
            {
                "kind": "mllp-listener",
                "host": HOST,
                "port": around.listeners[site.name],
                "profile": _profile(site),
            },
        )
    yield f"sources.{consents.FEED}", {"kind": "facts-api"}


def _files(around: Surroundings) -> Iterable[tuple[str, Mapping[str, Value]]]:
    """Yield the sources of the payer's files, each with how it is written."""
    server: dict[str, Value] = {
        "kind": "sftp-poller",
        **_server(around),
        "folder": payer.INBOX,
        "partner": PAYER,
        "poll_seconds": POLL_SECONDS,
    }
    for name, normaliser, files, profile in (
        ("roster", "roster-csv", exchanging.ROSTERS, _ROSTER),
        ("acks", "ack-csv", exchanging.LISTS, _LIST),
        ("x12", "x12", exchanging.ANSWERS, _ENDS),
    ):
        table = f"sources.{PAYER}-{name}"
        keys: dict[str, Value] = {"normaliser": normaliser, "files": files}
        if name == "roster":
            keys["gate"] = {"panel": PAYER}
        yield table, server | keys
        yield f"{table}.profile", profile


def _server(around: Surroundings) -> dict[str, Value]:
    """Return how the hub comes in at the payer's."""
    return {
        "host": HOST,
        "port": around.sftp_port,
        "user": around.sftp_user,
        "private_key": f"file:{around.private_key.as_posix()}",
        "known_hosts": around.known_hosts.as_posix(),
    }


_ROSTER: Mapping[str, Value] = {
    "semantics": "full",
    "system": "PAYER_A",
    "trailer": roster.TRAILER,
    "columns": roster.COLUMNS,
    "identifiers": {
        site.authority.lower(): {"system": site.authority, "type": "PI"}
        for site in SITES
    },
}
_LIST: Mapping[str, Value] = {
    "columns": dict(zip(("file", "status"), exchanging.TAKEN_HEADER, strict=True))
}
_ENDS: Mapping[str, Value] = {"us": {"id": x12.US}, "partner": {"id": x12.PARTNER}}
#: By which number (NPI; made up) the payer knows the hospitals.
_FACILITIES: Mapping[str, Value] = {
    "klinik-nord": {"npi": "1234567893", "name": "Klinik Nord"},
    "st-mary": {"npi": "1245319599", "name": "St. Mary"},
}


def _directories() -> Iterable[tuple[str, Mapping[str, Value]]]:
    for name, folder in directories.INBOXES.items():
        yield (
            f"sources.{name}",
            {
                "kind": "folder-poller",
                "folder": folder,
                "normaliser": "hsds",
                "files": directories.FILES[name],
                "complete": "rename",
                "poll_seconds": POLL_SECONDS,
                "gate": {"respond": False},
            },
        )


def _referred(around: Surroundings) -> Iterable[tuple[str, Mapping[str, Value]]]:
    yield (
        f"destinations.{REFERRER}",
        {
            "kind": "mllp-sender",
            "format": "hl7-rri",
            "host": HOST,
            "port": around.referral_port,
            "tls": False,
        },
    )
    yield (
        f"destinations.{FOOD_BANK}",
        {"kind": "folder", "format": "cloudevents-json", "folder": FOOD_BANK},
    )


def _partners() -> Iterable[tuple[str, Mapping[str, Value]]]:
    yield (
        f"partners.{REFERRER}",
        {
            "name": "St. Mary",
            "sources": (REFERRER,),
            "destination": REFERRER,
            "sides": ("requester",),
        },
    )
    yield (
        f"partners.{FOOD_BANK}",
        {
            "name": "Region Food Bank",
            "organizations": (f"{directories.CITY}:{directories.FOOD_BANK}",),
            "destination": FOOD_BANK,
            "sides": ("performer",),
        },
    )


def _recipients() -> Iterable[tuple[str, Mapping[str, Value]]]:
    purposes = ("care_coordination", "payment")
    for name in (PAYER, NOTIFIED):
        yield f"recipients.{name}", {"sector": "payer", "purposes": purposes}
    yield f"recipients.{SECOND_PAYER}", {"sector": "payer", "purposes": ("payment",)}
    for name in (MEALS, FOOD_BANK):
        yield f"recipients.{name}", {"sector": "community"}


def _profile(site: Site) -> dict[str, Value]:
    profile: dict[str, Value] = {
        "charset_default": site.charset,
        "time_zone": site.zone,
        "assigning_authority": site.authority,
    }
    # Of its results only those count that say what somebody lacks.
    screened: dict[str, Value] = {"results": ({"panels": ("sdoh",)},)}
    return profile | screened if site.name == REFERRER else profile


def _destinations(around: Surroundings) -> Iterable[tuple[str, Mapping[str, Value]]]:
    for name, form, folder in (
        (PAYER, "notification-csv", payer.NOTICES),
        (NOTIFIED, "x12-278n", payer.INTERCHANGES),
    ):
        keys: dict[str, Value] = {"kind": "sftp-writer", "format": form}
        keys |= _server(around) | {"folder": folder, "partner": PAYER}
        yield (
            f"destinations.{name}",
            keys | {"acknowledge_within_hours": ACKNOWLEDGE_HOURS},
        )
    yield (
        f"destinations.{NOTIFIED}.format_options",
        {**_ENDS, "payer_name": "Payer A", "facilities": _FACILITIES},
    )
    yield (
        "destinations.social-services",
        {
            "kind": "webhook",
            "format": "cloudevents-json",
            "url": around.webhook_url,
            "secret": f"file:{SECRET}",
            "concurrency": 8,
        },
    )
    yield (
        "destinations.archive",
        {"kind": "folder", "format": "cloudevents-json", "folder": ARCHIVE},
    )
    yield (
        f"destinations.{SECOND_PAYER}",
        {"kind": "folder", "format": "notification-csv", "folder": SECOND_PAYER},
    )
    yield (
        f"destinations.{MEALS}",
        {"kind": "folder", "format": "cloudevents-json", "folder": MEALS},
    )


def _subscriptions() -> Iterable[tuple[str, Mapping[str, Value]]]:
    for name, destination, panel, events in (
        ("payer-a-members", PAYER, PAYER, PAYER_EVENTS),
        ("payer-a-notified", NOTIFIED, PAYER, NOTIFIED_EVENTS),
        ("payer-b-members", SECOND_PAYER, "payer-b", SECOND_PAYER_EVENTS),
        ("social-services-all", "social-services", "all", SOCIAL_EVENTS),
        ("meals-home", MEALS, "all", MEALS_EVENTS),
        ("archive-discharges", "archive", "all", ARCHIVE_EVENTS),
    ):
        pays = destination == SECOND_PAYER
        keys: dict[str, Value] = {
            "destination": destination,
            "panel": panel,
            "events": events,
            "purpose": "payment" if pays else PURPOSE,
        }
        yield f"subscriptions.{name}", keys | ({"cadence": DIGEST} if pays else {})


def _table(name: str, keys: Mapping[str, Value]) -> str:
    """Return a table, with a remark unless it belongs to the one before it."""
    lines = [f"{key} = {_value(value)}\n" for key, value in keys.items()]
    remark = "" if name.count(".") > 1 else f"# {REMARKS[name]}\n"
    return f"{remark}[{name}]\n{''.join(lines)}"


def _value(value: Value) -> str:
    """Write a value; a list has a line for each of its values."""
    if isinstance(value, tuple):
        return "".join(["[\n", *(f"    {_inline(v)},\n" for v in value), "]"])
    return _inline(value)


def _inline(value: Value) -> str:
    """Write a value in one line; a JSON text, number or truth value is TOML as well."""
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key} = {_inline(each)}" for key, each in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_inline, value))}]"
    return json.dumps(value)
