"""Needs: which statements show one, and which services meet it.

`screened` reads the answers of screenings, `diagnosed` diagnoses; `shown` puts both
together for what the hub keeps of somebody, and `services` leads from a need to terms
of taxonomies. All of it is data, with where it comes from. Source: domain 4.6.
"""
