"""The subcommands of `hub`, one module each; `command` is what click runs."""
