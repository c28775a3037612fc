from wpssearch.cli import main

main()
