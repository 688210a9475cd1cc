"""Turns files of one's own networks into graphs that Loupe runs: read, convert, try on sample images.

Runs in a child process of its own. Whatever the file was, what leaves is one ONNX graph from pixels to the
outputs of its task, so that the model host and the model server know one format only.
"""
