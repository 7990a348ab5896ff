"""The API, a module for each concern."""
