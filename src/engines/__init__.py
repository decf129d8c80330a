"""What brings buckets of users to a function."""
