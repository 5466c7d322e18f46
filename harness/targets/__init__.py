"""Where a system lives: local processes now, a cluster later."""
