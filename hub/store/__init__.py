"""The only SQL: journal, state, outbox, queries and migrations."""
