"""Runs in a pod beside the service: plays the service's edges, keeps the leases of their faults.

`python -m harness.targets.kubernetes.keeper PLAN` starts Envoy for HTTP edges and the TCP proxy for
the others, and answers requests for faults. A fault that is not renewed for its lease is taken
away. Envoy ends with the keeper, so that no fault outlives it.
"""
