"""The `wordsight` command, one file a subcommand."""
