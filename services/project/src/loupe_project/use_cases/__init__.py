"""One module for each thing that a caller can ask for."""
