"""Reports: the diagnosis as text or JSON."""
