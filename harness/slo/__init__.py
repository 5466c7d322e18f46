"""Uptime targets as OpenSLO documents, and what a recovery may cost: read and checked."""
