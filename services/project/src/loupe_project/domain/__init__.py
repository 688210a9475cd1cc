"""What the service is about, free of stores and transports."""
