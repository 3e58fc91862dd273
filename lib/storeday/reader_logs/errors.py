"""What stops a whole log file."""


class ReaderLogError(ValueError):
    """A log file cannot be read at all; the message names the file, what was found and expected."""
