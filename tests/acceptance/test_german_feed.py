"""A German feed, by hand: umlauts in ISO 8859-1, movements (ZBE), case numbers.

Every person, hospital and number in here is made up. Source of the forms: IHE ITI
technical framework 2b, section 3.31, and HL7 Germany's definition of ZBE.
"""

import csv
import json

import pytest

from hub_hl7.learning.learn import learn
from tests.acceptance.messages import joined, send
from tests.acceptance.peers import Receiver
from tests.acceptance.process import feed, folder, subscription, webhook

PROFILE = {
    "charset_default": "8859/1",
    "time_zone": "Europe/Berlin",
    "assigning_authority": "KLINIK_SÜD",
    "visit_number_scope": "case",
    "country": "DE",
    "class_map": {"VS": "outpatient", "NS": "outpatient"},
    "companions": [{"field": "PV1-18", "values": ["BEGL"]}],
}
PERSON = "0815^^^^PI", "Müßig-Özdemir^Änne-Sophïe^^^^^L", "Straße 1^^Köln^^50667^D"
CASE = "F2026000042"
AT = "202603100800"

pytestmark = pytest.mark.acceptance


def message(trigger, number, at, *, pv1=None, zbe=(), person=PERSON):
    """Return a message in ISO 8859-1 that does not say so, as many systems send it.

    `at` is both when it was recorded and when it happened; `pv1` are fields of PV1
    beyond the class and the case.
    """
    who, name, address = person
    fields = {2: "I", 19: CASE} | (pv1 or {})
    visit = "|".join(["PV1", *(fields.get(n, "") for n in range(1, max(fields) + 1))])
    lines = [
        f"MSH|^~\\&|KIS|KLINIK_SÜD|HUB|REGION|{at}||ADT^{trigger}|{number}|P|2.5|||||DEU",
        f"EVN||{at}||||{at}",
        f"PID|||{who}||{name}||19490117|F|||{address}",
        visit,
    ]
    if zbe:
        lines.append("|".join(["ZBE", *zbe]))
    return joined(lines).decode().encode("latin-1")


def movement(number, at, action="INSERT", original="", ward="", end=""):
    """Return the fields of a movement."""
    return (f"{number}^KIS", at, end, action, "N", original, f"{ward}^^^^^^^^^{ward}")


def stay():
    """Return a stay with movements: one corrected, one cancelled, then the end."""
    started = {44: "202603100800"}
    return [
        message(
            "A01", 1, "202603100800", pv1={3: "INN2^204^1"} | started,
            zbe=movement("B1", "202603100800", ward="INN2"),
        ),
        message(
            "A02", 2, "202603101200", pv1={3: "CHI1^7^2", 6: "INN2^204^1"} | started,
            zbe=movement("B2", "202603101200", ward="CHI1"),
        ),
        # It was another ward, and earlier: Z99 changes the movement it names.
        message(
            "Z99", 3, "202603101300", pv1={3: "ITS^1^1", 6: "INN2^204^1"} | started,
            zbe=movement("B2", "202603101130", "UPDATE", "A02", ward="ITS"),
        ),
        message(
            "A02", 4, "202603110900", pv1={3: "REHA^1^1", 6: "ITS^1^1"} | started,
            zbe=movement("B3", "202603110900", ward="REHA"),
        ),
        # The patient never got to REHA.
        message(
            "A12", 5, "202603110930", pv1={3: "ITS^1^1", 6: "REHA^1^1"} | started,
            zbe=movement("B3", "202603110900", "CANCEL", "A02", ward="REHA"),
        ),
        message(
            "A03", 6, "202603141030",
            pv1={3: "ITS^1^1", 45: "202603141030"} | started,
            zbe=movement("B4", "202603141030", ward="ITS"),
        ),
    ]  # fmt: skip


def contact(number, code, start, end, ward):
    """Return the beginning and the end of one contact of the case."""
    visit = {2: code, 3: ward, 44: start}
    opens = "A01" if code == "I" else "A04"
    return [
        message(opens, number, start, pv1=visit),
        message("A03", number + 1, end, pv1=visit | {45: end}),
    ]


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def hub(hubs, receiver):
    """A hub with a German feed that tells a folder and a webhook everything."""
    return hubs.start(
        feed("klinik-sued", profile=PROFILE),
        folder(hubs.out, format="notification-csv"),
        subscription("out"),
        webhook(receiver.url),
        subscription("hook"),
    )


def told(hub):
    """Return the events in the order in which the hub told them."""
    return [hub.get(f"events/{each['id']}") for each in hub.items("events")]


def rows(path):
    """Return the rows of all files in a folder, by event."""
    found = {}
    for file in path.iterdir():
        text = file.read_bytes().decode("utf-8")
        for row in csv.DictReader(text.splitlines()):
            found[row["EventID"]] = row
    return found


def unit(event):
    """Return the ward that an event names."""
    return event["payload"]["location"]["unit"]


def test_umlauts_arrive_in_a_file_and_in_a_webhook(hub, hubs, receiver):
    send(hub.address("klinik-sued"), stay()[0])
    hub.quiet()
    [row] = rows(hubs.out).values()
    [request] = receiver.wait_for(1)
    data = json.loads(request.body)["data"]
    [name] = data["payload"]["person"]["names"]
    [address] = data["payload"]["person"]["addresses"]
    [kept] = hub.items("messages")

    assert (row["LastName"], row["FirstName"]) == ("Müßig-Özdemir", "Änne-Sophïe")
    assert (row["StreetAddress"], row["City"]) == ("Straße 1", "Köln")
    assert row["FacilityName"] == "KLINIK_SÜD"
    assert (name["family"], name["given"]) == ("Müßig-Özdemir", "Änne-Sophïe")
    assert address["city"] == "Köln"
    assert data["subject"]["identifiers"][0]["system"] == "KLINIK_SÜD"
    assert kept["warnings"] == []


def test_the_profile_of_the_feed_can_be_learned_from_its_messages():
    before = contact(7, "VS", "202603020900", "202603021000", "AMB")
    proposal = learn([*before, *stay()]).profile

    assert proposal == {key: PROFILE[key] for key in proposal}
    assert proposal.keys() == {
        "charset_default",
        "time_zone",
        "assigning_authority",
        "visit_number_scope",
        "country",
    }


def test_a_movement_is_inserted_corrected_and_cancelled_under_its_number(hub):
    codes = send(hub.address("klinik-sued"), *stay())
    hub.quiet()
    events = told(hub)
    moved, corrected, mistaken, cancelled = events[1:5]

    assert codes == ["AA"] * 6
    assert [each["type"].removeprefix("encounter.") for each in events] == [
        "admitted",
        "transferred",
        "transferred",
        "transferred",
        "transfer_cancelled",
        "discharged",
    ]
    assert [unit(each) for each in events[:4]] == ["INN2", "CHI1", "ITS", "REHA"]
    assert corrected["correction"]["of"] == moved["id"]
    assert corrected["times"]["occurred"]["local"] == "2026-03-10T11:30"
    assert cancelled["correction"]["of"] == mistaken["id"]
    assert [unit(each) for each in events[4:]] == ["ITS", "ITS"]


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (3, 0, 1, 2, 5, 4)])
def test_the_order_of_arrival_does_not_matter_to_movements(hub, order):
    messages = stay()
    send(hub.address("klinik-sued"), *(messages[place] for place in order))
    hub.quiet()
    last = told(hub)[-1]

    assert last["payload"]["status"] == "finished"
    assert unit(last) == "ITS"
    assert last["payload"]["period"]["start"]["local"] == "2026-03-10T08:00"
    assert last["payload"]["period"]["end"]["local"] == "2026-03-14T10:30"


def test_a_case_number_over_three_contacts_makes_three_encounters(hub, hubs):
    """Before the stay, the stay, after the stay: one number of one bill."""
    bodies = [
        *contact(1, "VS", "202603020900", "202603021000", "AMB"),
        *contact(3, "I", "202603100800", "202603141030", "INN2^204^1"),
        *contact(5, "NS", "202603200900", "202603200945", "AMB"),
    ]
    send(hub.address("klinik-sued"), *bodies)
    hub.quiet()
    events = told(hub)
    contacts = {each["entity"]["key"]: each["payload"] for each in events}
    numbers = [
        each["value"] for one in contacts.values() for each in one["identifiers"]
    ]

    assert [each["type"].removeprefix("encounter.") for each in events] == [
        "registered",
        "ended",
        "admitted",
        "discharged",
        "registered",
        "ended",
    ]
    assert [each["class"]["code"] for each in contacts.values()] == [
        "outpatient",
        "inpatient",
        "outpatient",
    ]
    assert numbers == [CASE] * 3
    assert {each["VisitNumber"] for each in rows(hubs.out).values()} == {CASE}


def test_who_accompanies_a_patient_is_kept_and_told_to_nobody(hub):
    """A Begleitperson is admitted like a patient and must not be taken for one."""
    father = "4712^^^^PI", "Größe^Jörg^^^^^L", "Straße 2^^Köln^^50667^D"
    visit = {18: "BEGL", 19: "F2026000043"}
    send(hub.address("klinik-sued"), message("A01", 9, AT, pv1=visit, person=father))
    hub.quiet()
    [kept] = hub.items("messages")

    assert kept["state"] == "processed"
    assert told(hub) == []
