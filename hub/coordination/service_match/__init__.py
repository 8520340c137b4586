"""Matching: which services could meet a need, as far as anybody knows.

`facts` makes of a record of a directory what matching looks at, `terms` widens what is
asked for by taxonomies, `places` and `areas` say where somebody is and who is served
there, `sieve` leaves out what is known not to fit, and `ranking` puts the rest in order
and says why. What is found is advice: a person decides. Source: domain 5.7.
"""
