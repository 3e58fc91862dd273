"""What `python -m storeday.training` can do, a module each: its options, and how it is done."""
