"""What a person needs, by codes: for what has no category of Gravity's itself.

A longer code decides before a shorter one. Sources: ICD-10-CM 2026, Z55 to Z65 (public
domain); LOINC 2.80 (this material contains content from LOINC, https://loinc.org,
copyright Regenstrief Institute, Inc.); the categories are Gravity's.
"""

#: Addresses of the code systems that are looked up here.
ICD_10 = frozenset(
    {
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/icd-10",
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
        "http://fhir.de/CodeSystem/dimdi/icd-10-gm",
    }
)
#: By the beginning of a code, without its dot.
BY_ICD: dict[str, str] = {
    "Z55": "educational-attainment",
    "Z556": "personal-health-literacy",
    "Z56": "employment-status",
    "Z590": "homelessness",
    "Z591": "inadequate-housing",
    "Z5912": "utility-insecurity",
    "Z594": "food-insecurity",
    "Z595": "financial-insecurity",
    "Z596": "financial-insecurity",
    "Z597": "financial-insecurity",
    "Z5971": "health-insurance-coverage-status",
    "Z5981": "housing-instability",
    "Z5982": "transportation-insecurity",
    "Z5986": "financial-insecurity",
    "Z5987": "material-hardship",
    "Z602": "social-connection",
    "Z604": "social-connection",
    "Z651": "incarceration-status",
    "Z652": "incarceration-status",
    "Z733": "stress",
} | dict.fromkeys(
    ("Z57", "Z58", "Z59", "Z60", "Z62", "Z63", "Z64", "Z65"),
    "sdoh-category-unspecified",
)
#: By the code of a question or a panel.
BY_LOINC: dict[str, str] = {
    "88121-9": "food-insecurity",
    "88122-7": "food-insecurity",
    "88123-5": "food-insecurity",
    "88124-3": "food-insecurity",
    "71802-3": "housing-instability",
    "93033-9": "housing-instability",
    "96778-6": "inadequate-housing",
    "93030-5": "transportation-insecurity",
    "96779-4": "utility-insecurity",
    "93038-8": "stress",
}


def by_icd(code: str) -> str:
    """Return the category of an ICD-10 code, "" where it names no need."""
    plain = code.replace(".", "").upper()
    for length in range(len(plain), 2, -1):
        if found := BY_ICD.get(plain[:length]):
            return found
    return ""
