"""The operator's command line: the same actions as the pages, for scripts, tests and the first five minutes.

A module for each group of commands; `base` runs them and finds what they name. What needs Django is imported when a
command runs: `--help` answers without a data directory.
"""
