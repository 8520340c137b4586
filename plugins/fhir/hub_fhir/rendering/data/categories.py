"""What is needed: the categories of Gravity, and their words for a person.

Source: Gravity SDOH Clinical Care 2.3, SDOHCC-CodeSystemTemporaryCodes.
"""

_CODES = (
    "food-insecurity housing-instability homelessness inadequate-housing "
    "transportation-insecurity financial-insecurity material-hardship "
    "educational-attainment employment-status veteran-status stress "
    "social-connection intimate-partner-violence elder-abuse "
    "personal-health-literacy health-insurance-coverage-status "
    "medical-cost-burden digital-literacy digital-access utility-insecurity "
    "incarceration-status language-access protective-factor "
    "sdoh-category-unspecified"
)
#: The hub's categories of needs are these codes.
CATEGORIES: dict[str, str] = {
    code: code.replace("-", " ").capitalize() for code in _CODES.split()
}
#: "Social service procedure" of SNOMED CT: what all of these are.
SOCIAL_SERVICE = "410606002"
#: Of which the person must not be contacted.
CONTACT_PROHIBITED = "contacting-subject-prohibited"
RESULTING_ACTIVITY = "resulting-activity"

#: From the hub's words and HL7 table 0280 to request-priority of R4.
PRIORITIES: dict[str, str] = {
    "stat": "stat",
    "emergency": "stat",
    "s": "stat",
    "asap": "asap",
    "a": "asap",
    "urgent": "urgent",
    "u": "urgent",
    "routine": "routine",
    "r": "routine",
    "normal": "routine",
}
