"""Edges through the TCP fault proxy, a process of its own."""
