"""The rows, one file each."""
