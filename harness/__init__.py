"""The engine: runs an experiment under load against any system; knows nothing of payments."""
