"""Evidence: fetched from the system and stored as tables."""
