"""The referral page: where people without a system of their own work referrals."""
