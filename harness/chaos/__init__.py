"""Where the harness meets Chaos Toolkit: what experiments name, and the process that conducts."""
