"""A system in a Kubernetes cluster."""
