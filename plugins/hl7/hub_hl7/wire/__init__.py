"""The bytes and the text of messages: framing aside, nothing is understood here."""
