"""Traffic: who comes when and what they do; each scenario is a Locust file that also runs alone."""
