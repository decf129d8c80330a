"""How long it takes to count an audience over many users."""
