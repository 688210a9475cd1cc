"""Inspection images drawn by rules: many surfaces, what belongs on them, defects with their boxes, a camera.

Everything follows from a seed. `sample.render` gives the encoded file and its truth; the modules beside it are the
steps on the way: `surfaces`, `fittings`, `defects`, `camera`.
"""
