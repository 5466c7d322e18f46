"""Defects against experiments: which defect is found by which experiment, and by what."""
