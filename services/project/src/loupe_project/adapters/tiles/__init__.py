"""Tiles of images: cut in a child process, drawn in threads."""
