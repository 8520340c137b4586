"""Telling servers of FHIR, and asking them what changed."""
