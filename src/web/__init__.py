"""The pages and the API: what a marketer sees of a project."""
