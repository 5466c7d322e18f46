"""A verdict in the forms that other tools read; each is a pure function of one summary."""
