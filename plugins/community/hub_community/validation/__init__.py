"""What is wrong with records of directories, by the levels of domain 5.5.

`structure` holds them against the specification (L1), `reach` asks how a service is
reached (L2), `plausible` and its neighbours whether they can be true (L3), and `fresh`
how old they are (L4). `findings` says how grave each is, and `row_codes` what to do.
"""
