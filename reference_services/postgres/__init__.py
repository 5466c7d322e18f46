"""The database of the other services, where no target brings its own: in a cluster."""
