"""What partners call their columns, in English and German. Data for learning only.

No feed is read by these: a profile names its columns itself.
"""

from collections.abc import Mapping

#: Names of columns by what they mean; the first that is there is taken.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "member_id": (
        *("member id", "memberid", "member number", "member no", "member nbr"),
        *("medicaid id", "medicare id", "mbi", "insurance id", "insured id"),
        *("enrollee id", "beneficiary id", "patient member id", "id card number"),
        *("Mitgliedsnummer", "Versichertennummer", "Mitgliedsnr", "KVNR"),
        *("Versicherten-ID", "Versichertennr", "Krankenversichertennummer"),
    ),
    "subscriber_id": (
        *("subscriber id", "subscriber number", "subscriber", "policy number"),
        *("policy holder id", "Hauptversichertennummer", "Stammversichertennummer"),
    ),
    "patient_id": (
        *("patient id", "id", "our id", "external id", "partner id", "source id"),
        *("Kundennummer",),
    ),
    "relationship": (
        *(
            "relationship",
            "relationship code",
            "relation",
            "relationship to subscriber",
        ),
        *("Verwandtschaftsverhältnis", "Angehörigenstatus"),
    ),
    "family_name": (
        *("last name", "family name", "surname", "member last name", "lname"),
        *("patient last name", "name last", "Nachname", "Familienname", "Name"),
    ),
    "given_name": (
        *("first name", "given name", "member first name", "fname", "forename"),
        *("patient first name", "name first", "Vorname", "Rufname"),
    ),
    "middle_name": (
        *("middle name", "middle initial", "mi", "member middle name"),
        *("zweiter Vorname",),
    ),
    "birth_date": (
        *("dob", "date of birth", "birth date", "birthdate", "member dob"),
        *("patient date of birth", "Geburtsdatum", "geb datum", "geboren", "GebDat"),
    ),
    "sex": ("sex", "gender", "member gender", "Geschlecht", "sex code", "gender code"),
    "deceased": ("date of death", "death date", "dod", "deceased", "Sterbedatum"),
    "street": (
        *("street", "street address", "address", "address 1", "address line 1"),
        *("addr1", "member address", "Straße", "Strasse", "Anschrift"),
    ),
    "street_2": ("address 2", "address line 2", "addr2", "Adresszusatz"),
    "house_number": ("house number", "street number", "Hausnummer", "Hausnr"),
    "city": ("city", "town", "member city", "Ort", "Wohnort", "Stadt"),
    "state": ("state", "province", "member state", "Bundesland"),
    "postal_code": (
        *("zip", "zip code", "postal code", "postcode", "member zip", "zipcode"),
        *("PLZ", "Postleitzahl"),
    ),
    "country": ("country", "country code", "Land"),
    "phone": (
        *("phone", "phone number", "telephone", "home phone", "member phone"),
        *("primary phone", "Telefon", "Telefonnummer"),
    ),
    "email": ("email", "e-mail", "email address", "E-Mail-Adresse"),
    "payer": (
        *("payer", "payer id", "insurance company", "carrier", "health plan id"),
        *("Kasse", "Krankenkasse", "IK", "Kostenträger"),
    ),
    "plan": (
        *("plan", "plan id", "plan name", "plan code", "benefit plan", "product"),
        *("line of business", "lob", "Tarif"),
    ),
    "contract": ("contract", "contract id", "contract number", "Vertrag"),
    "programme": ("program", "programme", "program name", "Programm", "DMP"),
    "since": (
        *("effective date", "start date", "coverage start", "eff date", "start"),
        *("enrollment date", "valid from", "eligibility start", "from date"),
        *("effective from", "coverage begin", "begin date", "Beginn"),
        *("gültig ab", "versichert seit", "versichert ab", "gültig von"),
    ),
    "until": (
        *("termination date", "end date", "coverage end", "term date", "end"),
        *("disenrollment date", "valid to", "eligibility end", "to date", "thru date"),
        *("effective to", "Ende", "gültig bis", "versichert bis"),
    ),
    "reason": ("reason", "reason code", "term reason", "Grund"),
    "provider": (
        *("provider npi", "npi", "provider id", "attributed provider npi"),
        *("attributed provider", "attributed npi", "LANR", "Arztnummer"),
    ),
    "provider_name": ("provider name", "attributed provider name", "Arztname"),
    "pcp": ("pcp", "pcp npi", "pcp id", "primary care provider npi", "Hausarzt"),
    "pcp_name": ("pcp name", "primary care provider", "Hausarztname"),
    "risk_score": ("risk score", "raf", "raf score", "hcc score", "Risikoscore"),
    "action": (
        *("action", "action code", "change type", "change", "operation", "op"),
        *("record type", "transaction type", "status", "Aktion", "Änderungsart"),
    ),
    "measure": (
        *("measure", "measure id", "measure code", "gap", "gap id", "gap code"),
        *("hedis measure", "Maßnahme", "Kennzahl", "Indikator"),
    ),
    "measure_version": ("measure version", "measure year", "version"),
    "description": (
        *("measure name", "measure description", "gap description", "gap name"),
        *("description", "Beschreibung", "Bezeichnung"),
    ),
    "status": (
        *("status", "gap status", "measure status", "compliance", "compliant"),
        *("file status", "result", "outcome", "disposition", "Ergebnis"),
    ),
    "due": ("due date", "due", "gap due date", "target date", "fällig", "Fällig am"),
    "happened": ("service date", "closed date", "closure date", "dos", "erledigt am"),
    "evidence": ("evidence", "evidence request", "documentation", "Nachweis"),
    "period": ("period", "measurement period", "measurement year", "Zeitraum"),
    "value": ("value", "result value", "score", "Wert", "Ergebniswert"),
    "file": (
        *("file", "file name", "filename", "original file", "control number"),
        *("Datei", "Dateiname"),
    ),
    "codes": ("codes", "code", "error code", "error codes", "reason", "Fehlercode"),
}
#: Numbers of people that a hospital gave: they need to be told whose they are.
RECORD_NUMBERS = (
    *("mrn", "medical record number", "Patientennummer", "Fallnummer", "mrn id"),
    *("hospital number", "Patientennr", "Patienten-ID", "Krankenhausnummer"),
)
