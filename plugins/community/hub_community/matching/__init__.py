"""How services that could meet a need are put in order."""
