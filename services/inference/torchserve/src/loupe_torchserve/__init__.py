"""TorchServe for Loupe: archives of the models, the server's configuration and start, the code in its workers."""
