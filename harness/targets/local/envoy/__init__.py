"""Edges through Envoy: configuration, faults by runtime keys, health."""
