"""The table of decisions: each case with its outcome, reason and telling rule."""

from datetime import date
from typing import NamedTuple

from hub.coordination.panels import Member
from hub.coordination.partners import look_of
from hub.coordination.policy import Regime
from hub.coordination.recipients import PURPOSES
from hub.model.events import Entity, EventSubject
from hub.model.labels import Labels
from tests.coordination.policy.cases import (
    ACTIVE,
    BEFORE,
    CA,
    DE,
    DIAGNOSIS,
    DOCUMENT,
    EXPIRED,
    FACILITY,
    FUTURE,
    IL,
    LATER,
    NOW,
    NY,
    SENDER,
    STALE,
    WARD,
    deny,
    event,
    labelled,
    permit,
    to,
)


class Row(NamedTuple):
    """What is asked, and what the answer must be."""

    asked: dict
    verdict: str
    reason: str
    rule: str


def yes(reason, rule="", **asked):
    return Row(asked, "permit", reason, rule or f"{reason.partition('.')[0]}@1")


def part(**asked):
    return Row(asked, "permit_redacted", "sensitivity.redacted", "sensitivity@1")


def no(reason, rule="", **asked):
    return Row(asked, "deny", reason, rule or f"{reason.partition('.')[0]}@1")


def wait(reason, rule="", **asked):
    return Row(asked, "hold", reason, rule or f"{reason.partition('.')[0]}@1")


PANEL = "relationship.panel"
#: Links to a referral: of who acts, who asks, who only looks, and one that is over.
PERFORMER, REQUESTER = (
    Member("", programme="performer"),
    Member("", programme="requester"),
)
LOOKING = Member("", programme=look_of("performer"))
LEFT = Member("", valid_to=date.min)


#: The category of a referral for violence, and what an answer adds to it.
VIOLENCE = labelled("SDV", by="category:intimate-partner-violence")
ADDED = Labels("R", ("SDV",), (), (*VIOLENCE.derived_by, "diagnosis:T74:SDV"))
MARKED = Labels("R", ("SDV",), (), (*VIOLENCE.derived_by, "meta.security"))
#: Who asked for help with it in its own words, and who only looks at that.
ASKED, ASKED_LOOKS = (
    REQUESTER._replace(stated=VIOLENCE),
    Member("", programme=look_of("requester"), stated=VIOLENCE),
)


def referred(
    name,
    *links,
    by="requester",
    recipient=None,
    consents=(),
    labels=None,
    **payload,
):
    """Return what is asked of an event of a referral."""
    return {
        "about": event(
            labels,
            kind=f"referral.{name}",
            entity=Entity("referral", "rec_1", 1),
            payload={"state": "requested", "by": by, **payload},
        ),
        "links": links,
        "panel": "referral:food-bank",
        "purpose": "care_coordination",
        "recipient": recipient,
        "consents": consents,
    }


ETH, PSY, HIV = labelled("ETH"), labelled("PSY"), labelled("HIV")
PAYER, MEALS = to("payer"), to("community")
DAUGHTER = to("patient", contact="con_1")
PORTAL = to("patient")
HEALTH_OFFICE = to("public_health")

RELATIONSHIPS = {
    "everybody": yes("relationship.all", panel="", links=()),
    "on the panel": yes(PANEL),
    "the entry that holds": yes(PANEL, links=(EXPIRED, STALE, ACTIVE, FUTURE)),
    "for one stay": yes("relationship.episode", panel="episode:members"),
    "not on the panel": no("relationship.none", links=()),
    "no longer on the panel": no("relationship.expired", links=(EXPIRED,)),
    "not yet on the panel": no("relationship.not_started", links=(EXPIRED, FUTURE)),
    "long not confirmed": no("relationship.stale", links=(STALE,)),
    "a consent is no relationship": no(
        "relationship.none", links=(), consents=(permit(),)
    ),
}
FILE = event(
    kind="exchange.file_received",
    subject=EventSubject(None),
    entity=Entity("exchange", "exc_1", 1),
)
PURPOSE = {
    "a file, for operations": yes(
        "relationship.all", panel="", links=(), about=FILE, purpose="operations"
    ),
    "a file, for a treatment": no(
        "purpose.not_operations", panel="", links=(), about=FILE
    ),
    "a file, for a contract with nobody's consent": yes(
        "relationship.all",
        panel="",
        links=(),
        about=FILE,
        purpose="operations",
        recipient=to("public_health"),
    ),
    "no purpose": no("purpose.unknown", purpose=""),
    "marketing": no("purpose.unknown", purpose="marketing"),
    "marketing with a consent": no(
        "purpose.unknown", purpose="marketing", consents=(permit(),)
    ),
    "neither link nor purpose": no("relationship.none", purpose="marketing", links=()),
    "outside of the contract": no(
        "purpose.not_in_contract",
        purpose="operations",
        recipient=to(purposes=frozenset({"treatment"})),
    ),
    "in the contract": yes(PANEL, recipient=to(purposes=frozenset({"treatment"}))),
} | {
    f"the standard contract for {each}": yes(PANEL, purpose=each)
    for each in sorted(PURPOSES - {"patient_request"})
}
PLACES = {
    "a hub nowhere": wait("jurisdiction.unknown", regime=Regime("XX")),
    "a recipient nowhere": wait(
        "jurisdiction.unknown", recipient=to(jurisdiction="XX")
    ),
    "a state that is none": wait(
        "jurisdiction.unknown", recipient=to(jurisdiction="US-ZZ")
    ),
    "a state without rules of its own": yes(PANEL, recipient=to(jurisdiction="US-TX")),
    "a place of care nowhere": wait(
        "jurisdiction.unknown", regime=Regime("US", {"NORD": "XX"})
    ),
    "a community service for operations": no(
        "jurisdiction.not_permitted", recipient=MEALS, purpose="operations"
    ),
    "a community service for operations with a consent": no(
        "jurisdiction.not_permitted",
        recipient=MEALS,
        purpose="operations",
        consents=(permit(),),
    ),
    "a portal for payment": no(
        "jurisdiction.not_permitted", recipient=PORTAL, purpose="payment"
    ),
    "a Kasse for operations": no(
        "jurisdiction.not_permitted", recipient=PAYER, purpose="operations", regime=DE
    ),
    "treatment in Germany": yes(PANEL, regime=DE),
    "Entlassmanagement without consent": no(
        "consent.missing", purpose="care_coordination", regime=DE
    ),
    "Entlassmanagement with consent": yes(
        "consent.permitted",
        purpose="care_coordination",
        regime=DE,
        consents=(permit(scope=("care_coordination",), form="entlassmanagement"),),
    ),
    "Entlassmanagement that is presumed": no(
        "consent.not_explicit",
        purpose="care_coordination",
        regime=DE,
        consents=(permit(mode="presumed"),),
    ),
    "a Kasse for payment": yes(PANEL, recipient=PAYER, purpose="payment", regime=DE),
    "a Kasse for payment despite a denial": yes(
        PANEL, recipient=PAYER, purpose="payment", regime=DE, consents=(deny(),)
    ),
    "a Kasse for Entlassmanagement": no(
        "consent.missing", recipient=PAYER, purpose="care_coordination", regime=DE
    ),
    "from Germany into the Union's outside": no(
        "consent.missing", recipient=to(jurisdiction="US"), regime=DE
    ),
    "from Germany abroad with consent": yes(
        "consent.permitted",
        recipient=to(jurisdiction="US"),
        regime=DE,
        consents=(permit(),),
    ),
    "to Germany the stricter rule": no(
        "consent.missing",
        recipient=to(jurisdiction="DE"),
        purpose="care_coordination",
    ),
    "a feed in Germany of a hub elsewhere": no(
        "consent.missing",
        purpose="care_coordination",
        regime=Regime("US", {"klinik": "DE"}),
    ),
}
CONSENTS = {
    "community without consent": no(
        "consent.missing", recipient=MEALS, purpose="care_coordination"
    ),
    "community with consent": yes(
        "consent.permitted",
        recipient=MEALS,
        purpose="care_coordination",
        consents=(permit(recipients=("clinic",)),),
    ),
    "community by its class": yes(
        "consent.permitted",
        recipient=to("community", classes=frozenset({"meals"})),
        consents=(permit(recipients=("meals",)),),
    ),
    "community by its sector": yes(
        "consent.permitted",
        recipient=MEALS,
        consents=(permit(recipients=("community",)),),
    ),
    "community, consent for another": no(
        "consent.missing", recipient=MEALS, consents=(permit(recipients=("else",)),)
    ),
    "community, consent for another purpose": no(
        "consent.missing", recipient=MEALS, consents=(permit(scope=("payment",)),)
    ),
    "community, consent for other events": no(
        "consent.missing", recipient=MEALS, consents=(permit("referral.*"),)
    ),
    "community, consent for this family": yes(
        "consent.permitted", recipient=MEALS, consents=(permit("encounter.*"),)
    ),
    "community, consent for this type": yes(
        "consent.permitted", recipient=MEALS, consents=(permit("encounter.admitted"),)
    ),
    "community, consent that is unclear": no(
        "consent.missing", recipient=MEALS, consents=(permit("everything nice"),)
    ),
    "community, implied": no(
        "consent.not_explicit", recipient=MEALS, consents=(permit(mode="implied"),)
    ),
    "community, presumed": no(
        "consent.not_explicit", recipient=MEALS, consents=(permit(mode="presumed"),)
    ),
    "community, not opted out": no(
        "consent.not_explicit", recipient=MEALS, consents=(permit(mode="opt_out"),)
    ),
    "community, revoked": no(
        "consent.revoked",
        recipient=MEALS,
        consents=(permit(), permit(version=2, revoked=True)),
    ),
    "community, expired": no(
        "consent.expired", recipient=MEALS, consents=(permit(until=NOW),)
    ),
    "community, not begun": no(
        "consent.not_started", recipient=MEALS, consents=(permit(since=LATER),)
    ),
    "the version before counts until the next begins": yes(
        "consent.permitted",
        recipient=MEALS,
        consents=(permit(), permit(version=2, since=LATER)),
    ),
    "an expired version brings back none before": no(
        "consent.expired",
        recipient=MEALS,
        consents=(permit(), permit(version=2, until=BEFORE)),
    ),
    "about contacting only": no(
        "consent.missing", recipient=MEALS, consents=(permit(scope=("contact",)),)
    ),
    "for who acts elsewhere": no(
        "consent.missing", recipient=MEALS, consents=(permit(actors=("other-feed",)),)
    ),
    "for who acts here": yes(
        "consent.permitted", recipient=MEALS, consents=(permit(actors=("klinik",)),)
    ),
    "opted out": no("consent.denied", consents=(deny(mode="opt_out"),)),
    "denied to all": no("consent.denied", consents=(deny(),)),
    "denied to another": yes(PANEL, consents=(deny(recipients=("else",)),)),
    "denied for another purpose": yes(PANEL, consents=(deny(scope=("payment",)),)),
    "denied for other events": yes(PANEL, consents=(deny("referral.*"),)),
    "denied unclearly": no("consent.denied", consents=(deny("everything bad"),)),
    "a denial that was revoked": yes(PANEL, consents=(deny(revoked=True),)),
    "a denial that has ended": yes(PANEL, consents=(deny(until=BEFORE),)),
    "a denial beats its equal": no("consent.denied", consents=(permit(), deny())),
    "a newer permission of the same breadth does not help": no(
        "consent.denied", consents=(permit(recorded=NOW), deny(recorded=BEFORE))
    ),
    "a named recipient beats a denial to all": yes(
        PANEL, consents=(permit(recipients=("clinic",)), deny())
    ),
    "a named type beats a denial to all": yes(
        PANEL, consents=(permit("encounter.admitted"), deny("encounter.*"))
    ),
    "a named denial beats a permission to all": no(
        "consent.denied", consents=(permit(), deny(recipients=("clinic",)))
    ),
    "what cannot be compared is denied": no(
        "consent.denied",
        consents=(permit(recipients=("clinic",)), deny("encounter.admitted")),
    ),
    "a presumption beats no explicit denial": no(
        "consent.denied",
        consents=(permit(recipients=("clinic",), mode="presumed"), deny()),
    ),
    "self-paid for payment": no(
        "consent.self_paid",
        recipient=PAYER,
        purpose="payment",
        consents=(
            deny(form="self-paid", recipients=("payer",)),
            permit(recipients=("clinic",), scope=("payment",), key="c3"),
        ),
    ),
    "self-paid for treatment": yes(
        PANEL, consents=(deny(form="self-paid", recipients=("payer",)),)
    ),
    "the law despite a denial": yes(
        PANEL, recipient=HEALTH_OFFICE, purpose="public_health", consents=(deny(),)
    ),
    "a daughter whom nobody named": no("consent.no_proxy", recipient=DAUGHTER),
    "a daughter without a proxy": no(
        "consent.no_proxy", recipient=DAUGHTER, consents=(permit(),)
    ),
    "a daughter by name, but no proxy": no(
        "consent.no_proxy",
        recipient=DAUGHTER,
        consents=(permit(recipients=("clinic",)),),
    ),
    "a daughter with a proxy": yes(
        "consent.permitted", recipient=DAUGHTER, consents=(permit(proxy="con_1"),)
    ),
    "another's proxy": no(
        "consent.no_proxy", recipient=DAUGHTER, consents=(permit(proxy="con_2"),)
    ),
    "a proxy for other events": no(
        "consent.no_proxy",
        recipient=DAUGHTER,
        consents=(permit("appointment.*", proxy="con_1"),),
    ),
    "a proxy that was revoked": no(
        "consent.revoked",
        recipient=DAUGHTER,
        consents=(permit(proxy="con_1", revoked=True),),
    ),
    "a proxy is nobody else's": no(
        "consent.missing", recipient=MEALS, consents=(permit(proxy="con_1"),)
    ),
    "a portal of one's own": yes(PANEL, recipient=PORTAL, purpose="patient_request"),
}
SENSITIVITIES = {
    "psychiatry for treatment": yes(PANEL, labels=PSY),
    "psychiatry to a payer for payment": yes(
        PANEL, labels=PSY, recipient=PAYER, purpose="payment"
    ),
    "psychiatry to a payer beyond": no(
        "sensitivity.restricted",
        labels=PSY,
        recipient=PAYER,
        purpose="care_coordination",
    ),
    "psychiatry to a payer by contract": yes(
        PANEL,
        labels=PSY,
        recipient=to("payer", sensitivity=frozenset({"PSY"})),
        purpose="care_coordination",
    ),
    "psychiatry to a payer by consent": yes(
        PANEL,
        labels=PSY,
        recipient=PAYER,
        purpose="care_coordination",
        consents=(permit("PSY"),),
    ),
    "psychiatry by a consent that does not name it": no(
        "sensitivity.restricted",
        labels=PSY,
        recipient=PAYER,
        purpose="care_coordination",
        consents=(permit(),),
    ),
    "psychiatry by a group": yes(
        PANEL,
        labels=PSY,
        recipient=PAYER,
        purpose="care_coordination",
        consents=(permit("mental_health"),),
    ),
    "psychiatry for treatment but denied": no(
        "sensitivity.denied", labels=PSY, consents=(deny("PSY"),)
    ),
    "psychiatry denied to all, permitted to this one": yes(
        PANEL,
        labels=PSY,
        consents=(deny("PSY"), permit("PSY", recipients=("clinic",))),
    ),
    "psychiatry in Illinois for operations": no(
        "sensitivity.consent_needed", labels=PSY, purpose="operations", regime=IL
    ),
    "psychiatry denied, of which there is none": yes(PANEL, consents=(deny("PSY"),)),
    "addiction for treatment": no("sensitivity.consent_needed", labels=ETH),
    "addiction under its other name": no(
        "sensitivity.consent_needed", labels=labelled("SUD")
    ),
    "addiction by contract": no(
        "sensitivity.consent_needed",
        labels=ETH,
        recipient=to(sensitivity=frozenset({"ETH"})),
    ),
    "addiction by consent": yes(PANEL, labels=ETH, consents=(permit("ETH"),)),
    "addiction by consent under its other name": yes(
        PANEL, labels=ETH, consents=(permit("SUD"),)
    ),
    "addiction by a consent to all": no(
        "sensitivity.consent_needed", labels=ETH, consents=(permit(),)
    ),
    "addiction by a consent that is implied": no(
        "sensitivity.consent_needed",
        labels=ETH,
        consents=(permit("ETH", mode="implied"),),
    ),
    "addiction by a consent for all future care": yes(
        PANEL, labels=ETH, consents=(permit(form="part2-tpo"),)
    ),
    "addiction by that consent to a legal duty": no(
        "sensitivity.never",
        labels=ETH,
        purpose="legal_duty",
        consents=(permit(form="part2-tpo"),),
    ),
    "addiction by a consent for other events": no(
        "sensitivity.consent_needed",
        labels=ETH,
        consents=(permit("referral.*", "ETH"),),
    ),
    "addiction to a community service": yes(
        "consent.permitted",
        labels=ETH,
        recipient=MEALS,
        consents=(permit("encounter.*", "ETH"),),
    ),
    "addiction to a community service by half a consent": no(
        "consent.missing", labels=ETH, recipient=MEALS, consents=(permit("ETH"),)
    ),
    "addiction by a revoked consent": no(
        "sensitivity.consent_needed",
        labels=ETH,
        consents=(permit("ETH", revoked=True),),
    ),
    "addiction to a health office": no(
        "sensitivity.never",
        labels=ETH,
        recipient=HEALTH_OFFICE,
        purpose="public_health",
    ),
    "addiction to oneself": yes(
        PANEL, labels=ETH, recipient=PORTAL, purpose="patient_request"
    ),
    "addiction to a daughter": no(
        "sensitivity.consent_needed",
        labels=ETH,
        recipient=DAUGHTER,
        consents=(permit(proxy="con_1"),),
    ),
    "addiction to a daughter who may know": yes(
        "consent.permitted",
        labels=ETH,
        recipient=DAUGHTER,
        consents=(permit("*", "ETH", proxy="con_1"),),
    ),
    "addiction by a diagnosis": part(labels=labelled("ETH", by=DIAGNOSIS)),
    "addiction by a ward": part(labels=labelled("ETH", by=WARD)),
    "addiction by the sender": no(
        "sensitivity.consent_needed", labels=labelled("ETH", by=SENDER)
    ),
    "addiction by a document": no(
        "sensitivity.consent_needed", labels=labelled("ETH", by=DOCUMENT)
    ),
    "restricted for no reason that is known": no(
        "sensitivity.restricted",
        labels=Labels("R", ("PSY",)),
        recipient=to("payer", sensitivity=frozenset({"PSY"})),
        purpose="care_coordination",
    ),
    "addiction in Germany for treatment": yes(PANEL, labels=ETH, regime=DE),
    "HIV for treatment": yes(PANEL, labels=HIV),
    "HIV to a health office": yes(
        PANEL, labels=HIV, recipient=HEALTH_OFFICE, purpose="public_health"
    ),
    "HIV for coordination in New York": no(
        "sensitivity.restricted", labels=HIV, purpose="care_coordination", regime=NY
    ),
    "HIV for coordination of somebody from New York": no(
        "sensitivity.restricted",
        labels=HIV,
        purpose="care_coordination",
        recipient=to(jurisdiction="US-NY"),
    ),
    "violence to a plan": no(
        "sensitivity.consent_needed",
        labels=labelled("SDV"),
        recipient=PAYER,
        purpose="payment",
    ),
    "violence on a portal at home": no(
        "sensitivity.restricted",
        labels=labelled("SDV"),
        recipient=PORTAL,
        purpose="patient_request",
    ),
    "reproduction in California": no(
        "sensitivity.consent_needed",
        labels=labelled("REPRO"),
        purpose="care_coordination",
        regime=CA,
    ),
    "psychiatry to the law": no(
        "sensitivity.consent_needed",
        labels=PSY,
        recipient=HEALTH_OFFICE,
        purpose="legal_duty",
    ),
    "psychiatry to the law by consent": yes(
        PANEL,
        labels=PSY,
        recipient=HEALTH_OFFICE,
        purpose="legal_duty",
        consents=(permit("PSY"),),
    ),
    "infection to the law despite a denial": yes(
        PANEL,
        labels=HIV,
        recipient=HEALTH_OFFICE,
        purpose="public_health",
        consents=(deny("HIV"),),
    ),
    "reproduction to the law": no(
        "sensitivity.never",
        labels=labelled("REPRO"),
        recipient=HEALTH_OFFICE,
        purpose="legal_duty",
    ),
    "genes to a Kasse": no(
        "sensitivity.never",
        labels=labelled("GENETIC"),
        recipient=PAYER,
        purpose="payment",
        regime=DE,
    ),
    "a minor's visit to the plan of the parents": no(
        "sensitivity.restricted",
        labels=labelled("MINOR"),
        recipient=PAYER,
        purpose="payment",
    ),
    "an employee to a plan": no(
        "sensitivity.restricted",
        labels=labelled("EMPLOYEE"),
        recipient=PAYER,
        purpose="payment",
    ),
    "somebody known": yes(PANEL, labels=labelled("VIP")),
    "a code without a rule": no("sensitivity.restricted", labels=labelled("NEW")),
    "not mapped": no("sensitivity.unknown", labels=labelled("unknown")),
    "not mapped, but by contract": yes(
        PANEL,
        labels=labelled("unknown"),
        recipient=to(sensitivity=frozenset({"unknown"})),
    ),
    "a ward that is not mapped": part(labels=labelled("unknown", by=WARD)),
    "a facility that is not mapped": no(
        "sensitivity.unknown", labels=labelled("unknown", by=FACILITY)
    ),
    "restricted for treatment": yes(PANEL, labels=labelled(confidentiality="R")),
    "restricted to a plan": no(
        "sensitivity.restricted",
        labels=labelled(confidentiality="R"),
        recipient=PAYER,
        purpose="operations",
    ),
    "very restricted for payment": no(
        "sensitivity.consent_needed",
        labels=labelled(confidentiality="V"),
        purpose="payment",
    ),
    "very restricted for treatment": yes(PANEL, labels=labelled(confidentiality="V")),
    "confidential in an unknown way": no(
        "sensitivity.restricted",
        labels=labelled(confidentiality="X"),
        recipient=PAYER,
        purpose="operations",
    ),
    "two labels, one of which may not": no(
        "sensitivity.consent_needed", labels=labelled("PSY", "ETH")
    ),
    "nobody without authorisation": no(
        "sensitivity.handling", labels=labelled(handling=("NOAUTH",))
    ),
    "nobody without authorisation, which is there": yes(
        PANEL, labels=labelled(handling=("NOAUTH",)), consents=(permit(),)
    ),
    "nothing to the patient": no(
        "sensitivity.handling",
        labels=labelled(handling=("NOPAT",)),
        recipient=PORTAL,
        purpose="patient_request",
    ),
    "not to be passed on": yes(PANEL, labels=labelled(handling=("NORDSCLCD",))),
}
TEMPLATES = {
    "a template that is none": wait("template.unknown", recipient=to(template="none")),
    "a template that is not for contracts": wait(
        "template.unknown", recipient=to(template="retraction")
    ),
    "a template of the contract": yes(PANEL, recipient=to(template="existence")),
}
REFERRALS = {
    "who acts is told of the request": yes(
        "relationship.referral", **referred("requested", PERFORMER)
    ),
    "who asked is told of the answer": yes(
        "relationship.referral", **referred("accepted", REQUESTER, by="performer")
    ),
    "nobody is told their own words": no(
        "relationship.other_side", **referred("cancelled", REQUESTER)
    ),
    "who acts hears no answer of their own": no(
        "relationship.other_side", **referred("accepted", PERFORMER, by="performer")
    ),
    "both hear what the hub does": yes(
        "relationship.referral", **referred("expired", REQUESTER, by="hub")
    ),
    "a reminder is for who is waited for": yes(
        "relationship.referral",
        **referred("escalated", PERFORMER, by="hub", level="reminder"),
    ),
    "a reminder is not for who waits": no(
        "relationship.other_side",
        **referred("escalated", REQUESTER, by="hub", level="reminder"),
    ),
    "of what ended the requester is waited for": yes(
        "relationship.referral",
        **referred(
            "escalated", REQUESTER, by="hub", level="reminder", state="completed"
        ),
    ),
    "an escalation is for who asked": yes(
        "relationship.referral",
        **referred("escalated", REQUESTER, by="hub", level="escalation"),
    ),
    "a quarrel is the hub's own": no(
        "relationship.other_side", **referred("conflict", REQUESTER, by="performer")
    ),
    "no side of it": no("relationship.none", **referred("requested")),
    "no side of it any more": no("relationship.ended", **referred("requested", LEFT)),
    "of the person nothing else is told": no(
        "relationship.other_side",
        panel="referral:food-bank",
        links=(PERFORMER,),
    ),
    "who looks sees what stands": yes(
        "relationship.referral", **referred("accepted", LOOKING, by="performer")
    ),
    "who looks sees no encounter": no(
        "relationship.other_side", panel="referral:food-bank", links=(LOOKING,)
    ),
    "a community service without a consent": no(
        "consent.missing",
        **referred("requested", PERFORMER, recipient=to("community")),
    ),
    "a community service with one": yes(
        "consent.permitted",
        **referred(
            "requested",
            PERFORMER,
            recipient=to("community"),
            consents=[permit("referral.*")],
        ),
    ),
    "who asked for help with violence hears the answer": yes(
        "sensitivity.stated",
        **referred("accepted", ASKED, by="performer", labels=VIOLENCE),
    ),
    "and sees it": yes(
        "sensitivity.stated",
        **referred("accepted", ASKED_LOOKS, by="performer", labels=VIOLENCE),
    ),
    "an answer that is only marked the same says no more": yes(
        "sensitivity.stated",
        **referred("accepted", ASKED, by="performer", labels=MARKED),
    ),
    "what the answer adds is no word of theirs": no(
        "sensitivity.restricted",
        **referred("accepted", ASKED, by="performer", labels=ADDED),
    ),
    "nor what is said of something else": no(
        "sensitivity.consent_needed",
        **referred("accepted", ASKED, by="performer", labels=labelled("SDV", "ETH")),
    ),
    "who asked, and did not say it": no(
        "sensitivity.restricted",
        **referred("accepted", REQUESTER, by="performer", labels=VIOLENCE),
    ),
    "who asked and is no side any more": no(
        "relationship.ended",
        **referred("accepted", ASKED._replace(valid_to=date.min), labels=VIOLENCE),
    ),
    "who asked, though the person decided against it": no(
        "sensitivity.denied",
        **referred(
            "accepted",
            ASKED,
            by="performer",
            labels=VIOLENCE,
            consents=[deny("SDV")],
        ),
    ),
    "a shelter is asked by a consent that names violence": yes(
        "consent.permitted",
        **referred(
            "requested",
            PERFORMER,
            recipient=to("community"),
            labels=VIOLENCE,
            consents=[permit("referral.*", "SDV")],
        ),
    ),
    "a shelter is not asked by a contract, or a consent that does not name it": no(
        "sensitivity.consent_needed",
        **referred(
            "requested",
            PERFORMER,
            recipient=to("community", sensitivity=frozenset({"SDV"})),
            labels=VIOLENCE,
            consents=[permit("referral.*")],
        ),
    ),
    "nothing reaches a person who must not be contacted": no(
        "safety.contact_prohibited",
        "consent@1",
        recipient=to("patient"),
        purpose="patient_request",
        about=event(
            kind="referral.scheduled",
            entity=Entity("referral", "rec_1", 1),
            payload={"safety": {"contact_prohibited": True}},
        ),
    ),
    "nor their contact, whatever they consented to": no(
        "safety.contact_prohibited",
        "consent@1",
        recipient=to("patient", contact="c1"),
        consents=[permit()],
        purpose="patient_request",
        about=event(payload={"safety": {"contact_prohibited": True}}),
    ),
    "nothing else does either while a referral says so": no(
        "safety.contact_prohibited",
        "consent@1",
        recipient=to("patient"),
        purpose="patient_request",
        endangered=True,
    ),
    "who treats them is told all the same": yes("relationship.panel", endangered=True),
    "who acts is told that nobody may contact them": yes(
        "relationship.referral",
        **referred("requested", PERFORMER, safety={"contact_prohibited": True}),
    ),
    "of a service that closes its sides are told": yes(
        "relationship.referral",
        recipient=to("community"),
        purpose="care_coordination",
        panel="referral:food-bank",
        links=(REQUESTER,),
        about=event(
            kind="directory.service_closed",
            entity=Entity("directory", "dir_1", 1),
            subject=EventSubject(None),
        ),
    ),
}
TABLE = (
    RELATIONSHIPS | REFERRALS | PURPOSE | PLACES | CONSENTS | SENSITIVITIES | TEMPLATES
)
