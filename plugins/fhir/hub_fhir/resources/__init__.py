"""Resources of FHIR R4 as far as they are spoken here, without I/O."""
