"""Faults: one a file, and the driver that lives each one's life and proves it."""
