"""From a message to facts about referrals, appointments, documents, results."""
