"""Referrals in a running hub: who has to do with one, receipts, and what is shown."""
