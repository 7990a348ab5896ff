"""wordsight on Azure Functions: loaded once an instance, from a share that all instances read."""
