"""Carehub connector: Open Referral directories, and referrals for small places."""

HUB_API = ">=1.4,<2"
