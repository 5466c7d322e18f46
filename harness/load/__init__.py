"""Load: the schedule, the records and the generator process."""
