"""The lake: Spark session, Delta tables under contract, files of the inbox, salts."""
