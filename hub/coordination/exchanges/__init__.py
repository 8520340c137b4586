"""Rules of files that are exchanged: what becomes of one, and what it is answered."""
