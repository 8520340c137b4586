"""Referrals: who may say what of one, where that leaves it, and what falls due.

`table` has the transitions, `fold` makes the picture of a referral from all that was
said, `news` what is told of it, and `timers` what silence leads to. All of it is pure.
Source: domain 4.1 to 4.4.
"""
