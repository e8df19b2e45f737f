"""Fetching: the logs of a node brought here, whole file by whole file, as little over the wire as can be.

``node.fetch_node`` does one node: ``listing`` asks what is there, ``choice`` takes what is wanted, ``rsync`` or
``sftp`` bring it into the stage (``stage``), from which only what is proven whole goes to its place. ``manifest``
remembers.
"""
