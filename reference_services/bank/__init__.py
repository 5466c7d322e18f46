"""Bank: the outside provider, simulated."""
