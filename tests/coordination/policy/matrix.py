"""The rules that come with the hub as tables, for the page that explains them.

Written into the page by ``python -m tests.coordination.policy.matrix``.
"""

from pathlib import Path

from hub.coordination.policy.regime import Regime
from hub.coordination.policy.rulesets import Audience, shipped
from hub.coordination.recipients import PURPOSES, Recipient
from tests.coordination.policy.cases import event

PAGE = Path(__file__).parents[3] / "docs/explanation/who-may-know.md"
AUDIENCES = Audience.__args__
#: For whom and what the table of sensitivities is shown.
SHOWN = (
    ("provider", "treatment"),
    ("provider", "care_coordination"),
    ("provider", "operations"),
    ("payer", "payment"),
    ("payer", "care_coordination"),
    ("community", "care_coordination"),
    ("public_health", "public_health"),
    ("patient", "patient_request"),
    ("caregiver", "care_coordination"),
)


def _plan(place, audience, purpose):
    sector = "patient" if audience == "caregiver" else audience
    contact = "c" if audience == "caregiver" else ""
    who = Recipient("x", sector, contact=contact, contracted=True)
    return Regime(place).plan(event(), who, purpose)


def _row(cells):
    return f"| {' | '.join(cells)} |"


def _table(header, rows):
    return "\n".join([_row(header), _row(["---"] * len(header)), *map(_row, rows)])


def purposes(place):
    """Return what is asked of the person, and what is told, by sector and purpose."""

    def cell(audience, purpose):
        plan = _plan(place, audience, purpose)
        refused = plan.consent == "never"
        return "never" if refused else f"{plan.consent}: {plan.template}"

    return _table(
        ["Purpose", *AUDIENCES],
        [
            [f"`{purpose}`", *(cell(each, purpose) for each in AUDIENCES)]
            for purpose in sorted(PURPOSES)
        ],
    )


def sensitivities(place):
    """Return what each sensitivity asks for, by sector and purpose."""
    labels = shipped()[place].labels
    return _table(
        ["Label", *(f"{who}, {what}" for who, what in SHOWN)],
        [
            [f"`{label}`", *(rule.mode(who, what) for who, what in SHOWN)]
            for label, rule in labels.items()
        ],
    )


#: What stands in the page, between a comment that names it and the next one.
TABLES = {
    "us-purposes": purposes("US"),
    "us-sensitivities": sensitivities("US"),
    "de-purposes": purposes("DE"),
    "de-sensitivities": sensitivities("DE"),
}


def rendered(page):
    """Return the text of a page with its tables as they are now."""
    for name, table in TABLES.items():
        before, start, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        page = f"{before}{start}\n{table}\n\n{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
