"""Ends the faults and processes of a run that dies, by records and files only."""
