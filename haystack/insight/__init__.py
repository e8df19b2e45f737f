"""What logs tell of a cloud's work as a whole: response times of its APIs, lead times of its operations."""
