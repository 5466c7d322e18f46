"""The view of a run in progress, and what commands print."""
