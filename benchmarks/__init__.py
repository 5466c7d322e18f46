"""What Squall's moving parts cost, measured; speed is never asserted in tests."""
