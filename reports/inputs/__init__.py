"""A stored run, opened and checked."""
