"""From scores, rules and facts to what is written on users."""
