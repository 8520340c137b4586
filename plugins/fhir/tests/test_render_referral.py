"""Notices about referrals as transactions of Gravity's guide. All of it is made up."""

import json
from datetime import UTC, datetime
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import SIDE_FACTS, Labels, ReferralState, RendererSpec
from hub.testing import RendererContract
from hub.testing.samples import NASTY_TEXTS, fuzzy_time
from hub_fhir.rendering.data.categories import CATEGORIES
from hub_fhir.rendering.data.systems import BUSINESS_STATUSES, GRAVITY_CODES
from hub_fhir.rendering.data.task_statuses import BY_WORD, OF_EVENT, ROWS
from hub_fhir.rendering.errors import NoEquivalentError
from hub_fhir.rendering.options import ReferralOptions
from hub_fhir.rendering.payloads import moment
from hub_fhir.rendering.places import id_of, key_of
from hub_fhir.rendering.referral import REFERRAL, render, served
from hub_fhir.rendering.requests import search_by
from hub_fhir.rendering.task_resource import NO_REASON
from plugins.fhir.tests import guides
from plugins.fhir.tests.samples import KEY, PERSON, referral, resources, tree

OPTIONS = ReferralOptions()


def made(name="accepted", options=OPTIONS, **payload):
    """Return the bundle of a notice."""
    return tree(render([referral(name, **payload)], options))


def one(bundle, kind):
    (found,) = resources(bundle, kind)
    return found


def _retold(notices, options):
    """Render the suite's notices as if each were about a referral."""
    replace = msgspec.structs.replace
    told = [
        replace(each, event=replace(each.event, type="referral.accepted"))
        for each in notices
    ]
    return render(told, options)


class TestReferral(RendererContract):
    @pytest.fixture
    def spec(self):
        return RendererSpec(
            name=REFERRAL.name,
            options=REFERRAL.options,
            render=_retold,
            summary=REFERRAL.summary,
        )

    @pytest.fixture(
        params=[
            {},
            {"profiles": False, "provenance": False, "time_zone": "Europe/Berlin"},
        ]
    )
    def options(self, request):
        return ReferralOptions(**request.param)


@guides.needs_schema
@pytest.mark.parametrize("name", ["requested", "accepted", "completed", "escalated"])
def test_keeps_the_schema_of_r4(name):
    assert guides.violations(made(name)) == []


_TEXTS = st.sampled_from(NASTY_TEXTS) | st.text(max_size=30)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "code",
                    "text",
                    "system",
                    "value",
                    "name",
                    "org",
                    "person",
                    "identifiers",
                    "family",
                    "given",
                    "at",
                    "type",
                    "display",
                    "activity",
                    "contact_prohibited",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
_FIELDS = [
    "identifiers",
    "state",
    "says",
    "by",
    "priority",
    "category",
    "reason",
    "service_requested",
    "desired_by",
    "consent_ref",
    "requester",
    "performer",
    "status_reason",
    "outcome",
    "appointment",
    "text",
    "note",
    "safety",
    "parent",
    "replaces",
    "authorization_ref",
    "need_refs",
    "person",
    "language",
    "authored",
]
_NAMES = sorted(
    ({*ReferralState, *SIDE_FACTS, "resumed", "escalated"} - {"draft"}) | set(OF_EVENT)
)


@guides.needs_schema
@given(
    st.sampled_from(_NAMES),
    st.dictionaries(st.sampled_from(_FIELDS), _ANYTHING, max_size=8),
    _TEXTS,
)
def test_whatever_a_payload_holds_the_bundle_keeps_the_schema(name, payload, number):
    notice = referral(name, told={"patient_id": number.strip()}, **payload)

    bundle = tree(render([notice], OPTIONS))

    assert guides.violations(bundle) == []
    assert dangling(bundle) == []


def dangling(bundle):
    """Return the references that lead to nothing in the bundle."""
    urls = {each["fullUrl"] for each in bundle["entry"]}
    found = []

    def look(value):
        if isinstance(value, list):
            for each in value:
                look(each)
        elif isinstance(value, dict):
            reference = value.get("reference")
            if isinstance(reference, str) and reference not in urls:
                found.append(reference)
            for each in value.values():
                look(each)

    look(bundle["entry"])
    return found


@pytest.mark.parametrize(
    ("kind", "demanded"),
    [
        ("ServiceRequest", guides.GRAVITY_SERVICE_REQUEST),
        ("Task", guides.GRAVITY_TASK),
        ("Patient", guides.US_CORE_PATIENT),
        ("Organization", guides.US_CORE_ORGANIZATION),
        ("Practitioner", guides.US_CORE_PRACTITIONER),
        ("Provenance", guides.US_CORE_PROVENANCE),
    ],
)
def test_has_every_element_that_the_guides_demand(kind, demanded):
    for found in resources(made(), kind):
        assert guides.missing(found, demanded) == []


def test_a_task_is_an_order_to_fulfil_the_request():
    bundle = made()

    task, request = one(bundle, "Task"), one(bundle, "ServiceRequest")

    urls = {
        each["resource"]["resourceType"]: each["fullUrl"] for each in bundle["entry"]
    }
    assert task["intent"] == "order"
    assert task["code"]["coding"][0]["code"] == "fulfill"
    assert task["focus"]["reference"] == urls["ServiceRequest"]
    assert task["for"]["reference"] == request["subject"]["reference"]
    assert task["focus"]["identifier"]["value"] == "REF-1"
    assert request["identifier"][0]["system"] == "urn:carehub:authority:KLINIK_TEST"


@pytest.mark.parametrize("word", sorted(row.says for row in ROWS))
def test_says_each_word_in_the_statuses_of_the_table(word):
    row = BY_WORD[word]
    says = {"says": word, "by": row.owner, "state": word if row.task else "accepted"}

    bundle = made("accepted", **says)

    task, request = one(bundle, "Task"), one(bundle, "ServiceRequest")
    assert task["status"] == (row.task or "accepted")
    assert request["status"] == (row.request or "active")


#: Domain 4.3: canonical, Task.status, ServiceRequest.status.
MAPPING = {
    "draft": ("draft", "draft"),
    "requested": ("requested", "active"),
    "received": ("requested", "active"),
    "accepted": ("accepted", "active"),
    "rejected": ("rejected", "active"),
    "scheduled": ("accepted", "active"),
    "no_show": ("accepted", "active"),
    "appointment_cancelled": ("accepted", "active"),
    "in_progress": ("in-progress", "active"),
    "on_hold": ("on-hold", "on-hold"),
    "cancel_requested": ("", "revoked"),
    "cancelled": ("cancelled", "revoked"),
    "completed": ("completed", "completed"),
    "failed": ("failed", "active"),
    "expired": ("requested", "active"),
    "entered_in_error": ("entered-in-error", "entered-in-error"),
}


def test_the_table_has_every_word_and_says_what_the_mapping_says():
    assert set(BY_WORD) == {*ReferralState, *SIDE_FACTS}
    assert len(BY_WORD) == len(ROWS)
    for word, (task, request) in MAPPING.items():
        assert (BY_WORD[word].task, BY_WORD[word].request) == (task, request)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_what_r4_cannot_say_is_recorded_as_a_loss(row):
    says = {"says": row.says, "by": row.owner}
    bundle = made("accepted", state=row.says if row.task else "accepted", **says)
    text = json.dumps(bundle)

    plain = {"requester": MAPPING | {"closed": 1}}.get(row.owner, {})
    lossless = row.says in plain or (
        row.task and not row.business and row.owner != "hub"
    )

    assert ("recorded-loss" in text) is not bool(lossless)


def test_received_is_a_status_of_its_own_where_the_recipient_wants_r4():
    options = ReferralOptions(received="received")

    task = one(made("received", options, state="received"), "Task")

    assert task["status"] == "received"
    assert "businessStatus" not in task


@pytest.mark.parametrize(
    ("word", "bser"),
    [("scheduled", "5.1.1"), ("no_show", "5.1.2"), ("appointment_cancelled", "5.1.3")],
)
def test_appointments_have_a_business_status(word, bser):
    task = one(made(word, says=word, by="performer", state="accepted"), "Task")

    codes = {each["system"]: each["code"] for each in task["businessStatus"]["coding"]}
    assert codes[BUSINESS_STATUSES] == word
    assert bser in codes.values()


@pytest.mark.parametrize("name", ["rejected", "cancelled", "on_hold", "failed"])
def test_an_end_has_its_reason_in_words(name):
    said = made(name, state=name, status_reason={"code": "x", "text": "No room"})
    silent = made(name, state=name)

    assert one(said, "Task")["statusReason"]["text"] == "No room"
    assert one(silent, "Task")["statusReason"]["text"] == NO_REASON


@pytest.mark.parametrize("name", _NAMES)
def test_that_nobody_may_be_contacted_survives_every_message(name):
    safety = {"contact_prohibited": True, "safe_contact_methods": ["By the school"]}

    request = one(made(name, safety=safety), "ServiceRequest")

    codes = [each["coding"][0] for each in request["orderDetail"]]
    assert {"system": GRAVITY_CODES, "code": "contacting-subject-prohibited"} in codes
    assert "By the school" in json.dumps(request["extension"])


def test_says_nothing_of_contacts_where_they_are_allowed():
    assert "orderDetail" not in one(made(safety={}), "ServiceRequest")
    allowed = {"contact_prohibited": False}
    assert "orderDetail" not in one(made(safety=allowed), "ServiceRequest")


@pytest.mark.parametrize("category", sorted(CATEGORIES))
def test_a_category_is_one_of_gravity(category):
    request = one(made(category=category), "ServiceRequest")

    assert category in guides.at(request, "category.coding.code")


def test_what_was_done_and_how_it_ended_are_outputs():
    activity = {"code": "710925007", "system": "SCT", "text": "Provision of food"}
    outcome = {"code": "resolved", "text": "Done", "activity": [activity]}

    task = one(made("completed", state="completed", outcome=outcome), "Task")

    codes = guides.at(task, "output.valueCodeableConcept.coding.code")
    assert codes == ["710925007", "resolved"]


def test_children_name_their_parent():
    parent = {"system": "KLINIK_TEST", "value": "REF-0"}

    bundle = made(parent=parent)

    for kind, name in (("Task", "partOf"), ("ServiceRequest", "basedOn")):
        numbers = guides.at(one(bundle, kind), f"{name}.identifier.value")
        assert "REF-0" in numbers


def test_consent_is_referred_to_by_its_number():
    request = one(made(), "ServiceRequest")

    assert request["supportingInfo"][0]["type"] == "Consent"
    assert request["supportingInfo"][0]["identifier"]["value"] == "C-1"
    assert "reference" not in request["supportingInfo"][0]


def requests_of(bundle):
    return {
        each["resource"]["resourceType"]: each["request"] for each in bundle["entry"]
    }


@pytest.mark.parametrize(
    ("name", "by", "updated"),
    [
        ("requested", "requester", {"ServiceRequest"}),
        ("cancel_requested", "requester", {"ServiceRequest"}),
        ("entered_in_error", "requester", {"ServiceRequest", "Task"}),
        ("accepted", "performer", {"Task"}),
        ("completed", "performer", {"Task"}),
        ("expired", "hub", {"Task"}),
    ],
)
def test_each_side_changes_only_what_is_its_own(name, by, updated):
    found = requests_of(made(name, by=by, state=name))

    changed = {kind for kind, request in found.items() if request["method"] == "PUT"}
    assert changed == updated
    for kind, request in found.items():
        if kind not in {*updated, "Provenance"}:
            assert request["ifNoneExist"].startswith("identifier=")


@pytest.mark.parametrize(
    ("name", "recipient", "updated"),
    [
        ("expired", "performer", set()),
        ("expired", "requester", {"Task"}),
        ("escalated", "either", set()),
    ],
)
def test_what_the_hub_says_changes_no_performers_task(name, recipient, updated):
    options = ReferralOptions(recipient=recipient)

    found = requests_of(made(name, options, by="hub", state="requested", says=name))

    changed = {kind for kind, request in found.items() if request["method"] == "PUT"}
    assert changed == updated


@pytest.mark.parametrize("systems", [{"K": "not an address"}, {"K": ""}])
def test_an_address_is_one(systems):
    with pytest.raises(ValueError, match="address"):
        ReferralOptions(systems=systems)


def test_an_unknown_time_zone_is_no_option():
    with pytest.raises(ValueError, match="IANA"):
        ReferralOptions(time_zone="Mars/Olympus")


@pytest.mark.parametrize("value", ["a&_id=1", "a|b", "a,b", "a$b", "a\\b", "a b#c"])
def test_a_number_cannot_become_another_search(value):
    search = search_by({"system": "urn:x", "value": value})

    assert "&" not in search
    assert unquote(search).replace("\\", "") == f"identifier=urn:x|{value}".replace(
        "\\", ""
    )


def test_people_are_not_looked_up_by_numbers_of_nobody():
    notice = msgspec.structs.replace(referral(), patient_id="")
    subject = msgspec.structs.replace(
        notice.event.subject,
        identifiers=(
            msgspec.structs.replace(notice.event.subject.identifiers[0], system=""),
        ),
    )
    event = msgspec.structs.replace(notice.event, subject=subject)
    told = tree(render([msgspec.structs.replace(notice, event=event)], OPTIONS))

    assert requests_of(told)["Patient"] == {"method": "POST", "url": "Patient"}


def test_ids_are_functions_of_content():
    first, second = made("accepted"), made("completed", state="completed")

    urls = [[each["fullUrl"] for each in bundle["entry"]] for bundle in (first, second)]
    assert urls[0][:-1] == urls[1][:-1]  # what it comes from is of the same event
    assert len(set(urls[0])) == len(urls[0])


def test_other_recipients_get_other_ids():
    mine = made()
    theirs = tree(render([referral(told={"destination": "other"})], OPTIONS))

    urls = [{each["fullUrl"] for each in bundle["entry"]} for bundle in (mine, theirs)]
    assert not urls[0] & urls[1]


def test_the_narrative_is_plain_text():
    nasty = "<script>alert('1')</script> & \"x\""

    request = one(made(service_requested=nasty), "ServiceRequest")

    assert "<script>" not in request["text"]["div"]
    assert "&lt;script&gt;" in request["text"]["div"]


def test_what_is_confidential_says_so():
    notice = referral()
    event = msgspec.structs.replace(notice.event, labels=Labels("R", ("SDV",)))
    bundle = tree(render([msgspec.structs.replace(notice, event=event)], OPTIONS))

    codes = guides.at(one(bundle, "ServiceRequest"), "meta.security.code")
    assert codes == ["R", "SDV"]


def test_options_name_systems_operator_and_versions():
    options = ReferralOptions(
        systems={"KLINIK_TEST": "https://klinik.example.org/sid"},
        organization_name="Region Nord",
        organization_system="urn:x",
        organization_number="77",
        patient_id_system="https://tafel.example.org/sid",
        profile_version="2.3.0",
    )

    bundle = made("accepted", options)

    request = one(bundle, "ServiceRequest")
    assert request["identifier"][0]["system"] == "https://klinik.example.org/sid"
    assert request["meta"]["profile"][0].endswith("SDOHCC-ServiceRequest|2.3.0")
    numbers = guides.at(bundle, "entry.resource.identifier.system")
    assert "https://tafel.example.org/sid" in numbers
    assert "Region Nord" in guides.at(bundle, "entry.resource.name")


@pytest.mark.parametrize("kind", ["referral.conflict", "referral.history_added", "x.y"])
def test_refuses_what_is_for_nobody_in_fhir(kind):
    notice = referral()
    event = msgspec.structs.replace(notice.event, type=kind)

    with pytest.raises(NoEquivalentError) as caught:
        render([msgspec.structs.replace(notice, event=event)], OPTIONS)

    assert caught.value.code == "FHIR-030"
    assert "REF-1" not in str(caught.value)


@guides.needs_schema
def test_a_server_has_the_same_resources_by_type_and_id():
    found = served(referral(), OPTIONS, "https://hub.example.org/fhir")

    first = next(iter(found))
    assert first == f"Task/{id_of(KEY)}"
    assert key_of(first.partition("/")[2]) == KEY
    assert found[first]["meta"]["versionId"] == "3"
    assert found[first]["focus"]["reference"] == f"ServiceRequest/{id_of(KEY)}"
    for name, each in found.items():
        assert name == f"{each['resourceType']}/{each['id']}"
        assert guides.violations(each) == []


def test_a_reminder_is_told_in_words():
    waiting = {"for": "undecided", "since": "2026-03-16T12:00:00+00:00"}
    task = one(
        made("escalated", by="hub", says="reminder", level="reminder", waiting=waiting),
        "Task",
    )

    assert task["status"] == "accepted"
    assert task["note"][0]["text"].startswith("Reminder")


@pytest.mark.parametrize(
    ("performer", "name"),
    [
        ("Tafel", "Tafel"),
        ({"org": "Tafel"}, "Tafel"),
        ({"name": "Tafel", "telecoms": [{"value": "1", "system": "telex"}]}, "Tafel"),
        ({"party": "tafel-sued"}, "tafel-sued"),
        ({"org": {"identifiers": [{"system": "urn:x", "value": "7"}]}}, "7"),
    ],
)
def test_a_side_is_named_as_far_as_anybody_named_it(performer, name):
    bundle = made(performer=performer)

    assert name in [each["name"] for each in resources(bundle, "Organization")]
    assert "owner" in one(bundle, "Task")


def test_a_claimable_referral_has_no_owner():
    assert "owner" not in one(made("requested", performer=""), "Task")


def test_somebody_of_whom_only_a_number_is_known_has_an_unknown_name():
    person = {"identifiers": [{"system": "LANR", "value": "1"}]}

    acts = one(made(requester={"person": person}), "Practitioner")

    assert acts["name"][0]["_family"]["extension"][0]["valueCode"] == "unknown"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"at": "2026-03-16T10:00:00Z"},
            {"deceasedDateTime": "2026-03-16T10:00:00+00:00"},
        ),
        ({"flag": True}, {"deceasedBoolean": True}),
        ({"flag": "maybe"}, {}),
    ],
)
def test_says_that_somebody_died_as_far_as_it_is_known(said, told):
    person = PERSON | {"deceased": said, "names": ["x", {"text": "A B"}]}

    found = one(made(person=person), "Patient")

    assert {name: found[name] for name in found if name.startswith("deceased")} == told
    assert found["name"] == [{"text": "A B"}]


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("2026", "2026"),
        ("202603", "2026-03"),
        ("20260316", "2026-03-16"),
        ("202603161200+0100", "2026-03-16T12:00:00+01:00"),
        ("2026-03-16T12:00:00.25Z", "2026-03-16T12:00:00.250+00:00"),
        ("2026-03-16T12:00:00", "2026-03-16"),  # nobody knows in which zone
        ("2026-03-16T99:00:00Z", "2026-03-16"),
        ("2026-02-30", ""),
        ("soon", ""),
        ({"local": "2026-03-16", "raw": "x"}, "2026-03-16"),
        (7, ""),
        (datetime(2026, 3, 16, 12, tzinfo=UTC), "2026-03-16T12:00:00.000Z"),
    ],
)
def test_a_time_is_told_as_exactly_as_it_was_stated(stated, told):
    assert moment(stated, "") == told


def test_instants_are_told_in_the_zone_of_the_recipient():
    assert (
        moment("2026-03-16T12:00:00Z", "Europe/Berlin") == "2026-03-16T13:00:00+01:00"
    )
    assert moment(fuzzy_time(), "UTC") == "2026-03-16T12:00:00+00:00"
