"""Many runs for one decision: a strategy yields requests for runs and sees their verdicts."""
