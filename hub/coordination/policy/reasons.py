"""The reasons that a decision can have, each with what it means and what to do.

They are catalogued like errors: `hub errors CODE` and the reference say the same.
"""

from typing import NamedTuple


class Reason(NamedTuple):
    """What a reason code means, and what to change where the answer is not wanted.

    Both are sentences without a final full stop. `remedy` is "" where nothing is
    amiss.
    """

    summary: str
    remedy: str = ""


REASONS: dict[str, Reason] = {
    "relationship.all": Reason("Permitted: the subscription is about everybody"),
    "relationship.panel": Reason(
        "Permitted: the person is on the panel, and the entry is active"
    ),
    "relationship.episode": Reason(
        "Permitted: the recipient follows this encounter or stay"
    ),
    "relationship.referral": Reason(
        "Permitted: the referral names the recipient as one of its sides"
    ),
    "relationship.other_side": Reason(
        "Withheld: of a referral each side is told what the other one says",
        "Nothing; `events` of the partner can ask for less, and for no more",
    ),
    "relationship.ended": Reason(
        "Withheld: the referral is over, was a mistake, or went to somebody else",
        "Nothing; look at `hub referrals show` for what became of it",
    ),
    "relationship.none": Reason(
        "Withheld: no number of the person is on the panel",
        "Compare the panel with the numbers of the message, authority and number both",
    ),
    "relationship.not_started": Reason(
        "Withheld: the entry on the panel begins later",
        "Wait for the day, or send a panel with an earlier valid_from",
    ),
    "relationship.expired": Reason(
        "Withheld: the entry on the panel has ended",
        "Send a panel with a later valid_to if the person is still looked after",
    ),
    "relationship.stale": Reason(
        "Withheld: the entry was not confirmed for too long",
        "Load the panel again, which confirms it, or raise `stale_days` of the panel",
    ),
    "purpose.allowed": Reason("Permitted: the contract allows the purpose"),
    "purpose.unknown": Reason(
        "Withheld: the purpose is not one that exists",
        "Give the subscription one of the purposes of the reference; marketing is none",
    ),
    "purpose.not_in_contract": Reason(
        "Withheld: the recipient's contract does not allow the purpose",
        "Correct the subscription's purpose, or `purposes` of the recipient",
    ),
    "purpose.not_operations": Reason(
        "Withheld: what happens to files is told for the purpose `operations` only",
        "Ask for it by a subscription of its own, with the purpose `operations`",
    ),
    "jurisdiction.unknown": Reason(
        "Held: no rules are known for the place of care or that of the recipient",
        "Correct `jurisdiction` of the recipient or of [policy]; then replay",
    ),
    "jurisdiction.not_permitted": Reason(
        "Withheld: the rules permit nobody of this sector to be told for this purpose",
        "Check sector and purpose; if the law differs, write a file of own rules",
    ),
    "consent.permitted": Reason("Permitted: the person consented to it"),
    "consent.denied": Reason(
        "Withheld: the person decided against it",
        "Only the person can change that; record the new decision as a consent",
    ),
    "consent.self_paid": Reason(
        "Withheld: the person paid and restricted what the plan is told",
        "Only the person can lift the restriction",
    ),
    "consent.missing": Reason(
        "Withheld: the rules ask for a consent, and there is none that applies",
        "Ask the person, and record a consent for this recipient and purpose",
    ),
    "consent.not_explicit": Reason(
        "Withheld: a consent applies, but not in the form that the rules ask for",
        "Ask the person for an explicit consent",
    ),
    "consent.expired": Reason(
        "Withheld: the consent has ended", "Ask the person to renew it"
    ),
    "consent.revoked": Reason(
        "Withheld: the consent was revoked", "Only the person can give a new one"
    ),
    "consent.not_started": Reason(
        "Withheld: the consent begins later", "Wait for the day from which it holds"
    ),
    "consent.no_proxy": Reason(
        "Withheld: the person did not name this contact as one who may be told",
        "Ask the person for a proxy that names the contact; it is never inferred",
    ),
    "safety.contact_prohibited": Reason(
        "Withheld: an open referral says that contact could put the person in danger",
        "Reach them as the referral says is safe, or not at all; never by this way",
    ),
    "sensitivity.redacted": Reason(
        "Permitted in part: what is too sensitive for the recipient was taken out",
        "For the whole, record a consent that names the sensitivity",
    ),
    "sensitivity.stated": Reason(
        "Permitted: what is so sensitive the recipient said itself when it referred"
    ),
    "sensitivity.restricted": Reason(
        "Withheld: the contract does not cover something this sensitive",
        "Name the code in `sensitivity` of the recipient, or record such a consent",
    ),
    "sensitivity.consent_needed": Reason(
        "Withheld: something in it needs a consent that names it",
        "Ask the person for a consent that names the sensitivity, and record it",
    ),
    "sensitivity.denied": Reason(
        "Withheld: the person decided against telling anything this sensitive",
        "Only the person can change that; record the new decision as a consent",
    ),
    "sensitivity.never": Reason(
        "Withheld: the rules never permit something this sensitive to this sector",
        "If the law differs, write a file of own rules and name it in [policy]",
    ),
    "sensitivity.unknown": Reason(
        "Withheld: something in it is not mapped, and counts as restricted",
        "Map what `hub labels unmapped` lists",
    ),
    "sensitivity.handling": Reason(
        "Withheld: its sender allows it to nobody without the person's consent",
        "Ask the person for an explicit consent, and record it",
    ),
    "template.unknown": Reason(
        "Held: there is no template of the name in the contract",
        "Correct `template` of the recipient; then replay",
    ),
    "rule.failed": Reason(
        "Held: a rule of the hub failed", "Report it as a defect of the hub; replay"
    ),
    "subscription.gone": Reason(
        "Withheld: nobody asks for it any more under this subscription",
        "Configure the subscription again, and ask for a backfill",
    ),
    "correction.owed": Reason(
        "Permitted: who was told of an event is told when it is taken back"
    ),
    "correction.unheard": Reason(
        "Withheld: it takes back something that the recipient was not told",
        "Nothing; they believe nothing that is not so",
    ),
    "identity.moved": Reason(
        "Withheld: it turned out to be about somebody else",
        "Nothing; it is told anew of the person whom it is about",
    ),
    "identity.parted": Reason(
        "Held: it was worked out while two people were taken for one, and says of one"
        " what is true of the other",
        "Tell the recipient yourself what is so, or ask for a backfill of what is told"
        " of the person since",
    ),
    "format.no_form": Reason(
        "Withheld: the recipient's format has no form for events of this type",
        "Nothing; for such events give the recipient a destination in another format",
    ),
    "filter.not_matched": Reason(
        "Withheld: the subscription's filter asks for something else",
        "Look at `where` of the subscription; the rule names the key",
    ),
    "suppressed.duplicate": Reason(
        "Withheld: another feed told of the same before, and it is told if that is"
        " taken back",
        "Nothing; `suppress_within` of the subscription says within which time",
    ),
    "suppressed.storm": Reason(
        "Permitted: there were so many updates that it waits, unless a newer one takes"
        " its place",
        "Nothing; `storm` of the subscription says how many are too many",
    ),
}
