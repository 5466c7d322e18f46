"""A system that runs already, known by its URLs."""
