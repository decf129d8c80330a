"""What each page shows, as plain data made from the use cases."""
