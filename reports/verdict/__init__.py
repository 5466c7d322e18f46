"""From the measures to a verdict with its reasons."""
