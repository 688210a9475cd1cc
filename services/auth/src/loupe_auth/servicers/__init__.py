"""One servicer per gRPC service of the package loupe.auth.v1."""
