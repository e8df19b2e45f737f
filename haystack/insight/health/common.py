"""What several tables of checks share: how long a word counts, and who is a client of broker and database."""

from __future__ import annotations

# Clients complain every few seconds while it lasts: after so many seconds without a word it is over.
REPEATED = 300.0
# A warning is worth a look for an hour.
WARNED = 3600.0
# All of OpenStack that talks to a broker and a database; a general name stands for all of its project.
CLIENTS = (
    "nova", "neutron", "cinder", "glance-api", "keystone", "placement", "heat", "ironic", "octavia", "designate",
    "barbican-api", "manila", "magnum", "aodh", "ceilometer", "gnocchi", "masakari", "mistral", "trove",
)  # fmt: skip
