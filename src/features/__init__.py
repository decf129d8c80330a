"""From events before an instant to vectors, labels and datasets."""
