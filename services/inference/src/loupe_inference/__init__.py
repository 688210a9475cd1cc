"""Inference: runs the models, answers with predictions, keeps feature vectors."""
