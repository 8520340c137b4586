"""Words for the codes that a referral can hold, in English and German. Data.

Categories are those of Gravity (SDOHCC, 24 of them), states those of domain 4.2.
"""

from collections.abc import Mapping

from hub_community.page.wording import Pair

STATES: Mapping[str, Pair] = {
    "draft": ("Being prepared", "In Vorbereitung"),
    "requested": ("New: waits for your answer", "Neu: wartet auf Ihre Antwort"),
    "received": ("Waits for your answer", "Wartet auf Ihre Antwort"),
    "accepted": ("Accepted", "Angenommen"),
    "rejected": ("Declined", "Abgelehnt"),
    "scheduled": ("Appointment made", "Termin vereinbart"),
    "in_progress": ("Help has started", "Hilfe hat begonnen"),
    "on_hold": ("On hold", "Angehalten"),
    "completed": ("Done", "Erledigt"),
    "failed": ("Did not work out", "Nicht gelungen"),
    "cancelled": ("Cancelled", "Abgebrochen"),
    "expired": ("Not answered in time", "Nicht rechtzeitig beantwortet"),
    "entered_in_error": ("Sent by mistake", "Irrtümlich gesendet"),
}
OUTCOMES: Mapping[str, Pair] = {
    "resolved": ("The need is met", "Der Bedarf ist gedeckt"),
    "partially_resolved": (
        "The need is met in part",
        "Der Bedarf ist teilweise gedeckt",
    ),
    "unresolved": ("The need is still there", "Der Bedarf besteht weiter"),
    "patient_declined": ("The person did not want it", "Die Person wollte es nicht"),
    "patient_unreachable": (
        "The person could not be reached",
        "Die Person war nicht zu erreichen",
    ),
    "not_eligible": (
        "The person is not entitled to it",
        "Die Person hat keinen Anspruch darauf",
    ),
    "no_capacity": ("No capacity", "Keine Kapazität"),
    "waitlisted": ("On a waiting list", "Auf einer Warteliste"),
    "service_unavailable": (
        "The service does not exist (any more)",
        "Das Angebot gibt es nicht (mehr)",
    ),
    "other": ("Something else", "Etwas anderes"),
}
#: The outcomes of what was done, and of what did not work out.
_OF_DONE = ("resolved", "partially_resolved", "unresolved", "other")
_OF_FAILED = (
    *("unresolved", "patient_declined", "patient_unreachable", "not_eligible"),
    *("no_capacity", "waitlisted", "service_unavailable", "other"),
)
OUTCOMES_OF: Mapping[str, Mapping[str, Pair]] = {
    "all": OUTCOMES,
    "done": {code: OUTCOMES[code] for code in _OF_DONE},
    "failed": {code: OUTCOMES[code] for code in _OF_FAILED},
}
#: Why an organisation does not take somebody on.
DECLINES: Mapping[str, Pair] = {
    "no_capacity": ("We have no capacity", "Wir haben keine Kapazität"),
    "not_eligible": (
        "The person does not meet our conditions",
        "Die Person erfüllt unsere Bedingungen nicht",
    ),
    "outside_area": ("Outside of our area", "Außerhalb unseres Gebiets"),
    "wrong_service": ("We do not offer this", "Das bieten wir nicht an"),
    "known_already": (
        "We already help this person",
        "Wir helfen dieser Person schon",
    ),
    "patient_declined": ("The person does not want it", "Die Person möchte es nicht"),
    "patient_unreachable": (
        "We cannot reach the person",
        "Wir erreichen die Person nicht",
    ),
    "other": ("Something else", "Etwas anderes"),
}
#: Why it has to wait, or did not work out, or an appointment fell through.
DELAYS: Mapping[str, Pair] = {
    "information_missing": ("We need to know more", "Uns fehlen Angaben"),
    "no_capacity": ("We have no capacity now", "Wir haben gerade keine Kapazität"),
    "patient_unreachable": (
        "We cannot reach the person",
        "Wir erreichen die Person nicht",
    ),
    "patient_declined": (
        "The person does not want it now",
        "Die Person möchte es gerade nicht",
    ),
    "other": ("Something else", "Etwas anderes"),
}
PRIORITIES: Mapping[str, Pair] = {
    "routine": ("Normal", "Normal"),
    "urgent": ("Urgent", "Dringend"),
    "asap": ("As soon as possible", "So bald wie möglich"),
    "stat": ("At once", "Sofort"),
    "R": ("Normal", "Normal"),
    "A": ("As soon as possible", "So bald wie möglich"),
    "S": ("At once", "Sofort"),
}
CATEGORIES: Mapping[str, Pair] = {
    "food-insecurity": ("Food", "Ernährung"),
    "housing-instability": ("Unstable housing", "Unsichere Wohnsituation"),
    "homelessness": ("Homelessness", "Wohnungslosigkeit"),
    "inadequate-housing": ("Inadequate housing", "Mangelhafte Wohnung"),
    "transportation-insecurity": ("Transport", "Fahrten"),
    "financial-insecurity": ("Money", "Geld"),
    "material-hardship": ("Basic goods", "Dinge des täglichen Bedarfs"),
    "educational-attainment": ("Education", "Bildung"),
    "employment-status": ("Work", "Arbeit"),
    "veteran-status": ("Veterans", "Veteranen"),
    "stress": ("Stress", "Belastung"),
    "social-connection": ("Social contact", "Soziale Kontakte"),
    "intimate-partner-violence": (
        "Violence by a partner",
        "Gewalt in der Partnerschaft",
    ),
    "elder-abuse": ("Abuse of older people", "Gewalt gegen ältere Menschen"),
    "personal-health-literacy": ("Understanding health", "Gesundheit verstehen"),
    "health-insurance-coverage-status": ("Health insurance", "Krankenversicherung"),
    "medical-cost-burden": ("Medical costs", "Behandlungskosten"),
    "digital-literacy": ("Digital skills", "Umgang mit Technik"),
    "digital-access": ("Digital access", "Zugang zu Technik"),
    "utility-insecurity": ("Electricity, heating, water", "Strom, Heizung, Wasser"),
    "incarceration-status": ("Imprisonment", "Haft"),
    "language-access": ("Language", "Sprache"),
    "protective-factor": ("What protects", "Schützende Umstände"),
    "sdoh-category-unspecified": ("Social need", "Sozialer Bedarf"),
}
#: Ways in which somebody can be reached safely.
WAYS: Mapping[str, Pair] = {
    "phone": ("telephone", "Telefon"),
    "sms": ("text message", "SMS"),
    "email": ("e-mail", "E-Mail"),
    "mail": ("letter", "Brief"),
    "in_person": ("in person", "persönlich"),
    "via_requester": (
        "through the organisation that asks",
        "über die anfragende Stelle",
    ),
}
