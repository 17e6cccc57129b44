"""One module per group of commands; `cli.main` names them."""
