"""The local target: a whole system as child processes of one supervisor."""
