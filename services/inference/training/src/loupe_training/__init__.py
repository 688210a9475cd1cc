"""Trains the models that this project ships: corpus, targets, losses, recipes, evaluation."""
