"""The `wordsight` command for `spark-submit`, which takes a file; see `docs/spark.md`."""

from wordsight.cli.main import main

if __name__ == "__main__":
    main()
