"""Measures of a stored run; no verdict yet."""
