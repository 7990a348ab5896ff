from wordsight.cli.main import main

main()
