"""Tables between the hub's words and those of FHIR and its guides."""
