"""What accounts, sessions and keys are, and the rules that need no store."""
