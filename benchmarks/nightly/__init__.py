"""A night at scale: years of events ingested, a day added, everybody scored and explained."""
