"""What the DAGs of storeday share: dates, settings, submits, the wait for the inbox, alerts."""
