"""The full check of experiment, system and scenario before a start."""
