"""A system in one namespace of a Kubernetes cluster."""
