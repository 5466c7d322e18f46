"""The machine that a run uses: the CPU it may use, what it took, and what others took."""
