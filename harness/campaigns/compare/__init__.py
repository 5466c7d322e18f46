"""Configurations side by side: which carries more, survives more, costs less; never one winner."""
