"""One module for each gRPC service, each with its access table."""
