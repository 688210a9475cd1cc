"""The project service: what images there are, what is known of them, and who may see it."""
