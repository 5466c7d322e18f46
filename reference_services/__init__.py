"""The reference payment system: three small services, sound on purpose, defective on request."""
