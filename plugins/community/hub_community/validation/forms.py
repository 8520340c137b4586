"""What the objects of HSDS 3.x hold, as data.

A line is a kind and its fields; ``!`` marks those that must be there, and a field has a
type after a colon, text where there is none::

    type = "n" number | "u" UUID | "e" e-mail | "l" URI | "t" date-time
         | "p" telephone number, which is text like any other
         | "[" kind, a list | "{" kind, an object | "a|b" one of these words

Source: openreferral/specification 3.0 and 3.1, schema.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

TEXT, NUMBER, UUID, EMAIL, URI, MOMENT, WORD, LIST, OBJECT, PHONE = range(10)
_PLAIN: Final = {
    "": TEXT,
    "n": NUMBER,
    "u": UUID,
    "e": EMAIL,
    "l": URI,
    "t": MOMENT,
    "p": PHONE,
}

_TYPES: Final = "physical|postal|virtual"
_LOGGED: Final = "attributes:[attribute metadata:[metadata"
_3_0: Final[Mapping[str, str]] = {
    "organization": "id!:u name! alternate_name description! email:e website:l"
    " tax_status tax_id year_incorporated:n legal_status logo uri:l"
    " parent_organization_id:u funding:[funding contacts:[contact phones:[phone"
    " locations:[location programs:[program"
    f" organization_identifiers:[organization_identifier {_LOGGED}",
    "program": f"id!:u organization_id:u name! alternate_name description! {_LOGGED}",
    "service": "id!:u organization_id:u program_id:u name! alternate_name description"
    " url:l email:e status!:active|inactive|defunct|temporarily_closed"
    " interpretation_services application_process fees_description wait_time fees"
    " accreditations eligibility_description minimum_age:n maximum_age:n assured_date"
    " assurer_email:e licenses alert last_modified:t phones:[phone"
    " schedules:[schedule service_areas:[service_area"
    " service_at_locations:[service_at_location languages:[language"
    " organization:{organization funding:[funding cost_options:[cost_option"
    " program:{program required_documents:[required_document contacts:[contact"
    f" {_LOGGED}",
    "service_at_location": "id!:u service_id:u location_id:u description"
    " contacts:[contact phones:[phone schedules:[schedule location:{location"
    f" {_LOGGED}",
    "location": f"id!:u location_type!:{_TYPES} url:l organization_id:u name"
    " alternate_name description transportation latitude:n longitude:n"
    " external_identifier external_identifier_type languages:[language"
    " addresses:[address contacts:[contact accessibility:[accessibility"
    f" phones:[phone schedules:[schedule {_LOGGED}",
    "address": "id!:u location_id:u attention address_1! address_2 city! region"
    f" state_province! postal_code! country! address_type!:{_TYPES} {_LOGGED}",
    "phone": "id!:u location_id:u service_id:u organization_id:u contact_id:u"
    " service_at_location_id:u number!:p extension:n type description"
    f" languages:[language {_LOGGED}",
    "contact": "id!:u organization_id:u service_id:u service_at_location_id:u"
    f" location_id:u name title department email:e phones:[phone {_LOGGED}",
    "schedule": "id!:u service_id:u location_id:u service_at_location_id:u valid_from"
    " valid_to dtstart timezone:n until count:n wkst:MO|TU|WE|TH|FR|SA|SU"
    " freq:WEEKLY|MONTHLY interval:n byday byweekno bymonthday byyearday description"
    f" opens_at closes_at schedule_link:l attending_type notes {_LOGGED}",
    "service_area": "id!:u service_id:u name description extent extent_type uri"
    f" {_LOGGED}",
    "language": f"id!:u service_id:u location_id:u phone_id:u name code note {_LOGGED}",
    "accessibility": f"id!:u location_id:u description details url:l {_LOGGED}",
    "cost_option": "id!:u service_id:u valid_from valid_to option currency amount:n"
    f" amount_description {_LOGGED}",
    "required_document": f"id!:u service_id:u document uri:l {_LOGGED}",
    "funding": f"id!:u organization_id:u service_id:u source {_LOGGED}",
    "organization_identifier": "id!:u organization_id:u identifier_scheme"
    f" identifier_type! identifier! {_LOGGED}",
    "attribute": "id!:u link_id:u taxonomy_term_id:u link_type link_entity value"
    " taxonomy_term:{taxonomy_term metadata:[metadata",
    "taxonomy": "id!:u name! description! uri:l version metadata:[metadata",
    "taxonomy_term": "id!:u code name! description! parent_id:u taxonomy"
    " taxonomy_detail:{taxonomy language taxonomy_id:u term_uri:l"
    " metadata:[metadata",
    "metadata": "id!:u resource_id:u resource_type last_action_date!"
    " last_action_type! field_name! previous_value! replacement_value! updated_by!",
    "meta_table_description": f"id!:u name language character_set {_LOGGED}",
}
#: What 3.1 adds.
_3_1: Final[Mapping[str, str]] = {
    "organization": "additional_websites:[url",
    "service": "additional_urls:[url capacities:[service_capacity",
    "attribute": "label",
    "url": f"id!:u label url!:l organization_id:u service_id:u {_LOGGED}",
    "service_capacity": "id!:u service_id:u unit_id:u unit:{unit available:n maximum:n"
    f" description updated {_LOGGED}",
    "unit": f"id!:u name! scheme identifier uri:l {_LOGGED}",
}


class Form(NamedTuple):
    """What an object holds: what must be there, and the test of each field.

    A test is one of the numbers above, with the words, or the kind, that it needs.
    `texts` are the fields of which any text will do.
    """

    required: tuple[str, ...]
    texts: frozenset[str]
    fields: Mapping[str, tuple[int, frozenset[str] | str]]


Forms = Mapping[str, Form]


def _form(line: str) -> Form:
    words = [word.partition(":") for word in line.split()]
    return Form(
        tuple(name.rstrip("!") for name, _, _ in words if name.endswith("!")),
        frozenset(name.rstrip("!") for name, _, type_ in words if not type_),
        {name.rstrip("!"): _test(type_) for name, _, type_ in words},
    )


def _test(type_: str) -> tuple[int, frozenset[str] | str]:
    if type_ in _PLAIN:
        return _PLAIN[type_], ""
    if type_[0] in "[{":
        return (LIST if type_[0] == "[" else OBJECT), type_[1:]
    return WORD, frozenset(word.replace("_", " ") for word in type_.split("|"))


#: The forms of 3.0, and those of 3.1, which allow all that 3.0 does.
FORMS_3_0: Final[Forms] = {kind: _form(line) for kind, line in _3_0.items()}
FORMS: Final[Forms] = {
    kind: _form(f"{_3_0.get(kind, '')} {_3_1.get(kind, '')}")
    for kind in [*_3_0, *(_3_1.keys() - _3_0.keys())]
}
