"""Writes the first files for a system that Squall has not seen before (`squall init`)."""
