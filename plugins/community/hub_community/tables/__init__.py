"""Referrals as tables, both ways: for partners who work with a spreadsheet."""
