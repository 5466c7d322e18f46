"""Reading files: one strict loader with lines, typed records, and what is wrong with a value."""
