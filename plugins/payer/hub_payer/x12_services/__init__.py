"""X12 about services: notifications, reviews, eligibility, claims and remittances."""
