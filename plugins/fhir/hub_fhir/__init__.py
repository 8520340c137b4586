"""Carehub connector: FHIR R4 referrals and notifications."""

HUB_API = ">=1.4,<2"
