"""A small cloud on one machine: hosts in namespaces of their own, reached as real ones are, broken as real ones break.

``python -m tests.rig`` makes one to play with. Nothing of it is outside of its namespaces, and all of them end with
the process that made them, however that ends.
"""
