"""Nodes: how machines are reached, and what is brought from them. Nothing is written on a node."""
