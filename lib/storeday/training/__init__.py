"""Trains models; needs the extra `train`. `python -m storeday.training --help`."""
