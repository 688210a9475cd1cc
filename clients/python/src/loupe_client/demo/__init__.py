"""A demonstration: the whole main job, headless, on real images, against a fresh standalone or a Loupe that runs."""
