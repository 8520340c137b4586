"""The hub as a server of FHIR, for partners who have a system."""
