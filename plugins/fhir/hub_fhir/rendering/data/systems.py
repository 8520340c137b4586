"""Addresses of profiles, code systems and extensions.

Sources: Gravity SDOH Clinical Care 2.3, Da Vinci Alerts 1.0, US Core 3.1.1, ISiK
Basismodul, HL7 Terminology. What begins with ``urn:carehub:fhir:`` is the hub's own.
"""

GRAVITY = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/"
SERVICE_REQUEST_PROFILE = f"{GRAVITY}SDOHCC-ServiceRequest"
TASK_PROFILE = f"{GRAVITY}SDOHCC-TaskForReferralManagement"
ROLE_PROFILE = f"{GRAVITY}SDOHCC-PractitionerRole"
GRAVITY_CODES = (
    "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/"
    "SDOHCC-CodeSystemTemporaryCodes"
)
ALERTS = "http://hl7.org/fhir/us/davinci-alerts/StructureDefinition/"
ALERT_EVENTS = "http://hl7.org/fhir/us/davinci-alerts/CodeSystem/notification-event"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
ISIK = "https://gematik.de/fhir/isik/StructureDefinition/"
BSER_STATUSES = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"

TASK_CODES = "http://hl7.org/fhir/CodeSystem/task-code"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
ID_TYPES = f"{TERMINOLOGY}v2-0203"
ACT_CODES = f"{TERMINOLOGY}v3-ActCode"
NULL_FLAVOURS = f"{TERMINOLOGY}v3-NullFlavor"
PARTICIPATIONS = f"{TERMINOLOGY}v3-ParticipationType"
CONFIDENTIALITY = f"{TERMINOLOGY}v3-Confidentiality"
AGENTS = f"{TERMINOLOGY}provenance-participant-type"
LIFECYCLE = f"{TERMINOLOGY}iso-21089-lifecycle"
VERIFICATION = f"{TERMINOLOGY}condition-ver-status"
CONDITION_CATEGORIES = f"{TERMINOLOGY}condition-category"
DIAGNOSIS_ROLES = f"{TERMINOLOGY}diagnosis-role"
PLACE_TYPES = f"{TERMINOLOGY}location-physical-type"
GERMAN_DIAGNOSES = "http://fhir.de/CodeSystem/KontaktDiagnoseProzedur"
GERMAN_DEPARTMENTS = "http://fhir.de/CodeSystem/dkgev/Fachabteilungsschluessel"
PLANNED_START = (
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedStartDate"
)
CONTACT_LEVELS = "http://fhir.de/CodeSystem/Kontaktebene"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
LANGUAGES = "urn:ietf:bcp:47"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

#: Why a request has its status. Source: R4, standard extensions.
STATUS_REASON = "http://hl7.org/fhir/StructureDefinition/request-statusReason"

OWN = "urn:carehub:fhir:"
#: What a referral is in the hub's own words, where R4 has none.
REFERRAL_STATE = f"{OWN}referral-state"
#: What of a statement R4 cannot say: a short code.
RECORDED_LOSS = f"{OWN}recorded-loss"
#: When an appointment takes place of which no end is known.
APPOINTMENT = f"{OWN}appointment"
SAFE_CONTACT = f"{OWN}safe-contact-method"
BUSINESS_STATUSES = f"{OWN}business-status"
OUTCOMES = f"{OWN}referral-outcome"
OWN_EVENTS = f"{OWN}event"
OWN_CODES = f"{OWN}code"
#: Who numbers what has a name in the hub and no address.
AUTHORITY = "urn:carehub:authority:"
PERSONS = "urn:carehub:person"
ENTITIES = "urn:carehub:entity"
#: The tag by which the transports of this plugin say who sent something.
PARTY = "urn:carehub:party"
