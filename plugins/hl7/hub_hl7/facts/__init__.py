"""From a message to facts about people and stays."""
