"""Where audiences go: files, tables, databases and services, each through one small protocol."""
