"""Files of ground truth that people bring: what each form says, image by image."""
