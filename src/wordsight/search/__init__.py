"""From a sentence to the photos it describes."""
