"""What trees tell of a cloud as a whole: response and lead times, its configuration, its health."""
