"""The proof: a loopback server plays the spec, the real engines run the scripts against it, and what they sent is held
against the contract, the plan, and so against each other."""
