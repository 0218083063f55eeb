"""A rehearsal: a loopback server that plays the spec, the real engines run against it, and what they sent compared."""
