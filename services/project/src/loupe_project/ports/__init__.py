"""What the outside must give to the use cases, one module for each side of it."""
