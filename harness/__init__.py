"""The engine: runs an experiment under load against any system; it contains no payment code."""
