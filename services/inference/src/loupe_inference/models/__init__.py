"""The networks and what is around them: decoding, preparing, reading the answer.

Free of gRPC and of the event loop: the same code runs in the child process of the standalone profile and in a model
server's handler. It imports torch, so the service's own process never imports this package.
"""
