"""What can be wrong with models."""


class ModelError(ValueError):
    """A model is not what its manifest says; the message names it, what was expected and found."""
