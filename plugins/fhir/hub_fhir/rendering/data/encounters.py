"""Encounters: the hub's words, and those of v3 ActCode and of Da Vinci Alerts.

Sources: HL7 v3 ActCode (ActEncounterCode); Da Vinci Alerts 1.0, notification-event;
domain 3.8.
"""

#: From the hub's classes. HL7 has none for a day case: it is a short stay.
CLASSES: dict[str, tuple[str, str]] = {
    "emergency": ("EMER", "emergency"),
    "inpatient": ("IMP", "inpatient encounter"),
    "outpatient": ("AMB", "ambulatory"),
    "preadmit": ("PRENC", "pre-admission"),
    "observation": ("OBSENC", "observation encounter"),
    "short-stay": ("SS", "short stay"),
    "day-case": ("SS", "short stay"),
    "rehab": ("IMP", "inpatient encounter"),
    "home": ("HH", "home health"),
    "virtual": ("VR", "virtual"),
}
ACT_CLASSES: dict[str, str] = dict(CLASSES.values())
#: Classes that are not told apart by their code.
NARROWED = frozenset({"day-case", "rehab"})

#: Events for which the guide has a code, and which.
NOTIFICATIONS: dict[str, str] = {
    "encounter.admitted": "notification-admit",
    "encounter.ed_arrived": "notification-admit",
    "encounter.registered": "notification-outpatient-visit",
    "encounter.discharged": "notification-discharge",
    "encounter.ended": "notification-discharge",
}
TRANSFER = "notification-transfer"
DISPLAYS: dict[str, str] = {
    "notification-admit": "Admit Notification",
    "notification-discharge": "Discharge Notification",
    "notification-transfer": "Transfer Notification",
    "notification-outpatient-visit": "Outpatient Visit Notification",
}
#: Profiles of the header of a message with a code.
HEADERS: dict[str, str] = {
    "notification-admit": "admit-notification-messageheader",
    "notification-discharge": "discharge-notification-messageheader",
    "notification-transfer": "transfer-notification-messageheader",
}
#: The hub's statuses that R4 has by the same name; the rest are unknown.
STATUSES = frozenset({"planned", "in-progress", "onleave", "finished", "cancelled"})
#: From DG1-6 (table 0052) to diagnosis-role of HL7 Terminology.
DIAGNOSIS_ROLES: dict[str, str] = {"A": "AD", "W": "AD", "F": "DD"}
#: From DG1-6 to condition-ver-status, as far as it says how sure anybody is.
CERTAINTIES: dict[str, str] = {"A": "provisional", "W": "provisional", "F": "confirmed"}
#: From roles of the hub, of HL7 v2 and of FHIR to v3 ParticipationType.
ROLES: dict[str, str] = {
    "attending": "ATND",
    "atnd": "ATND",
    "at": "ATND",
    "referring": "REF",
    "ref": "REF",
    "rp": "REF",
    "consulting": "CON",
    "con": "CON",
    "cp": "CON",
    "admitting": "ADM",
    "adm": "ADM",
    "ad": "ADM",
}
#: From sex in HL7 v2 to the gender of R4.
GENDERS: dict[str, str] = {
    "M": "male",
    "F": "female",
    "O": "other",
    "D": "other",
    "A": "other",
    "N": "other",
    "U": "unknown",
    "male": "male",
    "female": "female",
    "other": "other",
    "unknown": "unknown",
}
SEXES: dict[str, str] = {"male": "M", "female": "F", "other": "O", "unknown": "U"}
#: Uses of names in HL7 table 0200 and in R4.
NAME_USES: dict[str, str] = {
    "L": "official",
    "D": "usual",
    "M": "maiden",
    "B": "old",
    "N": "nickname",
    "S": "anonymous",
    "TEMP": "temp",
}
#: Names of code systems as HL7 v2 senders write them.
SYSTEMS: dict[str, str] = {
    "I10": "http://hl7.org/fhir/sid/icd-10",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD10CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10-GM": "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "SCT": "http://snomed.info/sct",
    "SNOMED": "http://snomed.info/sct",
    "LN": "http://loinc.org",
    "LOINC": "http://loinc.org",
    "OPS": "http://fhir.de/CodeSystem/bfarm/ops",
    "CPT": "http://www.ama-assn.org/go/cpt",
    "C4": "http://www.ama-assn.org/go/cpt",
    "HCPCS": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
}
