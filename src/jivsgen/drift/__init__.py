"""Fingerprints and the lock: what generated files were made from."""
