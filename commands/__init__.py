"""Commands, one file each: parse, build, call, print; no logic."""
