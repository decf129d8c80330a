"""From datasets to calibrated, judged and explained scorers."""
