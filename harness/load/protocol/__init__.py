"""A scenario as YAML: how an API is called, without Python; both drivers carry it."""
