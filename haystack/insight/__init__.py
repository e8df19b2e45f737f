"""What trees tell of a cloud as a whole: response times of its APIs, lead times of operations, its configuration."""
